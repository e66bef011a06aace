/* The mark of an answer follows its rubric in every case that the rubric names. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "figures/content.h"

enum { N_CHECKS = 8 };

/* A test with `n_passed` checks of weight 1 that passed, and others that failed. */
typedef struct marked_test {
    check_record checks[N_CHECKS];
    test_record test;
    repetition_score repetition;
} marked_test;

static void build(marked_test *m, int n_passed)
{
    *m = (marked_test){0};
    for (int i = 0; i < N_CHECKS; i++)
        m->checks[i] =
            (check_record){"a check", "contains", i % 2 == 0, 1, i < n_passed ? CHECK_PASSED : CHECK_FAILED, ""};
    m->test.checks = m->checks;
    m->test.n_checks = N_CHECKS;
    m->test.answer.text = "An answer.";
    m->test.answer.n_text = strlen(m->test.answer.text);
    m->test.answer.finish_reason = "stop";
}

static double mark(const marked_test *m)
{
    return content_score_of(&m->test, &m->repetition).mark;
}

static void test_the_mark_grows_from_one_to_five_in_halves(void **state)
{
    (void)state;
    static const double WANTED[N_CHECKS + 1] = {1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5};
    for (int n_passed = 0; n_passed <= N_CHECKS; n_passed++) {
        marked_test m;
        build(&m, n_passed);
        assert_true(mark(&m) == WANTED[n_passed]);
        const content_score s = content_score_of(&m.test, &m.repetition);
        assert_int_equal(s.n_passed, n_passed);
        assert_int_equal(s.n_checks, N_CHECKS);
        assert_int_equal(s.n_technical_run, N_CHECKS / 2);
        assert_int_equal(s.n_technical_passed, (n_passed + 1) / 2);
        assert_null(s.lowered);
    }
}

static void test_checks_that_did_not_run_do_not_count(void **state)
{
    (void)state;
    marked_test m;
    build(&m, 4);
    for (int i = 4; i < N_CHECKS; i++)
        m.checks[i].outcome = CHECK_NOT_RUN;
    assert_true(mark(&m) == 5);
    assert_int_equal(content_score_of(&m.test, &m.repetition).n_run, 4);
    for (int i = 0; i < 4; i++)
        m.checks[i].outcome = CHECK_NOT_RUN;
    assert_true(isnan(mark(&m)));
    m.test.n_checks = 0;
    assert_true(isnan(mark(&m)));
}

static void test_weights_count(void **state)
{
    (void)state;
    marked_test m;
    build(&m, 1);
    m.checks[0].weight = 7; // 7 of 14
    assert_true(mark(&m) == 3);
}

static void test_a_degenerate_answer_has_two_less(void **state)
{
    (void)state;
    marked_test m;
    build(&m, 8);
    m.repetition.verdict = REPETITION_DEGENERATE;
    assert_true(mark(&m) == 3);
    assert_non_null(content_score_of(&m.test, &m.repetition).lowered);
    build(&m, 2);
    m.repetition.verdict = REPETITION_DEGENERATE;
    assert_true(mark(&m) == 1);
    build(&m, 8);
    m.repetition.verdict = REPETITION_SUSPICIOUS;
    assert_true(mark(&m) == 5);
}

static void test_cut_empty_and_looping_answers_have_at_most_two(void **state)
{
    (void)state;
    marked_test m;
    build(&m, 8);
    m.test.answer.finish_reason = "length";
    assert_true(mark(&m) == 2);
    build(&m, 8);
    m.test.answer.text = " \n\t";
    assert_true(mark(&m) == 2);
    build(&m, 8);
    m.repetition.tail_loop.period = 3;
    assert_true(mark(&m) == 2);
    static const char *const KINDS[] = {"complete", "no_loop"};
    for (int i = 0; i < 2; i++) {
        build(&m, 7);
        m.checks[7].kind = KINDS[i];
        assert_true(mark(&m) == 2);
        assert_non_null(content_score_of(&m.test, &m.repetition).lowered);
    }
    build(&m, 1); // less than two stays
    m.test.answer.finish_reason = "length";
    assert_true(mark(&m) == 1.5);
    assert_null(content_score_of(&m.test, &m.repetition).lowered);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_mark_grows_from_one_to_five_in_halves),
        cmocka_unit_test(test_checks_that_did_not_run_do_not_count),
        cmocka_unit_test(test_weights_count),
        cmocka_unit_test(test_a_degenerate_answer_has_two_less),
        cmocka_unit_test(test_cut_empty_and_looping_answers_have_at_most_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
