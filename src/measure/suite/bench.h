/* bench.h - one benchmark from its options to its stored run.
 *
 * Opens what a run needs (protocol, server, target, store, watch), cheap parts first, and takes it down again in any
 * case: a server that the benchmark started never outlives it.
 */
#ifndef SUITE_BENCH_H
#define SUITE_BENCH_H

#include "suite/runner.h"

enum { BENCH_REPEATS_MAX = 1000 };

typedef struct bench_options {
    const char *url;                  // a running server; or
    const char *serve;                // a model for a server of our own
    const char *const *serve_options; // more of its command line
    size_t n_serve_options;
    const char *model;         // NULL: the first that the server lists
    const char *api_key;       // never stored
    const char *protocol_path; // NULL: the built-in protocol
    const char *dir;           // NULL: results/<time>-<model>
    const char *db_path;       // NULL: results.sqlite in dir
    double pause_s;            // negative: the protocol's
    int n_repeats;
    double connect_timeout_s, first_token_timeout_s, idle_timeout_s;
    bool resume;         // continue the latest run in dir; options that are not set above come from it
    const char *command; // command line that repeats the run
    const sw_clock *clock;
    const atomic_bool *cancel;
} bench_options;

typedef struct bench_session bench_session;

/* Prepares everything up to the first request.  Errors: SW_EINVAL, and those of the parts that are opened. */
SW_NODISCARD sw_code bench_open(bench_session **out, const bench_options *options, sw_err *err);
/* Runs the tests that are missing, then ends the server and stores the run's status.  Errors as runner_run; finished
 * tests are stored in any case. */
SW_NODISCARD sw_code bench_run(bench_session *bench, runner_progress_fn on_progress, void *ud, sw_err *err);
/* The run as it is stored now. */
SW_NODISCARD sw_code bench_load(bench_session *bench, run_record **out, sw_err *err);
const char *bench_dir(const bench_session *bench);
/* NULL is accepted. */
void bench_close(bench_session *bench);

#endif
