/* compare_metrics.h - the figures that two runs are compared by, as one table, and how much each may get worse. */
#ifndef COMPARE_COMPARE_METRICS_H
#define COMPARE_COMPARE_METRICS_H

#include "figures/analysis.h"
#include "spillway/error.h"

typedef enum compare_scope {
    SCOPE_TEST,  // a value for each answer
    SCOPE_MODEL, // a value for each model of a run
    SCOPE_COUNT, // a number of changes for the worse that may not be there at all
} compare_scope;

// clang-format off
/* X(NAME, "name", "unit", scope, higher is better, relative, allowed, same within, "meaning").  Relative figures allow
 * and tell changes in %; a change within the last number is none.  NAN: never a regression. */
#define COMPARE_METRICS(X) \
    X(DECODE,      "decode_tps",      "tok/s", SCOPE_TEST,  true,  true,  5,    2,    "rate after the first token") \
    X(OVERALL,     "overall_tps",     "tok/s", SCOPE_TEST,  true,  true,  5,    2,    "tokens over the whole time of an answer") \
    X(TTFT,        "ttft_ms",         "ms",    SCOPE_TEST,  false, true,  10,   2,    "time to the first token") \
    X(ITL_P95,     "itl_p95_ms",      "ms",    SCOPE_TEST,  false, true,  10,   2,    "95th percentile of the gaps of an answer") \
    X(REPETITION,  "repetition",      "",      SCOPE_TEST,  false, false, 0.05, 0.02, "share of word triples that occurred before") \
    X(CONSISTENCY, "consistency_pct", "points", SCOPE_TEST, true,  false, 0.5,  0.2,  "answers equal to those of the un-offloaded side") \
    X(MARK,        "mark",            "",      SCOPE_TEST,  true,  false, NAN,  0.1,  "content mark, 1 to 5") \
    X(VRAM,        "vram_bytes",      "B",     SCOPE_MODEL, false, true,  2,    2,    "peak memory of the server on the GPU") \
    X(MEMORY,      "memory_bytes",    "B",     SCOPE_MODEL, false, true,  NAN,  2,    "peak private memory of the server") \
    X(SUSTAINED,   "sustained_tps",   "tok/s", SCOPE_MODEL, true,  true,  NAN,  2,    "slowest minute of a stress run") \
    X(AGREEMENT,   "agreement_pct",   "points", SCOPE_MODEL, true, false, NAN,  0.2,  "tokens of a stress run that the un-offloaded side would choose") \
    X(ACCURACY,    "accuracy_pct",    "points", SCOPE_MODEL, true, false, NAN,  0.2,  "right answers of a stress run") \
    X(RETENTION,   "retention_pct",   "points", SCOPE_MODEL, true, false, NAN,  0.2,  "earlier facts that later answers of a stress run use rightly") \
    X(RECALL,      "recall_pct",      "points", SCOPE_MODEL, true, false, NAN,  0.2,  "secrets of long texts that a stress run found") \
    X(FAILED,      "failed",          "",      SCOPE_COUNT, false, false, 0,    0,    "tests that completed, and do no more") \
    X(CHECKS,      "checks",          "",      SCOPE_COUNT, false, false, 0,    0,    "checks that passed, and fail") \
    X(OUTPUTS,     "outputs",         "",      SCOPE_COUNT, false, false, 0,    0,    "repeatable answers that changed") \
    X(VERDICTS,    "verdicts",        "",      SCOPE_COUNT, false, false, 0,    0,    "criteria of a stress run that were met, and are not met")
// clang-format on

#define COMPARE_METRIC_ENUM(name, text, unit, scope, higher, relative, allowed, same, meaning) COMPARE_##name,
typedef enum compare_metric { COMPARE_METRICS(COMPARE_METRIC_ENUM) N_COMPARE_METRICS } compare_metric;
#undef COMPARE_METRIC_ENUM

typedef struct compare_metric_row {
    const char *name, *unit, *meaning;
    compare_scope scope;
    bool higher_is_better, is_relative;
    double allowed, same_within; // of relative figures: %
} compare_metric_row;

extern const compare_metric_row COMPARE_METRIC_ROWS[N_COMPARE_METRICS];

/* How much each figure may get worse, in its unit or %; NAN: any change is allowed. */
typedef struct compare_limits {
    double allowed[N_COMPARE_METRICS];
} compare_limits;

/* Those of the table. */
compare_limits compare_limits_default(void);
/* Changes one by "METRIC=VALUE", "METRIC=VALUE%" or "METRIC=off".  Error: SW_EINVAL, names what is possible. */
SW_NODISCARD sw_code compare_limits_set(compare_limits *limits, const char *text, sw_err *err);

/* Returns true if answers in that mode have the figure, and it is worth comparing there. */
bool compare_metric_is_of(compare_metric metric, test_mode mode);
/* Of a completed answer of the run; NAN. */
double compare_metric_of(compare_metric metric, const run_record *run, const summary_row *row);
/* Of a model; memory is of its server that does not serve as the reference.  NAN: it was not measured. */
double compare_metric_of_model(compare_metric metric, const run_record *run, const subject_analysis *model);

#endif
