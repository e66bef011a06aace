/* Streaming text is valid UTF-8 at every moment and does not depend on how the bytes were cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "token/detok.h"

enum { TEXT_MAX = 1024 };
#define FFFD "\xef\xbf\xbd"

static const struct {
    const char *bytes, *text;
} CASES[] = {
    {"plain", "plain"},
    {"é日😀", "é日😀"},
    {"a\xff"
     "b",
     "a" FFFD "b"},
    {"\xe2\x82", FFFD},                     // cut at the end
    {"\xe2\x82x", FFFD "x"},                // cut by another character
    {"\xf0\x9f\x98\xe2\x82\xac", FFFD "€"}, // cut by a lead byte
    {"\xf0\x9f\x98\xf0\x9f\x98\x80", FFFD "😀"},
    {"\xe0\x80\x80", FFFD FFFD FFFD},          // overlong
    {"\xed\xa0\x80", FFFD FFFD FFFD},          // a surrogate
    {"\xf4\x90\x80\x80", FFFD FFFD FFFD FFFD}, // beyond U+10FFFF
    {"\x80\xbf", FFFD FFFD},                   // continuations of nothing
    {"\xc3\xc3\xa9", FFFD "é"},
};

static void feed(detok *d, const char *bytes, size_t n, buf *out)
{
    detok_feed(d, bytes, n, out);
    assert_true(utf8_valid(buf_str(out), out->size));
}

/* Feeds the bytes with cuts after `a` and after `b`. */
static void check_cut(const char *bytes, const char *expected, size_t a, size_t b)
{
    const size_t n = strlen(bytes);
    detok d = {0};
    buf out;
    buf_init(&out, TEXT_MAX);
    feed(&d, bytes, a, &out);
    feed(&d, bytes + a, b - a, &out);
    feed(&d, bytes + b, n - b, &out);
    detok_flush(&d, &out);
    assert_string_equal(buf_str(&out), expected);
    buf_free(&out);
}

static void test_text_does_not_depend_on_where_bytes_are_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        const size_t n = strlen(CASES[i].bytes);
        for (size_t a = 0; a <= n; a++) {
            for (size_t b = a; b <= n; b++)
                check_cut(CASES[i].bytes, CASES[i].text, a, b);
        }
    }
}

static void test_one_byte_at_a_time_gives_characters_when_they_are_whole(void **state)
{
    (void)state;
    static const char EMOJI[] = "😀";
    detok d = {0};
    buf out;
    buf_init(&out, TEXT_MAX);
    for (size_t i = 0; i < 3; i++) {
        detok_feed(&d, EMOJI + i, 1, &out);
        assert_int_equal(out.size, 0);
    }
    detok_feed(&d, EMOJI + 3, 1, &out);
    assert_string_equal(buf_str(&out), EMOJI);
    buf_free(&out);
}

static void test_flush_of_nothing_gives_nothing(void **state)
{
    (void)state;
    detok d = {0};
    buf out;
    buf_init(&out, TEXT_MAX);
    detok_flush(&d, &out);
    assert_int_equal(out.size, 0);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_does_not_depend_on_where_bytes_are_cut),
        cmocka_unit_test(test_one_byte_at_a_time_gives_characters_when_they_are_whole),
        cmocka_unit_test(test_flush_of_nothing_gives_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
