/* line_fit.h - a straight line through points: memory over tokens, step time over experts that had to be fetched.
 *
 * Least squares, with Student's t.  What cannot be computed is NAN.  Pure.
 */
#ifndef STRESS_LINE_FIT_H
#define STRESS_LINE_FIT_H

#include "figures/interval.h"

typedef struct line_fit {
    size_t n;
    double intercept, slope;
    interval slope_range; // 95 %; from three points on
    double r2;            // share of the variance that the line explains; NAN if y is constant
    double residual;      // standard deviation around the line
    double worst;         // the largest distance from it
} line_fit;

/* Of fewer than two different x everything is NAN. */
line_fit line_fit_of(const double *x, const double *y, size_t n);

#endif
