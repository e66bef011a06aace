/* An event stream means the same however the network cuts it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "client/sse.h"

/* Every event as "<data>|", with "<name>=" before it if it has one. */
static void collect(void *ud, const char *name, const char *data, size_t n)
{
    if (strcmp(name, "message") != 0)
        buf_printf(ud, "%s=", name);
    buf_append(ud, data, n);
    buf_putc(ud, '|');
}

static void read_in_pieces(const char *bytes, size_t n, size_t piece, buf *out)
{
    sse_reader sse;
    sw_err err = {0};
    sse_init(&sse, collect, out);
    for (size_t i = 0; i < n; i += piece)
        assert_int_equal(sse_feed(&sse, bytes + i, n - i < piece ? n - i : piece, &err), SW_OK);
    sse_free(&sse);
}

static void assert_events(const char *stream, const char *wanted)
{
    const size_t n = strlen(stream);
    for (size_t piece = 1; piece <= n; piece++) {
        buf got;
        buf_init(&got, 1 << 20);
        read_in_pieces(stream, n, piece, &got);
        assert_string_equal(buf_str(&got), wanted);
        buf_free(&got);
    }
}

static void test_lines_end_in_lf_crlf_or_cr(void **state)
{
    (void)state;
    assert_events("data: a\n\ndata: b\r\n\r\ndata: c\r\rdata: d\n\n", "a|b|c|d|");
    assert_events("data: a\r\n\ndata: b\n\r\n", "a|b|");
}

static void test_data_lines_of_one_event_are_joined(void **state)
{
    (void)state;
    assert_events("data: works:\ndata: \ndata:x\n\n", "works:\n\nx|");
    assert_events("data:\ndata\n\n", "\n|");
    assert_events("data\n\n", "|");
}

static void test_one_space_after_the_colon_is_dropped(void **state)
{
    (void)state;
    assert_events("data:  two\n\ndata:none\n\ndata: a: b\n\n", " two|none|a: b|");
}

static void test_comments_and_other_fields_are_skipped(void **state)
{
    (void)state;
    assert_events(": keep-alive\n\nid: 7\nretry: 1\ndatab: no\ndata: yes\n:c\n\nevent: empty\n\n", "yes|");
}

static void test_a_name_is_that_of_its_event_only(void **state)
{
    (void)state;
    assert_events("event: x\ndata: a\n\ndata: b\n\nevent: y\n\ndata: c\n\ndata: d\nevent:z\n\n", "x=a|b|c|z=d|");
    assert_events("event: error\ndata: {}\n\n", "error={}|");
    assert_events("error: {\"code\":500}\n\n", "error={\"code\":500}|"); // llama.cpp, 2023 to 2025
}

static void test_byte_order_mark_at_the_start_is_dropped(void **state)
{
    (void)state;
    assert_events("\xef\xbb\xbf"
                  "data: a\n\n\xef\xbb\xbf"
                  "data: b\n\n",
                  "a|");
}

static void test_characters_may_be_cut(void **state)
{
    (void)state;
    assert_events("data: \u65e5\u672c \U0001f600\n\n", "\u65e5\u672c \U0001f600|");
}

static void test_an_event_without_its_empty_line_never_happened(void **state)
{
    (void)state;
    assert_events("data: a\n\ndata: b\n", "a|");
    assert_events("data: a\n\ndata: b", "a|");
}

/* "data:" and n bytes, then the end of the event. */
static sw_code feed_line(size_t n, buf *out)
{
    sse_reader sse;
    sw_err err = {0};
    char *const line = mem_alloc(n);
    assert_non_null(line);
    memset(line, 'x', n);
    memcpy(line, "data:", 5);
    sse_init(&sse, collect, out);
    sw_code code = sse_feed(&sse, line, n, &err);
    if (code == SW_OK)
        code = sse_feed(&sse, "\n\n", 2, &err);
    sse_free(&sse);
    mem_free(line);
    return code;
}

static void test_line_length_limit(void **state)
{
    (void)state;
    buf out;
    buf_init(&out, 2 * LIMIT_SSE_LINE_BYTES);
    assert_int_equal(feed_line(LIMIT_SSE_LINE_BYTES, &out), SW_OK);
    assert_int_equal(out.size, LIMIT_SSE_LINE_BYTES - 5 + 1);
    buf_clear(&out);
    assert_int_equal(feed_line(LIMIT_SSE_LINE_BYTES + 1, &out), SW_ELIMIT);
    assert_int_equal(out.size, 0);
    buf_free(&out);
}

static void test_an_event_of_many_lines_has_the_same_limit(void **state)
{
    (void)state;
    buf out;
    sse_reader sse;
    sw_err err = {0};
    buf_init(&out, 2 * LIMIT_SSE_LINE_BYTES);
    sse_init(&sse, collect, &out);
    sw_code code = SW_OK;
    int n_lines = 0;
    for (; code == SW_OK; n_lines++)
        code = sse_feed(&sse, "data: 1234567\n", 14, &err);
    assert_int_equal(code, SW_ELIMIT);
    assert_int_equal(n_lines, LIMIT_SSE_LINE_BYTES / 8 + 1);
    sse_free(&sse);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_end_in_lf_crlf_or_cr),
        cmocka_unit_test(test_data_lines_of_one_event_are_joined),
        cmocka_unit_test(test_one_space_after_the_colon_is_dropped),
        cmocka_unit_test(test_comments_and_other_fields_are_skipped),
        cmocka_unit_test(test_a_name_is_that_of_its_event_only),
        cmocka_unit_test(test_byte_order_mark_at_the_start_is_dropped),
        cmocka_unit_test(test_characters_may_be_cut),
        cmocka_unit_test(test_an_event_without_its_empty_line_never_happened),
        cmocka_unit_test(test_line_length_limit),
        cmocka_unit_test(test_an_event_of_many_lines_has_the_same_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
