/* runner.h - works through a protocol: ask, store, pause, next.
 *
 * The runner owns the order of things and nothing else: it is given a client, a store and a run, tells its progress
 * through a callback, and stops within a tenth of a second when it is canceled.  Tests that the store has already are
 * skipped, which is all that resuming takes.
 */
#ifndef SUITE_RUNNER_H
#define SUITE_RUNNER_H

#include "client/client.h"
#include "figures/metrics.h"
#include "monitor/watch.h"
#include "results/store.h"
#include "suite/protocol.h"

typedef enum runner_phase { RUNNER_WARMUP, RUNNER_ASKING, RUNNER_ENDED, RUNNER_PAUSE } runner_phase;

typedef struct runner_progress {
    runner_phase phase;
    const test_plan *plan;
    int number;                   // of this test, from 1, repeats counted
    int n_tests;                  // in the whole run
    size_t n_events;              // ASKING: content events so far
    double elapsed_s;             // ASKING: of this test; PAUSE: left to wait
    double work_done, work_total; // in tokens asked for, over the whole run
    const test_record *test;      // ENDED
    const test_metrics *metrics;  // ENDED
} runner_progress;

typedef void (*runner_progress_fn)(void *ud, const runner_progress *progress);

typedef struct runner_options {
    const bench_protocol *protocol;
    const char *model;
    double pause_s;
    int n_repeats;
    bench_client *client;
    result_store *store;
    int64_t run_id;
    memory_watch *watch; // NULL: the server's memory is out of sight
    const sw_clock *clock;
    uint64_t origin_ns; // when the clock showed this ...
    int64_t origin_ms;  // ... the run was that old
    const atomic_bool *cancel;
    runner_progress_fn on_progress; // may be NULL
    void *ud;
} runner_options;

/* Runs what is missing.  Errors: SW_ECANCELED (what was finished is stored), SW_EIO (the server is gone, or the store
 * cannot be written), SW_ENOMEM.  Tests that fail are results and no error. */
SW_NODISCARD sw_code runner_run(const runner_options *options, sw_err *err);

#endif
