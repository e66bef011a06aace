/* steady_slope.h - whether a quantity that is sampled often goes on rising: memory, times, hourly figures.
 *
 * Samples that follow each other resemble each other, and a test that takes them for independent finds trends
 * everywhere.  So the samples become at most STEADY_BLOCKS medians of equal parts, and these are tested.  A beginning
 * is left out, in which caches fill; and because some fill for long, the second half has a slope of its own.  Pure.
 */
#ifndef STRESS_STEADY_SLOPE_H
#define STRESS_STEADY_SLOPE_H

#include <stdbool.h>

#include "figures/interval.h"

/* More blocks find smaller slopes; so many keep the p-values exact, and neighbours apart. */
enum { STEADY_BLOCKS = 24, STEADY_BLOCKS_MIN = 8 };

typedef struct steady_slope {
    size_t n, n_blocks;    // samples after the beginning; medians of them
    double slope;          // of Theil and Sen; y per x; NAN below STEADY_BLOCKS_MIN samples
    interval range;        // 95 %
    double late;           // of the second half
    double level;          // median of all
    double p_rise;         // that chance alone makes it rise so steadily (Mann and Kendall, one-sided)
    double p_fall;         // likewise, fall
    double begin_x, end_x; // of what was used
} steady_slope;

/* x ascends; `skipped` (0 to 1) of its range is left out at the beginning.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code steady_slope_of(const double *x, const double *y, size_t n, double skipped, steady_slope *out,
                                     sw_err *err);

/* Returns true if it surely rises, by more than `bound` per x, and its second half too. */
bool steady_slope_rises(const steady_slope *slope, double bound);

#endif
