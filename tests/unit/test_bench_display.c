/* The live line of a benchmark. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cmd/bench_display.h"

static const test_plan PLAN = {.name = "system \x1b[2J design", .group = "g", .prompt = "p", .max_tokens = 400};

static void assert_line(const runner_progress *p, double left_s, int columns, const char *wanted)
{
    buf line;
    buf_init(&line, 4096);
    bench_display_format(&line, p, left_s, columns);
    assert_string_equal(buf_str(&line), wanted);
    buf_free(&line);
}

static void test_a_test_shows_tokens_rate_and_share_of_the_run(void **state)
{
    (void)state;
    const runner_progress p = {.phase = RUNNER_ASKING,
                               .plan = &PLAN,
                               .model = "",
                               .mode = "",
                               .number = 5,
                               .n_tests = 9,
                               .n_events = 100,
                               .elapsed_s = 8,
                               .work_done = 900,
                               .work_total = 2000};
    assert_line(
        &p, 125, 200,
        "[5/9] system <U+001B>[2J design  100 tokens  12.5 tok/s  8.0 s  [##########----------]  50 %  2:05 left");
    assert_line(&p, -1, 11, "[5/9] syste");
}

static void test_a_narrow_terminal_does_without_the_bar(void **state)
{
    (void)state;
    const test_plan plan = {.name = "technical documentation", .max_tokens = 400};
    const runner_progress p = {.phase = RUNNER_ASKING,
                               .plan = &plan,
                               .model = "",
                               .mode = "",
                               .number = 5,
                               .n_tests = 9,
                               .n_events = 100,
                               .elapsed_s = 8,
                               .work_done = 900,
                               .work_total = 2000};
    assert_line(&p, 125, 79, "[5/9] technical documentation  100 tokens  12.5 tok/s  8.0 s   50 %  2:05 left");
}

static void test_more_events_than_asked_for_do_not_overfill_the_bar(void **state)
{
    (void)state;
    const runner_progress p = {.phase = RUNNER_ASKING,
                               .plan = &PLAN,
                               .model = "",
                               .mode = "",
                               .number = 9,
                               .n_tests = 9,
                               .n_events = 9000,
                               .elapsed_s = 0,
                               .work_done = 1600,
                               .work_total = 2000};
    assert_line(&p, -1, 200, "[9/9] system <U+001B>[2J design  9000 tokens  0.0 s  [####################] 100 %");
}

static void test_a_run_of_several_models_and_modes_names_both(void **state)
{
    (void)state;
    runner_progress p = {.phase = RUNNER_ASKING,
                         .plan = &(test_plan){.name = "jugs", .max_tokens = 400},
                         .model = "phi\x1b",
                         .mode = "whole",
                         .number = 5,
                         .n_tests = 9,
                         .n_active = 4,
                         .n_events = 100,
                         .elapsed_s = 8,
                         .work_total = 2000};
    assert_line(
        &p, -1, 200,
        "[5/9] phi<U+001B>, whole: jugs  4 at once  100 tokens  12.5 tok/s  8.0 s  [#-------------------]   5 %");
    p.phase = RUNNER_LOADING;
    assert_line(&p, -1, 200, "loading phi<U+001B>  [--------------------]   0 %");
    p.phase = RUNNER_WARMUP;
    assert_line(&p, -1, 200, "warming up phi<U+001B>  8.0 s  [--------------------]   0 %");
}

static void test_pause_and_warm_up(void **state)
{
    (void)state;
    runner_progress p = {.phase = RUNNER_PAUSE,
                         .plan = &PLAN,
                         .model = "",
                         .mode = "",
                         .number = 1,
                         .n_tests = 2,
                         .n_events = 7,
                         .elapsed_s = 4.2,
                         .work_done = 500,
                         .work_total = 2000};
    assert_line(&p, 61, 200, "[1/2] pause  5 s  [#####---------------]  25 %  1:01 left");
    p.phase = RUNNER_WARMUP;
    p.work_done = 0;
    assert_line(&p, -1, 200, "warming up  4.2 s  [--------------------]   0 %");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_test_shows_tokens_rate_and_share_of_the_run),
        cmocka_unit_test(test_a_narrow_terminal_does_without_the_bar),
        cmocka_unit_test(test_more_events_than_asked_for_do_not_overfill_the_bar),
        cmocka_unit_test(test_a_run_of_several_models_and_modes_names_both),
        cmocka_unit_test(test_pause_and_warm_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
