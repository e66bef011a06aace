/* WebSockets with clients of others: npm's `ws` and Chromium.  What they assert is in ws_peer.mjs and ws_chromium.mjs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/http_fixture.h"

static fixture f;

/* Runs a script of this folder, after the npm packages of `packages` are there. */
static void run_client(const char *packages, const char *script)
{
    char command[1024];
    fixture_init(&f);
    fixture_start(&f);
    const int n = snprintf(command, sizeof command,
                           "cd '%s' && scripts/npm_packages %s && "
                           "SPILLWAY_WS_URL=ws://127.0.0.1:%d/ws node tests/api/%s",
                           SPILLWAY_SOURCE_DIR, packages, http_port(f.server), script);
    assert_in_range(n, 1, sizeof command - 1);
    const int status = system(command);
    fixture_wait_connections(&f, 0, 0);
    fixture_end(&f);
    assert_int_equal(status, 0);
}

static void test_speaks_with_the_ws_package(void **state)
{
    (void)state;
    run_client("tests/api", "ws_peer.mjs");
}

static void test_speaks_with_chromium(void **state)
{
    (void)state;
    run_client("web", "ws_chromium.mjs");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_speaks_with_the_ws_package),
        cmocka_unit_test(test_speaks_with_chromium),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
