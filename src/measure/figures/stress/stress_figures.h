/* stress_figures.h - what a stress run found, as one table of named figures.
 *
 * Criteria, reports and comparisons read figures by name, so that a criterion is a line of data.  A figure is measured,
 * or missing, or void: void is one that was asked for and did not take effect, such as a comparison of two sides with
 * the same placement.  Missing and void figures have a reason for a reader.  Pure.
 */
#ifndef STRESS_STRESS_FIGURES_H
#define STRESS_STRESS_FIGURES_H

#include <stddef.h>

#include "figures/interval.h"
#include "spillway/error.h"

/* X(NAME, "name", "unit", "meaning"); a share is 0 to 1 and has no unit. */
// clang-format off
#define STRESS_FIGURES(X) \
    X(RUN_S,             "run_s",              "s",     "time in which the run was under way") \
    X(BUSY_S,            "busy_s",             "s",     "of it, at least one request was under way") \
    X(SUSTAINED_TPS,     "sustained_tps",      "tok/s", "the slowest minute of work") \
    X(MEAN_TPS,          "mean_tps",           "tok/s", "all tokens over the time of work") \
    X(FAILED_SHARE,      "failed_share",       "",      "requests that did not complete") \
    X(HOURLY_CHANGE,     "hourly_change",      "",      "change of the time per token in an hour") \
    X(GPU_BYTES,         "gpu_bytes",          "B",     "peak of the server's GPU memory") \
    X(HOST_BYTES,        "host_bytes",         "B",     "peak of the server's own memory") \
    X(HOST_SLOPE,        "host_slope",         "B/h",   "rise of the server's own memory") \
    X(GPU_SLOPE,         "gpu_slope",          "B/h",   "rise of the server's GPU memory") \
    X(CONTEXT_R2,        "context_r2",         "",      "memory over context length: share that a line explains") \
    X(CONTEXT_PLAN,      "context_plan",       "",      "bytes per token over the planned ones") \
    X(EXACT_MATCH,       "exact_match",        "",      "answers equal to those of the side that does not offload") \
    X(TOP_AGREEMENT,     "top_agreement",      "",      "tokens that the side that does not offload would choose, too") \
    X(REPEATED_MATCH,    "repeated_match",     "",      "answers equal to the first to the same question") \
    X(SESSIONS,          "sessions",           "",      "sessions side by side") \
    X(SESSIONS_TOTAL,    "sessions_total",     "",      "rate of all sessions over that of one alone") \
    X(SESSIONS_LEAST,    "sessions_least",     "",      "slowest session over the mean") \
    X(SESSIONS_TTFT,     "sessions_ttft",      "",      "p95 of the first token over that of one alone") \
    X(SESSIONS_FAILED,   "sessions_failed",    "",      "requests of sessions side by side that did not complete") \
    X(EXPERT_COVERAGE,   "expert_coverage",    "",      "experts that were chosen at all, mean over the layers") \
    X(EXPERT_EFFECTIVE,  "expert_effective",   "",      "effective experts, e to the entropy, mean over the layers") \
    X(EXPERT_TOKENS,     "expert_tokens",      "tok",   "tokens whose experts were told") \
    X(ACCURACY,          "accuracy",           "",      "answers that are right") \
    X(RETENTION,         "retention",          "",      "earlier facts that a later answer used rightly") \
    X(RECALL,            "recall",             "",      "secrets of a long text that were found")
// clang-format on

#define STRESS_FIGURE_ENUM(name, text, unit, meaning) FIGURE_##name,
typedef enum stress_figure_id { STRESS_FIGURES(STRESS_FIGURE_ENUM) N_STRESS_FIGURES } stress_figure_id;
#undef STRESS_FIGURE_ENUM

typedef struct stress_figure_row {
    const char *name, *unit, *meaning;
} stress_figure_row;

extern const stress_figure_row STRESS_FIGURE_ROWS[N_STRESS_FIGURES];

typedef enum figure_state { FIGURE_MISSING, FIGURE_MEASURED, FIGURE_VOID } figure_state;

typedef struct stress_figure {
    figure_state state;
    double value;
    interval range;     // 95 %; NAN: it is not an estimate
    size_t n;           // of what: n_unit
    const char *n_unit; // "answers"
    char reason[160];   // of what is missing or void; of what is measured, a remark, or ""
} stress_figure;

typedef struct stress_figures {
    stress_figure v[N_STRESS_FIGURES];
} stress_figures;

/* All missing: "it was not asked for". */
void stress_figures_init(stress_figures *figures);
void stress_figure_set(stress_figures *figures, stress_figure_id id, double value, interval range, size_t n,
                       const char *n_unit);
/* A remark on a figure that is measured, such as what chance alone would reach. */
void stress_figure_remark(stress_figures *figures, stress_figure_id id, const char *format, ...) SW_PRINTF(3, 4);
/* state: FIGURE_MISSING or FIGURE_VOID.  The reason is valid UTF-8 whatever it quotes. */
void stress_figure_lack(stress_figures *figures, stress_figure_id id, figure_state state, const char *format, ...)
    SW_PRINTF(4, 5);

#endif
