/* bench_options.h - what of a benchmark's options is stored with its run, so that it can be resumed. */
#ifndef SW_BENCH_OPTIONS_H
#define SW_BENCH_OPTIONS_H

#include "results/keep.h"
#include "suite/bench.h"

/* One JSON object; NULL when memory is short.  Free it with sw_free. */
char *sw_bench_options_to_json(const sw_bench_options *options);

/* Fills what `options` leaves open from a stored run's JSON; strings are copied to the keep.  Error: SW_EFORMAT. */
SW_NODISCARD sw_code sw_bench_options_complete(sw_bench_options *options, const char *json, sw_keep *keep, sw_err *err);

#endif
