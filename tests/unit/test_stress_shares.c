/* Shares of right answers and of experts, against published examples and simulated worlds. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "figures/stress/expert_lift.h"
#include "figures/stress/graded_share.h"
#include "support/draws.h"

/* ---- by key ------------------------------------------------------------------------------------------------------ */

static void test_answers_are_grouped_by_their_key(void **state)
{
    (void)state;
    graded v[] = {{90, false}, {10, true}, {50, true}, {10, true}, {90, true}, {10, false}};
    graded_share rows[3];
    assert_int_equal(graded_shares_of(v, 6, rows, 3), 3);
    assert_close(rows[0].key, 10, 0);
    assert_int_equal(rows[0].n, 3);
    assert_close(rows[0].share, 2.0 / 3, 1e-12);
    assert_true(rows[0].range.low < 0.3 && rows[0].range.high > 0.9);
    assert_close(rows[2].share, 0.5, 1e-12);
    assert_int_equal(graded_shares_of(v, 6, rows, 1), 3); // the others have no room
    assert_int_equal(graded_shares_of(v, 0, rows, 1), 0);
}

/* ---- pairs ------------------------------------------------------------------------------------------------------- */

/* Agresti, Categorical Data Analysis: approval of the prime minister, 794 + 150 + 86 + 570. */
static void test_paired_shares_of_agrestis_example(void **state)
{
    (void)state;
    const paired_share s = paired_share_of(794, 150, 86, 570);
    assert_close(s.difference, -0.04, 1e-12);
    assert_close(s.range.low, -0.0586, 0.0005);
    assert_close(s.range.high, -0.0212, 0.0005);
    assert_true(s.p_value < 0.0001);
    assert_true(isnan(paired_share_of(0, 0, 0, 0).difference));
    const paired_share equal = paired_share_of(200, 0, 0, 0);
    assert_true(equal.difference == 0 && equal.range.low < 0 && equal.range.high > 0 && equal.p_value == 1);
}

static void test_intervals_of_paired_differences_hold_the_truth(void **state)
{
    (void)state;
    rng_state rng;
    rng_seed(&rng, 5);
    int n_inside = 0;
    for (int run = 0; run < 2000; run++) { // both 0.8; a alone 0.08, b alone 0.04
        size_t n[4] = {0};
        for (int i = 0; i < 120; i++) {
            const float u = rng_float(&rng);
            n[u < 0.8f ? 0 : u < 0.88f ? 1 : u < 0.92f ? 2 : 3]++;
        }
        const paired_share s = paired_share_of(n[0], n[1], n[2], n[3]);
        n_inside += s.range.low <= -0.04 && s.range.high >= -0.04;
    }
    assert_in_range(n_inside, 1870, 1950);
}

/* ---- a loss ------------------------------------------------------------------------------------------------------ */

static graded_loss observe_loss(double before, double beyond, uint64_t seed)
{
    graded v[60];
    rng_state rng;
    rng_seed(&rng, seed);
    for (int i = 0; i < 60; i++) {
        const double key = 4096 * (double)rng_float(&rng);
        v[i] = (graded){key, (double)rng_float(&rng) < (key <= 2048 ? before : beyond)};
    }
    return graded_loss_of(v, 60);
}

static void test_what_is_forgotten_beyond_a_distance_is_found(void **state)
{
    (void)state;
    int n_found = 0, n_false = 0;
    for (uint64_t seed = 0; seed < 500; seed++) {
        const graded_loss loss = observe_loss(0.95, 0.05, seed);
        n_found += loss.p_value < 0.00125 && loss.key > 1200 && loss.key < 2900;
        n_false += observe_loss(0.8, 0.8, seed).p_value < 0.05;
    }
    assert_int_equal(n_found, 500);
    assert_true(n_false <= 25);
}

/* Fisher's tea: of 4 cups beyond, 1 right; of 4 before, 3: 17 / 70 one-sided. */
static void test_a_loss_has_fishers_probability(void **state)
{
    (void)state;
    graded v[] = {{1, true}, {1, true}, {1, true}, {1, false}, {2, true}, {2, false}, {2, false}, {2, false}};
    const graded_loss loss = graded_loss_of(v, 8);
    assert_close(loss.p_value, 17.0 / 70, 1e-9);
    assert_true(loss.key == 1 && loss.n_before == 4 && loss.n_right_before == 3 && loss.n_right_beyond == 1);
    assert_true(isnan(graded_loss_of(v, 0).p_value));
    graded same[] = {{1, true}, {1, false}};
    assert_true(isnan(graded_loss_of(same, 2).p_value));
}

/* ---- experts ----------------------------------------------------------------------------------------------------- */

enum { N_ANSWERS = 24, N_EXPERTS = 4 };

/* 100 choices an answer; expert 1 has a share of 0.4 inside and 0.2 outside, and every answer its own taste. */
static void observe_answers(uint64_t (*counts)[N_EXPERTS], answer_choices *answers, uint64_t seed)
{
    rng_state rng;
    rng_seed(&rng, seed);
    for (int i = 0; i < N_ANSWERS; i++) {
        const bool inside = i % 2 == 0;
        const double taste = (inside ? 0.4 : 0.2) * (1 + 0.3 * ((double)rng_float(&rng) - 0.5));
        for (int e = 0; e < N_EXPERTS; e++)
            counts[i][e] = 0;
        for (int k = 0; k < 100; k++) {
            const double u = rng_float(&rng);
            counts[i][u < taste ? 1 : u < taste + (1 - taste) / 2 ? 0 : 2]++;
        }
        answers[i] = (answer_choices){counts[i], 100, inside};
    }
}

static void test_lifts_hold_the_truth_although_answers_differ(void **state)
{
    (void)state;
    int n_inside = 0;
    for (uint64_t seed = 0; seed < 1000; seed++) {
        uint64_t counts[N_ANSWERS][N_EXPERTS];
        answer_choices answers[N_ANSWERS];
        expert_lift lifts[N_EXPERTS];
        observe_answers(counts, answers, seed);
        expert_lifts_of(answers, N_ANSWERS, N_EXPERTS, lifts);
        n_inside += lifts[1].range.low <= 2 && lifts[1].range.high >= 2;
        assert_true(lifts[1].range.low > 1);
        assert_true(isnan(lifts[3].lift) && lifts[3].share_inside == 0); // never chosen
    }
    assert_in_range(n_inside, 925, 985);
}

static void test_lifts_of_few_answers_have_no_interval(void **state)
{
    (void)state;
    const uint64_t a[] = {6, 4}, b[] = {2, 8};
    const answer_choices answers[] = {{a, 10, true}, {b, 10, false}};
    expert_lift lifts[2];
    expert_lifts_of(answers, 2, 2, lifts);
    assert_close(lifts[0].lift, 3, 1e-12);
    assert_true(isnan(lifts[0].range.low));
    expert_lifts_of(answers, 1, 2, lifts); // there is no other domain
    assert_true(isnan(lifts[0].lift));
}

/* Two small lists, by hand: means 5 and 3, variances 2.5 and 1. */
static void test_contrasts_are_welchs(void **state)
{
    (void)state;
    const double a[] = {3, 4, 5, 6, 7}, b[] = {2, 3, 4};
    const mean_contrast c = mean_contrast_of(a, 5, b, 3);
    assert_close(c.difference, 2, 1e-12);
    assert_close(c.p_value, 0.0811, 0.006); // 5.7 degrees of freedom, of which 5 are used
    assert_true(c.range.low < 0 && c.range.high > 4);
    const double same[] = {1, 1};
    assert_true(mean_contrast_of(same, 2, same, 2).p_value == 1);
    assert_true(isnan(mean_contrast_of(same, 1, same, 2).p_value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_are_grouped_by_their_key),
        cmocka_unit_test(test_paired_shares_of_agrestis_example),
        cmocka_unit_test(test_intervals_of_paired_differences_hold_the_truth),
        cmocka_unit_test(test_what_is_forgotten_beyond_a_distance_is_found),
        cmocka_unit_test(test_a_loss_has_fishers_probability),
        cmocka_unit_test(test_lifts_hold_the_truth_although_answers_differ),
        cmocka_unit_test(test_lifts_of_few_answers_have_no_interval),
        cmocka_unit_test(test_contrasts_are_welchs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
