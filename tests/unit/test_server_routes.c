/* Which URLs there are, and what the others say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/server_fixture.h"

static server_fixture fixture;

static void check(const char *method, const char *path, int status, const char *expected)
{
    buf answer = server_fixture_ask(&fixture, method, path, method[0] == 'P' ? "{}" : "");
    if (server_fixture_status(&answer) != status || strstr(buf_str(&answer), expected) == NULL)
        fail_msg("%s %s: not %d with '%s': %s", method, path, status, expected, buf_str(&answer));
    buf_free(&answer);
}

static void test_finds_routes(void **state)
{
    (void)state;
    check("GET", "/health", 200, "\"status\":\"ok\"");
    check("GET", "/health/", 200, "\"status\":\"ok\"");
    check("GET", "/v1/health", 200, "\"slots_idle\":4");
    check("GET", "/health/live", 200, "{\"status\":\"ok\"}");
    check("GET", "/health/ready", 200, "content-length: 0");
    check("HEAD", "/v1/models", 200, "content-type: application/json; charset=utf-8");
    check("GET", "/v1/models/stub", 200, "\"id\":\"stub\"");
    check("GET", "/models/stub.gguf", 200, "\"value\":\"loaded\"");
    check("GET", "/v1/models/a/b", 404, "the model 'a/b' is not known here");
    check("GET", "/v1/experts", 200, "\"layers\":[]");
    check("POST", "/chat/completions", 400, "\"param\":\"messages\"");
    check("POST", "/v1/messages", 400, "\"type\":\"error\"");
    check("POST", "/v1/messages/count_tokens", 400, "messages is required");
    check("POST", "/api/chat", 200, "\"done_reason\":\"load\"");
    check("POST", "/api/generate", 400, "\"param\":\"prompt\"");
    check("POST", "/api/embed", 200, "\"embeddings\":[]");
    check("GET", "/api/tags", 200, "\"name\":\"stub:latest\"");
    check("GET", "/api/ps", 200, "\"size_vram\":0");
    check("POST", "/api/show", 400, "{\"error\":\"model is required\"}");
    check("GET", "/api/version", 200, "{\"version\":\"0.");
    check("DELETE", "/api/delete", 501, "--model-dirs");
}

static void test_names_what_a_url_allows(void **state)
{
    (void)state;
    check("POST", "/health", 405, "allow: GET, HEAD, OPTIONS\r\n");
    check("GET", "/v1/chat/completions", 405, "allow: POST, OPTIONS\r\n");
    check("DELETE", "/v1/models/a", 405, "allow: GET, HEAD, OPTIONS\r\n");
    check("DELETE", "/v1/models/a", 405, "\"code\":\"method_not_allowed\"");
}

static void test_says_that_a_url_is_unknown(void **state)
{
    (void)state;
    check("GET", "/", 404, "\"code\":\"unknown_url\"");
    check("GET", "/api/nothing", 404, "{\"error\":\"there is nothing at /api/nothing\"}");
    check("GET", "/v1/messages/x", 404, "\"type\":\"not_found_error\"");
    check("GET", "/healthy", 404, "\"code\":\"unknown_url\"");
    check("GET", "/V1/models", 404, "\"code\":\"unknown_url\"");
    check("GET", "/v1/models//", 404, "\"code\":");
}

static int start(void **state)
{
    (void)state;
    server_fixture_start(&fixture,
                         (server_options){.model = "stub:", .body_timeout_s = 60, .slow_client_timeout_s = 30});
    server_fixture_until_ready(&fixture);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    server_fixture_stop(&fixture);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_routes),
        cmocka_unit_test(test_names_what_a_url_allows),
        cmocka_unit_test(test_says_that_a_url_is_unknown),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
