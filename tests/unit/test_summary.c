/* Runs in a few figures, against sums made by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "figures/summary.h"

static const int64_t MS = 1000000;

static void assert_near(double got, double wanted)
{
    if (!(fabs(got - wanted) <= 1e-9 * fmax(1, fabs(wanted))))
        fail_msg("%.12g is not %.12g", got, wanted);
}

enum { N_EVENTS = 31, N_MOST = 16 };

static arrival arrivals[N_MOST][N_EVENTS];

/* Test `i` of the run: 31 tokens, the first after 100 ms, then one each step_ms; the end with the last. */
static test_record answer(int i, int index, int repeat, int step_ms)
{
    for (int k = 0; k < N_EVENTS; k++)
        arrivals[i][k] = (arrival){(100 + (int64_t)k * step_ms) * MS, 1, 0, false};
    return (test_record){.plan = {.name = "t", .group = ""},
                         .variant = "",
                         .index = index,
                         .repeat = repeat,
                         .answer = {.arrivals = arrivals[i],
                                    .n_arrivals = N_EVENTS,
                                    .completion_tokens = N_EVENTS,
                                    .prompt_tokens = 20,
                                    .cached_tokens = 0,
                                    .queue_ms = NAN,
                                    .prompt_ms = NAN,
                                    .decode_ms = NAN,
                                    .text = "a",
                                    .n_text = 1,
                                    .reasoning = "",
                                    .fingerprint = "",
                                    .end_ns = arrivals[i][N_EVENTS - 1].t_ns}};
}

static run_summary sum_up(test_record *tests, size_t n)
{
    const run_record run = {.tests = tests, .n_tests = n, .n_subjects = 1};
    run_summary s;
    assert_int_equal(summary_of(&run, 0, MODE_STREAM, &s, NULL), SW_OK);
    return s;
}

/* One stall must not halve the rate of a run by a mean, and one fast test must not double it. */
static void test_the_headline_is_all_tokens_over_all_time(void **state)
{
    (void)state;
    test_record tests[] = {answer(0, 0, 0, 1), answer(1, 1, 0, 100), answer(2, 2, 0, 100)};
    run_summary s = sum_up(tests, 3);
    assert_near(s.decode_tps, 90 / (0.03 + 3 + 3)); // the mean of the rates is 340
    assert_near(s.test_decode_tps.p50, 10);
    assert_near(s.test_decode_tps.max, 1000);
    assert_true(s.decode_range.low >= 10 - 1e-9 && s.decode_range.high <= 1000 + 1e-6);
    assert_near(s.overall_tps, 93 / (0.13 + 3.1 + 3.1));
    assert_int_equal(s.n_prompt_tokens, 60);
    assert_int_equal(s.n_cached_tokens, 0);
    assert_near(s.prefill_tps, 60 / 0.3);
    assert_true(s.prefill_by_client); // no queue was told
    assert_near(s.pace.p50, 1);
    summary_free(&s);
}

static void test_warm_and_cold_first_tokens_are_apart(void **state)
{
    (void)state;
    test_record tests[] = {answer(0, 0, 0, 10), answer(1, 1, 0, 10), answer(2, 2, 0, 10), answer(3, 3, 0, 10)};
    arrivals[1][0].t_ns = 40 * MS;
    tests[1].answer.cached_tokens = 15;
    arrivals[2][0].t_ns = 60 * MS;
    tests[2].answer.cached_tokens = 1;
    tests[3].answer.cached_tokens = -1; // not told: neither
    run_summary s = sum_up(tests, 4);
    assert_int_equal(s.ttft_cold_ms.n, 1);
    assert_near(s.ttft_cold_ms.p50, 100);
    assert_int_equal(s.ttft_warm_ms.n, 2);
    assert_near(s.ttft_warm_ms.p50, 50);
    assert_int_equal(s.ttft_ms.n, 4);
    assert_int_equal(s.n_cached_tokens, 16);
    assert_true(s.ttft_range.low <= s.ttft_ms.p50 && s.ttft_ms.p50 <= s.ttft_range.high);
    summary_free(&s);
}

static void test_repetitions_of_a_test_are_pooled(void **state)
{
    (void)state;
    test_record tests[] = {answer(0, 1, 0, 10), answer(1, 0, 0, 20), answer(2, 1, 1, 20),
                           answer(3, 0, 1, 20), answer(4, 1, 2, 40), answer(5, 1, 3, 40)};
    tests[5].answer.status = TEST_TIMEOUT;
    run_summary s = sum_up(tests, 6);
    assert_int_equal(s.n_tests, 2);
    const test_spread *const t = &s.tests[1];
    assert_int_equal(t->test->index, 1);
    assert_int_equal(t->n_asked, 4);
    assert_int_equal(t->n_completed, 3);
    assert_int_equal(t->decode_tps.n, 3);
    const double mean = (100 + 50 + 25) / 3.0;
    const double sd = sqrt(((100 - mean) * (100 - mean) + (50 - mean) * (50 - mean) + (25 - mean) * (25 - mean)) / 2);
    assert_near(t->decode_tps.mean, mean);
    assert_near(t->decode_tps.sd, sd);
    assert_near(t->decode_tps.cv, sd / mean);
    assert_true(fabs(t->decode_tps.range.high - (mean + 4.302652729911275 * sd / sqrt(3))) < 1e-6);
    assert_near(t->itl_p50_ms.mean, (10 + 20 + 40) / 3.0);
    assert_int_equal(s.tests[0].decode_tps.n, 2);
    assert_near(s.tests[0].decode_tps.sd, 0);
    assert_true(isnan(s.tests[0].decode_tps.range.low)); // two are too few
    assert_near(s.success_rate, 5.0 / 6);
    summary_free(&s);
}

static void test_gaps_of_all_tests_are_one_list(void **state)
{
    (void)state;
    test_record tests[] = {answer(0, 0, 0, 10), answer(1, 1, 0, 30)};
    tests[1].answer.completion_tokens = 3 * N_EVENTS; // packed, by how many is not told
    run_summary s = sum_up(tests, 2);
    assert_int_equal(s.itl_ms.n, N_EVENTS - 1);
    assert_near(s.itl_ms.max, 10);
    assert_int_equal(s.chunk_ms.n, 2 * (N_EVENTS - 1));
    assert_near(s.chunk_ms.max, 30);
    assert_int_equal(s.n_without_decode, 1);
    summary_free(&s);
}

/* Two workers, 10 ms per token, 400 ms per answer: |--a--|--c--| and |--b--|, b 100 ms later. */
static void test_throughput_is_that_of_the_steady_window(void **state)
{
    (void)state;
    test_record tests[] = {answer(0, 0, 0, 10), answer(1, 1, 0, 10), answer(2, 2, 0, 10)};
    tests[1].start_ms = 100;
    tests[2].start_ms = 400;
    run_summary s = sum_up(tests, 3);
    assert_int_equal(s.load.concurrency_max, 2);
    assert_near(s.load.concurrency_mean, 1.2 / 0.8);
    assert_near(s.load.window_begin_s, 0.1);
    assert_near(s.load.window_s, 0.4); // from 0.1 to 0.5, when b ends and no work is left
    assert_near(s.load.window_share, 0.5);
    assert_false(s.load.is_window_short);
    // a: 0.1 to 0.4: all 31; b: all 31; c: 0.5: 1.
    assert_near(s.load.output_tps, 63 / 0.4);
    assert_near(s.load.total_tps, (63 + 40) / 0.4);
    assert_near(s.load.requests_per_s, 2 / 0.4);
    assert_near(s.load.peak_tps, 93); // all in the first second
    const objectives slo = {100, NAN, NAN, NAN}, strict = {99, NAN, NAN, NAN}, none = {NAN, NAN, NAN, NAN};
    assert_near(goodput_of(&s, &slo).attainment, 1);
    assert_near(goodput_of(&s, &slo).per_s, 2 / 0.4);
    assert_near(goodput_of(&s, &strict).attainment, 0);
    assert_true(isnan(goodput_of(&s, &none).attainment));
    summary_free(&s);
}

static void test_failed_requests_lower_the_goodput(void **state)
{
    (void)state;
    test_record tests[] = {answer(0, 0, 0, 10), answer(1, 1, 0, 10), answer(2, 2, 0, 20), answer(3, 3, 0, 10)};
    tests[3].answer.status = TEST_INCOMPLETE;
    run_summary s = sum_up(tests, 4);
    const objectives slo = {NAN, 15, NAN, NAN};
    const goodput g = goodput_of(&s, &slo);
    assert_int_equal(g.n_good, 2);
    assert_int_equal(g.n_asked, 4);
    assert_near(g.attainment, 0.5);
    assert_true(g.range.low < 0.5 && g.range.high > 0.5);
    summary_free(&s);
}

static void test_an_open_loop_counts_from_the_first_arrival_to_the_last(void **state)
{
    (void)state;
    test_record tests[] = {answer(0, 0, 0, 10), answer(1, 1, 0, 10), answer(2, 2, 0, 10)};
    tests[1].start_ms = 250;
    tests[1].answer.scheduled_ns = -50 * MS; // wanted at 0.2
    tests[2].start_ms = 1000;
    run_summary s = sum_up(tests, 3);
    assert_true(s.load.is_open_loop);
    assert_near(s.load.window_s, 1);
    assert_near(s.load.output_tps, 62);
    assert_near(s.load.requests_per_s, 2);
    assert_near(s.load.peak_tps, 62);
    assert_near(s.schedule_delay_ms.max, 50);
    summary_free(&s);
}

static void test_one_request_at_a_time_has_no_window(void **state)
{
    (void)state;
    test_record tests[] = {answer(0, 0, 0, 10), answer(1, 1, 0, 10)};
    tests[1].start_ms = 400; // when the other ends
    run_summary s = sum_up(tests, 2);
    assert_int_equal(s.load.concurrency_max, 1);
    assert_true(isnan(s.load.window_s) && isnan(s.load.output_tps) && isnan(s.load.requests_per_s));
    assert_near(s.load.peak_tps, 62);
    summary_free(&s);
    s = sum_up(tests, 0);
    assert_true(isnan(s.load.peak_tps) && isnan(s.decode_tps) && isnan(s.success_rate) && isnan(s.decode_range.low));
    assert_int_equal(s.n_prompt_tokens, -1);
    summary_free(&s);
}

static void test_memory_is_that_of_the_models_own_server(void **state)
{
    (void)state;
    server_record servers[] = {{.subject = 0, .side = SIDE_OFFLOADED},
                               {.subject = 1, .side = SIDE_OFFLOADED},
                               {.subject = 0, .side = SIDE_REFERENCE}};
    resource_sample samples[4];
    for (int i = 0; i < 4; i++) {
        samples[i] = (resource_sample){.server = i < 3 ? i : -1, .values = sample_values_none()};
        samples[i].values.v[SAMPLE_PRIVATE] = 1000 * (i + 1);
    }
    const run_record run = {.servers = servers, .n_servers = 3, .samples = samples, .n_samples = 4, .n_subjects = 2};
    const struct {
        int subject;
        test_mode mode;
        uint64_t peak;
    } cases[] = {{0, MODE_STREAM, 1000}, {0, MODE_WHOLE, 1000}, {1, MODE_STREAM, 2000}, {0, MODE_REFERENCE, 3000}};
    run_summary s;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(summary_of(&run, cases[i].subject, cases[i].mode, &s, NULL), SW_OK);
        assert_true(s.has_memory);
        assert_int_equal(s.peak_private_bytes, cases[i].peak);
        summary_free(&s);
    }
    assert_int_equal(summary_of(&run, 1, MODE_REFERENCE, &s, NULL), SW_OK);
    assert_false(s.has_memory);
    summary_free(&s);
}

static void test_a_sample_without_memory_is_no_memory(void **state)
{
    (void)state;
    resource_sample sample = {.server = -1, .values = sample_values_none()};
    const run_record run = {.samples = &sample, .n_samples = 1, .n_subjects = 1};
    run_summary s;
    assert_int_equal(summary_of(&run, 0, MODE_STREAM, &s, NULL), SW_OK);
    assert_false(s.has_memory);
    summary_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_headline_is_all_tokens_over_all_time),
        cmocka_unit_test(test_warm_and_cold_first_tokens_are_apart),
        cmocka_unit_test(test_repetitions_of_a_test_are_pooled),
        cmocka_unit_test(test_gaps_of_all_tests_are_one_list),
        cmocka_unit_test(test_throughput_is_that_of_the_steady_window),
        cmocka_unit_test(test_failed_requests_lower_the_goodput),
        cmocka_unit_test(test_an_open_loop_counts_from_the_first_arrival_to_the_last),
        cmocka_unit_test(test_one_request_at_a_time_has_no_window),
        cmocka_unit_test(test_memory_is_that_of_the_models_own_server),
        cmocka_unit_test(test_a_sample_without_memory_is_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
