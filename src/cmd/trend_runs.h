/* trend_runs.h - finds the runs of stores and shared files that a trend is made of. */
#ifndef CMD_TREND_RUNS_H
#define CMD_TREND_RUNS_H

#include "compare/run_trend.h"

/* Adds the runs of the stores and shared files that texts[0..n) name (none: those in results/) which are like the
 * latest of them, in the order in which they were started; the others are left out and named.  `knob` may differ. Among
 * shared files, stored runs are what they would share.  Free *out with run_trend_free, also after an error.  Errors:
 * SW_ENOTFOUND, SW_EFORMAT, those of stores, SW_ENOMEM. */
SW_NODISCARD sw_code trend_runs_load(run_trend *out, const char *const *texts, size_t n, const char *knob, sw_err *err);

#endif
