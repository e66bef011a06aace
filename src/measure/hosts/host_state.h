/* host_state.h - a host as its own files see it.  Each of them adds what it finds out: how the server was started, what
 * it says of itself, where its bytes are. */
#ifndef HOSTS_HOST_STATE_H
#define HOSTS_HOST_STATE_H

#include <jansson.h>

#include "client/target.h"
#include "hosts/fact_list.h"
#include "hosts/host_options.h"
#include "hosts/server_about.h"
#include "hosts/server_process.h"
#include "monitor/sample_source.h"
#include "monitor/watch.h"

typedef struct bench_host {
    host_options o;
    arena *keep; // of facts, rows and texts
    fact_list facts;
    server_process *server;     // NULL: a given one
    long pid;                   // of the server; 0: not known
    const char *url;            // of the options or of the server
    const char *command;        // that started it, or ""
    const char *const *options; // (n_options) of it, for this side
    size_t n_options;
    chat_target *target;
    sample_source *source; // of the watch
    memory_watch *watch;   // NULL: its memory is not measured
    sample_values loaded;  // of a given one, when it was reached; all NAN: not measured
    model_list models;
    server_about about;
    placement_row *rows;
    size_t n_rows;
} bench_host;

/* Opens the source and starts to watch the process. */
SW_NODISCARD sw_code host_watch_process(bench_host *host, long pid, sw_err *err);

/* host_start.c: starts a server of our own and waits until it is healthy, twice if the cold start is measured.  Errors:
 * those of host_open. */
SW_NODISCARD sw_code host_start(bench_host *host, sw_err *err);
/* host_reach.c: connects to a given one and finds its process.  Errors: likewise. */
SW_NODISCARD sw_code host_reach(bench_host *host, sw_err *err);
/* host_learn.c: what the server is, how it is set, and where its bytes are.  Errors: SW_ENOMEM, SW_ECANCELED. */
SW_NODISCARD sw_code host_learn(bench_host *host, sw_err *err);
/* host_foreign.c: the same for a server that is no spillway: where its bytes seem to be. */
SW_NODISCARD sw_code host_learn_foreign(bench_host *host, sw_err *err);

#endif
