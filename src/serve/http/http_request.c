/* http_request.c - from the bytes of a connection to a route.
 *
 * A request that is refused is read to its end where that is known, so that the connection stays usable.
 */
#include <string.h>

#include "http/http_conn.h"
#include "http/http_problem.h"

/* Head and body are there, or the request is refused. */
static void answer(http_conn *c)
{
    const http_options *const o = &c->server->options;
    http_conn_enter(c, HTTP_PHASE_WORKING, 0);
    c->server->stats.n_requests++;
    c->request.body = buf_str(&c->body);
    c->request.n_body = c->body.size;
    if (c->body.failed != SW_OK && c->problem.kind == HTTP_OK)
        http_problem_set(&c->problem, HTTP_NO_MEMORY, "not enough memory for the request");
    if (c->problem.kind != HTTP_OK)
        http_reply_problem(c);
    else if (c->route == NULL)
        http_reply_status(c, 200); // OPTIONS
    else
        c->route->handle(c, o->ud);
    if (c->phase == HTTP_PHASE_WORKING && c->responder == NULL)
        http_drop(c); // a route that neither answered nor named an owner
    if (c->phase == HTTP_PHASE_SENDING)
        http_conn_flush(c); // at once, so that a pipelined request finds the connection idle
}

void http_conn_refuse(http_conn *c, http_problem_kind kind, const char *message)
{
    http_problem_set(&c->problem, kind, "%s", message);
    c->has_request = true;
    c->close_after = true;
    if (c->id[0] == '\0')
        http_admit_id(c);
    answer(c);
}

/* curl waits for this before it sends a large body. */
static void send_continue(http_conn *c)
{
    buf_puts(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
    http_conn_ready(c);
}

static void on_head(http_conn *c, bool has_more)
{
    const http_head *const h = &c->head;
    c->has_request = true;
    c->request.method = h->method;
    c->request.path = h->path;
    c->request.query = h->query;
    c->request.received_ns = http_now(c->server);
    http_admit(c);
    const bool has_body = h->is_chunked || h->length > 0;
    // A client that waits for 100 Continue gets the refusal at once; other bodies are read, so that the connection
    // stays usable.
    if (!http_admit_body(c) || (has_body && h->wants_continue && c->problem.kind != HTTP_OK)) {
        c->close_after = true;
        answer(c);
        return;
    }
    if (!has_body) {
        answer(c);
        return;
    }
    http_conn_enter(c, HTTP_PHASE_BODY, c->server->options.body_timeout_s);
    if (h->wants_continue && !has_more)
        send_continue(c);
}

static size_t read_head(http_conn *c, const char *data, size_t n)
{
    size_t n_used;
    switch (http_head_feed(&c->head, data, n, &n_used, &c->problem)) {
    case HTTP_HEAD_MORE: break;
    case HTTP_HEAD_DONE: on_head(c, n_used < n); break;
    case HTTP_HEAD_REFUSED: {
        const http_problem p = c->problem;
        http_conn_refuse(c, p.kind, p.message);
        break;
    }
    }
    return n_used;
}

static size_t read_body(http_conn *c, const char *data, size_t n)
{
    size_t n_used;
    http_problem problem;
    buf *const out = c->problem.kind == HTTP_OK ? &c->body : NULL;
    switch (http_body_feed(&c->body_reader, data, n, &n_used, out, &problem)) {
    case HTTP_BODY_MORE: break;
    case HTTP_BODY_DONE: answer(c); break;
    case HTTP_BODY_REFUSED: http_conn_refuse(c, problem.kind, problem.message); break;
    }
    return n_used;
}

/* Bytes of later requests, while this one is answered. */
static void keep_early(http_conn *c, const char *data, size_t n)
{
    if (c->early_is_cut || c->close_after)
        return;
    buf_append(&c->early, data, n);
    if (c->early.failed != SW_OK) {
        c->early_is_cut = true;
        buf_free(&c->early);
    }
}

void http_conn_bytes(http_conn *c, const char *data, size_t n)
{
    while (n > 0) {
        size_t n_used = n;
        switch (c->phase) {
        case HTTP_PHASE_IDLE:
            http_conn_enter(c, HTTP_PHASE_HEAD, c->server->options.head_timeout_s);
            n_used = read_head(c, data, n);
            break;
        case HTTP_PHASE_HEAD: n_used = read_head(c, data, n); break;
        case HTTP_PHASE_BODY: n_used = read_body(c, data, n); break;
        case HTTP_PHASE_WEBSOCKET: n_used = http_ws_bytes(c, data, n); break;
        case HTTP_PHASE_WORKING: keep_early(c, data, n); break;
        case HTTP_PHASE_SENDING:
        case HTTP_PHASE_LINGER:
            if (c->is_ws)
                n_used = http_ws_bytes(c, data, n); // its Close is awaited
            else if (c->phase == HTTP_PHASE_SENDING)
                keep_early(c, data, n);
            break;
        case HTTP_PHASE_CLOSING: return;
        }
        data += n_used;
        n -= n_used;
    }
}

/* ---- what routes see and do -------------------------------------------------------------------------------------- */

const http_request *http_request_of(const http_conn *c)
{
    return &c->request;
}

char *http_take_body(http_conn *c, size_t *n_out)
{
    *n_out = c->body.size;
    c->request.body = "";
    c->request.n_body = 0;
    return buf_take(&c->body);
}

void http_hand_over(http_conn *c, const http_responder *responder, void *owner)
{
    c->responder = responder;
    c->owner = owner;
}
