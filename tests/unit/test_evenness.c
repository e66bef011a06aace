/* Figures over counts, against values worked out by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/evenness.h"

static void expect(double is, double wanted)
{
    if (!(fabs(is - wanted) < 1e-12))
        fail_msg("%.15g, not %.15g", is, wanted);
}

static void test_equal_counts_are_even(void **state)
{
    (void)state;
    uint64_t counts[8] = {5, 5, 5, 5, 5, 5, 5, 5};
    const evenness e = evenness_of(counts, 8);
    assert_int_equal(e.total, 40);
    expect(e.coverage, 1);
    expect(e.entropy_ratio, 1);
    expect(e.effective, 8);
    expect(e.gini, 0);
    expect(e.cv, 0);
    expect(e.max_mean, 1);
}

static void test_one_thing_that_has_all_is_the_other_extreme(void **state)
{
    (void)state;
    uint64_t counts[4] = {0, 0, 7, 0};
    const evenness e = evenness_of(counts, 4);
    assert_int_equal(counts[0], 7);
    assert_int_equal(e.n_used, 1);
    expect(e.coverage, 0.25);
    expect(e.entropy_ratio, 0);
    expect(e.effective, 1);
    expect(e.gini, 0.75);
    expect(e.cv, sqrt(3));
    expect(e.max_mean, 4);
}

static void test_uneven_counts(void **state)
{
    (void)state;
    uint64_t counts[4] = {1, 4, 1, 2}; // shares 1/2, 1/4, 1/8, 1/8: an entropy of 7/4 bits
    const evenness e = evenness_of(counts, 4);
    expect(e.entropy_ratio, 1.75 / 2);
    expect(e.effective, exp2(1.75));
    expect(e.gini, (3 * 4 + 1 * 2 - 1 * 1 - 3 * 1) / (4.0 * 8));
    expect(e.cv, sqrt(1.5) / 2);
    expect(e.max_mean, 2);
    expect(evenness_top_share(counts, 4, 0), 0);
    expect(evenness_top_share(counts, 4, 2), 0.75);
    expect(evenness_top_share(counts, 4, 9), 1);
    assert_int_equal(evenness_hot(counts, 4, 0.5), 1);
    assert_int_equal(evenness_hot(counts, 4, 0.51), 2);
    assert_int_equal(evenness_hot(counts, 4, 0.75), 2);
    assert_int_equal(evenness_hot(counts, 4, 1), 4);
}

static void test_what_was_never_used_has_no_figures(void **state)
{
    (void)state;
    uint64_t counts[3] = {0, 0, 0};
    const evenness e = evenness_of(counts, 3), none = evenness_of(NULL, 0);
    expect(e.coverage, 0);
    assert_true(isnan(e.entropy_ratio) && isnan(e.effective) && isnan(e.gini) && isnan(e.cv) && isnan(e.max_mean));
    assert_true(isnan(none.coverage));
    assert_true(isnan(evenness_top_share(counts, 3, 1)));
    assert_int_equal(evenness_hot(counts, 3, 0.5), 0);
    assert_true(isnan(evenness_of(&(uint64_t){3}, 1).entropy_ratio));
}

/* Uniform routing covers 70 % of the experts after these numbers of tokens; one token fewer does not. */
static void test_the_expected_coverage_reaches_70_percent_soon(void **state)
{
    (void)state;
    static const struct {
        size_t n, k;
        uint64_t n_tokens;
    } KNOWN[] = {{32, 4, 10}, {16, 2, 10}, {64, 6, 13}, {128, 8, 19}, {256, 8, 38}};
    for (size_t i = 0; i < sizeof KNOWN / sizeof KNOWN[0]; i++) {
        assert_true(evenness_expected_coverage(KNOWN[i].n, KNOWN[i].k, KNOWN[i].n_tokens) > 0.7);
        assert_true(evenness_expected_coverage(KNOWN[i].n, KNOWN[i].k, KNOWN[i].n_tokens - 1) < 0.7);
    }
    expect(evenness_expected_coverage(8, 2, 0), 0);
    expect(evenness_expected_coverage(8, 2, 1), 0.25);
    expect(evenness_expected_coverage(8, 8, 1), 1);
    assert_true(isnan(evenness_expected_coverage(0, 0, 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_counts_are_even),
        cmocka_unit_test(test_one_thing_that_has_all_is_the_other_extreme),
        cmocka_unit_test(test_uneven_counts),
        cmocka_unit_test(test_what_was_never_used_has_no_figures),
        cmocka_unit_test(test_the_expected_coverage_reaches_70_percent_soon),
    };
    return cmocka_run_group_tests_name("evenness", tests, NULL, NULL);
}
