/* stage_figures.c - sums over the requests of a stage, and the time in which any of them was under way. */
#include "figures/stage_figures.h"

#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "figures/metrics.h"

/* A request, in ms since the run began. */
typedef struct busy_span {
    double begin_ms, end_ms;
} busy_span;

static int by_begin(const void *a, const void *b)
{
    const double x = ((const busy_span *)a)->begin_ms, y = ((const busy_span *)b)->begin_ms;
    return (x > y) - (x < y);
}

/* Length of the union of n spans, which are sorted. */
static double busy_ms(busy_span *spans, size_t n)
{
    double sum = 0, end = -INFINITY;
    qsort(spans, n, sizeof *spans, by_begin);
    for (size_t i = 0; i < n; i++) {
        const double from = fmax(spans[i].begin_ms, end);
        sum += fmax(0, spans[i].end_ms - from);
        end = fmax(end, spans[i].end_ms);
    }
    return sum;
}

typedef struct stage_sums {
    busy_span *spans;
    double *ttft_ms;
    size_t n_spans, n_ttft;
    double decode_tokens, decode_ms;
} stage_sums;

static sw_code add(stage_sums *s, const test_record *t, stage_figures *out, sw_err *err)
{
    test_metrics m;
    const double end_ms = t->answer.end_ns > 0 ? (double)t->answer.end_ns / 1e6 : 0;
    s->spans[s->n_spans++] = (busy_span){(double)t->start_ms, (double)t->start_ms + end_ms};
    out->n_left += t->answer.status == TEST_CANCELED;
    out->n += t->answer.status != TEST_CANCELED;
    if (t->answer.status != TEST_COMPLETED)
        return SW_OK;
    const sw_code code = metrics_of(t, &m, err);
    if (code != SW_OK)
        return code;
    out->n_completed++;
    out->n_tokens += m.n_tokens;
    if (!isnan(m.ttft_from_schedule_ms))
        s->ttft_ms[s->n_ttft++] = m.ttft_from_schedule_ms;
    if (m.n_decoded > 0 && m.decode_ms > 0) {
        s->decode_ms += m.decode_ms;
        s->decode_tokens += (double)m.n_decoded;
    }
    return SW_OK;
}

static void conclude(stage_sums *s, stage_figures *out)
{
    const double busy_s = busy_ms(s->spans, s->n_spans) / 1000;
    out->ttft_ms = stats_of(s->ttft_ms, s->n_ttft);
    out->decode_tps = s->decode_ms > 0 ? 1000 * s->decode_tokens / s->decode_ms : NAN;
    out->throughput_tps = busy_s > 0 ? (double)out->n_tokens / busy_s : NAN;
}

sw_code stage_figures_of(const run_record *run, int stage, stage_figures *out, sw_err *err)
{
    *out = (stage_figures){0};
    stage_sums s = {.spans = mem_calloc(run->n_tests + 1, sizeof *s.spans),
                    .ttft_ms = mem_calloc(run->n_tests + 1, sizeof *s.ttft_ms)};
    sw_code code = s.spans != NULL && s.ttft_ms != NULL ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory for figures");
    for (size_t i = 0; code == SW_OK && i < run->n_tests; i++) {
        if (run->tests[i].stage == stage && !run->tests[i].is_warmup)
            code = add(&s, &run->tests[i], out, err);
    }
    if (code == SW_OK)
        conclude(&s, out);
    mem_free(s.spans);
    mem_free(s.ttft_ms);
    return code;
}
