/* Text broken to a width: words stay whole, code stays as it is, nothing is lost, whatever the pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/wrap.h"

/* Wraps text given in pieces of n bytes (whole characters); the result is in `out`. */
static void wrap_in_pieces(const char *text, size_t n, int columns, buf *out)
{
    wrap w;
    wrap_init(&w, columns);
    buf_clear(out);
    for (size_t at = 0; at < strlen(text);) {
        size_t end = at + n < strlen(text) ? at + n : strlen(text);
        while (end < strlen(text) && ((unsigned char)text[end] & 0xC0) == 0x80)
            end++;
        wrap_text(&w, text + at, end - at, out);
        at = end;
    }
    wrap_flush(&w, out);
    wrap_free(&w);
}

static void check(const char *text, int columns, const char *wanted)
{
    buf out;
    buf_init(&out, 65536);
    for (size_t n = 1; n <= strlen(text); n++) {
        wrap_in_pieces(text, n, columns, &out);
        assert_string_equal(buf_str(&out), wanted);
    }
    buf_free(&out);
}

static void test_lines_are_broken_at_spaces(void **state)
{
    (void)state;
    check("one two three four", 9, "one two\nthree\nfour");
    check("one two three", 7, "one two\nthree");
    check("one two\nthree", 7, "one two\nthree");
    check("a  b", 80, "a  b");
    check("one two ", 80, "one two ");
    check("\n\n  indented", 80, "\n\n  indented");
    check("one two three four", 0, "one two three four");
}

static void test_long_words_are_not_lost(void **state)
{
    (void)state;
    check("a 0123456789012345 b", 8, "a\n01234567\n89012345\nb");
}

static void test_code_and_tables_stay_as_they_are(void **state)
{
    (void)state;
    check("```\na long line of code\n```\na long line", 8, "```\na long line of code\n```\na long\nline");
    check("    a long line of code", 8, "    a long line of code");
    check("| a long | row |", 8, "| a long | row |");
    check("```c int a; long", 8, "```c int a; long");
}

static void test_wide_characters_take_two_columns_and_break_anywhere(void **state)
{
    (void)state;
    check("\u65e5\u672c\u8a9e\u6587", 4, "\u65e5\u672c\n\u8a9e\u6587");
    check("\u00e9t\u00e9 \u00e9t\u00e9", 5, "\u00e9t\u00e9\n\u00e9t\u00e9");
    assert_int_equal(wrap_char_columns(0x301), 0);
    assert_int_equal(wrap_char_columns('a'), 1);
    assert_int_equal(wrap_char_columns(0x1F600), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_are_broken_at_spaces),
        cmocka_unit_test(test_long_words_are_not_lost),
        cmocka_unit_test(test_code_and_tables_stay_as_they_are),
        cmocka_unit_test(test_wide_characters_take_two_columns_and_break_anywhere),
    };
    return cmocka_run_group_tests_name("wrap", tests, NULL, NULL);
}
