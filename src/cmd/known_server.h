/* known_server.h - a server whose times are known: it streams made-up answers by a schedule, for a client that measures
 * itself.
 *
 * It speaks enough of HTTP and of the chat completion stream for the benchmark's client, on loopback, each connection
 * in a thread of its own.  The model of a request names the schedule.
 */
#ifndef CMD_KNOWN_SERVER_H
#define CMD_KNOWN_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "spillway/error.h"

/* One write: n_events events with one word each, the first of which holds n_tokens tokens and the others one. */
typedef struct known_write {
    double at_ms; // since the request was read; when it was sent, after known_server_stop
    int n_events, n_tokens;
} known_write;

typedef struct known_schedule {
    const char *model;
    double role_ms;      // when the chunk with the role is sent; before writes[0]
    known_write *writes; // (n_writes), in order of time
    size_t n_writes;
    double done_ms;  // when the finish reason, the usage and [DONE] are sent
    bool keeps_plan; // any number of requests; else one, and the times become those at which it was really answered: a
                     // busy machine wakes threads late
} known_schedule;

typedef struct known_server known_server;

/* The schedules must outlive the server.  Errors: SW_EIO, SW_ENOMEM. */
SW_NODISCARD sw_code known_server_start(known_server **out, known_schedule *schedules, size_t n, sw_err *err);
/* Breaks off what is under way.  NULL is accepted. */
void known_server_stop(known_server *server);
const char *known_server_url(const known_server *server);

#endif
