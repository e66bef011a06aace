/* http.h - an HTTP/1.1 server that knows bytes and nothing of models.
 *
 * One loop (libuv) on one thread owns every connection.  A request whose head and body have arrived goes to the route
 * of its method and path.  The route answers at once (http_reply, http_reply_status), or it gives the connection an
 * owner (http_hand_over) that answers later, in one piece (http_reply) or in many (http_stream_*); or the connection
 * becomes a WebSocket (http_ws_accept).  What goes wrong before a route is reached, such as a malformed head, a foreign
 * Origin or a missing key, is answered here; the body of that answer is written by `write_problem`, so that each
 * interface can have its own form of errors.
 *
 * Answers are only appended by these functions; they leave when the loop goes on.  So no function of an owner is called
 * while the owner itself is in a call into this file.
 *
 * Everything here runs on the loop's thread, but for http_wake and http_stop.
 */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/ws_frames.h"
#include "spillway/clock.h"
#include "spillway/error.h"

typedef struct http_server http_server;
typedef struct http_conn http_conn; // a connection; it has one request at a time

/* ---- what a request's owner implements ------------------------------------------------------------------------ */

/* The owner of a connection whose answer takes time.  Exactly one of the following ends the ownership: the owner's own
 * http_reply*, http_stream_end or http_drop, after which nothing is called any more; or `gone`. */
typedef struct http_responder {
    /* What was appended has left, after http_stream_has_room was false: append more. */
    void (*pump)(void *owner);
    /* The connection is closed (by the client, because the client did not read, or because memory ran out): do not use
     * it again.  A client that ends only its own side counts as closed. */
    void (*gone)(void *owner);
    /* The server is ending: answer within two seconds. */
    void (*stop)(void *owner);
} http_responder;

/* ---- requests --------------------------------------------------------------------------------------------------- */

/* What a route sees; valid until the answer ends.  Of a request with a malformed head all strings but `id` are empty.
 */
typedef struct http_request {
    const char *method;   // "GET", "HEAD", "POST", ...
    const char *path;     // decoded once; without query and without a slash at the end; "*" for OPTIONS *
    const char *query;    // after '?', as sent; "" if there is none
    const char *route;    // the path of the route, as its row has it; "" if there is none
    const char *rest;     // of `path`, after a prefix route
    const char *id;       // X-Request-Id: the client's, or a new one
    uint64_t received_ns; // when the head was complete
    const char *body;     // NUL-terminated
    size_t n_body;
} http_request;

/* The value of a header (any case), or NULL.  Values of a header that came several times are joined with ", ". */
const char *http_header(const http_conn *c, const char *name);

const http_request *http_request_of(const http_conn *c);

/* A number for the client: its address, and its key where keys are asked for.  Valid as long as the request. */
uint64_t http_client_of(const http_conn *c);

/* Takes the body out of the request: NUL-terminated, to be freed with mem_free; NULL if memory ran out.  The request's
 * own body is empty afterwards. */
char *http_take_body(http_conn *c, size_t *n_out);

/* http_route.body_bytes_max of a POST that needs no body: without a length it has none, and is not refused with 411. */
enum { HTTP_OPTIONAL_BODY = 4096 };

/* Routes of one path are tried in order, and a path may have one for each method.  `handle` must answer, begin a stream
 * that it also ends, or hand over; otherwise the connection is closed. */
typedef struct http_route {
    const char *method;    // "GET" (also serves HEAD), "POST" or "DELETE"
    const char *path;      // ends in '/': a prefix, and the rest is in http_request.rest
    bool is_public;        // needs no key
    size_t body_bytes_max; // 0: http_options.body_bytes_max; see HTTP_OPTIONAL_BODY
    void (*handle)(http_conn *c, void *ud);
} http_route;

/* ---- answers ------------------------------------------------------------------------------------------------------
 */

/* What HTTP itself refuses. */
typedef enum http_problem_kind {
    HTTP_OK = 0,
    HTTP_BAD_HEAD,           // 400: malformed request line, header, Host, length or chunk
    HTTP_BAD_KEY,            // 401
    HTTP_FORBIDDEN,          // 403: Host or Origin
    HTTP_UNKNOWN_URL,        // 404
    HTTP_METHOD_NOT_ALLOWED, // 405
    HTTP_TIMEOUT,            // 408
    HTTP_LENGTH_REQUIRED,    // 411
    HTTP_BODY_TOO_LARGE,     // 413
    HTTP_UPGRADE_REQUIRED,   // 426: the URL is a WebSocket, of version 13
    HTTP_HEAD_TOO_LARGE,     // 431
    HTTP_NO_MEMORY,          // 500
    HTTP_STOPPING,           // 503
} http_problem_kind;

typedef struct http_problem {
    http_problem_kind kind;
    int status;
    char message[256]; // printable ASCII; names the header or the limit, and what to do
} http_problem;

/* Headers of an answer besides those that every answer has; ends with a row whose name is NULL.  A value with control
 * bytes is left out. */
typedef struct http_field {
    const char *name, *value;
} http_field;

/* A whole answer.  Frees the content of `content` in every case.  A buffer that has failed becomes HTTP_NO_MEMORY.
 * content_type: NULL if there is no content.  fields: may be NULL. */
void http_reply(http_conn *c, int status, const char *content_type, const http_field *fields, buf *content);
/* The same without content. */
void http_reply_status(http_conn *c, int status);

/* From here on `owner` answers.  Only from within a route's handle, and before anything of the answer. */
void http_hand_over(http_conn *c, const http_responder *responder, void *owner);

/* How pieces of a stream are framed. */
typedef enum http_framing {
    HTTP_SSE,    // text/event-stream; a silent stream gets comments
    HTTP_NDJSON, // application/x-ndjson; a silent stream stays silent
    HTTP_CSV,    // text/csv, likewise; an event is a row
} http_framing;

/* A stream: begin, then events, then the end.  An event is the payload alone; `event` names it in SSE, NULL for none.
 * In NDJSON a payload is one line of text without a line break (JSON).  In SSE it may have several: each is sent as a
 * line of data, so that every LF, CR LF or CR arrives as LF. */
void http_stream_begin(http_conn *c, http_framing framing, const http_field *fields);
void http_stream_event(http_conn *c, const char *event, const char *payload, size_t n);
/* Returns true if less than 128 KiB wait, so that more events should be turned into bytes now.  If not, `pump` is
 * called after they have left. */
bool http_stream_has_room(const http_conn *c);
/* is_broken: the stream ended early (its last event says why), so the connection is closed after it. */
void http_stream_end(http_conn *c, bool is_broken);

/* Closes the connection; what waits is not sent.  `gone` is not called. */
void http_drop(http_conn *c);

/* ---- WebSockets (RFC 6455, version 13, without extensions) ------------------------------------------------------ */

/* Codes of a Close. */
typedef enum http_ws_code {
    HTTP_WS_NO_CODE = 0,
    HTTP_WS_DONE = 1000,
    HTTP_WS_GOING_AWAY = 1001,                       // the server is ending
    HTTP_WS_PROTOCOL_ERROR = WS_CODE_PROTOCOL_ERROR, // sent by http/ itself
    HTTP_WS_BAD_TEXT = WS_CODE_BAD_TEXT,             // the same
    HTTP_WS_POLICY = 1008,                           // the same, for a message that does not arrive in time
    HTTP_WS_TOO_LARGE = WS_CODE_TOO_LARGE,           // the same
    HTTP_WS_INTERNAL_ERROR = WS_CODE_INTERNAL_ERROR,
    HTTP_WS_TRY_LATER = 1013, // the queue is full
} http_ws_code;

/* The owner of a WebSocket.  Exactly one of the following ends the ownership: the owner's own http_ws_close or
 * http_drop, after which nothing is called any more; or `gone`, also after a Close of the client.  Pings are sent and
 * answered here.  A client that has to read 256 KiB is not read itself, so that a message may be answered at once,
 * whether there is room or not. */
typedef struct http_ws_owner {
    http_responder responder; // `stop` closes with HTTP_WS_GOING_AWAY
    /* A whole message: n bytes with a NUL after them, unmasked, and valid UTF-8 if is_text.  Valid during the call. */
    void (*message)(void *owner, const char *data, size_t n, bool is_text);
} http_ws_owner;

/* For a route of WebSockets ("GET"): returns true if the request asks for one in the right form.  If not, it is
 * answered (426 or 400), and the route does nothing more.  Browsers cannot set headers of such a request, so that it
 * may have the API key in its query (api_key=KEY); `query` then shows asterisks in its place. */
bool http_ws_check(http_conn *c);

/* The first of `known` (ends with NULL) that the client offers in Sec-WebSocket-Protocol, or NULL. */
const char *http_ws_subprotocol(const http_conn *c, const char *const *known);

/* Makes the connection a WebSocket, from now until it is closed.  Only from within a route's handle, after
 * http_ws_check.  subprotocol: one that the client offers, or NULL. */
void http_ws_accept(http_conn *c, const char *subprotocol, const http_ws_owner *functions, void *owner);

/* Appends a text message: n bytes of valid UTF-8.  http_stream_has_room says when to pause, as for streams. */
void http_ws_send_text(http_conn *c, const char *data, size_t n);

/* Appends a Close and ends the ownership.  reason: UTF-8, of which the client gets up to 123 bytes; or NULL. */
void http_ws_close(http_conn *c, http_ws_code code, const char *reason);

/* ---- the server ---------------------------------------------------------------------------------------------------
 */

typedef struct http_options {
    const char *address;      // "127.0.0.1", "::1", "0.0.0.0", "localhost", ...
    int port;                 // 0: any free one; -1: the first free one of 11435 to 11535, else any
    const char *api_key;      // NULL: none is needed
    bool cors_any;            // any web page may call, not only those of this machine
    const char *allow_origin; // further origins, comma-separated (guard_is_listed_origin), or NULL
    size_t header_bytes_max;  // of the request line and all header lines with their line ends
    size_t body_bytes_max;
    int n_connections_max;        // fewer if the limit of open files is lower; the one idle for longest makes room
    double head_timeout_s;        // from a request's first byte to the end of its head; then 408
    double body_timeout_s;        // from there to the end of its body; then 408
    double idle_timeout_s;        // between requests
    double slow_client_timeout_s; // without a byte taken while some wait; then the connection is closed
    double ping_interval_s;       // of silence on an event stream before a comment is sent; 0: never
    double ws_ping_interval_s;    // between two Pings on a WebSocket; closed after two without a Pong; 0: never
    int tick_ms;                  // real time between two checks of the deadlines; 0: 100
    const sw_clock *clock;        // NULL: the system's
    const sw_entropy *entropy;    // NULL: the system's
    const http_route *routes;     // (n_routes)
    size_t n_routes;
    /* Writes the body of the answer to a refused request. */
    void (*write_problem)(void *ud, const http_conn *c, const http_problem *problem, buf *out,
                          const char **content_type);
    /* After http_wake, on the loop's thread. */
    void (*on_wake)(void *ud);
    /* After each check of the deadlines, on the loop's thread; not while there is no connection.  Or NULL. */
    void (*on_tick)(void *ud);
    /* After every answer and after requests that got none; for a log.  status 0: the connection ended before there was
     * an answer; 101: a WebSocket has ended. */
    void (*on_done)(void *ud, const http_conn *c, int status);
    void *ud; // of every function above, and of routes
} http_options;

/* Binds the port; no request is read before http_run.  What `options` points to must outlive the server.  Raises the
 * process's limit of open files as far as connections need it, and makes it ignore SIGPIPE unless it is handled.
 * Errors: SW_EIO (the port is taken: the message names the option for another), SW_EINVAL (address), SW_ENOMEM. */
SW_NODISCARD sw_code http_open(http_server **out, const http_options *options, sw_err *err);

int http_port(const http_server *s);

/* Serves until http_stop.  Then accepts nothing more, calls `stop` of every owner, waits up to two seconds for answers
 * to leave, and returns. */
void http_run(http_server *s);

/* Makes the loop's thread call on_wake soon; several calls may become one.  Any thread, any signal handler. */
void http_wake(http_server *s);
/* Any thread, any signal handler. */
void http_stop(http_server *s);

typedef struct http_stats {
    int n_connections, n_idle;
    uint64_t n_accepted, n_requests,
        n_refused;      // since the start; refused: answered with a problem, or a connection too many
    uint64_t out_bytes; // waiting in all connections
} http_stats;
http_stats http_get_stats(const http_server *s);

/* After http_run has returned, or without it.  Calls `gone` of owners that are left.  NULL is accepted. */
void http_close(http_server *s);

#endif
