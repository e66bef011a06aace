/* trend_runs.h - finds the runs of stores that a trend is made of. */
#ifndef CMD_TREND_RUNS_H
#define CMD_TREND_RUNS_H

#include "compare/run_trend.h"

typedef struct trend_runs {
    run_trend trend;
    size_t n_invalid; // invalid, aborted and unfinished runs, which are left out
    size_t n_unlike;  // runs that differ from the latest in more than the knob
    char *unlike;     // in what one of them differs, a sentence; owned, or NULL
} trend_runs;

/* Adds the runs of the stores that texts[0..n) name (none: those in results/) which are like the latest of them, in the
 * order in which they were started.  `knob` may differ.  Free *out with trend_runs_free, also after an error.  Errors:
 * SW_ENOTFOUND, those of stores, SW_ENOMEM. */
SW_NODISCARD sw_code trend_runs_load(trend_runs *out, const char *const *texts, size_t n, const char *knob,
                                     sw_err *err);
void trend_runs_free(trend_runs *runs);

#endif
