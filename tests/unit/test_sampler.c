/* The sampler's promises: the right distribution, the fixed order of filters, ties to the lower id, same seed same
 * draw, and an error instead of a draw from logits that are not finite. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/sampler.h"

enum { N = 8 };

/* Probabilities 1/2, 1/4, ... 1/128, 1/128 at temperature 1, in shuffled order of ids. */
static const int RANK[N] = {3, 0, 6, 1, 7, 5, 2, 4};

static double probability(int id)
{
    const int rank = RANK[id];
    return ldexp(1, rank == N - 1 ? -(N - 1) : -(rank + 1));
}

static void fill(float logits[N])
{
    for (int i = 0; i < N; i++)
        logits[i] = (float)log(probability(i)) + 3;
}

static int32_t pick(sw_sampler *s, const float *logits)
{
    sw_candidate scratch[N];
    sw_err err = {0};
    int32_t id = -1;
    assert_int_equal(sw_sampler_pick(s, logits, N, scratch, &id, &err), SW_OK);
    assert_in_range(id, 0, N - 1);
    return id;
}

/* Draws 100,000 times and compares with the wanted probabilities; an id with probability 0 must never come. */
static void check_distribution(sw_sampling params, const double *wanted)
{
    enum { DRAWS = 100000 };
    float logits[N];
    fill(logits);
    params.seed = 42;
    sw_sampler s;
    sw_sampler_init(&s, &params);
    int counts[N] = {0};
    for (int i = 0; i < DRAWS; i++)
        counts[pick(&s, logits)]++;
    double chi2 = 0;
    for (int i = 0; i < N; i++) {
        const double expected = wanted[i] * DRAWS;
        if (expected == 0)
            assert_int_equal(counts[i], 0);
        else
            chi2 += (counts[i] - expected) * (counts[i] - expected) / expected;
    }
    assert_true(chi2 < 24.3); // 99.9 % quantile of chi-square with 7 degrees of freedom
}

/* The distribution at a temperature, of the `n_kept` most likely ids only. */
static void wanted_of(double temperature, int n_kept, double *wanted)
{
    double sum = 0;
    for (int i = 0; i < N; i++) {
        wanted[i] = RANK[i] < n_kept ? pow(probability(i), 1 / temperature) : 0;
        sum += wanted[i];
    }
    for (int i = 0; i < N; i++)
        wanted[i] /= sum;
}

static void test_draws_follow_the_softmax(void **state)
{
    (void)state;
    double wanted[N];
    wanted_of(1, N, wanted);
    check_distribution((sw_sampling){.temperature = 1}, wanted);
}

static void test_temperature_sharpens_and_flattens(void **state)
{
    (void)state;
    double wanted[N];
    wanted_of(0.5, N, wanted);
    check_distribution((sw_sampling){.temperature = 0.5f}, wanted);
    wanted_of(2, N, wanted);
    check_distribution((sw_sampling){.temperature = 2}, wanted);
}

static void test_top_k_keeps_k(void **state)
{
    (void)state;
    double wanted[N];
    for (int k = 1; k <= N + 1; k++) {
        wanted_of(1, k, wanted);
        check_distribution((sw_sampling){.temperature = 1, .top_k = k}, wanted);
    }
}

/* The mass of the best three is 7/8: 0.874 needs all three, 0.75 exactly two. */
static void test_top_p_keeps_the_smallest_set_that_reaches_the_mass(void **state)
{
    (void)state;
    double wanted[N];
    wanted_of(1, 3, wanted);
    check_distribution((sw_sampling){.temperature = 1, .top_p = 0.874f}, wanted);
    wanted_of(1, 1, wanted);
    check_distribution((sw_sampling){.temperature = 1, .top_p = 1e-6f}, wanted);
    wanted_of(1, N, wanted);
    check_distribution((sw_sampling){.temperature = 1, .top_p = 0.9999f}, wanted);
}

/* Of the mass 7/8 that top-k 3 leaves, 0.8 is 0.7: two tokens (0.75).  Of the whole it would be three. */
static void test_top_p_counts_the_mass_that_top_k_left(void **state)
{
    (void)state;
    double wanted[N];
    wanted_of(1, 2, wanted);
    check_distribution((sw_sampling){.temperature = 1, .top_k = 3, .top_p = 0.8f}, wanted);
}

/* Relative to the best token the probabilities are 1, 1/2, 1/4, 1/8 ... */
static void test_min_p_is_relative_to_the_best_token(void **state)
{
    (void)state;
    double wanted[N];
    wanted_of(1, 3, wanted);
    check_distribution((sw_sampling){.temperature = 1, .min_p = 0.2f}, wanted);
    check_distribution((sw_sampling){.temperature = 1, .min_p = 0.2f, .top_k = 5}, wanted);
    wanted_of(1, 1, wanted);
    check_distribution((sw_sampling){.temperature = 1, .min_p = 0.999f}, wanted);
}

static void test_greedy_takes_the_lowest_of_equal_ids(void **state)
{
    (void)state;
    const float logits[N] = {-1, 2, 5, 5, 1, 5, 0, -7};
    sw_sampler s;
    sw_sampler_init(&s, &(sw_sampling){0});
    assert_int_equal(pick(&s, logits), 2);
}

static void test_ties_at_the_edge_of_top_k_go_to_lower_ids(void **state)
{
    (void)state;
    const float logits[N] = {1, 1, 1, 1, 1, 1, 1, 1};
    sw_sampler s;
    sw_sampler_init(&s, &(sw_sampling){.temperature = 1, .top_k = 3});
    bool seen[N] = {false};
    for (int i = 0; i < 200; i++)
        seen[pick(&s, logits)] = true;
    for (int i = 0; i < N; i++)
        assert_int_equal(seen[i], i < 3);
}

static void test_same_seed_gives_the_same_tokens_and_another_seed_others(void **state)
{
    (void)state;
    float logits[N];
    fill(logits);
    sw_sampler a, b, c;
    sw_sampler_init(&a, &(sw_sampling){.temperature = 1, .seed = 7});
    sw_sampler_init(&b, &(sw_sampling){.temperature = 1, .seed = 7});
    sw_sampler_init(&c, &(sw_sampling){.temperature = 1, .seed = 8});
    int n_different = 0;
    for (int i = 0; i < 100; i++) {
        const int32_t id = pick(&a, logits);
        assert_int_equal(id, pick(&b, logits));
        n_different += id != pick(&c, logits);
    }
    assert_true(n_different > 10);
}

static void test_extreme_temperatures_and_logits_stay_finite(void **state)
{
    (void)state;
    const float logits[N] = {-3e38f, 3e38f, 0, 1, 2, 3, 4, 5};
    const float temperatures[] = {1e-38f, 1e-3f, 1, 2};
    for (size_t i = 0; i < sizeof temperatures / sizeof temperatures[0]; i++) {
        sw_sampler s;
        sw_sampler_init(&s, &(sw_sampling){.temperature = temperatures[i], .top_p = 0.9f});
        assert_int_equal(pick(&s, logits), 1);
        sw_sampler_init(&s, &(sw_sampling){.temperature = temperatures[i]});
        assert_int_equal(pick(&s, logits), 1);
    }
}

static void test_logits_that_are_not_finite_are_an_error_that_names_the_token(void **state)
{
    (void)state;
    const float bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        float logits[N];
        sw_candidate scratch[N];
        fill(logits);
        logits[6] = bad[i];
        sw_sampler s;
        sw_sampler_init(&s, &(sw_sampling){.temperature = i == 0 ? 0 : 1});
        sw_err err = {0};
        int32_t id;
        assert_int_equal(sw_sampler_pick(&s, logits, N, scratch, &id, &err), SW_ENUMERIC);
        assert_non_null(strstr(err.msg, "token 6"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_draws_follow_the_softmax),
        cmocka_unit_test(test_temperature_sharpens_and_flattens),
        cmocka_unit_test(test_top_k_keeps_k),
        cmocka_unit_test(test_top_p_keeps_the_smallest_set_that_reaches_the_mass),
        cmocka_unit_test(test_top_p_counts_the_mass_that_top_k_left),
        cmocka_unit_test(test_min_p_is_relative_to_the_best_token),
        cmocka_unit_test(test_greedy_takes_the_lowest_of_equal_ids),
        cmocka_unit_test(test_ties_at_the_edge_of_top_k_go_to_lower_ids),
        cmocka_unit_test(test_same_seed_gives_the_same_tokens_and_another_seed_others),
        cmocka_unit_test(test_extreme_temperatures_and_logits_stay_finite),
        cmocka_unit_test(test_logits_that_are_not_finite_are_an_error_that_names_the_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
