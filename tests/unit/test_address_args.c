/* The address of a server, from --bind or from --host and --port. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/address_args.h"

static void check(address_args a, const char *wanted)
{
    char text[64];
    sw_err err = {0};
    assert_int_equal(address_args_text(&a, text, sizeof text, &err), SW_OK);
    assert_string_equal(text, wanted);
}

static void test_every_combination_has_its_text(void **state)
{
    (void)state;
    check((address_args){.port = -1}, "127.0.0.1:11435");
    check((address_args){.port = 8080}, "127.0.0.1:8080");
    check((address_args){.port = 0}, "127.0.0.1:0");
    check((address_args){.host = "0.0.0.0", .port = -1}, "0.0.0.0:11435");
    check((address_args){.host = "::1", .port = 80}, "[::1]:80");
    check((address_args){.host = "[::1]", .port = 80}, "[::1]:80");
    check((address_args){.bind = "auto", .port = -1}, "auto");
    check((address_args){.bind = "a:1", .port = -1}, "a:1");
}

static void test_contradictions_are_refused(void **state)
{
    (void)state;
    char text[16];
    const address_args BAD[] = {{.bind = "a:1", .port = 1},
                                {.bind = "a:1", .host = "b", .port = -1},
                                {.host = "a-name-that-is-too-long", .port = 1}};
    for (size_t i = 0; i < 3; i++) {
        sw_err err = {0};
        assert_int_equal(address_args_text(&BAD[i], text, sizeof text, &err), SW_EINVAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_combination_has_its_text),
        cmocka_unit_test(test_contradictions_are_refused),
    };
    return cmocka_run_group_tests_name("address args", tests, NULL, NULL);
}
