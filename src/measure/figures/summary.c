/* summary.c - adds up the metrics of a run's tests. */
#include "figures/summary.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "figures/content.h"
#include "figures/gaps.h"

enum { SUMMARY_SEED = 15 };

static bool has_completed(const summary_row *row)
{
    return row->test->answer.status == TEST_COMPLETED;
}

/* ---- sums -------------------------------------------------------------------------------------------------------- */

static void add_told(int64_t *sum, int64_t value)
{
    if (value >= 0)
        *sum = (*sum < 0 ? 0 : *sum) + value;
}

/* Adds one completed test to the counts. */
static void count_test(run_summary *s, const answer_record *a, const test_metrics *m)
{
    s->n_completed++;
    s->n_tokens += m->n_tokens;
    add_told(&s->n_prompt_tokens, a->prompt_tokens);
    add_told(&s->n_cached_tokens, a->cached_tokens);
    s->mean_repetition += m->repetition.score;
    s->n_stalls += m->n_stalls;
    s->stall_max_ms = fmax(s->stall_max_ms, m->stall_max_ms);
    s->n_degenerate += m->repetition.verdict == REPETITION_DEGENERATE;
    s->n_without_decode += m->decode != DECODE_MEASURED;
    s->n_decode_by_events += m->decode == DECODE_MEASURED && m->decode_by_events;
    s->counted_events |= m->counted_events;
    s->counts_differ |= m->counts_differ;
    s->prefill_by_client |= !isnan(m->prefill_tps) && m->prefill_by_client;
}

/* Rates of all tests together: what was done over the time that it took, where both are known. */
static void sum_up_counts(run_summary *s)
{
    double e2e_ms = 0, prompt = 0, prompt_s = 0, responsive = 0;
    int n_responsive = 0;
    for (size_t i = 0; i < s->n_rows; i++) {
        const test_metrics *const m = &s->rows[i].metrics;
        const answer_record *const a = &s->rows[i].test->answer;
        if (!has_completed(&s->rows[i]))
            continue;
        count_test(s, a, m);
        e2e_ms += m->e2e_ms;
        if (!isnan(m->prefill_tps)) {
            const double evaluated = (double)(a->prompt_tokens - (a->cached_tokens > 0 ? a->cached_tokens : 0));
            prompt += evaluated;
            prompt_s += evaluated / m->prefill_tps;
        }
        n_responsive += !isnan(m->responsiveness);
        responsive += isnan(m->responsiveness) ? 0 : m->responsiveness;
    }
    s->overall_tps = e2e_ms > 0 ? 1000 * (double)s->n_tokens / e2e_ms : NAN;
    s->prefill_tps = prompt_s > 0 ? prompt / prompt_s : NAN;
    s->responsiveness = n_responsive > 0 ? responsive / n_responsive : NAN;
    s->mean_repetition = s->n_completed > 0 ? s->mean_repetition / s->n_completed : NAN;
    s->success_rate = s->n_rows > 0 ? (double)s->n_completed / (double)s->n_rows : NAN;
    s->success_range = share_interval((size_t)s->n_completed, s->n_rows);
}

/* ---- one value per test ------------------------------------------------------------------------------------------ */

/* Figures of tests, and the statistics of a run that are made of them. */
static const struct {
    size_t figure, stats;
} LISTS[] = {
    {offsetof(test_metrics, decode_tps), offsetof(run_summary, test_decode_tps)},
    {offsetof(test_metrics, ttft_ms), offsetof(run_summary, ttft_ms)},
    {offsetof(test_metrics, e2e_ms), offsetof(run_summary, e2e_ms)},
    {offsetof(test_metrics, pace), offsetof(run_summary, pace)},
    {offsetof(test_metrics, overhead_ms), offsetof(run_summary, overhead_ms)},
    {offsetof(test_metrics, schedule_delay_ms), offsetof(run_summary, schedule_delay_ms)},
};

/* The figure of every completed test that has it; returns how many there are. */
static size_t collect(const run_summary *s, size_t figure, double *out)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_rows; i++) {
        const double value = metrics_figure(&s->rows[i].metrics, figure);
        if (has_completed(&s->rows[i]) && !isnan(value))
            out[n++] = value;
    }
    return n;
}

static void sum_up_lists(run_summary *s, double *values)
{
    for (size_t i = 0; i < sizeof LISTS / sizeof *LISTS; i++)
        *(sample_stats *)((char *)s + LISTS[i].stats) = stats_of(values, collect(s, LISTS[i].figure, values));
}

/* Prompts with a cached part are answered sooner, and must not be taken for others. */
static sample_stats first_tokens(const run_summary *s, bool is_warm, double *values)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_rows; i++) {
        const test_metrics *const m = &s->rows[i].metrics;
        const bool is_told = s->rows[i].test->answer.cached_tokens >= 0;
        if (has_completed(&s->rows[i]) && is_told && m->is_warm == is_warm && !isnan(m->ttft_ms))
            values[n++] = m->ttft_ms;
    }
    return stats_of(values, n);
}

static sw_code measure_decode(run_summary *s, bool is_brief, double *tokens, double *ms, sw_err *err)
{
    size_t n = 0;
    double all_tokens = 0, all_ms = 0;
    for (size_t i = 0; i < s->n_rows; i++) {
        const test_metrics *const m = &s->rows[i].metrics;
        if (has_completed(&s->rows[i]) && m->decode == DECODE_MEASURED) {
            tokens[n] = 1000 * (double)m->n_decoded;
            ms[n] = m->decode_ms;
            all_tokens += tokens[n];
            all_ms += ms[n++];
        }
    }
    s->decode_tps = all_ms > 0 ? all_tokens / all_ms : NAN;
    if (is_brief)
        return SW_OK;
    return bootstrap_ratio(tokens, ms, n, BOOTSTRAP_DRAWS, SUMMARY_SEED, &s->decode_range, err);
}

static sw_code sum_up_rates(run_summary *s, bool is_brief, sw_err *err)
{
    double *const values = mem_calloc(2 * s->n_rows + 1, sizeof *values);
    if (values == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory summing up %zu tests", s->n_rows);
    sum_up_lists(s, values);
    s->ttft_cold_ms = first_tokens(s, false, values);
    s->ttft_warm_ms = first_tokens(s, true, values);
    sw_code code = measure_decode(s, is_brief, values, values + s->n_rows, err);
    const size_t n = collect(s, offsetof(test_metrics, ttft_ms), values);
    if (code == SW_OK && !is_brief)
        code = bootstrap_interval(values, n, figure_median, BOOTSTRAP_DRAWS, SUMMARY_SEED, &s->ttft_range, err);
    mem_free(values);
    return code;
}

/* ---- gaps of all tests ------------------------------------------------------------------------------------------- */

/* As one sample, so that long answers weigh more than short ones. */
static void pool_into(run_summary *s, weighted_value *gaps, double *chunks)
{
    size_t n_gaps = 0, n_chunks = 0;
    for (size_t i = 0; i < s->n_rows; i++) {
        const answer_record *const a = &s->rows[i].test->answer;
        if (!has_completed(&s->rows[i]))
            continue;
        if (s->rows[i].metrics.itl_ms.n > 0)
            n_gaps += gaps_per_token(a, gaps + n_gaps);
        if (s->rows[i].metrics.chunk_ms.n > 0)
            n_chunks += gaps_between_events(a, chunks + n_chunks);
    }
    s->itl_ms = stats_of_weighted(gaps, n_gaps);
    s->chunk_ms = stats_of(chunks, n_chunks);
}

static sw_code pool_gaps(run_summary *s, sw_err *err)
{
    size_t n = 1;
    for (size_t i = 0; i < s->n_rows; i++)
        n += s->rows[i].test->answer.n_arrivals;
    weighted_value *const gaps = mem_calloc(n, sizeof *gaps);
    double *const chunks = mem_calloc(n, sizeof *chunks);
    sw_code code = SW_OK;
    if (gaps != NULL && chunks != NULL)
        pool_into(s, gaps, chunks);
    else
        code = sw_fail(err, SW_ENOMEM, "out of memory summing up %zu gaps", n);
    mem_free(gaps);
    mem_free(chunks);
    return code;
}

/* ---- memory ----------------------------------------------------------------------------------------------------- */

/* Returns true if a sample is of the process that answered this model in this mode.  Runs of schema 1 have one model,
 * and samples that name no server. */
static bool is_of_server(const run_record *run, const resource_sample *sample, int subject, test_mode mode)
{
    if (sample->server < 0 || (size_t)sample->server >= run->n_servers)
        return run->n_subjects <= 1 && mode != MODE_REFERENCE;
    const server_record *const server = &run->servers[sample->server];
    return server->subject == subject && (server->side == SIDE_REFERENCE) == (mode == MODE_REFERENCE);
}

/* Peaks in bytes, warm-up and pauses included. */
static void find_peaks(run_summary *s, const run_record *run, int subject, test_mode mode)
{
    for (size_t i = 0; i < run->n_samples; i++) {
        const double *const v = run->samples[i].values.v;
        if (!is_of_server(run, &run->samples[i], subject, mode))
            continue;
        s->has_memory |= !isnan(v[SAMPLE_PRIVATE]);
        if (v[SAMPLE_PRIVATE] > (double)s->peak_private_bytes)
            s->peak_private_bytes = (uint64_t)v[SAMPLE_PRIVATE];
        if (v[SAMPLE_PEAK_RSS] > (double)s->peak_rss_bytes)
            s->peak_rss_bytes = (uint64_t)v[SAMPLE_PEAK_RSS];
    }
}

/* ---- the summary ------------------------------------------------------------------------------------------------- */

static sw_code fill_rows(const run_record *run, int subject, test_mode mode, run_summary *s, sw_err *err)
{
    size_t n_elsewhere = 0;
    sw_code code = SW_OK;
    for (size_t i = 0; code == SW_OK && i < run->n_tests; i++) {
        const test_record *const test = &run->tests[i];
        if (test->is_warmup)
            continue;
        if (test->subject != subject || test->mode != mode) {
            n_elsewhere++;
            continue;
        }
        summary_row *const row = &s->rows[s->n_rows++];
        row->test = test;
        code = metrics_of(test, &row->metrics, err);
        row->mark = content_score_of(test, &row->metrics.repetition).mark;
    }
    s->n_planned = (int)s->n_rows;
    if (s->n_rows > 0 && n_elsewhere == 0 && run->info.n_planned > s->n_planned)
        s->n_planned = run->info.n_planned;
    return code;
}

/* Rows are made for every measured test, failed ones too; only the sums leave those out. */
static sw_code sum_up(const run_record *run, int subject, test_mode mode, bool is_brief, run_summary *out, sw_err *err)
{
    *out = (run_summary){
        .n_prompt_tokens = -1, .n_cached_tokens = -1, .decode_range = {NAN, NAN}, .ttft_range = {NAN, NAN}};
    out->rows = mem_calloc(run->n_tests + 1, sizeof *out->rows);
    if (out->rows == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory summing up a run");
    sw_code code = fill_rows(run, subject, mode, out, err);
    if (code == SW_OK) {
        sum_up_counts(out);
        find_peaks(out, run, subject, mode);
        code = sum_up_rates(out, is_brief, err);
    }
    if (code == SW_OK)
        code = pool_gaps(out, err);
    if (code == SW_OK)
        code = load_figures_of(out->rows, out->n_rows, &out->load, err);
    return code == SW_OK ? test_spreads_of(out->rows, out->n_rows, &out->tests, &out->n_tests, err) : code;
}

sw_code summary_of(const run_record *run, int subject, test_mode mode, run_summary *out, sw_err *err)
{
    return sum_up(run, subject, mode, /*is_brief=*/false, out, err);
}

sw_code summary_brief_of(const run_record *run, int subject, test_mode mode, run_summary *out, sw_err *err)
{
    return sum_up(run, subject, mode, /*is_brief=*/true, out, err);
}

void summary_free(run_summary *summary)
{
    mem_free(summary->rows);
    mem_free(summary->tests);
    summary->rows = NULL;
    summary->tests = NULL;
}

goodput goodput_of(const run_summary *s, const objectives *slo)
{
    goodput g = {.n_asked = (int)s->n_rows, .attainment = NAN, .range = {NAN, NAN}, .per_s = NAN};
    if (!objectives_are_set(slo))
        return g;
    int n_inside = 0;
    for (size_t i = 0; i < s->n_rows; i++) {
        const bool is_good = has_completed(&s->rows[i]) && objectives_are_met(slo, &s->rows[i].metrics);
        g.n_good += is_good;
        n_inside += is_good && load_ended_in_window(&s->load, s->rows[i].test);
    }
    g.per_s = n_inside / s->load.window_s;
    g.attainment = s->n_rows > 0 ? (double)g.n_good / (double)s->n_rows : NAN;
    g.range = share_interval((size_t)g.n_good, s->n_rows);
    return g;
}
