/* Percentiles and deviations against worked examples that other people's tools agree with. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "figures/stats.h"

static void assert_near(double got, double wanted)
{
    if (fabs(got - wanted) > 1e-9)
        fail_msg("%.12g is not %.12g", got, wanted);
}

static void test_percentiles_interpolate_linearly(void **state)
{
    (void)state;
    double five[] = {180, 120, 250, 130, 150};
    const sample_stats s = stats_of(five, 5);
    assert_near(s.p50, 150);
    assert_near(s.p90, 222);
    assert_near(s.p95, 236);
    assert_near(s.p99, 247.2);
    double ten[] = {10, 20, 30, 40, 50, 60, 70, 80, 90, 100};
    assert_near(stats_percentile(ten, 10, 25), 32.5);
    const sample_stats t = stats_of(ten, 10);
    assert_near(t.p50, 55);
    assert_near(t.p90, 91);
    assert_near(t.p95, 95.5);
    assert_near(t.p99, 99.1);
}

static void test_deviation_is_that_of_a_sample(void **state)
{
    (void)state;
    double values[] = {6.71, 6.80, 6.79};
    const sample_stats s = stats_of(values, 3);
    assert_near(s.mean, 20.30 / 3);
    assert_true(fabs(s.sd - 0.049328828623162) < 1e-9);
    assert_near(s.cv, s.sd / s.mean);
    assert_near(s.min, 6.71);
    assert_near(s.max, 6.80);
}

static void test_what_cannot_be_computed_is_nan(void **state)
{
    (void)state;
    double one[] = {7};
    const sample_stats empty = stats_of(one, 0);
    assert_true(isnan(empty.p50) && isnan(empty.mean) && isnan(empty.max) && isnan(empty.sd));
    const sample_stats single = stats_of(one, 1);
    assert_near(single.p99, 7);
    assert_true(isnan(single.sd) && isnan(single.cv));
}

static void test_tail_percentiles_need_enough_values(void **state)
{
    (void)state;
    assert_false(stats_has_p95(&(sample_stats){.n = 19}));
    assert_true(stats_has_p95(&(sample_stats){.n = 20}));
    assert_false(stats_has_p99(&(sample_stats){.n = 99}));
    assert_true(stats_has_p99(&(sample_stats){.n = 100}));
}

/* The list is 100 twice, 200 five times, 300 once. */
static void test_a_value_that_counts_twice_is_two_values(void **state)
{
    (void)state;
    weighted_value weighted[] = {{200, 5}, {300, 1}, {50, 0}, {100, 2}};
    double listed[] = {100, 100, 200, 200, 200, 200, 200, 300};
    const sample_stats a = stats_of_weighted(weighted, 4), b = stats_of(listed, 8);
    assert_int_equal(a.n, 8);
    const double got[] = {a.min, a.max, a.mean, a.sd, a.cv, a.p50, a.p75, a.p90, a.p95, a.p99};
    const double wanted[] = {b.min, b.max, b.mean, b.sd, b.cv, b.p50, b.p75, b.p90, b.p95, b.p99};
    for (int i = 0; i < 10; i++)
        assert_near(got[i], wanted[i]);
    weighted_value many[] = {{1, 4000000000}, {2, 4000000000}};
    assert_near(stats_of_weighted(many, 2).p50, 1.5);
    assert_true(isnan(stats_of_weighted(many, 0).p50));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_percentiles_interpolate_linearly),
        cmocka_unit_test(test_deviation_is_that_of_a_sample),
        cmocka_unit_test(test_what_cannot_be_computed_is_nan),
        cmocka_unit_test(test_a_value_that_counts_twice_is_two_values),
        cmocka_unit_test(test_tail_percentiles_need_enough_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
