/* session_levels.c - the rates of each stage, its sessions and its first tokens. */
#include "figures/stress/session_levels.h"

#include <math.h>

#include "base/alloc.h"
#include "figures/load_figures.h"
#include "figures/stats.h"
#include "figures/stress/fairness.h"

static const char *const CONCURRENT[] = {"concurrent", NULL};

static bool is_in(const summary_row *row, int stage)
{
    return row->test->stage == stage;
}

/* The least over the mean, of tokens over time under way. */
static void compare_sessions(const stress_rows *rows, session_level *out)
{
    double tokens[LEVEL_SESSIONS_MAX] = {0}, ms[LEVEL_SESSIONS_MAX] = {0};
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
    out->jain = f.jain;
    out->least = f.least;
    out->slowest = (int)f.least_at;
}

/* The rate of the steady window; of one session, which has none, all tokens over all time under way. */
static sw_code measure_stage(const summary_row *requests, size_t n, double *ttft, session_level *out, sw_err *err)
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

static sw_code level_of(const stress_rows *rows, int stage, session_level *out, sw_err *err)
{
    *out = (session_level){.stage = stage};
    summary_row *const requests = mem_calloc(rows->n + 1, sizeof *requests);
    double *const ttft = mem_calloc(rows->n + 1, sizeof *ttft);
    const bool ok = requests != NULL && ttft != NULL;
    for (size_t i = 0; ok && i < rows->n; i++) {
        const summary_row *const row = &rows->rows[i];
        if (!is_in(row, stage) || row->test->session < 0 || row->test->session >= LEVEL_SESSIONS_MAX)
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

sw_code session_levels_of(const stress_rows *rows, session_level *out, size_t max, size_t *n_out, sw_err *err)
{
    *n_out = 0;
    for (size_t i = 0; i < rows->run->n_stages; i++) {
        const test_record of_stage = {.stage = (int)i};
        session_level level;
        if (rows->run->stages[i].subject != rows->subject || !stress_row_is_of(rows, &of_stage, CONCURRENT))
            continue;
        const sw_code code = level_of(rows, (int)i, &level, err);
        if (code != SW_OK)
            return code;
        if (level.n_requests == 0)
            continue;
        if (*n_out < max)
            out[*n_out] = level;
        ++*n_out;
    }
    return SW_OK;
}
