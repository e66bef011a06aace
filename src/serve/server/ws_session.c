/* ws_session.c - the requests of one WebSocket, each an exchange with an outlet of its own.
 *
 * Without a subprotocol there is one request, and the connection is closed after its answer.  With spillway.v1 there
 * are many, several at once, and each message names its request.  The session ends when the connection does; a request
 * that ends only leaves the list.  The list may change in every call of an exchange, so it is looked at anew after
 * each.
 */
#include "server/ws_session.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "dialects/shimmy.h"
#include "dialects/spillway_v1.h"
#include "server/exchange.h"

static const char V1[] = "spillway.v1";

typedef struct ws_session ws_session;

/* One request on its way; the `to` of its outlet. */
typedef struct ws_request {
    ws_session *session;
    exchange *x; // NULL: exchange_open has not returned yet
    char id[DIALECT_CLIENT_ID_BYTES];
} ws_request;

struct ws_session {
    server *server;
    http_conn *conn; // NULL: closed
    uint64_t client;
    char request_id[DIALECT_CLIENT_ID_BYTES]; // of the handshake
    bool is_v1;
    unsigned n_messages;
    ws_request *requests[LIMIT_WS_REQUESTS]; // (n)
    size_t n;
    int n_calls; // of functions here that go on with the session afterwards
};

/* ---- the list --------------------------------------------------------------------------------------------------- */

/* Frees a session whose connection is closed, unless a caller still uses it. */
static void release(ws_session *session)
{
    if (session->conn == NULL && session->n_calls == 0)
        mem_free(session);
}

static ws_request *add(ws_session *session, const char *id)
{
    ws_request *const r = session->n < LIMIT_WS_REQUESTS ? mem_calloc(1, sizeof *r) : NULL;
    if (r == NULL)
        return NULL;
    r->session = session;
    snprintf(r->id, sizeof r->id, "%s", id);
    session->requests[session->n++] = r;
    return r;
}

static void remove_request(ws_request *r)
{
    ws_session *const session = r->session;
    size_t i = 0;
    while (session->requests[i] != r)
        i++;
    session->n--;
    memmove(&session->requests[i], &session->requests[i + 1], (session->n - i) * sizeof session->requests[0]);
    mem_free(r);
}

static ws_request *find(const ws_session *session, const char *id)
{
    for (size_t i = 0; i < session->n; i++) {
        if (strcmp(session->requests[i]->id, id) == 0)
            return session->requests[i];
    }
    return NULL;
}

/* Ends every request, since nothing can be sent any more. */
static void abandon_all(ws_session *session)
{
    while (session->n > 0) {
        ws_request *const r = session->requests[session->n - 1];
        exchange_gone(r->x);
        remove_request(r);
    }
}

/* Closes the connection after the requests that are left have ended. */
static void close_session(ws_session *session, http_ws_code code, const char *reason)
{
    http_conn *const conn = session->conn;
    session->conn = NULL;
    abandon_all(session);
    http_ws_close(conn, code, reason);
    release(session);
}

/* ---- outlets ---------------------------------------------------------------------------------------------------- */

static void begin(void *to, const dialect *family, const http_field *fields)
{
    (void)to, (void)family, (void)fields; // a message says that the request was accepted, or the first text does
}

static bool has_room(void *to)
{
    return http_stream_has_room(((const ws_request *)to)->session->conn);
}

static void event(void *to, const char *name, const char *payload, size_t n)
{
    (void)name;
    http_ws_send_text(((const ws_request *)to)->session->conn, payload, n);
}

/* The request is over; so is the session if it has no other. */
static void leave(ws_request *r, http_ws_code code)
{
    ws_session *const session = r->session;
    const bool is_v1 = session->is_v1;
    remove_request(r);
    if (!is_v1)
        close_session(session, code, NULL);
}

static void end(void *to, bool is_broken)
{
    (void)is_broken; // the last message said so
    leave(to, HTTP_WS_DONE);
}

static http_ws_code code_of(int status)
{
    return status == 429 ? HTTP_WS_TRY_LATER : status == 503 ? HTTP_WS_GOING_AWAY : HTTP_WS_DONE;
}

/* Appends a message to `text`, and frees it.  Returns false if memory was short. */
static bool send(const ws_session *session, buf *text)
{
    const bool is_whole = text->failed == SW_OK;
    if (is_whole)
        http_ws_send_text(session->conn, buf_str(text), text->size);
    buf_free(text);
    return is_whole;
}

/* Answers are streams, so this is an error. */
static void reply(void *to, int status, const char *content_type, const http_field *fields, buf *content)
{
    (void)content_type, (void)fields;
    ws_request *const r = to;
    ws_session *const session = r->session;
    buf text;
    buf_init(&text, SW_ERR_MSG_BYTES * 8); // JSON escapes a byte with six at most
    if (session->is_v1)
        spillway_v1_wrap_error(&text, r->id, content);
    else
        buf_append(&text, buf_str(content), content->size);
    buf_free(content);
    if (send(session, &text)) {
        leave(r, code_of(status));
    } else {
        remove_request(r);
        close_session(session, HTTP_WS_INTERNAL_ERROR, "not enough memory");
    }
}

static void drop(void *to)
{
    ws_request *const r = to;
    ws_session *const session = r->session;
    remove_request(r);
    close_session(session, HTTP_WS_INTERNAL_ERROR, "not enough memory for the answer");
}

/* ---- messages --------------------------------------------------------------------------------------------------- */

static void send_error(const ws_session *session, const char *id, const api_error *error)
{
    buf text;
    buf_init(&text, SW_ERR_MSG_BYTES * 8);
    spillway_v1_write_error(&text, id, error);
    (void)send(session, &text);
}

/* Begins an exchange for a message; it may end, and the session with it. */
static void open_request(ws_session *session, ws_request *r, const dialect *family, const char *data, size_t n)
{
    static const outlet_ops OPS = {begin, has_room, event, end, reply, drop};
    char request_id[DIALECT_CLIENT_ID_BYTES];
    snprintf(request_id, sizeof request_id, "%.100s-%u", session->request_id, ++session->n_messages);
    exchange_origin from = {.out = {&OPS, r},
                            .family = family,
                            .client = session->client,
                            .request_id = request_id,
                            .client_id = r->id,
                            .endpoint = "/ws/generate",
                            .is_websocket = true,
                            .body = mem_alloc(n + 1),
                            .n_body = n};
    if (from.body != NULL)
        memcpy(from.body, data, n + 1);
    exchange *const x = exchange_open(session->server, &from);
    if (x != NULL)
        r->x = x; // otherwise r is gone
}

static void cancel(ws_session *session, const char *id)
{
    api_error error;
    ws_request *const r = find(session, id);
    if (r == NULL) {
        api_fail(&error, API_INVALID_VALUE, "id", "no request '%s' is under way", id);
    } else {
        if (exchange_cancel(r->x))
            return; // `done` follows
        remove_request(r);
        api_fail(&error, API_CANCELLED, NULL, "the request was cancelled before it was accepted");
    }
    send_error(session, id, &error);
}

static void generate(ws_session *session, const char *id, const char *data, size_t n)
{
    api_error error;
    if (find(session, id) != NULL) {
        api_fail(&error, API_INVALID_VALUE, "id", "a request '%s' is under way already", id);
    } else {
        ws_request *const r = add(session, id);
        if (r != NULL) {
            open_request(session, r, &SPILLWAY_V1, data, n);
            return;
        }
        api_fail(&error, API_QUEUE_FULL, NULL, "at most %d requests may be under way on one connection",
                 LIMIT_WS_REQUESTS);
    }
    send_error(session, id, &error);
}

static void on_v1_message(ws_session *session, const char *data, size_t n)
{
    char id[DIALECT_CLIENT_ID_BYTES];
    api_error error;
    switch (spillway_v1_look(data, n, id, &error)) {
    case V1_GENERATE: generate(session, id, data, n); break;
    case V1_CANCEL: cancel(session, id); break;
    case V1_REFUSED: send_error(session, id, &error); break;
    }
}

static void on_message(void *owner, const char *data, size_t n, bool is_text)
{
    (void)is_text; // the reader of JSON checks UTF-8
    ws_session *const session = owner;
    if (session->is_v1) {
        on_v1_message(session, data, n);
        return;
    }
    ws_request *const r = session->n == 0 ? add(session, "") : NULL;
    if (r != NULL)
        open_request(session, r, &SHIMMY_WS, data, n);
    else
        close_session(session, HTTP_WS_POLICY, "one request per connection; spillway.v1 takes several");
}

/* ---- the connection's side -------------------------------------------------------------------------------------- */

static void on_pump(void *owner)
{
    ws_session *const session = owner;
    session->n_calls++;
    for (size_t i = 0; i < session->n;) {
        ws_request *const r = session->requests[i];
        exchange_pump(r->x);
        i += i < session->n && session->requests[i] == r; // otherwise r has ended, and the next is in its place
    }
    session->n_calls--;
    release(session);
}

static void on_gone(void *owner)
{
    ws_session *const session = owner;
    session->conn = NULL;
    abandon_all(session);
    release(session);
}

static void on_stop(void *owner)
{
    ws_session *const session = owner;
    session->n_calls++;
    while (session->n > 0)
        exchange_stop(session->requests[0]->x);
    session->n_calls--;
    if (session->conn != NULL)
        close_session(session, HTTP_WS_GOING_AWAY, "the server is shutting down");
    else
        release(session);
}

void ws_session_begin(server *s, http_conn *c)
{
    static const http_ws_owner FUNCTIONS = {.responder = {.pump = on_pump, .gone = on_gone, .stop = on_stop},
                                            .message = on_message};
    static const char *const KNOWN[] = {V1, NULL};
    if (!http_ws_check(c))
        return;
    ws_session *const session = mem_calloc(1, sizeof *session);
    if (session == NULL) {
        http_drop(c);
        return;
    }
    const char *const subprotocol = http_ws_subprotocol(c, KNOWN);
    session->server = s;
    session->conn = c;
    session->client = http_client_of(c);
    session->is_v1 = subprotocol != NULL;
    snprintf(session->request_id, sizeof session->request_id, "%s", http_request_of(c)->id);
    http_ws_accept(c, subprotocol, &FUNCTIONS, session);
}
