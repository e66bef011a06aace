/* trend_test.h - whether a series rises or falls.
 *
 * Values are in the order of time; neither their distances nor their distribution matters, only which is larger.  Pure.
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

#endif
