/* level_steps.h - where a series changes its level.  Values are in the order of time.  Draws are seeded.  Pure. */
#ifndef FIGURES_LEVEL_STEPS_H
#define FIGURES_LEVEL_STEPS_H

#include <stddef.h>
#include <stdint.h>

#include "spillway/error.h"

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
