/* Speed along long answers and over long contexts, from records made to order. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "figures/stress/answer_sections.h"
#include "figures/stress/context_ladder.h"
#include "support/draws.h"
#include "support/record_maker.h"

enum { N_TESTS = 8, N_EVENTS = 700 };

static arrival arrivals[N_TESTS][N_EVENTS];
static test_record tests[N_TESTS];
static stage_record stages[] = {{.suite = "long-form", .work = "sessions"},
                                {.suite = "context", .work = "ladder"},
                                {.suite = "context", .work = "ladder"}};
static run_record run;

static void fill(void)
{
    static test_record made;
    if (made.answer.arrivals == NULL)
        made = record_test(MODE_STREAM, 0, 0);
    for (int i = 0; i < N_TESTS; i++)
        tests[i] = made;
    run = record_run(tests, N_TESTS);
    run.stages = stages;
    run.n_stages = 3;
}

/* n tokens, the first at once, then one every ms_before up to token 250 and every ms_after from there. */
static void generate(int test, int n, double ms_before, double ms_after)
{
    double ms = 100;
    for (int i = 0; i < n; i++, ms += i <= 250 ? ms_before : ms_after)
        arrivals[test][i] = (arrival){(int64_t)(ms * 1e6), 1, 1, false};
    tests[test].answer.arrivals = arrivals[test];
    tests[test].answer.n_arrivals = (size_t)n;
    tests[test].answer.completion_tokens = n;
    tests[test].stage = 0;
}

static size_t sections(answer_section *out, size_t max)
{
    static const char *const SUITES[] = {"long-form", NULL};
    stress_rows rows;
    size_t n;
    assert_int_equal(stress_rows_of(&run, 0, &rows, NULL), SW_OK);
    assert_int_equal(answer_sections_of(&rows, SUITES, out, max, &n, NULL), SW_OK);
    stress_rows_free(&rows);
    return n;
}

static void test_each_section_has_its_own_rate(void **state)
{
    (void)state;
    answer_section s[4];
    fill();
    generate(0, 600, 10, 20);
    generate(1, 400, 20, 20); // its second section is not whole
    assert_int_equal(sections(s, 4), 2);
    assert_int_equal(s[0].n_answers, 2);
    assert_close(s[0].tps, 500 / (250 * 0.01 + 250 * 0.02), 1e-6);
    assert_close(s[0].least, 50, 1e-6);
    assert_close(s[0].most, 100, 1e-6);
    assert_int_equal(s[1].n_answers, 1);
    assert_close(s[1].tps, 50, 1e-6);
    assert_true(isnan(s[2].tps));
    assert_int_equal(sections(s, 1), 2); // the second has no room
    fill();
    assert_int_equal(sections(s, 4), 0); // 41 tokens each, of another suite
}

static size_t ladder(context_rung *out, size_t max)
{
    static const char *const SUITES[] = {"context", NULL};
    stress_rows rows;
    size_t n;
    assert_int_equal(stress_rows_of(&run, 0, &rows, NULL), SW_OK);
    assert_int_equal(context_ladder_of(&rows, SUITES, out, max, &n, NULL), SW_OK);
    stress_rows_free(&rows);
    return n;
}

static void test_rungs_are_of_one_stage_and_length(void **state)
{
    (void)state;
    static const struct {
        int stage, prompt;
        int64_t first_ms;
    } ASKED[N_TESTS] = {{1, 512, 400},   {1, 128, 100}, {1, 128, 120}, {1, 128, 140},
                        {1, 2048, 2000}, {2, 128, 130}, {0, 128, 999}, {1, 4096, 0}};
    fill();
    for (int i = 0; i < N_TESTS; i++) {
        generate(i, 60, 10, 10);
        for (int k = 0; k < 60; k++)
            arrivals[i][k].t_ns += (ASKED[i].first_ms - 100) * 1000000;
        tests[i].stage = ASKED[i].stage;
        tests[i].answer.prompt_tokens = ASKED[i].prompt;
    }
    tests[7].answer.status = TEST_HTTP_ERROR;
    context_rung r[8];
    assert_int_equal(ladder(r, 8), 4);
    assert_true(r[0].prompt_tokens == 128 && r[0].stage == 1 && r[0].n == 3);
    assert_close(r[0].ttft_ms, 120, 1e-9);
    assert_close(r[0].decode_tps, 100, 1e-6);
    assert_close(r[2].prefill_tps, 2048 / 2.0, 1e-6);
    assert_close(context_recovery(r, 4), 130.0 / 120, 1e-9);
    assert_true(isnan(context_recovery(r, 3)));
    assert_int_equal(ladder(r, 2), 4);
}

static void test_what_was_cached_is_no_rung(void **state)
{
    (void)state;
    context_rung r[8];
    fill();
    tests[0].stage = 1;
    assert_int_equal(ladder(r, 8), 1);
    tests[0].answer.cached_tokens = 10; // of 20
    assert_int_equal(ladder(r, 8), 0);
    tests[0].answer.cached_tokens = 2; // a header
    assert_int_equal(ladder(r, 8), 1);
}

static void test_a_prompt_over_the_limit_is_refused_with_a_sentence(void **state)
{
    (void)state;
    answer_record a = {.status = TEST_HTTP_ERROR, .http_status = 400, .error = "the prompt has 5,000 tokens"};
    assert_string_equal(limit_outcome_name(limit_outcome_of(&a)), "refused");
    a.error = "";
    assert_string_equal(limit_outcome_name(limit_outcome_of(&a)), "broke");
    a = (answer_record){.status = TEST_HTTP_ERROR, .http_status = 500, .error = "internal"};
    assert_string_equal(limit_outcome_name(limit_outcome_of(&a)), "broke");
    a.status = TEST_COMPLETED;
    assert_string_equal(limit_outcome_name(limit_outcome_of(&a)), "answered");
    a.status = TEST_SILENT_EMPTY;
    assert_int_equal(limit_outcome_of(&a), LIMIT_BROKE);
}

int main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_each_section_has_its_own_rate),
        cmocka_unit_test(test_rungs_are_of_one_stage_and_length),
        cmocka_unit_test(test_what_was_cached_is_no_rung),
        cmocka_unit_test(test_a_prompt_over_the_limit_is_refused_with_a_sentence),
    };
    return cmocka_run_group_tests(all, NULL, NULL);
}
