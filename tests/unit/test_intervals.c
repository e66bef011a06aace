/* Intervals and tests against worked examples and simulations of known truth: what claims to hold in 95 of 100 cases
 * must do so. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/rng.h"
#include "figures/compare.h"
#include "figures/stats.h"
#include "support/draws.h"

static void fill_normal(rng_state *rng, double *values, size_t n, double mean, double sd)
{
    for (size_t i = 0; i < n; i++)
        values[i] = mean + sd * normal(rng);
}

static void test_student_quantiles_are_those_of_the_tables(void **state)
{
    (void)state;
    assert_close(student_t_quantile(0.975, 1), 12.7062047364, 1e-7);
    assert_close(student_t_quantile(0.975, 2), 4.30265272991, 1e-7);
    assert_close(student_t_quantile(0.975, 5), 2.57058183661, 1e-7);
    assert_close(student_t_quantile(0.975, 26), 2.05552943864, 1e-7);
    assert_close(student_t_quantile(0.95, 10), 1.81246112281, 1e-7);
    assert_close(student_t_quantile(0.025, 2), -4.30265272991, 1e-7);
    assert_close(student_t_quantile(0.975, 100000), 1.95998, 2e-3);
    assert_close(student_t_quantile(0.5, 7), 0, 1e-7);
    assert_true(isnan(student_t_quantile(0.975, 0)) && isnan(student_t_quantile(1, 3)));
}

static void test_the_interval_of_three_values_is_that_of_the_conventions(void **state)
{
    (void)state;
    double values[] = {6.71, 6.80, 6.79};
    const sample_stats s = stats_of(values, 3);
    const interval i = mean_interval(s.mean, s.sd, s.n);
    assert_close(i.low, 6.64, 0.005);
    assert_close(i.high, 6.89, 0.005);
    assert_true(isnan(mean_interval(1, 0.1, 2).low));
}

static void test_a_share_has_wilsons_interval(void **state)
{
    (void)state;
    assert_close(share_interval(8, 10).low, 0.4901625, 1e-6);
    assert_close(share_interval(8, 10).high, 0.9433178, 1e-6);
    assert_close(share_interval(0, 20).low, 0, 1e-12);
    assert_close(share_interval(0, 20).high, 0.1611252, 1e-6);
    assert_close(share_interval(9, 9).high, 1, 1e-12);
    assert_true(isnan(share_interval(0, 0).low));
}

enum { N_SIMULATIONS = 2000, N_FEW = 500 };

static void assert_coverage(int n_inside)
{
    const double share = (double)n_inside / N_SIMULATIONS;
    if (!(share >= 0.935 && share <= 0.965))
        fail_msg("95 %% intervals hold the truth in %.1f %% of the cases", 100 * share);
}

static void test_intervals_of_means_hold_the_truth(void **state)
{
    (void)state;
    rng_state rng;
    rng_seed(&rng, 1);
    int n_t = 0, n_bootstrap = 0;
    for (int i = 0; i < N_SIMULATIONS; i++) {
        double few[3], many[60];
        fill_normal(&rng, few, 3, 7, 2);
        const sample_stats s = stats_of(few, 3);
        interval range = mean_interval(s.mean, s.sd, s.n);
        n_t += range.low <= 7 && 7 <= range.high;
        fill_normal(&rng, many, 60, 7, 2);
        assert_int_equal(bootstrap_interval(many, 60, figure_mean, N_FEW, (uint64_t)i, &range, NULL), SW_OK);
        n_bootstrap += range.low <= 7 && 7 <= range.high;
    }
    assert_coverage(n_t);
    assert_coverage(n_bootstrap);
}

/* A skewed distribution: the median of e^N(0, 1) is 1. */
static void test_intervals_of_medians_hold_the_truth(void **state)
{
    (void)state;
    rng_state rng;
    rng_seed(&rng, 2);
    int n_inside = 0;
    for (int i = 0; i < N_SIMULATIONS; i++) {
        double values[27];
        fill_normal(&rng, values, 27, 0, 1);
        for (int k = 0; k < 27; k++)
            values[k] = exp(values[k]);
        interval range;
        assert_int_equal(bootstrap_interval(values, 27, figure_median, N_FEW, (uint64_t)i, &range, NULL), SW_OK);
        n_inside += range.low <= 1 && 1 <= range.high;
    }
    assert_coverage(n_inside);
}

/* Prompts differ a lot, b is 0.3 more than a for each: pairs find it. */
static void test_paired_intervals_hold_the_truth(void **state)
{
    (void)state;
    rng_state rng;
    rng_seed(&rng, 3);
    int n_inside = 0, n_found = 0;
    for (int i = 0; i < N_SIMULATIONS; i++) {
        double a[40], b[40];
        fill_normal(&rng, a, 40, 10, 5);
        for (int k = 0; k < 40; k++)
            b[k] = a[k] + 0.3 + 0.5 * normal(&rng);
        interval range;
        assert_int_equal(bootstrap_paired(a, b, 40, figure_mean, N_FEW, (uint64_t)i, &range, NULL), SW_OK);
        n_inside += range.low <= 0.3 && 0.3 <= range.high;
        n_found += range.low > 0;
    }
    assert_coverage(n_inside);
    assert_true(n_found > 0.9 * N_SIMULATIONS);
}

static void test_intervals_of_ratios_hold_the_truth(void **state)
{
    (void)state;
    rng_state rng;
    rng_seed(&rng, 4);
    int n_inside = 0;
    for (int i = 0; i < N_SIMULATIONS; i++) {
        double tokens[60], seconds[60];
        for (int k = 0; k < 60; k++) {
            seconds[k] = 1 + 9 * (double)rng_float(&rng);
            tokens[k] = seconds[k] * (20 + 3 * normal(&rng));
        }
        interval range;
        assert_int_equal(bootstrap_ratio(tokens, seconds, 60, N_FEW, (uint64_t)i, &range, NULL), SW_OK);
        n_inside += range.low <= 20 && 20 <= range.high;
    }
    assert_coverage(n_inside);
}

static void test_a_seed_gives_one_interval(void **state)
{
    (void)state;
    double values[] = {1, 2, 4, 8, 16, 32, 64, 128, 256};
    interval a, b, c;
    assert_int_equal(bootstrap_interval(values, 9, figure_median, BOOTSTRAP_DRAWS, 5, &a, NULL), SW_OK);
    assert_int_equal(bootstrap_interval(values, 9, figure_median, BOOTSTRAP_DRAWS, 5, &b, NULL), SW_OK);
    assert_true(a.low == b.low && a.high == b.high);
    assert_true(a.low >= 2 && a.low <= 4 && a.high >= 64 && a.high <= 128);
    assert_int_equal(bootstrap_interval(values, 1, figure_median, BOOTSTRAP_DRAWS, 5, &c, NULL), SW_OK);
    assert_true(isnan(c.low) && isnan(c.high));
}

static void test_verdicts_of_changes(void **state)
{
    (void)state;
    assert_int_equal(change_of((interval){-0.019, 0.01}, 1), CHANGE_SAME);
    assert_int_equal(change_of((interval){0.01, 0.03}, 1), CHANGE_BETTER);
    assert_int_equal(change_of((interval){0.01, 0.03}, 0), CHANGE_WORSE);
    assert_int_equal(change_of((interval){-0.05, -0.03}, 1), CHANGE_WORSE);
    assert_int_equal(change_of((interval){-0.05, 0.03}, 1), CHANGE_UNCLEAR);
    assert_int_equal(change_of((interval){NAN, NAN}, 1), CHANGE_UNCLEAR);
    assert_string_equal(change_verdict_name(CHANGE_UNCLEAR), "unclear");
}

static void test_holm_multiplies_by_what_is_left(void **state)
{
    (void)state;
    double p[] = {0.01, NAN, 0.04, 0.03, 0.005};
    assert_int_equal(holm_correct(p, 5, NULL), SW_OK);
    assert_close(p[4], 0.02, 1e-12);
    assert_close(p[0], 0.03, 1e-12);
    assert_close(p[3], 0.06, 1e-12);
    assert_close(p[2], 0.06, 1e-12); // 0.04, but not less than the one before
    assert_true(isnan(p[1]));
}

static void test_pairs_are_exchanged_by_signs(void **state)
{
    (void)state;
    const double up[] = {1, 2, 3, 4, 5}, mixed[] = {1, -1, 1, -1};
    assert_close(permutation_paired_p_value(up, 5, 9999, 1), 2.0 / 32, 0.01); // all signs equal
    assert_close(permutation_paired_p_value(mixed, 4, 99, 1), 1, 1e-12);
    assert_true(isnan(permutation_paired_p_value(up, 1, 99, 1)));
    double many[130];
    for (int i = 0; i < 130; i++)
        many[i] = 1;
    assert_close(permutation_paired_p_value(many, 130, 999, 1), 0.001, 1e-12);
}

static void test_a_slope_ignores_a_third_of_outliers(void **state)
{
    (void)state;
    double x[30], y[30];
    for (int i = 0; i < 30; i++) {
        x[i] = i;
        y[i] = i % 5 == 0 ? 1000 : 2.5 * i + 1;
    }
    trend t;
    assert_int_equal(trend_of(x, y, 30, &t, NULL), SW_OK);
    assert_close(t.slope, 2.5, 1e-9);
    assert_int_equal(trend_of(x, y, 1, &t, NULL), SW_OK);
    assert_true(isnan(t.slope));
    double flat[30] = {0};
    assert_int_equal(trend_of(flat, y, 30, &t, NULL), SW_OK);
    assert_true(isnan(t.slope) && isnan(t.range.low)); // all at one moment
}

static void test_intervals_of_slopes_hold_the_truth(void **state)
{
    (void)state;
    rng_state rng;
    rng_seed(&rng, 7);
    int n_inside = 0;
    for (int i = 0; i < N_SIMULATIONS; i++) {
        double x[30], y[30];
        for (int k = 0; k < 30; k++) {
            x[k] = k;
            y[k] = 0.1 * k + normal(&rng);
        }
        trend t;
        assert_int_equal(trend_of(x, y, 30, &t, NULL), SW_OK);
        n_inside += t.range.low <= 0.1 && 0.1 <= t.range.high;
    }
    assert_coverage(n_inside);
}

static void test_a_long_series_is_thinned(void **state)
{
    (void)state;
    static double x[36000], y[36000];
    for (int i = 0; i < 36000; i++) {
        x[i] = i * 0.1;
        y[i] = 3 * x[i] + i % 7;
    }
    trend t;
    assert_int_equal(trend_of(x, y, 36000, &t, NULL), SW_OK);
    assert_int_equal(t.n, TREND_POINTS_MAX);
    assert_close(t.slope, 3, 0.01);
    assert_true(t.range.low <= t.slope && t.slope <= t.range.high);
}

/* Ranks from tables of the binomial distribution, from 1: of 10 values the second and the ninth, and so on. */
static void test_the_interval_of_a_median_is_between_two_values(void **state)
{
    (void)state;
    static const struct {
        size_t n, low, high;
    } RANKS[] = {{6, 1, 6}, {8, 1, 8}, {9, 2, 8}, {10, 2, 9}, {20, 6, 15}, {27, 8, 20}, {50, 18, 33}, {100, 40, 61}};
    static double values[4000];
    for (int i = 0; i < 4000; i++)
        values[i] = i + 1;
    for (size_t i = 0; i < sizeof RANKS / sizeof *RANKS; i++) {
        const interval found = median_interval(values, RANKS[i].n);
        assert_true(found.low == (double)RANKS[i].low && found.high == (double)RANKS[i].high);
    }
    const interval many = median_interval(values, 4000);
    assert_true(many.low >= 1936 && many.low <= 1939 && many.low + many.high == 4001);
    assert_true(isnan(median_interval(values, 5).low) && isnan(median_interval(values, 0).high));
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Ranks are whole numbers, so that it holds the truth more often than asked: of 27 values in 98.1 % of the cases. */
static void test_intervals_of_medians_without_draws_hold_the_truth(void **state)
{
    (void)state;
    rng_state rng;
    rng_seed(&rng, 8);
    int n_inside = 0;
    for (int i = 0; i < N_SIMULATIONS; i++) {
        double values[27];
        for (int k = 0; k < 27; k++)
            values[k] = exp(normal(&rng));
        qsort(values, 27, sizeof *values, ascending);
        const interval found = median_interval(values, 27);
        n_inside += found.low <= 1 && 1 <= found.high;
    }
    assert_close((double)n_inside / N_SIMULATIONS, 0.981, 0.012);
}

static void test_counting_ranks_gives_the_medians_of_sorted_samples(void **state)
{
    (void)state;
    rng_state rng;
    rng_seed(&rng, 5);
    double values[101];
    static const double ZEROS[101];
    static const size_t SIZES[] = {2, 3, 8, 27, 64, 65, 101};
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
        interval counted, sorted;
        for (size_t k = 0; k < SIZES[i]; k++)
            values[k] = k % 5 == 4 ? values[k - 1] : normal(&rng); // some are equal
        assert_int_equal(bootstrap_interval(values, SIZES[i], figure_median, 999, 3, &counted, NULL), SW_OK);
        // Of differences from nothing: each sample is sorted.
        assert_int_equal(bootstrap_paired(ZEROS, values, SIZES[i], figure_median, 999, 3, &sorted, NULL), SW_OK);
        assert_true(counted.low == sorted.low && counted.high == sorted.high);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_student_quantiles_are_those_of_the_tables),
        cmocka_unit_test(test_the_interval_of_three_values_is_that_of_the_conventions),
        cmocka_unit_test(test_a_share_has_wilsons_interval),
        cmocka_unit_test(test_intervals_of_means_hold_the_truth),
        cmocka_unit_test(test_intervals_of_medians_hold_the_truth),
        cmocka_unit_test(test_the_interval_of_a_median_is_between_two_values),
        cmocka_unit_test(test_intervals_of_medians_without_draws_hold_the_truth),
        cmocka_unit_test(test_counting_ranks_gives_the_medians_of_sorted_samples),
        cmocka_unit_test(test_paired_intervals_hold_the_truth),
        cmocka_unit_test(test_intervals_of_ratios_hold_the_truth),
        cmocka_unit_test(test_a_seed_gives_one_interval),
        cmocka_unit_test(test_verdicts_of_changes),
        cmocka_unit_test(test_holm_multiplies_by_what_is_left),
        cmocka_unit_test(test_pairs_are_exchanged_by_signs),
        cmocka_unit_test(test_a_slope_ignores_a_third_of_outliers),
        cmocka_unit_test(test_intervals_of_slopes_hold_the_truth),
        cmocka_unit_test(test_a_long_series_is_thinned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
