/* progress.h - progress of a long operation on standard error: done, rate, time passed and left.
 *
 * On a terminal one line is redrawn in place and removed at the end; elsewhere a plain line is printed every ten
 * seconds, so that logs stay short.  Not thread-safe: one thread updates it.
 */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"

typedef struct progress_line {
    const char *label; // any text; it is escaped
    const char *unit;  // "tests", ...; NULL: bytes, shown in MiB
    FILE *to;
    const sw_clock *clock;
    bool is_terminal, is_quiet;
    bool is_drawn; // the terminal shows a line
    uint64_t start_ns, last_ns;
} progress_line;

/* `label` and `unit` must outlive *p.  quiet: nothing is ever printed. */
void progress_init(progress_line *p, const char *label, const char *unit, bool quiet);
/* Prints if enough time has passed.  total 0: unknown. */
void progress_update(progress_line *p, uint64_t done, uint64_t total);
/* The same as a callback of the library (sw_progress_fn): `progress` is a progress_line. */
void progress_on_bytes(void *progress, uint64_t done, uint64_t total);
/* Removes the line. */
void progress_finish(progress_line *p);

/* Formats the state after `elapsed_ns`, without label and line end: "12.0 of 48.0 MiB  25%  4.0 MiB/s  0:03  0:09
 * left". Returns what snprintf does. */
int progress_format(char *out, size_t size, const char *unit, uint64_t done, uint64_t total, uint64_t elapsed_ns);

/* Appends "[#####---------------] " for a share from 0 to 1. */
void progress_put_bar(buf *out, double share);
enum { PROGRESS_BAR_COLUMNS = 23 };

#endif
