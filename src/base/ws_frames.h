/* ws_frames.h - a strict reader of WebSocket frames (RFC 6455, section 5), whatever pieces they arrive in, and the
 * writer of single ones.  The server reads a client's frames, which are masked; the benchmark reads a server's, which
 * are not.
 *
 * Pure: bytes in, messages and control frames or a refusal out.  Fragments are put together, payloads unmasked, texts
 * and lengths checked as their bytes arrive.  The verdict depends on the bytes alone, never on where they were cut.
 */
#ifndef BASE_WS_FRAMES_H
#define BASE_WS_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/limits.h"

enum {
    WS_CONTROL_BYTES_MAX = 125, // payload of a Ping, Pong or Close
    WS_REASON_BYTES_MAX = 123,  // of those, after the code of a Close
    WS_HEAD_BYTES_MAX = 14,     // opcode, 1 + 8 bytes of length, mask
    WS_MASK_BYTES = 4,
};

/* Codes of a Close that the reader itself finds reasons for. */
typedef enum ws_code {
    WS_CODE_PROTOCOL_ERROR = 1002,
    WS_CODE_BAD_TEXT = 1007,
    WS_CODE_TOO_LARGE = 1009,
    WS_CODE_INTERNAL_ERROR = 1011,
} ws_code;

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
    WS_CLOSE,   // `code` is the peer's, 0 if it sent none; do not feed again
    WS_REFUSED, // `code` and `reason` say why; do not feed again
} ws_found;

typedef struct ws_frames {
    /* Valid after the ws_found that names them, until the next feed. */
    buf message;                        // NUL-terminated; a text is valid UTF-8
    char control[WS_CONTROL_BYTES_MAX]; // (n_control)
    size_t n_control;
    int code;           // a ws_code, or another one of the peer's
    const char *reason; // of a refusal, static

    /* The reader's own. */
    bool is_of_server;               // the frames are a server's: none is masked
    uint8_t head[WS_HEAD_BYTES_MAX]; // of the frame that is being read
    size_t n_head;                   // its bytes so far
    bool has_head;                   // its payload is being read
    uint64_t left;                   // of its payload
    size_t n_unmasked;               // of its payload so far
    ws_opcode message_opcode;        // text or binary, from the first fragment to the last; else 0
    bool has_message;                // `message` was reported
    size_t n_valid;                  // of a text: bytes that are known to be whole characters
} ws_frames;

/* For the frames of a client, or of a server. */
void ws_frames_init(ws_frames *f);
void ws_frames_init_of_server(ws_frames *f);
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
/* Appends a whole frame from a client: final, and masked with `mask`. */
void ws_frames_put_masked(buf *out, ws_opcode opcode, const char *data, size_t n, const uint8_t mask[WS_MASK_BYTES]);

#endif
