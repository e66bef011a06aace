/* server.h - `spillway serve`: models over an OpenAI-compatible HTTP interface. */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include <stdbool.h>

#include "spillway.h"

typedef struct server_options {
    const char *address;          // "127.0.0.1", "::1", "0.0.0.0", ...
    int port;                     // 0: any free one; -1: the next free one from 11435 on
    const char *model;            // file, id of a discovered model, "stub:", or NULL
    const char *model_dirs;       // "a;b"
    const char *api_key;          // NULL: none is asked for
    bool cors_any;                // any web page may call, not only those of this machine
    double ping_interval_s;       // of silence on an event stream before a comment is sent; 0: never
    double body_timeout_s;        // for a request's body to arrive
    double slow_client_timeout_s; // a client that takes no byte for so long is dropped
    int tick_ms;                  // how often deadlines are looked at; 0: the default of http_options
    bool verbose;                 // a line per request on standard error
    bool quiet;                   // nothing on standard output and standard error
    sw_engine_options engine;
    const sw_clock *clock;     // NULL: the system's; also the engines'
    const sw_entropy *entropy; // of ids and seeds; NULL: the system's
} server_options;

/* Serves until SIGINT or SIGTERM.  The URL is the first line on standard output. */
SW_NODISCARD sw_code server_run(const server_options *options, sw_err *err);

/* ---- the same in steps, for programs that end it themselves ----------------------------------------------------- */

typedef struct server server;

/* Finds models, binds the port and begins to load the first model; no request is read yet.  Strings of `options` must
 * outlive the server.  Errors: SW_ENOTFOUND (no such model), SW_EINVAL, SW_EIO (the port), SW_ENOMEM. */
SW_NODISCARD sw_code server_open(server **out, const server_options *options, sw_err *err);

int server_port(const server *s);

/* Serves until server_stop, in the calling thread.  Error: why the model named at the start cannot be loaded. */
SW_NODISCARD sw_code server_serve(server *s, sw_err *err);

/* Makes server_serve return soon: requests under way get an error.  Any thread, any signal handler. */
void server_stop(server *s);

/* Frees everything, unless a model is still being loaded: then the process must end.  NULL is accepted. */
void server_close(server *s);

#endif
