/* The grammar of configuration files: what every kind of line means, and which lines are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/config_file.h"

enum { TEXT_BYTES_MAX = 512 };

/* Writes "LINE [section] name=value;" of every setting to the text `ud`. */
static sw_code take(void *ud, const config_setting *s, sw_err *err)
{
    char *const out = ud;
    const size_t n = strlen(out);
    if (s->name == NULL)
        snprintf(out + n, TEXT_BYTES_MAX - n, "%d [%s];", s->line, s->section);
    else
        snprintf(out + n, TEXT_BYTES_MAX - n, "%d [%s] %s=%s;", s->line, s->section, s->name, s->value);
    return s->name != NULL && strcmp(s->name, "bad") == 0 ? sw_fail(err, SW_ENOTFOUND, "it is bad") : SW_OK;
}

static sw_code read(const char *text, char out[TEXT_BYTES_MAX], sw_err *err)
{
    char copy[TEXT_BYTES_MAX];
    const config_reader reader = {.path = "FILE", .take = take, .ud = out};
    out[0] = '\0';
    snprintf(copy, sizeof copy, "%s", text);
    return config_file_read(copy, strlen(copy), &reader, err);
}

static void check(const char *text, const char *settings)
{
    char out[TEXT_BYTES_MAX];
    sw_err err = {0};
    if (read(text, out, &err) != SW_OK)
        fail_msg("'%s' was refused: %s", text, err.msg);
    assert_string_equal(out, settings);
}

static void check_refused(const char *text, const char *message)
{
    char out[TEXT_BYTES_MAX];
    sw_err err = {0};
    if (read(text, out, &err) != SW_EINVAL)
        fail_msg("'%s' was not refused", text);
    if (strstr(err.msg, message) == NULL)
        fail_msg("'%s' does not say '%s'", err.msg, message);
}

static void test_lines_are_sections_settings_comments_or_blank(void **state)
{
    (void)state;
    check("", "");
    check("\n \t\n# one\n  # two = 2", "");
    check("[a]\nb=c", "1 [a];2 [a] b=c;");
    check("[a]\r\nb = c\r\n\r\n[ d ] # e\n f\t= g h ", "1 [a];2 [a] b=c;4 [d];5 [d] f=g h;");
    check("[a]\nb==c=\n=", "1 [a];2 [a] b==c=;3 [a] =;");
}

static void test_a_comment_follows_a_blank_and_quotes_keep_everything(void **state)
{
    (void)state;
    check("[a]\nb=c#d\nb=c # d\nb=# d\nb=c\t#", "1 [a];2 [a] b=c#d;3 [a] b=c;4 [a] b=;5 [a] b=c;");
    check("[a]\nb=\" c # d \" # e\nb=\"\"\nb=x\"y\"", "1 [a];2 [a] b= c # d ;3 [a] b=;4 [a] b=x\"y\";");
    check("[a]\nb=x;y ;z", "1 [a];2 [a] b=x;y ;z;");
}

static void test_other_lines_are_refused_by_their_number(void **state)
{
    (void)state;
    check_refused("[a]\n\nword", "FILE:3: 'word' is neither [SECTION] nor NAME = VALUE");
    check_refused("a=b", "FILE:1: 'a=b' is in no section");
    check_refused("[a", "FILE:1: '[a' begins like a section");
    check_refused("[a] b", "begins like a section");
    check_refused("[a]\nb=\"c", "'\"c' has a quote at its beginning");
    check_refused("[a]\nb=\"c\" d", "has a quote at its beginning");
    check_refused("[a]\nb=\x01", "FILE:2: the line has a control character");
    check_refused("[a]\nb=c\rd", "control character");
    check_refused("[a]\nb=\x7f", "control character");
    check_refused("[a]\n# \xff", "FILE:2: the line is not UTF-8");
}

static void test_a_zero_byte_is_a_control_character(void **state)
{
    (void)state;
    char text[] = "[a]\nb=c\0d", out[TEXT_BYTES_MAX] = "";
    const config_reader reader = {.path = "FILE", .take = take, .ud = out};
    sw_err err = {0};
    assert_int_equal(config_file_read(text, sizeof text - 1, &reader, &err), SW_EINVAL);
    assert_string_equal(err.msg, "FILE:2: the line has a control character");
}

static void test_an_error_of_the_taker_ends_the_reading(void **state)
{
    (void)state;
    char out[TEXT_BYTES_MAX];
    sw_err err = {0};
    assert_int_equal(read("[a]\nbad=1\nc=d", out, &err), SW_ENOTFOUND);
    assert_string_equal(out, "1 [a];2 [a] bad=1;");
    assert_string_equal(err.msg, "it is bad");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_are_sections_settings_comments_or_blank),
        cmocka_unit_test(test_a_comment_follows_a_blank_and_quotes_keep_everything),
        cmocka_unit_test(test_other_lines_are_refused_by_their_number),
        cmocka_unit_test(test_a_zero_byte_is_a_control_character),
        cmocka_unit_test(test_an_error_of_the_taker_ends_the_reading),
    };
    return cmocka_run_group_tests_name("config file", tests, NULL, NULL);
}
