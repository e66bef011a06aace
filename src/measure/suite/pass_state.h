/* pass_state.h - the requests of one pass: pass.c sends them and takes their answers, pass_keep.c judges and stores
 * these.
 */
#ifndef SUITE_PASS_STATE_H
#define SUITE_PASS_STATE_H

#include "suite/runner_state.h"

/* One step, from its start to the store. */
typedef struct flight {
    const bench_step *step;
    chat_transfer *transfer; // owned once it has ended
    uint64_t due_ns, start_ns;
    int worker;
} flight;

typedef struct pass {
    runner *r;
    flight *flights; // (n), in the order of the steps
    size_t n, next;  // the next to start
    flight **ended;  // (n_ended) not stored yet, in the order in which they ended
    size_t n_ended, n_active;
    uint64_t *ready_ns; // (n_workers) when a worker may send its next request; UINT64_MAX: it waits for an answer
    int n_workers;
    bool is_open;
    uint64_t begin_ns;
} pass;

/* Stores what has ended, in the order in which it did; all of it, even if one is canceled.  Errors: SW_ECANCELED, and
 * those of test_keeper_keep. */
SW_NODISCARD sw_code pass_keep_ended(pass *pass, sw_err *err);

#endif
