/* What is stored of a benchmark's options completes them later, and nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "suite/bench_options.h"

/* The options of `bench --resume` with nothing else. */
static const bench_options RESUME = {.pause_s = -1, .n_repeats = 1, .resume = true};

static void test_stored_options_complete_those_of_a_resumed_run(void **state)
{
    (void)state;
    static const char *const SERVE_OPTIONS[] = {"--ctx-size", "512", "caf\xc3\xa9"};
    const bench_options stored = {.serve = "m.gguf",
                                  .serve_options = SERVE_OPTIONS,
                                  .n_serve_options = 3,
                                  .model = "m",
                                  .pause_s = 2.5,
                                  .n_repeats = 7};
    char *const json = bench_options_to_json(&stored);
    arena *const keep = arena_create();
    bench_options o = RESUME;
    sw_err err = {0};
    assert_non_null(json);
    assert_int_equal(bench_options_complete(&o, json, keep, &err), SW_OK);
    mem_free(json);
    assert_null(o.url);
    assert_string_equal(o.serve, "m.gguf");
    assert_int_equal(o.n_serve_options, 3);
    assert_string_equal(o.serve_options[2], "caf\xc3\xa9");
    assert_string_equal(o.model, "m");
    assert_true(o.pause_s == 2.5 && o.n_repeats == 7);
    arena_free(keep);
}

static void test_what_the_command_line_says_stays(void **state)
{
    (void)state;
    arena *const keep = arena_create();
    bench_options o = RESUME;
    sw_err err = {0};
    o.url = "http://localhost:1";
    o.pause_s = 0;
    assert_int_equal(bench_options_complete(
                         &o,
                         "{\"url\":\"http://localhost:2\",\"serve\":null,\"model\":\"m\",\"pause_s\":5,\"repeat\":3}",
                         keep, &err),
                     SW_OK);
    assert_string_equal(o.url, "http://localhost:1");
    assert_true(o.pause_s == 0);
    assert_int_equal(o.n_repeats, 3); // part of the plan
    arena_free(keep);
}

static void test_damaged_options_are_refused(void **state)
{
    (void)state;
    static const char *const DAMAGED[] = {
        "",
        "[]",
        "{\"url\":\"u\",\"pause_s\":0}",
        "{\"url\":\"u\",\"pause_s\":0,\"repeat\":0}",
        "{\"url\":\"u\",\"pause_s\":0,\"repeat\":1001}",
        "{\"url\":5,\"pause_s\":0,\"repeat\":1}",
        "{\"pause_s\":0,\"repeat\":1}",
        "{\"serve\":null,\"pause_s\":0,\"repeat\":1}",
        "{\"serve\":[],\"pause_s\":0,\"repeat\":1}",
        "{\"serve\":[\"m\",5],\"pause_s\":0,\"repeat\":1}",
        "{\"url\":\"u\",\"pause_s\":\"0\",\"repeat\":1}",
    };
    arena *const keep = arena_create();
    for (size_t i = 0; i < sizeof DAMAGED / sizeof DAMAGED[0]; i++) {
        bench_options o = RESUME;
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
    const bench_options o = {.serve = "m.gguf", .serve_options = SERVE_OPTIONS, .n_serve_options = 1, .n_repeats = 1};
    assert_null(bench_options_to_json(&o));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stored_options_complete_those_of_a_resumed_run),
        cmocka_unit_test(test_what_the_command_line_says_stays),
        cmocka_unit_test(test_damaged_options_are_refused),
        cmocka_unit_test(test_options_that_are_not_utf8_are_not_stored_in_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
