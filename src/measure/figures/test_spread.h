/* test_spread.h - the repetitions of each test, pooled: a figure of one run is one value, and only repetitions say how
 * far it can be trusted.  Pure.
 */
#ifndef FIGURES_TEST_SPREAD_H
#define FIGURES_TEST_SPREAD_H

#include "figures/interval.h"
#include "figures/metrics.h"

/* A figure over the repetitions of one test. */
typedef struct spread {
    size_t n;
    double mean, sd, cv; // sd and cv: NAN for n < 2
    interval range;      // 95 %, of the mean; NAN for n < 3
} spread;

/* One test of the protocol, all its repetitions together. */
typedef struct test_spread {
    const test_record *test; // one of them
    int n_asked, n_completed;
    spread decode_tps, overall_tps, ttft_ms, itl_p50_ms, e2e_ms, repetition;
} test_spread;

/* Makes a list of the tests of n rows, in the order of the protocol, in *out (mem_free).  Error: SW_ENOMEM. */
SW_NODISCARD sw_code test_spreads_of(const summary_row *rows, size_t n, test_spread **out, size_t *n_out, sw_err *err);

#endif
