/* Everything that a report says about a model, from a run that is made to order. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "figures/analysis.h"
#include "figures/equality.h"
#include "support/record_maker.h"

static void assert_near(double got, double wanted)
{
    if (!(fabs(got - wanted) <= 1e-9 * fmax(1, fabs(wanted))))
        fail_msg("%.12g is not %.12g", got, wanted);
}

static run_analysis analyze(const run_record *run)
{
    run_analysis a;
    assert_int_equal(run_analysis_of(run, &a, NULL), SW_OK);
    return a;
}

/* The last gaps of each answer are 1 / pace as long as the first. */
static void test_steadiness_is_the_median_of_pairs(void **state)
{
    (void)state;
    const double paces[] = {0.5, 0.8, 0.9, 1.0, 0.95, 0.7, 1.1};
    test_record tests[7];
    for (int i = 0; i < 7; i++) {
        tests[i] = record_test(MODE_STREAM, i, 0);
        record_pace(&tests[i], i % 2 == 0 ? 10 : 100, paces[i]);
    }
    run_record run = record_run(tests, 7);
    run_analysis a = analyze(&run);
    assert_true(fabs(a.subjects[0].steadiness - 0.9) < 1e-6);
    assert_true(a.subjects[0].steadiness_low >= 0.5 && a.subjects[0].steadiness_low <= 0.8);
    assert_true(a.subjects[0].steadiness_high >= 1 - 1e-6 && a.subjects[0].steadiness_high <= 1.1 + 1e-6);
    run_analysis_free(&a);
    run.n_tests = 5; // too few for an interval
    a = analyze(&run);
    assert_true(fabs(a.subjects[0].steadiness - 0.9) < 1e-6);
    assert_true(isnan(a.subjects[0].steadiness_low));
    run_analysis_free(&a);
}

static void test_a_steady_model_has_an_interval_around_one(void **state)
{
    (void)state;
    test_record tests[9];
    for (int i = 0; i < 9; i++) {
        tests[i] = record_test(MODE_STREAM, i, 0);
        record_pace(&tests[i], 10, 1);
    }
    const run_record run = record_run(tests, 9);
    run_analysis a = analyze(&run);
    assert_near(a.subjects[0].steadiness_low, 1);
    assert_near(a.subjects[0].steadiness_high, 1);
    run_analysis_free(&a);
}

static void test_marks_and_technical_checks_are_summed_up(void **state)
{
    (void)state;
    check_record good[] = {{"a", "contains", true, 1, CHECK_PASSED, ""}, {"b", "python", true, 1, CHECK_PASSED, ""}};
    check_record bad[] = {{"a", "contains", true, 1, CHECK_FAILED, ""}, {"b", "python", true, 1, CHECK_NOT_RUN, ""}};
    test_record tests[] = {record_test(MODE_STREAM, 0, 0), record_test(MODE_STREAM, 1, 0),
                           record_test(MODE_STREAM, 2, 0), record_test(MODE_WHOLE, 0, 0)};
    tests[0].checks = good;
    tests[1].checks = bad;
    tests[3].checks = bad;
    tests[0].n_checks = tests[1].n_checks = tests[3].n_checks = 2;
    const run_record run = record_run(tests, 4);
    run_analysis a = analyze(&run);
    assert_int_equal(a.subjects[0].n_technical_run, 3);
    assert_int_equal(a.subjects[0].n_technical_passed, 2);
    assert_near(a.subjects[0].technical_accuracy, 2.0 / 3);
    assert_near(a.subjects[0].mark_mean, (5 + 1) / 2.0); // one has no checks
    run_analysis_free(&a);
}

static void test_equal_answers_have_equal_texts_and_tokens(void **state)
{
    (void)state;
    const int32_t ids[] = {1, 2, 3}, others[] = {1, 2, 4};
    answer_record a = {.text = "one", .n_text = 3, .reasoning = "", .token_ids = ids, .n_token_ids = 3};
    answer_record b = a;
    assert_true(answers_are_equal(&a, &b));
    b.token_ids = others; // one text can be made of other tokens
    assert_false(answers_are_equal(&a, &b));
    b.token_ids = NULL;
    assert_true(answers_are_equal(&a, &b));
    b.text = "two";
    assert_false(answers_are_equal(&a, &b));
    b = a;
    b.reasoning = "hm";
    b.n_reasoning = 2;
    assert_false(answers_are_equal(&a, &b));
}

static void test_pairs_have_the_same_prompt_repetition_and_seed(void **state)
{
    (void)state;
    test_record tests[] = {record_test(MODE_STREAM, 0, 0),    record_test(MODE_STREAM, 0, 1),
                           record_test(MODE_STREAM, 1, 0),    record_test(MODE_STREAM, 2, 0),
                           record_test(MODE_WHOLE, 0, 0),     record_test(MODE_WHOLE, 0, 1),
                           record_test(MODE_REFERENCE, 1, 0), record_test(MODE_REFERENCE, 2, 0)};
    tests[5].answer.text = "b";
    tests[5].answer.n_text = 1;
    tests[6].plan.seed = 7; // another question
    tests[7].answer.status = TEST_INCOMPLETE;
    const run_record run = record_run(tests, 8);
    run_analysis a = analyze(&run);
    assert_int_equal(a.subjects[0].preserved[PRESERVES_STREAMED].all.n_pairs, 2);
    assert_int_equal(a.subjects[0].preserved[PRESERVES_STREAMED].all.n_equal, 1);
    assert_int_equal(a.subjects[0].preserved[PRESERVES_OFFLOADED].all.n_pairs, 0);
    run_analysis_free(&a);
}

static void test_cold_first_tokens_are_those_of_cold_requests(void **state)
{
    (void)state;
    test_record tests[] = {record_test(MODE_STREAM, 0, 0), record_test(MODE_COLD, 0, 0), record_test(MODE_COLD, 1, 0),
                           record_test(MODE_COLD, 2, 0)};
    for (int i = 0; i < 4; i++)
        record_pace(&tests[i], 10, 1);
    const arrival slow[] = {{900000000, 1, 1, false}};
    tests[2].answer.arrivals = tests[3].answer.arrivals = slow;
    tests[2].answer.n_arrivals = tests[3].answer.n_arrivals = 1;
    const run_record run = record_run(tests, 4);
    run_analysis a = analyze(&run);
    assert_near(a.subjects[0].cold_ttft_ms, 900);
    run_analysis_free(&a);
}

static void test_a_sweep_has_a_point_for_each_value(void **state)
{
    (void)state;
    test_record tests[5];
    const char *const variants[] = {"temperature=0.9", "temperature=0", "temperature=0.9", "temperature=0.1",
                                    "temperature=0.1"};
    for (int i = 0; i < 5; i++) {
        tests[i] = record_test(MODE_SWEEP, i, 0);
        tests[i].variant = variants[i];
    }
    tests[0].answer.text = "a b c d e f a b c"; // 1 of 7 triples
    tests[0].answer.n_text = 17;
    tests[3].answer.status = tests[4].answer.status = TEST_TIMEOUT;
    const run_record run = record_run(tests, 5);
    run_analysis a = analyze(&run);
    const sweep_point *const p = a.subjects[0].sweep;
    assert_int_equal(a.subjects[0].n_sweep, 3);
    assert_near(p[0].value, 0);
    assert_near(p[1].value, 0.1);
    assert_near(p[2].value, 0.9);
    assert_int_equal(p[2].n, 2);
    assert_near(p[2].repetition_mean, 1 / 14.0);
    assert_near(p[2].repetition_max, 1 / 7.0);
    assert_int_equal(p[1].n, 0);
    assert_true(isnan(p[1].repetition_mean) && isnan(p[1].repetition_max) && isnan(p[1].mark_mean));
    run_analysis_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steadiness_is_the_median_of_pairs),
        cmocka_unit_test(test_a_steady_model_has_an_interval_around_one),
        cmocka_unit_test(test_marks_and_technical_checks_are_summed_up),
        cmocka_unit_test(test_equal_answers_have_equal_texts_and_tokens),
        cmocka_unit_test(test_pairs_have_the_same_prompt_repetition_and_seed),
        cmocka_unit_test(test_cold_first_tokens_are_those_of_cold_requests),
        cmocka_unit_test(test_a_sweep_has_a_point_for_each_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
