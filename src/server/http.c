/* http.c - connections: from libwebsockets' callbacks to routes and back.
 *
 * One sw_conn per connection walks through the phases of internal.h, once per request.  Answers are bytes in `out`;
 * they leave in pieces whenever the socket takes some.  libwebsockets parses requests, keeps connections alive and
 * buffers partial writes; this file must keep it from reading on while an answer is under way (it would hand over the
 * next pipelined request too early), and must never wait for anything.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/escape.h"
#include "base/limits.h"
#include "base/rng.h"
#include "server/guard.h"
#include "server/internal.h"
#include "server/socket_info.h"

enum {
    WRITE_PIECE = 16384,       // bytes handed to libwebsockets at once
    ROOM_BYTES = 1 << 18, // of an event stream that may wait here; further events wait as such
    LINGER_S = 2,              // how long the rest of a refused request is read before closing
    REPLY_BYTES_MAX = 1 << 28, // of one answer, bounded before by SW_LIMIT_ANSWER_BYTES and the model list
    NEWS_AT_ONCE = 64,
};

/* Calls on_timer after so many seconds; 0: not at all, which is a year, since libwebsockets 4.1 takes the constant that
 * should cancel a timer for a time that has passed. */
static void set_timer(sw_conn *c, double seconds)
{
    lws_set_timer_usecs(c->wsi, (lws_usec_t)((seconds > 0 ? seconds : 365 * 86400.0) * 1e6));
}

/* ---- a connection ---------------------------------------------------------------------------------------------- */

static int conn_open(sw_server *s, struct lws *wsi)
{
    sw_conn *const c = sw_calloc(1, sizeof *c);
    if (c == NULL)
        return -1;
    c->server = s;
    c->wsi = wsi;
    sw_buf_init(&c->body, SW_LIMIT_HTTP_BODY_BYTES);
    sw_buf_init(&c->out, REPLY_BYTES_MAX);
    c->next = s->conns;
    if (c->next != NULL)
        c->next->prev = c;
    s->conns = c;
    s->n_connections++;
    lws_set_opaque_user_data(wsi, c);
    return 0;
}

/* The client has gone: whatever works for it stops. */
static void conn_leave_exchange(sw_conn *c)
{
    sw_exchange *const x = c->exchange;
    c->exchange = NULL;
    if (x != NULL)
        sw__chat_abandon(x);
}

static void conn_close(sw_conn *c)
{
    sw_server *const s = c->server;
    conn_leave_exchange(c);
    if (c->prev != NULL)
        c->prev->next = c->next;
    else
        s->conns = c->next;
    if (c->next != NULL)
        c->next->prev = c->prev;
    s->n_connections--;
    sw_buf_free(&c->body);
    sw_buf_free(&c->out);
    sw_free(c);
}

/* ---- reading the head of a request ----------------------------------------------------------------------------- */

static const struct {
    enum lws_token_indexes token;
    const char *name;
} METHODS[] = {
    {WSI_TOKEN_GET_URI, "GET"},   {WSI_TOKEN_POST_URI, "POST"},   {WSI_TOKEN_OPTIONS_URI, "OPTIONS"},
    {WSI_TOKEN_PUT_URI, "PUT"},   {WSI_TOKEN_PATCH_URI, "PATCH"}, {WSI_TOKEN_DELETE_URI, "DELETE"},
    {WSI_TOKEN_HEAD_URI, "HEAD"},
};

/* Copies a header; false when it was not sent or does not fit (`size` bytes, NUL included), *out is empty then. */
static bool get_header(struct lws *wsi, enum lws_token_indexes token, char *out, size_t size)
{
    out[0] = '\0';
    if (lws_hdr_copy(wsi, out, (int)size, token) > 0)
        return true;
    out[0] = '\0';
    return false;
}

/* The same for a header that libwebsockets has no number for; `name` is lower case and ends in a colon. */
static bool get_custom_header(struct lws *wsi, const char *name, char *out, size_t size)
{
    out[0] = '\0';
    if (lws_hdr_custom_copy(wsi, out, (int)size, name, (int)strlen(name)) > 0)
        return true;
    out[0] = '\0';
    return false;
}

/* Bytes of the path and of all header values that libwebsockets has a number for; it does not tell about the others. */
static size_t header_bytes(struct lws *wsi)
{
    size_t n = 0;
    for (int t = 0; t < WSI_TOKEN_COUNT; t++)
        n += (size_t)lws_hdr_total_length(wsi, (enum lws_token_indexes)t);
    return n;
}

static void read_request_id(sw_conn *c)
{
    if (!get_custom_header(c->wsi, "x-request-id:", c->request_id, sizeof c->request_id) ||
        !sw__is_request_id(c->request_id))
        snprintf(c->request_id, sizeof c->request_id, "req-%016llx", (unsigned long long)sw_rng_entropy());
}

static void read_head(sw_conn *c, const char *path)
{
    char version[16], connection[32];
    c->started_ns = sw_now_ns(sw_clock_system());
    c->method = "";
    for (size_t i = 0; i < sizeof METHODS / sizeof METHODS[0]; i++) {
        if (lws_hdr_total_length(c->wsi, METHODS[i].token) > 0)
            c->method = METHODS[i].name;
    }
    snprintf(c->path, sizeof c->path, "%s", path);
    const size_t n = strlen(c->path);
    if (n > 1 && c->path[n - 1] == '/')
        c->path[n - 1] = '\0'; // a slash at the end is tolerated
    read_request_id(c);
    get_header(c->wsi, WSI_TOKEN_HTTP, version, sizeof version);
    get_header(c->wsi, WSI_TOKEN_CONNECTION, connection, sizeof connection);
    c->is_http10 = strcmp(version, "HTTP/1.1") != 0;
    c->wants_keep_alive = c->is_http10 ? strcasecmp(connection, "keep-alive") == 0 //
                                       : strcasecmp(connection, "close") != 0;
}

static bool check_origin(sw_conn *c)
{
    if (lws_hdr_total_length(c->wsi, WSI_TOKEN_ORIGIN) == 0)
        return true;
    char origin[sizeof c->origin];
    if (!get_header(c->wsi, WSI_TOKEN_ORIGIN, origin, sizeof origin) ||
        !(c->server->options->cors_any || sw__is_loopback_origin(origin)))
        return sw__api_fail(&c->refusal, SW_API_FORBIDDEN, NULL,
                            "requests from web pages of other origins are refused");
    snprintf(c->origin, sizeof c->origin, "%s", c->server->options->cors_any ? "*" : origin);
    if (!get_header(c->wsi, WSI_TOKEN_HTTP_AC_REQUEST_HEADERS, c->asked_headers, sizeof c->asked_headers) ||
        !sw__is_header_name_list(c->asked_headers))
        c->asked_headers[0] = '\0';
    return true;
}

/* A page of another site can make a browser resolve the site's own name to 127.0.0.1; Host still tells the name. */
static bool check_host(sw_conn *c)
{
    char host[256];
    if (lws_hdr_total_length(c->wsi, WSI_TOKEN_HOST) == 0)
        return c->is_http10 || sw__api_fail(&c->refusal, SW_API_BAD_HEADER, NULL, "the Host header is missing");
    if (c->server->is_loopback &&
        (!get_header(c->wsi, WSI_TOKEN_HOST, host, sizeof host) || !sw__is_loopback_authority(host)))
        return sw__api_fail(&c->refusal, SW_API_FORBIDDEN, NULL,
                            "this server listens on a loopback address and answers only to loopback host names");
    return true;
}

static bool check_key(sw_conn *c)
{
    const char *const key = c->server->options->api_key;
    if (key == NULL || c->route->is_public)
        return true;
    char given[512];
    if (get_header(c->wsi, WSI_TOKEN_HTTP_AUTHORIZATION, given, sizeof given) &&
        strncasecmp(given, "Bearer ", 7) == 0 && sw__same_key(key, given + 7))
        return true;
    if (get_custom_header(c->wsi, "x-api-key:", given, sizeof given) && sw__same_key(key, given))
        return true;
    return sw__api_fail(&c->refusal, SW_API_BAD_KEY, NULL, "the API key is missing or wrong");
}

/* Decides what becomes of the request from its head alone; on false, `refusal` says why. */
static bool check_head(sw_conn *c)
{
    if (!check_host(c) || !check_origin(c))
        return false;
    if (strcmp(c->method, "OPTIONS") == 0)
        return true;
    c->route = sw__route_find(c->method, c->path, &c->rest, &c->allow, &c->refusal);
    return c->route != NULL && check_key(c);
}

static bool has_length(const sw_conn *c)
{
    return lws_hdr_total_length(c->wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) > 0;
}

static bool needs_length(const sw_conn *c)
{
    return c->method[0] == 'P'; // POST, PUT, PATCH
}

/* How much body follows: *length_out.  False: that cannot be told, or is too much, so that this connection cannot be
 * used any further. */
static bool check_length(sw_conn *c, uint64_t *length_out)
{
    char text[64];
    *length_out = 0;
    if (header_bytes(c->wsi) > SW_LIMIT_HTTP_HEADER_BYTES)
        return sw__api_fail(&c->refusal, SW_API_HEADER_TOO_LARGE, NULL, "the request's head is larger than %d bytes",
                            SW_LIMIT_HTTP_HEADER_BYTES);
    if (lws_hdr_total_length(c->wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0 || (needs_length(c) && !has_length(c)))
        return sw__api_fail(&c->refusal, SW_API_LENGTH_REQUIRED, NULL,
                            "the request needs a Content-Length; chunked requests are not read");
    if (!has_length(c))
        return true;
    if (!get_header(c->wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, text, sizeof text) ||
        !sw__parse_content_length(text, length_out))
        return sw__api_fail(&c->refusal, SW_API_BAD_HEADER, NULL, "Content-Length is not a number");
    if (*length_out > SW_LIMIT_HTTP_BODY_BYTES)
        return sw__api_fail(&c->refusal, SW_API_TOO_LARGE, NULL,
                            "the body may have %d bytes at most, this one has %llu", SW_LIMIT_HTTP_BODY_BYTES,
                            (unsigned long long)*length_out);
    return true;
}

/* ---- from a request to its route ------------------------------------------------------------------------------- */

static void reset_request(sw_conn *c)
{
    c->phase = SW_PHASE_IDLE;
    c->route = NULL;
    c->rest = c->allow = c->ignored = NULL;
    c->refusal = (sw_api_error){0};
    c->origin[0] = c->asked_headers[0] = '\0';
    c->status = 0;
    c->is_held = c->wants_write = c->is_stream = c->is_chunked = c->close_after = c->linger_after = c->out_ends = false;
    sw_buf_free(&c->body);
    sw_buf_free(&c->out);
    c->out_sent = 0;
}

static void dispatch(sw_conn *c)
{
    set_timer(c, 0);
    lws_set_timeout(c->wsi, NO_PENDING_TIMEOUT, 0);
    c->phase = SW_PHASE_WAITING;
    if (c->body.failed != SW_OK)
        sw__api_fail(&c->refusal, SW_API_OUT_OF_MEMORY, NULL, "not enough memory for the request");
    if (c->refusal.what != SW_API_OK)
        sw__http_reply_error(c, &c->refusal);
    else if (c->route == NULL)
        sw__http_reply_empty(c, 200); // OPTIONS
    else
        c->route->handle(c, c->rest);
}

/* curl waits for this before it sends a large body. */
static void send_continue(sw_conn *c)
{
    char expect[32];
    static const char CONTINUE[] = "HTTP/1.1 100 Continue\r\n\r\n";
    unsigned char piece[LWS_PRE + sizeof CONTINUE];
    if (!get_header(c->wsi, WSI_TOKEN_HTTP_EXPECT, expect, sizeof expect) || strcasecmp(expect, "100-continue") != 0)
        return;
    memcpy(piece + LWS_PRE, CONTINUE, sizeof CONTINUE - 1);
    (void)lws_write(c->wsi, piece + LWS_PRE, sizeof CONTINUE - 1, LWS_WRITE_HTTP);
}

/* Whether the head came with the bytes of an earlier request: nothing was read since that one ended. */
static bool is_pipelined(const sw_conn *c)
{
    uint64_t n;
    return c->n_read_before > 0 && (!sw__socket_bytes_read(lws_get_socket_fd(c->wsi), &n) || n == c->n_read_before);
}

/* libwebsockets 4.1 would take the head of such a request for its body, and then loop for ever. */
static int refuse_pipelined_body(sw_conn *c)
{
    unsigned char piece[LWS_PRE + 4096];
    sw_api_error error;
    sw__api_fail(&error, SW_API_BAD_HEADER, NULL,
                 "a request with a body must not be sent before the answer to the previous request has arrived");
    c->close_after = true;
    sw__http_reply_error(c, &error);
    if (c->out.size <= sizeof piece - LWS_PRE) {
        memcpy(piece + LWS_PRE, c->out.data, c->out.size);
        (void)lws_write(c->wsi, piece + LWS_PRE, c->out.size, LWS_WRITE_HTTP);
    }
    return -1;
}

static int on_request(sw_conn *c, const char *path)
{
    uint64_t length;
    reset_request(c);
    read_head(c, path);
    if ((needs_length(c) || has_length(c)) && is_pipelined(c))
        return refuse_pipelined_body(c);
    if (!check_length(c, &length)) {
        c->close_after = c->linger_after = true;
        dispatch(c);
        return 0;
    }
    check_head(c); // a refusal is answered after the body was read, so that the connection stays usable
    // libwebsockets reports the end of an empty body only for POST.
    if (length == 0 && strcmp(c->method, "POST") != 0) {
        dispatch(c);
        return 0;
    }
    c->phase = SW_PHASE_BODY;
    set_timer(c, c->server->options->body_timeout_s);
    send_continue(c);
    return 0;
}

/* Asks for a callback when the socket takes bytes, and gives the client so much time to take some. */
static void want_write(sw_conn *c)
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

static int on_body_end(sw_conn *c)
{
    if (c->phase == SW_PHASE_BODY) {
        dispatch(c);
        return 0;
    }
    // Called again: the next request has arrived early, and libwebsockets offers it in a busy loop until it is told to
    // hold the connection.  A held connection cannot write either, so this lasts until there is something to send.
    if (c->phase == SW_PHASE_WAITING && !c->wants_write) {
        c->is_held = true;
        lws_rx_flow_control(c->wsi, 0);
    }
    return c->phase == SW_PHASE_WAITING || c->phase == SW_PHASE_SENDING ? 0 : -1;
}

static void drop_slow_client(sw_conn *c)
{
    conn_leave_exchange(c);
    sw__http_drop(c);
}

static int on_timer(sw_conn *c)
{
    switch (c->phase) {
    case SW_PHASE_BODY:
        sw__api_fail(&c->refusal, SW_API_REQUEST_TIMEOUT, NULL, "the request's body did not arrive within %g s",
                     c->server->options->body_timeout_s);
        c->close_after = c->linger_after = true;
        dispatch(c);
        return 0;
    case SW_PHASE_WAITING:
        if (c->wants_write)
            drop_slow_client(c);
        else
            sw__http_stream_send(c, ": keep-alive\n\n", 14);
        return 0;
    case SW_PHASE_SENDING: drop_slow_client(c); return 0;
    case SW_PHASE_FLUSHING:
        if (lws_partial_buffered(c->wsi))
            drop_slow_client(c);
        return 0;
    case SW_PHASE_LINGER: return -1;
    case SW_PHASE_IDLE: break;
    }
    return 0;
}

/* ---- sending --------------------------------------------------------------------------------------------------- */

typedef struct head {
    unsigned char bytes[4096];
    unsigned char *end; // of what was written
    bool failed;
} head;

static void add(sw_conn *c, head *h, const char *name, const char *value)
{
    h->failed =
        h->failed || lws_add_http_header_by_name(c->wsi, (const unsigned char *)name, (const unsigned char *)value,
                                                 (int)strlen(value), &h->end, h->bytes + sizeof h->bytes) != 0;
}

static void add_cors(sw_conn *c, head *h)
{
    if (c->origin[0] == '\0')
        return;
    add(c, h, "access-control-allow-origin:", c->origin);
    add(c, h, "access-control-expose-headers:", "X-Request-Id, Spillway-Ignored");
    add(c, h, "vary:", "Origin");
    if (strcmp(c->method, "OPTIONS") != 0)
        return;
    add(c, h, "access-control-allow-methods:", "GET, POST, OPTIONS");
    add(c, h, "access-control-allow-headers:",
        c->asked_headers[0] != '\0' ? c->asked_headers : "Content-Type, Authorization");
    add(c, h, "access-control-max-age:", "86400");
}

static void begin_head(sw_conn *c, head *h, int status)
{
    c->status = status;
    h->end = h->bytes;
    h->failed = lws_add_http_header_status(c->wsi, (unsigned)status, &h->end, h->bytes + sizeof h->bytes) != 0;
    add(c, h, "x-request-id:", c->request_id);
    add(c, h, "x-content-type-options:", "nosniff");
    add_cors(c, h);
    if (c->ignored != NULL && c->ignored[0] != '\0')
        add(c, h, "spillway-ignored:", c->ignored);
    c->close_after = c->close_after || !c->wants_keep_alive || c->server->is_stopping;
    if (c->close_after)
        add(c, h, "connection:", "close");
    else if (c->is_http10)
        add(c, h, "connection:", "keep-alive");
}

static void finish_head(sw_conn *c, head *h)
{
    h->failed = h->failed || lws_finalize_http_header(c->wsi, &h->end, h->bytes + sizeof h->bytes) != 0;
    if (h->failed) // 4096 bytes hold every head that this file makes
        sw__http_drop(c);
    else
        sw_buf_append(&c->out, h->bytes, (size_t)(h->end - h->bytes));
}

static void sending_ends(sw_conn *c)
{
    c->out_ends = true;
    c->phase = SW_PHASE_SENDING;
    want_write(c);
}

static void reply(sw_conn *c, head *h, const sw_buf *content)
{
    char length[24];
    const size_t n = content != NULL ? content->size : 0;
    snprintf(length, sizeof length, "%zu", n);
    if (content != NULL)
        add(c, h, "content-type:", "application/json; charset=utf-8");
    add(c, h, "content-length:", length);
    finish_head(c, h);
    if (content != NULL && strcmp(c->method, "HEAD") != 0)
        sw_buf_append(&c->out, content->data, n);
    if (c->out.failed != SW_OK)
        sw__http_drop(c);
    else
        sending_ends(c);
}

void sw__http_reply(sw_conn *c, int status, sw_buf *content)
{
    if (content->failed != SW_OK) {
        sw_api_error error;
        sw__api_fail(&error, SW_API_OUT_OF_MEMORY, NULL, "not enough memory for the answer");
        sw_buf_free(content);
        sw_buf_init(content, SW_ERR_MSG_BYTES * 8);
        sw__api_error_write(content, &error);
        status = sw__api_status(&error);
    }
    head h;
    begin_head(c, &h, status);
    reply(c, &h, content);
    sw_buf_free(content);
}

void sw__http_reply_empty(sw_conn *c, int status)
{
    head h;
    begin_head(c, &h, status);
    reply(c, &h, NULL);
}

void sw__http_reply_error(sw_conn *c, const sw_api_error *error)
{
    head h;
    char seconds[16];
    sw_buf content;
    sw_buf_init(&content, SW_ERR_MSG_BYTES * 8);
    sw__api_error_write(&content, error);
    begin_head(c, &h, sw__api_status(error));
    if (sw__api_retry_after(error) > 0) {
        snprintf(seconds, sizeof seconds, "%d", sw__api_retry_after(error));
        add(c, &h, "retry-after:", seconds);
    }
    if (error->what == SW_API_BAD_KEY)
        add(c, &h, "www-authenticate:", "Bearer");
    if (error->what == SW_API_METHOD_NOT_ALLOWED)
        add(c, &h, "allow:", c->allow);
    reply(c, &h, &content);
    sw_buf_free(&content);
}

void sw__http_stream_start(sw_conn *c)
{
    head h;
    c->is_stream = true;
    c->is_chunked = !c->is_http10;
    c->close_after = c->close_after || c->is_http10;
    begin_head(c, &h, 200);
    add(c, &h, "content-type:", "text/event-stream; charset=utf-8");
    add(c, &h, "cache-control:", "no-cache");
    add(c, &h, "x-accel-buffering:", "no");
    if (c->is_chunked)
        add(c, &h, "transfer-encoding:", "chunked");
    finish_head(c, &h);
    want_write(c);
}

void sw__http_stream_send(sw_conn *c, const char *data, size_t n)
{
    if (c->is_chunked)
        sw_buf_printf(&c->out, "%zx\r\n", n);
    sw_buf_append(&c->out, data, n);
    if (c->is_chunked)
        sw_buf_puts(&c->out, "\r\n");
    if (c->out.failed != SW_OK)
        sw__http_drop(c);
    else
        want_write(c);
}

bool sw__http_has_room(const sw_conn *c)
{
    return c->out.size - c->out_sent < ROOM_BYTES;
}

void sw__http_stream_end(sw_conn *c, bool close)
{
    if (c->is_chunked)
        sw_buf_puts(&c->out, "0\r\n\r\n");
    c->close_after = c->close_after || close;
    sending_ends(c);
}

void sw__http_drop(sw_conn *c)
{
    // Asynchronous, since callers are in the middle of using the connection.
    c->close_after = true;
    lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
}

/* ---- libwebsockets --------------------------------------------------------------------------------------------- */

static void log_request(const sw_conn *c)
{
    if (!c->server->options->verbose && c->status < 500)
        return;
    sw_buf path;
    sw_buf_init(&path, 4096);
    sw_escape_terminal(&path, c->path, strlen(c->path));
    fprintf(stderr, "%s %s %s %d %.1f ms\n", c->request_id, c->method, sw_buf_str(&path), c->status,
            sw_ms(sw_now_ns(sw_clock_system()) - c->started_ns));
    sw_buf_free(&path);
}

/* The whole answer was handed over: ready for the next request, or the end.  This must follow the last write at once:
 * libwebsockets would take a request that arrives in between for one that was pipelined. */
static int finish_request(sw_conn *c)
{
    const bool is_flushing = lws_partial_buffered(c->wsi) != 0;
    log_request(c);
    if (c->linger_after && !is_flushing) {
        // Closing while the client still sends would reset the connection, and the answer with it.
        shutdown(lws_get_socket_fd(c->wsi), SHUT_WR);
        c->phase = SW_PHASE_LINGER;
        set_timer(c, LINGER_S);
        return 0;
    }
    if (c->close_after || !sw__socket_bytes_read(lws_get_socket_fd(c->wsi), &c->n_read_before))
        return -1;
    reset_request(c);
    c->phase = is_flushing ? SW_PHASE_FLUSHING : SW_PHASE_IDLE;
    set_timer(c, is_flushing ? c->server->options->slow_client_timeout_s : 0);
    return lws_http_transaction_completed(c->wsi) ? -1 : 0;
}

/* Hands the next piece to libwebsockets, which keeps what the socket does not take and calls back when it has gone. */
static int write_piece(sw_conn *c)
{
    unsigned char piece[LWS_PRE + WRITE_PIECE];
    const size_t left = c->out.size - c->out_sent, n = left < WRITE_PIECE ? left : WRITE_PIECE;
    memcpy(piece + LWS_PRE, c->out.data + c->out_sent, n);
    if (lws_write(c->wsi, piece + LWS_PRE, n, LWS_WRITE_HTTP) < 0)
        return -1;
    c->out_sent += n;
    if (n == left) {
        sw_buf_clear(&c->out);
        c->out_sent = 0;
    }
    return 0;
}

static int on_writable(sw_conn *c)
{
    if (c->phase != SW_PHASE_WAITING && c->phase != SW_PHASE_SENDING)
        return 0;
    c->wants_write = false;
    if (c->out.size > c->out_sent && write_piece(c) != 0)
        return -1;
    if (c->exchange != NULL && sw__http_has_room(c))
        sw__chat_on_news(c->exchange); // events that had to wait for room
    if (c->out.size > c->out_sent)
        want_write(c);
    else if (c->out_ends)
        return finish_request(c);
    else if (c->is_stream)
        set_timer(c, c->server->options->ping_interval_s);
    return 0;
}

/* Upgrades (WebSocket, HTTP/2) are not offered; a server may ignore the wish.  libwebsockets reads the wished name
 * again after this callback, so an empty name makes it go on with plain HTTP. */
static int on_upgrade(struct lws *wsi, char *name)
{
    if (lws_hdr_total_length(wsi, WSI_TOKEN_UPGRADE) == 0)
        return -1; // a name unknown to libwebsockets: it has answered, and `name` may be gone
    name[0] = '\0';
    return 0;
}

static sw_exchange *pop_news(sw_server *s)
{
    pthread_mutex_lock(&s->lock);
    sw_exchange *const x = s->news;
    if (x != NULL) {
        s->news = x->next_news;
        if (s->news == NULL)
            s->news_end = &s->news;
        x->is_news = false;
    }
    pthread_mutex_unlock(&s->lock);
    return x;
}

void sw__server_take_news(sw_server *s)
{
    // A fast engine makes news as quickly as they are read: sockets must have their turn in between.
    for (int i = 0; i < NEWS_AT_ONCE; i++) {
        sw_exchange *const x = pop_news(s);
        if (x == NULL)
            return;
        sw__chat_on_news(x);
    }
    lws_cancel_service(s->lws);
}

static int on_connection_event(sw_conn *c, enum lws_callback_reasons reason, void *in, size_t len)
{
    switch (reason) {
    case LWS_CALLBACK_HTTP: return on_request(c, in);
    case LWS_CALLBACK_HTTP_BODY:
        if (c->phase == SW_PHASE_BODY && c->refusal.what == SW_API_OK)
            sw_buf_append(&c->body, in, len);
        return 0;
    case LWS_CALLBACK_HTTP_BODY_COMPLETION: return on_body_end(c);
    case LWS_CALLBACK_HTTP_WRITEABLE: return on_writable(c);
    case LWS_CALLBACK_TIMER: return on_timer(c);
    case LWS_CALLBACK_CLOSED_HTTP: conn_leave_exchange(c); return 0;
    case LWS_CALLBACK_WSI_DESTROY: conn_close(c); return 0;
    default: return 0;
    }
}

int sw__http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    (void)user;
    switch (reason) {
    case LWS_CALLBACK_FILTER_NETWORK_CONNECTION: {
        const sw_server *const s = lws_context_user(lws_get_context(wsi));
        return s->is_stopping || s->n_connections >= SW_LIMIT_HTTP_CONNECTIONS;
    }
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED: return conn_open(lws_context_user(lws_get_context(wsi)), wsi);
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED: sw__server_take_news(lws_context_user(lws_get_context(wsi))); return 0;
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
    sw_conn *const c = lws_get_opaque_user_data(wsi);
    return c != NULL ? on_connection_event(c, reason, in, len) : 0;
}
