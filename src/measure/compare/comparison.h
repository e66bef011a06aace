/* comparison.h - two stored runs, NEW against BASE: whether they may be compared, what changed, and whether that is a
 * regression.  Pure: analyses of loaded runs go in.
 */
#ifndef COMPARE_COMPARISON_H
#define COMPARE_COMPARISON_H

#include "base/buf.h"
#include "compare/change_rows.h"
#include "compare/exact_changes.h"
#include "compare/verdict_pairs.h"
#include "figures/run_alike.h"

// clang-format off
#define COMPARISON_OUTCOMES(X) \
    X(OK,           "ok")           /* no regression was found */ \
    X(REGRESSED,    "regressed") \
    X(INCONCLUSIVE, "inconclusive") /* nothing could be judged: no pairs, or too few of them */ \
    X(REFUSED,      "refused")      /* unlike or invalid runs; nothing was compared */
// clang-format on

#define COMPARISON_OUTCOME_ENUM(name, text) COMPARISON_##name,
typedef enum comparison_outcome {
    COMPARISON_OUTCOMES(COMPARISON_OUTCOME_ENUM) N_COMPARISON_OUTCOMES
} comparison_outcome;
#undef COMPARISON_OUTCOME_ENUM

const char *comparison_outcome_name(comparison_outcome outcome);

typedef struct comparison_options {
    const char *knob; // the part in which the runs may differ; NULL: none
    bool is_forced;   // unlike and invalid runs of one kind are compared all the same
    bool is_shared;   // both runs are made of shared files: of answers there are figures alone
    compare_limits limits;
    size_t n_draws; // of the bootstrap; 0: BOOTSTRAP_DRAWS
} comparison_options;

typedef struct comparison {
    const run_analysis *a, *b; // BASE, NEW
    comparison_options options;
    comparison_outcome outcome;
    run_differences differences; // besides the knob
    run_differences changes;     // all, but for what follows from the version
    buf reasons;                 // why they should not be compared, a sentence on each line; "": they may be
    test_pairs pairs;
    verdict_pairs verdicts; // of stress runs
    change_row *rows;       // by model, stage and mode; the rows of single tests follow that over all tests
    size_t n_rows, cap_rows;
    exact_changes exact;
    size_t n_exact[N_COMPARE_METRICS];
} comparison;

/* The views in *out are into both analyses, and `options`' texts.  Free it with comparison_free, also after an error.
 * Errors: SW_EINVAL (no such knob), SW_ENOMEM. */
SW_NODISCARD sw_code comparison_of(const run_analysis *a, const run_analysis *b, const comparison_options *options,
                                   comparison *out, sw_err *err);
void comparison_free(comparison *c);

/* Returns true if the runs are made of shared files whose fingerprints differ: something that such a file does not hold
 * may be different. */
bool comparison_has_hidden_difference(const comparison *c);
/* Returns true if a GPU was emulated in one of the runs: their times and rates are not compared, whatever is forced. */
bool comparison_is_emulated(const comparison *c);
/* Returns true if one is a stress run and the other a benchmark; they are refused, whatever is forced. */
bool comparison_is_of_unlike_kinds(const comparison *c);
/* Returns true if more tests, checks or answers changed for the worse than the limit of that SCOPE_COUNT metric. */
bool comparison_count_is_regression(const comparison *c, compare_metric metric);
/* How many regressions there are, of rows and of counts. */
int comparison_count_regressions(const comparison *c);

#endif
