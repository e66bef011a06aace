/* The middle of differences and its interval against a published example, a list of all means, and simulations. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "figures/signed_rank.h"
#include "figures/stats.h"
#include "support/draws.h"

enum { N_SIMULATIONS = 4000, N_MAX = 60, MEANS_MAX = N_MAX * (N_MAX + 1) / 2 };

/* Hollander and Wolfe, Nonparametric Statistical Methods, example 3.1: depression before and after a tranquilizer.  The
 * middle is -0.46, and -0.786 to -0.010 an interval of 96.1 %, the next narrower one of less than 95 %. */
static void test_the_middle_is_that_of_hollander_and_wolfe(void **state)
{
    (void)state;
    static const double BEFORE[] = {1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30},
                        AFTER[] = {0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29};
    double d[9];
    for (int i = 0; i < 9; i++)
        d[i] = AFTER[i] - BEFORE[i];
    (void)stats_of(d, 9); // sorts them
    assert_close(signed_rank_center(d, 9), -0.46, 0.0005);
    const interval range = signed_rank_interval(d, 9);
    assert_true(range.low >= -0.7865 && range.low < -0.7 && range.high <= -0.0095 && range.high > -0.15);
}

static void test_ranks_are_those_of_the_list_of_all_means(void **state)
{
    (void)state;
    rng_state rng;
    rng_seed(&rng, 5);
    for (size_t n = 1; n <= N_MAX; n++) {
        double values[N_MAX], means[MEANS_MAX];
        size_t n_means = 0;
        for (size_t i = 0; i < n; i++)
            values[i] = n % 3 == 0 ? floor(5 * normal(&rng)) : normal(&rng); // with equal ones, too
        (void)stats_of(values, n);
        for (size_t i = 0; i < n; i++) {
            for (size_t k = i; k < n; k++)
                means[n_means++] = (values[i] + values[k]) / 2;
        }
        const double middle = stats_of(means, n_means).p50;
        assert_close(signed_rank_center(values, n), middle, 1e-12);
        const interval range = signed_rank_interval(values, n);
        assert_true(n < SIGNED_RANK_MIN ? isnan(range.low) : range.low <= middle && middle <= range.high);
    }
}

static void test_equal_and_missing_values(void **state)
{
    (void)state;
    static const double EQUAL[] = {3, 3, 3, 3, 3, 3, 3};
    assert_true(isnan(signed_rank_center(EQUAL, 0)));
    assert_true(signed_rank_center(EQUAL, 1) == 3);
    const interval range = signed_rank_interval(EQUAL, 7);
    assert_true(range.low == 3 && range.high == 3);
}

/* Normal, and with a tenth of the values ten times as far. */
static void test_intervals_hold_the_truth(void **state)
{
    (void)state;
    static const size_t SIZES[] = {6, 7, 8, 10, 15, 27, 51, 60};
    for (int has_outliers = 0; has_outliers < 2; has_outliers++) {
        for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
            const size_t n = SIZES[i];
            const int n_runs = n > 20 ? N_SIMULATIONS / 2 : N_SIMULATIONS;
            int n_inside = 0;
            rng_state rng;
            rng_seed(&rng, i);
            for (int k = 0; k < n_runs; k++) {
                double values[N_MAX];
                for (size_t j = 0; j < n; j++)
                    values[j] = 7 + normal(&rng) * (has_outliers != 0 && rng_float(&rng) < 0.1f ? 10 : 1);
                (void)stats_of(values, n);
                const interval range = signed_rank_interval(values, n);
                n_inside += range.low <= 7 && 7 <= range.high;
            }
            assert_close((double)n_inside / n_runs, 0.95, 0.015);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_middle_is_that_of_hollander_and_wolfe),
        cmocka_unit_test(test_ranks_are_those_of_the_list_of_all_means),
        cmocka_unit_test(test_equal_and_missing_values),
        cmocka_unit_test(test_intervals_hold_the_truth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
