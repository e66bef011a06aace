/* When a server is warm. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "figures/warmup_rate.h"
#include "suite/runner_state.h"

/* How many warm-up answers with these rates are asked for; the last one repeats. */
static size_t n_asked(warmup_rule rule, int wanted, int concurrency, const double *rates, size_t n_rates)
{
    const protocol_settings s = {.warmup = rule, .warmup_requests = wanted, .concurrency = concurrency};
    double all[100];
    size_t n = 0;
    while (!warmup_is_over(&s, all, n)) {
        assert_true(n < 100);
        all[n] = rates[n < n_rates ? n : n_rates - 1];
        n++;
    }
    return n;
}

static void test_a_fixed_warm_up_asks_what_it_says_and_once_for_every_worker(void **state)
{
    (void)state;
    const double rates[] = {10};
    assert_int_equal(n_asked(WARMUP_FIXED, 1, 1, rates, 1), 1);
    assert_int_equal(n_asked(WARMUP_FIXED, 3, 1, rates, 1), 3);
    assert_int_equal(n_asked(WARMUP_FIXED, 1, 4, rates, 1), 4);
    assert_int_equal(n_asked(WARMUP_FIXED, 0, 4, rates, 1), 0);
}

static void test_a_steady_warm_up_goes_on_while_the_rate_rises(void **state)
{
    (void)state;
    const double even[] = {10, 10.1, 10};
    assert_int_equal(n_asked(WARMUP_STEADY, 3, 1, even, 3), WARMUP_REQUESTS_MIN);
    assert_int_equal(n_asked(WARMUP_STEADY, 8, 1, even, 3), 8);
    const double rising[] = {1, 2, 3, 4, 8, 8.1};
    const size_t n = n_asked(WARMUP_STEADY, 3, 1, rising, 6);
    assert_true(n > 6 && n < 15);
}

static void test_a_server_that_is_never_steady_ends_its_warm_up_after_five_times_as_many(void **state)
{
    (void)state;
    double swinging[50];
    for (int i = 0; i < 50; i++)
        swinging[i] = i;
    assert_int_equal(n_asked(WARMUP_STEADY, 4, 1, swinging, 50), 20);
    const double unknown[] = {NAN};
    assert_int_equal(n_asked(WARMUP_STEADY, 4, 1, unknown, 1), 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_fixed_warm_up_asks_what_it_says_and_once_for_every_worker),
        cmocka_unit_test(test_a_steady_warm_up_goes_on_while_the_rate_rises),
        cmocka_unit_test(test_a_server_that_is_never_steady_ends_its_warm_up_after_five_times_as_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
