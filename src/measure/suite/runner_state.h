/* runner_state.h - what the parts of the runner share: runner.c (order), pass.c (requests under way), test_keeper.c
 * (answers into the store). */
#ifndef SUITE_RUNNER_STATE_H
#define SUITE_RUNNER_STATE_H

#include "suite/runner_options.h"

typedef struct runner {
    const runner_options *o;
    pooled_host *host;          // of the pass under way
    resource_sample *samples;   // WATCH_KEPT, reused by every test
    watch_sample *raw_samples;  // the same, as the watch gives them
    runner_progress progress;   // passed to the callback; its views are valid during the call
    bool has_models, has_modes; // more than one
    int n_warmups;              // of the run
    uint64_t last_end_ns;       // of the model's last test; 0: none yet, and no pause before the next
    uint64_t begin_ns;          // of this session's first step: the time budget counts from here
    double spent_s, spent_work; // in tests of this session, for estimates
    double warmup_tps;          // tokens per second of the last warm-up answer; NAN: unknown
    bool is_over_budget;
    sw_code trouble; // of the server of this pass: its model's turn ends
    sw_err trouble_err;
} runner;

/* ---- runner.c ---------------------------------------------------------------------------------------------------- */

/* Passes the state of the run on; the callback must not keep it. */
void runner_report(runner *r, runner_phase phase);
/* Sets what the progress says of the test of a step; 0 is the number of a warm-up. */
void runner_name_step(runner *r, const bench_step *step);
/* Milliseconds since the run began, in an earlier session perhaps. */
int64_t runner_ms(const runner *r, uint64_t t_ns);
bool runner_is_canceled(const runner *r);

/* ---- test_keeper.c ----------------------------------------------------------------------------------------------- */

/* Samples from now on belong to the test with this index (-1: none). */
void test_keeper_tag(const runner *r, int index);
/* Moves the samples of the server's watch to r->samples; returns how many. */
size_t test_keeper_samples(runner *r);
/* Tries the test's checks, stores it with the samples of its time, and reports it. */
SW_NODISCARD sw_code test_keeper_keep(runner *r, test_record *test, const check_list *checks, sw_err *err);

/* ---- pass.c ------------------------------------------------------------------------------------------------------ */

/* Asks steps[0..n), which are one pass, or what is missing of it.  A server that fails is in r->trouble and not an
 * error; a time budget that does not suffice is in r->is_over_budget. */
SW_NODISCARD sw_code pass_run(runner *r, const bench_step *const *steps, size_t n, sw_err *err);

/* ---- warmup_run.c ------------------------------------------------------------------------------------------------ */

/* Sends the warm-up of the server of this pass; errors as pass_run. */
SW_NODISCARD sw_code warmup_run(runner *r, const bench_step *first, sw_err *err);
/* Returns true if n warm-up answers with these decode rates (NAN: unknown) suffice. */
bool warmup_is_over(const protocol_settings *settings, const double *rates, size_t n);

#endif
