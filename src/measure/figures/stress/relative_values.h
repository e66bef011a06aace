/* relative_values.h - figures of requests that asked different things, made comparable.
 *
 * A long prompt is slower than a short one, so a value is divided by the median of all values of its kind; of a kind
 * that was asked fewer than RELATIVE_MIN times, by the median of all.  Pure.
 */
#ifndef STRESS_RELATIVE_VALUES_H
#define STRESS_RELATIVE_VALUES_H

#include <stddef.h>
#include <stdint.h>

#include "spillway/error.h"

enum { RELATIVE_MIN = 3 };

typedef struct asked_value {
    uint64_t kind;
    double value; // above 0
    size_t at;    // of the list that the caller keeps
} asked_value;

/* Divides values[i].value as said; changes the order of `values`.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code relative_values(asked_value *values, size_t n, sw_err *err);

#endif
