/* context_ladder.c - medians of rungs. */
#include "figures/stress/context_ladder.h"

#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "figures/stats.h"

static const double CACHED_MAX = 0.1; // of a prompt

static int by_rung(const void *a, const void *b)
{
    const test_record *const x = (*(const summary_row *const *)a)->test, *const y =
                                                                             (*(const summary_row *const *)b)->test;
    const int64_t n = x->answer.prompt_tokens, m = y->answer.prompt_tokens;
    return x->stage != y->stage ? x->stage - y->stage : (n > m) - (n < m);
}

/* `scratch` has room for all. */
static double median_of(const summary_row *const *rows, size_t n, size_t offset, double *scratch)
{
    size_t n_values = 0;
    for (size_t i = 0; i < n; i++) {
        scratch[n_values] = metrics_figure(&rows[i]->metrics, offset);
        n_values += !isnan(scratch[n_values]);
    }
    return stats_of(scratch, n_values).p50;
}

static context_rung rung_of(const summary_row *const *rows, size_t n, double *scratch)
{
    return (context_rung){
        .stage = rows[0]->test->stage,
        .prompt_tokens = rows[0]->test->answer.prompt_tokens,
        .n = n,
        .prefill_tps = median_of(rows, n, offsetof(test_metrics, prefill_tps), scratch),
        .ttft_ms = median_of(rows, n, offsetof(test_metrics, ttft_ms), scratch),
        .decode_tps = median_of(rows, n, offsetof(test_metrics, decode_tps), scratch),
    };
}

/* The start of every prompt may be cached: a header, the words of the question. */
static bool is_evaluated(const answer_record *a)
{
    return (double)a->cached_tokens <= CACHED_MAX * (double)a->prompt_tokens;
}

static size_t collect(const stress_rows *rows, suite_names suites, const summary_row **out)
{
    size_t n = 0;
    for (size_t i = 0; i < rows->n; i++) {
        const summary_row *const row = &rows->rows[i];
        if (stress_row_is_completed(row) && row->test->answer.prompt_tokens >= 0 && is_evaluated(&row->test->answer) &&
            stress_row_is_of(rows, row->test, suites) && stress_row_is_work(rows, row->test, "ladder"))
            out[n++] = row;
    }
    return n;
}

sw_code context_ladder_of(const stress_rows *rows, suite_names suites, context_rung *out, size_t max, size_t *n_out,
                          sw_err *err)
{
    const summary_row **const sorted = mem_calloc(rows->n + 1, sizeof *sorted);
    double *const scratch = mem_calloc(rows->n + 1, sizeof *scratch);
    const bool ok = sorted != NULL && scratch != NULL;
    const size_t n = ok ? collect(rows, suites, sorted) : 0;
    *n_out = 0;
    if (ok)
        qsort(sorted, n, sizeof *sorted, by_rung);
    for (size_t begin = 0, end; begin < n; begin = end) {
        for (end = begin; end < n && by_rung(&sorted[begin], &sorted[end]) == 0; end++) {
        }
        if (*n_out < max)
            out[*n_out] = rung_of(sorted + begin, end - begin, scratch);
        ++*n_out;
    }
    mem_free(sorted);
    mem_free(scratch);
    return ok ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory for the rungs of %zu requests", rows->n);
}

double context_recovery(const context_rung *rungs, size_t n)
{
    for (size_t last = n; last-- > 0;) {
        for (size_t i = 0; i < last; i++) {
            if (rungs[i].prompt_tokens == rungs[last].prompt_tokens && rungs[i].stage < rungs[last].stage)
                return rungs[last].ttft_ms / rungs[i].ttft_ms;
        }
    }
    return NAN;
}

const char *limit_outcome_name(limit_outcome outcome)
{
    static const char *const NAMES[] = {"answered", "refused", "broke"};
    return NAMES[outcome];
}

limit_outcome limit_outcome_of(const answer_record *a)
{
    if (a->status == TEST_COMPLETED)
        return LIMIT_ANSWERED;
    const bool is_refusal = a->status == TEST_HTTP_ERROR && a->http_status >= 400 && a->http_status < 500;
    return is_refusal && a->error != NULL && a->error[0] != '\0' ? LIMIT_REFUSED : LIMIT_BROKE;
}
