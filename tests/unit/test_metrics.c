/* The worked example of docs/benchmark.md, and what happens to figures that do not exist. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "figures/summary.h"

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
    return (test_record){.answer = {.queue_ms = NAN,
                                    .prompt_ms = NAN,
                                    .decode_ms = NAN,
                                    .prompt_tokens = -1,
                                    .cached_tokens = -1,
                                    .error = "",
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
    const arrival arrivals[] = {
        {500 * MS, 1, 0, false}, {600 * MS, 1, 0, false}, {700 * MS, 1, 0, false}, {900 * MS, 1, 0, false}};
    const test_record test = example(arrivals, 4);
    const test_metrics m = measure(&test);
    assert_near(m.ttfb_ms, 40);
    assert_near(m.ttfr_ms, 50);
    assert_near(m.ttft_ms, 500);
    assert_near(m.e2e_ms, 910);
    assert_near(m.tpot_ms, 400.0 / 3);
    assert_true(isnan(m.decode_tps)); // it would be 7.5 tok/s: four arrival times are too few to say so
    assert_int_equal(m.decode, DECODE_FEW_TIMES);
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
    const arrival arrivals[] = {{100 * MS, 1, 0, false}, {200 * MS, 1, 0, false}};
    test_record test = example(arrivals, 2);
    test.answer.completion_tokens = 5;
    test_metrics m = measure(&test);
    assert_int_equal(m.n_tokens, 5);
    assert_true(isnan(m.tpot_ms)); // two events do not say when five tokens came
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
        arrivals[i] = (arrival){(i + 1) * MS, 1, 0, false};
    test_record test = example(arrivals, 100);
    test.answer.completion_tokens = 102;
    assert_false(measure(&test).counts_differ);
    test.answer.completion_tokens = 103;
    assert_true(measure(&test).counts_differ);
}

static void test_reasoning_and_answer_have_their_own_first_token(void **state)
{
    (void)state;
    const arrival arrivals[] = {{100 * MS, 1, 0, true}, {200 * MS, 1, 0, true}, {300 * MS, 1, 0, false}};
    const test_record test = example(arrivals, 3);
    const test_metrics m = measure(&test);
    assert_near(m.ttft_ms, 100);
    assert_near(m.ttft_answer_ms, 300);
}

static void test_a_stall_is_long_and_out_of_the_ordinary(void **state)
{
    (void)state;
    const arrival quick[] = {
        {0, 1, 0, false}, {50 * MS, 1, 0, false}, {100 * MS, 1, 0, false}, {1200 * MS, 1, 0, false}};
    const test_record stalled = example(quick, 4);
    const test_metrics m = measure(&stalled);
    assert_int_equal(m.n_stalls, 1);
    assert_near(m.stall_max_ms, 1100);
    const arrival slow[] = {
        {0, 1, 0, false}, {2000 * MS, 1, 0, false}, {4000 * MS, 1, 0, false}, {6100 * MS, 1, 0, false}};
    const test_record steady = example(slow, 4);
    assert_int_equal(measure(&steady).n_stalls, 0);
}

static void test_an_answer_of_one_event_has_no_decode_rate(void **state)
{
    (void)state;
    const arrival arrivals[] = {{100 * MS, 1, 0, false}};
    const test_record test = example(arrivals, 1);
    const test_metrics m = measure(&test);
    assert_true(isnan(m.tpot_ms) && isnan(m.decode_tps) && isnan(m.itl_ms.p50) && isnan(m.responsiveness));
    assert_int_equal(m.decode, DECODE_NO_GAP);
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

enum { MANY = 101 };

/* MANY events, `n_together` of them at a time, `step_ms` apart. */
static test_record stream(arrival arrivals[MANY], int n_together, int64_t step_ms)
{
    for (int i = 0; i < MANY; i++)
        arrivals[i] = (arrival){(500 + i / n_together * step_ms) * MS, 1, 0, false};
    test_record test = example(arrivals, MANY);
    test.answer.end_ns = arrivals[MANY - 1].t_ns;
    return test;
}

static void assert_decode(const test_record *test, decode_verdict verdict, double tps)
{
    const test_metrics m = measure(test);
    assert_int_equal(m.decode, verdict);
    assert_int_equal(metrics_decode_reason(m.decode) == NULL, verdict == DECODE_MEASURED);
    if (isnan(tps))
        assert_true(isnan(m.decode_tps));
    else
        assert_near(m.decode_tps, tps);
}

static void test_a_decode_rate_needs_events_for_half_its_tokens(void **state)
{
    (void)state;
    arrival arrivals[MANY];
    test_record test = stream(arrivals, 1, 10);
    assert_decode(&test, DECODE_MEASURED, 100);
    test.answer.completion_tokens = 2 * MANY;
    assert_decode(&test, DECODE_MEASURED, 100); // the others may have been sampled before the first event
    assert_true(measure(&test).decode_by_events);
    test.answer.completion_tokens = 2 * MANY + 1;
    assert_decode(&test, DECODE_FEW_EVENTS, NAN);
}

static void test_a_decode_rate_needs_twenty_arrival_times(void **state)
{
    (void)state;
    arrival arrivals[MANY];
    test_record test = stream(arrivals, 5, 10);      // 21 times
    assert_decode(&test, DECODE_MEASURED, 96 / 0.2); // five came in the first read, and no time passed for them
    test.answer.n_arrivals = 100;                    // 20 times
    test.answer.completion_tokens = 100;
    assert_decode(&test, DECODE_MEASURED, 95 / 0.19);
    test.answer.n_arrivals = 95; // 19 times
    test.answer.completion_tokens = 95;
    assert_decode(&test, DECODE_FEW_TIMES, NAN);
    test = stream(arrivals, MANY, 10); // all in one network read: no time passes at all
    assert_decode(&test, DECODE_FEW_TIMES, NAN);
}

/* Three tokens of a header, then one token each 10 ms. */
static test_record stream_with_header(arrival arrivals[MANY], bool is_told)
{
    test_record test = stream(arrivals, 1, 10);
    for (int i = 0; is_told && i < MANY; i++)
        arrivals[i].n_tokens = i == 0 ? 4 : 1;
    test.answer.completion_tokens = MANY + 3;
    return test;
}

static void test_tokens_before_the_first_event_are_in_no_rate(void **state)
{
    (void)state;
    arrival arrivals[MANY];
    test_record test = stream_with_header(arrivals, true);
    assert_decode(&test, DECODE_MEASURED, 100);
    test_metrics m = measure(&test);
    assert_int_equal(m.n_tokens, MANY + 3);
    assert_int_equal(m.n_first, 4);
    assert_int_equal(m.n_decoded, MANY - 1);
    assert_true(m.has_token_counts && !m.decode_by_events);
    test = stream_with_header(arrivals, false);
    assert_decode(&test, DECODE_MEASURED, 100);
    m = measure(&test);
    assert_int_equal(m.n_tokens, MANY + 3);
    assert_true(!m.has_token_counts && m.decode_by_events);
    test.answer.completion_tokens = MANY; // one each: nothing is hidden
    assert_false(measure(&test).decode_by_events);
}

/* Events of one and of two tokens, 10 ms for each token. */
static void test_gaps_of_events_with_several_tokens_are_divided(void **state)
{
    (void)state;
    arrival arrivals[MANY];
    test_record test = stream(arrivals, 1, 30);
    for (int i = 0; i < MANY; i++)
        arrivals[i].n_tokens = i % 2 == 0 ? 1 : 2;
    for (int i = 1; i < MANY; i++)
        arrivals[i].t_ns = arrivals[i - 1].t_ns + 10 * MS * (int64_t)arrivals[i].n_tokens;
    test.answer.completion_tokens = MANY + MANY / 2;
    const test_metrics m = measure(&test);
    assert_int_equal(m.itl_ms.n, MANY + MANY / 2 - 1);
    assert_near(m.itl_ms.p50, 10);
    assert_near(m.itl_ms.max, 10);
    assert_near(m.itl_ms.mean, m.tpot_ms);
    assert_near(m.responsiveness, 1);
    assert_int_equal(m.chunk_ms.n, MANY - 1);
    assert_near(m.chunk_ms.max, 20);
    assert_near(m.decode_tps, 100);
}

/* A character of two tokens: the event with its first half adds a token, the one with the second does not. */
static void test_an_event_without_a_token_is_a_part_of_the_next(void **state)
{
    (void)state;
    arrival arrivals[MANY];
    test_record test = stream(arrivals, 1, 10);
    for (int i = 0; i < MANY; i++)
        arrivals[i].n_tokens = 1;
    arrivals[50].n_tokens = arrivals[MANY - 1].n_tokens = 0;
    test.answer.completion_tokens = MANY - 2;
    const test_metrics m = measure(&test);
    assert_true(m.has_token_counts);
    assert_int_equal(m.n_decoded, MANY - 3);
    assert_near(m.decode_ms, 990); // until the last token
    assert_int_equal(m.itl_ms.n, MANY - 3);
    assert_near(m.itl_ms.max, 20);
    assert_near(m.itl_ms.mean, m.tpot_ms);
    assert_int_equal(m.chunk_ms.n, MANY - 1);
}

static void test_a_token_without_text_at_the_end_is_no_reason_to_count_events(void **state)
{
    (void)state;
    arrival arrivals[MANY];
    test_record test = stream(arrivals, 1, 10);
    test.answer.completion_tokens = MANY + 1;
    const test_metrics m = measure(&test);
    assert_near(m.decode_tps, 100);
    assert_false(m.decode_by_events);
}

static void test_counts_of_events_that_are_too_large_are_not_believed(void **state)
{
    (void)state;
    arrival arrivals[MANY];
    test_record test = stream(arrivals, 1, 10);
    for (int i = 0; i < MANY; i++)
        arrivals[i].n_tokens = UINT32_MAX;
    const test_metrics m = measure(&test);
    assert_false(m.has_token_counts);
    assert_near(m.decode_tps, 100);
    assert_int_equal(m.itl_ms.n, MANY - 1);
    test.answer.completion_tokens = -1;
    assert_int_equal(measure(&test).n_tokens, (int64_t)MANY * UINT32_MAX);
}

static void test_events_of_unknown_sizes_have_no_gaps_per_token(void **state)
{
    (void)state;
    arrival arrivals[MANY];
    test_record test = stream(arrivals, 1, 10);
    test.answer.completion_tokens = 3 * MANY;
    arrivals[MANY - 1].t_ns += 2000 * MS;
    const test_metrics m = measure(&test);
    assert_int_equal(m.decode, DECODE_FEW_EVENTS);
    assert_int_equal(m.itl_ms.n, 0);
    assert_true(isnan(m.itl_ms.p50) && isnan(m.tpot_ms) && isnan(m.pace));
    assert_near(m.chunk_ms.p50, 10);
    assert_int_equal(m.n_stalls, 1); // a reader waited all the same
    test = stream(arrivals, 10, 10); // 101 events in 11 reads
    assert_int_equal(measure(&test).itl_ms.n, 0);
}

static void test_a_document_has_no_gaps(void **state)
{
    (void)state;
    const arrival arrivals[] = {{910 * MS, 100, 40, false}};
    test_record test = example(arrivals, 40);
    test.answer.n_arrivals = 1;
    test.mode = MODE_WHOLE;
    test.answer.decode_ms = 800;
    const test_metrics m = measure(&test);
    assert_int_equal(m.decode, DECODE_WHOLE);
    assert_true(isnan(m.ttft_ms) && isnan(m.ttfr_ms) && isnan(m.ttft_answer_ms) && isnan(m.tpot_ms));
    assert_true(isnan(m.prefill_tps) && isnan(m.responsiveness));
    assert_int_equal(m.itl_ms.n, 0);
    assert_near(m.e2e_ms, 910);
    assert_near(m.overall_tps, 40 / 0.910);
    assert_near(m.server_decode_tps, 50);
}

static void test_a_prompt_is_timed_without_its_cached_part_and_the_queue(void **state)
{
    (void)state;
    const arrival arrivals[] = {{500 * MS, 1, 0, false}, {600 * MS, 1, 0, false}};
    test_record test = example(arrivals, 2);
    assert_true(isnan(measure(&test).prefill_tps)); // no count
    test.answer.prompt_tokens = 100;
    test_metrics m = measure(&test);
    assert_near(m.prefill_tps, 200);
    assert_true(m.prefill_by_client && !m.is_warm);
    test.answer.cached_tokens = 60;
    test.answer.queue_ms = 100;
    m = measure(&test);
    assert_near(m.prefill_tps, 100);
    assert_true(!m.prefill_by_client && m.is_warm);
    test.answer.cached_tokens = 100;
    assert_true(isnan(measure(&test).prefill_tps)); // nothing was evaluated
}

static void test_times_from_the_schedule_include_the_delay(void **state)
{
    (void)state;
    const arrival arrivals[] = {{500 * MS, 1, 0, false}, {600 * MS, 1, 0, false}};
    test_record test = example(arrivals, 2);
    assert_near(measure(&test).e2e_from_schedule_ms, 910);
    test.answer.scheduled_ns = -90 * MS;
    const test_metrics m = measure(&test);
    assert_near(m.schedule_delay_ms, 90);
    assert_near(m.ttft_from_schedule_ms, 590);
    assert_near(m.e2e_from_schedule_ms, 1000);
    assert_near(m.e2e_ms, 910);
}

static void test_overhead_is_what_the_server_does_not_account_for(void **state)
{
    (void)state;
    const arrival arrivals[] = {{500 * MS, 1, 0, false}, {600 * MS, 1, 0, false}};
    test_record test = example(arrivals, 2);
    assert_true(isnan(measure(&test).overhead_ms));
    test.answer.prompt_ms = 480;
    test.answer.decode_ms = 410;
    assert_near(measure(&test).overhead_ms, 20);
    test.answer.queue_ms = 5;
    assert_near(measure(&test).overhead_ms, 15);
}

/* 25 gaps of 10 ms, 50 of 12, 25 of 20. */
static void test_the_pace_is_the_last_quarter_over_the_first(void **state)
{
    (void)state;
    arrival arrivals[MANY];
    test_record test = stream(arrivals, 1, 10);
    for (int i = 1; i < MANY; i++)
        arrivals[i].t_ns = arrivals[i - 1].t_ns + (i <= 25 ? 10 : i <= 75 ? 12 : 20) * MS;
    test_metrics m = measure(&test);
    assert_near(m.first_tps, 100);
    assert_near(m.last_tps, 50);
    assert_near(m.pace, 0.5);
    test.answer.n_arrivals = test.answer.completion_tokens = 19;
    m = measure(&test);
    assert_true(isnan(m.pace));
    // The tokens of a packed event share its gap.
    test = stream(arrivals, 1, 40);
    for (int i = 0; i < MANY; i++)
        arrivals[i].n_tokens = 2;
    test.answer.n_arrivals = 24; // 23 gaps: a quarter ends inside of one
    test.answer.completion_tokens = 48;
    assert_near(measure(&test).pace, 1);
}

static void test_objectives_are_met_or_not(void **state)
{
    (void)state;
    arrival arrivals[MANY];
    test_record test = stream(arrivals, 1, 10);
    const test_metrics m = measure(&test);
    objectives slo = {NAN, NAN, NAN, NAN};
    assert_false(objectives_are_set(&slo));
    slo = (objectives){500, 10, 10, 1500};
    assert_true(objectives_are_set(&slo) && objectives_are_met(&slo, &m));
    const objectives missed[] = {
        {499, NAN, NAN, NAN}, {NAN, 9.9, NAN, NAN}, {NAN, NAN, 9.9, NAN}, {NAN, NAN, NAN, 1499}};
    for (int i = 0; i < 4; i++)
        assert_false(objectives_are_met(&missed[i], &m));
    test.mode = MODE_WHOLE;
    const test_metrics whole = measure(&test);
    assert_false(objectives_are_met(&missed[0], &whole)); // it has no such time
}

static void test_the_rate_of_a_run_is_all_tokens_over_all_time(void **state)
{
    (void)state;
    static arrival quick[MANY], slow[MANY], slower[MANY], merged[MANY];
    test_record tests[] = {stream(quick, 1, 1),     stream(slow, 1, 10), stream(slower, 1, 20),
                           stream(merged, MANY, 1), stream(quick, 1, 1), stream(quick, 1, 1)};
    tests[4].answer.status = TEST_INCOMPLETE;
    tests[5].is_warmup = true;
    const run_record run = {.info.n_planned = 5, .tests = tests, .n_tests = 6};
    run_summary s;
    assert_int_equal(summary_of(&run, 0, MODE_STREAM, &s, NULL), SW_OK);
    assert_int_equal(s.n_completed, 4);
    assert_near(s.decode_tps, 300 / (0.1 + 1 + 2)); // the mean of the rates would be 383
    assert_int_equal(s.test_decode_tps.n, 3);
    assert_near(s.test_decode_tps.p50, 100);
    assert_near(s.test_decode_tps.min, 50);
    assert_near(s.test_decode_tps.max, 1000);
    assert_int_equal(s.n_without_decode, 1);
    assert_near(s.overall_tps, 4 * MANY / (0.6 + 1.5 + 2.5 + 0.5));
    assert_near(s.ttft_ms.p50, 500);
    assert_near(s.success_rate, 0.8);
    summary_free(&s);
}

static void test_a_run_without_decode_rates_has_none(void **state)
{
    (void)state;
    arrival merged[MANY];
    test_record test = stream(merged, MANY, 1);
    const run_record run = {.info.n_planned = 1, .tests = &test, .n_tests = 1};
    run_summary s;
    assert_int_equal(summary_of(&run, 0, MODE_STREAM, &s, NULL), SW_OK);
    assert_true(isnan(s.decode_tps) && isnan(s.test_decode_tps.p50));
    assert_int_equal(s.n_without_decode, 1);
    summary_free(&s);
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
        cmocka_unit_test(test_a_decode_rate_needs_events_for_half_its_tokens),
        cmocka_unit_test(test_a_decode_rate_needs_twenty_arrival_times),
        cmocka_unit_test(test_tokens_before_the_first_event_are_in_no_rate),
        cmocka_unit_test(test_gaps_of_events_with_several_tokens_are_divided),
        cmocka_unit_test(test_an_event_without_a_token_is_a_part_of_the_next),
        cmocka_unit_test(test_a_token_without_text_at_the_end_is_no_reason_to_count_events),
        cmocka_unit_test(test_counts_of_events_that_are_too_large_are_not_believed),
        cmocka_unit_test(test_events_of_unknown_sizes_have_no_gaps_per_token),
        cmocka_unit_test(test_a_document_has_no_gaps),
        cmocka_unit_test(test_a_prompt_is_timed_without_its_cached_part_and_the_queue),
        cmocka_unit_test(test_times_from_the_schedule_include_the_delay),
        cmocka_unit_test(test_overhead_is_what_the_server_does_not_account_for),
        cmocka_unit_test(test_the_pace_is_the_last_quarter_over_the_first),
        cmocka_unit_test(test_objectives_are_met_or_not),
        cmocka_unit_test(test_the_rate_of_a_run_is_all_tokens_over_all_time),
        cmocka_unit_test(test_a_run_without_decode_rates_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
