/* compare.h - whether two lists of figures differ, and whether one changes with time.
 *
 * Draws are seeded.  What cannot be computed is NAN.  Pure.
 */
#ifndef FIGURES_COMPARE_H
#define FIGURES_COMPARE_H

#include <stddef.h>
#include <stdint.h>

#include "figures/interval.h"
#include "spillway/error.h"

/* What a comparison of b with a says. */
typedef enum change_verdict { CHANGE_BETTER, CHANGE_WORSE, CHANGE_SAME, CHANGE_UNCLEAR } change_verdict;

const char *change_verdict_name(change_verdict which); // "better", "worse", "same", "unclear"

/* Verdict on the interval of a relative difference, (b - a) / a: "same" if it is inside +-0.02, "better" or "worse" if
 * it does not hold 0, else "unclear". */
change_verdict change_of(interval relative, int higher_is_better);

/* Multiplies p-values so that the chance of any false alarm among them stays what it would be for one (Holm 1979), in
 * place.  NAN stays NAN and is not counted.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code holm_correct(double *p_values, size_t n, sw_err *err);

/* Of pairs: the probability of a mean difference at least as far from 0, if either of a pair could as well have been
 * the other, by n_draws random signs; at least 1 / (n_draws + 1).  Of fewer than two pairs: NAN. */
double permutation_paired_p_value(const double *differences, size_t n, size_t n_draws, uint64_t seed);

/* Of checks that passed on one side only: the probability of numbers at least as far apart, in either direction, if
 * each could as well have passed on the other side only (McNemar's test, exact binomial).  Of none: 1. */
double mcnemar_p_value(size_t n_won, size_t n_lost);

typedef struct trend {
    double slope;   // median of the slopes between any two points: y per x
    interval range; // Sen 1968; the slope is not 0 with 95 % confidence if 0 is outside
    size_t n;       // points that were used
} trend;

/* Theil-Sen slope of y over x.  Of more than TREND_POINTS_MAX points, as many evenly spread ones are used.  Error:
 * SW_ENOMEM. */
enum { TREND_POINTS_MAX = 1000 };
SW_NODISCARD sw_code trend_of(const double *x, const double *y, size_t n, trend *out, sw_err *err);

#endif
