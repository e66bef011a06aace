/* ws_frames.h - a strict reader of a WebSocket client's frames (RFC 6455, section 5), whatever pieces they arrive in.
 *
 * Pure: bytes in, messages and control frames or a refusal out.  Fragments are put together, payloads unmasked, texts
 * and lengths checked as their bytes arrive.  The verdict depends on the bytes alone, never on where they were cut.
 */
#ifndef HTTP_WS_FRAMES_H
#define HTTP_WS_FRAMES_H

#include "base/limits.h"
#include "http/http.h"

enum {
    WS_CONTROL_BYTES_MAX = 125, // payload of a Ping, Pong or Close
    WS_REASON_BYTES_MAX = 123,  // of those, after the code of a Close
    WS_HEAD_BYTES_MAX = 14,     // opcode, 1 + 8 bytes of length, mask
};

typedef enum ws_opcode {
    WS_OP_CONTINUATION = 0,
    WS_OP_TEXT = 1,
    WS_OP_BINARY = 2,
    WS_OP_CLOSE = 8,
    WS_OP_PING = 9,
    WS_OP_PONG = 10,
} ws_opcode;

typedef enum ws_found {
    WS_MORE,    // every byte was used, and nothing is complete
    WS_TEXT,    // `message` is complete
    WS_BINARY,  // the same
    WS_PING,    // `control` has what a Pong must repeat
    WS_PONG,    // `control` has its payload
    WS_CLOSE,   // `code` is the client's, 0 if it sent none; do not feed again
    WS_REFUSED, // `code` and `reason` say why; do not feed again
} ws_found;

typedef struct ws_frames {
    /* Valid after the ws_found that names them, until the next feed. */
    buf message;                        // NUL-terminated; a text is valid UTF-8
    char control[WS_CONTROL_BYTES_MAX]; // (n_control)
    size_t n_control;
    int code;           // a http_ws_code, or another one of the client's
    const char *reason; // of a refusal, static

    /* The reader's own. */
    uint8_t head[WS_HEAD_BYTES_MAX]; // of the frame that is being read
    size_t n_head;                   // its bytes so far
    bool has_head;                   // its payload is being read
    uint64_t left;                   // of its payload
    size_t n_unmasked;               // of its payload so far
    ws_opcode message_opcode;        // text or binary, from the first fragment to the last; else 0
    bool has_message;                // `message` was reported
    size_t n_valid;                  // of a text: bytes that are known to be whole characters
} ws_frames;

void ws_frames_init(ws_frames *f);
void ws_frames_free(ws_frames *f);

/* Reads up to the end of the next message or control frame; *n_used_out of the n bytes belong to what was found. */
ws_found ws_frames_feed(ws_frames *f, const char *data, size_t n, size_t *n_used_out);

/* Frees the message that was reported, before the next feed would. */
void ws_frames_forget(ws_frames *f);

/* Returns true if a frame or a message has begun and not ended. */
bool ws_frames_is_amid(const ws_frames *f);

/* Returns true if `code` may come in a Close frame (RFC 6455, section 7.4). */
bool ws_frames_is_code(int code);

/* The head of a frame from the server, final and not masked, whose payload has n bytes; returns its length. */
size_t ws_frames_write_head(uint8_t out[WS_HEAD_BYTES_MAX], ws_opcode opcode, uint64_t n);

#endif
