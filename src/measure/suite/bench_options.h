/* bench_options.h - the options of a benchmark, and the part of them that is stored with its run, so that it can be
 * resumed. */
#ifndef SUITE_BENCH_OPTIONS_H
#define SUITE_BENCH_OPTIONS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "spillway/clock.h"
#include "spillway/error.h"

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
    double test_timeout_s; // for a whole test
    long server_pid;       // process whose memory is measured; 0: found by the port of url
    bool resume;           // continue the latest run in dir; options that are not set above come from it
    const char *command;   // command line that repeats the run
    const sw_clock *clock;
    const atomic_bool *cancel;
} bench_options;

/* One JSON object; NULL if memory is short or a text is not UTF-8.  Free it with mem_free. */
char *bench_options_to_json(const bench_options *options);

/* Fills what `options` leaves open from a stored run's JSON; strings are copied to the keep.  Error: SW_EFORMAT. */
SW_NODISCARD sw_code bench_options_complete(bench_options *options, const char *json, arena *keep, sw_err *err);

#endif
