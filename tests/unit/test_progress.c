/* What a progress line says, and when one appears. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/progress.h"

static const uint64_t SECOND = 1000000000;

static void check_line(const char *unit, uint64_t done, uint64_t total, uint64_t elapsed_ns, const char *wanted)
{
    char line[160];
    progress_format(line, sizeof line, unit, done, total, elapsed_ns);
    assert_string_equal(line, wanted);
}

static void test_progress_tells_amount_share_rate_and_time_left(void **state)
{
    (void)state;
    check_line(NULL, 12u << 20, 48u << 20, 3 * SECOND, "12.0 of 48.0 MiB  25%  4.0 MiB/s  0:03  0:09 left");
    check_line("tests", 3, 30, 60 * SECOND, "3 of 30 tests  10%  0.1 tests/s  1:00  9:00 left");
    check_line("tests", 0, 30, 0, "0 of 30 tests  0%  0.0 tests/s  0:00  0:00 left");
    check_line(NULL, 5u << 20, 0, SECOND, "5.0 MiB  5.0 MiB/s  0:01"); // the total is not known
    check_line("tests", 30, 30, SECOND, "30 of 30 tests  100%  30.0 tests/s  0:01  0:00 left");
}

/* Runs 25 seconds with an update each second and returns what was written; free it. */
static char *run(bool is_terminal, bool is_quiet)
{
    char *text = NULL;
    size_t size = 0;
    fake_clock clock;
    fake_clock_init(&clock);
    progress_line p;
    progress_init(&p, "loading\x1b[2J", "tests", is_quiet);
    p.to = open_memstream(&text, &size);
    p.clock = &clock.clock;
    p.start_ns = p.last_ns = 0;
    p.is_terminal = is_terminal;
    for (uint64_t s = 1; s <= 25; s++) {
        clock_sleep_ns(&clock.clock, SECOND);
        progress_update(&p, s, 100);
    }
    progress_finish(&p);
    fclose(p.to);
    return text;
}

static int count(const char *text, const char *part)
{
    int n = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at++)
        n++;
    return n;
}

static void test_progress_writes_a_plain_line_every_ten_seconds(void **state)
{
    (void)state;
    char *const text = run(/*is_terminal=*/false, /*is_quiet=*/false);
    assert_int_equal(count(text, "\n"), 2);
    assert_int_equal(count(text, "\x1b"), 0); // a label cannot command the terminal
    assert_non_null(strstr(text, "20 of 100 tests"));
    free(text);
}

static void test_progress_redraws_one_line_on_a_terminal_and_removes_it(void **state)
{
    (void)state;
    char *const text = run(/*is_terminal=*/true, /*is_quiet=*/false);
    assert_int_equal(count(text, "\n"), 0);
    assert_int_equal(count(text, "of 100 tests"), 25);
    assert_string_equal(text + strlen(text) - 4, "\r\x1b[K");
    free(text);
}

static void test_progress_is_silent_when_told(void **state)
{
    (void)state;
    char *const text = run(/*is_terminal=*/true, /*is_quiet=*/true);
    assert_string_equal(text, "");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_progress_tells_amount_share_rate_and_time_left),
        cmocka_unit_test(test_progress_writes_a_plain_line_every_ten_seconds),
        cmocka_unit_test(test_progress_redraws_one_line_on_a_terminal_and_removes_it),
        cmocka_unit_test(test_progress_is_silent_when_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
