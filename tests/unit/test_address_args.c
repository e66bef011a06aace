/* The address of a server, from --bind or from --host and --port. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/address_args.h"

static void check(address_args a, const char *host, int port)
{
    char text[64];
    int found;
    sw_err err = {0};
    assert_int_equal(address_args_resolve(&a, text, sizeof text, &found, &err), SW_OK);
    assert_string_equal(text, host);
    assert_int_equal(found, port);
}

static void test_every_form_is_an_address_and_a_port(void **state)
{
    (void)state;
    check((address_args){.port = -1}, "127.0.0.1", 11435);
    check((address_args){.port = 8080}, "127.0.0.1", 8080);
    check((address_args){.port = 0}, "127.0.0.1", 0);
    check((address_args){.host = "0.0.0.0", .port = -1}, "0.0.0.0", 11435);
    check((address_args){.host = "::1", .port = 80}, "::1", 80);
    check((address_args){.host = "[::1]", .port = 80}, "::1", 80);
    check((address_args){.host = "localhost", .port = 80}, "127.0.0.1", 80);
    check((address_args){.bind = "auto", .port = -1}, "127.0.0.1", -1);
    check((address_args){.bind = "a:1", .port = -1}, "a", 1);
    check((address_args){.bind = "0.0.0.0", .port = -1}, "0.0.0.0", 11435);
    check((address_args){.bind = "localhost:0", .port = -1}, "127.0.0.1", 0);
    check((address_args){.bind = "[::1]:65535", .port = -1}, "::1", 65535);
    check((address_args){.bind = "[::1]", .port = -1}, "::1", 11435);
    check((address_args){.bind = "::1", .port = -1}, "::1", 11435);
}

static void test_contradictions_and_other_texts_are_refused(void **state)
{
    (void)state;
    char text[16];
    int port;
    const address_args BAD[] = {{.bind = "a:1", .port = 1},
                                {.bind = "a:1", .host = "b", .port = -1},
                                {.bind = "", .port = -1},
                                {.bind = ":80", .port = -1},
                                {.bind = "a:", .port = -1},
                                {.bind = "a:b", .port = -1},
                                {.bind = "a:1x", .port = -1},
                                {.bind = "a:65536", .port = -1},
                                {.bind = "a:99999999999999999999", .port = -1},
                                {.bind = "[::1]80", .port = -1},
                                {.bind = "[]:80", .port = -1},
                                {.host = "a:80", .port = -1},
                                {.host = "a:80", .port = 80},
                                {.host = "a-name-that-is-too-long", .port = 1}};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        sw_err err = {0};
        if (address_args_resolve(&BAD[i], text, sizeof text, &port, &err) != SW_EINVAL)
            fail_msg("address %zu was accepted", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_form_is_an_address_and_a_port),
        cmocka_unit_test(test_contradictions_and_other_texts_are_refused),
    };
    return cmocka_run_group_tests_name("address args", tests, NULL, NULL);
}
