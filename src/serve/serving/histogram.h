/* histogram.h - how often values fell into the buckets that dashboards expect. */
#ifndef SERVING_HISTOGRAM_H
#define SERVING_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_BOUNDS_MAX = 24 };

/* Upper bounds, rising; a value on a bound is below it.  Those of vLLM, so that its dashboards' quantiles fit. */
typedef enum histogram_kind {
    HISTOGRAM_FIRST_TOKEN,  // seconds
    HISTOGRAM_TOKEN_TIME,   // seconds
    HISTOGRAM_REQUEST_TIME, // seconds
    HISTOGRAM_TOKENS,
} histogram_kind;

/* *n_out bounds. */
const double *histogram_bounds(histogram_kind kind, size_t *n_out);

typedef struct histogram {
    histogram_kind kind;
    uint64_t counts[HISTOGRAM_BOUNDS_MAX + 1]; // of each bucket alone; the last one has no bound
    uint64_t n;
    double sum;
} histogram;

/* Counts n values of `value`. */
void histogram_add(histogram *h, double value, uint64_t n);

/* Adds the counts of `other`, which is of the same kind. */
void histogram_merge(histogram *h, const histogram *other);

#endif
