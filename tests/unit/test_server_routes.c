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
    check("HEAD", "/", 200, "content-type: text/plain");
    check("GET", "/", 200, "spillway ");
    check("HEAD", "/v1/models", 200, "content-type: application/json; charset=utf-8");
    check("GET", "/v1/models/stub", 200, "\"id\":\"stub\"");
    check("GET", "/models/stub.gguf", 200, "\"value\":\"loaded\"");
    check("GET", "/v1/models/a/b", 404, "the model 'a/b' is not known here");
    check("GET", "/v1/experts", 200, "\"layers\":[]");
    check("POST", "/chat/completions", 400, "\"param\":\"messages\"");
    check("POST", "/v1/messages", 400, "\"type\":\"error\"");
    check("POST", "/v1/messages/count_tokens", 400, "messages is required");
    check("POST", "/completion", 400, "\"param\":\"prompt\"");
    check("POST", "/tokenize", 400, "\"param\":\"content\"");
    check("POST", "/detokenize/", 400, "\"param\":\"tokens\"");
    check("GET", "/props", 200, "\"total_slots\":4");
    check("GET", "/slots", 200, "[{\"id\":0,\"n_ctx\":");
    check("POST", "/infill", 501, "/infill is not supported");
    check("POST", "/api/chat", 200, "\"done_reason\":\"load\"");
    check("POST", "/api/generate", 400, "\"param\":\"prompt\"");
    check("POST", "/api/embed", 200, "\"embeddings\":[]");
    check("GET", "/api/tags", 200, "\"name\":\"stub:latest\"");
    check("GET", "/api/ps", 200, "\"size_vram\":0");
    check("POST", "/api/show", 400, "{\"error\":\"model is required\"}");
    check("GET", "/api/version", 200, "{\"version\":\"0.");
    check("DELETE", "/api/delete", 501, "--model-dirs");
}

static void test_lists_and_loads_models_by_name(void **state)
{
    (void)state;
    check("GET", "/api/models", 200,
          "{\"models\":[{\"name\":\"stub\",\"size_bytes\":null,\"model_type\":null,\"parameter_count\":null,"
          "\"source\":\"registered\"}]}");
    check("POST", "/api/models/discover", 200, "{\"discovered\":0,\"added\":0,\"models\":[{\"name\":\"stub\"");
    check("GET", "/api/models/stub/status", 200, "\"status\":\"loaded\",\"loaded\":true,\"progress\":1.0");
    check("GET", "/api/models/stub/status", 200, "\"placement\":{\"backend\":\"stub\"");
    check("POST", "/api/models/stub/load", 200, "{\"model\":\"stub\",\"status\":\"loaded\"}");
    check("POST", "/api/models/stub.gguf/unload", 200, "{\"model\":\"stub\",\"status\":\"unloaded\"}");
    check("GET", "/api/models/stub/status", 200, "\"status\":\"unloaded\",\"loaded\":false,\"progress\":0.0");
    check("POST", "/api/models/stub/unload", 200, "{\"model\":\"stub\",\"status\":\"unloaded\"}");
    check("POST", "/api/models/stub/load", 202, "{\"model\":\"stub\",\"status\":\"loading\"}");
    server_fixture_until_ready(&fixture);
    check("POST", "/api/models/a/b/load", 404, "the model 'a/b' is not known here");
    check("GET", "/api/models/stub/load", 404, "\"code\":\"unknown_url\"");
    check("POST", "/api/models/stub/status", 404, "\"code\":\"unknown_url\"");
    check("POST", "/api/models/stub", 404, "\"code\":\"unknown_url\"");
}

static void test_refuses_what_it_does_not_have(void **state)
{
    (void)state;
    check("GET", "/api/tools", 501, "\"code\":\"not_supported\"");
    check("POST", "/api/tools/calculator/execute", 501, "\"type\":\"not_supported_error\"");
    check("POST", "/api/workflows/execute", 501, "\"code\":\"not_supported\"");
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
    check("GET", "/nothing", 404, "\"code\":\"unknown_url\"");
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
        cmocka_unit_test(test_lists_and_loads_models_by_name),
        cmocka_unit_test(test_refuses_what_it_does_not_have),
        cmocka_unit_test(test_names_what_a_url_allows),
        cmocka_unit_test(test_says_that_a_url_is_unknown),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
