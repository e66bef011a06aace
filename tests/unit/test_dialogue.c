/* Every judged turn of a conversation can be answered from what was said before it, and only by the latest value. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/strmap.h"
#include "problems/dialogue.h"
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

static const dialogue *make(int level, int n_turns, uint64_t seed)
{
    const dialogue *d;
    assert_int_equal(dialogue_make(level, n_turns, seed, keep, &d, NULL), SW_OK);
    assert_int_equal(d->n_turns, n_turns);
    return d;
}

static problem_outcome judge(const dialogue_turn *t, const char *answer)
{
    problem_outcome outcome;
    assert_int_equal(dialogue_judge(t, answer, strlen(answer), &outcome, NULL), SW_OK);
    return outcome;
}

/* The turn tells the value of a question: later than any other turn with a value of the question's that is a rival. */
static void check_recall(const dialogue *d, int i)
{
    const dialogue_turn *const t = &d->turns[i];
    assert_true(t->told_at >= 0 && t->told_at < i);
    const dialogue_turn *const told = &d->turns[t->told_at];
    assert_true(told->kind == TURN_FACT || told->kind == TURN_CORRECTION);
    assert_int_equal(judge(t, told->text), PROBLEM_RIGHT);
    for (size_t k = 0; k < t->n_rivals; k++) {
        assert_string_not_equal(t->rivals[k], t->accepted);
        assert_int_equal(judge(t, t->rivals[k]), PROBLEM_WRONG);
    }
}

/* The value of a sum, worked out from the texts. */
static int value_of(const dialogue *d, int i)
{
    int a, b;
    if (sscanf(d->turns[i].text, "What is %d + %d?", &a, &b) == 2)
        return a + b;
    if (sscanf(d->turns[i].text, "Now add %d to that.", &b) == 1)
        return value_of(d, i - 1) + b;
    assert_int_equal(sscanf(d->turns[i].text, "Now subtract %d from that.", &b), 1);
    return value_of(d, i - 1) - b;
}

static void check_turn(const dialogue *d, int i)
{
    const dialogue_turn *const t = &d->turns[i];
    if (t->kind == TURN_QUESTION || t->kind == TURN_RETURN)
        check_recall(d, i);
    if (t->kind == TURN_SUM || t->kind == TURN_FOLLOW_UP) {
        assert_int_equal(atoi(t->accepted), value_of(d, i));
        assert_true(value_of(d, i) >= 2 && value_of(d, i) <= 99);
    }
    if (t->accepted == NULL)
        return;
    assert_int_equal(judge(t, t->accepted), PROBLEM_RIGHT);
    assert_true(judge(t, t->text) != PROBLEM_RIGHT);
    assert_true(judge(t, "I do not remember that.") != PROBLEM_RIGHT);
}

/* What was told, and what corrects it, is asked for later. */
static void check_all_asked(const dialogue *d)
{
    for (int i = 0; i < d->n_turns; i++) {
        bool is_asked = d->turns[i].kind != TURN_FACT && d->turns[i].kind != TURN_CORRECTION;
        for (int k = i + 1; k < d->n_turns && !is_asked; k++)
            is_asked = d->turns[k].told_at == i || d->turns[k].kind == TURN_CORRECTION;
        assert_true(is_asked);
    }
}

static void test_every_judged_turn_can_be_answered(void **state)
{
    (void)state;
    int n_kinds[8] = {0};
    for (uint64_t seed = 0; seed < 150; seed++) {
        for (int level = 0; level < DIALOGUE_LEVELS; level++) {
            const dialogue *const d = make(level, 10 + (int)seed % 31, seed);
            int n_judged = 0;
            for (int i = 0; i < d->n_turns; i++) {
                check_turn(d, i);
                n_kinds[d->turns[i].kind]++;
                n_judged += d->turns[i].accepted != NULL;
                if (level == 0)
                    assert_true(d->turns[i].kind < TURN_CORRECTION);
            }
            assert_int_equal(d->n_judged, n_judged);
            assert_true(n_judged * 5 >= d->n_turns);
            check_all_asked(d);
        }
    }
    for (int kind = 0; kind < 8; kind++)
        assert_true(n_kinds[kind] > 50);
}

static void test_a_thousand_seeds_give_a_thousand_dialogues(void **state)
{
    (void)state;
    strmap seen;
    strmap_init(&seen);
    for (uint64_t seed = 0; seed < 1000; seed++) {
        buf text;
        buf_init(&text, 100000);
        dialogue_print(make(1, 10, seed), &text);
        const char *const kept = arena_copy(keep, buf_str(&text), text.size);
        assert_int_equal(strmap_add(&seen, kept, text.size, 0), STRMAP_ADDED);
        buf_free(&text);
    }
    strmap_free(&seen);
    assert_string_equal(make(2, 40, 7)->turns[20].text, make(2, 40, 7)->turns[20].text);
}

static void test_the_later_value_counts(void **state)
{
    (void)state;
    const dialogue_turn t = {.kind = TURN_QUESTION,
                             .text = "What is my favorite color?",
                             .accepted = "blue",
                             .rivals = {"red"},
                             .n_rivals = 1};
    assert_int_equal(judge(&t, "Your favorite color is blue."), PROBLEM_RIGHT);
    assert_int_equal(judge(&t, "Blue. You first said red."), PROBLEM_RIGHT);
    assert_int_equal(judge(&t, "You first said red, but corrected it to blue."), PROBLEM_RIGHT);
    assert_int_equal(judge(&t, "It is blue, not red."), PROBLEM_RIGHT);
    assert_int_equal(judge(&t, "It is red."), PROBLEM_WRONG);
    assert_int_equal(judge(&t, "It is red or blue."), PROBLEM_WRONG);
    assert_int_equal(judge(&t, "It is red, not blue."), PROBLEM_WRONG);
    assert_int_equal(judge(&t, "It is green."), PROBLEM_WRONG);
    assert_int_equal(judge(&t, ""), PROBLEM_UNREADABLE);
    const dialogue_turn sum = {.kind = TURN_FOLLOW_UP, .text = "Now add 5 to that.", .accepted = "47"};
    assert_int_equal(judge(&sum, "42+5. Ones: 2+5=7. Tens: 4+0=4. So 42 + 5 = 47."), PROBLEM_RIGHT);
    assert_int_equal(judge(&sum, "42 + 5 = 48."), PROBLEM_WRONG);
}

static void test_levels_and_lengths_that_are_not_there_are_refused(void **state)
{
    (void)state;
    const dialogue *d;
    sw_err err = {0};
    assert_int_equal(dialogue_make(3, 20, 1, keep, &d, &err), SW_EINVAL);
    assert_non_null(strstr(err.msg, "0 to 2, not 3"));
    assert_int_equal(dialogue_make(1, 9, 1, keep, &d, &err), SW_EINVAL);
    assert_int_equal(dialogue_make(1, 41, 1, keep, &d, NULL), SW_EINVAL);
    assert_null(d);
}

static void test_short_memory_is_reported(void **state)
{
    (void)state;
    sw_code code = SW_ENOMEM;
    for (long n = 0; code != SW_OK && n < 600; n++) {
        long n_live;
        const dialogue *d;
        sw_err err = {0};
        problem_outcome outcome;
        faults_alloc_begin(n);
        arena *const own = arena_create();
        code = own != NULL ? dialogue_make(2, 12, 5, own, &d, &err) : SW_ENOMEM;
        if (code == SW_OK)
            code = dialogue_judge(&d->turns[11], "no", 2, &outcome, &err);
        arena_free(own);
        faults_alloc_end(&n_live);
        assert_true(code == SW_OK || code == SW_ENOMEM);
        assert_int_equal(n_live, 0);
    }
    assert_int_equal(code, SW_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_judged_turn_can_be_answered, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_a_thousand_seeds_give_a_thousand_dialogues, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_the_later_value_counts, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_levels_and_lengths_that_are_not_there_are_refused, open_arena,
                                        close_arena),
        cmocka_unit_test_setup_teardown(test_short_memory_is_reported, open_arena, close_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
