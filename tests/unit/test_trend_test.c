/* Trends and steps against worked examples from the literature, and against series of known truth. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "figures/compare.h"
#include "figures/level_steps.h"
#include "figures/trend_test.h"
#include "support/draws.h"

enum { N_SIMULATIONS = 2000, STEPS_MAX = 8 };

static mann_kendall test_of(const double *y, size_t n)
{
    mann_kendall out;
    assert_int_equal(mann_kendall_of(y, n, &out, NULL), SW_OK);
    return out;
}

/* ---- Mann and Kendall -------------------------------------------------------------------------------------------- */

/* The effect of cloud seeding, Hollander and Wolfe (1973), chapter 9: C = -6, P = 0.117 one-sided, slope -0.056. */
static void test_cloud_seeding(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, 4, 5}, y[] = {1.26, 1.27, 1.12, 1.16, 1.03};
    const mann_kendall m = test_of(y, 5);
    assert_close(m.s, -6, 0);
    assert_close(m.tau, -0.6, 1e-12);
    assert_true(m.is_exact);
    assert_close(m.p_value / 2, 0.117, 0.0005);
    trend t;
    assert_int_equal(trend_of(x, y, 5, &t, NULL), SW_OK);
    assert_close(t.slope, -0.05625, 1e-12);
}

/* Kendall's table of P(S >= s), "Rank Correlation Methods". */
static void test_exact_probabilities_are_those_of_kendalls_table(void **state)
{
    (void)state;
    const struct {
        double y[10];
        size_t n;
        double s, p;
    } rows[] = {{{1, 2, 4, 3}, 4, 4, 0.167},
                {{1, 2, 3, 4}, 4, 6, 0.042},
                {{1, 2, 3, 4, 5}, 5, 10, 0.0083},
                {{1, 2, 3, 5, 4}, 5, 8, 0.042},
                {{1, 2, 3, 5, 4, 7, 8, 9, 10, 6}, 10, 35, 0.00047},
                {{5, 4, 3, 2, 1, 6, 8, 10, 9, 7}, 10, 17, 0.078},
                {{4, 3, 2, 1, 5, 6, 7, 10, 8, 9}, 10, 29, 0.0046}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const mann_kendall m = test_of(rows[i].y, rows[i].n);
        assert_close(m.s, rows[i].s, 0);
        assert_true(m.is_exact);
        assert_close(m.p_value / 2, rows[i].p, rows[i].p < 0.001 ? 1e-5 : 0.0006);
    }
}

/* College of the Holy Cross, "A Mann-Kendall Example (By Hand)": 14 values, two of them equal, S = 54, Z = 2.9058. */
static void test_equal_values_are_corrected(void **state)
{
    (void)state;
    const double y[] = {12.9, 14.8, 13.2, 15.7, 13.8, 15.6, 12.9, 11.0, 17.3, 15.9, 19.0, 18.3, 20.1, 21.7};
    const mann_kendall m = test_of(y, 14);
    assert_close(m.s, 54, 0);
    assert_close(m.z, 2.9058, 5e-5);
    assert_false(m.is_exact);
    assert_close(m.p_value / 2, 0.0018, 5e-5);
}

static void test_exact_and_normal_probabilities_meet(void **state)
{
    (void)state;
    double y[MANN_KENDALL_EXACT_MAX];
    for (int i = 0; i < MANN_KENDALL_EXACT_MAX; i++)
        y[i] = i + 20 * ((i * 13) % 7);
    const mann_kendall m = test_of(y, MANN_KENDALL_EXACT_MAX);
    assert_true(m.is_exact && m.p_value > 1e-4 && m.p_value < 0.9);
    assert_close(m.p_value, erfc(fabs(m.z) / sqrt(2)), 0.003);
}

static void test_series_without_order_have_no_trend(void **state)
{
    (void)state;
    const double equal[] = {3, 3, 3, 3, 3, 3};
    assert_close(test_of(equal, 6).p_value, 1, 0);
    assert_true(isnan(test_of(equal, 1).p_value) && isnan(test_of(equal, 0).p_value));
    rng_state rng;
    rng_seed(&rng, 41);
    int n_short = 0, n_long = 0;
    for (int i = 0; i < N_SIMULATIONS; i++) {
        double y[60];
        for (int k = 0; k < 60; k++)
            y[k] = normal(&rng);
        n_short += test_of(y, 8).p_value < 0.05;
        n_long += test_of(y, 60).p_value < 0.05;
    }
    assert_true(n_short <= 0.055 * N_SIMULATIONS && n_short > 0.02 * N_SIMULATIONS);
    assert_true(n_long <= 0.06 * N_SIMULATIONS && n_long > 0.04 * N_SIMULATIONS);
}

/* ---- steps ------------------------------------------------------------------------------------------------------- */

/* Pettitt (1979), table 1: K = 232, the change after the 17th value, p = 0.0146 by his approximation, which random
 * orders confirm. */
static void test_pettitts_example(void **state)
{
    (void)state;
    const double y[] = {-1.05, 0.96,  1.22,  0.58, -0.98, -0.03, -1.54, -0.71, -0.35, 0.66, 0.44, 0.91,  -0.02, -1.42,
                        1.26,  -1.02, -0.81, 1.66, 1.05,  0.97,  2.14,  1.22,  -0.24, 1.60, 0.72, -0.12, 0.44,  0.03,
                        0.66,  0.56,  1.37,  1.66, 0.10,  0.80,  1.29,  0.49,  -0.07, 1.18, 3.29, 1.84};
    double statistic;
    size_t at, n_steps;
    level_step steps[STEPS_MAX];
    assert_int_equal(pettitt_of(y, 40, &statistic, &at, NULL), SW_OK);
    assert_close(statistic, 232, 0);
    assert_int_equal(at, 17);
    assert_int_equal(level_steps_of(y, 40, 0.05, 1, steps, STEPS_MAX, &n_steps, NULL), SW_OK);
    assert_int_equal(n_steps, 1);
    assert_int_equal(steps[0].at, 17);
    assert_close(steps[0].p_value, 0.0146, 0.01);
    assert_close(steps[0].before, -0.03, 1e-12);
    assert_close(steps[0].after, 0.97, 1e-12);
}

/* The flow of the Nile at Aswan from 1871, which fell after 1898 (Cobb 1978). */
static void test_the_nile_fell_after_1898(void **state)
{
    (void)state;
    const double flow[] = {1120, 1160, 963, 1210, 1160, 1160, 813,  1230, 1370, 1140, 995,  935,  1110, 994,  1020,
                           960,  1180, 799, 958,  1140, 1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774,  840,
                           874,  694,  940, 833,  701,  916,  692,  1020, 1050, 969,  831,  726,  456,  824,  702,
                           1120, 1100, 832, 764,  821,  768,  845,  864,  862,  698,  845,  744,  796,  1040, 759,
                           781,  865,  845, 944,  984,  897,  822,  1010, 771,  676,  649,  846,  812,  742,  801,
                           1040, 860,  874, 848,  890,  744,  749,  838,  1050, 918,  986,  797,  923,  975,  815,
                           1020, 906,  901, 1170, 912,  746,  919,  718,  714,  740};
    size_t n_steps;
    level_step steps[STEPS_MAX];
    assert_int_equal(sizeof flow / sizeof *flow, 100);
    assert_int_equal(level_steps_of(flow, 100, 0.05, 1, steps, STEPS_MAX, &n_steps, NULL), SW_OK);
    assert_int_equal(n_steps, 1);
    assert_int_equal(1871 + steps[0].at, 1899);
    assert_true(steps[0].p_value < 0.001 && steps[0].before > 1090 && steps[0].after < 860);
}

/* Twenty series of one history share the false alarms, as the figures of runs do. */
static int count_false_steps(double (*draw)(rng_state *rng), size_t n, int n_series, uint64_t seed)
{
    rng_state rng;
    rng_seed(&rng, seed);
    int n_alarms = 0;
    for (int i = 0; i < N_SIMULATIONS; i++) {
        size_t n_found = 0;
        for (int k = 0; k < n_series; k++) {
            double y[40];
            for (size_t j = 0; j < n; j++)
                y[j] = draw(&rng);
            level_step steps[STEPS_MAX];
            size_t n_steps;
            assert_int_equal(level_steps_of(y, n, 0.05 / n_series, (uint64_t)i, steps, STEPS_MAX, &n_steps, NULL),
                             SW_OK);
            n_found += n_steps;
        }
        n_alarms += n_found > 0;
    }
    return n_alarms;
}

/* Of Student's t with three degrees of freedom: outliers are usual. */
static double wild(rng_state *rng)
{
    const double a = normal(rng), b = normal(rng), c = normal(rng);
    return normal(rng) / sqrt((a * a + b * b + c * c) / 3);
}

static double skewed(rng_state *rng)
{
    return exp(normal(rng));
}

static void test_series_without_steps_seldom_show_one(void **state)
{
    (void)state;
    const int counts[] = {count_false_steps(normal, 16, 1, 42), count_false_steps(normal, 8, 20, 43),
                          count_false_steps(wild, 16, 20, 44), count_false_steps(skewed, 16, 1, 45),
                          count_false_steps(skewed, 40, 5, 46)};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        if (counts[i] > N_SIMULATIONS / 20)
            fail_msg("case %zu: %d of %d histories without a step show one", i, counts[i], N_SIMULATIONS);
    }
}

/* Up by four deviations, and down again. */
static void test_two_steps_are_found_where_they_are(void **state)
{
    (void)state;
    enum { N = 200 };
    rng_state rng;
    rng_seed(&rng, 43);
    int n_found = 0;
    for (int i = 0; i < N; i++) {
        double y[45];
        for (int k = 0; k < 45; k++)
            y[k] = normal(&rng) + (k >= 15 && k < 30 ? 4 : 0) - (k >= 30 ? 4 : 0);
        level_step steps[STEPS_MAX];
        size_t n_steps;
        assert_int_equal(level_steps_of(y, 45, 0.05, (uint64_t)i, steps, STEPS_MAX, &n_steps, NULL), SW_OK);
        n_found += n_steps == 2 && steps[0].at >= 14 && steps[0].at <= 16 && steps[1].at >= 29 && steps[1].at <= 31;
    }
    if (n_found < 0.9 * N)
        fail_msg("%d of %d series show both steps, and no others", n_found, N);
}

static void test_short_and_constant_series_have_no_steps(void **state)
{
    (void)state;
    const double y[] = {1, 2, 9, 10, 7, 7, 7, 7};
    level_step steps[STEPS_MAX];
    for (size_t n = 0; n <= 4; n++) {
        size_t n_steps = 9;
        assert_int_equal(level_steps_of(y, n, 0.05, 1, steps, STEPS_MAX, &n_steps, NULL), SW_OK);
        assert_int_equal(n_steps, 0);
        assert_int_equal(level_steps_of(y + 4, n, 0.05, 1, steps, STEPS_MAX, &n_steps, NULL), SW_OK);
        assert_int_equal(n_steps, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cloud_seeding),
        cmocka_unit_test(test_exact_probabilities_are_those_of_kendalls_table),
        cmocka_unit_test(test_equal_values_are_corrected),
        cmocka_unit_test(test_exact_and_normal_probabilities_meet),
        cmocka_unit_test(test_series_without_order_have_no_trend),
        cmocka_unit_test(test_pettitts_example),
        cmocka_unit_test(test_the_nile_fell_after_1898),
        cmocka_unit_test(test_series_without_steps_seldom_show_one),
        cmocka_unit_test(test_two_steps_are_found_where_they_are),
        cmocka_unit_test(test_short_and_constant_series_have_no_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
