/* summary.c - adds up the metrics of a run's tests. */
#include "figures/summary.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "figures/gaps.h"

/* The gaps of all completed tests as one sample, so that long answers weigh more than short ones. */
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
            n += gaps_between_events(&s->rows[i].test->answer, gaps + n);
    }
    s->itl_ms = stats_of(gaps, n);
    mem_free(gaps);
    return SW_OK;
}

/* Adds one completed test to the counts, and its time to *e2e_ms. */
static void count_test(run_summary *s, const test_metrics *m, double *e2e_ms)
{
    s->n_completed++;
    s->n_tokens += m->n_tokens;
    *e2e_ms += m->e2e_ms;
    s->mean_repetition += m->repetition.score;
    s->n_stalls += m->n_stalls;
    s->n_degenerate += m->repetition.verdict == REPETITION_DEGENERATE;
    s->n_without_decode += m->decode != DECODE_MEASURED;
    s->counted_events |= m->counted_events;
    s->counts_differ |= m->counts_differ;
}

/* Sums and shares that need no list of values. */
static void sum_up_counts(run_summary *s)
{
    double e2e_ms = 0;
    for (size_t i = 0; i < s->n_rows; i++) {
        if (s->rows[i].test->answer.status == TEST_COMPLETED)
            count_test(s, &s->rows[i].metrics, &e2e_ms);
    }
    s->overall_tps = e2e_ms > 0 ? 1000 * (double)s->n_tokens / e2e_ms : NAN;
    s->mean_repetition = s->n_completed > 0 ? s->mean_repetition / s->n_completed : NAN;
    s->success_rate = s->n_planned > 0 ? (double)s->n_completed / s->n_planned : NAN;
}

/* The figures that have one value per test, those of tests that have none left out. */
static sw_code sum_up_rates(run_summary *s, sw_err *err)
{
    double *const values = mem_calloc(s->n_rows + 1, sizeof *values);
    if (values == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory summing up %zu tests", s->n_rows);
    size_t n = 0;
    double tokens = 0, ms = 0;
    for (size_t i = 0; i < s->n_rows; i++) {
        const test_metrics *const m = &s->rows[i].metrics;
        if (s->rows[i].test->answer.status == TEST_COMPLETED && m->decode == DECODE_MEASURED) {
            values[n++] = m->decode_tps;
            tokens += (double)m->n_decoded;
            ms += m->decode_ms;
        }
    }
    s->decode_tps = ms > 0 ? 1000 * tokens / ms : NAN;
    s->test_decode_tps = stats_of(values, n);
    n = 0;
    for (size_t i = 0; i < s->n_rows; i++) {
        if (s->rows[i].test->answer.status == TEST_COMPLETED && !isnan(s->rows[i].metrics.ttft_ms))
            values[n++] = s->rows[i].metrics.ttft_ms;
    }
    s->ttft_ms = stats_of(values, n);
    mem_free(values);
    return SW_OK;
}

/* Peaks in bytes, over the whole run, warm-up and pauses included. */
static void find_peaks(run_summary *s, const run_record *run)
{
    s->has_memory = run->n_samples > 0;
    for (size_t i = 0; i < run->n_samples; i++) {
        const double *const v = run->samples[i].values.v;
        if (v[SAMPLE_PRIVATE] > (double)s->peak_private_bytes)
            s->peak_private_bytes = (uint64_t)v[SAMPLE_PRIVATE];
        if (v[SAMPLE_PEAK_RSS] > (double)s->peak_rss_bytes)
            s->peak_rss_bytes = (uint64_t)v[SAMPLE_PEAK_RSS];
    }
}

/* Rows are made for every measured test, failed ones too; only the sums leave those out. */
sw_code summary_of(const run_record *run, int subject, test_mode mode, run_summary *out, sw_err *err)
{
    *out = (run_summary){.n_planned = run->info.n_planned};
    out->rows = mem_calloc(run->n_tests + 1, sizeof *out->rows);
    if (out->rows == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory summing up a run");
    for (size_t i = 0; i < run->n_tests; i++) {
        if (run->tests[i].is_warmup || run->tests[i].subject != subject || run->tests[i].mode != mode)
            continue;
        summary_row *const row = &out->rows[out->n_rows++];
        row->test = &run->tests[i];
        const sw_code code = metrics_of(row->test, &row->metrics, err);
        if (code != SW_OK)
            return code;
    }
    sum_up_counts(out);
    find_peaks(out, run);
    const sw_code code = sum_up_rates(out, err);
    return code == SW_OK ? pool_gaps(out, err) : code;
}

void summary_free(run_summary *summary)
{
    mem_free(summary->rows);
    summary->rows = NULL;
}
