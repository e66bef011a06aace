/* Whether quality is preserved: pairs with planted differences have the verdict, counts and words that follow, equal
 * sides compare nothing, and chance alone is seldom called a loss. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "figures/analysis.h"
#include "figures/compare.h"
#include "support/record_maker.h"

enum { TESTS = 9, CHECKS = 4, IDS = 8, SIMULATIONS = 300 };

static void assert_near(double got, double wanted)
{
    assert_true(fabs(got - wanted) < 1e-9);
}

/* TESTS questions, each answered by the base and, after it, by the new side. */
typedef struct world {
    test_record tests[2 * TESTS];
    check_record checks[2 * TESTS][CHECKS];
    int32_t ids[2 * TESTS][IDS];
    server_record servers[2];
    fact_record facts[8];
    run_record run;
    run_analysis analysis;
} world;

static void fill_answer(world *w, size_t k, int index)
{
    static const char *const NAMES[CHECKS] = {"a", "b", "c", "d"};
    w->tests[k] = record_test(MODE_STREAM, index, 0);
    for (int i = 0; i < CHECKS; i++)
        w->checks[k][i] = (check_record){NAMES[i], "contains", false, 1, CHECK_PASSED, ""};
    for (int i = 0; i < IDS; i++)
        w->ids[k][i] = i;
    w->tests[k].n_checks = CHECKS;
    w->tests[k].answer.token_ids = w->ids[k];
    w->tests[k].answer.n_token_ids = IDS;
}

/* Equal answers with all checks passed; of the reference, those of server 1. */
static world make(test_mode base, test_mode mode)
{
    static world first; // copies of one: there are few answers of record_test
    for (size_t k = 0; first.tests[0].n_checks == 0 && k < 2 * TESTS; k++)
        fill_answer(&first, 2 * TESTS - 1 - k, (2 * TESTS - 1 - (int)k) / 2);
    world w = first;
    for (size_t k = 0; k < 2 * TESTS; k++) {
        w.tests[k].mode = k % 2 == 0 ? base : mode;
        w.tests[k].server = w.tests[k].mode == MODE_REFERENCE;
    }
    return w;
}

static void set_place(world *w, int server, const char *place)
{
    w->facts[w->run.n_facts++] = (fact_record){0, server, FACT_EXPERTS_VERIFIED, NAN, place, "allocations"};
}

/* Points the record into *w, of `n` tests. */
static void connect(world *w, size_t n)
{
    for (size_t k = 0; k < 2 * TESTS; k++) {
        w->tests[k].checks = w->checks[k];
        w->tests[k].answer.token_ids = w->tests[k].answer.token_ids != NULL ? w->ids[k] : NULL;
    }
    const size_t n_facts = w->run.n_facts;
    w->run = record_run(w->tests, n);
    w->servers[0] = w->servers[1] = w->run.servers[0];
    w->servers[1].side = SIDE_REFERENCE;
    w->run.servers = w->servers;
    w->run.n_servers = 2;
    w->run.facts = w->facts;
    w->run.n_facts = n_facts;
}

static const preservation *judge(world *w, size_t n, preservation_kind kind)
{
    connect(w, n);
    assert_int_equal(run_analysis_of(&w->run, &w->analysis, NULL), SW_OK);
    return &w->analysis.subjects[0].preserved[kind];
}

/* The new side's answer to test i gets other tokens from `at` on, and loses its first n_lost checks. */
static void change(world *w, size_t i, int at, int n_lost)
{
    for (int k = at; k < IDS; k++)
        w->ids[2 * i + 1][k] = 100 + (int32_t)i;
    for (int k = 0; k < n_lost; k++)
        w->checks[2 * i + 1][k].outcome = CHECK_FAILED;
}

/* ---- verdicts ---------------------------------------------------------------------------------------------------- */

static void test_equal_answers_are_identical_token_for_token(void **state)
{
    (void)state;
    world w = make(MODE_REFERENCE, MODE_STREAM);
    set_place(&w, 0, "in RAM");
    set_place(&w, 1, "in VRAM");
    const preservation *const p = judge(&w, 2 * TESTS, PRESERVES_OFFLOADED);
    assert_int_equal(p->verdict, PRESERVED_IDENTICAL);
    assert_string_equal(p->words, "identical: 9 of 9 answers token for token");
    assert_near(p->all.common_share, 1);
    assert_true(isnan(p->all.first_difference));
    assert_near(p->checks_p_value, 1);
    run_analysis_free(&w.analysis);
}

static void set_forced(world *w, int server, const char *hash, const char *tops)
{
    w->facts[w->run.n_facts++] = (fact_record){0, server, FACT_FORCED_HASH, NAN, hash, ""};
    w->facts[w->run.n_facts++] = (fact_record){0, server, FACT_FORCED_TOPS, NAN, tops, ""};
}

/* What the other server says of the same texts, and the words for it. */
static void test_servers_that_expect_the_same_of_given_texts_are_equal(void **state)
{
    (void)state;
    static const struct {
        const char *place, *hash, *tops, *words;
        int n_positions, n_same;
        bool is_equal;
    } CASES[] = {
        {"in VRAM", "h1", "aaaaaaaabbbbbbbb", "; given the same texts, both expect the same: equal, 2 positions", 2, 2,
         true},
        {"in VRAM", "h2", "aaaaaaaabbbbbbbb", "; given the same texts, 2 of 2 positions have the same likeliest token",
         2, 2, false},
        {"in VRAM", "h2", "aaaaaaaabbbbbbbc", "; given the same texts, 1 of 2 positions have the same likeliest token",
         2, 1, false},
        {"in VRAM", "h2", "aaaaaaaa", "", 0, 0, false}, // other tokens
        {"in VRAM", "h2", "aaaa", "", 0, 0, false},
        {"in VRAM", "", "", "", 0, 0, false},
        {"in RAM", "h1", "aaaaaaaabbbbbbbb", "", 0, 0, false}, // nothing was compared
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        world w = make(MODE_REFERENCE, MODE_STREAM);
        set_place(&w, 0, "in RAM");
        set_place(&w, 1, CASES[i].place);
        set_forced(&w, 0, "h1", "aaaaaaaabbbbbbbb");
        set_forced(&w, 1, CASES[i].hash, CASES[i].tops);
        const preservation *const p = judge(&w, 2 * TESTS, PRESERVES_OFFLOADED);
        assert_int_equal(p->forced.n_positions, CASES[i].n_positions);
        assert_int_equal(p->forced.n_same, CASES[i].n_same);
        assert_int_equal(p->forced.is_equal, CASES[i].is_equal);
        const char *const said = strstr(p->words, "; given");
        assert_string_equal(said != NULL ? said : "", CASES[i].words);
        run_analysis_free(&w.analysis);
    }
}

static void test_without_tokens_bytes_are_compared_and_the_words_say_so(void **state)
{
    (void)state;
    world w = make(MODE_WHOLE, MODE_STREAM);
    w.tests[3].answer.token_ids = NULL;
    const preservation *p = judge(&w, 2 * TESTS, PRESERVES_STREAMED);
    assert_int_equal(p->all.n_by_tokens, TESTS - 1);
    assert_string_equal(p->words, "identical: 9 of 9 answers token for token where told, else byte for byte");
    run_analysis_free(&w.analysis);
    for (size_t k = 0; k < 2 * TESTS; k++)
        w.tests[k].answer.token_ids = NULL;
    w.tests[5].answer.text = "An answer that differs.";
    w.tests[5].answer.n_text = 23;
    p = judge(&w, 2 * TESTS, PRESERVES_STREAMED);
    assert_int_equal(p->all.n_equal, TESTS - 1);
    assert_near(p->tests[2].counts.first_difference, 16); // "An answer that d" is common
    assert_near(p->tests[2].counts.common_share, 16 / 38.0);
    run_analysis_free(&w.analysis);
}

static void test_a_planted_difference_is_counted_where_it_is(void **state)
{
    (void)state;
    world w = make(MODE_REFERENCE, MODE_STREAM);
    change(&w, 4, 6, 1);
    w.checks[2 * 7][2].outcome = CHECK_FAILED; // won
    w.checks[2 * 8][0].outcome = CHECK_NOT_RUN;
    const preservation *const p = judge(&w, 2 * TESTS, PRESERVES_OFFLOADED);
    assert_int_equal(p->all.n_equal, TESTS - 1);
    assert_int_equal(p->all.n_checks, TESTS * CHECKS - 1);
    assert_int_equal(p->all.n_won, 1);
    assert_int_equal(p->all.n_lost, 1);
    assert_int_equal(p->n_tests, TESTS);
    assert_near(p->tests[4].counts.first_difference, 6);
    assert_near(p->tests[4].counts.common_share, 6 / 8.0);
    assert_near(p->tests[4].counts.mark_change, -1); // one of four checks
    assert_near(p->tests[7].counts.mark_change, 1);
    assert_true(isnan(p->tests[3].counts.first_difference));
    assert_near(p->all.common_share, (8 + 6 / 8.0) / 9);
    assert_int_equal(p->verdict, PRESERVED_NO_LOSS);
    assert_non_null(strstr(p->words, "no loss found: 8 of 9 answers are equal, mark +0 (95 %: "));
    assert_non_null(strstr(p->words, ", checks won 1, lost 1"));
    run_analysis_free(&w.analysis);
}

static void test_answers_without_text_are_not_known(void **state)
{
    (void)state;
    world w = make(MODE_REFERENCE, MODE_STREAM);
    for (size_t k = 0; k < 2 * TESTS; k++) {
        answer_record *const a = &w.tests[k].answer;
        a->token_ids = NULL;
        a->n_token_ids = a->n_text = a->n_reasoning = a->n_arrivals = 0;
    }
    const preservation *const p = judge(&w, 2 * TESTS, PRESERVES_OFFLOADED);
    assert_int_equal(p->verdict, PRESERVED_NOT_MEASURED);
    assert_int_equal(p->all.n_pairs, 0);
    run_analysis_free(&w.analysis);
}

static void test_checks_that_fail_on_the_new_side_alone_are_a_loss(void **state)
{
    (void)state;
    world w = make(MODE_REFERENCE, MODE_STREAM);
    for (size_t i = 0; i < 8; i++)
        change(&w, i, 2, 1 + (int)i % 3);
    const preservation *const p = judge(&w, 2 * TESTS, PRESERVES_OFFLOADED);
    assert_int_equal(p->verdict, PRESERVED_LOST);
    assert_int_equal(p->all.n_lost, 15);
    assert_true(p->mark.range.high < -0.1 && p->checks_p_value < 0.02);
    run_analysis_free(&w.analysis);
}

static void test_few_pairs_or_none_that_is_marked_are_unclear(void **state)
{
    (void)state;
    world w = make(MODE_REFERENCE, MODE_STREAM);
    change(&w, 0, 2, 4);
    const preservation *p = judge(&w, 2 * 3, PRESERVES_OFFLOADED);
    assert_int_equal(p->verdict, PRESERVED_UNCLEAR);
    assert_non_null(strstr(p->words, "3 different pairs are too few to judge by"));
    run_analysis_free(&w.analysis);
    for (size_t k = 0; k < 2 * TESTS; k++)
        w.tests[k].n_checks = 0;
    p = judge(&w, 2 * TESTS, PRESERVES_OFFLOADED);
    assert_int_equal(p->verdict, PRESERVED_UNCLEAR);
    assert_non_null(strstr(p->words, "no check ran on both sides"));
    run_analysis_free(&w.analysis);
}

static void test_sides_with_experts_in_one_place_compare_nothing(void **state)
{
    (void)state;
    world w = make(MODE_REFERENCE, MODE_STREAM);
    set_place(&w, 0, "in RAM");
    set_place(&w, 1, "in RAM");
    const preservation *const p = judge(&w, 2 * TESTS, PRESERVES_OFFLOADED);
    assert_int_equal(p->verdict, PRESERVED_SAME_SIDES);
    assert_string_equal(p->words, "nothing was compared: both servers had their experts in RAM; 9 of 9 answers are "
                                  "equal");
    run_analysis_free(&w.analysis);
}

static void test_mixed_experts_are_compared_by_their_bytes(void **state)
{
    (void)state;
    placement_row rows[] = {{0, "vram", "experts", 100, "", ""}, {1, "vram", "experts", 300, "", ""}};
    world w = make(MODE_REFERENCE, MODE_STREAM);
    set_place(&w, 0, "mixed");
    set_place(&w, 1, "mixed");
    for (int is_equal = 0; is_equal < 2; is_equal++) {
        connect(&w, 2 * TESTS);
        w.run.placement = rows;
        w.run.n_placement = 2;
        rows[1].bytes = is_equal ? 100 : 300;
        assert_int_equal(run_analysis_of(&w.run, &w.analysis, NULL), SW_OK);
        assert_int_equal(w.analysis.subjects[0].preserved[PRESERVES_OFFLOADED].verdict,
                         is_equal ? PRESERVED_SAME_SIDES : PRESERVED_IDENTICAL);
        run_analysis_free(&w.analysis);
    }
}

static void test_a_missing_side_is_named_with_its_reason(void **state)
{
    (void)state;
    world w = make(MODE_WHOLE, MODE_STREAM);
    w.facts[w.run.n_facts++] = (fact_record){-1, -1, FACT_REFERENCE_SKIPPED, NAN, "no GPU computes here", "options"};
    const preservation *const p = judge(&w, 2 * TESTS, PRESERVES_OFFLOADED);
    assert_int_equal(p->verdict, PRESERVED_NOT_MEASURED);
    assert_string_equal(p->words, "not measured: no GPU computes here");
    assert_true(isnan(p->all.common_share) && isnan(p->checks_p_value));
    run_analysis_free(&w.analysis);
}

/* ---- pairs that come again --------------------------------------------------------------------------------------- */

/* Nine answers of three tests: what a seed gives again is no further evidence. */
static void test_repetitions_with_equal_answers_count_once(void **state)
{
    (void)state;
    world w = make(MODE_REFERENCE, MODE_STREAM);
    for (int i = 0; i < TESTS; i++) {
        for (int side = 0; side < 2; side++) {
            w.tests[2 * i + side].index = i / 3;
            w.tests[2 * i + side].repeat = i % 3;
        }
        change(&w, (size_t)i, 1, 4);
        for (int k = 0; k < IDS; k++)
            w.ids[2 * i + 1][k] = i / 3; // the same in every repetition
    }
    const preservation *p = judge(&w, 2 * TESTS, PRESERVES_OFFLOADED);
    assert_int_equal(p->all.n_pairs, 9);
    assert_int_equal(p->n_tests, 3);
    assert_int_equal(p->tests[1].counts.n_pairs, 3);
    assert_int_equal(p->n_distinct, 3);
    assert_int_equal(p->verdict, PRESERVED_UNCLEAR);
    p = &w.analysis.subjects[0].preserved[PRESERVES_REPEATED];
    assert_int_equal(p->all.n_pairs, 6); // the first repetition of each test is the base
    assert_int_equal(p->verdict, PRESERVED_IDENTICAL);
    run_analysis_free(&w.analysis);
}

/* ---- statistics -------------------------------------------------------------------------------------------------- */

static void test_mcnemar_is_the_exact_binomial_tail(void **state)
{
    (void)state;
    assert_near(mcnemar_p_value(0, 0), 1);
    assert_near(mcnemar_p_value(5, 4), 1);
    assert_near(mcnemar_p_value(0, 5), 2.0 / 32);
    assert_near(mcnemar_p_value(9, 1), 22.0 / 1024);
    assert_near(mcnemar_p_value(2, 10), 2 * 79.0 / 4096); // 1 + 12 + 66
    assert_near(mcnemar_p_value(10, 2), mcnemar_p_value(2, 10));
    assert_true(mcnemar_p_value(3000, 3100) > 0.1 && mcnemar_p_value(3000, 3100) < 0.3);
}

/* All checks of an answer fail together: that is what makes McNemar's test alone too sure. */
static int count_losses(double fail_base, double fail_new)
{
    rng_state rng;
    rng_seed(&rng, 7);
    int n = 0;
    for (int k = 0; k < SIMULATIONS; k++) {
        world w = make(MODE_REFERENCE, MODE_STREAM);
        for (size_t i = 0; i < 2 * TESTS; i++) {
            const double limit = i % 2 == 0 ? fail_base : fail_new;
            const bool fails = (double)(rng_next(&rng) >> 11) * 0x1p-53 < limit;
            for (int c = 0; c < CHECKS; c++)
                w.checks[i][c].outcome = fails ? CHECK_FAILED : CHECK_PASSED;
            w.ids[i][0] = (int32_t)i; // no answer is equal
        }
        n += judge(&w, 2 * TESTS, PRESERVES_OFFLOADED)->verdict == PRESERVED_LOST;
        run_analysis_free(&w.analysis);
    }
    return n;
}

static void test_chance_is_seldom_a_loss_and_a_loss_is_found(void **state)
{
    (void)state;
    assert_true(count_losses(0.3, 0.3) <= SIMULATIONS / 20);
    assert_true(count_losses(0.05, 0.95) >= SIMULATIONS * 9 / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_answers_are_identical_token_for_token),
        cmocka_unit_test(test_servers_that_expect_the_same_of_given_texts_are_equal),
        cmocka_unit_test(test_without_tokens_bytes_are_compared_and_the_words_say_so),
        cmocka_unit_test(test_a_planted_difference_is_counted_where_it_is),
        cmocka_unit_test(test_answers_without_text_are_not_known),
        cmocka_unit_test(test_checks_that_fail_on_the_new_side_alone_are_a_loss),
        cmocka_unit_test(test_few_pairs_or_none_that_is_marked_are_unclear),
        cmocka_unit_test(test_sides_with_experts_in_one_place_compare_nothing),
        cmocka_unit_test(test_mixed_experts_are_compared_by_their_bytes),
        cmocka_unit_test(test_a_missing_side_is_named_with_its_reason),
        cmocka_unit_test(test_repetitions_with_equal_answers_count_once),
        cmocka_unit_test(test_mcnemar_is_the_exact_binomial_tail),
        cmocka_unit_test(test_chance_is_seldom_a_loss_and_a_loss_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
