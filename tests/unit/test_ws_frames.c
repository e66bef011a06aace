/* A WebSocket client's frames as bytes: what is read, what is refused, and that the verdict depends on the bytes alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "base/ws_frames.h"
#include "support/faults.h"
#include "support/ws_cases.h"
#include "support/ws_script.h"

enum { BYTES_MAX = 1 << 23, EVERYWHERE_BYTES_MAX = 400, BYTEWISE_BYTES_MAX = 100000 };

/* A server that echoes, without sockets: its answer as frames, a Close with its code alone. */
typedef struct echo {
    ws_frames frames;
    buf out;
    bool is_over;
} echo;

static void put(echo *e, ws_opcode opcode, const char *data, size_t n)
{
    uint8_t head[WS_HEAD_BYTES_MAX];
    buf_append(&e->out, head, ws_frames_write_head(head, opcode, n));
    buf_append(&e->out, data, n);
}

static void answer(echo *e, ws_found found)
{
    ws_frames *const f = &e->frames;
    char text[64];
    switch (found) {
    case WS_MORE:
    case WS_PONG: break;
    case WS_TEXT:
        assert_true(utf8_valid(buf_str(&f->message), f->message.size));
        put(e, WS_OP_TEXT, buf_str(&f->message), f->message.size);
        break;
    case WS_BINARY:
        ws_script_sum(text, buf_str(&f->message), f->message.size);
        put(e, WS_OP_TEXT, text, strlen(text));
        break;
    case WS_PING: put(e, WS_OP_PONG, f->control, f->n_control); break;
    case WS_REFUSED:
        assert_true(f->reason != NULL && strlen(f->reason) <= WS_REASON_BYTES_MAX);
        // fall through
    case WS_CLOSE:
        put(e, WS_OP_CLOSE, (const char[]){(char)(f->code >> 8), (char)f->code}, f->code != 0 ? 2 : 0);
        e->is_over = true;
        break;
    }
}

static void feed(echo *e, const char *data, size_t n)
{
    while (n > 0 && !e->is_over) {
        size_t n_used = 0;
        const ws_found found = ws_frames_feed(&e->frames, data, n, &n_used);
        assert_true(n_used > 0 && n_used <= n && (found != WS_MORE || n_used == n));
        answer(e, found);
        data += n_used;
        n -= n_used;
    }
}

/* Reads bytes in pieces: one of `first` bytes, then of `piece`. */
static void read_pieces(const buf *bytes, size_t first, size_t piece, buf *out)
{
    echo e = {0};
    ws_frames_init(&e.frames);
    buf_init(&e.out, BYTES_MAX);
    feed(&e, bytes->data, first);
    for (size_t at = first; at < bytes->size; at += piece)
        feed(&e, bytes->data + at, bytes->size - at < piece ? bytes->size - at : piece);
    ws_frames_free(&e.frames);
    *out = e.out;
}

static void check_cut(const ws_case *c, const buf *bytes, const buf *expected, size_t first, size_t piece)
{
    buf got;
    read_pieces(bytes, first, piece, &got);
    if (got.size != expected->size || memcmp(buf_str(&got), buf_str(expected), got.size) != 0)
        fail_msg("%s (%.80s) cut at %zu, then pieces of %zu: %zu bytes instead of %zu", c->name, c->send, first, piece,
                 got.size, expected->size);
    buf_free(&got);
}

static void check_case(void *ud, const ws_case *c)
{
    buf bytes, expected;
    (void)ud;
    buf_init(&bytes, BYTES_MAX);
    buf_init(&expected, BYTES_MAX);
    ws_script_write(&bytes, c->send, /*is_client=*/true);
    ws_script_write(&expected, c->expect, /*is_client=*/false);
    check_cut(c, &bytes, &expected, bytes.size, 1);
    check_cut(c, &bytes, &expected, 0, bytes.size <= BYTEWISE_BYTES_MAX ? 1 : 4093);
    for (size_t first = 1; first < bytes.size && bytes.size <= EVERYWHERE_BYTES_MAX; first++) {
        check_cut(c, &bytes, &expected, first, bytes.size);
        for (size_t piece = 1; first + piece < bytes.size && bytes.size <= EVERYWHERE_BYTES_MAX / 8; piece++)
            check_cut(c, &bytes, &expected, first, piece);
    }
    buf_free(&bytes);
    buf_free(&expected);
}

static void test_answers_every_case_wherever_its_bytes_are_cut(void **state)
{
    (void)state;
    assert_true(ws_cases_each(check_case, NULL) >= 300);
}

static void test_writes_heads_of_every_length(void **state)
{
    (void)state;
    static const uint64_t SIZES[] = {0, 1, 125, 126, 127, 65535, 65536, 1048576};
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        uint8_t head[WS_HEAD_BYTES_MAX];
        char script[64];
        buf expected;
        buf_init(&expected, BYTES_MAX);
        snprintf(script, sizeof script, "T*%llu", (unsigned long long)SIZES[i]);
        ws_script_write(&expected, script, /*is_client=*/false);
        const size_t n = ws_frames_write_head(head, WS_OP_TEXT, SIZES[i]);
        assert_int_equal(n + SIZES[i], expected.size);
        assert_memory_equal(head, expected.data, n);
        buf_free(&expected);
    }
}

static void test_is_amid_from_the_first_byte_of_a_message_to_its_last(void **state)
{
    (void)state;
    buf bytes;
    ws_frames f;
    size_t n_used;
    buf_init(&bytes, BYTES_MAX);
    ws_script_write(&bytes, "t'a' P K'b' P'c'", /*is_client=*/true);
    ws_frames_init(&f);
    assert_false(ws_frames_is_amid(&f));
    int n_found = 0;
    for (size_t i = 0; i < bytes.size; i++) {
        n_found += ws_frames_feed(&f, bytes.data + i, 1, &n_used) != WS_MORE;
        const bool is_between =
            n_found == 2 && bytes.size - i > 7; // the message is complete, the last Ping has not begun
        assert_int_equal(ws_frames_is_amid(&f), !is_between && i + 1 < bytes.size);
    }
    assert_int_equal(n_found, 3);
    ws_frames_free(&f);
    buf_free(&bytes);
}

static void test_gives_a_message_back_when_told_to_forget_it(void **state)
{
    (void)state;
    buf bytes;
    ws_frames f;
    size_t n_used;
    buf_init(&bytes, BYTES_MAX);
    ws_script_write(&bytes, "T'ab' T'c'", /*is_client=*/true);
    ws_frames_init(&f);
    assert_int_equal(ws_frames_feed(&f, bytes.data, bytes.size, &n_used), WS_TEXT);
    assert_string_equal(f.message.data, "ab");
    ws_frames_forget(&f);
    assert_null(f.message.data);
    assert_int_equal(ws_frames_feed(&f, bytes.data + n_used, bytes.size - n_used, &n_used), WS_TEXT);
    assert_string_equal(f.message.data, "c");
    ws_frames_free(&f);
    buf_free(&bytes);
}

static void test_refuses_a_message_that_memory_does_not_hold(void **state)
{
    (void)state;
    buf bytes;
    buf_init(&bytes, BYTES_MAX);
    ws_script_write(&bytes, "t'abc' k*5000 K*70000", /*is_client=*/true);
    for (long i = 0;; i++) {
        ws_frames f;
        size_t n_used = 0;
        long n_live;
        faults_alloc_begin(i);
        ws_frames_init(&f);
        const ws_found found = ws_frames_feed(&f, bytes.data, bytes.size, &n_used);
        ws_frames_free(&f);
        const long n_allocs = faults_alloc_end(&n_live);
        assert_int_equal(n_live, 0);
        assert_int_equal(found, i < n_allocs ? WS_REFUSED : WS_TEXT);
        if (found == WS_TEXT)
            break;
        assert_int_equal(f.code, WS_CODE_INTERNAL_ERROR);
    }
    buf_free(&bytes);
}

/* What one side writes, the other one reads; each refuses what its own side would send. */
static void test_each_side_reads_the_frames_of_the_other(void **state)
{
    (void)state;
    static const uint8_t MASK[WS_MASK_BYTES] = {7, 0, 255, 9};
    static const size_t SIZES[] = {0, 1, 125, 126, 65536};
    for (size_t i = 0; i < 2 * sizeof SIZES / sizeof SIZES[0]; i++) {
        const size_t n = SIZES[i / 2];
        const bool is_of_server = i % 2 != 0;
        buf text, frame;
        buf_init(&text, n + 1);
        buf_init(&frame, n + WS_HEAD_BYTES_MAX);
        for (size_t k = 0; k < n; k++)
            buf_putc(&text, (char)('a' + k % 26));
        uint8_t head[WS_HEAD_BYTES_MAX];
        if (is_of_server) {
            buf_append(&frame, head, ws_frames_write_head(head, WS_OP_TEXT, n));
            buf_append(&frame, buf_str(&text), n);
        } else {
            ws_frames_put_masked(&frame, WS_OP_TEXT, buf_str(&text), n, MASK);
        }
        ws_frames reader, other;
        size_t n_used;
        (is_of_server ? ws_frames_init_of_server : ws_frames_init)(&reader);
        (is_of_server ? ws_frames_init : ws_frames_init_of_server)(&other);
        assert_int_equal(ws_frames_feed(&reader, frame.data, frame.size, &n_used), WS_TEXT);
        assert_int_equal(n_used, frame.size);
        assert_string_equal(buf_str(&reader.message), buf_str(&text));
        assert_int_equal(ws_frames_feed(&other, frame.data, frame.size, &n_used), WS_REFUSED);
        assert_string_equal(other.reason, is_of_server ? "a frame is not masked" : "a frame is masked");
        ws_frames_free(&reader);
        ws_frames_free(&other);
        buf_free(&text);
        buf_free(&frame);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_every_case_wherever_its_bytes_are_cut),
        cmocka_unit_test(test_writes_heads_of_every_length),
        cmocka_unit_test(test_is_amid_from_the_first_byte_of_a_message_to_its_last),
        cmocka_unit_test(test_gives_a_message_back_when_told_to_forget_it),
        cmocka_unit_test(test_each_side_reads_the_frames_of_the_other),
        cmocka_unit_test(test_refuses_a_message_that_memory_does_not_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
