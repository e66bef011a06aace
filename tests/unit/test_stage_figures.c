/* Figures of one stage: requests, tokens over the time in which any was under way, and clients that left. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "figures/stage_figures.h"

enum { N_TOKENS = 5 };

/* A token each 100 ms, the first after 200 ms. */
static arrival arrivals[N_TOKENS];

static test_record request(int stage, int64_t start_ms, test_status status)
{
    for (int i = 0; i < N_TOKENS; i++)
        arrivals[i] = (arrival){.t_ns = 200000000 + 100000000 * (int64_t)i, .n_bytes = 1, .n_tokens = 1};
    return (test_record){.plan = {.name = "t", .max_tokens = N_TOKENS},
                         .start_ms = start_ms,
                         .stage = stage,
                         .item = "",
                         .answer = {.status = status,
                                    .error = "",
                                    .end_ns = 600000000,
                                    .finish_reason = "length",
                                    .model = "",
                                    .fingerprint = "",
                                    .text = "abcde",
                                    .n_text = N_TOKENS,
                                    .reasoning = "",
                                    .arrivals = arrivals,
                                    .n_arrivals = N_TOKENS,
                                    .completion_tokens = N_TOKENS,
                                    .prompt_tokens = 3,
                                    .cached_tokens = 0,
                                    .reasoning_tokens = -1,
                                    .temperature = NAN,
                                    .queue_ms = NAN,
                                    .prompt_ms = NAN,
                                    .decode_ms = NAN,
                                    .seed = -1}};
}

static stage_figures figures_of(test_record *tests, size_t n)
{
    stage_figures f;
    const run_record run = {.tests = tests, .n_tests = n};
    assert_int_equal(stage_figures_of(&run, 1, &f, NULL), SW_OK);
    return f;
}

/* Two overlap by half of their 600 ms, a third is alone: 1500 ms are busy. */
static void test_time_counts_once_while_anything_is_under_way(void **state)
{
    (void)state;
    test_record tests[] = {request(1, 0, TEST_COMPLETED), request(1, 300, TEST_COMPLETED),
                           request(1, 5000, TEST_COMPLETED), request(0, 1000, TEST_COMPLETED)};
    const stage_figures f = figures_of(tests, 4);
    assert_true(f.n == 3 && f.n_completed == 3 && f.n_left == 0 && f.n_tokens == 15);
    assert_true(fabs(f.throughput_tps - 15 / 1.5) < 1e-9);
    assert_true(fabs(f.decode_tps - 10) < 1e-9); // 4 tokens in 400 ms, each
    assert_true(fabs(f.ttft_ms.p50 - 200) < 1e-9);
}

static void test_clients_that_left_are_no_failures(void **state)
{
    (void)state;
    test_record tests[] = {request(1, 0, TEST_COMPLETED), request(1, 0, TEST_CANCELED), request(1, 0, TEST_TIMEOUT)};
    const stage_figures f = figures_of(tests, 3);
    assert_true(f.n == 2 && f.n_completed == 1 && f.n_left == 1);
}

static void test_a_stage_without_requests_has_no_rates(void **state)
{
    (void)state;
    test_record other = request(0, 0, TEST_COMPLETED);
    const stage_figures f = figures_of(&other, 1);
    assert_true(f.n == 0 && isnan(f.throughput_tps) && isnan(f.decode_tps) && f.ttft_ms.n == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time_counts_once_while_anything_is_under_way),
        cmocka_unit_test(test_clients_that_left_are_no_failures),
        cmocka_unit_test(test_a_stage_without_requests_has_no_rates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
