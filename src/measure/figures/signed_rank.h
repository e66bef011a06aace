/* signed_rank.h - the middle of values that spread alike to both sides, and its interval, by ranks (Hodges and Lehmann
 * 1963, on Wilcoxon's signed ranks).
 *
 * The middle is the median of the means of any two values, each with itself too.  Its interval asks nothing of the
 * distribution but that it is symmetric, as differences of pairs are of one distribution: outliers move it little.
 * Pure.
 */
#ifndef FIGURES_SIGNED_RANK_H
#define FIGURES_SIGNED_RANK_H

#include "figures/interval.h"

/* From so many values on an interval can be of 95 %. */
enum { SIGNED_RANK_MIN = 6 };

/* `sorted` ascends and is finite.  NAN of none. */
double signed_rank_center(const double *sorted, size_t n);
/* 95 %; between two ranks it is interpolated.  NAN of fewer than SIGNED_RANK_MIN. */
interval signed_rank_interval(const double *sorted, size_t n);

#endif
