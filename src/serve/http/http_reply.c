/* http_reply.c - answers as bytes: heads, documents and refusals.  Everything is appended to the connection's `out`. */
#include <stdio.h>
#include <string.h>

#include "http/http_conn.h"

enum { PROBLEM_BYTES_MAX = 16384 };

static const char *reason(int status)
{
    static const struct {
        int status;
        const char *text;
    } REASONS[] = {
        {101, "Switching Protocols"},
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {411, "Length Required"},
        {413, "Content Too Large"},
        {422, "Unprocessable Content"},
        {426, "Upgrade Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
    };
    for (size_t i = 0; i < sizeof REASONS / sizeof REASONS[0]; i++) {
        if (REASONS[i].status == status)
            return REASONS[i].text;
    }
    return "";
}

/* ---- heads ------------------------------------------------------------------------------------------------------ */

void http_head_add(http_conn *c, const char *name, const char *value)
{
    // A value that came from a model or a client must not end the line.
    for (const char *s = value; *s != '\0'; s++) {
        if ((unsigned char)*s < ' ' || *s == 0x7f)
            return;
    }
    buf_printf(&c->out, "%s: %s\r\n", name, value);
}

void http_head_add_fields(http_conn *c, const http_field *fields)
{
    for (; fields != NULL && fields->name != NULL; fields++)
        http_head_add(c, fields->name, fields->value);
}

static void add_cors(http_conn *c)
{
    if (c->origin == NULL)
        return;
    http_head_add(c, "access-control-allow-origin", c->origin);
    http_head_add(c, "access-control-expose-headers", "X-Request-Id, Spillway-Ignored");
    http_head_add(c, "vary", "Origin");
    if (strcmp(c->request.method, "OPTIONS") != 0)
        return;
    http_head_add(c, "access-control-allow-methods", "GET, POST, DELETE, OPTIONS");
    http_head_add(c, "access-control-allow-headers",
                  c->asked_headers != NULL ? c->asked_headers : "Content-Type, Authorization");
    http_head_add(c, "access-control-max-age", "86400");
}

void http_head_begin(http_conn *c, int status)
{
    c->status = status;
    c->close_after = c->close_after || c->server->is_stopping || !c->head.wants_keep_alive;
    buf_printf(&c->out, "HTTP/1.%d %d %s\r\n", c->head.is_http10 ? 0 : 1, status, reason(status));
    http_head_add(c, "server", "spillway");
    http_head_add(c, "x-request-id", c->id);
    http_head_add(c, "x-content-type-options", "nosniff");
    add_cors(c);
    if (status == 101)
        http_head_add(c, "connection", "Upgrade");
    else if (c->close_after)
        http_head_add(c, "connection", "close");
    else if (c->head.is_http10)
        http_head_add(c, "connection", "keep-alive");
}

void http_head_end(http_conn *c)
{
    buf_puts(&c->out, "\r\n");
    c->written_ns = http_now(c->server);
    http_conn_ready(c);
}

/* ---- whole answers ---------------------------------------------------------------------------------------------- */

void http_answer_ends(http_conn *c)
{
    c->is_complete = true;
    c->responder = NULL;
    c->owner = NULL;
    c->phase = HTTP_PHASE_SENDING;
    c->deadline_ns = 0; // tick_answer watches that the client takes bytes
    http_conn_ready(c);
}

/* content_type NULL: no content. */
static void reply(http_conn *c, int status, const char *content_type, const http_field *fields, const buf *content)
{
    char length[24];
    snprintf(length, sizeof length, "%zu", content->size);
    http_head_begin(c, status);
    http_head_add_fields(c, fields);
    if (content_type != NULL)
        http_head_add(c, "content-type", content_type);
    http_head_add(c, "content-length", length);
    http_head_end(c);
    if (strcmp(c->request.method, "HEAD") != 0)
        buf_append(&c->out, content->data, content->size);
    http_answer_ends(c);
}

void http_reply(http_conn *c, int status, const char *content_type, const http_field *fields, buf *content)
{
    if (content->failed == SW_OK) {
        reply(c, status, content_type, fields, content);
    } else {
        c->problem = (http_problem){HTTP_NO_MEMORY, 500, "not enough memory for the answer"};
        http_reply_problem(c);
    }
    buf_free(content);
}

void http_reply_status(http_conn *c, int status)
{
    const buf nothing = {0};
    reply(c, status, NULL, NULL, &nothing);
}

/* What a refusal says in headers: how to ask better. */
static void fill_fields(const http_conn *c, http_field fields[4])
{
    fields[0] = fields[1] = fields[2] = fields[3] = (http_field){0};
    if (c->problem.kind == HTTP_BAD_KEY)
        fields[0] = (http_field){"www-authenticate", "Bearer"};
    else if (c->problem.kind == HTTP_METHOD_NOT_ALLOWED)
        fields[0] = (http_field){"allow", c->allow};
    else if (c->problem.kind == HTTP_STOPPING)
        fields[0] = (http_field){"retry-after", "5"};
    if (c->problem.kind != HTTP_UPGRADE_REQUIRED)
        return;
    fields[0] = (http_field){"connection", "Upgrade"};
    fields[1] = (http_field){"upgrade", "websocket"};
    fields[2] = (http_field){"sec-websocket-version", "13"};
}

void http_reply_problem(http_conn *c)
{
    const http_options *const o = &c->server->options;
    const http_problem *const p = &c->problem;
    const char *content_type = "text/plain; charset=utf-8";
    http_field fields[4];
    buf content;
    buf_init(&content, PROBLEM_BYTES_MAX);
    c->server->stats.n_refused++;
    fill_fields(c, fields);
    if (o->write_problem != NULL)
        o->write_problem(o->ud, c, p, &content, &content_type);
    else
        buf_printf(&content, "%s\n", p->message);
    if (content.failed != SW_OK)
        buf_clear(&content); // the status says enough
    reply(c, p->status, content.size > 0 ? content_type : NULL, fields, &content);
    buf_free(&content);
}
