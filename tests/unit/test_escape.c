/* Hostile text on its way out: whatever a model, a file or a client says, it stays text in every sink. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/escape.h"
#include "base/rng.h"
#include "base/utf8.h"

typedef void (*escape_fn)(buf *out, const char *s, size_t n);

static void check(escape_fn escape, const char *input, size_t n, const char *expected)
{
    buf b;
    buf_init(&b, 4096);
    escape(&b, input, n);
    assert_string_equal(buf_str(&b), expected);
    buf_free(&b);
}

typedef struct row {
    const char *input, *expected;
} row;

static void check_rows(escape_fn escape, const row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check(escape, rows[i].input, strlen(rows[i].input), rows[i].expected);
}

static void test_html_stays_text(void **state)
{
    (void)state;
    static const row ROWS[] = {
        {"", ""},
        {"plain \xc3\xa9 \xf0\x9f\x98\x80", "plain \xc3\xa9 \xf0\x9f\x98\x80"},
        {"<script>alert('x')</script>", "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"},
        {"\" onload=\"x", "&quot; onload=&quot;x"},
        {"&amp;", "&amp;amp;"},
        {"\xc0\xbcscript\xc0\xbe", "\xef\xbf\xbd\xef\xbf\xbdscript\xef\xbf\xbd\xef\xbf\xbd"}, // overlong < and >
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},                             // a surrogate
        {"\x1b[2J\xc2\x9b\xe2\x80\xae", "&lt;U+001B&gt;[2J&lt;U+009B&gt;&lt;U+202E&gt;"},
        {"two\r\nlines\tand tab", "two\r\nlines\tand tab"},
    };
    check_rows(escape_html, ROWS, sizeof ROWS / sizeof ROWS[0]);
    check(escape_html, "a\0b", 3,
          "a\xef\xbf\xbd"
          "b");
}

static void test_a_table_cell_stays_one_cell(void **state)
{
    (void)state;
    static const row ROWS[] = {
        {"a|b", "a\\|b"},
        {"a\\|b", "a\\\\\\|b"},
        {"line\nbreak\r\ttab", "line break  tab"},
        {"[x](javascript:y)", "\\[x\\](javascript:y)"},
        {"![x](http://y)", "\\!\\[x\\](http\\://y)"},
        {"https://y ftp: www.y WWW.y ww.y", "https\\://y ftp: www\\.y WWW\\.y ww.y"},
        {"$x^2$ a@b", "\\$x^2\\$ a\\@b"},
        {"`code` *b* _i_ ~s~ # h", "\\`code\\` \\*b\\* \\_i\\_ \\~s\\~ \\# h"},
        {"<img src=x>", "&lt;img src=x&gt;"},
        {"&lt;", "&amp;lt;"},
        {"\x80", "\xef\xbf\xbd"},
        {"\xc2\x9b\xe2\x80\xae\xe2\x81\xa6", "&lt;U+009B&gt;&lt;U+202E&gt;&lt;U+2066&gt;"},
        {"a\xe2\x80\xa8z", "a z"}, // U+2028 ends a line for some readers
    };
    check_rows(escape_markdown_cell, ROWS, sizeof ROWS / sizeof ROWS[0]);
    check(escape_markdown_cell, "a\0b", 3, "a b");
}

static void test_a_terminal_is_not_steered(void **state)
{
    (void)state;
    static const row ROWS[] = {
        {"two\nlines\tand tab", "two\nlines\tand tab"},
        {"\x1b[2J", "<U+001B>[2J"},
        {"\x1b]0;title\x07", "<U+001B>]0;title<U+0007>"},
        {"\xc2\x9b"
         "31m",
         "<U+009B>31m"},          // C1: CSI in one character
        {"\x9b", "\xef\xbf\xbd"}, // and as a bare byte
        {"back\b\rspace\x7f", "back<U+0008><U+000D>space<U+007F>"},
        {"\xe2\x80\xaetxt.exe", "<U+202E>txt.exe"}, // right-to-left override
        {"\xe2\x81\xa6x\xe2\x81\xa9", "<U+2066>x<U+2069>"},
    };
    check_rows(escape_terminal, ROWS, sizeof ROWS / sizeof ROWS[0]);
    check(escape_terminal, "a\0b", 3, "a<U+0000>b");
}

/* Whatever comes in, what goes out is valid UTF-8 without the characters that the sink acts on. */
/* Jansson leaves DEL, C1 and changes of direction as they are. */
static void test_a_json_document_steers_nothing_and_says_the_same(void **state)
{
    (void)state;
    static const row ROWS[] = {
        {"{\"a\": \"</script>\"}", "{\"a\": \"\\u003c/script>\"}"},
        {"\"\x7f\xc2\x9b\u202e\"", "\"\\u007f\\u009b\\u202e\""},
        {"[\n  \"\u65e5 \\u001b\"\n]", "[\n  \"\u65e5 \\u001b\"\n]"},
        {"", ""},
    };
    check_rows(escape_json_document, ROWS, sizeof ROWS / sizeof *ROWS);
}

static void test_random_bytes_come_out_valid_and_harmless(void **state)
{
    (void)state;
    static const struct {
        escape_fn escape;
        const char *forbidden;
    } SINKS[] = {{escape_html, "<>\"'"}, {escape_markdown_cell, "<>\n\r\t\x1b"}, {escape_terminal, "\x1b\r\b\x7f"}};
    rng_state rng;
    rng_seed(&rng, 1);
    for (int round = 0; round < 30000; round++) {
        char s[24];
        for (size_t i = 0; i < sizeof s; i++)
            s[i] = (char)(round % 2 == 0 ? rng_next(&rng) : rng_next(&rng) % 64);
        buf b;
        buf_init(&b, 4096);
        SINKS[round % 3].escape(&b, s, sizeof s);
        assert_true(utf8_valid(b.data, b.size));
        assert_null(strpbrk(b.data, SINKS[round % 3].forbidden));
        assert_int_equal(strlen(b.data), b.size);
        buf_free(&b);
    }
}

static void test_the_buffer_s_maximum_holds(void **state)
{
    (void)state;
    buf b;
    buf_init(&b, 6);
    escape_html(&b, "<<<", 3);
    assert_int_equal(b.failed, SW_ELIMIT);
    assert_string_equal(buf_str(&b), "&lt;");
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_html_stays_text),
        cmocka_unit_test(test_a_table_cell_stays_one_cell),
        cmocka_unit_test(test_a_terminal_is_not_steered),
        cmocka_unit_test(test_a_json_document_steers_nothing_and_says_the_same),
        cmocka_unit_test(test_random_bytes_come_out_valid_and_harmless),
        cmocka_unit_test(test_the_buffer_s_maximum_holds),
    };
    return cmocka_run_group_tests_name("escape", tests, NULL, NULL);
}
