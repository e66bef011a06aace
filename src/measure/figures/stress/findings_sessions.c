/* findings_sessions.c - the stages of the suite of parallel sessions: three of them or more against one alone. */
#include <math.h>

#include "base/alloc.h"
#include "figures/load_figures.h"
#include "figures/stats.h"
#include "figures/stress/fairness.h"
#include "figures/stress/stress_findings.h"

enum { SESSIONS_WANTED = 3, SESSIONS_MAX = 256 };
static const char *const CONCURRENT[] = {"concurrent", NULL};
static const interval EXACT = {NAN, NAN};

/* One stage: what its sessions got. */
typedef struct stage_rates {
    int stage, n_sessions;
    size_t n_requests, n_failed;
    double total_tps, least; // of all together; of the slowest session over the mean
    double ttft_p95_ms;      // of few requests: the largest
    int slowest;
} stage_rates;

static bool is_in(const summary_row *row, int stage)
{
    return row->test->stage == stage;
}

/* The least over the mean, of tokens over time under way. */
static void compare_sessions(const stress_rows *rows, stage_rates *out)
{
    double tokens[SESSIONS_MAX] = {0}, ms[SESSIONS_MAX] = {0};
    for (size_t i = 0; i < rows->n; i++) {
        const summary_row *const row = &rows->rows[i];
        if (!is_in(row, out->stage) || !stress_row_is_completed(row))
            continue;
        tokens[row->test->session] += (double)row->metrics.n_tokens;
        ms[row->test->session] += row->metrics.e2e_ms;
    }
    for (int s = 0; s < out->n_sessions; s++)
        tokens[s] = ms[s] > 0 ? 1000 * tokens[s] / ms[s] : 0;
    const fairness f = fairness_of(tokens, (size_t)out->n_sessions);
    out->least = f.least;
    out->slowest = (int)f.least_at;
}

/* The rate of the steady window; of one session, which has none, all tokens over all time under way. */
static sw_code measure_stage(const summary_row *requests, size_t n, double *ttft, stage_rates *out, sw_err *err)
{
    load_figures load;
    double tokens = 0, ms = 0;
    size_t n_ttft = 0;
    const sw_code code = load_figures_of(requests, n, &load, err);
    for (size_t i = 0; i < n; i++) {
        if (!stress_row_is_completed(&requests[i]))
            continue;
        tokens += (double)requests[i].metrics.n_tokens;
        ms += requests[i].metrics.e2e_ms;
        ttft[n_ttft] = requests[i].metrics.ttft_ms;
        n_ttft += !isnan(requests[i].metrics.ttft_ms);
    }
    const sample_stats times = stats_of(ttft, n_ttft);
    out->ttft_p95_ms = stats_has_p95(&times) ? times.p95 : times.max;
    out->total_tps = out->n_sessions > 1 ? load.output_tps : 1000 * tokens / ms;
    return code;
}

static sw_code rates_of(const stress_rows *rows, int stage, stage_rates *out, sw_err *err)
{
    *out = (stage_rates){.stage = stage};
    summary_row *const requests = mem_calloc(rows->n + 1, sizeof *requests);
    double *const ttft = mem_calloc(rows->n + 1, sizeof *ttft);
    const bool ok = requests != NULL && ttft != NULL;
    for (size_t i = 0; ok && i < rows->n; i++) {
        const summary_row *const row = &rows->rows[i];
        if (!is_in(row, stage) || row->test->session < 0 || row->test->session >= SESSIONS_MAX)
            continue;
        requests[out->n_requests++] = *row;
        out->n_failed += !stress_row_is_completed(row);
        out->n_sessions = row->test->session >= out->n_sessions ? row->test->session + 1 : out->n_sessions;
    }
    sw_code code = ok ? measure_stage(requests, out->n_requests, ttft, out, err)
                      : sw_fail(err, SW_ENOMEM, "out of memory for the sessions of %zu requests", rows->n);
    mem_free(requests);
    mem_free(ttft);
    compare_sessions(rows, out);
    return code;
}

static void tell_sessions(const stage_rates *one, const stage_rates *many, stress_figures *out)
{
    const size_t n = many->n_requests;
    stress_figure_set(out, FIGURE_SESSIONS, many->n_sessions, EXACT, n, "requests");
    stress_figure_set(out, FIGURE_SESSIONS_LEAST, many->least, EXACT, n, "requests");
    stress_figure_remark(out, FIGURE_SESSIONS_LEAST, "session %d of %d", many->slowest + 1, many->n_sessions);
    stress_figure_set(out, FIGURE_SESSIONS_FAILED, (double)many->n_failed, EXACT, n, "requests");
    if (isnan(many->total_tps)) {
        stress_figure_lack(out, FIGURE_SESSIONS_TOTAL, FIGURE_MISSING, "its sessions were never all under way");
    } else {
        stress_figure_set(out, FIGURE_SESSIONS_TOTAL, many->total_tps / one->total_tps, EXACT, n, "requests");
        stress_figure_remark(out, FIGURE_SESSIONS_TOTAL, "%d sessions: %.3g tok/s each, alone %.3g", many->n_sessions,
                             many->total_tps / many->n_sessions, one->total_tps);
    }
    if (!isnan(many->ttft_p95_ms / one->ttft_p95_ms))
        stress_figure_set(out, FIGURE_SESSIONS_TTFT, many->ttft_p95_ms / one->ttft_p95_ms, EXACT, n, "requests");
}

/* The stage of one session, and that of the fewest from three on; else of the most. */
static bool is_better(const stage_rates *found, const stage_rates *best)
{
    if (best->n_sessions < SESSIONS_WANTED)
        return found->n_sessions > best->n_sessions;
    return found->n_sessions >= SESSIONS_WANTED && found->n_sessions < best->n_sessions;
}

sw_code findings_sessions(const stress_rows *rows, stress_figures *out, sw_err *err)
{
    stage_rates one = {0}, many = {0};
    for (size_t i = 0; i < rows->run->n_stages; i++) {
        const stage_record *const stage = &rows->run->stages[i];
        stage_rates found;
        const test_record of_stage = {.stage = (int)i};
        if (stage->subject != rows->subject || !stress_row_is_of(rows, &of_stage, CONCURRENT))
            continue;
        const sw_code code = rates_of(rows, (int)i, &found, err);
        if (code != SW_OK)
            return code;
        one = found.n_sessions == 1 && found.n_requests > 0 ? found : one;
        many = found.n_sessions > 1 && is_better(&found, &many) ? found : many;
    }
    if (one.n_sessions == 1 && many.n_sessions > 1)
        tell_sessions(&one, &many, out);
    return SW_OK;
}
