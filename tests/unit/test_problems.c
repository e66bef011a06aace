/* Problems follow from their seeds, differ from each other, and their checkers judge answers as a person would. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/strmap.h"
#include "base/utf8.h"
#include "problems/answer_words.h"
#include "problems/problem.h"
#include "problems/problem_draw.h"
#include "support/faults.h"

static arena *keep;

static int open_arena(void **state)
{
    (void)state;
    keep = arena_create();
    return keep != NULL ? 0 : -1;
}

static int close_arena(void **state)
{
    (void)state;
    arena_free(keep);
    return 0;
}

static const problem *make(problem_kind kind, int level, uint64_t seed)
{
    const problem *p;
    assert_int_equal(problem_make(kind, level, seed, keep, &p, NULL), SW_OK);
    return p;
}

static problem_verdict check_with(const problem *p, const problem_answer *answer, bool run_code)
{
    problem_verdict v;
    const check_options options = {.run_code = run_code};
    assert_int_equal(problem_check(p, answer, &options, keep, &v, NULL), SW_OK);
    assert_true(v.steps_right >= 0 && v.steps_right <= v.steps_all && v.n_false >= 0);
    assert_true(utf8_valid(v.reason, strlen(v.reason)));
    return v;
}

static problem_verdict check_text(const problem *p, const char *text)
{
    const problem_answer answer = {.text = text, .n = strlen(text)};
    return check_with(p, &answer, true);
}

static void assert_outcome(const problem *p, const char *text, problem_outcome wanted)
{
    const problem_verdict v = check_text(p, text);
    if (v.outcome != wanted)
        fail_msg("%s: %s, not %s: %s\n%s\nanswered: %s", p->item, problem_outcome_name(v.outcome),
                 problem_outcome_name(wanted), v.reason, p->question, text);
}

/* The form with $1, $2 and $3 replaced. */
static const char *fill(const char *form, const char *a, const char *b, const char *c)
{
    const char *const values[] = {a, b, c};
    buf out;
    buf_init(&out, 4000);
    for (; *form != '\0'; form++) {
        if (form[0] == '$' && form[1] >= '1' && form[1] <= '3')
            buf_puts(&out, values[*++form - '1']);
        else
            buf_putc(&out, *form);
    }
    const char *const text = arena_copy(keep, buf_str(&out), out.size);
    buf_free(&out);
    return text;
}

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
                const problem *const p = make((problem_kind)kind, level, seed);
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
            const problem *const p = make((problem_kind)kind, level, 12345), *const q =
                                                                                 make((problem_kind)kind, level, 12345);
            assert_string_equal(p->question, q->question);
            assert_string_equal(p->expected, q->expected);
            assert_string_equal(p->item, q->item);
            assert_true(strlen(p->question) < PROBLEM_QUESTION_BYTES);
        }
    }
    const problem *const p = make(PROBLEM_UNITS, 2, 17);
    assert_string_equal(p->item, "units/2/seed=17");
}

static void test_the_expected_answer_is_right_with_all_its_steps(void **state)
{
    (void)state;
    for (int kind = 0; kind < PROBLEM_CODE; kind++) {
        for (int level = 0; level < PROBLEM_LEVELS; level++) {
            for (uint64_t seed = 0; seed < 40; seed++) {
                const problem *const p = make((problem_kind)kind, level, seed);
                assert_outcome(p, p->expected, PROBLEM_RIGHT);
                const problem_verdict v = check_text(p, p->expected);
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
                const problem *const p = make((problem_kind)kind, level, seed);
                const problem_verdict v = check_text(p, p->question);
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
    assert_int_equal(problem_make(PROBLEM_GRID, 4, 1, keep, &p, &err), SW_EINVAL);
    assert_non_null(strstr(err.msg, "grid have the levels 0 to 3, not 4"));
    assert_null(p);
    assert_int_equal(problem_kind_find("mend"), PROBLEM_MEND);
    assert_int_equal(problem_kind_find("sonnet"), -1);
}

/* ---- numbers ---------------------------------------------------------------------------------------------------- */

/* The first problem of the kind and level with these words in its question, or this result. */
static const problem *find_question(problem_kind kind, int level, const char *words)
{
    for (uint64_t seed = 0; seed < 20000; seed++) {
        const problem *const p = make(kind, level, seed);
        if (strcmp(p->expected, words) == 0 || strstr(p->question, words) != NULL)
            return p;
    }
    fail_msg("no problem has %s", words);
    return NULL;
}

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
    const problem *const p = find_question(PROBLEM_ARITHMETIC, 0, "17 and 25");
    for (size_t i = 0; i < sizeof RIGHT / sizeof *RIGHT; i++)
        assert_outcome(p, RIGHT[i], PROBLEM_RIGHT);
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++)
        assert_outcome(p, WRONG[i], PROBLEM_WRONG);
    assert_outcome(p, "", PROBLEM_UNREADABLE);
    assert_outcome(p, "I do not know.", PROBLEM_UNREADABLE);
}

static double result_of(const char *text)
{
    answer_words words;
    double value = -1e9;
    assert_true(answer_words_read(&words, text, strlen(text), keep));
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
    assert_true(answer_words_read(&words, text, strlen(text), keep));
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
    const problem *const p = make(PROBLEM_ARITHMETIC, 2, 3);
    assert_int_equal(p->n_steps, 4);
    int packs, each, gone, more, size;
    const char *const at = strstr(p->question, "has ");
    assert_int_equal(sscanf(at, "has %d %*s with %d %*s in each. First %d", &packs, &each, &gone), 3);
    assert_int_equal(sscanf(strstr(p->question, "Then "), "Then %d more %*[^0-9]%d", &more, &size), 2);
    char text[400];
    const int first = packs * each, second = first - gone, third = more * size;
    snprintf(text, sizeof text, "%d x %d = %d. %d - %d = %d. %d x %d = %d. %d + %d = %d.", packs, each, first, first,
             gone, second, more, size, third, second, third, second + third);
    problem_verdict v = check_text(p, text);
    assert_int_equal(v.outcome, PROBLEM_RIGHT);
    assert_int_equal(v.steps_right, 4);
    assert_int_equal(v.n_false, 0);
    snprintf(text, sizeof text, "%d x %d = %d. Then %d + %d = %d.", packs, each, first, second + 1, third,
             second + third);
    v = check_text(p, text);
    assert_int_equal(v.outcome, PROBLEM_RIGHT);
    assert_int_equal(v.steps_right, 3);
    assert_int_equal(v.n_false, 1);
    const problem_answer thought = {
        .text = p->expected, .n = strlen(p->expected), .reasoning = text, .n_reasoning = strlen(text)};
    v = check_with(p, &thought, false);
    assert_int_equal(v.outcome, PROBLEM_RIGHT);
    assert_int_equal(v.steps_right, 3);
}

/* ---- grids ------------------------------------------------------------------------------------------------------ */

static void test_orders_are_read_in_many_wordings(void **state)
{
    (void)state;
    const problem *p = NULL;
    char a[20], b[20], word[20], other[20], text[400];
    for (uint64_t seed = 0; p == NULL || strstr(p->question, "tallest") == NULL; seed++)
        p = make(PROBLEM_GRID, 0, seed);
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
        assert_outcome(p, fill(RIGHT[i], p->expected, other, ""), PROBLEM_RIGHT);
    }
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        assert_outcome(p, fill(WRONG[i], p->expected, other, ""), PROBLEM_WRONG);
    }
    snprintf(text, sizeof text, "%s is taller than %s.", a, b);
    assert_outcome(p, text, PROBLEM_UNREADABLE);
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
    char *const text = arena_copy(keep, buf_str(&out), out.size);
    buf_free(&out);
    return text;
}

static void test_grids_are_read_as_lines_and_tables(void **state)
{
    (void)state;
    for (int level = 1; level < PROBLEM_LEVELS; level++) {
        const problem *const p = make(PROBLEM_GRID, level, 5);
        assert_outcome(p, reform(p, "%d. ", ", "), PROBLEM_RIGHT);
        assert_outcome(p, reform(p, "| %d | ", " | "), PROBLEM_RIGHT);
        assert_outcome(p, reform(p, "- **House %d**: ", " has the "), PROBLEM_RIGHT);
        assert_outcome(p, reform(p, "In house %d lives ", " with "), PROBLEM_RIGHT);
        assert_outcome(p, reform(p, "Back in house %d: ", ", "), PROBLEM_RIGHT);
        assert_outcome(p, "I cannot solve this.", PROBLEM_UNREADABLE);
    }
}

static void test_a_grid_with_two_values_exchanged_is_wrong(void **state)
{
    (void)state;
    const problem *const p = make(PROBLEM_GRID, 2, 8);
    char *const text = reform(p, "House %d: ", ", ");
    char first[40], second[40], swapped[600];
    assert_int_equal(sscanf(text, "House 1: %39[^,], %39[^,]", first, second), 2);
    const char *const line = strchr(text, '\n') + 1;
    char other[40];
    assert_int_equal(sscanf(line, "House 2: %39[^,]", other), 1);
    snprintf(swapped, sizeof swapped, "House 1: %s%sHouse 2: %s%s", other,
             arena_copy(keep, strchr(text, ','), (size_t)(line - strchr(text, ','))), first, strchr(line, ','));
    const problem_verdict v = check_text(p, swapped);
    assert_int_equal(v.outcome, PROBLEM_WRONG);
    assert_int_equal(v.steps_right, v.steps_all - 2);
    char both[1400];
    snprintf(both, sizeof both, "%s\nNo, I exchanged two:\n%s", swapped, text); // the last lines count
    assert_outcome(p, both, PROBLEM_RIGHT);
}

/* ---- crossings -------------------------------------------------------------------------------------------------- */

/* A problem of level 1, whose shortest way begins with the item that is in both pairs. */
static const problem *crossing_of(char names[3][20])
{
    for (uint64_t seed = 0;; seed++) {
        const problem *const p = make(PROBLEM_CROSSING, 1, seed);
        if (sscanf(p->expected, "1. %19s\n2. nothing\n3. %19s\n4. %*s\n5. %19s", names[0], names[1], names[2]) == 3)
            return p;
    }
}

static void assert_crossing(const char *form, problem_outcome wanted)
{
    char n[3][20];
    const problem *const p = crossing_of(n);
    assert_outcome(p, fill(form, n[0], n[1], n[2]), wanted);
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
    const problem_verdict v = check_text(p, text);
    assert_int_equal(v.outcome, PROBLEM_WRONG);
    assert_int_equal(v.steps_right, 3);
    assert_int_equal(v.steps_all, 7);
    assert_string_equal(v.reason, "crossing 4: two are left alone that must not be");
}

/* ---- code ------------------------------------------------------------------------------------------------------- */

static void test_code_that_is_right_passes_and_the_planted_bug_fails(void **state)
{
    (void)state;
    const problem *const first = make(PROBLEM_CODE, 0, 0);
    if (check_text(first, first->expected).outcome == PROBLEM_NOT_RUN)
        skip(); // there is no sandbox
    for (int level = 0; level < PROBLEM_LEVELS; level++) {
        for (uint64_t seed = 0; seed < 2; seed++) {
            const problem *const p = make(PROBLEM_CODE, level, seed), *const m = make(PROBLEM_MEND, level, seed);
            assert_outcome(p, p->expected, PROBLEM_RIGHT);
            assert_outcome(m, m->expected, PROBLEM_RIGHT);
            if (level > 0)
                assert_outcome(m, m->question, PROBLEM_WRONG); // it holds the function with the bug
        }
    }
    const problem *const p = make(PROBLEM_CODE, 2, 1);
    const problem *const m = find_question(PROBLEM_MEND, 0, "add 7 to a number");
    assert_outcome(m, "```python\ndef add_7(n):\n    return n - 7\n```", PROBLEM_WRONG);
    assert_outcome(m, "```python\ndef f(x):\n    y = x + 7\n    return y\n```", PROBLEM_RIGHT);
    assert_outcome(p, "I cannot write code.", PROBLEM_UNREADABLE);
    assert_outcome(p, "```python\ndef solve(numbers):\n    return None\n```", PROBLEM_WRONG);
    assert_int_equal(check_with(p, &(problem_answer){.text = p->expected, .n = strlen(p->expected)}, false).outcome,
                     PROBLEM_NOT_RUN);
}

/* ---- hostile answers -------------------------------------------------------------------------------------------- */

static void check_hostile(const char *text, size_t n)
{
    const problem_answer answer = {.text = text, .n = n, .reasoning = text, .n_reasoning = n};
    for (int kind = 0; kind < N_PROBLEM_KINDS; kind++) {
        for (int level = 0; level < PROBLEM_LEVELS; level += 3) {
            const problem_verdict v = check_with(make((problem_kind)kind, level, 9), &answer, false);
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
    check_repeated("1\n", 60000);
    check_repeated("((((", 60000);
    check_repeated("9", 60000);
    check_repeated("1+1=", 60000);
    check_repeated("answer and the goat then ", 60000);
    check_repeated("one hundred and ", 60000);
    check_repeated("is ", LIMIT_CHECK_ANSWER_BYTES);
    check_repeated("answer ", LIMIT_CHECK_ANSWER_BYTES);
    check_repeated("= boxed 1\n", LIMIT_CHECK_ANSWER_BYTES);
    check_repeated("\xff\xfe\x80", 60000);
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
        cmocka_unit_test_setup_teardown(test_a_thousand_seeds_give_a_thousand_questions, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_draws_go_through_the_whole_space, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_a_seed_gives_the_same_problem_again, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_the_expected_answer_is_right_with_all_its_steps, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_the_question_itself_is_no_right_answer, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_a_level_that_is_not_there_is_refused, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_results_are_read_in_many_wordings, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_numbers_are_read_as_they_are_written, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_sums_that_are_not_true_are_counted, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_steps_are_counted_in_their_order, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_orders_are_read_in_many_wordings, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_grids_are_read_as_lines_and_tables, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_a_grid_with_two_values_exchanged_is_wrong, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_crossings_are_read_as_lists_and_sentences, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_crossings_that_break_a_rule_are_wrong, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_code_that_is_right_passes_and_the_planted_bug_fails, open_arena,
                                        close_arena),
        cmocka_unit_test_setup_teardown(test_hostile_answers_are_judged_in_bounded_time, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_short_memory_is_reported, open_arena, close_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
