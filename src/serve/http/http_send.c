/* http_send.c - bytes on their way out.
 *
 * An answer is appended to `out`.  Once per turn of the loop the socket is offered all of it; what it does not take
 * goes to libuv as `flying`, one piece at a time, so that the order is that of the appends.
 */
#include <string.h>

#include "http/http_conn.h"

enum { KEPT_BYTES = 65536 }; // a larger buffer is given back when it is empty

void http_conn_appended(http_conn *c)
{
    c->written_ns = http_now(c->server);
    c->was_full = c->was_full || http_conn_waiting(c) >= HTTP_ROOM_BYTES;
    http_conn_ready(c);
}

void http_conn_ready(http_conn *c)
{
    http_server *const s = c->server;
    if (c->phase == HTTP_PHASE_CLOSING || c->is_ready)
        return;
    if (!c->is_writing)
        c->taken_ns = http_now(s); // the client's time begins with the first byte that waits
    c->is_ready = true;
    c->next_ready = NULL;
    if (s->ready_last != NULL)
        s->ready_last->next_ready = c;
    else
        s->ready_first = c;
    s->ready_last = c;
    s->n_ready++;
}

void http_conn_forget(http_conn *c)
{
    http_server *const s = c->server;
    http_conn *before = NULL;
    if (!c->is_ready)
        return;
    for (http_conn *at = s->ready_first; at != c; at = at->next_ready)
        before = at;
    if (before != NULL)
        before->next_ready = c->next_ready;
    else
        s->ready_first = c->next_ready;
    if (s->ready_last == c)
        s->ready_last = before;
    c->is_ready = false;
    s->n_ready--;
}

void http_flush_ready(http_server *s)
{
    // Only those of now: owners that send as fast as the socket takes must leave others their turn.
    for (size_t n = s->n_ready; n > 0 && s->ready_first != NULL; n--) {
        http_conn *const c = s->ready_first;
        http_conn_forget(c);
        http_conn_flush(c);
    }
}

size_t http_conn_waiting(const http_conn *c)
{
    return c->out.size + uv_stream_get_write_queue_size((const uv_stream_t *)&c->tcp);
}

/* Everything that was appended has been taken by the socket. */
static void on_drained(http_conn *c)
{
    if (c->out.cap > KEPT_BYTES)
        buf_free(&c->out);
    else
        buf_clear(&c->out);
    const bool was_complete = c->is_complete;
    if (was_complete)
        http_conn_finish(c);
    if (c->is_ws)
        http_ws_drained(c); // before an owner fills the queue again
    if (!was_complete && c->was_full && c->responder != NULL) {
        c->was_full = false;
        c->responder->pump(c->owner);
    }
}

static void on_written(uv_write_t *write, int status)
{
    http_conn *const c = write->data;
    c->is_writing = false;
    if (c->phase == HTTP_PHASE_CLOSING)
        return;
    buf_free(&c->flying);
    if (status < 0)
        http_conn_lose(c);
    else
        http_conn_flush(c);
}

/* Leaves `out` from byte `at` on to libuv. */
static void fly(http_conn *c, size_t at)
{
    uv_buf_t rest = uv_buf_init(c->out.data + at, (unsigned)(c->out.size - at));
    c->flying = c->out;
    buf_init(&c->out, HTTP_REPLY_BYTES_MAX);
    c->n_given += rest.len;
    c->write.data = c;
    c->is_writing = uv_write(&c->write, (uv_stream_t *)&c->tcp, &rest, 1, on_written) == 0;
    if (!c->is_writing)
        http_conn_lose(c);
}

void http_conn_flush(http_conn *c)
{
    size_t n_sent = 0;
    if (c->phase == HTTP_PHASE_CLOSING || c->is_writing)
        return;
    if (c->out.failed != SW_OK) {
        http_conn_lose(c);
        return;
    }
    while (n_sent < c->out.size) {
        const uv_buf_t piece = uv_buf_init(c->out.data + n_sent, (unsigned)(c->out.size - n_sent));
        const int n = uv_try_write((uv_stream_t *)&c->tcp, &piece, 1);
        if (n == UV_EAGAIN)
            break;
        if (n < 0) {
            http_conn_lose(c);
            return;
        }
        n_sent += (size_t)n;
        c->n_given += (size_t)n;
    }
    if (n_sent < c->out.size)
        fly(c, n_sent);
    else
        on_drained(c);
}
