/* run_trend.h - one figure after another over many alike runs: its slope, whether it rises or falls, and where it
 * changed its level.  Runs are added in the order of time; only their figures are kept.  Pure.
 */
#ifndef COMPARE_RUN_TREND_H
#define COMPARE_RUN_TREND_H

#include "base/arena.h"
#include "compare/compare_metrics.h"
#include "figures/analysis.h"
#include "figures/compare.h"
#include "figures/trend_test.h"

enum { TREND_RUNS_MIN = 5, TREND_STEPS_MAX = 8 };

/* One figure of a model in a mode: of its answers the median. */
typedef struct trend_row {
    const char *model;
    test_mode mode; // not of SCOPE_MODEL
    compare_metric metric;
    double *values; // (runs) NAN where a run has none; owned
    size_t cap;
    size_t n; // of them numbers
    // What run_trend_judge says, of rows with TREND_RUNS_MIN numbers.
    double median;
    double slope;   // per run; of relative figures in % of the median, else in the figure's unit
    interval range; // 95 %, of the slope
    mann_kendall test;
    double p_value;                    // corrected for all rows
    change_verdict verdict;            // better or worse, or unclear: no trend
    level_step steps[TREND_STEPS_MAX]; // `at` counts runs
    size_t n_steps;
} trend_row;

typedef struct trend_run {
    const char *name; // escaped for a terminal
    int64_t started_unix_ms;
    const char *version;
} trend_run;

typedef struct run_trend {
    trend_run *runs;
    size_t n_runs, cap_runs;
    trend_row *rows;
    size_t n_rows, cap_rows;
    arena *keep;
} run_trend;

/* Error: SW_ENOMEM, here and below.  Free it with run_trend_free, also after an error. */
SW_NODISCARD sw_code run_trend_init(run_trend *t, sw_err *err);
void run_trend_free(run_trend *t);

/* Adds a run that is later than those before; nothing of the analysis is kept. */
SW_NODISCARD sw_code run_trend_add(run_trend *t, const run_analysis *a, const char *name, sw_err *err);
/* Leaves out rows of other models and metrics (NULL, -1: none), and those with too few numbers; judges the others. */
SW_NODISCARD sw_code run_trend_judge(run_trend *t, const char *model, int metric, sw_err *err);

#endif
