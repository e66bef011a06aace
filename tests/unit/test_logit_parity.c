/* Statistics of two computations of the same logits: known distributions, ties, bits. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "figures/logit_parity.h"

static void test_equal_bits_are_equal(void **state)
{
    (void)state;
    const float a[] = {1, -2, 3};
    const logit_difference d = logit_compare(a, a, 3);
    assert_true(d.is_equal);
    assert_true(d.kl == 0 && d.max_difference == 0 && d.top_a == 2 && d.top_b == 2);
}

static void test_zeros_of_both_signs_are_not_equal_but_have_no_divergence(void **state)
{
    (void)state;
    const float a[] = {0.0f, 1}, b[] = {-0.0f, 1};
    const logit_difference d = logit_compare(a, b, 2);
    assert_false(d.is_equal);
    assert_true(d.kl == 0 && d.max_difference == 0);
}

/* p = (1/2, 1/4, 1/4), q = (1/4, 1/4, 1/2): KL = 1/2 ln 2 - 1/4 ln 2 = ln(2) / 4. */
static void test_the_divergence_of_known_distributions(void **state)
{
    (void)state;
    const float a[] = {logf(2), 0, 0}, b[] = {0, 0, logf(2)};
    const logit_difference d = logit_compare(a, b, 3);
    assert_float_equal(d.kl, log(2) / 4, 1e-7);
    assert_float_equal(d.max_difference, log(2), 1e-6);
    assert_int_equal(d.top_a, 0);
    assert_int_equal(d.top_b, 2);
    assert_float_equal(d.top_gap, log(2), 1e-6);
}

/* The divergence has a direction. */
static void test_the_divergence_is_that_of_b_from_a(void **state)
{
    (void)state;
    const float a[] = {logf(3), 0}, b[] = {0, 0}; // (3/4, 1/4) and (1/2, 1/2)
    assert_float_equal(logit_compare(a, b, 2).kl, 0.75 * log(1.5) + 0.25 * log(0.5), 1e-7);
    assert_float_equal(logit_compare(b, a, 2).kl, 0.5 * log(2.0 / 3) + 0.5 * log(2), 1e-7);
}

static void test_a_constant_on_all_logits_is_no_divergence(void **state)
{
    (void)state;
    const float a[] = {1, 2, 3}, b[] = {101, 102, 103};
    const logit_difference d = logit_compare(a, b, 3);
    assert_float_equal(d.kl, 0, 1e-12);
    assert_float_equal(d.max_difference, 100, 0);
}

static void test_large_logits_do_not_overflow(void **state)
{
    (void)state;
    const float a[] = {30000, -30000}, b[] = {-30000, 30000};
    const logit_difference d = logit_compare(a, b, 2);
    assert_float_equal(d.kl, 60000, 1e-6);
    assert_float_equal(d.top_gap, 60000, 0);
}

static void test_near_ties_are_counted_apart(void **state)
{
    (void)state;
    logit_parity s = logit_parity_begin(0.1);
    const float a[] = {1, 1.05f}, b[] = {1.04f, 1}; // gaps 0.05 and 0.04
    const float c[] = {1, 1.2f};                    // 0.2 and 0.04: the larger counts
    logit_parity_add(&s, a, a, 2);
    logit_parity_add(&s, a, b, 2);
    logit_parity_add(&s, c, b, 2);
    assert_int_equal(s.n_positions, 3);
    assert_int_equal(s.n_equal, 1);
    assert_int_equal(s.first, 1);
    assert_int_equal(s.n_top_same, 1);
    assert_int_equal(s.n_top_near, 1);
    assert_int_equal(s.kl_max_at, 2);
    assert_true(s.kl_sum > s.kl_max && s.kl_max > 0);
    assert_true(s.hash_a != s.hash_b);
}

static void test_a_difference_after_equal_positions_stays_the_first(void **state)
{
    (void)state;
    logit_parity s = logit_parity_begin(0.1);
    const float a[] = {1, 2}, b[] = {1, 3};
    logit_parity_add(&s, a, b, 2);
    logit_parity_add(&s, a, a, 2);
    assert_int_equal(s.first, 0);
    s = logit_parity_begin(0.1);
    logit_parity_add(&s, a, a, 2);
    assert_int_equal(s.first, 1);
    assert_true(s.hash_a == s.hash_b);
}

/* Published values of FNV-1a, 64 bits. */
static void test_the_hash_is_fnv_1a(void **state)
{
    (void)state;
    assert_true(logit_hash_begin() == UINT64_C(0xcbf29ce484222325));
    assert_true(logit_hash_add(logit_hash_begin(), "a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(logit_hash_add(logit_hash_begin(), "foobar", 6) == UINT64_C(0x85944171f73967e8));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_bits_are_equal),
        cmocka_unit_test(test_zeros_of_both_signs_are_not_equal_but_have_no_divergence),
        cmocka_unit_test(test_the_divergence_of_known_distributions),
        cmocka_unit_test(test_the_divergence_is_that_of_b_from_a),
        cmocka_unit_test(test_a_constant_on_all_logits_is_no_divergence),
        cmocka_unit_test(test_large_logits_do_not_overflow),
        cmocka_unit_test(test_near_ties_are_counted_apart),
        cmocka_unit_test(test_a_difference_after_equal_positions_stays_the_first),
        cmocka_unit_test(test_the_hash_is_fnv_1a),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
