/* What is stored of a benchmark's options completes them later, and nothing else does. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "suite/bench_options.h"

/* The options of `bench --resume` with nothing else. */
static bench_options resumed(void)
{
    return (bench_options){.resume = true, .settings = settings_none()};
}

static void test_stored_options_complete_those_of_a_resumed_run(void **state)
{
    (void)state;
    static const char *const SERVE_OPTIONS[] = {"--ctx-size", "512", "caf\xc3\xa9"};
    static const char *const MODELS[] = {"a.gguf", "b.gguf"};
    bench_options stored = {.models = MODELS,
                            .n_models = 2,
                            .is_plain = true,
                            .serve_options = SERVE_OPTIONS,
                            .n_serve_options = 3,
                            .settings = settings_none(),
                            .sweep = {.values = {0, 0.7}, .n = 2},
                            .route = ROUTE_SHIMMY_WS,
                            .is_without_code = true,
                            .limits = {.connect_s = 1, .first_token_s = 2, .idle_s = 3, .deadline_s = 4}};
    stored.settings.v[SETTING_PAUSE] = 2.5;
    stored.settings.v[SETTING_MODES] = 3;
    char *const json = bench_options_to_json(&stored);
    arena *const keep = arena_create();
    bench_options o = resumed();
    sw_err err = {0};
    assert_non_null(json);
    assert_int_equal(bench_options_complete(&o, json, keep, &err), SW_OK);
    mem_free(json);
    assert_null(o.url);
    assert_true(o.n_models == 2 && o.n_serve_options == 3 && o.is_plain && o.is_without_code && o.resume);
    assert_string_equal(o.models[1], "b.gguf");
    assert_string_equal(o.serve_options[2], "caf\xc3\xa9");
    assert_true(o.settings.v[SETTING_PAUSE] == 2.5 && o.settings.v[SETTING_MODES] == 3);
    assert_true(isnan(o.settings.v[SETTING_SEED]));
    assert_true(o.sweep.n == 2 && o.sweep.values[1] == 0.7);
    assert_int_equal(o.route, ROUTE_SHIMMY_WS);
    assert_memory_equal(&o.limits, &stored.limits, sizeof o.limits);
    arena_free(keep);
}

static void test_a_resumed_run_may_have_another_address_and_another_time_budget(void **state)
{
    (void)state;
    static const char JSON[] = "{\"url\":\"http://localhost:2\",\"models\":[\"m\"],\"settings\":{\"pause\":5,\"time "
                               "budget\":60}}";
    arena *const keep = arena_create();
    bench_options o = resumed();
    sw_err err = {0};
    o.url = "http://localhost:1";
    o.api_key = "key";
    o.settings.v[SETTING_TIME_BUDGET] = 90;
    assert_int_equal(bench_options_complete(&o, JSON, keep, &err), SW_OK);
    assert_string_equal(o.url, "http://localhost:1");
    assert_string_equal(o.models[0], "m");
    assert_string_equal(o.api_key, "key");
    assert_true(o.settings.v[SETTING_PAUSE] == 5 && o.settings.v[SETTING_TIME_BUDGET] == 90);
    static const char OWN[] = "{\"models\":[\"m\"],\"settings\":{}}"; // no server was given
    bench_options refused[] = {resumed(), resumed(), resumed()};
    refused[0].url = "http://localhost:1";
    refused[1].server_pid = 1;
    refused[2].api_key = "key";
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(bench_options_complete(&refused[i], OWN, keep, &err), SW_EINVAL);
    arena_free(keep);
}

static void test_damaged_options_are_refused(void **state)
{
    (void)state;
    static const char *const DAMAGED[] = {
        "",
        "[]",
        "{\"settings\":{},\"models\":[]}",
        "{\"settings\":{}}",
        "{\"models\":[\"m\"]}",
        "{\"models\":[5],\"settings\":{}}",
        "{\"models\":\"m\",\"settings\":{}}",
        "{\"url\":5,\"models\":[],\"settings\":{}}",
        "{\"models\":[\"m\"],\"settings\":{\"pause\":-1}}",
        "{\"models\":[\"m\"],\"settings\":{\"pauses\":1}}",
        "{\"models\":[\"m\"],\"settings\":{},\"sweep\":[3]}",
        "{\"models\":[\"m\"],\"settings\":{},\"sweep\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}",
        "{\"models\":[\"m\"],\"settings\":{},\"route\":\"telex\"}",
        "{\"models\":[\"m\"],\"settings\":{},\"limits\":{\"idle_s\":-1}}",
    };
    arena *const keep = arena_create();
    for (size_t i = 0; i < sizeof DAMAGED / sizeof DAMAGED[0]; i++) {
        bench_options o = resumed();
        sw_err err = {0};
        if (bench_options_complete(&o, DAMAGED[i], keep, &err) != SW_EFORMAT)
            fail_msg("'%s' is taken", DAMAGED[i]);
        assert_non_null(strstr(err.msg, "the options of the stored run are damaged"));
    }
    arena_free(keep);
}

static void test_options_that_are_not_utf8_are_not_stored_in_part(void **state)
{
    (void)state;
    static const char *const SERVE_OPTIONS[] = {"bad\xff"};
    const bench_options o = {.serve_options = SERVE_OPTIONS, .n_serve_options = 1, .settings = settings_none()};
    assert_null(bench_options_to_json(&o));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stored_options_complete_those_of_a_resumed_run),
        cmocka_unit_test(test_a_resumed_run_may_have_another_address_and_another_time_budget),
        cmocka_unit_test(test_damaged_options_are_refused),
        cmocka_unit_test(test_options_that_are_not_utf8_are_not_stored_in_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
