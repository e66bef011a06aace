/* overview.h - several runs side by side: of every model of every run the figures, conditions and verdicts that a page
 * of them shows, which of them may be compared, and which are surely better.
 *
 * Runs are added one after another, and only texts and figures of them are kept, never their answers or the times of
 * their tokens: so fifty runs fit into the memory of one.  An entry is one model of one run.  Pure.
 */
#ifndef OVERVIEW_OVERVIEW_H
#define OVERVIEW_OVERVIEW_H

#include "base/arena.h"
#include "base/limits.h"
#include "base/strmap.h"
#include "compare/compare_metrics.h"
#include "figures/analysis.h"
#include "figures/paired_change.h"
#include "figures/readiness.h"
#include "figures/review_figures.h"
#include "report/conditions.h"

enum {
    OVERVIEW_PARTS_MAX = 32,  // of run_part_name
    OVERVIEW_TESTS_MAX = 512, // different tests of all runs; more are in the runs' own reports
    OVERVIEW_CRITERIA_MAX = 64,
};

/* A completed streamed answer. */
typedef struct overview_value {
    int test, repeat; // position in overview.tests
    double v[N_COMPARE_METRICS];
} overview_value;

/* A test of the protocol, all its repetitions together. */
typedef struct overview_test {
    int test; // position in overview.tests
    int n_completed, n_asked;
    double overall_tps, ttft_ms; // means; NAN
    int n_passed, n_run;         // checks
} overview_test;

/* A metric over an entry's answers, and how it compares with the best of its group. */
typedef struct overview_figure {
    size_t n;
    double median;
    interval range; // 95 %, of the median
    // What overview_judge says, of entries in a group with others.
    bool is_best;      // the best median of the group
    bool is_behind;    // surely worse than the best
    paired_change gap; // from the best to this one, in pairs of the same test and repetition
    double p_value;    // corrected for all pairs and metrics of the page; NAN
} overview_figure;

/* Streamed answers of the offloaded model, against those of the model that is not. */
typedef struct overview_preserved {
    preservation_verdict verdict;
    const char *why; // nothing could be said of the quality; else ""
    preserved_counts all;
    double mark; // mean difference; NAN
    interval range;
} overview_preserved;

/* One model of a run. */
typedef struct overview_entry {
    int run;                       // position in overview.runs
    const char *model;             // for a reader
    const char *label;             // "2 gpt-oss": the number of the run, and the model where there are several
    int conditions[N_CONDITIONS];  // positions in overview.texts, as
    int parts[OVERVIEW_PARTS_MAX]; // those of run_part_put for this model
    int group;                     // those of one may be compared; -1: its figures are not ranked
    double n_parameters, n_active_parameters;
    memory_figures memory;
    double overall_tps, decode_tps, ttft_ms, mark_mean, mean_repetition; // as in the run's own report
    double memory_bytes;                                                 // private, highest; NAN
    int n_technical_passed, n_technical_run, n_completed, n_planned;
    readiness_verdict readiness;
    const char *limits;                          // criteria that decided it, or why it is not ready
    signed char criteria[OVERVIEW_CRITERIA_MAX]; // a criterion_verdict for each of overview.criteria; -1: none
    int n_expert_tests, n_experts, n_experts_used;
    expert_use_figures experts; // of all tests, if n_expert_tests > 0; its name is not set
    overview_preserved preserved;
    review_group reviews;   // n 0: there are none; its test is NULL
    overview_value *values; // (n_values) by test and repetition; owned
    size_t n_values;
    overview_test *tests; // (n_tests); owned
    size_t n_tests;
    overview_figure figures[N_COMPARE_METRICS];
} overview_entry;

typedef struct overview_run {
    const char *name; // by which it is found again, escaped for a terminal
    const char *status, *reasons, *fingerprint, *version, *command;
    int64_t started_unix_ms;
    bool is_emulated; // its GPU: see run_is_emulated
    bool is_ranked;   // complete, valid and not emulated
    size_t first_entry, n_entries;
} overview_run;

/* A run that could not be read. */
typedef struct overview_lost {
    const char *name, *why;
} overview_lost;

typedef struct overview_test_id {
    const char *name, *prompt;
    int max_tokens;
} overview_test_id;

typedef struct overview {
    overview_run *runs;
    size_t n_runs, cap_runs;
    overview_entry *entries; // by run and model
    size_t n_entries, cap_entries;
    overview_lost *lost;
    size_t n_lost, cap_lost;
    overview_test_id tests[OVERVIEW_TESTS_MAX];
    size_t n_tests;
    size_t n_tests_left_out;                     // answers of tests beyond OVERVIEW_TESTS_MAX
    const char *criteria[OVERVIEW_CRITERIA_MAX]; // their ids
    size_t n_criteria;
    const char **texts; // different ones, by number
    size_t n_texts, cap_texts;
    strmap numbers; // of the texts
    arena *keep;
    // What overview_judge says.
    bool has_several_models;
    const char *knob;                   // the part in which entries of a group may differ; NULL: none
    int n_groups;                       // numbered by size, the largest first
    bool is_untold[OVERVIEW_PARTS_MAX]; // a part that some server of a group does not tell
} overview;

/* Errors: SW_ENOMEM, here and below.  Free it with overview_free, also after an error. */
SW_NODISCARD sw_code overview_init(overview *o, sw_err *err);
void overview_free(overview *o);

/* Adds a run; nothing of the analysis is kept, which may be a brief one.  SW_ELIMIT: more than LIMIT_OVERVIEW_RUNS. */
SW_NODISCARD sw_code overview_add(overview *o, const run_analysis *a, const char *name, sw_err *err);
/* Notes a run that cannot be read. */
SW_NODISCARD sw_code overview_lose(overview *o, const char *name, const char *why, sw_err *err);

/* Finds groups of entries that differ in nothing but the knob, and in each the best.  knob NULL: the part with which
 * most entries can be compared.  SW_EINVAL: there is no such part. */
SW_NODISCARD sw_code overview_judge(overview *o, const char *knob, sw_err *err);

/* Returns true for the metrics that are shown: those of single answers that are streamed. */
bool overview_has_metric(compare_metric metric);
/* The entry with the best median of the group, or NULL if fewer than two have the metric. */
const overview_entry *overview_best(const overview *o, int group, compare_metric metric);
/* Returns true if all others of its group are surely worse. */
bool overview_is_sure(const overview *o, int group, compare_metric metric);
/* "best", "not surely best", "behind", "not told apart"; "alone" without others to compare with; "not ranked"; "" of an
 * entry that does not have the metric. */
const char *overview_verdict(const overview *o, const overview_entry *e, compare_metric metric);

#endif
