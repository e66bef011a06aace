/* What a request's head decides: hosts, origins, keys, lengths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/guard.h"

static void test_knows_loopback_hosts_from_names_that_look_like_them(void **state)
{
    (void)state;
    static const char *const YES[] = {"localhost",     "LocalHost:8080", "127.0.0.1", "127.0.0.1:11435",
                                      "127.255.0.9:1", "[::1]",          "[::1]:80"};
    static const char *const NO[] = {"",
                                     "example.com",
                                     "localhost.example.com",
                                     "127.0.0.1.example.com",
                                     "127.example.com",
                                     "127.0.0",
                                     "127.0.0.1.",
                                     "127.0.0.1:",
                                     "127.0.0.1:80x",
                                     "127.0.0.1:123456",
                                     "::1",
                                     "[::2]",
                                     "[::1",
                                     "10.0.0.1",
                                     "user@localhost",
                                     "localhost/x"};
    for (size_t i = 0; i < sizeof YES / sizeof YES[0]; i++) {
        if (!guard_is_loopback_authority(YES[i]))
            fail_msg("'%s' is loopback", YES[i]);
    }
    for (size_t i = 0; i < sizeof NO / sizeof NO[0]; i++) {
        if (guard_is_loopback_authority(NO[i]))
            fail_msg("'%s' is not loopback", NO[i]);
    }
    assert_true(guard_is_loopback_origin("http://localhost:3000"));
    assert_true(guard_is_loopback_origin("https://127.0.0.1"));
    assert_false(guard_is_loopback_origin("https://localhost.evil.example"));
    assert_false(guard_is_loopback_origin("null"));
    assert_false(guard_is_loopback_origin("file://localhost"));
}

static void test_reads_lengths_to_the_letter(void **state)
{
    (void)state;
    uint64_t n;
    assert_true(guard_parse_content_length("0", &n) && n == 0);
    assert_true(guard_parse_content_length("18446744073709551615", &n) && n == UINT64_MAX);
    static const char *const NO[] = {"", "-1", "+1", " 1", "1 ", "1,1", "0x10", "18446744073709551616", "1e3"};
    for (size_t i = 0; i < sizeof NO / sizeof NO[0]; i++)
        assert_false(guard_parse_content_length(NO[i], &n));
}

static void test_returns_only_visible_request_ids_and_header_names(void **state)
{
    (void)state;
    char text[130];
    memset(text, 'x', sizeof text);
    text[129] = '\0';
    assert_false(guard_is_request_id(text));
    text[128] = '\0';
    assert_true(guard_is_request_id(text));
    assert_false(guard_is_request_id(""));
    assert_false(guard_is_request_id("a b"));
    assert_false(guard_is_request_id("a\x7f"));
    assert_false(guard_is_request_id("\xc3\xa9"));
    assert_true(guard_is_header_name_list("content-type, X-Stainless-OS,authorization"));
    assert_false(guard_is_header_name_list("a\r\nb: c"));
    assert_false(guard_is_header_name_list("a;b"));
}

static void test_compares_whole_keys(void **state)
{
    (void)state;
    assert_true(guard_same_key("sesame", "sesame"));
    assert_false(guard_same_key("sesame", "sesam"));
    assert_false(guard_same_key("sesame", "sesamesesame"));
    assert_false(guard_same_key("sesame", ""));
    assert_false(guard_same_key("", "x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_knows_loopback_hosts_from_names_that_look_like_them),
        cmocka_unit_test(test_reads_lengths_to_the_letter),
        cmocka_unit_test(test_returns_only_visible_request_ids_and_header_names),
        cmocka_unit_test(test_compares_whole_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
