/* http.c - connections: from libwebsockets' callbacks to routes and back.
 *
 * One conn per connection walks through the phases of internal.h, once per request.  Answers are bytes in `out`;
 * they leave in pieces whenever the socket takes some.  libwebsockets parses requests, keeps connections alive and
 * buffers partial writes; this file must keep it from reading on while an answer is under way (it would hand over the
 * next pipelined request too early), and must never wait for anything.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/escape.h"
#include "base/limits.h"
#include "server/internal.h"
#include "server/socket_info.h"

enum {
    WRITE_PIECE = 16384,       // bytes handed to libwebsockets at once
    LINGER_S = 2,              // how long the rest of a refused request is read before closing
    REPLY_BYTES_MAX = 1 << 28, // of one answer, bounded before by LIMIT_ANSWER_BYTES and the model list
    NEWS_AT_ONCE = 64,
};

/* Calls on_timer after so many seconds; 0: not at all, which is a year, since libwebsockets 4.1 takes the constant that
 * should cancel a timer for a time that has passed. */
static void set_timer(conn *c, double seconds)
{
    lws_set_timer_usecs(c->wsi, (lws_usec_t)((seconds > 0 ? seconds : 365 * 86400.0) * 1e6));
}

/* ---- a connection ---------------------------------------------------------------------------------------------- */

static int conn_open(server_state *s, struct lws *wsi)
{
    conn *const c = mem_calloc(1, sizeof *c);
    if (c == NULL)
        return -1;
    c->server = s;
    c->wsi = wsi;
    buf_init(&c->body, LIMIT_HTTP_BODY_BYTES);
    buf_init(&c->out, REPLY_BYTES_MAX);
    c->next = s->conns;
    if (c->next != NULL)
        c->next->prev = c;
    s->conns = c;
    s->n_connections++;
    lws_set_opaque_user_data(wsi, c);
    return 0;
}

/* The client has gone: whatever works for it stops. */
static void conn_leave_exchange(conn *c)
{
    exchange *const x = c->exchange;
    c->exchange = NULL;
    if (x != NULL)
        chat_abandon(x);
}

static void conn_close(conn *c)
{
    server_state *const s = c->server;
    conn_leave_exchange(c);
    if (c->prev != NULL)
        c->prev->next = c->next;
    else
        s->conns = c->next;
    if (c->next != NULL)
        c->next->prev = c->prev;
    s->n_connections--;
    buf_free(&c->body);
    buf_free(&c->out);
    mem_free(c);
}

/* ---- from a request to its route ------------------------------------------------------------------------------- */

static void reset_request(conn *c)
{
    c->phase = PHASE_IDLE;
    c->route = NULL;
    c->rest = c->allow = c->ignored = NULL;
    c->refusal = (api_error){0};
    c->origin[0] = c->asked_headers[0] = '\0';
    c->status = 0;
    c->is_held = c->wants_write = c->is_stream = c->is_chunked = c->close_after = c->linger_after = c->out_ends = false;
    buf_free(&c->body);
    buf_free(&c->out);
    c->out_sent = 0;
}

static void dispatch(conn *c)
{
    set_timer(c, 0);
    lws_set_timeout(c->wsi, NO_PENDING_TIMEOUT, 0);
    c->phase = PHASE_WAITING;
    if (c->body.failed != SW_OK)
        api_fail(&c->refusal, API_OUT_OF_MEMORY, NULL, "not enough memory for the request");
    if (c->refusal.what != API_OK)
        http_reply_error(c, &c->refusal);
    else if (c->route == NULL)
        http_reply_empty(c, 200); // OPTIONS
    else
        c->route->handle(c, c->rest);
}

/* curl waits for this before it sends a large body. */
static void send_continue(conn *c)
{
    static const char CONTINUE[] = "HTTP/1.1 100 Continue\r\n\r\n";
    unsigned char piece[LWS_PRE + sizeof CONTINUE];
    if (!c->wants_continue)
        return;
    memcpy(piece + LWS_PRE, CONTINUE, sizeof CONTINUE - 1);
    (void)lws_write(c->wsi, piece + LWS_PRE, sizeof CONTINUE - 1, LWS_WRITE_HTTP);
}

/* libwebsockets 4.1 would take the head of such a request for its body, and then loop for ever. */
static int refuse_pipelined_body(conn *c)
{
    unsigned char piece[LWS_PRE + 4096];
    api_error error;
    api_fail(&error, API_BAD_HEADER, NULL,
             "a request with a body must not be sent before the answer to the previous request has arrived");
    c->close_after = true;
    http_reply_error(c, &error);
    if (c->out.size <= sizeof piece - LWS_PRE) {
        memcpy(piece + LWS_PRE, c->out.data, c->out.size);
        (void)lws_write(c->wsi, piece + LWS_PRE, c->out.size, LWS_WRITE_HTTP);
    }
    return -1;
}

static int on_request(conn *c, const char *path)
{
    uint64_t length;
    reset_request(c);
    http_read_head(c, path);
    if (http_may_have_body(c) && http_is_pipelined(c))
        return refuse_pipelined_body(c);
    if (!http_check_length(c, &length)) {
        c->close_after = c->linger_after = true;
        dispatch(c);
        return 0;
    }
    http_check_head(c); // a refusal is answered after the body was read, so that the connection stays usable
    // libwebsockets reports the end of an empty body only for POST.
    if (length == 0 && strcmp(c->method, "POST") != 0) {
        dispatch(c);
        return 0;
    }
    c->phase = PHASE_BODY;
    set_timer(c, c->server->options->body_timeout_s);
    send_continue(c);
    return 0;
}

void http_want_write(conn *c)
{
    if (c->is_held) {
        c->is_held = false;
        lws_rx_flow_control(c->wsi, 1);
    }
    if (!c->wants_write)
        set_timer(c, c->server->options->slow_client_timeout_s);
    c->wants_write = true;
    lws_callback_on_writable(c->wsi);
}

static int on_body_end(conn *c)
{
    if (c->phase == PHASE_BODY) {
        dispatch(c);
        return 0;
    }
    // Called again: the next request has arrived early, and libwebsockets offers it in a busy loop until it is told to
    // hold the connection.  A held connection cannot write either, so this lasts until there is something to send.
    if (c->phase == PHASE_WAITING && !c->wants_write) {
        c->is_held = true;
        lws_rx_flow_control(c->wsi, 0);
    }
    return c->phase == PHASE_WAITING || c->phase == PHASE_SENDING ? 0 : -1;
}

void http_drop(conn *c)
{
    // Asynchronous, since callers are in the middle of using the connection.
    c->close_after = true;
    lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
}

static void drop_slow_client(conn *c)
{
    conn_leave_exchange(c);
    http_drop(c);
}

static int on_timer(conn *c)
{
    switch (c->phase) {
    case PHASE_BODY:
        api_fail(&c->refusal, API_REQUEST_TIMEOUT, NULL, "the request's body did not arrive within %g s",
                 c->server->options->body_timeout_s);
        c->close_after = c->linger_after = true;
        dispatch(c);
        return 0;
    case PHASE_WAITING:
        if (c->wants_write)
            drop_slow_client(c);
        else
            http_stream_send(c, ": keep-alive\n\n", 14);
        return 0;
    case PHASE_SENDING: drop_slow_client(c); return 0;
    case PHASE_FLUSHING:
        if (lws_partial_buffered(c->wsi))
            drop_slow_client(c);
        return 0;
    case PHASE_LINGER: return -1;
    case PHASE_IDLE: break;
    }
    return 0;
}

/* ---- sending --------------------------------------------------------------------------------------------- */

static void log_request(const conn *c)
{
    if (!c->server->options->verbose && c->status < 500)
        return;
    buf path;
    buf_init(&path, 4096);
    escape_terminal(&path, c->path, strlen(c->path));
    fprintf(stderr, "%s %s %s %d %.1f ms\n", c->request_id, c->method, buf_str(&path), c->status,
            ns_to_ms(clock_now_ns(clock_system()) - c->started_ns));
    buf_free(&path);
}

/* The whole answer was handed over: ready for the next request, or the end.  This must follow the last write at once:
 * libwebsockets would take a request that arrives in between for one that was pipelined. */
static int finish_request(conn *c)
{
    const bool is_flushing = lws_partial_buffered(c->wsi) != 0;
    log_request(c);
    if (c->linger_after && !is_flushing) {
        // Closing while the client still sends would reset the connection, and the answer with it.
        shutdown(lws_get_socket_fd(c->wsi), SHUT_WR);
        c->phase = PHASE_LINGER;
        set_timer(c, LINGER_S);
        return 0;
    }
    if (c->close_after || !socket_bytes_read(lws_get_socket_fd(c->wsi), &c->n_read_before))
        return -1;
    reset_request(c);
    c->phase = is_flushing ? PHASE_FLUSHING : PHASE_IDLE;
    set_timer(c, is_flushing ? c->server->options->slow_client_timeout_s : 0);
    return lws_http_transaction_completed(c->wsi) ? -1 : 0;
}

/* Hands the next piece to libwebsockets, which keeps what the socket does not take and calls back when it has gone. */
static int write_piece(conn *c)
{
    unsigned char piece[LWS_PRE + WRITE_PIECE];
    const size_t left = c->out.size - c->out_sent, n = left < WRITE_PIECE ? left : WRITE_PIECE;
    memcpy(piece + LWS_PRE, c->out.data + c->out_sent, n);
    if (lws_write(c->wsi, piece + LWS_PRE, n, LWS_WRITE_HTTP) < 0)
        return -1;
    c->out_sent += n;
    if (n == left) {
        buf_clear(&c->out);
        c->out_sent = 0;
    }
    return 0;
}

static int on_writable(conn *c)
{
    if (c->phase != PHASE_WAITING && c->phase != PHASE_SENDING)
        return 0;
    c->wants_write = false;
    if (c->out.size > c->out_sent && write_piece(c) != 0)
        return -1;
    if (c->exchange != NULL && http_has_room(c))
        chat_on_news(c->exchange); // events that had to wait for room
    if (c->out.size > c->out_sent)
        http_want_write(c);
    else if (c->out_ends)
        return finish_request(c);
    else if (c->is_stream)
        set_timer(c, c->server->options->ping_interval_s);
    return 0;
}

/* ---- libwebsockets ---------------------------------------------------------------------------------------------- */

/* Upgrades (WebSocket, HTTP/2) are not offered; a server may ignore the wish.  libwebsockets reads the wished name
 * again after this callback, so an empty name makes it go on with plain HTTP. */
static int on_upgrade(struct lws *wsi, char *name)
{
    if (lws_hdr_total_length(wsi, WSI_TOKEN_UPGRADE) == 0)
        return -1; // a name unknown to libwebsockets: it has answered, and `name` may be gone
    name[0] = '\0';
    return 0;
}

static exchange *pop_news(server_state *s)
{
    pthread_mutex_lock(&s->lock);
    exchange *const x = s->news;
    if (x != NULL) {
        s->news = x->next_news;
        if (s->news == NULL)
            s->news_end = &s->news;
        x->is_news = false;
    }
    pthread_mutex_unlock(&s->lock);
    return x;
}

void server_take_news(server_state *s)
{
    // A fast engine makes news as quickly as they are read: sockets must have their turn in between.
    for (int i = 0; i < NEWS_AT_ONCE; i++) {
        exchange *const x = pop_news(s);
        if (x == NULL)
            return;
        chat_on_news(x);
    }
    lws_cancel_service(s->lws);
}

static int on_connection_event(conn *c, enum lws_callback_reasons reason, void *in, size_t len)
{
    switch (reason) {
    case LWS_CALLBACK_HTTP: return on_request(c, in);
    case LWS_CALLBACK_HTTP_BODY:
        if (c->phase == PHASE_BODY && c->refusal.what == API_OK)
            buf_append(&c->body, in, len);
        return 0;
    case LWS_CALLBACK_HTTP_BODY_COMPLETION: return on_body_end(c);
    case LWS_CALLBACK_HTTP_WRITEABLE: return on_writable(c);
    case LWS_CALLBACK_TIMER: return on_timer(c);
    case LWS_CALLBACK_CLOSED_HTTP: conn_leave_exchange(c); return 0;
    case LWS_CALLBACK_WSI_DESTROY: conn_close(c); return 0;
    default: return 0;
    }
}

int http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    (void)user;
    switch (reason) {
    case LWS_CALLBACK_FILTER_NETWORK_CONNECTION: {
        const server_state *const s = lws_context_user(lws_get_context(wsi));
        return s->is_stopping || s->n_connections >= LIMIT_HTTP_CONNECTIONS;
    }
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED: return conn_open(lws_context_user(lws_get_context(wsi)), wsi);
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED: server_take_news(lws_context_user(lws_get_context(wsi))); return 0;
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: return on_upgrade(wsi, in);
    case LWS_CALLBACK_RAW_ADOPT:
    case LWS_CALLBACK_RAW_RX: return -1; // CONNECT makes libwebsockets change to raw bytes
    case LWS_CALLBACK_HTTP:
    case LWS_CALLBACK_HTTP_BODY:
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
    case LWS_CALLBACK_HTTP_WRITEABLE:
    case LWS_CALLBACK_TIMER:
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_WSI_DESTROY: break;
    default: return 0;
    }
    conn *const c = lws_get_opaque_user_data(wsi);
    return c != NULL ? on_connection_event(c, reason, in, len) : 0;
}
