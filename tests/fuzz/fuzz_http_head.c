/* Any bytes as requests on one connection: the verdict, the fields and the bodies do not depend on how they are cut. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http/http_body.h"
#include "http/http_head.h"
#include "http/http_query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD_MAX = 4096, BODY_MAX = 1 << 16, SEEN_BYTES_MAX = 1 << 24, REQUESTS_MAX = 64 };

typedef struct reader {
    http_head head;
    http_body body;
    bool has_head, is_refused;
    int n_requests;
    buf seen;
} reader;

/* Every parameter is shorter than its text, and the reading ends. */
static void read_query(const char *query)
{
    http_param p;
    for (const char *at = query; http_query_next(&at, &p) == HTTP_QUERY_PARAM;) {
        if (strlen(p.name) + strlen(p.value) > (size_t)(at - query) || at > query + strlen(query))
            abort();
    }
}

static void note_head(reader *r)
{
    const http_head *const h = &r->head;
    if (h->path[0] != '/' && strcmp(h->path, "*") != 0)
        abort();
    buf_printf(&r->seen, "%s %s %s %s %d%d%d%d%d %llu", h->method, h->path, h->query, h->authority, h->is_http10,
               h->wants_keep_alive, h->wants_continue, h->is_chunked, h->has_length, (unsigned long long)h->length);
    read_query(h->query);
    for (size_t i = 0; i < h->n_fields; i++)
        buf_printf(&r->seen, "|%s=%s", h->text.data + h->fields[i].name, h->text.data + h->fields[i].value);
}

static void refuse(reader *r, const http_problem *p)
{
    if (p->kind == HTTP_OK || p->status < 400 || p->message[0] == '\0')
        abort();
    r->is_refused = true;
    buf_printf(&r->seen, "!%d %s", p->status, p->message);
}

static size_t feed_head(reader *r, const char *data, size_t n)
{
    http_problem p = {0};
    size_t n_used;
    const http_head_state state = http_head_feed(&r->head, data, n, &n_used, &p);
    if (state == HTTP_HEAD_REFUSED)
        refuse(r, &p);
    if (state != HTTP_HEAD_DONE)
        return n_used;
    note_head(r);
    r->has_head = true;
    if (!r->head.is_chunked && r->head.length > BODY_MAX)
        r->is_refused = true;
    else if (r->head.is_chunked)
        http_body_init_chunked(&r->body, BODY_MAX);
    else
        http_body_init_length(&r->body, r->head.length);
    return n_used;
}

static size_t feed_body(reader *r, const char *data, size_t n)
{
    http_problem p = {0};
    size_t n_used;
    const http_body_state state = http_body_feed(&r->body, data, n, &n_used, &r->seen, &p);
    if (state == HTTP_BODY_REFUSED)
        refuse(r, &p);
    if (state != HTTP_BODY_DONE)
        return n_used;
    buf_puts(&r->seen, "\n");
    http_head_free(&r->head);
    r->has_head = false;
    r->is_refused = ++r->n_requests == REQUESTS_MAX;
    return n_used;
}

static void feed(reader *r, const char *data, size_t n)
{
    while (n > 0 && !r->is_refused) {
        size_t n_used = r->has_head ? feed_body(r, data, n) : feed_head(r, data, n);
        // A body of no bytes ends without one.
        if (n_used > n || (n_used == 0 && r->has_head))
            abort();
        if (r->has_head && !r->head.is_chunked && r->head.length == 0 && !r->is_refused && n_used == n)
            (void)feed_body(r, data + n_used, 0);
        data += n_used;
        n -= n_used;
    }
}

static void read_in_pieces(const char *data, size_t size, size_t piece, buf *out)
{
    reader r = {0};
    http_head_init(&r.head, HEAD_MAX);
    buf_init(&r.seen, SEEN_BYTES_MAX);
    for (size_t at = 0; at < size; at += piece)
        feed(&r, data + at, size - at < piece ? size - at : piece);
    http_head_free(&r.head);
    *out = r.seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t PIECES[] = {1, 2, 7};
    buf whole;
    read_in_pieces((const char *)data, size, size + 1, &whole);
    for (size_t i = 0; i < sizeof PIECES / sizeof PIECES[0]; i++) {
        buf cut;
        read_in_pieces((const char *)data, size, PIECES[i], &cut);
        if (cut.size != whole.size || memcmp(buf_str(&cut), buf_str(&whole), whole.size) != 0)
            abort();
        buf_free(&cut);
    }
    buf_free(&whole);
    return 0;
}
