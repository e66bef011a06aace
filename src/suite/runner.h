/* runner.h - works through a protocol: ask, store, pause, next.
 *
 * The runner owns the order of things and nothing else: it is given a client, a store and a run, tells its progress
 * through a callback, and stops within a tenth of a second when it is canceled.  Tests that the store has already are
 * skipped, which is all that resuming takes.
 */
#ifndef SW_RUNNER_H
#define SW_RUNNER_H

#include "monitor/watch.h"
#include "results/metrics.h"
#include "results/store.h"
#include "suite/client.h"
#include "suite/protocol.h"

typedef enum sw_runner_phase { SW_RUNNER_WARMUP, SW_RUNNER_ASKING, SW_RUNNER_ENDED, SW_RUNNER_PAUSE } sw_runner_phase;

typedef struct sw_runner_progress {
    sw_runner_phase phase;
    const sw_test_plan *plan;
    int number;                   // of this test, from 1, repeats counted
    int n_tests;                  // in the whole run
    size_t n_events;              // ASKING: content events so far
    double elapsed_s;             // ASKING: of this test; PAUSE: left to wait
    double work_done, work_total; // in tokens asked for, over the whole run
    const sw_test_record *test;   // ENDED
    const sw_metrics *metrics;    // ENDED
} sw_runner_progress;

typedef void (*sw_runner_progress_fn)(void *ud, const sw_runner_progress *progress);

typedef struct sw_runner_options {
    const sw_protocol *protocol;
    const char *model;
    double pause_s;
    int n_repeats;
    sw_client *client;
    sw_store *store;
    int64_t run_id;
    sw_watch *watch; // NULL: the server's memory is out of sight
    const sw_clock *clock;
    uint64_t origin_ns; // when the clock showed this ...
    int64_t origin_ms;  // ... the run was that old
    const atomic_bool *cancel;
    sw_runner_progress_fn on_progress; // may be NULL
    void *ud;
} sw_runner_options;

/* Runs what is missing.  Errors: SW_ECANCELED (what was finished is stored), SW_EIO (the server is gone, or the store
 * cannot be written), SW_ENOMEM.  Tests that fail are results and no error. */
SW_NODISCARD sw_code sw_runner_run(const sw_runner_options *options, sw_err *err);

#endif
