/* Any bytes as the frames of a WebSocket client, and of a server: what they mean does not depend on how they are cut,
 * and what was found is what the reader promises. */
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"
#include "base/ws_frames.h"
#include "fuzz_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEEN_BYTES_MAX = 1 << 24 };

static void check_found(const ws_frames *f, ws_found found)
{
    const buf *const m = &f->message;
    check(m->size <= LIMIT_WS_MESSAGE_BYTES && f->n_control <= WS_CONTROL_BYTES_MAX);
    switch (found) {
    case WS_MORE:
    case WS_PING:
    case WS_PONG: break;
    case WS_TEXT: check(utf8_valid(buf_str(m), m->size)); // fall through
    case WS_BINARY:
        check(buf_str(m)[m->size] == '\0');
        check(!ws_frames_is_amid(f));
        break;
    case WS_CLOSE:
        check(f->code == 0 || ws_frames_is_code(f->code));
        check(f->n_control == 0 || utf8_valid(f->control + 2, f->n_control - 2));
        break;
    case WS_REFUSED:
        check(f->code == WS_CODE_PROTOCOL_ERROR || f->code == WS_CODE_BAD_TEXT || f->code == WS_CODE_TOO_LARGE);
        check(f->reason[0] != '\0' && strlen(f->reason) <= WS_REASON_BYTES_MAX);
        break;
    }
}

static void note(const ws_frames *f, ws_found found, buf *seen)
{
    const bool is_message = found == WS_TEXT || found == WS_BINARY, is_refusal = found == WS_REFUSED;
    const char *const data = is_message ? buf_str(&f->message) : is_refusal ? f->reason : f->control;
    const size_t n = is_message ? f->message.size : is_refusal ? strlen(f->reason) : f->n_control;
    buf_printf(seen, "%d %d %zu ", (int)found, found >= WS_CLOSE ? f->code : 0, n);
    buf_append(seen, data, n);
}

static void read_in_pieces(const char *data, size_t size, size_t piece, bool is_of_server, buf *seen)
{
    ws_frames f;
    ws_found found = WS_MORE;
    if (is_of_server)
        ws_frames_init_of_server(&f);
    else
        ws_frames_init(&f);
    buf_init(seen, SEEN_BYTES_MAX);
    for (size_t at = 0; at < size && found < WS_CLOSE;) {
        const size_t n = size - at < piece ? size - at : piece;
        size_t n_used = 0;
        found = ws_frames_feed(&f, data + at, n, &n_used);
        check(n_used > 0 && n_used <= n && (n_used == n || found != WS_MORE));
        check_found(&f, found);
        if (found != WS_MORE)
            note(&f, found, seen);
        at += n_used;
    }
    buf_printf(seen, "%d", ws_frames_is_amid(&f) && found < WS_CLOSE);
    ws_frames_free(&f);
}

static void compare_pieces(const char *data, size_t size, bool is_of_server)
{
    static const size_t PIECES[] = {1, 3, 8};
    buf whole;
    read_in_pieces(data, size, size + 1, is_of_server, &whole);
    for (size_t i = 0; i < sizeof PIECES / sizeof PIECES[0]; i++) {
        buf cut;
        read_in_pieces(data, size, PIECES[i], is_of_server, &cut);
        check(cut.size == whole.size && memcmp(buf_str(&cut), buf_str(&whole), whole.size) == 0);
        buf_free(&cut);
    }
    buf_free(&whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    compare_pieces((const char *)data, size, false);
    compare_pieces((const char *)data, size, true);
    return 0;
}
