/* format.h - figures as text, defined once for the terminal, Markdown and HTML.
 *
 * A figure that does not exist is "-", never a zero.  Everything a format function writes is plain ASCII without
 * markup; names and texts from outside are escaped by the writers.
 */
#ifndef REPORT_FORMAT_H
#define REPORT_FORMAT_H

#include "base/buf.h"
#include "figures/summary.h"

enum { CELL_BYTES = 48 };

/* One column of the table of tests, after the test's name. */
typedef struct column_id {
    const char *title;
    const char *unit;    // "" when it has none
    const char *meaning; // one sentence
    void (*format)(char out[CELL_BYTES], const summary_row *row);
    bool is_number;
    int rank; // importance on a narrow terminal: columns of the highest rank are left out first, those of 0 never
} column_id;

enum { N_COLUMNS = 9 };
extern const column_id COLUMNS[N_COLUMNS];

/* One figure of the whole run. */
typedef struct total_id {
    const char *title;
    const char *unit;
    const char *meaning;
    void (*format)(char out[CELL_BYTES], const run_summary *summary);
    /* NULL, or the spread of the figure, "" when it has none. */
    void (*spread)(char out[CELL_BYTES], const run_summary *summary);
} total_id;

enum { N_TOTALS = 7 };
extern const total_id TOTALS[N_TOTALS];

/* A total with its unit and spread in one line, as text: "102 tok/s (98.1 to 110)". */
void format_total(buf *out, const total_id *total, const run_summary *summary);

/* Three significant digits or so: "0.012", "3.45", "67.8", "912", or "-". */
void format_number(char out[CELL_BYTES], double value);
/* "812.4 MiB", "12.1 GiB". */
void format_bytes(char out[CELL_BYTES], uint64_t bytes);
/* "2026-11-22 01:15:44 UTC". */
void format_time(char out[CELL_BYTES], int64_t unix_ms);
/* The status as a table shows it: "ok" for completed. */
const char *format_status(test_status status);
/* Appends the test's name, unescaped, and the number of the repetition if it is not the first. */
void format_name(buf *out, const test_record *test);

/* Warning number i about the run, one sentence, or NULL past the last. */
const char *format_warning(const run_record *run, const run_summary *summary, int i);

#endif
