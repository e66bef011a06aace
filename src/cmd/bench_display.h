/* bench_display.h - the progress of a benchmark, on standard error.
 *
 * A terminal gets one line that is redrawn in place, with the test's tokens and rate and the time left of the whole
 * run; every finished test leaves a line.  A file or a pipe gets a line for every test that failed, one for another
 * finished test each five seconds at most, one every ten seconds while nothing ends, and the count of each model.
 */
#ifndef CMD_BENCH_DISPLAY_H
#define CMD_BENCH_DISPLAY_H

#include <stdbool.h>
#include <stdio.h>

#include "base/buf.h"
#include "suite/runner.h"

enum { BENCH_TALLIES_MAX = 32 }; // modes and variants of a model that are counted apart

/* Ended tests of a model in one mode.  Names are those of the progress, which outlive the display's use. */
typedef struct bench_tally {
    const char *mode;
    int n_ok, n_ended;
} bench_tally;

typedef struct bench_display {
    FILE *to;
    const sw_clock *clock;
    bool is_quiet, is_terminal, has_color;
    bool is_drawn;
    uint64_t line_ns;                       // of the last line that was printed
    uint64_t start_ns;                      // of the first test seen; 0: none yet
    double start_work;                      // work_done of the first progress seen (a resumed run has some)
    const char *model;                      // of the tallies
    bench_tally tallies[BENCH_TALLIES_MAX]; // (n_tallies)
    size_t n_tallies;
} bench_display;

void bench_display_init(bench_display *display, const sw_clock *clock, bool quiet);
/* A runner_progress_fn; `ud` is the display. */
void bench_display_update(void *ud, const runner_progress *progress);
/* Removes the live line; a file or a pipe gets the count of the last model. */
void bench_display_end(bench_display *display);

/* The live line, without line end, of at most `columns` characters; for tests.  left_s: time left, negative while it
 * is not known. */
void bench_display_format(buf *out, const runner_progress *progress, double left_s, int columns);

#endif
