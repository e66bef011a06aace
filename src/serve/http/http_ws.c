/* http_ws.c - an open WebSocket: messages in and out, Pings, and how it ends.
 *
 * What a client can make the server keep is bounded: one message, one Pong that is owed, and a queue beyond which the
 * client is not read until it has read itself.  After a Close of ours the client's frames are still read, but only its
 * Close counts.
 */
#include <string.h>

#include "base/utf8.h"
#include "http/http_conn.h"

enum { PINGS_UNANSWERED_MAX = 2 };

/* ---- sending ---------------------------------------------------------------------------------------------------- */

static void send_frame(http_conn *c, ws_opcode opcode, const char *data, size_t n)
{
    uint8_t head[WS_HEAD_BYTES_MAX];
    buf_append(&c->out, head, ws_frames_write_head(head, opcode, n));
    buf_append(&c->out, data, n);
    http_conn_appended(c);
}

void http_ws_send_text(http_conn *c, const char *data, size_t n)
{
    send_frame(c, WS_OP_TEXT, data, n);
}

/* The last frame of ours; code: also one of the client's. */
static void close_with(http_conn *c, int code, const char *reason)
{
    char payload[WS_CONTROL_BYTES_MAX] = {(char)(code >> 8), (char)code};
    size_t n = reason != NULL ? strlen(reason) : 0;
    if (n > WS_REASON_BYTES_MAX)
        n = utf8_complete_prefix(reason, WS_REASON_BYTES_MAX);
    if (n > 0)
        memcpy(payload + 2, reason, n);
    send_frame(c, WS_OP_CLOSE, payload, code != HTTP_WS_NO_CODE ? 2 + n : 0);
    http_answer_ends(c);
}

static void send_pong(http_conn *c)
{
    if (!c->ws.owes_pong || !http_stream_has_room(c))
        return;
    c->ws.owes_pong = false;
    send_frame(c, WS_OP_PONG, c->ws.pong, c->ws.n_pong);
}

/* ---- the end ---------------------------------------------------------------------------------------------------- */

void http_ws_close(http_conn *c, http_ws_code code, const char *reason)
{
    close_with(c, code, reason);
}

/* The client has sent its Close, or something that is worth one; nothing else of it is read. */
static void end(http_conn *c, int code, const char *reason)
{
    const http_responder *const responder = c->responder;
    void *const owner = c->owner;
    c->ws.is_over = true;
    if (c->phase == HTTP_PHASE_WEBSOCKET) {
        close_with(c, code, reason);
        responder->gone(owner);
    } else if (c->phase == HTTP_PHASE_LINGER) {
        http_conn_shut_down(c); // ours has left
    }
}

/* ---- receiving -------------------------------------------------------------------------------------------------- */

static void on_message(http_conn *c, bool is_text)
{
    ws_frames *const f = &c->ws.frames;
    if (c->phase == HTTP_PHASE_WEBSOCKET)
        c->ws.functions->message(c->owner, buf_str(&f->message), f->message.size, is_text);
    ws_frames_forget(f);
}

static void on_ping(http_conn *c)
{
    http_ws *const ws = &c->ws;
    memcpy(ws->pong, ws->frames.control, ws->frames.n_control);
    ws->n_pong = ws->frames.n_control;
    ws->owes_pong = true; // instead of an earlier one (RFC 6455, section 5.5.3)
    send_pong(c);
}

static void act_on(http_conn *c, ws_found found)
{
    const ws_frames *const f = &c->ws.frames;
    switch (found) {
    case WS_MORE: break;
    case WS_TEXT:
    case WS_BINARY: on_message(c, found == WS_TEXT); break;
    case WS_PING:
        if (c->phase == HTTP_PHASE_WEBSOCKET)
            on_ping(c);
        break;
    case WS_PONG: c->ws.n_unanswered = 0; break;
    case WS_CLOSE: end(c, f->code, NULL); break;
    case WS_REFUSED: end(c, f->code, f->reason); break;
    }
}

/* A message that has begun must end within the time of a body. */
static void watch_message(http_conn *c)
{
    if (c->phase != HTTP_PHASE_WEBSOCKET)
        return;
    if (!ws_frames_is_amid(&c->ws.frames))
        c->deadline_ns = 0;
    else if (c->deadline_ns == 0)
        http_conn_enter(c, HTTP_PHASE_WEBSOCKET, c->server->options.body_timeout_s);
}

/* Keeps the bytes for later; the client is not read meanwhile, and its sending stalls. */
static void hold_back(http_conn *c, const char *data, size_t n)
{
    uv_read_stop((uv_stream_t *)&c->tcp);
    c->ws.is_held_back = true;
    c->deadline_ns = 0; // of a message that is not to blame
    buf_append(&c->early, data, n);
    if (c->early.failed != SW_OK)
        http_conn_lose(c);
}

size_t http_ws_bytes(http_conn *c, const char *data, size_t n)
{
    size_t n_used = n;
    if (c->ws.is_over)
        return n;
    if (c->phase == HTTP_PHASE_WEBSOCKET && http_conn_waiting(c) >= LIMIT_HTTP_SEND_QUEUE_BYTES) {
        hold_back(c, data, n);
        return n;
    }
    act_on(c, ws_frames_feed(&c->ws.frames, data, n, &n_used));
    watch_message(c);
    return n_used;
}

void http_ws_drained(http_conn *c)
{
    if (c->phase == HTTP_PHASE_WEBSOCKET)
        send_pong(c);
    if (!c->ws.is_held_back || c->phase == HTTP_PHASE_CLOSING)
        return;
    c->ws.is_held_back = false;
    http_conn_read_early(c);
    if (c->phase != HTTP_PHASE_CLOSING && !c->ws.is_held_back && !http_conn_start_reading(c))
        http_conn_lose(c);
}

/* ---- time ------------------------------------------------------------------------------------------------------- */

/* A client that has not yet taken what was sent before cannot answer either: that is for slow_client_timeout_s. */
static void ping(http_conn *c, uint64_t now_ns)
{
    c->ws.ping_ns = now_ns;
    if (http_conn_waiting(c) > 0)
        return;
    if (c->ws.n_unanswered == PINGS_UNANSWERED_MAX) {
        http_conn_lose(c);
        return;
    }
    c->ws.n_unanswered++;
    send_frame(c, WS_OP_PING, NULL, 0);
}

void http_ws_tick(http_conn *c, uint64_t now_ns)
{
    const double interval_s = c->server->options.ws_ping_interval_s;
    if (c->deadline_ns != 0 && now_ns >= c->deadline_ns)
        end(c, HTTP_WS_POLICY, "the message did not arrive in time");
    else if (interval_s > 0 && now_ns - c->ws.ping_ns >= http_seconds_ns(interval_s))
        ping(c, now_ns);
}
