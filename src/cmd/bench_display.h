/* bench_display.h - a benchmark under way, on standard error.
 *
 * A terminal gets one line that is redrawn in place, with the test's tokens and rate and the time left of the whole
 * run; every finished test leaves a line.  Anything else gets only those.
 */
#ifndef SW_BENCH_DISPLAY_H
#define SW_BENCH_DISPLAY_H

#include <stdbool.h>
#include <stdio.h>

#include "base/buf.h"
#include "suite/runner.h"

typedef struct sw_bench_display {
    FILE *to;
    const sw_clock *clock;
    bool is_quiet, is_terminal, has_color;
    bool is_drawn;
    uint64_t start_ns; // of the first test seen; 0: none yet
    double start_work; // what was done before (a resumed run)
} sw_bench_display;

void sw_bench_display_init(sw_bench_display *display, const sw_clock *clock, bool quiet);
/* An sw_runner_progress_fn; `ud` is the display. */
void sw_bench_display_update(void *ud, const sw_runner_progress *progress);
/* Takes the live line away. */
void sw_bench_display_clear(sw_bench_display *display);

/* The live line, without line end, of at most `columns` characters; for tests.  left_s: time left, negative when it
 * cannot be told yet. */
void sw_bench_display_format(sw_buf *out, const sw_runner_progress *progress, double left_s, int columns);

#endif
