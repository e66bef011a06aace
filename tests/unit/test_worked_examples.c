/* Statistics against worked examples that others published: data, figure and where it is from.  Those of trends and
 * steps are in test_trend_test.c, that of the paired t test in test_change_rows.c. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "figures/compare.h"
#include "figures/expert_figures.h"
#include "figures/stats.h"
#include "support/draws.h"

/* Survival of mice in days, Efron and Tibshirani (1993), "An Introduction to the Bootstrap", table 2.1. */
static const double TREATED[] = {94, 197, 16, 38, 99, 141, 23};
static const double CONTROL[] = {52, 104, 146, 10, 51, 30, 40, 27, 46};

/* Newcombe (1998), "Two-sided confidence intervals for the single proportion", table I, method 3. */
static void test_wilsons_intervals_are_newcombes(void **state)
{
    (void)state;
    static const struct {
        size_t n_hits, n;
        double low, high;
    } ROWS[] = {{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}};
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        const interval range = share_interval(ROWS[i].n_hits, ROWS[i].n);
        assert_close(range.low, ROWS[i].low, 5e-5);
        assert_close(range.high, ROWS[i].high, 5e-5);
    }
}

/* The means 86.86 and 56.22 of table 2.1, and the standard error 25.24 of the first: sd / sqrt(7). */
static void test_means_of_the_mice_and_their_error(void **state)
{
    (void)state;
    double treated[7], control[9];
    for (int i = 0; i < 7; i++)
        treated[i] = TREATED[i];
    for (int i = 0; i < 9; i++)
        control[i] = CONTROL[i];
    const sample_stats t = stats_of(treated, 7), c = stats_of(control, 9);
    assert_close(t.mean, 86.86, 0.005);
    assert_close(t.sd / sqrt(7), 25.24, 0.005);
    assert_close(c.mean, 56.22, 0.005);
    assert_close(t.p50, 94, 0);
    assert_close(c.p50, 46, 0);
}

/* The median of 7 values drawn with replacement is one of them, the k-th smallest with probability 0.0102, 0.0981,
 * 0.2386, 0.3062, 0.2386, 0.0981, 0.0102 (Efron 1982, "The Jackknife, the Bootstrap and Other Resampling Plans",
 * section 10.4): 2.5 % and 97.5 % are in the second and the sixth. */
static void test_the_bootstrap_of_a_median_is_that_of_efron(void **state)
{
    (void)state;
    interval range;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        assert_int_equal(bootstrap_interval(TREATED, 7, figure_median, BOOTSTRAP_DRAWS, seed, &range, NULL), SW_OK);
        assert_close(range.low, 23, 0);
        assert_close(range.high, 141, 0);
    }
}

/* Darwin's maize, crossed less self-fertilized plants in eighths of an inch: Fisher (1935), "The Design of
 * Experiments", section 21: 1726 of the 32768 signs give a sum as far from 0 as theirs, 314. */
static void test_the_signs_of_darwins_maize(void **state)
{
    (void)state;
    const double differences[] = {49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48};
    assert_close(permutation_paired_p_value(differences, 15, 99999, 1), 1726.0 / 32768, 0.003);
}

/* The page of Wikipedia about the Holm-Bonferroni method: of the p-values 0.01, 0.04, 0.03 and 0.005 the first and the
 * fourth are significant at 0.05.  R's p.adjust: 0.03, 0.06, 0.06, 0.02. */
static void test_holms_correction_of_four_tests(void **state)
{
    (void)state;
    double p[] = {0.01, 0.04, 0.03, 0.005};
    const double wanted[] = {0.03, 0.06, 0.06, 0.02};
    assert_int_equal(holm_correct(p, 4, NULL), SW_OK);
    for (int i = 0; i < 4; i++)
        assert_close(p[i], wanted[i], 1e-12);
}

/* The divergence of the shares a and b, one layer of two experts. */
static double divergence_of(const uint64_t a[2], const uint64_t b[2])
{
    test_record tests[] = {{.plan = {.name = "a"}, .index = 0, .answer = {.experts = {1, 2, 1, 8, a}}},
                           {.plan = {.name = "b"}, .index = 1, .answer = {.experts = {1, 2, 1, 8, b}}}};
    const run_record run = {.tests = tests, .n_tests = 2};
    expert_figures f;
    assert_int_equal(expert_figures_of(&run, 0, 1, &f, NULL), SW_OK);
    const double jsd = f.pairs[0].jsd;
    expert_figures_free(&f);
    return jsd;
}

/* SciPy's documentation of scipy.spatial.distance.jensenshannon, which is the root of the divergence: (1, 0) and (0.5,
 * 0.5) are 0.46450140402245893 apart with natural logarithms, (1, 0) and (0, 1) are 1 with binary ones. */
static void test_divergences_of_jensen_and_shannon(void **state)
{
    (void)state;
    const uint64_t one[] = {8, 0}, both[] = {4, 4}, other[] = {0, 8};
    assert_close(divergence_of(one, both), 0.46450140402245893 * 0.46450140402245893 / log(2), 1e-12);
    assert_close(divergence_of(one, other), 1, 1e-12);
    assert_close(divergence_of(both, both), 0, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wilsons_intervals_are_newcombes),
        cmocka_unit_test(test_means_of_the_mice_and_their_error),
        cmocka_unit_test(test_the_bootstrap_of_a_median_is_that_of_efron),
        cmocka_unit_test(test_the_signs_of_darwins_maize),
        cmocka_unit_test(test_holms_correction_of_four_tests),
        cmocka_unit_test(test_divergences_of_jensen_and_shannon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
