/* When a reader has the first word and sentence, and how much comes later than a person reads: worked by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "figures/reading.h"

enum { MS = 1000000 };

/* An answer whose every piece has `n` bytes, the first after `first_ms`, then one each `step_ms`. */
static answer_record answer_of(const char *text, size_t n, int first_ms, int step_ms)
{
    static arrival arrivals[256];
    answer_record a = {.status = TEST_COMPLETED, .text = text, .n_text = strlen(text), .arrivals = arrivals};
    for (size_t at = 0; at < a.n_text; at += n) {
        const size_t here = a.n_text - at < n ? a.n_text - at : n;
        arrivals[a.n_arrivals] =
            (arrival){.t_ns = (int64_t)(first_ms + step_ms * (int)a.n_arrivals) * MS, .n_bytes = (uint32_t)here};
        a.n_arrivals++;
    }
    a.end_ns = a.arrivals[a.n_arrivals - 1].t_ns + 5 * MS;
    return a;
}

static void assert_reading(const answer_record *a, double word_ms, double sentence_ms, size_t n_words, size_t n_late)
{
    const answer_reading r = answer_reading_of(a);
    assert_int_equal(r.n_words, n_words);
    assert_int_equal(r.n_late, n_late);
    if (n_words == 0) {
        assert_true(isnan(r.first_word_ms) && isnan(r.first_sentence_ms));
        return;
    }
    assert_true(fabs(r.first_word_ms - word_ms) < 1e-9);
    assert_true(fabs(r.first_sentence_ms - sentence_ms) < 1e-9);
}

/* A word is whole when the character after it is there. */
static void test_a_word_is_there_when_it_is_whole(void **state)
{
    (void)state;
    const answer_record a = answer_of("Yes. It is", 1, 100, 10);
    assert_reading(&a, 140, 140, 3, 0);
    const answer_record b = answer_of("No it is.\nGo", 1, 100, 10);
    assert_reading(&b, 120, 190, 4, 0);
    const answer_record heading = answer_of("Plan\nFirst do", 1, 100, 10);
    assert_reading(&heading, 140, 140, 3, 0);
}

static void test_one_word_or_sentence_ends_with_the_answer(void **state)
{
    (void)state;
    const answer_record word = answer_of("yes", 1, 100, 10);
    assert_reading(&word, 125, 125, 1, 0);
    const answer_record phrase = answer_of("yes of course  ", 1, 100, 10);
    assert_reading(&phrase, 130, 245, 3, 0);
}

/* 250 words a minute: 240 ms for each. */
static void test_words_are_late_that_come_after_their_turn(void **state)
{
    (void)state;
    const answer_record slow = answer_of("a b c d ", 2, 300, 300); // whole at 300, 600, 900, 1200
    assert_reading(&slow, 300, 1205, 4, 4);
    const answer_record catching_up = answer_of("a b c d ", 2, 300, 100); // 300, 400, 500, 600
    assert_reading(&catching_up, 300, 605, 4, 1);
}

/* All words of a document come at its end: early ones are late, and those that a reader would reach later are not. */
static void test_a_document_is_there_at_its_end(void **state)
{
    (void)state;
    const answer_record whole = answer_of("a b c d", 100, 500, 0);
    assert_reading(&whole, 500, 505, 4, 2);
}

static void test_reasoning_brings_no_words(void **state)
{
    (void)state;
    arrival arrivals[] = {{.t_ns = 100 * MS, .n_bytes = 50, .is_reasoning = true},
                          {.t_ns = 200 * MS, .n_bytes = 3},
                          {.t_ns = 220 * MS, .n_bytes = 3}};
    const answer_record a = {.text = "so it.", .n_text = 6, .arrivals = arrivals, .n_arrivals = 3, .end_ns = 230 * MS};
    assert_reading(&a, 200, 230, 2, 0);
}

static void test_an_answer_without_words_or_times_has_no_figures(void **state)
{
    (void)state;
    const answer_record blank = answer_of(" \n ", 1, 100, 10);
    assert_reading(&blank, NAN, NAN, 0, 0);
    const answer_record untimed = {.text = "yes", .n_text = 3, .end_ns = 10};
    assert_reading(&untimed, NAN, NAN, 0, 0);
}

static void test_figures_are_medians_and_the_share_of_all_words(void **state)
{
    (void)state;
    static arrival first[] = {{.t_ns = 100 * MS, .n_bytes = 4}}, last[] = {{.t_ns = 900 * MS, .n_bytes = 4}};
    test_record tests[3] = {0};
    tests[0].answer =
        (answer_record){.text = "a b.", .n_text = 4, .arrivals = first, .n_arrivals = 1, .end_ns = 100 * MS};
    tests[1].answer =
        (answer_record){.text = "a b.", .n_text = 4, .arrivals = last, .n_arrivals = 1, .end_ns = 900 * MS};
    tests[2].answer = tests[1].answer;
    tests[0].answer.status = tests[1].answer.status = TEST_COMPLETED;
    tests[2].answer.status = TEST_TIMEOUT;
    summary_row rows[3] = {{.test = &tests[0]}, {.test = &tests[1]}, {.test = &tests[2]}};
    const run_summary summary = {.rows = rows, .n_rows = 3};
    reading_figures f;
    assert_int_equal(reading_figures_of(&summary, &f, NULL), SW_OK);
    assert_int_equal(f.n_answers, 2);
    assert_true(fabs(f.first_word_ms - 500) < 1e-9);
    assert_true(fabs(f.first_sentence_ms - 500) < 1e-9);
    assert_true(fabs(f.late_share - 0.5) < 1e-9);
    const run_summary none = {0};
    assert_int_equal(reading_figures_of(&none, &f, NULL), SW_OK);
    assert_true(f.n_answers == 0 && isnan(f.first_word_ms) && isnan(f.late_share));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_word_is_there_when_it_is_whole),
        cmocka_unit_test(test_one_word_or_sentence_ends_with_the_answer),
        cmocka_unit_test(test_words_are_late_that_come_after_their_turn),
        cmocka_unit_test(test_a_document_is_there_at_its_end),
        cmocka_unit_test(test_reasoning_brings_no_words),
        cmocka_unit_test(test_an_answer_without_words_or_times_has_no_figures),
        cmocka_unit_test(test_figures_are_medians_and_the_share_of_all_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
