/* Changes of paired figures against simulations of known truth: intervals hold it, equal runs seldom look different,
 * and a slow-down is found. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "compare/change_rows.h"
#include "support/draws.h"

enum { N_SIMULATIONS = 2000, N_DRAWS = 600, N_FEW = 60, N_COMPARISONS = 1000, PAIRS_MAX = 100, ROWS_MAX = 128 };

/* Two runs of the same tests.  Levels of tests differ a thousandfold, and so may their noise. */
typedef struct world {
    int n_tests, n_repeats;
    double noise;        // deviation / mean
    bool has_wild_noise; // of some tests several times as much, and now and then a stall
    double factor;       // of the second run
} world;

static double one_value(const world *w, rng_state *rng, double level, double noise)
{
    const double stall = w->has_wild_noise && rng_float(rng) < 0.03f ? 0.7 : 1;
    return level * stall * exp(noise * normal(rng));
}

static size_t draw_pairs(const world *w, rng_state *rng, value_pair *pairs)
{
    size_t n = 0;
    for (int t = 0; t < w->n_tests; t++) {
        const double level = exp(2 * normal(rng));
        const double noise = w->noise * (w->has_wild_noise ? exp(0.7 * normal(rng)) : 1);
        for (int i = 0; i < w->n_repeats; i++) {
            pairs[n].test = t;
            pairs[n].a = one_value(w, rng, level, noise);
            pairs[n++].b = w->factor * one_value(w, rng, level, noise);
        }
    }
    return n;
}

static paired_change change_of_pairs(const value_pair *pairs, size_t n, bool is_relative, size_t n_draws)
{
    paired_change out;
    assert_int_equal(paired_change_of(pairs, n, is_relative, n_draws, &out, NULL), SW_OK);
    return out;
}

/* ---- one figure -------------------------------------------------------------------------------------------------- */

static void test_the_difference_is_that_of_a_typical_pair(void **state)
{
    (void)state;
    const value_pair pairs[] = {{10, 9, 0},   {11, 10, 0}, {12, 10.8, 0}, {13, 11, 0},
                                {100, 12, 0}, {9, 8, 0},   {14, 99, 0}};
    const paired_change c = change_of_pairs(pairs, 7, true, N_DRAWS);
    assert_close(c.a, 12, 1e-12);
    assert_close(c.b, 10.8, 1e-12);
    assert_close(c.difference, -0.1, 0.005); // two of seven pairs are far off
    assert_true(c.range.low <= c.difference && c.difference <= c.range.high);
}

/* Student 1908, the additional hours of sleep by two drugs: t = 4.0621, p = 0.002833. */
static void test_the_p_value_is_that_of_students_sleep(void **state)
{
    (void)state;
    const value_pair pairs[] = {{0.7, 1.9, 0}, {-1.6, 0.8, 1}, {-0.2, 1.1, 2}, {-1.2, 0.1, 3}, {-0.1, -0.1, 4},
                                {3.4, 4.4, 5}, {3.7, 5.5, 6},  {0.8, 1.6, 7},  {0, 4.6, 8},    {2, 3.4, 9}};
    const paired_change c = change_of_pairs(pairs, 10, false, N_DRAWS);
    assert_close(c.difference, 1.58, 1e-12);
    assert_close(c.p_value, 0.00283289, 1e-8);
}

static void test_a_test_weighs_the_same_whatever_its_size(void **state)
{
    (void)state;
    value_pair pairs[9];
    for (int i = 0; i < 9; i++)
        pairs[i] = (value_pair){pow(10, i % 3), 1.1 * pow(10, i % 3), i % 3};
    value_pair sorted[9];
    for (int i = 0; i < 9; i++)
        sorted[i] = pairs[3 * (i % 3) + i / 3];
    const paired_change c = change_of_pairs(sorted, 9, true, N_DRAWS);
    assert_close(c.difference, 0.1, 1e-12);
    assert_close(c.range.low, 0.1, 1e-9);
    assert_close(c.range.high, 0.1, 1e-9);
    assert_true(c.p_value < 1e-6);
}

static void test_too_few_pairs_say_nothing(void **state)
{
    (void)state;
    const value_pair pairs[] = {{1, 2, 0}, {1, 3, 0}, {NAN, 3, 0}, {0, 3, 0}, {1, -1, 0}};
    const paired_change c = change_of_pairs(pairs, 5, true, N_DRAWS); // two of them are numbers above 0
    assert_int_equal(c.n, 2);
    assert_true(isnan(c.range.low) && isnan(c.p_value) && !c.is_equal);
    assert_true(isnan(change_of_pairs(pairs, 0, true, N_DRAWS).difference));
    const value_pair equal[] = {{5, 5, 0}};
    assert_true(change_of_pairs(equal, 1, true, N_DRAWS).is_equal);
}

static void test_equal_pairs_have_no_difference_for_sure(void **state)
{
    (void)state;
    const value_pair pairs[] = {{5, 5, 0}, {7, 7, 0}, {5, 5, 1}};
    for (int is_relative = 0; is_relative < 2; is_relative++) {
        const paired_change c = change_of_pairs(pairs, 3, is_relative, N_DRAWS);
        assert_true(c.is_equal && c.difference == 0 && c.range.low == 0 && c.range.high == 0 && c.p_value == 1);
        assert_true(isnan(change_of_pairs(pairs, 2, is_relative, N_DRAWS).p_value)); // two are too few
    }
}

static double coverage(const world *w, uint64_t seed)
{
    rng_state rng;
    rng_seed(&rng, seed);
    int n_inside = 0;
    for (int i = 0; i < N_SIMULATIONS; i++) {
        value_pair pairs[PAIRS_MAX];
        const paired_change c =
            change_of_pairs(pairs, draw_pairs(w, &rng, pairs), true, w->n_tests * w->n_repeats >= 30 ? N_FEW : N_DRAWS);
        n_inside += c.range.low <= w->factor - 1 && w->factor - 1 <= c.range.high;
    }
    return (double)n_inside / N_SIMULATIONS;
}

static void test_intervals_hold_the_truth(void **state)
{
    (void)state;
    static const world CASES[] = {
        {1, 10, 0.02, false, 0.95}, {3, 10, 0.02, false, 0.95}, {1, 3, 0.1, false, 1.2}, {9, 3, 0.02, false, 1.0},
        {9, 1, 0.05, true, 1.0},    {1, 6, 0.02, false, 0.95},  {2, 3, 0.1, false, 1.0}, {4, 3, 0.05, true, 0.8},
        {5, 5, 0.1, true, 1.0},     {9, 10, 0.02, false, 0.95},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        assert_close(coverage(&CASES[i], i), 0.95, 0.015);
}

/* ---- many figures ------------------------------------------------------------------------------------------------ */

static change_row make_row(compare_metric metric, const test_record *test, const value_pair *pairs, size_t n)
{
    return (change_row){.metric = metric,
                        .test = test,
                        .allowed = COMPARE_METRIC_ROWS[metric].allowed,
                        .change = change_of_pairs(pairs, n, true, N_FEW)};
}

/* The four figures of time of n_models models, over all tests and in each. */
static size_t draw_rows(const world *w, rng_state *rng, int n_models, change_row *rows)
{
    static const test_record TEST;
    static const compare_metric METRICS[] = {COMPARE_DECODE, COMPARE_OVERALL, COMPARE_TTFT, COMPARE_ITL_P95};
    size_t n = 0;
    for (int i = 0; i < 4 * n_models; i++) {
        value_pair pairs[PAIRS_MAX];
        world of_metric = *w;
        of_metric.factor = COMPARE_METRIC_ROWS[METRICS[i % 4]].higher_is_better ? w->factor : 1 / w->factor;
        const size_t n_pairs = draw_pairs(&of_metric, rng, pairs);
        rows[n++] = make_row(METRICS[i % 4], NULL, pairs, n_pairs);
        for (int t = 0; w->n_tests > 1 && t < w->n_tests; t++)
            rows[n++] = make_row(METRICS[i % 4], &TEST, pairs + t * w->n_repeats, (size_t)w->n_repeats);
    }
    assert_int_equal(change_rows_judge(rows, n, NULL), SW_OK);
    return n;
}

static void count_false_alarms(const world *w, int n_models, uint64_t seed)
{
    rng_state rng;
    rng_seed(&rng, seed);
    int n_alarms = 0, n_regressions = 0;
    for (int i = 0; i < N_COMPARISONS; i++) {
        change_row rows[ROWS_MAX];
        const size_t n = draw_rows(w, &rng, n_models, rows);
        bool has_changed = false, has_regressed = false;
        for (size_t k = 0; k < n; k++) {
            has_changed |= rows[k].verdict == CHANGE_WORSE || rows[k].verdict == CHANGE_BETTER;
            has_regressed |= rows[k].is_regression;
        }
        n_alarms += has_changed;
        n_regressions += has_regressed;
    }
    if (n_alarms > N_COMPARISONS / 20 || n_regressions > n_alarms)
        fail_msg("%d of %d comparisons of equal runs find a change, %d a regression", n_alarms, N_COMPARISONS,
                 n_regressions);
}

static void test_equal_runs_seldom_differ(void **state)
{
    (void)state;
    count_false_alarms(&(world){9, 3, 0.05, true, 1}, 2, 11);
    count_false_alarms(&(world){1, 10, 0.1, false, 1}, 1, 12);
    count_false_alarms(&(world){4, 6, 0.3, true, 1}, 1, 13);
    count_false_alarms(&(world){9, 1, 0.1, false, 1}, 3, 14);
}

/* One test, ten repetitions, 2 % of noise, 5 % slower. */
static void test_a_slow_down_of_5_percent_is_found(void **state)
{
    (void)state;
    enum { N = 500 };
    rng_state rng;
    rng_seed(&rng, 21);
    int n_found = 0;
    for (int i = 0; i < N; i++) {
        change_row rows[ROWS_MAX];
        draw_rows(&(world){1, 10, 0.02, false, 0.95}, &rng, 1, rows);
        n_found += rows[0].verdict == CHANGE_WORSE; // the rate, whatever the other figures say
    }
    if (n_found < 0.95 * N)
        fail_msg("%d of %d slow-downs are found", n_found, N);
}

/* The bound nearest to no change decides: a slow-down of 20 % is surely more than 5 %, one of 6 % is not. */
static void test_a_regression_is_surely_more_than_is_allowed(void **state)
{
    (void)state;
    rng_state rng;
    rng_seed(&rng, 31);
    change_row rows[ROWS_MAX];
    draw_rows(&(world){1, 10, 0.02, false, 0.8}, &rng, 1, rows);
    assert_true(rows[0].verdict == CHANGE_WORSE && rows[0].is_regression); // the rate
    assert_true(rows[2].verdict == CHANGE_WORSE && rows[2].is_regression); // the time to the first token
    rows[0].allowed = 30;
    rows[2].allowed = NAN;
    assert_int_equal(change_rows_judge(rows, 4, NULL), SW_OK);
    assert_true(rows[0].verdict == CHANGE_WORSE && !rows[0].is_regression && !rows[2].is_regression);
    draw_rows(&(world){1, 10, 0.01, false, 0.94}, &rng, 1, rows);
    assert_true(rows[0].verdict == CHANGE_WORSE && !rows[0].is_regression);
    draw_rows(&(world){1, 10, 0.01, false, 1.25}, &rng, 1, rows);
    assert_true(rows[0].verdict == CHANGE_BETTER && !rows[0].is_regression);
    draw_rows(&(world){1, 10, 0.002, false, 1.01}, &rng, 1, rows);
    assert_true(rows[0].verdict == CHANGE_SAME); // it is surely another rate, by too little to matter
}

/* One value of each run: the difference is all that is known. */
static void test_a_value_of_a_model_is_judged_by_its_limit(void **state)
{
    (void)state;
    const paired_change plus_3 = {.n = 1, .difference = 0.03, .range = {0.03, 0.03}, .p_value = NAN};
    change_row rows[] = {{.metric = COMPARE_VRAM, .allowed = 2, .change = plus_3},
                         {.metric = COMPARE_VRAM, .allowed = 5, .change = plus_3},
                         {.metric = COMPARE_MEMORY, .allowed = NAN, .change = plus_3}};
    assert_int_equal(change_rows_judge(rows, 3, NULL), SW_OK);
    assert_true(rows[0].verdict == CHANGE_WORSE && rows[0].is_regression);
    assert_true(rows[1].verdict == CHANGE_WORSE && !rows[1].is_regression);
    assert_true(rows[2].verdict == CHANGE_UNCLEAR && !rows[2].is_regression);
}

/* ---- limits ------------------------------------------------------------------------------------------------------ */

static void assert_refused(const char *text, const char *wanted)
{
    compare_limits limits = compare_limits_default();
    const compare_limits before = limits;
    sw_err err = {0};
    assert_int_equal(compare_limits_set(&limits, text, &err), SW_EINVAL);
    assert_non_null(strstr(err.msg, wanted));
    assert_memory_equal(&limits, &before, sizeof limits);
}

static void test_thresholds_are_read_strictly(void **state)
{
    (void)state;
    compare_limits limits = compare_limits_default();
    assert_close(limits.allowed[COMPARE_DECODE], 5, 0);
    assert_close(limits.allowed[COMPARE_TTFT], 10, 0);
    assert_close(limits.allowed[COMPARE_VRAM], 2, 0);
    assert_close(limits.allowed[COMPARE_CONSISTENCY], 0.5, 0);
    assert_close(limits.allowed[COMPARE_REPETITION], 0.05, 0);
    assert_int_equal(compare_limits_set(&limits, "decode_tps=2.5%", NULL), SW_OK);
    assert_int_equal(compare_limits_set(&limits, "outputs=off", NULL), SW_OK);
    assert_int_equal(compare_limits_set(&limits, "repetition=0.1", NULL), SW_OK);
    assert_close(limits.allowed[COMPARE_DECODE], 2.5, 0);
    assert_close(limits.allowed[COMPARE_REPETITION], 0.1, 0);
    assert_true(isnan(limits.allowed[COMPARE_OUTPUTS]));
    assert_refused("decode", "METRIC=VALUE");
    assert_refused("speed=3", "decode_tps, overall_tps");
    assert_refused("decode_tps=", "decode_tps");
    assert_refused("decode_tps=-5", "not '-5'");
    assert_refused("decode_tps=5 %", "in %");
    assert_refused("decode_tps=nan", "not 'nan'");
    assert_refused("decode_tps=0x10", "not '0x10'");
    assert_refused("decode_tps=1e9999", "not '1e9999'");
    assert_refused("repetition=5%", "not '5%'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_difference_is_that_of_a_typical_pair),
        cmocka_unit_test(test_the_p_value_is_that_of_students_sleep),
        cmocka_unit_test(test_a_test_weighs_the_same_whatever_its_size),
        cmocka_unit_test(test_too_few_pairs_say_nothing),
        cmocka_unit_test(test_equal_pairs_have_no_difference_for_sure),
        cmocka_unit_test(test_intervals_hold_the_truth),
        cmocka_unit_test(test_equal_runs_seldom_differ),
        cmocka_unit_test(test_a_slow_down_of_5_percent_is_found),
        cmocka_unit_test(test_a_regression_is_surely_more_than_is_allowed),
        cmocka_unit_test(test_a_value_of_a_model_is_judged_by_its_limit),
        cmocka_unit_test(test_thresholds_are_read_strictly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
