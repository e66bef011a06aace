/* agreement.h - how far two judges of the same answers agree: a person and the automatic checks, or two persons.
 *
 * What cannot be computed is NAN.  Pure.
 */
#ifndef FIGURES_AGREEMENT_H
#define FIGURES_AGREEMENT_H

#include <stddef.h>

#include "figures/interval.h"
#include "spillway/error.h"

/* Of n pairs of scores on one scale. */
typedef struct agreement {
    size_t n;
    double mean_difference;    // mean of b - a (Bland and Altman 1986)
    interval difference_range; // 95 %, bootstrap over pairs; of fewer than two pairs: NAN
    double rank_correlation;   // Spearman's, with the mean rank for ties; NAN below 3 pairs, or if a or b is constant
    double within_one;         // share of pairs that are at most 1 apart; NAN of none
} agreement;

/* a[i] and b[i] are of one answer, and not NAN.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code agreement_of(const double *a, const double *b, size_t n, agreement *out, sw_err *err);

/* Cohen's kappa for scores that are whole numbers, where a difference of d weighs d^2 (Cohen 1968): 1 is full
 * agreement, 0 what chance would give with these shares of scores.  NAN of no pairs, or if both always gave one and the
 * same score. */
double weighted_kappa(const int *a, const int *b, size_t n);

#endif
