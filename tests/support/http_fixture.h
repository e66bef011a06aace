/* http_fixture.h - a server of http/ on a thread of its own with a small table of routes, and a client on raw sockets.
 *
 * Routes: GET /health (public), GET /list/ (a prefix), POST /echo, POST /v1/chat/completions (the same), POST /small
 * (16 bytes at most), GET /slow (answered by fixture_answer), GET /endless (events as fast as they are taken), GET
 * /silent (a stream that sends nothing until fixture_answer ends it), GET /lines (the same as NDJSON, with one line),
 * GET /pieces (events whose text has line breaks),
 * GET /mute (a route that neither answers nor names an owner), GET /ws (a WebSocket that answers texts with themselves
 * and bytes with their number and sum; the text "endless" makes it send as fast as it is read, "close" makes it send
 * "last" and a Close, "close REASON" only a Close, "drop" makes it drop the connection).
 */
#ifndef TEST_HTTP_FIXTURE_H
#define TEST_HTTP_FIXTURE_H

#include <pthread.h>

#include "base/clock.h"
#include "http/http.h"

typedef struct fixture_owner fixture_owner;

/* What the loop's thread has done so far; under `lock`. */
typedef struct fixture_counts {
    int n_owners, n_pumped, n_gone, n_stopped, n_done, n_woken, n_messages;
    int status; // of the last answer that was done
    char path[64], query[64];
} fixture_counts;

typedef struct fixture {
    http_options options; // may be changed between fixture_init and fixture_start
    fake_clock clock;
    http_server *server;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    fixture_counts counts;
    http_stats stats;               // of the last fixture_stats
    size_t n_waiting_max;           // of one stream
    bool wants_answers, wants_drop; // what on_wake is to do
    fixture_owner *owners;          // the loop's thread only
} fixture;

/* Deadlines of 10 s (head), 60 s (body), 75 s (idle), 30 s (slow client), 15 s (ping) and 20 s (Ping) on a clock that
 * stands still, a tick of 2 ms, 16 connections, heads of 16 KiB and bodies of 16 MiB. */
void fixture_init(fixture *f);
void fixture_start(fixture *f);
/* The second half of fixture_start: f->server is open. */
void fixture_run(fixture *f);
/* Stops the server if it runs, and frees it. */
void fixture_end(fixture *f);
/* Waits for the loop's thread to end after http_stop. */
void fixture_join(fixture *f);

void fixture_advance(fixture *f, double seconds);
/* Makes every owner there is answer, or end its stream. */
void fixture_answer(fixture *f);
/* Makes every owner there is drop its connection. */
void fixture_drop(fixture *f);
http_stats fixture_stats(fixture *f);

/* Waits until one of f->counts is at least n; fails the test after a generous time. */
void fixture_wait(fixture *f, const int *count, int n);
/* Waits until the server has so many connections, or idle ones. */
void fixture_wait_connections(fixture *f, int n_connections, int n_idle);

/* ---- a client ---------------------------------------------------------------------------------------------------- */

typedef struct raw_client {
    int fd;
    buf in; // received and not yet looked at
} raw_client;

/* receive_bytes: of the socket's receive buffer; 0: the system's choice. */
void raw_open(raw_client *c, const fixture *f, int receive_bytes);
void raw_close(raw_client *c);
void raw_send(const raw_client *c, const char *bytes, size_t n);
void raw_puts(const raw_client *c, const char *text);
/* Reads one whole answer into `out` (cleared first) and returns its status; 0 if the connection ended before.  is_head:
 * it has no body. */
int raw_answer(raw_client *c, buf *out, bool is_head);
/* Reads until the bytes hold `text`; returns false if the connection ended before. */
bool raw_until(raw_client *c, const char *text);
/* Reads to the end of the connection. */
void raw_rest(raw_client *c);

#endif
