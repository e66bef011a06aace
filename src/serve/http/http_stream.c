/* http_stream.c - answers in pieces: the one place that knows how an event becomes bytes.
 *
 * An event is framed (SSE, NDJSON), then the piece is put into a chunk, unless the client speaks HTTP/1.0, where the
 * end of the connection ends the answer.
 */
#include <stdio.h>
#include <string.h>

#include "http/http_conn.h"

static const char *content_type(http_framing framing)
{
    switch (framing) {
    case HTTP_SSE: return "text/event-stream; charset=utf-8";
    case HTTP_NDJSON: return "application/x-ndjson";
    case HTTP_CSV: return "text/csv; charset=utf-8";
    }
    return "";
}

/* A piece of n bytes: begin, its bytes into `out`, end.  Returns false if it is not sent. */
static bool begin_piece(http_conn *c, size_t n)
{
    if (strcmp(c->request.method, "HEAD") == 0)
        return false;
    if (c->is_chunked)
        buf_printf(&c->out, "%zx\r\n", n);
    return true;
}

static void end_piece(http_conn *c)
{
    if (c->is_chunked)
        buf_puts(&c->out, "\r\n");
    http_conn_appended(c);
}

void http_stream_ping(http_conn *c)
{
    static const char COMMENT[] = ": keep-alive\n\n";
    if (!begin_piece(c, sizeof COMMENT - 1))
        return;
    buf_puts(&c->out, COMMENT);
    end_piece(c);
}

void http_stream_begin(http_conn *c, http_framing framing, const http_field *fields)
{
    c->is_stream = true;
    c->framing = framing;
    c->is_chunked = !c->head.is_http10;
    c->close_after = c->close_after || c->head.is_http10;
    http_head_begin(c, 200);
    http_head_add_fields(c, fields);
    http_head_add(c, "content-type", content_type(framing));
    http_head_add(c, "cache-control", "no-cache");
    http_head_add(c, "x-accel-buffering", "no");
    if (c->is_chunked)
        http_head_add(c, "transfer-encoding", "chunked");
    http_head_end(c);
    if (framing == HTTP_SSE && c->server->options.ping_interval_s > 0)
        http_stream_ping(c); // shows at once that the request was accepted
}

/* The length of the first line of s[0..n); after it and its end, *rest_out bytes are left, or -1 if it is the last. */
static size_t first_line(const char *s, size_t n, ptrdiff_t *rest_out)
{
    size_t length = 0;
    while (length < n && s[length] != '\n' && s[length] != '\r')
        length++;
    const bool is_pair = n - length > 1 && s[length] == '\r' && s[length + 1] == '\n';
    *rest_out = (ptrdiff_t)(n - length) - (is_pair ? 2 : 1);
    return length;
}

/* Lines of data; returns their bytes.  out: NULL to count only. */
static size_t put_data(buf *out, const char *payload, size_t n)
{
    static const char NAME[] = "data: ";
    const char *const end = payload + n;
    size_t n_put = 0;
    for (ptrdiff_t rest = (ptrdiff_t)n; rest >= 0;) {
        const char *const line = end - rest;
        const size_t length = first_line(line, (size_t)rest, &rest);
        n_put += sizeof NAME - 1 + length + 1;
        if (out == NULL)
            continue;
        buf_puts(out, NAME);
        buf_append(out, line, length);
        buf_putc(out, '\n');
    }
    return n_put;
}

static void send_sse(http_conn *c, const char *event, const char *payload, size_t n)
{
    const size_t n_name = event != NULL ? strlen("event: \n") + strlen(event) : 0;
    if (!begin_piece(c, n_name + put_data(NULL, payload, n) + 1))
        return;
    if (event != NULL)
        buf_printf(&c->out, "event: %s\n", event);
    put_data(&c->out, payload, n);
    buf_putc(&c->out, '\n');
    end_piece(c);
}

static void send_line(http_conn *c, const char *payload, size_t n)
{
    if (!begin_piece(c, n + 1))
        return;
    buf_append(&c->out, payload, n);
    buf_putc(&c->out, '\n');
    end_piece(c);
}

void http_stream_event(http_conn *c, const char *event, const char *payload, size_t n)
{
    switch (c->framing) {
    case HTTP_SSE: send_sse(c, event, payload, n); break;
    case HTTP_NDJSON:
    case HTTP_CSV: send_line(c, payload, n); break;
    }
}

bool http_stream_has_room(const http_conn *c)
{
    return http_conn_waiting(c) < HTTP_ROOM_BYTES;
}

void http_stream_end(http_conn *c, bool is_broken)
{
    if (c->is_chunked && strcmp(c->request.method, "HEAD") != 0)
        buf_puts(&c->out, "0\r\n\r\n");
    c->close_after = c->close_after || is_broken;
    http_answer_ends(c);
}
