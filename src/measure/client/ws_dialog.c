/* ws_dialog.c - masks what is sent, and sorts what comes. */
#include "client/ws_dialog.h"

#include <string.h>

#include "base/rng.h"

enum { OUT_BYTES_MAX = 2 * LIMIT_WS_MESSAGE_BYTES };

void ws_dialog_init(ws_dialog *d)
{
    *d = (ws_dialog){0};
    ws_frames_init_of_server(&d->frames);
    buf_init(&d->out, OUT_BYTES_MAX);
}

void ws_dialog_free(ws_dialog *d)
{
    ws_frames_free(&d->frames);
    buf_free(&d->out);
}

/* With a mask that nothing outside this process knows (RFC 6455, section 10.3). */
static void put(ws_dialog *d, ws_opcode opcode, const char *data, size_t n)
{
    uint8_t mask[WS_MASK_BYTES];
    const uint64_t random = entropy_next(NULL);
    memcpy(mask, &random, sizeof mask);
    ws_frames_put_masked(&d->out, opcode, data, n, mask);
}

sw_code ws_dialog_begin(ws_dialog *d, const char *text, sw_err *err)
{
    ws_dialog_free(d);
    ws_dialog_init(d);
    put(d, WS_OP_TEXT, text, strlen(text));
    return d->out.failed == SW_OK ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory for a request");
}

/* Acts on what was found in the frames. */
static sw_code act(ws_dialog *d, ws_found found, ws_message_fn on_message, void *ud, sw_err *err)
{
    const ws_frames *const f = &d->frames;
    switch (found) {
    case WS_TEXT:
    case WS_BINARY: on_message(ud, buf_str(&f->message), f->message.size); break;
    case WS_PING: put(d, WS_OP_PONG, f->control, f->n_control); break;
    case WS_CLOSE: d->has_closed = true; break;
    case WS_REFUSED:
        return sw_fail(err, f->code == WS_CODE_INTERNAL_ERROR ? SW_ENOMEM : SW_EFORMAT,
                       "the bytes are not the frames of a WebSocket server: %s", f->reason);
    case WS_MORE:
    case WS_PONG: break;
    }
    if (d->out.failed == SW_ELIMIT)
        return sw_fail(err, SW_ELIMIT, "the server sends Pings faster than it reads their answers");
    return d->out.failed == SW_OK ? SW_OK : sw_fail(err, d->out.failed, "out of memory for the answer to a Ping");
}

sw_code ws_dialog_feed(ws_dialog *d, const char *bytes, size_t n, ws_message_fn on_message, void *ud, sw_err *err)
{
    sw_code code = SW_OK;
    for (size_t i = 0; i < n && code == SW_OK && !d->has_closed;) {
        size_t n_used;
        const ws_found found = ws_frames_feed(&d->frames, bytes + i, n - i, &n_used);
        i += n_used;
        code = act(d, found, on_message, ud, err);
    }
    return code;
}

size_t ws_dialog_take(ws_dialog *d, char *to, size_t size)
{
    const size_t n_left = d->out.size - d->n_sent;
    const size_t n = n_left < size ? n_left : size;
    memcpy(to, buf_str(&d->out) + d->n_sent, n);
    d->n_sent += n;
    if (d->n_sent == d->out.size) {
        buf_clear(&d->out);
        d->n_sent = 0;
    }
    return n;
}

bool ws_dialog_has_output(const ws_dialog *d)
{
    return d->n_sent < d->out.size;
}
