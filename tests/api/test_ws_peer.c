/* WebSockets with a client of others: npm's `ws`.  What it asserts is in ws_peer.mjs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/http_fixture.h"

static fixture f;

static void test_speaks_with_the_ws_package(void **state)
{
    (void)state;
    char command[1024];
    fixture_init(&f);
    fixture_start(&f);
    const int n = snprintf(command, sizeof command,
                           "cd '%s/tests/api' && ../../scripts/npm_packages . && "
                           "SPILLWAY_WS_URL=ws://127.0.0.1:%d/ws node --test ws_peer.mjs",
                           SPILLWAY_SOURCE_DIR, http_port(f.server));
    assert_in_range(n, 1, sizeof command - 1);
    const int status = system(command);
    fixture_wait_connections(&f, 0, 0);
    fixture_end(&f);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_speaks_with_the_ws_package),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
