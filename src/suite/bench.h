/* bench.h - one benchmark from its options to its stored run.
 *
 * Opens what a run needs (protocol, server, client, store, watch) in the order in which each can still fail without
 * having cost much, and takes it down again in any case: a server that we started never outlives us.
 */
#ifndef SW_BENCH_H
#define SW_BENCH_H

#include "suite/runner.h"

enum { SW_BENCH_REPEATS_MAX = 1000 };

typedef struct sw_bench_options {
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
    bool resume;         // go on with the latest run in dir; what is not set above comes from it
    const char *command; // what repeats the run
    const sw_clock *clock;
    const atomic_bool *cancel;
} sw_bench_options;

typedef struct sw_bench sw_bench;

/* Everything up to the first request.  Errors: SW_EINVAL, and those of what is opened. */
SW_NODISCARD sw_code sw_bench_open(sw_bench **out, const sw_bench_options *options, sw_err *err);
/* Asks all that is missing, then ends the server and stores the run's status.  Errors as sw_runner_run; what was
 * finished is stored in any case. */
SW_NODISCARD sw_code sw_bench_run(sw_bench *bench, sw_runner_progress_fn on_progress, void *ud, sw_err *err);
/* The run as it is stored now. */
SW_NODISCARD sw_code sw_bench_load(sw_bench *bench, sw_run **out, sw_err *err);
const char *sw_bench_dir(const sw_bench *bench);
/* NULL is accepted. */
void sw_bench_close(sw_bench *bench);

#endif
