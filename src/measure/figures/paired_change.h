/* paired_change.h - how much a figure changed between two ways of asking the same, and how sure that is.
 *
 * Values come in pairs of one prompt, seed and repetition.  Tests are of different size, so of a figure of a
 * ratio scale the ratios of the pairs are compared: a change of 5 % weighs the same in a short test as in a long one.
 * Draws are seeded.  What cannot be computed is NAN.  Pure.
 */
#ifndef FIGURES_PAIRED_CHANGE_H
#define FIGURES_PAIRED_CHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "figures/interval.h"

typedef struct value_pair {
    double a, b;
    int test; // values of one test follow each other
} value_pair;

typedef struct paired_change {
    size_t n;
    double a, b;       // medians of the values as they are; absolute figures: means
    double difference; // (b - a) / a of a typical pair; of absolute figures: of the means, b - a
    interval range;    // 95 %, of the difference
    double p_value;    // that a difference this large comes by chance: Student's t of the pairs; NAN below 3 pairs
    bool is_equal;     // every pair has the same value twice
} paired_change;

/* From PAIRS_T_MIN pairs on the interval is Student's t of the pairs' differences.  From PAIRS_MANY_MIN on, that of
 * ratio figures is of signed ranks, and the difference their middle; that of absolute figures is a bootstrap. */
enum { PAIRS_MANY_MIN = 6, PAIRS_T_MIN = 3 };

/* is_relative: values are on a ratio scale; pairs with a value that is not above 0 are left out.  n_draws of the
 * bootstrap; 0: BOOTSTRAP_DRAWS.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code paired_change_of(const value_pair *pairs, size_t n, bool is_relative, size_t n_draws,
                                      paired_change *out, sw_err *err);

#endif
