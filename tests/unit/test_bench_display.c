/* The live line of a benchmark, and what a file or a pipe gets of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* ---- a file or a pipe -------------------------------------------------------------------------------------------- */

static uint64_t now_ns;

static uint64_t read_clock(void *ud)
{
    (void)ud;
    return now_ns;
}

/* A test of a mode ended `seconds` after the last one. */
static void end_test(bench_display *d, const char *model, const char *mode, test_status status, double seconds)
{
    const test_plan plan = {.name = "jugs", .max_tokens = 40};
    const test_record test = {.answer = {.status = status, .error = "the queue is full"}};
    const test_metrics metrics = {.n_tokens = 40, .decode_tps = 12.5, .e2e_ms = 3200};
    now_ns += (uint64_t)(seconds * 1e9);
    bench_display_update(d, &(runner_progress){.phase = RUNNER_ENDED,
                                               .plan = &plan,
                                               .model = model,
                                               .mode = mode,
                                               .number = 3,
                                               .n_tests = 240,
                                               .test = &test,
                                               .metrics = &metrics});
}

static void assert_log(bench_display *d, char **text, const char *wanted)
{
    bench_display_end(d);
    fclose(d->to);
    assert_string_equal(*text, wanted);
    free(*text);
}

static bench_display display_to(char **text, size_t *size, bool quiet)
{
    static const sw_clock CLOCK = {.now_ns = read_clock};
    bench_display d;
    bench_display_init(&d, &CLOCK, quiet);
    d.to = open_memstream(text, size);
    assert_non_null(d.to);
    d.is_terminal = d.has_color = false;
    return d;
}

static void test_a_pipe_gets_few_lines_every_failure_and_the_counts(void **state)
{
    (void)state;
    char *text;
    size_t size;
    bench_display d = display_to(&text, &size, false);
    for (int i = 0; i < 60; i++) // a minute: at 5 s, 10 s, ... a line
        end_test(&d, "phi", i % 2 == 0 ? "stream" : "whole", TEST_COMPLETED, i < 20 ? 1 : 0.001);
    end_test(&d, "phi", "whole", TEST_HTTP_ERROR, 0.001);
    end_test(&d, "gpt", "stream", TEST_COMPLETED, 0.001);
    assert_log(&d, &text,
               "[3/240] phi, stream: jugs: ok, 40 tokens, 12.5 tok/s, 3.20 s\n"
               "[3/240] phi, whole: jugs: ok, 40 tokens, 12.5 tok/s, 3.20 s\n"
               "[3/240] phi, stream: jugs: ok, 40 tokens, 12.5 tok/s, 3.20 s\n"
               "[3/240] phi, whole: jugs: ok, 40 tokens, 12.5 tok/s, 3.20 s\n"
               "[3/240] phi, whole: jugs: http_error, the queue is full\n"
               "phi: stream 30 of 30 ok, whole 30 of 31 ok\n"
               "gpt: stream 1 of 1 ok\n");
}

static void test_a_run_of_one_model_and_mode_is_counted_without_names(void **state)
{
    (void)state;
    char *text;
    size_t size;
    bench_display d = display_to(&text, &size, false);
    end_test(&d, "", "", TEST_COMPLETED, 0);
    end_test(&d, "", "", TEST_COMPLETED, 0);
    assert_log(&d, &text, "2 of 2 ok\n");
}

static void test_more_modes_than_are_counted_apart_are_counted_together(void **state)
{
    (void)state;
    static char modes[BENCH_TALLIES_MAX + 3][24];
    char *text;
    size_t size;
    bench_display d = display_to(&text, &size, false);
    for (int i = 0; i < BENCH_TALLIES_MAX + 3; i++) {
        snprintf(modes[i], sizeof modes[i], "temperature=%d", i);
        end_test(&d, "", modes[i], TEST_COMPLETED, 0);
    }
    bench_display_end(&d);
    fclose(d.to);
    assert_non_null(strstr(text, "temperature=31 4 of 4 ok\n"));
    free(text);
}

static void test_quiet_is_silent(void **state)
{
    (void)state;
    char *text;
    size_t size;
    bench_display d = display_to(&text, &size, true);
    end_test(&d, "", "", TEST_HTTP_ERROR, 60);
    assert_log(&d, &text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_test_shows_tokens_rate_and_share_of_the_run),
        cmocka_unit_test(test_a_narrow_terminal_does_without_the_bar),
        cmocka_unit_test(test_more_events_than_asked_for_do_not_overfill_the_bar),
        cmocka_unit_test(test_a_run_of_several_models_and_modes_names_both),
        cmocka_unit_test(test_pause_and_warm_up),
        cmocka_unit_test(test_a_pipe_gets_few_lines_every_failure_and_the_counts),
        cmocka_unit_test(test_a_run_of_one_model_and_mode_is_counted_without_names),
        cmocka_unit_test(test_more_modes_than_are_counted_apart_are_counted_together),
        cmocka_unit_test(test_quiet_is_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
