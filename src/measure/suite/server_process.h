/* server_process.h - a spillway server of our own for the length of a benchmark.
 *
 * It is this very binary, started with `serve` on a free loopback port, in a process group of its own (Ctrl-C reaches
 * us first, and we end it in good order) and bound to our life: should we be killed, the kernel ends it too.
 */
#ifndef SUITE_SERVER_PROCESS_H
#define SUITE_SERVER_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "spillway/error.h"

typedef struct server_process server_process;

/* Starts `spillway serve MODEL --bind 127.0.0.1:0 options...`; its log goes to `log_path`.  Does not wait. */
SW_NODISCARD sw_code server_process_start(server_process **out, const char *model, const char *const *options,
                                          size_t n_options, const char *log_path, sw_err *err);
/* Waits until it has printed its address, which stays valid until it is stopped.  Errors: SW_EIO (it ended; the message
 * names the log), SW_ECANCELED, SW_ELIMIT (an hour has passed). */
SW_NODISCARD sw_code server_process_url(server_process *server, const sw_clock *clock, const atomic_bool *cancel,
                                        const char **url_out, sw_err *err);
long server_process_pid(const server_process *server);
/* False once it has ended by itself. */
bool server_process_is_alive(server_process *server);
/* Asks it to end, waits at most ten seconds, then insists.  NULL is accepted. */
void server_process_stop(server_process *server, const sw_clock *clock);

#endif
