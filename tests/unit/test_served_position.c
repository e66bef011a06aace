/* What two servers' answers say about one position: divergence of what both list, gaps, tolerance. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cmd/served_position.h"

static logit_difference compare(json_t *a, json_t *b, double next_a, double next_b)
{
    const logit_difference d = served_position(a, b, next_a, next_b);
    json_decref(a);
    json_decref(b);
    return d;
}

static void test_the_same_answers_are_equal(void **state)
{
    (void)state;
    const logit_difference d = compare(json_pack("{s:f, s:f}", "a", log(0.7), "b", log(0.2)),
                                       json_pack("{s:f, s:f}", "a", log(0.7) + 5e-5, "b", log(0.2)), -3, -3);
    assert_true(d.is_equal && d.top_a == d.top_b);
    assert_float_equal(d.kl, 0, 1e-4);
}

/* (1/2, 1/4, rest 1/4) and (1/4, 1/4, rest 1/2), as one: ln(2)/2 - ln(2)/4. */
static void test_the_rest_counts_as_one_token(void **state)
{
    (void)state;
    const logit_difference d = compare(json_pack("{s:f, s:f}", "a", log(0.5), "b", log(0.25)),
                                       json_pack("{s:f, s:f}", "b", log(0.25), "a", log(0.25)), 0, 0);
    assert_float_equal(d.kl, log(2) / 4, 1e-9);
    assert_float_equal(d.max_difference, log(2), 1e-9);
    assert_false(d.is_equal);
}

static void test_the_gap_is_the_larger_of_both_sides(void **state)
{
    (void)state;
    logit_difference d =
        compare(json_pack("{s:f, s:f}", "a", -1.0, "b", -1.05), json_pack("{s:f, s:f}", "a", -1.2, "b", -1.0), 0, 0);
    assert_true(d.top_a != d.top_b);
    assert_float_equal(d.top_gap, 0.2, 1e-9);
    d = compare(json_pack("{s:f}", "a", -1.0), json_pack("{s:f}", "b", -1.0), 0, 0);
    assert_true(d.top_a != d.top_b && isinf(d.top_gap) && !d.is_equal);
}

static void test_the_next_token_counts_even_if_it_is_in_no_list(void **state)
{
    (void)state;
    const logit_difference d = compare(json_pack("{s:f}", "a", -0.1), json_pack("{s:f}", "a", -0.1), -9, -9.5);
    assert_float_equal(d.max_difference, 0.5, 1e-9);
    assert_false(d.is_equal);
}

static void test_lists_that_are_none_are_no_agreement_in_figures(void **state)
{
    (void)state;
    const logit_difference d = compare(json_null(), json_pack("{s:s}", "a", "x"), -1, -2);
    assert_true(!d.is_equal && d.max_difference == 1 && isfinite(d.kl));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_answers_are_equal),
        cmocka_unit_test(test_the_rest_counts_as_one_token),
        cmocka_unit_test(test_the_gap_is_the_larger_of_both_sides),
        cmocka_unit_test(test_the_next_token_counts_even_if_it_is_in_no_list),
        cmocka_unit_test(test_lists_that_are_none_are_no_agreement_in_figures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
