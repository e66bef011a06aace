/* internal.h - what the files of the server share.
 *
 * Three kinds of threads meet here.  The *network thread* owns every connection and exchange and does nothing but move
 * bytes.  The *admission thread* parses bodies, loads models and submits jobs, one request after the other.  The
 * *engine's thread* reports events.  They meet in server_state under its lock: requests go to the admission thread in
 * one list, news about exchanges come back to the network thread in another, and lws_cancel_service wakes it.  No call
 * into the engine is made while the lock is held.
 */
#ifndef SERVER_INTERNAL_H
#define SERVER_INTERNAL_H

#include <libwebsockets.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "server/api_error.h"
#include "server/chat_reply.h"
#include "server/chat_request.h"
#include "server/models.h"
#include "server/server.h"
#include "spillway.h"

typedef struct exchange exchange;
typedef struct conn conn;
typedef struct http_route http_route;

typedef struct server_state {
    const server_options *options;
    struct lws_context *lws;
    bool is_loopback; // bound to a loopback address: Host is checked
    uint64_t started_ns;
    catalog catalog; // the list is constant; status, progress, n_ctx and error of entries are under `lock`

    /* Network thread only. */
    int n_connections;
    conn *conns; // all of them
    bool is_stopping;

    pthread_t admission;
    model_entry *first; // to be loaded at start, or NULL
    pthread_mutex_t lock;
    pthread_cond_t admission_wanted;
    pthread_cond_t admission_ended;
    exchange *waiting, **waiting_end; // for the admission thread, oldest first
    int n_waiting;
    exchange *news, **news_end; // what the network thread should look at, oldest first
    int n_jobs;                 // handles not yet released: while there are any, the engine must stay
    bool admission_must_end, admission_has_ended;
    bool has_started; // `first` has been loaded, or there is none
    sw_err fatal;     // the model named on the command line could not be loaded

    /* Guards the pointer and keeps the engine open while somebody asks it something.  Taken by the network thread for
     * short questions and by the admission thread to exchange the engine; the admission thread itself, which alone
     * opens and closes it, uses it without. */
    pthread_mutex_t engine_lock;
    sw_engine *engine;
    model_entry *loaded; // the entry of `engine`
} server_state;

/* One request that needs the engine.  Owned by the network thread, but for the time between admission_put and the
 * moment when it comes back as news with is_admitted set. */
struct exchange {
    server_state *server;
    conn *conn; // network thread only; NULL: the client has gone
    exchange *next_waiting, *next_news;

    /* Set before admission. */
    char *body;
    size_t n_body;

    /* Set by the admission thread before is_admitted. */
    bool is_stream, wants_progress, wants_logprobs;
    chat_head head;
    api_error error;  // what != API_OK: refused
    char ignored[64]; // for the Spillway-Ignored header
    sw_job *job;

    /* Under the server's lock. */
    bool is_admitted, is_news, is_abandoned;
    buf events;          // records that the engine's thread wrote, see chat_exchange.c
    size_t last_text_at; // where the last record stands, if it is a text

    /* Network thread only. */
    bool has_begun, has_role; // admission was looked at; the role chunk was sent
    uint64_t accepted_ns;
    buf content, reasoning, logprobs; // of an answer that is not streamed
};

/* ---- admission.c ----------------------------------------------------------------------------------------------- */

SW_NODISCARD sw_code admission_start(server_state *s, sw_err *err);
/* Asks the thread to end and waits for it, a few seconds at most (loading cannot be interrupted).  False: it still
 * runs, and nothing it uses may be freed. */
bool admission_stop(server_state *s);
/* Hands the exchange over; false when the queue is full. */
bool admission_put(server_state *s, exchange *x);
/* Makes the network thread look at x.  Any thread, with the lock held; returns whether lws_cancel_service must wake it
 * when the lock is released. */
SW_NODISCARD bool server_news(server_state *s, exchange *x);

/* ---- chat_exchange.c ------------------------------------------------------------------------------------------ */

/* The engine's callback; ud is the exchange. */
void chat_on_event(void *ud, const sw_event *event);
/* Network thread: x was admitted or has new events. */
void chat_on_news(exchange *x);
/* Network thread: the client has gone or is dropped. */
void chat_abandon(exchange *x);
/* Network thread: an error that ends the exchange, before or after the headers were sent. */
void chat_fail(exchange *x, const api_error *error);

/* ---- http.c ---------------------------------------------------------------------------------------------------- */

typedef enum conn_phase {
    PHASE_IDLE,     // between requests
    PHASE_BODY,     // the request's body is arriving
    PHASE_WAITING,  // an exchange works on the answer
    PHASE_SENDING,  // the answer is complete and on its way
    PHASE_FLUSHING, // libwebsockets has the rest of the answer, and goes on to the next request when it has gone
    PHASE_LINGER,   // the answer is out, the client may still be sending: read and discard, then close
} conn_phase;

struct conn {
    server_state *server;
    struct lws *wsi;
    conn *next, *prev;
    conn_phase phase;
    uint64_t n_read_before; // bytes read from the socket when the last request ended; 0: this is the first

    /* The request. */
    uint64_t started_ns;
    char request_id[132];
    const char *method;
    char path[256];
    char origin[256];        // an allowed Origin; empty: none was sent
    char asked_headers[256]; // of a preflight
    bool is_http10, wants_keep_alive, wants_continue;
    const http_route *route; // NULL: `refusal` says why
    const char *rest;        // of `path`, after a route's prefix
    const char *allow;       // methods that the path knows
    api_error refusal;
    buf body;

    /* The answer. */
    int status;
    const char *ignored; // for the Spillway-Ignored header, or NULL
    bool is_stream, is_chunked;
    bool wants_write;  // a callback was asked for, and the client's time runs
    bool is_held;      // libwebsockets neither reads nor writes, see on_body_end
    bool close_after;  // this connection is not used again
    bool linger_after; // bytes of the request are still to come
    buf out;           // bytes to send, from out_sent on
    size_t out_sent;
    bool out_ends; // nothing follows what is in `out`
    exchange *exchange;
};

/* Asks for a callback when the socket takes bytes, and gives the client so much time to take some. */
void http_want_write(conn *c);
/* Breaks the connection soon; nothing more is sent. */
void http_drop(conn *c);
/* Looks at exchanges with news. */
void server_take_news(server_state *s);
/* The one protocol of the server, for libwebsockets. */
int http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

/* ---- http_head.c ----------------------------------------------------------------------------------------------- */

/* Keeps method, path, version and id of the request whose head libwebsockets has just parsed. */
void http_read_head(conn *c, const char *path);
/* Decides what becomes of the request from its head alone: sets `route`, or returns false and `refusal` says why. */
bool http_check_head(conn *c);
bool http_may_have_body(const conn *c);
/* How much body follows: *length_out.  False: that cannot be told, or is too much, so that this connection cannot be
 * used any further; `refusal` says why. */
bool http_check_length(conn *c, uint64_t *length_out);
/* Whether the head came with the bytes of an earlier request: nothing was read since that one ended. */
bool http_is_pipelined(const conn *c);

/* ---- http_reply.c ---------------------------------------------------------------------------------------------- */

/* A whole answer with JSON; frees `content`. */
void http_reply(conn *c, int status, buf *content);
/* The same without content. */
void http_reply_empty(conn *c, int status);
void http_reply_error(conn *c, const api_error *error);
/* An event stream: headers, then pieces, then the end. */
void http_stream_start(conn *c);
void http_stream_send(conn *c, const char *data, size_t n);
/* Whether more events should be turned into bytes now: the client takes them. */
bool http_has_room(const conn *c);
/* close: the stream is broken, so the connection is not used again. */
void http_stream_end(conn *c, bool close);

/* ---- routes.c -------------------------------------------------------------------------------------------------- */

struct http_route {
    const char *method; // "GET" (also serves HEAD) or "POST"
    const char *path;   // ends in '/': a prefix, the rest is handed over
    bool is_public;     // needs no key
    void (*handle)(conn *c, const char *rest);
};

/* NULL: *error is UNKNOWN_URL or METHOD_NOT_ALLOWED, with *allow_out naming the methods.  *rest_out: what follows a
 * prefix. */
const http_route *route_find(const char *method, const char *path, const char **rest_out, const char **allow_out,
                             api_error *error);

#endif
