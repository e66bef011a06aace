/* load_figures.h - what a server carries while several requests run at a time.
 *
 * Rates are taken in the steady window: in a closed loop, from the moment at which all workers are busy until the first
 * has no more work; in an open loop, from the first arrival to the last.  A sequence of single requests has no window.
 * Pure.
 */
#ifndef FIGURES_LOAD_FIGURES_H
#define FIGURES_LOAD_FIGURES_H

#include "figures/metrics.h"
#include "results/record.h"

typedef struct load_figures {
    int concurrency_max;
    double concurrency_mean; // weighted by time, from the first request to the last answer
    bool is_open_loop;
    double window_begin_s, window_end_s; // since the run began
    double window_s;                     // NAN: no window, and none of the rates below
    double window_share;                 // of the time from the first request to the last answer
    bool is_window_short;                // less than half of it
    double output_tps;                   // tokens that arrived in the window, per second
    double total_tps;                    // the same with the prompts of the requests that began in it
    double requests_per_s;               // requests that ended in it
    double peak_tps; // most tokens in one second, of seconds from the first request on; without a window too
} load_figures;

/* Error: SW_ENOMEM. */
SW_NODISCARD sw_code load_figures_of(const summary_row *requests, size_t n, load_figures *out, sw_err *err);

/* Returns true if the test's answer ended in the window. */
bool load_ended_in_window(const load_figures *load, const test_record *test);

#endif
