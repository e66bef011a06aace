/* findings_sessions.c - three sessions side by side, or more, against one alone. */
#include <math.h>

#include "figures/stress/session_levels.h"
#include "figures/stress/stress_findings.h"

enum { SESSIONS_WANTED = 3, LEVELS_MAX = 32, REQUESTS_MIN = 3 }; // of each session
static const interval EXACT = {NAN, NAN};

static void tell_sessions(const session_level *one, const session_level *many, stress_figures *out)
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

static void tell_or_lack(const session_level *one, const session_level *many, stress_figures *out)
{
    static const stress_figure_id IDS[] = {FIGURE_SESSIONS, FIGURE_SESSIONS_TOTAL, FIGURE_SESSIONS_LEAST,
                                           FIGURE_SESSIONS_TTFT, FIGURE_SESSIONS_FAILED};
    if (one->n_requests >= REQUESTS_MIN && many->n_requests >= REQUESTS_MIN * (size_t)many->n_sessions) {
        tell_sessions(one, many, out);
        return;
    }
    for (size_t i = 0; i < sizeof IDS / sizeof *IDS; i++)
        stress_figure_lack(out, IDS[i], FIGURE_MISSING, "%zu requests of one session and %zu of %d are too few",
                           one->n_requests, many->n_requests, many->n_sessions);
}

/* The fewest sessions from three on; else the most. */
static bool is_better(const session_level *found, const session_level *best)
{
    if (best->n_sessions < SESSIONS_WANTED)
        return found->n_sessions > best->n_sessions;
    return found->n_sessions >= SESSIONS_WANTED && found->n_sessions < best->n_sessions;
}

sw_code findings_sessions(const stress_rows *rows, stress_figures *out, sw_err *err)
{
    session_level levels[LEVELS_MAX], one = {0}, many = {0};
    size_t n;
    const sw_code code = session_levels_of(rows, levels, LEVELS_MAX, &n, err);
    for (size_t i = 0; code == SW_OK && i < n && i < LEVELS_MAX; i++) {
        one = levels[i].n_sessions == 1 ? levels[i] : one;
        many = levels[i].n_sessions > 1 && is_better(&levels[i], &many) ? levels[i] : many;
    }
    if (one.n_sessions == 1 && many.n_sessions > 1)
        tell_or_lack(&one, &many, out);
    return code;
}
