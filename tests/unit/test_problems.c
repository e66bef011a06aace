/* Problems follow from their seeds and differ from each other; what is right is judged so, and hostile answers are not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/strmap.h"
#include "problems/problem_draw.h"
#include "support/faults.h"
#include "support/problem_case.h"

/* ---- seeds ------------------------------------------------------------------------------------------------------ */

static void test_a_thousand_seeds_give_a_thousand_questions(void **state)
{
    (void)state;
    for (int kind = 0; kind < N_PROBLEM_KINDS; kind++) {
        for (int level = 0; level < PROBLEM_LEVELS; level++) {
            strmap seen;
            strmap_init(&seen);
            assert_true(problem_space((problem_kind)kind, level) >= 1000);
            for (uint64_t seed = 500; seed < 1500; seed++) {
                const problem *const p = problem_case_make((problem_kind)kind, level, seed);
                if (strmap_add(&seen, p->question, strlen(p->question), 0) != STRMAP_ADDED)
                    fail_msg("%s was asked before: %s", p->item, p->question);
            }
            strmap_free(&seen);
        }
    }
}

static void test_draws_go_through_the_whole_space(void **state)
{
    (void)state;
    bool seen[1000] = {false};
    for (uint64_t seed = 7; seed < 1007; seed++) {
        problem_draw d;
        draw_begin(&d, seed, 1000, 3);
        assert_false(seen[d.index]);
        seen[d.index] = true;
    }
}

static void test_a_seed_gives_the_same_problem_again(void **state)
{
    (void)state;
    for (int kind = 0; kind < N_PROBLEM_KINDS; kind++) {
        for (int level = 0; level < PROBLEM_LEVELS; level++) {
            const problem *const p = problem_case_make((problem_kind)kind, level, 12345), *const q = problem_case_make(
                                                                                              (problem_kind)kind, level,
                                                                                              12345);
            assert_string_equal(p->question, q->question);
            assert_string_equal(p->expected, q->expected);
            assert_string_equal(p->item, q->item);
            assert_true(strlen(p->question) < PROBLEM_QUESTION_BYTES);
        }
    }
    const problem *const p = problem_case_make(PROBLEM_UNITS, 2, 17);
    assert_string_equal(p->item, "units/2/seed=17");
}

static void test_the_expected_answer_is_right_with_all_its_steps(void **state)
{
    (void)state;
    for (int kind = 0; kind < PROBLEM_CODE; kind++) {
        for (int level = 0; level < PROBLEM_LEVELS; level++) {
            for (uint64_t seed = 0; seed < 40; seed++) {
                const problem *const p = problem_case_make((problem_kind)kind, level, seed);
                problem_case_expect(p, p->expected, PROBLEM_RIGHT);
                const problem_verdict v = problem_case_check_text(p, p->expected);
                assert_int_equal(v.steps_right, kind == PROBLEM_ARITHMETIC || kind == PROBLEM_UNITS ? 1 : v.steps_all);
            }
        }
    }
}

static void test_the_question_itself_is_no_right_answer(void **state)
{
    (void)state;
    for (int kind = 0; kind < PROBLEM_CODE; kind++) {
        for (int level = 0; level < PROBLEM_LEVELS; level++) {
            for (uint64_t seed = 0; seed < 60; seed++) {
                const problem *const p = problem_case_make((problem_kind)kind, level, seed);
                const problem_verdict v = problem_case_check_text(p, p->question);
                if (v.outcome == PROBLEM_RIGHT || (kind < PROBLEM_GRID && v.steps_right > 0))
                    fail_msg("%s: %s, %d steps\n%s", p->item, v.reason, v.steps_right, p->question);
            }
        }
    }
}

static void test_a_level_that_is_not_there_is_refused(void **state)
{
    (void)state;
    const problem *p;
    sw_err err = {0};
    assert_int_equal(problem_make(PROBLEM_GRID, 4, 1, problem_case_keep, &p, &err), SW_EINVAL);
    assert_non_null(strstr(err.msg, "grid have the levels 0 to 3, not 4"));
    assert_null(p);
    assert_int_equal(problem_kind_find("mend"), PROBLEM_MEND);
    assert_int_equal(problem_kind_find("sonnet"), -1);
}

static void test_names_of_problems_are_read_and_printed(void **state)
{
    (void)state;
    problem_kind kind;
    int level;
    sw_err err = {0};
    assert_int_equal(problem_name_read("grid/2", &kind, &level, NULL), SW_OK);
    assert_true(kind == PROBLEM_GRID && level == 2);
    assert_int_equal(problem_name_read("mend", &kind, &level, NULL), SW_OK);
    assert_true(kind == PROBLEM_MEND && level == -1);
    static const char *const WRONG[] = {
        "", "/1", "grids", "grid/", "grid/4", "grid/-1", "grid/11", "grid/1/2", "a name of more than twenty bytes/1"};
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++)
        assert_int_equal(problem_name_read(WRONG[i], &kind, &level, NULL), SW_EINVAL);
    assert_int_equal(problem_name_read("a name", &kind, &level, &err), SW_EINVAL);
    assert_non_null(strstr(err.msg, "arithmetic, units, grid, crossing, code or mend, not 'a name'"));
    buf text;
    buf_init(&text, 10000);
    problem_print(problem_case_make(PROBLEM_UNITS, 0, 7), &text);
    assert_string_equal(buf_str(&text), "units/0/seed=7\n\nHow many milliliters are in 40 liters?\n\nexpected: 40000 "
                                        "milliliters\nsteps: 1\n");
    buf_free(&text);
}

/* ---- hostile answers -------------------------------------------------------------------------------------------- */

static void check_hostile(const char *text, size_t n)
{
    const problem_answer answer = {.text = text, .n = n, .reasoning = text, .n_reasoning = n};
    for (int kind = 0; kind < N_PROBLEM_KINDS; kind++) {
        for (int level = 0; level < PROBLEM_LEVELS; level += 3) {
            const problem_verdict v =
                problem_case_check(problem_case_make((problem_kind)kind, level, 9), &answer, false);
            assert_true(v.outcome != PROBLEM_RIGHT);
        }
    }
}

static void check_repeated(const char *part, size_t n)
{
    char *const text = malloc(n + 1);
    for (size_t i = 0; i < n; i++)
        text[i] = part[i % strlen(part)];
    check_hostile(text, n);
    free(text);
}

static void test_hostile_answers_are_judged_in_bounded_time(void **state)
{
    (void)state;
    char bytes[512];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7);
    check_hostile(bytes, sizeof bytes);
    check_hostile("", 0);
    check_repeated("1. ", LIMIT_CHECK_ANSWER_BYTES + 100);
    check_repeated("1\n", 16000);
    check_repeated("((((", 16000);
    check_repeated("9", 16000);
    check_repeated("1+1=", 16000);
    check_repeated("answer and the goat then ", 16000);
    check_repeated("one hundred and ", 16000);
    check_repeated("is ", 16000);
    check_repeated("answer ", 16000);
    check_repeated("= boxed 1\n", 16000);
    check_repeated("\xff\xfe\x80", 16000);
}

static void test_short_memory_is_reported(void **state)
{
    (void)state;
    for (int kind = 0; kind < PROBLEM_CODE; kind++) {
        sw_code code = SW_ENOMEM;
        for (long n = 0; code != SW_OK && n < 200; n++) {
            long n_live;
            faults_alloc_begin(n);
            arena *const own = arena_create();
            const problem *p = NULL;
            problem_verdict v;
            sw_err err = {0};
            code = own != NULL ? problem_make((problem_kind)kind, 1, 4, own, &p, &err) : SW_ENOMEM;
            if (code == SW_OK)
                code = problem_check(p, &(problem_answer){.text = "1. 5", .n = 4}, &(check_options){0}, own, &v, &err);
            arena_free(own);
            faults_alloc_end(&n_live);
            assert_true(code == SW_OK || code == SW_ENOMEM);
            assert_int_equal(n_live, 0);
        }
        assert_int_equal(code, SW_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_thousand_seeds_give_a_thousand_questions, problem_case_open,
                                        problem_case_close),
        cmocka_unit_test_setup_teardown(test_draws_go_through_the_whole_space, problem_case_open, problem_case_close),
        cmocka_unit_test_setup_teardown(test_a_seed_gives_the_same_problem_again, problem_case_open,
                                        problem_case_close),
        cmocka_unit_test_setup_teardown(test_the_expected_answer_is_right_with_all_its_steps, problem_case_open,
                                        problem_case_close),
        cmocka_unit_test_setup_teardown(test_the_question_itself_is_no_right_answer, problem_case_open,
                                        problem_case_close),
        cmocka_unit_test_setup_teardown(test_a_level_that_is_not_there_is_refused, problem_case_open,
                                        problem_case_close),
        cmocka_unit_test_setup_teardown(test_names_of_problems_are_read_and_printed, problem_case_open,
                                        problem_case_close),
        cmocka_unit_test_setup_teardown(test_hostile_answers_are_judged_in_bounded_time, problem_case_open,
                                        problem_case_close),
        cmocka_unit_test_setup_teardown(test_short_memory_is_reported, problem_case_open, problem_case_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
