/* session_levels.h - what sessions got that ran side by side: one level for each stage of the suite "concurrent".
 *
 * Pure.
 */
#ifndef STRESS_SESSION_LEVELS_H
#define STRESS_SESSION_LEVELS_H

#include "figures/stress/stress_rows.h"

enum { LEVEL_SESSIONS_MAX = 256 };

typedef struct session_level {
    int stage; // position in run_record.stages
    int n_sessions;
    size_t n_requests, n_failed;
    double total_tps;   // of all together, in the steady window; NAN: there was none
    double jain, least; // of the sessions' rates; the slowest over the mean
    int slowest;        // whose it is
    double ttft_p95_ms; // of fewer than 20 answers: the largest
} session_level;

/* In the order of the stages, at most max; *n_out is how many there are.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code session_levels_of(const stress_rows *rows, session_level *out, size_t max, size_t *n_out,
                                       sw_err *err);

#endif
