/* trend_test.h - whether a series rises or falls, and where it changes its level.
 *
 * Values are in the order of time; neither their distances nor their distribution matters, only which is larger.  Draws
 * are seeded.  Pure.
 */
#ifndef FIGURES_TREND_TEST_H
#define FIGURES_TREND_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spillway/error.h"

/* Kendall's rank test of a series against time (Mann 1945). */
typedef struct mann_kendall {
    double s;       // pairs that rise - pairs that fall
    double tau;     // of all pairs
    double z;       // s over its deviation, ties and continuity corrected
    double p_value; // two-sided; NAN for fewer than two values
    bool is_exact;  // counted over all orders, not by the normal distribution
} mann_kendall;

/* Up to this many values without ties the p-value is exact. */
enum { MANN_KENDALL_EXACT_MAX = 40 };

/* Values must not be NAN.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code mann_kendall_of(const double *y, size_t n, mann_kendall *out, sw_err *err);

/* A change of level. */
typedef struct level_step {
    size_t at;            // the first value after it
    double before, after; // medians of the values on both sides, up to the next steps
    double p_value;       // of Student's t between both sides, times the places where a step could be
} level_step;

/* A side of a step has at least this many values. */
enum { LEVEL_SIDE_MIN = 3 };

/* Finds steps by binary segmentation: a part is divided where t between both sides is largest, if t is beyond a penalty
 * that holds the probability of a step in a series without any to alpha (and to a share of it in shorter parts), and if
 * Pettitt's statistic, of ranks, is beyond that of 95 % of random orders: t alone would take outliers for levels.
 * Writes at most max_steps, in order, to `out`.  Values must not be NAN.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code level_steps_of(const double *y, size_t n, double alpha, uint64_t seed, level_step *out,
                                    size_t max_steps, size_t *n_out, sw_err *err);

/* Pettitt's statistic, max |U|, of a series; *at_out is the first value after the likeliest step.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code pettitt_of(const double *y, size_t n, double *statistic_out, size_t *at_out, sw_err *err);

#endif
