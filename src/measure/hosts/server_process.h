/* server_process.h - a spillway server of our own for the length of a benchmark.
 *
 * It is this very binary, started with `serve` on a free loopback port.  It runs in a process group of its own, so that
 * Ctrl-C reaches only the benchmark, which then ends it in good order.  If the benchmark is killed, the kernel ends it
 * too.
 */
#ifndef HOSTS_SERVER_PROCESS_H
#define HOSTS_SERVER_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "spillway/error.h"

typedef struct server_process_options {
    const char *model;
    const char *const *serve_options; // more of its command line
    size_t n_serve_options;
    const char *log_path;      // its standard error is appended here
    const sw_clock *clock;     // of all waits; must outlive the process
    const atomic_bool *cancel; // ends the wait for its address
} server_process_options;

typedef struct server_process server_process;

/* Starts `spillway serve MODEL --bind 127.0.0.1:0 ...`; does not wait.  Texts are copied, or needed only here.  Errors:
 * SW_EIO (no log, no process), SW_ENOMEM. */
SW_NODISCARD sw_code server_process_start(server_process **out, const server_process_options *options, sw_err *err);
/* Waits until it has printed its address, which stays valid until it is stopped.  Errors: SW_EIO (it ended; the message
 * names the log), SW_ECANCELED, SW_ELIMIT (an hour has passed). */
SW_NODISCARD sw_code server_process_url(server_process *server, const char **url_out, sw_err *err);
long server_process_pid(const server_process *server);
/* False once it has ended by itself. */
bool server_process_is_alive(server_process *server);
/* Sends SIGTERM, waits at most ten seconds, then sends SIGKILL.  NULL is accepted. */
void server_process_stop(server_process *server);

#endif
