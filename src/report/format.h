/* format.h - how figures are written, once, for the terminal, Markdown and HTML.
 *
 * A figure that does not exist is "-", never a zero.  Everything a format function writes is plain ASCII without
 * markup; names and texts from outside are escaped by the writers.
 */
#ifndef SW_FORMAT_H
#define SW_FORMAT_H

#include "base/buf.h"
#include "results/summary.h"

enum { SW_CELL_BYTES = 48 };

/* One column of the table of tests, the test's name aside. */
typedef struct sw_column {
    const char *title;
    const char *unit;    // "" when it has none
    const char *meaning; // one sentence
    void (*format)(char out[SW_CELL_BYTES], const sw_summary_row *row);
    bool is_number;
} sw_column;

enum { SW_N_COLUMNS = 9 };
extern const sw_column SW_COLUMNS[SW_N_COLUMNS];

/* One figure of the whole run. */
typedef struct sw_total {
    const char *title;
    const char *unit;
    const char *meaning;
    void (*format)(char out[SW_CELL_BYTES], const sw_summary *summary);
} sw_total;

enum { SW_N_TOTALS = 6 };
extern const sw_total SW_TOTALS[SW_N_TOTALS];

/* Three significant digits or so: "0.012", "3.45", "67.8", "912", or "-". */
void sw_format_number(char out[SW_CELL_BYTES], double value);
/* "812.4 MiB", "12.1 GiB". */
void sw_format_bytes(char out[SW_CELL_BYTES], uint64_t bytes);
/* "2026-11-22 01:15:44 UTC". */
void sw_format_time(char out[SW_CELL_BYTES], int64_t unix_ms);
/* "completed" reads "ok" in a table. */
const char *sw_format_status(sw_test_status status);
/* The test's name and, when tests are repeated, which repetition: appended unescaped to `out`. */
void sw_format_name(sw_buf *out, const sw_test_record *test);

/* Warning number i about the run, one sentence, or NULL past the last. */
const char *sw_format_warning(const sw_run *run, const sw_summary *summary, int i);

#endif
