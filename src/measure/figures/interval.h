/* interval.h - how far a figure can be trusted: 95 % intervals.
 *
 * Everything that draws random numbers takes a seed: the same record gives the same interval on every machine.  What
 * cannot be computed is NAN.  Pure.
 */
#ifndef FIGURES_INTERVAL_H
#define FIGURES_INTERVAL_H

#include <stddef.h>
#include <stdint.h>

#include "spillway/error.h"

enum { BOOTSTRAP_DRAWS = 10000, MEDIAN_VALUES_MIN = 6 };

typedef struct interval {
    double low, high; // NAN: too few values
} interval;

/* The value that Student's t with n_free degrees of freedom stays below with probability p, 0 < p < 1.  NAN for
 * n_free 0. */
double student_t_quantile(double p, size_t n_free);
/* The probability that Student's t is at least as far from 0 as t, in either direction: a p-value.  NAN for n_free 0.
 */
double student_t_tails(double t, size_t n_free);

/* Of a mean, by Student's t; from three values on, because the interval of two is wider than it is useful. */
interval mean_interval(double mean, double sd, size_t n);

/* Of a share, n_hits of n, by Wilson's score. */
interval share_interval(size_t n_hits, size_t n);

/* Of the median of n ascending values, without draws: the two of them between which it is in at least 95 % of samples
 * of any distribution.  NAN of fewer than MEDIAN_VALUES_MIN. */
interval median_interval(const double *sorted, size_t n);

/* A figure of n values, whose order it may change. */
typedef double figure_of_values(double *values, size_t n);

double figure_mean(double *values, size_t n);
double figure_median(double *values, size_t n);

/* Of `figure`, by n_draws samples drawn with replacement (percentiles of the figures of these;
 * those of means and ratios are widened for few values).  Of fewer than two
 * values: NAN.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code bootstrap_interval(const double *values, size_t n, figure_of_values *figure, size_t n_draws,
                                        uint64_t seed, interval *out, sw_err *err);

/* Of figure(b) - figure(a), where a[i] and b[i] are of the same prompt and seed: pairs are drawn.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code bootstrap_paired(const double *a, const double *b, size_t n, figure_of_values *figure,
                                      size_t n_draws, uint64_t seed, interval *out, sw_err *err);

/* Of sum(parts) / sum(wholes), where parts[i] and wholes[i] are of one test: tests are drawn.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code bootstrap_ratio(const double *parts, const double *wholes, size_t n, size_t n_draws, uint64_t seed,
                                     interval *out, sw_err *err);

#endif
