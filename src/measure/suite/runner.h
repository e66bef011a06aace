/* runner.h - works through a protocol: ask, store, pause, next.
 *
 * The runner owns the order of the tests and nothing else: it is given a target, a fleet, a store and a run, reports
 * its progress through a callback, and stops within a tenth of a second when it is canceled.  It skips tests that the
 * store has already, and resuming needs no more than that.
 */
#ifndef SUITE_RUNNER_H
#define SUITE_RUNNER_H

#include "client/fleet.h"
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
    const model_list *listed; // that the server lists; empty: not known
    const chat_target *target;
    transfer_fleet *fleet; // its clock is the one below
    transfer_limits limits;
    result_store *store;
    int64_t run_id;
    memory_watch *watch; // NULL: the server's memory is not visible
    const sw_clock *clock;
    uint64_t origin_ns; // when the clock showed this ...
    int64_t origin_ms;  // ... the run was that old
    const atomic_bool *cancel;
    runner_progress_fn on_progress; // may be NULL
    void *ud;
} runner_options;

/* Runs the tests that are missing.  Errors: SW_ECANCELED (finished tests are stored), SW_EIO (the server cannot be
 * reached any more, or the store cannot be written), SW_EUNSUPPORTED (the server refused the first request, as it would
 * all others; nothing was stored), SW_ENOMEM.  A test that fails is a result and not an error. */
SW_NODISCARD sw_code runner_run(const runner_options *options, sw_err *err);

#endif
