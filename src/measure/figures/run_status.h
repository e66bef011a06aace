/* run_status.h - what a run is worth, in one word and the reasons for it.
 *
 * "invalid": what was asked for is not what was measured (placement, model, context, cache, sampling temperature, seed,
 * another server on the port, zero tokens), or the machine disturbed the run; its figures are kept, but never ranked.
 * A run that is not complete is "aborted", whatever else is wrong with it: it may be resumed.  Pure.
 */
#ifndef FIGURES_RUN_STATUS_H
#define FIGURES_RUN_STATUS_H

#include "base/buf.h"
#include "figures/analysis.h"

// clang-format off
#define RUN_STATUS_TABLE(X) \
    X(OK,               "ok") \
    X(FAILED_THRESHOLD, "failed_threshold") \
    X(REGRESSED,        "regressed") \
    X(NOT_STEADY,       "not_steady") \
    X(INCONCLUSIVE,     "inconclusive") \
    X(INVALID,          "invalid") \
    X(ABORTED,          "aborted")
// clang-format on

#define RUN_STATUS_ENUM(name, text) RUN_##name,
typedef enum run_status { RUN_STATUS_TABLE(RUN_STATUS_ENUM) N_RUN_STATUS } run_status;
#undef RUN_STATUS_ENUM

const char *run_status_name(run_status status);
/* The status with that name, or -1 ("running"). */
int run_status_from_name(const char *name);

/* Appends one sentence per reason, each on a line, the most serious first; then notes, which change no status ("note:
 * two server processes answered").  A comparison with another run, and so RUN_REGRESSED, is not made here. */
run_status run_status_of(const run_analysis *analysis, buf *reasons);

#endif
