/* http_reply.c - answers as bytes: heads, documents, errors, and the pieces of an event stream.
 *
 * Everything is appended to the connection's `out`; http.c sends it.
 */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "server/internal.h"

enum { ROOM_BYTES = 1 << 18 }; // of an event stream that may wait in `out`; further events wait as such

typedef struct head {
    unsigned char bytes[4096];
    unsigned char *end; // of what was written
    bool failed;
} head;

static void add(conn *c, head *h, const char *name, const char *value)
{
    h->failed =
        h->failed || lws_add_http_header_by_name(c->wsi, (const unsigned char *)name, (const unsigned char *)value,
                                                 (int)strlen(value), &h->end, h->bytes + sizeof h->bytes) != 0;
}

static void add_cors(conn *c, head *h)
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

static void begin_head(conn *c, head *h, int status)
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

static void finish_head(conn *c, head *h)
{
    h->failed = h->failed || lws_finalize_http_header(c->wsi, &h->end, h->bytes + sizeof h->bytes) != 0;
    if (h->failed) // 4096 bytes hold every head that this file makes
        http_drop(c);
    else
        buf_append(&c->out, h->bytes, (size_t)(h->end - h->bytes));
}

static void sending_ends(conn *c)
{
    c->out_ends = true;
    c->phase = PHASE_SENDING;
    http_want_write(c);
}

static void reply(conn *c, head *h, const buf *content)
{
    char length[24];
    const size_t n = content != NULL ? content->size : 0;
    snprintf(length, sizeof length, "%zu", n);
    if (content != NULL)
        add(c, h, "content-type:", "application/json; charset=utf-8");
    add(c, h, "content-length:", length);
    finish_head(c, h);
    if (content != NULL && strcmp(c->method, "HEAD") != 0)
        buf_append(&c->out, content->data, n);
    if (c->out.failed != SW_OK)
        http_drop(c);
    else
        sending_ends(c);
}

void http_reply(conn *c, int status, buf *content)
{
    if (content->failed != SW_OK) {
        api_error error;
        api_fail(&error, API_OUT_OF_MEMORY, NULL, "not enough memory for the answer");
        buf_free(content);
        buf_init(content, SW_ERR_MSG_BYTES * 8);
        api_error_write(content, &error);
        status = api_status(&error);
    }
    head h;
    begin_head(c, &h, status);
    reply(c, &h, content);
    buf_free(content);
}

void http_reply_empty(conn *c, int status)
{
    head h;
    begin_head(c, &h, status);
    reply(c, &h, NULL);
}

void http_reply_error(conn *c, const api_error *error)
{
    head h;
    char seconds[16];
    buf content;
    buf_init(&content, SW_ERR_MSG_BYTES * 8);
    api_error_write(&content, error);
    begin_head(c, &h, api_status(error));
    if (api_retry_after(error) > 0) {
        snprintf(seconds, sizeof seconds, "%d", api_retry_after(error));
        add(c, &h, "retry-after:", seconds);
    }
    if (error->what == API_BAD_KEY)
        add(c, &h, "www-authenticate:", "Bearer");
    if (error->what == API_METHOD_NOT_ALLOWED)
        add(c, &h, "allow:", c->allow);
    reply(c, &h, &content);
    buf_free(&content);
}

void http_stream_start(conn *c)
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
    http_want_write(c);
}

void http_stream_send(conn *c, const char *data, size_t n)
{
    if (c->is_chunked)
        buf_printf(&c->out, "%zx\r\n", n);
    buf_append(&c->out, data, n);
    if (c->is_chunked)
        buf_puts(&c->out, "\r\n");
    if (c->out.failed != SW_OK)
        http_drop(c);
    else
        http_want_write(c);
}

bool http_has_room(const conn *c)
{
    return c->out.size - c->out_sent < ROOM_BYTES;
}

void http_stream_end(conn *c, bool close)
{
    if (c->is_chunked)
        buf_puts(&c->out, "0\r\n\r\n");
    c->close_after = c->close_after || close;
    sending_ends(c);
}
