/* ws_frames.c - the head of a frame byte by byte, its payload in one go; each byte is judged as soon as it is there. */
#include "base/ws_frames.h"

#include <string.h>

#include "base/utf8.h"

enum {
    BIT_FIN = 0x80,
    BITS_RSV = 0x70,
    BITS_OPCODE = 0x0f,
    BIT_MASK = 0x80,
    BITS_LENGTH = 0x7f,
    LENGTH_16 = 126, // the length is in the next 2 bytes
    LENGTH_64 = 127, // in the next 8
};

void ws_frames_init(ws_frames *f)
{
    *f = (ws_frames){0};
    buf_init(&f->message, LIMIT_WS_MESSAGE_BYTES);
}

void ws_frames_init_of_server(ws_frames *f)
{
    ws_frames_init(f);
    f->is_of_server = true;
}

void ws_frames_free(ws_frames *f)
{
    buf_free(&f->message);
}

void ws_frames_forget(ws_frames *f)
{
    if (!f->has_message)
        return;
    buf_free(&f->message);
    f->n_valid = 0;
    f->has_message = false;
}

bool ws_frames_is_amid(const ws_frames *f)
{
    return f->n_head > 0 || f->message_opcode != 0;
}

static ws_found refuse(ws_frames *f, ws_code code, const char *reason)
{
    f->code = code;
    f->reason = reason;
    return WS_REFUSED;
}

static ws_found refuse_text(ws_frames *f)
{
    return refuse(f, WS_CODE_BAD_TEXT, "a text is not UTF-8");
}

static ws_opcode opcode_of(const ws_frames *f)
{
    return (ws_opcode)(f->head[0] & BITS_OPCODE);
}

static bool is_control(const ws_frames *f)
{
    return opcode_of(f) >= WS_OP_CLOSE;
}

static uint64_t big_endian(const uint8_t *bytes, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* ---- the end of a frame ----------------------------------------------------------------------------------------- */

/* 1000 to 1014 but for those that are reserved or only said locally; then libraries' and applications' own. */
bool ws_frames_is_code(int code)
{
    const bool is_reserved = code == 1004 || code == 1005 || code == 1006;
    return (code >= 1000 && code <= 1014 && !is_reserved) || (code >= 3000 && code <= 4999);
}

static ws_found end_close(ws_frames *f)
{
    f->code = 0;
    if (f->n_control == 0)
        return WS_CLOSE;
    if (f->n_control == 1)
        return refuse(f, WS_CODE_PROTOCOL_ERROR, "a Close has half a code");
    f->code = (int)big_endian((const uint8_t *)f->control, 2);
    if (!ws_frames_is_code(f->code))
        return refuse(f, WS_CODE_PROTOCOL_ERROR, "a Close has a code that must not be sent");
    return utf8_valid(f->control + 2, f->n_control - 2) ? WS_CLOSE : refuse_text(f);
}

static ws_found end_message(ws_frames *f)
{
    const bool is_text = f->message_opcode == WS_OP_TEXT;
    if (is_text && f->n_valid < f->message.size)
        return refuse_text(f); // it ends within a character
    f->message_opcode = 0;
    f->has_message = true;
    return is_text ? WS_TEXT : WS_BINARY;
}

static ws_found end_frame(ws_frames *f)
{
    f->has_head = false;
    f->n_head = 0;
    switch (opcode_of(f)) {
    case WS_OP_PING: return WS_PING;
    case WS_OP_PONG: return WS_PONG;
    case WS_OP_CLOSE: return end_close(f);
    case WS_OP_CONTINUATION:
    case WS_OP_TEXT:
    case WS_OP_BINARY: break;
    }
    return (f->head[0] & BIT_FIN) != 0 ? end_message(f) : WS_MORE;
}

/* ---- heads ------------------------------------------------------------------------------------------------------ */

/* FIN, three reserved bits and the opcode. */
static ws_found check_opcode(ws_frames *f)
{
    const ws_opcode opcode = opcode_of(f);
    if ((f->head[0] & BITS_RSV) != 0)
        return refuse(f, WS_CODE_PROTOCOL_ERROR, "a frame has a reserved bit, and no extension was agreed on");
    if (opcode > WS_OP_PONG || (opcode > WS_OP_BINARY && opcode < WS_OP_CLOSE))
        return refuse(f, WS_CODE_PROTOCOL_ERROR, "a frame has an unknown opcode");
    if (is_control(f) && (f->head[0] & BIT_FIN) == 0)
        return refuse(f, WS_CODE_PROTOCOL_ERROR, "a control frame is a fragment");
    if (opcode == WS_OP_CONTINUATION && f->message_opcode == 0)
        return refuse(f, WS_CODE_PROTOCOL_ERROR, "there is no message to continue");
    if ((opcode == WS_OP_TEXT || opcode == WS_OP_BINARY) && f->message_opcode != 0)
        return refuse(f, WS_CODE_PROTOCOL_ERROR, "a message begins within another");
    if (opcode == WS_OP_TEXT || opcode == WS_OP_BINARY)
        f->message_opcode = opcode;
    if (is_control(f))
        f->n_control = 0;
    return WS_MORE;
}

/* How many bytes of the head there are before the mask. */
static size_t n_before_mask(const ws_frames *f)
{
    switch (f->head[1] & BITS_LENGTH) {
    case LENGTH_16: return 4;
    case LENGTH_64: return 10;
    default: return 2;
    }
}

/* The mask bit and the first part of the length. */
static ws_found check_mask_bit(ws_frames *f)
{
    if (((f->head[1] & BIT_MASK) != 0) == f->is_of_server)
        return refuse(f, WS_CODE_PROTOCOL_ERROR, f->is_of_server ? "a frame is masked" : "a frame is not masked");
    if (is_control(f) && (f->head[1] & BITS_LENGTH) > WS_CONTROL_BYTES_MAX)
        return refuse(f, WS_CODE_PROTOCOL_ERROR, "a control frame has more than 125 bytes");
    return WS_MORE;
}

static ws_found read_length(ws_frames *f)
{
    const size_t n = f->n_head;
    f->left = n == 2 ? f->head[1] & BITS_LENGTH : big_endian(f->head + 2, n - 2);
    if ((n == 4 && f->left < LENGTH_16) || (n == 10 && (f->left <= UINT16_MAX || f->left > INT64_MAX)))
        return refuse(f, WS_CODE_PROTOCOL_ERROR, "the length of a frame is not in its shortest form, or has 64 bits");
    if (!is_control(f) && f->left > LIMIT_WS_MESSAGE_BYTES - f->message.size)
        return refuse(f, WS_CODE_TOO_LARGE, "a message is too large");
    return WS_MORE;
}

static ws_found begin_payload(ws_frames *f)
{
    f->has_head = true;
    f->n_unmasked = 0;
    return f->left == 0 ? end_frame(f) : WS_MORE;
}

static ws_found read_head(ws_frames *f, uint8_t byte)
{
    ws_found found = WS_MORE;
    f->head[f->n_head++] = byte;
    if (f->n_head == 1)
        return check_opcode(f);
    if (f->n_head == 2)
        found = check_mask_bit(f);
    if (found == WS_MORE && f->n_head == n_before_mask(f))
        found = read_length(f);
    if (found == WS_MORE && f->n_head == n_before_mask(f) + (f->is_of_server ? 0 : WS_MASK_BYTES))
        return begin_payload(f);
    return found;
}

/* ---- payloads --------------------------------------------------------------------------------------------------- */

/* Returns false as soon as no further byte can make the text valid. */
static bool check_text(ws_frames *f)
{
    const char *const unknown = f->message.data + f->n_valid;
    const size_t n = utf8_complete_prefix(unknown, f->message.size - f->n_valid);
    f->n_valid += n;
    return utf8_valid(unknown, n);
}

/* Unmasks n bytes in place; those of a server have no mask. */
static void unmask(ws_frames *f, char *bytes, size_t n)
{
    if (f->is_of_server)
        return;
    const uint8_t *const mask = f->head + f->n_head - WS_MASK_BYTES;
    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)((uint8_t)bytes[i] ^ mask[(f->n_unmasked + i) % WS_MASK_BYTES]);
    f->n_unmasked += n;
}

/* n <= left */
static ws_found read_payload(ws_frames *f, const char *data, size_t n)
{
    f->left -= n;
    if (is_control(f)) {
        memcpy(f->control + f->n_control, data, n);
        unmask(f, f->control + f->n_control, n);
        f->n_control += n;
    } else {
        buf_append(&f->message, data, n);
        if (f->message.failed != SW_OK)
            return refuse(f, WS_CODE_INTERNAL_ERROR, "not enough memory for a message");
        unmask(f, f->message.data + f->message.size - n, n);
        if (f->message_opcode == WS_OP_TEXT && !check_text(f))
            return refuse_text(f);
    }
    return f->left == 0 ? end_frame(f) : WS_MORE;
}

ws_found ws_frames_feed(ws_frames *f, const char *data, size_t n, size_t *n_used_out)
{
    ws_found found = WS_MORE;
    size_t i = 0;
    ws_frames_forget(f);
    while (i < n && found == WS_MORE) {
        if (!f->has_head) {
            found = read_head(f, (uint8_t)data[i++]);
            continue;
        }
        const size_t n_taken = n - i < f->left ? n - i : (size_t)f->left;
        found = read_payload(f, data + i, n_taken);
        i += n_taken;
    }
    *n_used_out = i;
    return found;
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

size_t ws_frames_write_head(uint8_t out[WS_HEAD_BYTES_MAX], ws_opcode opcode, uint64_t n)
{
    const size_t n_length = n < LENGTH_16 ? 0 : n <= UINT16_MAX ? 2 : 8;
    out[0] = (uint8_t)(BIT_FIN | opcode);
    out[1] = (uint8_t)(n_length == 0 ? n : n_length == 2 ? LENGTH_16 : LENGTH_64);
    for (size_t i = 0; i < n_length; i++)
        out[2 + i] = (uint8_t)(n >> 8 * (n_length - 1 - i));
    return 2 + n_length;
}

void ws_frames_put_masked(buf *out, ws_opcode opcode, const char *data, size_t n, const uint8_t mask[WS_MASK_BYTES])
{
    uint8_t head[WS_HEAD_BYTES_MAX];
    const size_t n_head = ws_frames_write_head(head, opcode, n);
    head[1] |= BIT_MASK;
    buf_append(out, head, n_head);
    buf_append(out, mask, WS_MASK_BYTES);
    buf_append(out, data, n);
    for (size_t i = 0; i < n && out->failed == SW_OK; i++)
        out->data[out->size - n + i] ^= (char)mask[i % WS_MASK_BYTES];
}
