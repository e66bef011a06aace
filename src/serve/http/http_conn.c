/* http_conn.c - connections: from bytes to routes, and from one request to the next. */
#include "http/http_conn.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "http/http_problem.h"

static void on_bytes(http_conn *c, const char *data, size_t n);

/* 0 seconds: no deadline. */
static void set_phase(http_conn *c, http_phase phase, double seconds)
{
    c->phase = phase;
    c->deadline_ns = seconds > 0 ? http_now(c->server) + http_seconds_ns(seconds) : 0;
}

/* ---- opening and closing ---------------------------------------------------------------------------------------- */

static void forget_request(http_conn *c)
{
    static const http_request NONE = {.method = "", .path = "", .query = "", .rest = "", .body = ""};
    http_head_free(&c->head);
    buf_free(&c->body);
    c->request = NONE;
    c->request.id = c->id;
    c->id[0] = c->allow[0] = '\0';
    c->has_request = c->is_stream = c->is_chunked = c->is_complete = c->was_full = false;
    c->route = NULL;
    c->origin = c->asked_headers = NULL;
    c->problem = (http_problem){0};
    c->status = 0;
}

static void begin_idle(http_conn *c)
{
    forget_request(c);
    c->idle_since_ns = http_now(c->server);
    set_phase(c, HTTP_PHASE_IDLE, c->server->options.idle_timeout_s);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    http_conn *const c = handle->data;
    (void)suggested;
    *out = uv_buf_init(c->server->read_bytes, HTTP_READ_BYTES);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *bytes)
{
    http_conn *const c = stream->data;
    if (n > 0) {
        on_bytes(c, bytes->base, (size_t)n);
    } else if (n < 0) {
        c->is_half = true;
        // A complete answer may still be read by a client that has only ended its own side.
        if (n == UV_EOF && c->phase == HTTP_PHASE_SENDING)
            uv_read_stop(stream);
        else
            http_conn_lose(c);
    }
}

static void on_closed(uv_handle_t *handle)
{
    http_conn *const c = handle->data;
    http_server *const s = c->server;
    if (c->prev != NULL)
        c->prev->next = c->next;
    else
        s->first = c->next;
    if (c->next != NULL)
        c->next->prev = c->prev;
    http_head_free(&c->head);
    buf_free(&c->early);
    buf_free(&c->body);
    buf_free(&c->out);
    buf_free(&c->flying);
    mem_free(c);
}

void http_conn_open(http_server *s, int fd)
{
    http_conn *const c = mem_calloc(1, sizeof *c);
    if (c == NULL) {
        close(fd);
        return;
    }
    c->server = s;
    http_head_init(&c->head, s->options.header_bytes_max);
    buf_init(&c->early, s->options.header_bytes_max + HTTP_EARLY_BYTES_MAX);
    buf_init(&c->out, HTTP_REPLY_BYTES_MAX);
    buf_init(&c->flying, HTTP_REPLY_BYTES_MAX);
    uv_tcp_init(&s->loop, &c->tcp); // opens nothing yet, so it cannot fail
    c->tcp.data = c;
    c->next = s->first;
    if (c->next != NULL)
        c->next->prev = c;
    s->first = c;
    s->stats.n_connections++;
    begin_idle(c);
    if (uv_tcp_open(&c->tcp, fd) != 0) {
        close(fd);
        http_conn_close(c);
        return;
    }
    uv_tcp_nodelay(&c->tcp, 1); // events are small and must not wait for each other
    if (uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) != 0)
        http_conn_close(c);
}

void http_conn_close(http_conn *c)
{
    if (c->phase == HTTP_PHASE_CLOSING)
        return;
    c->phase = HTTP_PHASE_CLOSING;
    c->responder = NULL;
    c->owner = NULL;
    c->server->stats.n_connections--;
    http_conn_forget(c);
    uv_close((uv_handle_t *)&c->tcp, on_closed);
}

/* The request is over, one way or the other. */
static void report(http_conn *c)
{
    const http_options *const o = &c->server->options;
    if (c->has_request && o->on_done != NULL)
        o->on_done(o->ud, c, c->status);
    c->has_request = false;
}

void http_conn_lose(http_conn *c)
{
    const http_responder *const responder = c->responder;
    void *const owner = c->owner;
    if (c->phase == HTTP_PHASE_CLOSING)
        return;
    http_conn_close(c);
    if (responder != NULL)
        responder->gone(owner);
    report(c);
}

void http_drop(http_conn *c)
{
    http_conn_close(c);
    report(c);
}

void http_conn_finish(http_conn *c)
{
    report(c);
    if (c->is_half) {
        http_conn_close(c);
    } else if (c->close_after || c->early_is_cut) {
        // Closing while bytes of the client are unread would reset the connection, and the answer with it.
        uv_os_fd_t fd;
        if (uv_fileno((const uv_handle_t *)&c->tcp, &fd) == 0)
            shutdown(fd, SHUT_WR);
        set_phase(c, HTTP_PHASE_LINGER, HTTP_LINGER_S);
    } else {
        buf early = c->early;
        buf_init(&c->early, early.max);
        begin_idle(c);
        on_bytes(c, early.data, early.size);
        buf_free(&early);
    }
}

/* ---- from bytes to a request ------------------------------------------------------------------------------------ */

/* Head and body are there, or the request is refused. */
static void answer(http_conn *c)
{
    const http_options *const o = &c->server->options;
    set_phase(c, HTTP_PHASE_WORKING, 0);
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
    // Who waits for a permission gets the refusal instead; others are heard out, so that the connection stays usable.
    if (!http_admit_body(c) || (has_body && h->wants_continue && c->problem.kind != HTTP_OK)) {
        c->close_after = true;
        answer(c);
        return;
    }
    if (!has_body) {
        answer(c);
        return;
    }
    set_phase(c, HTTP_PHASE_BODY, c->server->options.body_timeout_s);
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

static void on_bytes(http_conn *c, const char *data, size_t n)
{
    while (n > 0) {
        size_t n_used = n;
        switch (c->phase) {
        case HTTP_PHASE_IDLE:
            set_phase(c, HTTP_PHASE_HEAD, c->server->options.head_timeout_s);
            n_used = read_head(c, data, n);
            break;
        case HTTP_PHASE_HEAD: n_used = read_head(c, data, n); break;
        case HTTP_PHASE_BODY: n_used = read_body(c, data, n); break;
        case HTTP_PHASE_WORKING:
        case HTTP_PHASE_SENDING: keep_early(c, data, n); break;
        case HTTP_PHASE_LINGER:
        case HTTP_PHASE_CLOSING: return;
        }
        data += n_used;
        n -= n_used;
    }
}

/* ---- deadlines -------------------------------------------------------------------------------------------------- */

/* An answer under way: the client must take bytes, and a silent stream gets a sign of life. */
static void tick_answer(http_conn *c, uint64_t now_ns)
{
    const http_options *const o = &c->server->options;
    const size_t n_waiting = http_conn_waiting(c);
    const uint64_t n_taken = c->n_given - uv_stream_get_write_queue_size((const uv_stream_t *)&c->tcp);
    if (n_waiting == 0 || n_taken != c->n_taken) {
        c->n_taken = n_taken;
        c->taken_ns = now_ns;
    }
    if (now_ns - c->taken_ns >= http_seconds_ns(o->slow_client_timeout_s))
        http_conn_lose(c);
    else if (n_waiting == 0 && c->phase == HTTP_PHASE_WORKING && c->is_stream && c->framing == HTTP_SSE &&
             o->ping_interval_s > 0 && now_ns - c->written_ns >= http_seconds_ns(o->ping_interval_s))
        http_stream_ping(c);
}

static void refuse_late(http_conn *c, const char *what, double seconds)
{
    char message[128];
    snprintf(message, sizeof message, "the request's %s did not arrive within %g s", what, seconds);
    http_conn_refuse(c, HTTP_TIMEOUT, message);
}

void http_conn_tick(http_conn *c, uint64_t now_ns)
{
    const http_options *const o = &c->server->options;
    const bool is_late = c->deadline_ns != 0 && now_ns >= c->deadline_ns;
    switch (c->phase) {
    case HTTP_PHASE_IDLE:
    case HTTP_PHASE_LINGER:
        if (is_late)
            http_conn_close(c);
        break;
    case HTTP_PHASE_HEAD:
        if (is_late)
            refuse_late(c, "head", o->head_timeout_s);
        break;
    case HTTP_PHASE_BODY:
        if (is_late)
            refuse_late(c, "body", o->body_timeout_s);
        break;
    case HTTP_PHASE_WORKING:
    case HTTP_PHASE_SENDING: tick_answer(c, now_ns); break;
    case HTTP_PHASE_CLOSING: break;
    }
}

/* ---- what routes see -------------------------------------------------------------------------------------------- */

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
