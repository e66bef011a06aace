/* stats.h - the statistics behind every figure of the suite.
 *
 * One definition each, so that a percentile in the terminal, in a report and in a comparison is the same number.
 * What cannot be computed (no values, one value for a deviation) is NAN, which every writer shows as "-".
 */
#ifndef FIGURES_STATS_H
#define FIGURES_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct sample_stats {
    size_t n; // values, each as often as it counts
    double min, max, mean;
    double sd; // sample deviation (n - 1)
    double cv; // sd / mean
    double p50, p75, p90, p95, p99;
} sample_stats;

/* Linear interpolation between order statistics (NumPy's default): h = (n-1) p/100.  `sorted` ascends, 0 <= p <= 100.
 */
double stats_percentile(const double *sorted, size_t n, double p);

/* Sorts `values` in place.  They must not hold NAN. */
sample_stats stats_of(double *values, size_t n);

/* A value that counts `weight` times, as a gap that several tokens share. */
typedef struct weighted_value {
    double value;
    uint64_t weight;
} weighted_value;

/* The same figures as stats_of over the list in which each value occurs `weight` times, which is never made.  Sorts
 * `values` in place. */
sample_stats stats_of_weighted(weighted_value *values, size_t n);

/* Of too few values, a tail percentile is a single sample: below 20 values the maximum is shown in place of p95, below
 * 100 in place of p99. */
static inline bool stats_has_p95(const sample_stats *s)
{
    return s->n >= 20;
}

static inline bool stats_has_p99(const sample_stats *s)
{
    return s->n >= 100;
}

#endif
