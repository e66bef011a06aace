/* The worked example of docs/benchmark.md, and what happens to figures that do not exist. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "figures/metrics.h"

static const int64_t MS = 1000000;

static void assert_near(double got, double wanted)
{
    if (!(fabs(got - wanted) <= 1e-9 * fabs(wanted)))
        fail_msg("%.12g is not %.12g", got, wanted);
}

static test_metrics measure(const test_record *test)
{
    test_metrics m;
    sw_err err = {0};
    assert_int_equal(metrics_of(test, &m, &err), SW_OK);
    return m;
}

static test_record example(const arrival *arrivals, size_t n)
{
    return (test_record){.answer = {.error = "",
                                    .finish_reason = "stop",
                                    .model = "",
                                    .fingerprint = "",
                                    .headers_ns = 40 * MS,
                                    .first_event_ns = 50 * MS,
                                    .end_ns = 910 * MS,
                                    .completion_tokens = (int64_t)n,
                                    .text = "",
                                    .reasoning = "",
                                    .arrivals = arrivals,
                                    .n_arrivals = n}};
}

static void test_worked_example(void **state)
{
    (void)state;
    const arrival arrivals[] = {{500 * MS, 1, false}, {600 * MS, 1, false}, {700 * MS, 1, false}, {900 * MS, 1, false}};
    const test_record test = example(arrivals, 4);
    const test_metrics m = measure(&test);
    assert_near(m.ttfb_ms, 40);
    assert_near(m.ttfr_ms, 50);
    assert_near(m.ttft_ms, 500);
    assert_near(m.e2e_ms, 910);
    assert_near(m.tpot_ms, 400.0 / 3);
    assert_near(m.decode_tps, 7.5);
    assert_near(m.overall_tps, 4 / 0.910);
    assert_int_equal(m.itl_ms.n, 3);
    assert_near(m.itl_ms.p50, 100);
    assert_near(m.itl_ms.max, 200);
    assert_near(m.itl_ms.mean, m.tpot_ms);
    assert_near(m.responsiveness, 1);
    assert_int_equal(m.n_stalls, 0);
}

static void test_server_counts_win_over_events(void **state)
{
    (void)state;
    const arrival arrivals[] = {{100 * MS, 1, false}, {200 * MS, 1, false}};
    test_record test = example(arrivals, 2);
    test.answer.completion_tokens = 5;
    test_metrics m = measure(&test);
    assert_int_equal(m.n_tokens, 5);
    assert_near(m.tpot_ms, 25);
    assert_true(m.counts_differ && !m.counted_events);
    test.answer.completion_tokens = -1;
    m = measure(&test);
    assert_int_equal(m.n_tokens, 2);
    assert_true(m.counted_events && !m.counts_differ);
}

static void test_counts_may_differ_by_two_percent(void **state)
{
    (void)state;
    arrival arrivals[100];
    for (int i = 0; i < 100; i++)
        arrivals[i] = (arrival){(i + 1) * MS, 1, false};
    test_record test = example(arrivals, 100);
    test.answer.completion_tokens = 102;
    assert_false(measure(&test).counts_differ);
    test.answer.completion_tokens = 103;
    assert_true(measure(&test).counts_differ);
}

static void test_reasoning_and_answer_have_their_own_first_token(void **state)
{
    (void)state;
    const arrival arrivals[] = {{100 * MS, 1, true}, {200 * MS, 1, true}, {300 * MS, 1, false}};
    const test_record test = example(arrivals, 3);
    const test_metrics m = measure(&test);
    assert_near(m.ttft_ms, 100);
    assert_near(m.ttft_answer_ms, 300);
}

static void test_a_stall_is_long_and_out_of_the_ordinary(void **state)
{
    (void)state;
    const arrival quick[] = {{0, 1, false}, {50 * MS, 1, false}, {100 * MS, 1, false}, {1200 * MS, 1, false}};
    const test_record stalled = example(quick, 4);
    const test_metrics m = measure(&stalled);
    assert_int_equal(m.n_stalls, 1);
    assert_near(m.stall_max_ms, 1100);
    const arrival slow[] = {{0, 1, false}, {2000 * MS, 1, false}, {4000 * MS, 1, false}, {6100 * MS, 1, false}};
    const test_record steady = example(slow, 4);
    assert_int_equal(measure(&steady).n_stalls, 0);
}

static void test_an_answer_of_one_event_has_no_decode_rate(void **state)
{
    (void)state;
    const arrival arrivals[] = {{100 * MS, 1, false}};
    const test_record test = example(arrivals, 1);
    const test_metrics m = measure(&test);
    assert_true(isnan(m.tpot_ms) && isnan(m.decode_tps) && isnan(m.itl_ms.p50) && isnan(m.responsiveness));
    assert_near(m.overall_tps, 1 / 0.910);
}

static void test_a_request_that_never_connected_has_no_times(void **state)
{
    (void)state;
    test_record test = example(NULL, 0);
    test.answer.headers_ns = test.answer.first_event_ns = test.answer.end_ns = -1;
    test.answer.completion_tokens = -1;
    const test_metrics m = measure(&test);
    assert_true(isnan(m.ttft_ms) && isnan(m.ttfr_ms) && isnan(m.ttfb_ms) && isnan(m.e2e_ms) && isnan(m.overall_tps));
    assert_int_equal(m.n_tokens, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked_example),
        cmocka_unit_test(test_server_counts_win_over_events),
        cmocka_unit_test(test_counts_may_differ_by_two_percent),
        cmocka_unit_test(test_reasoning_and_answer_have_their_own_first_token),
        cmocka_unit_test(test_a_stall_is_long_and_out_of_the_ordinary),
        cmocka_unit_test(test_an_answer_of_one_event_has_no_decode_rate),
        cmocka_unit_test(test_a_request_that_never_connected_has_no_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
