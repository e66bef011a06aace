/* runner_options.h - what a runner is given, and what it reports. */
#ifndef SUITE_RUNNER_OPTIONS_H
#define SUITE_RUNNER_OPTIONS_H

#include "client/fleet.h"
#include "figures/metrics.h"
#include "suite/disturbance.h"
#include "suite/host_pool.h"
#include "suite/schedule.h"

typedef enum runner_phase { RUNNER_LOADING, RUNNER_WARMUP, RUNNER_ASKING, RUNNER_ENDED, RUNNER_PAUSE } runner_phase;

typedef struct runner_progress {
    runner_phase phase;
    const test_plan *plan;
    const char *model;            // under way; "" if the run has only one
    const char *mode;             // of the test, with its variant; "" if the run has only one
    int number;                   // of this test, from 1, in the order of the schedule
    int n_tests;                  // in the whole run
    int n_active;                 // ASKING: requests under way
    size_t n_events;              // ASKING: content events of these so far
    double elapsed_s;             // ASKING: of the first of these; PAUSE: left to wait
    double work_done, work_total; // in tokens asked for, over the whole run
    const test_record *test;      // ENDED
    const test_metrics *metrics;  // ENDED
} runner_progress;

typedef void (*runner_progress_fn)(void *ud, const runner_progress *progress);

typedef struct runner_options {
    const bench_schedule *schedule;
    const bench_protocol *protocol; // with the settings in effect
    const bench_options *bench;     // limits, route, clock, cancellation
    host_pool *hosts;
    const subject_list *subjects;
    transfer_fleet *fleet; // its clock is that of the options
    result_store *store;
    int64_t run_id;
    int n_warmups;      // that the run has already
    uint64_t origin_ns; // when the clock showed this ...
    int64_t origin_ms;  // ... the run was that old
    clock_guard *guard;
    runner_progress_fn on_progress; // may be NULL
    void *ud;
} runner_options;

typedef struct runner_result {
    bool is_over_budget; // tests are missing, because they did not fit the time budget
} runner_result;

#endif
