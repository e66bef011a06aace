/* http_stream.c - answers in pieces: the one place that knows how an event becomes bytes.
 *
 * An event is framed (SSE, NDJSON; a WebSocket message would be one more row), then the piece is put into a chunk,
 * unless the client speaks HTTP/1.0, where the end of the connection ends the answer.
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

/* Appends one piece of parts (NULL: left out). */
static void send_piece(http_conn *c, const char *const *parts, const size_t *sizes, size_t n_parts)
{
    size_t n = 0;
    if (strcmp(c->request.method, "HEAD") == 0)
        return;
    for (size_t i = 0; i < n_parts; i++)
        n += sizes[i];
    if (c->is_chunked)
        buf_printf(&c->out, "%zx\r\n", n);
    for (size_t i = 0; i < n_parts; i++)
        buf_append(&c->out, parts[i], sizes[i]);
    if (c->is_chunked)
        buf_puts(&c->out, "\r\n");
    c->written_ns = http_now(c->server);
    c->was_full = c->was_full || http_conn_waiting(c) >= HTTP_ROOM_BYTES;
    http_conn_ready(c);
}

void http_stream_ping(http_conn *c)
{
    static const char COMMENT[] = ": keep-alive\n\n";
    send_piece(c, &(const char *const){COMMENT}, &(const size_t){sizeof COMMENT - 1}, 1);
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

void http_stream_event(http_conn *c, const char *event, const char *payload, size_t n)
{
    const bool is_sse = c->framing == HTTP_SSE, is_named = is_sse && event != NULL;
    const char *const parts[] = {"event: ", event, "\n", "data: ", payload, is_sse ? "\n\n" : "\n"};
    const size_t sizes[] = {is_named ? 7 : 0, is_named ? strlen(event) : 0, is_named ? 1 : 0, is_sse ? 6 : 0, n,
                            is_sse ? 2 : 1};
    send_piece(c, parts, sizes, sizeof parts / sizeof parts[0]);
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
