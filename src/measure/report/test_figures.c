/* test_figures.c - one getter for each figure. */
#include "report/test_figures.h"

#include <math.h>

/* A getter of one member of the figures of a test, or of a mode. */
#define OF_TEST(name, member)                                                                                          \
    static double name(const summary_row *row)                                                                         \
    {                                                                                                                  \
        return (double)row->metrics.member;                                                                            \
    }
#define OF_MODE(name, member)                                                                                          \
    static double mode_##name(const run_summary *s)                                                                    \
    {                                                                                                                  \
        return (double)s->member;                                                                                      \
    }

OF_TEST(tokens, n_tokens)
OF_TEST(ttft_ms, ttft_ms)
OF_TEST(ttft_answer_ms, ttft_answer_ms)
OF_TEST(ttfr_ms, ttfr_ms)
OF_TEST(ttfb_ms, ttfb_ms)
OF_TEST(e2e_ms, e2e_ms)
OF_TEST(decode_ms, decode_ms)
OF_TEST(tpot_ms, tpot_ms)
OF_TEST(decode_tps, decode_tps)
OF_TEST(overall_tps, overall_tps)
OF_TEST(first_tokens, n_first)
OF_TEST(queue_ms, queue_ms)
OF_TEST(overhead_ms, overhead_ms)
OF_TEST(schedule_delay_ms, schedule_delay_ms)
OF_TEST(prefill_tps, prefill_tps)
OF_TEST(server_decode_tps, server_decode_tps)
OF_TEST(pace, pace)
OF_TEST(itl_p50_ms, itl_ms.p50)
OF_TEST(itl_p95_ms, itl_ms.p95)
OF_TEST(itl_p99_ms, itl_ms.p99)
OF_TEST(itl_max_ms, itl_ms.max)
OF_TEST(stalls, n_stalls)
OF_TEST(stall_max_ms, stall_max_ms)
OF_TEST(responsiveness, responsiveness)
OF_TEST(repetition, repetition.score)
OF_TEST(repetition_window_max, repetition.window_max)

/* What a server did not tell is NAN in the record, or -1. */
static double told(int64_t value)
{
    return value >= 0 ? (double)value : NAN;
}

static double prompt_tokens(const summary_row *row)
{
    return told(row->test->answer.prompt_tokens);
}

static double cached_tokens(const summary_row *row)
{
    return told(row->test->answer.cached_tokens);
}

static double mark(const summary_row *row)
{
    return content_score_of(row->test, &row->metrics.repetition).mark;
}

static double checks_passed(const summary_row *row)
{
    return content_score_of(row->test, &row->metrics.repetition).n_passed;
}

static double checks_run(const summary_row *row)
{
    return content_score_of(row->test, &row->metrics.repetition).n_run;
}

// clang-format off
const test_figure TEST_FIGURES[N_TEST_FIGURES] = {
    {"tokens", "tok", "the server's usage.completion_tokens; without it, content events (count: \"events\")", tokens, "tests"},
    {"prompt_tokens", "tok", "the server's usage.prompt_tokens", prompt_tokens, "tests"},
    {"cached_tokens", "tok", "of the prompt, evaluated for an earlier request; over 0: the first token is on a warm prefix", cached_tokens, "tests"},
    {"ttft_ms", "ms", "first content event - request written", ttft_ms, "events"},
    {"ttft_answer_ms", "ms", "first content event that is not reasoning - request written", ttft_answer_ms, "events"},
    {"ttfr_ms", "ms", "first event of any kind - request written", ttfr_ms, "tests"},
    {"ttfb_ms", "ms", "response headers complete - request written", ttfb_ms, "tests"},
    {"e2e_ms", "ms", "end of stream - request written", e2e_ms, "tests"},
    {"decode_ms", "ms", "last - first content event", decode_ms, "events"},
    {"tpot_ms", "ms", "decode_ms / tokens that came after the first content event", tpot_ms, "events"},
    {"decode_tps", "tok/s", "1000 / tpot_ms; null for fewer events than half the tokens, and for fewer than 20 different arrival times", decode_tps, "events"},
    {"overall_tps", "tok/s", "1000 * tokens / e2e_ms, prefill included", overall_tps, "tests"},
    {"first_tokens", "tok", "sampled up to the first content event, those without text included", first_tokens, "events"},
    {"prefill_tps", "tok/s", "1000 * (prompt_tokens - cached_tokens) / (ttft_ms - queue_ms)", prefill_tps, "tests"},
    {"server_decode_tps", "tok/s", "tokens / generation time, as the server says", server_decode_tps, "tests"},
    {"queue_ms", "ms", "waiting for a slot, as the server says", queue_ms, "tests"},
    {"overhead_ms", "ms", "e2e_ms without the server's waiting, prompt and generation", overhead_ms, "tests"},
    {"schedule_delay_ms", "ms", "request written - when the schedule wanted it", schedule_delay_ms, "tests"},
    {"pace", "", "rate of the last quarter of the tokens / of the first", pace, "events"},
    {"itl_p50_ms", "ms", "median gap between tokens: gaps between content events, divided where an event holds several tokens", itl_p50_ms, "events"},
    {"itl_p95_ms", "ms", "95th percentile of the gaps", itl_p95_ms, "events"},
    {"itl_p99_ms", "ms", "99th percentile of the gaps", itl_p99_ms, "events"},
    {"itl_max_ms", "ms", "longest gap", itl_max_ms, "events"},
    {"stalls", "", "gaps over max(1 s, 10 x median gap)", stalls, "events"},
    {"stall_max_ms", "ms", "longest stall", stall_max_ms, "events"},
    {"responsiveness", "", "share of gaps of at most twice the median gap", responsiveness, "events"},
    {"repetition", "", "repeated word triples / all word triples", repetition, "answers"},
    {"repetition_window_max", "", "highest repetition of 200 words in a row", repetition_window_max, "answers"},
    {"mark", "", "content mark, 1 to 5, by the rubric", mark, "checks"},
    {"checks_passed", "", "checks of the test that passed", checks_passed, "checks"},
    {"checks_run", "", "checks of the test that ran", checks_run, "checks"},
};
// clang-format on

OF_MODE(planned, n_planned)
OF_MODE(requests, n_rows)
OF_MODE(completed, n_completed)
OF_MODE(success_rate, success_rate)
OF_MODE(tokens, n_tokens)
OF_MODE(decode_tps, decode_tps)
OF_MODE(decode_test_p50_tps, test_decode_tps.p50)
OF_MODE(without_decode, n_without_decode)
OF_MODE(overall_tps, overall_tps)
OF_MODE(ttft_p50_ms, ttft_ms.p50)
OF_MODE(decode_low_tps, decode_range.low)
OF_MODE(decode_high_tps, decode_range.high)
OF_MODE(decode_by_events, n_decode_by_events)
OF_MODE(prefill_tps, prefill_tps)
OF_MODE(ttft_cold_p50_ms, ttft_cold_ms.p50)
OF_MODE(ttft_warm_p50_ms, ttft_warm_ms.p50)
OF_MODE(responsiveness, responsiveness)
OF_MODE(concurrency_max, load.concurrency_max)
OF_MODE(concurrency_mean, load.concurrency_mean)
OF_MODE(window_s, load.window_s)
OF_MODE(output_tps, load.output_tps)
OF_MODE(total_tps, load.total_tps)
OF_MODE(requests_per_s, load.requests_per_s)
OF_MODE(peak_tps, load.peak_tps)
OF_MODE(itl_p50_ms, itl_ms.p50)
OF_MODE(itl_p95_ms, itl_ms.p95)
OF_MODE(itl_p99_ms, itl_ms.p99)
OF_MODE(stalls, n_stalls)
OF_MODE(repetition_mean, mean_repetition)
OF_MODE(degenerate, n_degenerate)

// clang-format off
const mode_figure MODE_FIGURES[N_MODE_FIGURES] = {
    {"planned", "", "requests that were planned", mode_planned, "modes"},
    {"requests", "", "requests that were sent, warm-ups left out", mode_requests, "tests"},
    {"completed", "", "requests that completed", mode_completed, "modes"},
    {"success_rate", "", "completed / planned", mode_success_rate, "modes"},
    {"tokens", "tok", "of all completed answers", mode_tokens, "modes"},
    {"decode_tps", "tok/s", "1000 * sum of tokens that came after the first content event / sum of decode_ms, over the tests that have a decode_tps", mode_decode_tps, "events"},
    {"decode_test_p50_tps", "tok/s", "median of the tests' own decode_tps", mode_decode_test_p50_tps, "events"},
    {"without_decode", "", "completed tests that have no decode_tps", mode_without_decode, "events"},
    {"overall_tps", "tok/s", "1000 * sum of tokens / sum of e2e_ms, over the tests that completed", mode_overall_tps, "modes"},
    {"ttft_p50_ms", "ms", "median of the tests' ttft_ms", mode_ttft_p50_ms, "events"},
    {"decode_low_tps", "tok/s", "lower end of the 95 % interval of decode_tps, over tests (bootstrap)", mode_decode_low_tps, "events"},
    {"decode_high_tps", "tok/s", "upper end", mode_decode_high_tps, "events"},
    {"decode_by_events", "", "tests whose rate counts events, because the tokens in them are not told", mode_decode_by_events, "events"},
    {"prefill_tps", "tok/s", "evaluated tokens of all prompts over the time until the first tokens", mode_prefill_tps, "tests"},
    {"ttft_cold_p50_ms", "ms", "median of the tests without a cached part of the prompt", mode_ttft_cold_p50_ms, "events"},
    {"ttft_warm_p50_ms", "ms", "median of the tests with a cached part of the prompt", mode_ttft_warm_p50_ms, "events"},
    {"responsiveness", "", "mean of the tests", mode_responsiveness, "events"},
    {"concurrency_max", "", "most requests at a time", mode_concurrency_max, "tests"},
    {"concurrency_mean", "", "requests at a time, weighted by time", mode_concurrency_mean, "tests"},
    {"window_s", "s", "steady window: all workers were busy, or requests arrived", mode_window_s, "tests"},
    {"output_tps", "tok/s", "tokens that arrived in the window, per second", mode_output_tps, "events"},
    {"total_tps", "tok/s", "the same with the prompts of the requests that began in it", mode_total_tps, "events"},
    {"requests_per_s", "1/s", "requests that ended in the window, per second", mode_requests_per_s, "tests"},
    {"peak_tps", "tok/s", "most tokens in one second", mode_peak_tps, "events"},
    {"itl_p50_ms", "ms", "median of the gaps of all completed tests together", mode_itl_p50_ms, "events"},
    {"itl_p95_ms", "ms", "95th percentile of these gaps", mode_itl_p95_ms, "events"},
    {"itl_p99_ms", "ms", "99th percentile of these gaps", mode_itl_p99_ms, "events"},
    {"stalls", "", "sum over the tests", mode_stalls, "events"},
    {"repetition_mean", "", "mean over the tests", mode_repetition_mean, "answers"},
    {"degenerate", "", "answers whose repetition verdict is \"degenerate\"", mode_degenerate, "answers"},
};
// clang-format on
