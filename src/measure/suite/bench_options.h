/* bench_options.h - what of a benchmark's options is stored with its run, so that it can be resumed. */
#ifndef SUITE_BENCH_OPTIONS_H
#define SUITE_BENCH_OPTIONS_H

#include "base/arena.h"
#include "suite/bench.h"

/* One JSON object; NULL if memory is short or a text is not UTF-8.  Free it with mem_free. */
char *bench_options_to_json(const bench_options *options);

/* Fills what `options` leaves open from a stored run's JSON; strings are copied to the keep.  Error: SW_EFORMAT. */
SW_NODISCARD sw_code bench_options_complete(bench_options *options, const char *json, arena *keep, sw_err *err);

#endif
