/* http_conn.c - a connection from accept to close: its socket, its deadlines, and what follows an answer. */
#include "http/http_conn.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"

void http_conn_enter(http_conn *c, http_phase phase, double seconds)
{
    c->phase = phase;
    c->deadline_ns = seconds > 0 ? http_now(c->server) + http_seconds_ns(seconds) : 0;
}

/* ---- opening and closing ---------------------------------------------------------------------------------------- */

static void forget_request(http_conn *c)
{
    static const http_request NONE = {.method = "", .path = "", .query = "", .route = "", .rest = "", .body = ""};
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
    http_conn_enter(c, HTTP_PHASE_IDLE, c->server->options.idle_timeout_s);
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
        http_conn_bytes(c, bytes->base, (size_t)n);
    } else if (n < 0) {
        c->is_half = true;
        // A complete answer may still be read by a client that has only ended its own side.
        if (n == UV_EOF && c->phase == HTTP_PHASE_SENDING)
            uv_read_stop(stream);
        else
            http_conn_lose(c);
    }
}

bool http_conn_start_reading(http_conn *c)
{
    return uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) == 0;
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
    ws_frames_free(&c->ws.frames);
    buf_free(&c->early);
    buf_free(&c->body);
    buf_free(&c->out);
    buf_free(&c->flying);
    mem_free(c);
}

http_conn *http_conn_open(http_server *s, int fd)
{
    http_conn *const c = mem_calloc(1, sizeof *c);
    if (c == NULL) {
        close(fd);
        return NULL;
    }
    c->server = s;
    c->address = http_address_of(fd);
    http_head_init(&c->head, s->options.header_bytes_max);
    buf_init(&c->early, s->options.header_bytes_max + LIMIT_HTTP_EARLY_BYTES);
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
        return NULL;
    }
    uv_tcp_nodelay(&c->tcp, 1); // events are small and must not wait for each other
    if (http_conn_start_reading(c))
        return c;
    http_conn_close(c);
    return NULL;
}

void http_conn_turn_away(http_server *s, int fd)
{
    static const char ANSWER[] = "HTTP/1.1 503 Service Unavailable\r\nserver: spillway\r\ncontent-length: 0\r\n"
                                 "retry-after: 1\r\nconnection: close\r\n\r\n";
    http_conn *const c = http_conn_open(s, fd);
    if (c == NULL)
        return;
    c->is_away = true;
    s->n_away++;
    s->stats.n_connections--;
    buf_puts(&c->out, ANSWER);
    c->close_after = true;
    http_answer_ends(c);
}

void http_conn_close(http_conn *c)
{
    if (c->phase == HTTP_PHASE_CLOSING)
        return;
    c->phase = HTTP_PHASE_CLOSING;
    c->responder = NULL;
    c->owner = NULL;
    if (c->is_away)
        c->server->n_away--;
    else
        c->server->stats.n_connections--;
    http_conn_forget(c);
    uv_close((uv_handle_t *)&c->tcp, on_closed);
}

/* Reports the end of the request, once. */
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

void http_conn_read_early(http_conn *c)
{
    buf early = c->early;
    buf_init(&c->early, early.max);
    http_conn_bytes(c, early.data, early.size);
    buf_free(&early);
}

void http_conn_shut_down(http_conn *c)
{
    uv_os_fd_t fd;
    if (uv_fileno((const uv_handle_t *)&c->tcp, &fd) == 0)
        shutdown(fd, SHUT_WR);
}

void http_conn_finish(http_conn *c)
{
    report(c);
    if (c->is_half) {
        http_conn_close(c);
    } else if (c->close_after || c->early_is_cut) {
        // Closing while bytes of the client are unread would reset the connection, and the answer with it.
        if (!c->is_ws || c->ws.is_over)
            http_conn_shut_down(c); // else the client's Close comes first
        http_conn_enter(c, HTTP_PHASE_LINGER, HTTP_LINGER_S);
    } else {
        begin_idle(c);
        http_conn_read_early(c);
    }
}

/* ---- deadlines -------------------------------------------------------------------------------------------------- */

/* Returns false if the client takes no bytes, and the connection is closed. */
static bool check_slow_client(http_conn *c, uint64_t now_ns)
{
    const size_t n_waiting = http_conn_waiting(c);
    const uint64_t n_taken = c->n_given - uv_stream_get_write_queue_size((const uv_stream_t *)&c->tcp);
    if (n_waiting == 0 || n_taken != c->n_taken) {
        c->n_taken = n_taken;
        c->taken_ns = now_ns;
    }
    if (now_ns - c->taken_ns < http_seconds_ns(c->server->options.slow_client_timeout_s))
        return true;
    http_conn_lose(c);
    return false;
}

/* An answer under way: the client must take bytes, and a silent event stream gets comments. */
static void tick_answer(http_conn *c, uint64_t now_ns)
{
    const http_options *const o = &c->server->options;
    if (check_slow_client(c, now_ns) && http_conn_waiting(c) == 0 && c->phase == HTTP_PHASE_WORKING && c->is_stream &&
        c->framing == HTTP_SSE && o->ping_interval_s > 0 &&
        now_ns - c->written_ns >= http_seconds_ns(o->ping_interval_s))
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
    case HTTP_PHASE_WEBSOCKET:
        if (check_slow_client(c, now_ns))
            http_ws_tick(c, now_ns);
        break;
    case HTTP_PHASE_CLOSING: break;
    }
}
