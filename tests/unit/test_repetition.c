/* The score is compared with published numbers, so it must be exact: every vector is counted by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "figures/longest_repeat.h"
#include "figures/repetition.h"

static repetition_score measure_form(const char *text, text_form form)
{
    repetition_score r;
    sw_err err = {0};
    assert_int_equal(repetition_of(text, strlen(text), form, &r, &err), SW_OK);
    return r;
}

static repetition_score measure(const char *text)
{
    return measure_form(text, FORM_PROSE);
}

/* `n` words w0 w1 ..., `times` over, each followed by a space. */
static void put_words(buf *out, int n, int times)
{
    for (int i = 0; i < n * times; i++)
        buf_printf(out, "w%d ", i % n);
}

static void test_score_of_known_texts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double n_repeated, n_triples; // 0 of 1 stands for "too short"
    } vectors[] = {
        {"", 0, 1},
        {"hello world", 0, 1},
        {"one two three", 0, 1},
        {"a b c d e f g h", 0, 6},
        {"the cat sat on the mat the cat sat on the mat", 4, 10},
        {"to be able to be able to be able to be able to be able", 10, 13},
        {"the the the the the the the the the the", 7, 8},
        {"yes no yes no yes no yes no", 4, 6},
        {"Hello hello HELLO hello Hello hello HELLO hello", 2, 6},
        {"I like tea. I like tea. I like tea.", 4, 7},
        {"I like tea. I like coffee. I like tea.", 1, 7},
        {"one two three four five six seven eight nine ten one two three", 1, 11},
        {"x = 1; y = 2; x = 1; y = 2; x = 1; y = 2;", 10, 16},
        {"a b c d e a b c d e f g", 3, 10},
        {"a\u00a0b\u00a0c a b c", 1, 4},
        {"\u5f88\u597d\u5f88\u597d\u5f88\u597d\u5f88\u597d\u5f88\u597d\u5f88\u597d", 0, 1},
        {"alpha beta\ngamma delta\nalpha beta\ngamma delta", 2, 6},
        {"alpha betagamma deltaalpha betagamma delta", 0, 3},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        const double wanted = vectors[i].n_repeated / vectors[i].n_triples;
        if (measure(vectors[i].text).score != wanted)
            fail_msg("'%s' scores %.17g, not %.17g", vectors[i].text, measure(vectors[i].text).score, wanted);
    }
}

static void test_score_of_a_long_text_repeated(void **state)
{
    (void)state;
    buf text;
    buf_init(&text, 1 << 20);
    put_words(&text, 100, 2);
    assert_true(measure(buf_str(&text)).score == 98.0 / 198.0);
    buf_clear(&text);
    put_words(&text, 100, 10);
    assert_true(measure(buf_str(&text)).score == 898.0 / 998.0);
    buf_free(&text);
}

static void test_three_of_ten_is_not_above_the_threshold(void **state)
{
    (void)state;
    assert_false(measure("a b c d e a b c d e f g").score > 0.3); // 1 - 7/10 would be
}

static void test_only_python_whitespace_separates_words(void **state)
{
    (void)state;
    static const char *const SPACES[] = {"\t",     "\v",     "\x1c",   "\x1f",   "\xc2\x85", "\u1680", "\u2000",
                                         "\u200a", "\u2028", "\u2029", "\u202f", "\u205f",   "\u3000"};
    buf text;
    buf_init(&text, 1024);
    for (size_t i = 0; i < sizeof SPACES / sizeof SPACES[0]; i++) {
        buf_clear(&text);
        for (int k = 0; k < 6; k++)
            buf_printf(&text, "x%s", SPACES[i]);
        assert_true(measure(buf_str(&text)).score == 3.0 / 4.0);
    }
    assert_true(measure("x\u200bx\u200bx\u200bx\u200bx\u200bx").score == 0);
    buf_free(&text);
}

static void test_unspaced_scripts_are_seen_by_the_unit_score(void **state)
{
    (void)state;
    const char *const cjk = "\u5f88\u597d\u5f88\u597d\u5f88\u597d\u5f88\u597d\u5f88\u597d\u5f88\u597d";
    assert_true(measure(cjk).score_units == 8.0 / 10.0);
    const char *const english = "the cat sat on the mat the cat sat on the mat";
    assert_true(measure(english).score_units == measure(english).score);
}

static void test_a_loop_at_the_end_is_found_although_diluted(void **state)
{
    (void)state;
    buf text;
    buf_init(&text, 1 << 20);
    put_words(&text, 400, 1);
    for (int i = 0; i < 40; i++)
        buf_puts(&text, "round and round ");
    repetition_score r = measure(buf_str(&text));
    assert_true(r.score < 0.3);
    assert_true(fabs(r.window_max - 0.5808) < 5e-5);
    assert_int_equal(r.tail_loop.period, 3);
    assert_int_equal(r.tail_loop.repeats, 40);
    assert_int_equal(r.tail_loop.span, 120);
    assert_int_equal(r.verdict, REPETITION_DEGENERATE);
    buf_puts(&text, "until it stopped");
    r = measure(buf_str(&text));
    assert_int_equal(r.tail_loop.period, 0);
    buf_free(&text);
}

static void test_repeated_lines_are_counted_without_their_blanks(void **state)
{
    (void)state;
    assert_int_equal(measure("a\n a \n\n\ta\r\nb\nb").line_repeat_max, 3);
    assert_int_equal(measure("\n\n\n").line_repeat_max, 0);
    assert_int_equal(measure_form("x\nx\nx\nx", FORM_CODE).verdict, REPETITION_NONE);
    assert_int_equal(measure_form("x\nx\nx\nx\nx", FORM_CODE).verdict, REPETITION_DEGENERATE);
}

static void test_code_may_repeat_more_than_prose(void **state)
{
    (void)state;
    const char *const text = "the cat sat on the mat the cat sat on the mat";
    assert_int_equal(measure_form(text, FORM_PROSE).verdict, REPETITION_SUSPICIOUS);
    assert_int_equal(measure_form(text, FORM_CODE).verdict, REPETITION_NONE);
}

static void assert_longest(const char *text, double n_repeated, double n_characters)
{
    const double found = measure(text).longest_repeat_share;
    if (found != n_repeated / n_characters)
        fail_msg("'%s' repeats %.17g of itself, not %g/%g", text, found, n_repeated, n_characters);
}

static void test_the_longest_repeated_piece_does_not_overlap_itself(void **state)
{
    (void)state;
    assert_longest("", 0, 1);
    assert_longest("x", 0, 1);
    assert_longest("abc", 0, 3);
    assert_longest("aaaaa", 2, 5);
    assert_longest("a b c d e f g h", 1, 15);
    assert_longest("the cat sat on the mat the cat sat on the mat", 22, 45);
    assert_longest("to be able to be able to be able to be able to be able", 22, 54);
    assert_longest("I like tea. I like coffee. I like tea.", 11, 38);
    assert_longest("\u5f88\u597d\u5f88\u597d\u5f88\u597d\u5f88\u597d\u5f88\u597d\u5f88\u597d", 6, 12);
    assert_longest("alpha beta\ngamma delta\nalpha beta\ngamma delta", 22, 45);
    assert_longest("\xff\xfe\xff\xfe", 2, 4);
}

static void test_a_text_too_long_to_search_has_no_longest_repeat(void **state)
{
    (void)state;
    buf text;
    buf_init(&text, 1 << 20);
    for (int i = 0; i < LONGEST_REPEAT_TEXT_MAX; i++)
        buf_putc(&text, 'x');
    assert_true(measure(buf_str(&text)).longest_repeat_share == 0.5);
    buf_putc(&text, 'x');
    assert_true(isnan(measure(buf_str(&text)).longest_repeat_share));
    buf_free(&text);
}

static void test_repeated_grams_are_counted_for_one_to_four_units(void **state)
{
    (void)state;
    const repetition_score r = measure("a b a b c"); // ab ba ab bc; aba bab abc; abab babc
    const double wanted[REP_N_MAX] = {1 - 3.0 / 5, 1 - 3.0 / 4, 0, 0};
    for (int i = 0; i < REP_N_MAX; i++)
        assert_true(r.rep_n[i] == wanted[i]);
    const repetition_score same = measure("x x x x"); // four units: no share of four-grams
    assert_true(same.rep_n[0] == 0.75 && same.rep_n[1] == 1 - 1.0 / 3 && same.rep_n[2] == 0.5 && same.rep_n[3] == 0);
}

static void test_tokens_are_units_where_they_are_known(void **state)
{
    (void)state;
    int32_t ids[400 + 120];
    for (int i = 0; i < 520; i++)
        ids[i] = i < 400 ? i : 1000 + i % 3;
    repetition_score r;
    assert_int_equal(repetition_of_tokens("one two", 7, ids, 520, FORM_PROSE, &r, NULL), SW_OK);
    assert_int_equal(r.tail_loop.period, 3);
    assert_int_equal(r.tail_loop.repeats, 40);
    assert_int_equal(r.tail_loop.span, 120);
    assert_int_equal(r.tail_loop.start, 400);
    assert_true(r.rep_n[0] == 1 - 403.0 / 520);
    assert_true(r.score == 0); // of the words, as before
    assert_int_equal(r.verdict, REPETITION_DEGENERATE);
    assert_int_equal(repetition_of_tokens("one two", 7, ids, 400, FORM_PROSE, &r, NULL), SW_OK);
    assert_int_equal(r.tail_loop.period, 0);
}

static void test_a_loop_needs_three_copies_and_24_units(void **state)
{
    (void)state;
    int32_t ids[24];
    for (int i = 0; i < 24; i++)
        ids[i] = i % 8;
    repetition_score r;
    assert_int_equal(repetition_of_tokens("", 0, ids, 24, FORM_PROSE, &r, NULL), SW_OK);
    assert_int_equal(r.tail_loop.period, 8);
    assert_int_equal(repetition_of_tokens("", 0, ids + 1, 23, FORM_PROSE, &r, NULL), SW_OK);
    assert_int_equal(r.tail_loop.period, 0);
}

static void test_invalid_bytes_are_letters(void **state)
{
    (void)state;
    assert_true(measure("\xff\xfe \xff\xfe \xff\xfe \xff\xfe").score == 0.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_score_of_known_texts),
        cmocka_unit_test(test_score_of_a_long_text_repeated),
        cmocka_unit_test(test_three_of_ten_is_not_above_the_threshold),
        cmocka_unit_test(test_only_python_whitespace_separates_words),
        cmocka_unit_test(test_unspaced_scripts_are_seen_by_the_unit_score),
        cmocka_unit_test(test_a_loop_at_the_end_is_found_although_diluted),
        cmocka_unit_test(test_repeated_lines_are_counted_without_their_blanks),
        cmocka_unit_test(test_code_may_repeat_more_than_prose),
        cmocka_unit_test(test_the_longest_repeated_piece_does_not_overlap_itself),
        cmocka_unit_test(test_a_text_too_long_to_search_has_no_longest_repeat),
        cmocka_unit_test(test_repeated_grams_are_counted_for_one_to_four_units),
        cmocka_unit_test(test_tokens_are_units_where_they_are_known),
        cmocka_unit_test(test_a_loop_needs_three_copies_and_24_units),
        cmocka_unit_test(test_invalid_bytes_are_letters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
