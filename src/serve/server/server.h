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
    bool verbose;                 // a line per request on standard error
    sw_engine_options engine;
} server_options;

/* Serves until SIGINT or SIGTERM.  The URL is the first line on standard output. */
SW_NODISCARD sw_code server_run(const server_options *options, sw_err *err);

#endif
