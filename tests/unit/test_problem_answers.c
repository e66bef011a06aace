/* Checkers of grids, crossings and code judge answers as a person would. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/problem_case.h"

/* ---- grids ------------------------------------------------------------------------------------------------------ */

static void test_orders_are_read_in_many_wordings(void **state)
{
    (void)state;
    const problem *p = NULL;
    char a[20], b[20], word[20], other[20], text[400];
    for (uint64_t seed = 0; p == NULL || strstr(p->question, "tallest") == NULL; seed++)
        p = problem_case_make(PROBLEM_GRID, 0, seed);
    assert_int_equal(sscanf(p->question, "%19s is %19s than %19[^.]", a, word, b), 3);
    snprintf(other, sizeof other, "%s", strcmp(a, p->expected) == 0 ? b : a);
    static const char *const RIGHT[] = {"$1",
                                        "$1 is the tallest.",
                                        "The tallest is $1!",
                                        "**$1**",
                                        "$1 is taller than $2. So $1 is the tallest.",
                                        "Order: $1 > $2. $1 is the tallest. $2 is not.",
                                        "$2 is not the tallest. The tallest one is $1.",
                                        "It's $1."};
    static const char *const WRONG[] = {"$2", "$2 is the tallest.", "$1 is tall. $2 is the tallest."};
    for (size_t i = 0; i < sizeof RIGHT / sizeof *RIGHT; i++) {
        problem_case_expect(p, problem_case_fill(RIGHT[i], p->expected, other, ""), PROBLEM_RIGHT);
    }
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        problem_case_expect(p, problem_case_fill(WRONG[i], p->expected, other, ""), PROBLEM_WRONG);
    }
    snprintf(text, sizeof text, "%s is taller than %s.", a, b);
    problem_case_expect(p, text, PROBLEM_UNREADABLE);
}

/* Writes the expected lines of a grid in another form: `before` and `after` around each, "house" left out or not. */
static char *reform(const problem *p, const char *before, const char *separator)
{
    buf out;
    buf_init(&out, 4000);
    for (const char *line = p->expected; line != NULL && *line != '\0';) {
        int house;
        assert_int_equal(sscanf(line, "House %d:", &house), 1);
        buf_printf(&out, before, house);
        for (const char *c = strchr(line, ':') + 2; *c != '\0' && *c != '\n'; c++) {
            if (*c == ',')
                buf_puts(&out, separator);
            else if (*c != ' ')
                buf_putc(&out, *c);
        }
        buf_putc(&out, '\n');
        line = strchr(line, '\n');
        line += line != NULL;
    }
    char *const text = arena_copy(problem_case_keep, buf_str(&out), out.size);
    buf_free(&out);
    return text;
}

static void test_grids_are_read_as_lines_and_tables(void **state)
{
    (void)state;
    for (int level = 1; level < PROBLEM_LEVELS; level++) {
        const problem *const p = problem_case_make(PROBLEM_GRID, level, 5);
        problem_case_expect(p, reform(p, "%d. ", ", "), PROBLEM_RIGHT);
        problem_case_expect(p, reform(p, "| %d | ", " | "), PROBLEM_RIGHT);
        problem_case_expect(p, reform(p, "- **House %d**: ", " has the "), PROBLEM_RIGHT);
        problem_case_expect(p, reform(p, "In house %d lives ", " with "), PROBLEM_RIGHT);
        problem_case_expect(p, reform(p, "Back in house %d: ", ", "), PROBLEM_RIGHT);
        problem_case_expect(p, "I cannot solve this.", PROBLEM_UNREADABLE);
    }
}

static void test_a_grid_with_two_values_exchanged_is_wrong(void **state)
{
    (void)state;
    const problem *const p = problem_case_make(PROBLEM_GRID, 2, 8);
    char *const text = reform(p, "House %d: ", ", ");
    char first[40], second[40], swapped[600];
    assert_int_equal(sscanf(text, "House 1: %39[^,], %39[^,]", first, second), 2);
    const char *const line = strchr(text, '\n') + 1;
    char other[40];
    assert_int_equal(sscanf(line, "House 2: %39[^,]", other), 1);
    snprintf(swapped, sizeof swapped, "House 1: %s%sHouse 2: %s%s", other,
             arena_copy(problem_case_keep, strchr(text, ','), (size_t)(line - strchr(text, ','))), first,
             strchr(line, ','));
    const problem_verdict v = problem_case_check_text(p, swapped);
    assert_int_equal(v.outcome, PROBLEM_WRONG);
    assert_int_equal(v.steps_right, v.steps_all - 2);
    char both[1400];
    snprintf(both, sizeof both, "%s\nNo, I exchanged two:\n%s", swapped, text); // the last lines count
    problem_case_expect(p, both, PROBLEM_RIGHT);
}

/* ---- crossings -------------------------------------------------------------------------------------------------- */

/* A problem of level 1, whose shortest way begins with the item that is in both pairs. */
static const problem *crossing_of(char names[3][20])
{
    for (uint64_t seed = 0;; seed++) {
        const problem *const p = problem_case_make(PROBLEM_CROSSING, 1, seed);
        if (sscanf(p->expected, "1. %19s\n2. nothing\n3. %19s\n4. %*s\n5. %19s", names[0], names[1], names[2]) == 3)
            return p;
    }
}

static void assert_crossing(const char *form, problem_outcome wanted)
{
    char n[3][20];
    const problem *const p = crossing_of(n);
    problem_case_expect(p, problem_case_fill(form, n[0], n[1], n[2]), wanted);
}

static void test_crossings_are_read_as_lists_and_sentences(void **state)
{
    (void)state;
    assert_crossing("1. $1\n2. nothing\n3. $2\n4. $1\n5. $3\n6. nothing\n7. $1", PROBLEM_RIGHT);
    assert_crossing("1. Take the $1 across.\n2. Return alone.\n3. Take the $2 across.\n4. Bring the $1 back.\n5. Take "
                    "the $3 across.\n6. Return alone.\n7. Take the $1 across.",
                    PROBLEM_RIGHT);
    assert_crossing("The farmer takes the $1 across and comes back alone. Then he takes the $2 across and brings the "
                    "$1 back. He leaves the $1 there and takes the $3 across. Then he returns alone and takes the "
                    "$1 across.",
                    PROBLEM_RIGHT);
    assert_crossing("First, take the $1 over, then row back with nothing; then take the $2, leaving the $3, and return "
                    "with the $1. Take the $3 over. Go back alone. Take the $1 over. Now all are over.",
                    PROBLEM_RIGHT);
    assert_crossing("| 1 | $1 |\n| 2 | nothing |\n| 3 | $2 |\n| 4 | $1 |\n| 5 | $3 |\n| 6 | alone |\n| 7 | $1 |",
                    PROBLEM_RIGHT);
    assert_crossing(
        "If he takes the $2 first, the others are alone. So:\n\n1. The farmer takes the $1.\n2. The farmer "
        "returns with nothing.\n3. The farmer takes the $2.\n4. The farmer brings back the $1.\n5. The farmer "
        "takes the $3.\n6. The farmer returns.\n7. The farmer takes the $1.",
        PROBLEM_RIGHT);
    assert_crossing("I try:\n1. $2\n2. nothing\n3. $1\nThat fails. The list:\n1. $1\n2. nothing\n3. $2\n4. $1\n5. "
                    "$3\n6. nothing\n7. $1",
                    PROBLEM_RIGHT);
    assert_crossing(
        "Now take the $1 across. After that return alone. After returning, take the $2 across. Once there, bring "
        "the $1 back. Now the $1 stays and the $3 is next: carry the $3 over, and row back alone. Finally, "
        "bring the $1 across.",
        PROBLEM_RIGHT);
}

static void test_crossings_that_break_a_rule_are_wrong(void **state)
{
    (void)state;
    char n[3][20], text[200];
    const problem *const p = crossing_of(n);
    assert_crossing("1. $2\n2. nothing\n3. $1", PROBLEM_WRONG);             // left alone
    assert_crossing("1. $1 and $2\n2. nothing\n3. $3", PROBLEM_WRONG);      // too many
    assert_crossing("1. $1\n2. nothing\n3. $1\n4. nothing", PROBLEM_WRONG); // on the other side
    assert_crossing("1. $1\n2. nothing\n3. $2", PROBLEM_WRONG);             // not the end
    assert_crossing("The $1 must not be left with the $2.", PROBLEM_UNREADABLE);
    assert_crossing("It is not possible.", PROBLEM_UNREADABLE);
    snprintf(text, sizeof text, "1. %s\n2. nothing\n3. %s\n4. nothing", n[0], n[1]);
    const problem_verdict v = problem_case_check_text(p, text);
    assert_int_equal(v.outcome, PROBLEM_WRONG);
    assert_int_equal(v.steps_right, 3);
    assert_int_equal(v.steps_all, 7);
    assert_string_equal(v.reason, "crossing 4: two are left alone that must not be");
}

/* ---- code ------------------------------------------------------------------------------------------------------- */

static void test_code_that_is_right_passes_and_the_planted_bug_fails(void **state)
{
    (void)state;
    const problem *const first = problem_case_make(PROBLEM_CODE, 0, 0);
    if (problem_case_check_text(first, first->expected).outcome == PROBLEM_NOT_RUN)
        skip(); // there is no sandbox
    for (int level = 0; level < PROBLEM_LEVELS; level++) {
        for (uint64_t seed = 0; seed < 2; seed++) {
            const problem *const p = problem_case_make(PROBLEM_CODE, level, seed), *const m = problem_case_make(
                                                                                       PROBLEM_MEND, level, seed);
            problem_case_expect(p, p->expected, PROBLEM_RIGHT);
            problem_case_expect(m, m->expected, PROBLEM_RIGHT);
            if (level > 0)
                problem_case_expect(m, m->question, PROBLEM_WRONG); // it holds the function with the bug
        }
    }
    const problem *const p = problem_case_make(PROBLEM_CODE, 2, 1);
    const problem *const m = problem_case_find(PROBLEM_MEND, 0, "add 7 to a number");
    problem_case_expect(m, "```python\ndef add_7(n):\n    return n - 7\n```", PROBLEM_WRONG);
    problem_case_expect(m, "```python\ndef f(x):\n    y = x + 7\n    return y\n```", PROBLEM_RIGHT);
    problem_case_expect(p, "I cannot write code.", PROBLEM_UNREADABLE);
    problem_case_expect(p, "```python\ndef solve(numbers):\n    return None\n```", PROBLEM_WRONG);
    assert_int_equal(
        problem_case_check(p, &(problem_answer){.text = p->expected, .n = strlen(p->expected)}, false).outcome,
        PROBLEM_NOT_RUN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_orders_are_read_in_many_wordings, problem_case_open, problem_case_close),
        cmocka_unit_test_setup_teardown(test_grids_are_read_as_lines_and_tables, problem_case_open, problem_case_close),
        cmocka_unit_test_setup_teardown(test_a_grid_with_two_values_exchanged_is_wrong, problem_case_open,
                                        problem_case_close),
        cmocka_unit_test_setup_teardown(test_crossings_are_read_as_lists_and_sentences, problem_case_open,
                                        problem_case_close),
        cmocka_unit_test_setup_teardown(test_crossings_that_break_a_rule_are_wrong, problem_case_open,
                                        problem_case_close),
        cmocka_unit_test_setup_teardown(test_code_that_is_right_passes_and_the_planted_bug_fails, problem_case_open,
                                        problem_case_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
