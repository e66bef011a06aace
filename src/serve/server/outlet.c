/* outlet.c - answers over HTTP. */
#include "server/outlet.h"

#include <stdio.h>

static void begin(void *to, const dialect *family, const http_field *fields)
{
    http_stream_begin(to, family->framing == DIALECT_NDJSON ? HTTP_NDJSON : HTTP_SSE, fields);
}

static bool has_room(void *to)
{
    return http_stream_has_room(to);
}

static void event(void *to, const char *name, const char *payload, size_t n)
{
    http_stream_event(to, name, payload, n);
}

static void end(void *to, bool is_broken)
{
    http_stream_end(to, is_broken);
}

static void reply(void *to, int status, const char *content_type, const http_field *fields, buf *content)
{
    http_reply(to, status, content_type, fields, content);
}

static void drop(void *to)
{
    http_drop(to);
}

outlet outlet_http(http_conn *c)
{
    static const outlet_ops OPS = {begin, has_room, event, end, reply, drop};
    return (outlet){&OPS, c};
}

void outlet_reply_error(outlet out, const dialect *family, const api_error *error)
{
    char seconds[16];
    http_field fields[2] = {{0}};
    if (api_retry_after(error) > 0) {
        snprintf(seconds, sizeof seconds, "%d", api_retry_after(error));
        fields[0] = (http_field){"retry-after", seconds};
    }
    buf content;
    buf_init(&content, SW_ERR_MSG_BYTES * 8); // JSON escapes a byte with six at most
    family->write_error(&content, error);
    const int status = family->status != NULL ? family->status(error) : api_status(error);
    out.ops->reply(out.to, status, family->content_type, fields, &content);
}
