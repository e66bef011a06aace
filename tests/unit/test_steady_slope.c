/* Slopes of series whose truth is known: leaks, caches that fill, samples that resemble their neighbours. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "figures/stress/line_fit.h"
#include "figures/stress/steady_slope.h"
#include "support/draws.h"

enum { N = 1200, N_WORLDS = 500 };

static const double MIB = 1 << 20;

/* An hour of samples: a level, a slope per hour, a cache that fills with a time constant, and noise of which each
 * value keeps `kept` of the one before. */
typedef struct world {
    double slope, cache, cache_hours, noise, kept;
} world;

static steady_slope observe(world w, uint64_t seed)
{
    double x[N], y[N], noise = 0;
    rng_state rng;
    rng_seed(&rng, seed);
    for (int i = 0; i < N; i++) {
        x[i] = (double)i / N;
        noise = w.kept * noise + w.noise * sqrt(1 - w.kept * w.kept) * normal(&rng);
        y[i] = 500 * MIB + w.slope * x[i] + noise;
        y[i] += w.cache > 0 ? w.cache * (1 - exp(-x[i] / w.cache_hours)) : 0;
    }
    steady_slope out;
    assert_int_equal(steady_slope_of(x, y, N, 0.1, &out, NULL), SW_OK);
    return out;
}

static int count_rises(world w, double bound)
{
    int n = 0;
    for (uint64_t seed = 0; seed < N_WORLDS; seed++) {
        const steady_slope s = observe(w, seed);
        n += steady_slope_rises(&s, bound);
    }
    return n;
}

static void test_a_leak_is_found_and_its_slope_in_the_interval(void **state)
{
    (void)state;
    int n_inside = 0;
    const world leak = {.slope = 40 * MIB, .noise = 4 * MIB, .kept = 0.5};
    for (uint64_t seed = 0; seed < N_WORLDS; seed++) {
        const steady_slope s = observe(leak, seed);
        assert_true(steady_slope_rises(&s, 16 * MIB));
        n_inside += s.range.low <= 40 * MIB && s.range.high >= 40 * MIB;
    }
    assert_in_range(n_inside, N_WORLDS * 92 / 100, N_WORLDS * 99 / 100);
}

static void test_memory_that_stays_is_no_leak(void **state)
{
    (void)state;
    assert_int_equal(count_rises((world){.noise = 0}, 0), 0);
    assert_true(count_rises((world){.noise = 4 * MIB, .kept = 0.9}, 0) <= N_WORLDS * 4 / 100);
    assert_int_equal(count_rises((world){.noise = 4 * MIB, .kept = 0.9}, 16 * MIB), 0);
}

static void test_a_cache_that_fills_is_no_leak(void **state)
{
    (void)state;
    assert_int_equal(count_rises((world){.cache = 200 * MIB, .cache_hours = 0.05, .noise = MIB}, 16 * MIB), 0);
    assert_int_equal(count_rises((world){.cache = 100 * MIB, .cache_hours = 0.15, .noise = MIB}, 16 * MIB), 0);
}

static void test_a_rise_below_the_bound_is_no_leak(void **state)
{
    (void)state;
    assert_int_equal(count_rises((world){.slope = 8 * MIB, .noise = MIB}, 16 * MIB), 0);
}

/* One-sided, at 2.5 %, of samples that resemble their neighbours. */
static void test_chance_rarely_looks_like_a_rise(void **state)
{
    (void)state;
    int n_rise = 0, n_fall = 0;
    for (uint64_t seed = 0; seed < N_WORLDS; seed++) {
        const steady_slope s = observe((world){.noise = MIB, .kept = 0.9}, seed);
        n_rise += s.p_rise < 0.025;
        n_fall += s.p_fall < 0.025;
        assert_int_equal(s.n_blocks, STEADY_BLOCKS);
    }
    assert_true(n_rise <= N_WORLDS * 5 / 100 && n_fall <= N_WORLDS * 5 / 100);
}

static void test_few_samples_have_no_slope(void **state)
{
    (void)state;
    const double x[] = {0, 1, 2, 3, 4, 5, 6, 7, 8}, y[] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
    steady_slope s;
    assert_int_equal(steady_slope_of(x, y, 9, 0.2, &s, NULL), SW_OK); // seven are left
    assert_true(isnan(s.slope) && isnan(s.p_rise) && !steady_slope_rises(&s, 0));
    assert_int_equal(steady_slope_of(x, y, 0, 0.2, &s, NULL), SW_OK);
    assert_true(isnan(s.slope) && s.n == 0);
    assert_int_equal(steady_slope_of(x, y, 9, 0, &s, NULL), SW_OK);
    assert_close(s.slope, 1, 1e-12);
    assert_true(steady_slope_rises(&s, 0.5) && s.p_fall > 0.99);
}

/* ---- lines ------------------------------------------------------------------------------------------------------- */

/* 100 MB and 24,576 bytes a token. */
static void test_a_line_is_recovered(void **state)
{
    (void)state;
    const double x[] = {128, 512, 2048, 8192}, y[] = {103145728, 112582912, 150331648, 301326592};
    const line_fit f = line_fit_of(x, y, 4);
    assert_close(f.slope, 24576, 1e-6);
    assert_close(f.intercept, 1e8, 1e-2);
    assert_close(f.r2, 1, 1e-12);
}

static void test_intervals_of_slopes_hold_the_truth(void **state)
{
    (void)state;
    int n_inside = 0;
    rng_state rng;
    rng_seed(&rng, 3);
    for (int run = 0; run < 2000; run++) {
        double x[12], y[12];
        for (int i = 0; i < 12; i++) {
            x[i] = i % 6;
            y[i] = 5 + 0.3 * x[i] + normal(&rng);
        }
        const line_fit f = line_fit_of(x, y, 12);
        n_inside += f.slope_range.low <= 0.3 && f.slope_range.high >= 0.3;
        assert_true(f.worst >= f.residual / 2 && f.r2 >= 0 && f.r2 <= 1);
    }
    assert_in_range(n_inside, 1870, 1930);
}

static void test_what_has_no_line_is_nan(void **state)
{
    (void)state;
    const double same[] = {2, 2, 2}, y[] = {1, 2, 3};
    assert_true(isnan(line_fit_of(same, y, 3).slope));
    assert_true(isnan(line_fit_of(same, y, 0).slope));
    assert_true(isnan(line_fit_of(y, same, 3).r2)); // y is constant
    assert_true(isnan(line_fit_of(y, y, 2).slope_range.low));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_leak_is_found_and_its_slope_in_the_interval),
        cmocka_unit_test(test_memory_that_stays_is_no_leak),
        cmocka_unit_test(test_a_cache_that_fills_is_no_leak),
        cmocka_unit_test(test_a_rise_below_the_bound_is_no_leak),
        cmocka_unit_test(test_chance_rarely_looks_like_a_rise),
        cmocka_unit_test(test_few_samples_have_no_slope),
        cmocka_unit_test(test_a_line_is_recovered),
        cmocka_unit_test(test_intervals_of_slopes_hold_the_truth),
        cmocka_unit_test(test_what_has_no_line_is_nan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
