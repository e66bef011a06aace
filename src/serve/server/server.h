/* server.h - `spillway serve`: models over HTTP, to clients of several interfaces. */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "server/server_options.h"

/* Serves until SIGINT or SIGTERM.  The URL is the first line on standard output. */
SW_NODISCARD sw_code server_run(const server_options *options, sw_err *err);

/* ---- the same in steps, for programs that end it themselves ----------------------------------------------------- */

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
