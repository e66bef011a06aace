/* verdict_pairs.h - the verdicts of two stress runs side by side, criterion by criterion.  Pure. */
#ifndef COMPARE_VERDICT_PAIRS_H
#define COMPARE_VERDICT_PAIRS_H

#include "compare/exact_changes.h"
#include "figures/stress/stress_criteria.h"

typedef struct verdict_pair {
    int subject; // of a
    const stress_judgement *a, *b;
} verdict_pair;

typedef struct verdict_pairs {
    verdict_pair *items; // (n), by model, in the order of b's criteria
    size_t n, cap;
} verdict_pairs;

/* Criteria of one name of each model that both have; none of benchmarks.  Views into both.  Free *out with
 * verdict_pairs_free, also after an error.  Error: SW_ENOMEM, here and below. */
SW_NODISCARD sw_code verdict_pairs_of(const run_analysis *a, const run_analysis *b, const int *subject_of_a,
                                      verdict_pairs *out, sw_err *err);
void verdict_pairs_free(verdict_pairs *pairs);

/* Adds those that were met and are not met.  One that is inconclusive or invalid now is no regression: it says nothing
 * of the model. */
SW_NODISCARD sw_code verdict_changes_of(const verdict_pairs *pairs, exact_changes *out, sw_err *err);

#endif
