#include "figures/summary.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"

/* A mean that ignores what does not exist. */
typedef struct mean {
    double sum;
    int n;
} mean;

static void add(mean *m, double value)
{
    if (isnan(value))
        return;
    m->sum += value;
    m->n++;
}

static double value_of(const mean *m)
{
    return m->n > 0 ? m->sum / m->n : NAN;
}

static sw_code pool_gaps(run_summary *s, sw_err *err)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_rows; i++)
        n += s->rows[i].test->answer.n_arrivals;
    double *const gaps = mem_calloc(n + 1, sizeof *gaps);
    if (gaps == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory summing up %zu tokens", n);
    n = 0;
    for (size_t i = 0; i < s->n_rows; i++) {
        if (s->rows[i].test->answer.status == TEST_COMPLETED)
            n += metrics_gaps_ms(&s->rows[i].test->answer, gaps + n);
    }
    s->itl_ms = stats_of(gaps, n);
    mem_free(gaps);
    return SW_OK;
}

static void sum_up_tests(run_summary *s)
{
    mean decode = {0}, overall = {0}, ttft = {0}, repetition = {0};
    for (size_t i = 0; i < s->n_rows; i++) {
        const test_metrics *const m = &s->rows[i].metrics;
        if (s->rows[i].test->answer.status != TEST_COMPLETED)
            continue;
        s->n_completed++;
        s->n_tokens += m->n_tokens;
        s->n_stalls += m->n_stalls;
        s->n_degenerate += m->repetition.verdict == REPETITION_DEGENERATE;
        s->counted_events |= m->counted_events;
        s->counts_differ |= m->counts_differ;
        add(&decode, m->decode_tps);
        add(&overall, m->overall_tps);
        add(&ttft, m->ttft_ms);
        add(&repetition, m->repetition.score);
    }
    s->mean_decode_tps = value_of(&decode);
    s->mean_overall_tps = value_of(&overall);
    s->mean_ttft_ms = value_of(&ttft);
    s->mean_repetition = value_of(&repetition);
    s->success_rate = s->n_planned > 0 ? (double)s->n_completed / s->n_planned : NAN;
}

static void find_peaks(run_summary *s, const run_record *run)
{
    s->has_memory = run->n_samples > 0;
    for (size_t i = 0; i < run->n_samples; i++) {
        const memory_sample *const m = &run->samples[i];
        if (m->private_bytes > s->peak_private_bytes)
            s->peak_private_bytes = m->private_bytes;
        if (m->peak_rss_bytes > s->peak_rss_bytes)
            s->peak_rss_bytes = m->peak_rss_bytes;
    }
}

sw_code summary_of(const run_record *run, run_summary *out, sw_err *err)
{
    *out = (run_summary){.n_planned = run->info.n_planned};
    out->rows = mem_calloc(run->n_tests + 1, sizeof *out->rows);
    if (out->rows == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory summing up a run");
    for (size_t i = 0; i < run->n_tests; i++) {
        if (run->tests[i].is_warmup)
            continue;
        summary_row *const row = &out->rows[out->n_rows++];
        row->test = &run->tests[i];
        const sw_code code = metrics_of(row->test, &row->metrics, err);
        if (code != SW_OK)
            return code;
    }
    sum_up_tests(out);
    find_peaks(out, run);
    return pool_gaps(out, err);
}

void summary_free(run_summary *summary)
{
    mem_free(summary->rows);
    summary->rows = NULL;
}

const char *summary_status(const run_summary *s)
{
    if ((int)s->n_rows < s->n_planned)
        return "aborted";
    if (s->n_completed == 0)
        return "invalid";
    return s->n_completed < s->n_planned ? "failed_threshold" : "ok";
}
