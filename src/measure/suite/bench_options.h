/* bench_options.h - the options of a benchmark, and the part of them that is stored with its run, so that it can be
 * resumed. */
#ifndef SUITE_BENCH_OPTIONS_H
#define SUITE_BENCH_OPTIONS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "client/transfer.h"
#include "protocol/settings.h"
#include "spillway/clock.h"
#include "spillway/error.h"

enum { BENCH_MODELS_MAX = 64 };

typedef struct bench_options {
    const char *url;           // a running server; NULL: servers of our own
    const char *const *models; // (n_models) their files; with url: names at that server (none: the first that it lists)
    size_t n_models;
    const char *model_dirs;           // and all models in these folders, "a;b"; NULL: none
    bool is_plain;                    // the server of our own is started as serve_options say, and not with --cpu-moe
    const char *const *serve_options; // (n_serve_options) more of the command line of servers of our own
    size_t n_serve_options;
    const char *api_key;       // of the server of url; never stored
    const char *protocol_path; // NULL: the built-in protocol
    const char *dir;           // NULL: results/<time>-<model>
    const char *db_path;       // NULL: results.sqlite in dir
    bench_settings settings;   // that replace the protocol's
    bench_sweep sweep;
    transfer_route route;
    bool is_without_code; // checks that run code are not run
    transfer_limits limits;
    long server_pid;     // process whose memory is measured; 0: found by the port of url
    bool resume;         // continue the latest run in dir: who answers and the settings come from it
    const char *command; // command line that repeats the run
    const sw_clock *clock;
    const atomic_bool *cancel;
} bench_options;

/* One JSON object; NULL if memory is short or a text is not UTF-8.  Free it with mem_free. */
char *bench_options_to_json(const bench_options *options);

/* Fills `options` from a stored run's JSON; texts are copied to the keep.  What the command line may say of a resumed
 * run stays: another url, another time budget.  Error: SW_EFORMAT. */
SW_NODISCARD sw_code bench_options_complete(bench_options *options, const char *json, arena *keep, sw_err *err);

/* "openai", "shimmy-sse", "shimmy-ws"; -1 for another name. */
int bench_route_from_name(const char *name);

#endif
