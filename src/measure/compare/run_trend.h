/* run_trend.h - one figure after another over many alike runs: its slope, whether it rises or falls, and where it
 * changed its level.  Runs are added in the order of time; only their figures are kept, and why others are left out.
 * Pure.
 */
#ifndef COMPARE_RUN_TREND_H
#define COMPARE_RUN_TREND_H

#include "base/arena.h"
#include "compare/compare_metrics.h"
#include "figures/analysis.h"
#include "figures/compare.h"
#include "figures/level_steps.h"
#include "figures/run_alike.h"
#include "figures/trend_test.h"

enum { TREND_RUNS_MIN = 5, TREND_STEPS_MAX = 8 };

/* Of one run. */
typedef struct trend_value {
    double value;     // median of its answers; NAN: it has none
    double low, high; // the quartiles of its answers; NAN: of one value
} trend_value;

/* One figure of a model in a mode, or in a mode of a stage. */
typedef struct trend_row {
    const char *model; // its name
    int twin;          // of how many models before it in its run it has the name
    const char *label; // how reports of the latest run call it: tells apart those of one name
    test_mode mode;    // not of SCOPE_MODEL
    const char *stage; // of a stress run: "concurrent: 8 sessions"; or ""
    compare_metric metric;
    trend_value *values; // (cap) by runs; those from cap on have none; owned
    size_t cap;
    size_t n; // of them numbers
    // What run_trend_judge says; of rows with fewer than TREND_RUNS_MIN numbers that they are not judged.
    bool is_judged;
    double median;
    double slope;     // per run; of relative figures in % of the median, else in the figure's unit
    double intercept; // of the line, at run 0, in the figure's unit
    interval range;   // 95 %, of the slope
    mann_kendall test;
    double p_value;                    // corrected for all rows
    change_verdict verdict;            // better or worse, or unclear: no trend
    level_step steps[TREND_STEPS_MAX]; // `at` counts runs
    size_t n_steps;
} trend_row;

typedef struct trend_run {
    const char *name; // escaped for a terminal
    int64_t started_unix_ms;
    const char *version, *status;
    const char *changed; // what differs from the run before, "version: 1 to 2; ..."; "": nothing
    const char *label;   // of that, what it is now and short: "2"; or ""
} trend_run;

/* A run that is no part of the trend. */
typedef struct trend_left_out {
    const char *name; // escaped for a terminal
    int64_t started_unix_ms;
    bool is_unlike; // the latest in more than the knob; else invalid, aborted, unfinished or emulated
    const char *why;
} trend_left_out;

typedef struct run_trend {
    trend_run *runs;
    size_t n_runs, cap_runs;
    trend_row *rows;
    size_t n_rows, cap_rows;
    trend_left_out *left_out; // in the order in which they were seen
    size_t n_left_out, cap_left_out;
    size_t n_invalid, n_unlike; // of them
    int n_corrected;            // rows that the p-values are corrected for
    arena *keep;
} run_trend;

/* Error: SW_ENOMEM, here and below.  Free it with run_trend_free, also after an error. */
SW_NODISCARD sw_code run_trend_init(run_trend *t, sw_err *err);
void run_trend_free(run_trend *t);

/* Adds a run that is later than those before; nothing of the analysis is kept.  `differences` from the run before may
 * be NULL. */
SW_NODISCARD sw_code run_trend_add(run_trend *t, const run_analysis *a, const char *name,
                                   const run_differences *differences, sw_err *err);
/* Names a run that is not added. */
SW_NODISCARD sw_code run_trend_leave_out(run_trend *t, const char *name, int64_t started_unix_ms, bool is_unlike,
                                         const char *why, sw_err *err);
/* Leaves out rows of other models (by name or label) and metrics (NULL, -1: none); judges the others. */
SW_NODISCARD sw_code run_trend_judge(run_trend *t, const char *model, int metric, sw_err *err);

/* The value of a run, with NAN where it has none. */
trend_value run_trend_value(const trend_row *row, size_t run);
/* The stage, or the mode; "-" of SCOPE_MODEL.  Unescaped. */
const char *run_trend_place(const trend_row *row);
/* "rising", "falling", "steady", "too few runs". */
const char *run_trend_direction(const trend_row *row);
/* How many rows are judged. */
size_t run_trend_count_judged(const run_trend *t);

#endif
