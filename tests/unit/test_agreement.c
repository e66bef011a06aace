/* Agreement between judges, against published examples; and what people say of a run, in figures. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "figures/review_figures.h"
#include "support/draws.h"
#include "support/run_fixture.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

static agreement agreement_between(const double *a, const double *b, size_t n)
{
    agreement out;
    assert_int_equal(agreement_of(a, b, n, &out, NULL), SW_OK);
    assert_int_equal(out.n, n);
    return out;
}

/* ---- Spearman's correlation -------------------------------------------------------------------------------------- */

/* Lightness and quality of tuna (Hollander and Wolfe 1973, pages 185 to 194), which R's cor.test gives as 0.6. */
static void test_the_rank_correlation_of_hollander_and_wolfe(void **state)
{
    (void)state;
    static const double lightness[] = {44.4, 45.9, 41.9, 53.3, 44.7, 44.1, 50.7, 45.2, 60.1};
    static const double quality[] = {2.6, 3.1, 2.5, 5.0, 3.6, 4.0, 5.2, 2.8, 3.8};
    assert_close(agreement_between(lightness, quality, 9).rank_correlation, 0.6, 1e-12);
}

/* Ten pairs without ties: 1 - 6 x 194 / (10 x 99). */
static void test_the_rank_correlation_of_squared_differences(void **state)
{
    (void)state;
    static const double iq[] = {106, 100, 86, 101, 99, 103, 97, 113, 112, 110};
    static const double hours[] = {7, 27, 2, 50, 28, 29, 20, 12, 6, 17};
    assert_close(agreement_between(iq, hours, 10).rank_correlation, -29.0 / 165, 1e-12);
}

/* Ranks 1, 2.5, 2.5, 4 and 1, 3.5, 2, 3.5: 3.75 / 4.5. */
static void test_equal_scores_share_their_ranks(void **state)
{
    (void)state;
    static const double a[] = {1, 2, 2, 3}, b[] = {1, 3, 2, 3};
    assert_close(agreement_between(a, b, 4).rank_correlation, 3.75 / 4.5, 1e-12);
    assert_close(agreement_between(a, a, 4).rank_correlation, 1, 1e-12);
}

static void test_too_few_or_constant_scores_have_no_correlation(void **state)
{
    (void)state;
    static const double a[] = {1, 2, 5}, same[] = {4, 4, 4};
    assert_true(isnan(agreement_between(a, a, 2).rank_correlation));
    assert_false(isnan(agreement_between(a, a, 3).rank_correlation));
    assert_true(isnan(agreement_between(a, same, 3).rank_correlation));
    const agreement none = agreement_between(a, a, 0);
    assert_true(isnan(none.mean_difference) && isnan(none.within_one) && isnan(none.difference_range.low));
    assert_true(isnan(agreement_between(a, a, 1).difference_range.low));
}

/* ---- differences ------------------------------------------------------------------------------------------------- */

static void test_differences_have_a_mean_and_an_interval_around_it(void **state)
{
    (void)state;
    static const double a[] = {5, 4, 3, 2, 1, 5, 4, 3}, b[] = {4, 4, 4.5, 2, 3, 5, 3, 3};
    const agreement g = agreement_between(a, b, 8);
    assert_close(g.mean_difference, 1.5 / 8, 1e-12);
    assert_close(g.within_one, 6.0 / 8, 1e-12);
    assert_true(g.difference_range.low < g.mean_difference && g.difference_range.high > g.mean_difference);
    const agreement again = agreement_between(a, b, 8);
    assert_true(again.difference_range.low == g.difference_range.low);
}

/* The interval holds the true mean in 95 of 100 samples of 30 pairs; 2 % are granted to the bootstrap of few. */
static void test_the_interval_holds_the_truth(void **state)
{
    (void)state;
    enum { N_SAMPLES = 200, N_PAIRS = 30 };
    rng_state rng;
    int n_inside = 0;
    rng_seed(&rng, 7);
    for (int i = 0; i < N_SAMPLES; i++) {
        double a[N_PAIRS], b[N_PAIRS];
        for (int k = 0; k < N_PAIRS; k++) {
            a[k] = 3 + normal(&rng);
            b[k] = a[k] + 0.5 + 0.8 * normal(&rng);
        }
        const interval range = agreement_between(a, b, N_PAIRS).difference_range;
        n_inside += range.low <= 0.5 && range.high >= 0.5;
    }
    assert_in_range(n_inside, (int)(0.90 * N_SAMPLES), (int)(0.99 * N_SAMPLES));
}

/* ---- kappa ------------------------------------------------------------------------------------------------------- */

/* Raters 1 and 2 of the data set "anxiety" of R's package irr, which gives 0.297 for squared weights. */
static void test_the_weighted_kappa_of_irr(void **state)
{
    (void)state;
    static const int a[] = {3, 3, 3, 4, 5, 5, 2, 3, 5, 2, 2, 6, 1, 5, 2, 2, 1, 2, 4, 3};
    static const int b[] = {3, 6, 4, 6, 2, 4, 2, 4, 3, 3, 2, 3, 3, 3, 2, 2, 1, 3, 3, 4};
    assert_close(weighted_kappa(a, b, 20), 0.297, 5e-4);
}

/* By its definition: a table of shares with squared weights. */
static double kappa_by_table(const int *a, const int *b, size_t n)
{
    double shares[6][6] = {{0}}, rows[6] = {0}, columns[6] = {0}, observed = 0, expected = 0;
    for (size_t i = 0; i < n; i++) {
        shares[a[i]][b[i]] += 1.0 / (double)n;
        rows[a[i]] += 1.0 / (double)n;
        columns[b[i]] += 1.0 / (double)n;
    }
    for (int i = 1; i <= 5; i++) {
        for (int k = 1; k <= 5; k++) {
            observed += (i - k) * (i - k) / 16.0 * shares[i][k];
            expected += (i - k) * (i - k) / 16.0 * rows[i] * columns[k];
        }
    }
    return 1 - observed / expected;
}

static void test_the_weighted_kappa_is_that_of_its_definition(void **state)
{
    (void)state;
    rng_state rng;
    rng_seed(&rng, 3);
    for (int round = 0; round < 50; round++) {
        int a[17], b[17];
        for (int i = 0; i < 17; i++) {
            a[i] = 1 + (int)(rng_next(&rng) % 5);
            b[i] = 1 + (int)(rng_next(&rng) % 5);
        }
        assert_close(weighted_kappa(a, b, 17), kappa_by_table(a, b, 17), 1e-9);
    }
}

static void test_the_kappa_of_equal_and_of_constant_scores(void **state)
{
    (void)state;
    static const int a[] = {1, 5, 3}, same[] = {4, 4, 4}, up[] = {1, 5}, down[] = {5, 1};
    assert_close(weighted_kappa(a, a, 3), 1, 1e-12);
    assert_close(weighted_kappa(up, down, 2), -1, 1e-12);
    assert_close(weighted_kappa(a, same, 3), 0, 1e-12);
    assert_true(isnan(weighted_kappa(same, same, 3)));
    assert_true(isnan(weighted_kappa(a, a, 0)));
}

/* ---- a run ------------------------------------------------------------------------------------------------------- */

/* The first two measured, streamed tests of each model. */
static void find_tests(const run_record *run, int out[2][2])
{
    int n[2] = {0};
    for (size_t i = 0; i < run->n_tests; i++) {
        const test_record *const t = &run->tests[i];
        if (!t->is_warmup && t->mode == MODE_STREAM && t->repeat == 0 && t->subject < 2 && n[t->subject] < 2)
            out[t->subject][n[t->subject]++] = (int)i;
    }
    assert_true(n[0] == 2 && n[1] == 2);
}

static void test_a_run_is_summed_up_by_model_and_test(void **state)
{
    (void)state;
    run_fixture *const fixture = run_fixture_create();
    run_record *const run = run_fixture_edit(fixture);
    int at[2][2];
    find_tests(run, at);
    review_record reviews[] = {
        {.test = at[0][0], .reviewer = "A", .scores = {4, 2, 0}, .flags = {[FLAG_ODD] = true}, .note = ""},
        {.test = at[0][0], .reviewer = "B", .scores = {5, 2, 0}, .note = ""},
        {.test = at[0][1], .reviewer = "A", .scores = {1, 0, 3}, .flags = {[FLAG_CUT] = true}, .note = ""},
        {.test = at[1][0], .reviewer = "B", .scores = {3, 3, 3}, .note = ""},
        {.test = at[1][1], .reviewer = "A", .scores = {0}, .note = "only a note"},
    };
    run->reviews = reviews, run->n_reviews = COUNT(reviews);
    run_analysis analysis;
    review_figures f;
    assert_int_equal(run_analysis_of(run, &analysis, NULL), SW_OK);
    assert_int_equal(review_figures_of(&analysis, &f, NULL), SW_OK);
    assert_int_equal(f.n_models, 2);
    assert_true(f.models[0].subject == 0 && f.models[0].n == 3 && f.models[0].test == NULL);
    assert_close(f.models[0].means[SCORE_CONTENT], 10.0 / 3, 1e-12);
    assert_close(f.models[0].means[SCORE_ACCURACY], 2, 1e-12);
    assert_true(f.models[0].n_scores[SCORE_RESPONSIVENESS] == 1 && f.models[0].n_flags[FLAG_CUT] == 1);
    assert_true(f.models[1].n == 2 && f.models[1].n_scores[SCORE_CONTENT] == 1);
    assert_int_equal(f.n_tests, 4);
    assert_true(f.tests[0].test->index == run->tests[at[0][0]].index && f.tests[0].n == 2);
    assert_int_equal(f.n_reviewers, 2);
    assert_int_equal(f.n_pairs, 1);
    assert_string_equal(f.pairs[0].a, "A");
    assert_true(f.pairs[0].n[SCORE_CONTENT] == 1 && f.pairs[0].n[SCORE_RESPONSIVENESS] == 0);
    for (int i = 0; i < N_REVIEW_FLAGS; i++) {
        const flag_counts *const c = &f.flags[i];
        assert_int_equal(c->n_both + c->n_person + c->n_program + c->n_neither, COUNT(reviews));
    }
    assert_true(f.flags[FLAG_ODD].n_person == 1 && f.flags[FLAG_ODD].n_both == 0);
    // The marks of the three answers with content scores, by hand: two people gave the first 4 and 5.
    static const double GIVEN[] = {4.5, 1, 3};
    const int answers[] = {at[0][0], at[0][1], at[1][0]};
    double difference = 0;
    size_t n = 0;
    for (size_t i = 0; i < 3; i++) {
        const summary_row *const row = analysis_row(&analysis, &run->tests[answers[i]]);
        const double mark = content_score_of(row->test, &row->metrics.repetition).mark;
        difference += isnan(mark) ? 0 : mark - GIVEN[i];
        n += !isnan(mark);
    }
    assert_true(n > 0 && f.content.n == n);
    assert_close(f.content.mean_difference, difference / (double)n, 1e-12);
    review_figures_free(&f);
    run_analysis_free(&analysis);
    run->reviews = NULL, run->n_reviews = 0;
    run_fixture_free(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_rank_correlation_of_hollander_and_wolfe),
        cmocka_unit_test(test_the_rank_correlation_of_squared_differences),
        cmocka_unit_test(test_equal_scores_share_their_ranks),
        cmocka_unit_test(test_too_few_or_constant_scores_have_no_correlation),
        cmocka_unit_test(test_differences_have_a_mean_and_an_interval_around_it),
        cmocka_unit_test(test_the_interval_holds_the_truth),
        cmocka_unit_test(test_the_weighted_kappa_of_irr),
        cmocka_unit_test(test_the_weighted_kappa_is_that_of_its_definition),
        cmocka_unit_test(test_the_kappa_of_equal_and_of_constant_scores),
        cmocka_unit_test(test_a_run_is_summed_up_by_model_and_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
