/* stage_figures.h - what came of one stage of a stress run, over its requests.
 *
 * Rates are of the run, as api-conventions has them: all tokens over all time, never a mean of rates.  Pure.
 */
#ifndef FIGURES_STAGE_FIGURES_H
#define FIGURES_STAGE_FIGURES_H

#include "figures/stats.h"
#include "results/record.h"
#include "spillway/error.h"

typedef struct stage_figures {
    int n, n_completed;    // requests; without those whose clients left
    int n_left;            // requests that clients broke off, as was planned
    int64_t n_tokens;      // of those that completed
    double decode_tps;     // of one request at a time: tokens after the first over the time that they took
    double throughput_tps; // of all together: tokens over the time in which a request was under way
    sample_stats ttft_ms;  // since the schedule, in an open loop
} stage_figures;

/* Of the stage at this position.  What cannot be said is NAN.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code stage_figures_of(const run_record *run, int stage, stage_figures *out, sw_err *err);

#endif
