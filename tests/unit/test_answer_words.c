/* Numbers, results and steps of answers are read as models write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "problems/answer_words.h"
#include "support/problem_case.h"

static void test_results_are_read_in_many_wordings(void **state)
{
    (void)state;
    static const char *const RIGHT[] = {"42",
                                        "42.",
                                        "**42**",
                                        "The answer is 42.",
                                        "Answer: 42",
                                        "So 17 + 25 = 42.",
                                        "17 plus 25 is 42.",
                                        "17+25. Ones: 7+5=12, write 2, carry 1. Tens: 1+2+1=4. So 17 + 25 = 42.",
                                        "You have 42 apples now (17 + 25).",
                                        "42 is the sum of 17 and 25.",
                                        "forty-two",
                                        "The result is forty two.",
                                        "$17 + 25 = \\boxed{42}$",
                                        "\\(17 + 25 = 42\\)",
                                        "42 = 17 + 25",
                                        "First 17 + 25.\n\n**Answer:** 42 apples",
                                        "The final result: 42.0",
                                        "17 + 25 equals 42, because 7 + 5 = 12.\nThe answer is 42.",
                                        "Answer:\n42",
                                        "= 42",
                                        "It makes 42 in total."};
    static const char *const WRONG[] = {"41",
                                        "17 + 25 = 43",
                                        "The answer is 24.",
                                        "17 + 25 = 42? No: the answer is 43.",
                                        "4.2",
                                        "-42",
                                        "142",
                                        "17",
                                        "forty-one",
                                        "42 - 1 = 41",
                                        "\\boxed{17}"};
    const problem *const p = problem_case_find(PROBLEM_ARITHMETIC, 0, "17 and 25");
    for (size_t i = 0; i < sizeof RIGHT / sizeof *RIGHT; i++)
        problem_case_expect(p, RIGHT[i], PROBLEM_RIGHT);
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++)
        problem_case_expect(p, WRONG[i], PROBLEM_WRONG);
    problem_case_expect(p, "", PROBLEM_UNREADABLE);
    problem_case_expect(p, "I do not know.", PROBLEM_UNREADABLE);
}

static double result_of(const char *text)
{
    answer_words words;
    double value = -1e9;
    assert_true(answer_words_read(&words, text, strlen(text), problem_case_keep));
    assert_true(answer_result(&words, &value));
    return value;
}

static void test_numbers_are_read_as_they_are_written(void **state)
{
    (void)state;
    assert_true(result_of("It is 1,234,000 milliliters.") == 1234000);
    assert_true(result_of("5 and 1,23") == 23); // no thousands
    assert_true(result_of("minus: \xe2\x88\x92"
                          "12") == -12);
    assert_true(result_of("3 - 15 = -12") == -12);
    assert_true(result_of("the answer is 12.5%") == 12.5);
    assert_true(result_of("one hundred and five") == 105);
    assert_true(result_of("twelve thousand three hundred and forty-five") == 12345);
    assert_true(result_of("The answer is two thousand.") == 2000);
    assert_true(result_of("about 300 thousand kilometres") == 300000);
    assert_true(result_of("2.5 million of them") == 2500000);
    assert_true(result_of("either two and three") == 3);
    assert_true(result_of("twenty-one") == 21);
    assert_true(result_of("6\xc3\x97"
                          "7 = 42") == 42);
    assert_true(result_of("the 42\xc2\xa0"
                          "apples") == 42);
}

static int count_false(const char *text)
{
    answer_words words;
    assert_true(answer_words_read(&words, text, strlen(text), problem_case_keep));
    return answer_count_false_sums(&words);
}

static void test_sums_that_are_not_true_are_counted(void **state)
{
    (void)state;
    assert_int_equal(count_false("3 + 4 = 7, 3 + 4 = 8, 2 + 3 * 4 = 14, 2 + 3 * 4 = 20"), 2);
    assert_int_equal(count_false("(3 + 4) * 2 = 14 and (1 + 2) / 3 + 1 = 2"), 0);
    assert_int_equal(count_false("3 boxes x 4 pencils = 12 pencils. 3 boxes x 4 pencils = 13 pencils."), 1);
    assert_int_equal(count_false("10 / 3 = 3.33; 10 / 4 = 2.5; 10 / 4 = 3"), 1);
    assert_int_equal(count_false("12 - 5 = 7 = 7 and 5 = 6; 20 % of 50 = 10; 1,000 * 3 = 3,000"), 0);
    assert_int_equal(count_false("4 / 0 = 3"), 0);
}

static void test_steps_are_counted_in_their_order(void **state)
{
    (void)state;
    const problem *const p = problem_case_make(PROBLEM_ARITHMETIC, 2, 3);
    assert_int_equal(p->n_steps, 4);
    int packs, each, gone, more, size;
    const char *const at = strstr(p->question, "has ");
    assert_int_equal(sscanf(at, "has %d %*s with %d %*s in each. First %d", &packs, &each, &gone), 3);
    assert_int_equal(sscanf(strstr(p->question, "Then "), "Then %d more %*[^0-9]%d", &more, &size), 2);
    char text[400];
    const int first = packs * each, second = first - gone, third = more * size;
    snprintf(text, sizeof text, "%d x %d = %d. %d - %d = %d. %d x %d = %d. %d + %d = %d.", packs, each, first, first,
             gone, second, more, size, third, second, third, second + third);
    problem_verdict v = problem_case_check_text(p, text);
    assert_int_equal(v.outcome, PROBLEM_RIGHT);
    assert_int_equal(v.steps_right, 4);
    assert_int_equal(v.n_false, 0);
    snprintf(text, sizeof text, "%d x %d = %d. Then %d + %d = %d.", packs, each, first, second + 1, third,
             second + third);
    v = problem_case_check_text(p, text);
    assert_int_equal(v.outcome, PROBLEM_RIGHT);
    assert_int_equal(v.steps_right, 3);
    assert_int_equal(v.n_false, 1);
    const problem_answer thought = {
        .text = p->expected, .n = strlen(p->expected), .reasoning = text, .n_reasoning = strlen(text)};
    v = problem_case_check(p, &thought, false);
    assert_int_equal(v.outcome, PROBLEM_RIGHT);
    assert_int_equal(v.steps_right, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_results_are_read_in_many_wordings, problem_case_open, problem_case_close),
        cmocka_unit_test_setup_teardown(test_numbers_are_read_as_they_are_written, problem_case_open,
                                        problem_case_close),
        cmocka_unit_test_setup_teardown(test_sums_that_are_not_true_are_counted, problem_case_open, problem_case_close),
        cmocka_unit_test_setup_teardown(test_steps_are_counted_in_their_order, problem_case_open, problem_case_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
