/* report_text.c - the run as a table for a terminal.
 *
 * Names and errors are escaped, so that no answer can send control sequences; the first column is cut to its width.
 */
#include <string.h>

#include "base/escape.h"
#include "base/utf8.h"
#include "report/format.h"
#include "report/report.h"

enum { NAME_COLUMNS_MAX = 32 }; // width of the first column

/* Code points; a wide one counts as one, so that its row may be out of line. */
static int n_characters(const char *s, size_t n)
{
    int count = 0;
    for (size_t i = 0; i < n; i++)
        count += ((unsigned char)s[i] & 0xc0) != 0x80;
    return count;
}

static void put_spaces(buf *out, int n)
{
    for (int i = 0; i < n; i++)
        buf_putc(out, ' ');
}

/* The test's name, escaped, cut and padded to the first column's width. */
static void put_name(buf *out, const test_record *test)
{
    buf name, safe;
    buf_init(&name, 4096);
    buf_init(&safe, 65536);
    format_name(&name, test);
    escape_terminal(&safe, buf_str(&name), name.size);
    size_t n = safe.size;
    const char *const text = buf_str(&safe);
    while (n_characters(text, n) > NAME_COLUMNS_MAX)
        n--;
    n = utf8_complete_prefix(text, n);
    buf_append(out, text, n);
    put_spaces(out, NAME_COLUMNS_MAX - n_characters(text, n));
    buf_free(&name);
    buf_free(&safe);
}

// In characters, without the space before each column; as wide as the longest usual value.
static const int WIDTHS[N_COLUMNS] = {9, 7, 12, 9, 10, 8, 8, 8, 11};

/* Numbers to the right, words to the left. */
static void put_cell(buf *out, int column, const char *text)
{
    if (COLUMNS[column].is_number)
        buf_printf(out, " %*s", WIDTHS[column], text);
    else
        buf_printf(out, " %-*s", WIDTHS[column], text);
}

/* Ends a line and drops the padding of its last cells. */
static void end_line(buf *out)
{
    while (out->size > 0 && out->data[out->size - 1] == ' ')
        out->size--;
    buf_putc(out, '\n');
}

/* Two lines: titles, then units. */
static void put_head(buf *out)
{
    buf_printf(out, "%-*s", NAME_COLUMNS_MAX, "test");
    for (int i = 0; i < N_COLUMNS; i++)
        put_cell(out, i, COLUMNS[i].title);
    end_line(out);
    put_spaces(out, NAME_COLUMNS_MAX);
    for (int i = 0; i < N_COLUMNS; i++)
        put_cell(out, i, COLUMNS[i].unit);
    end_line(out);
}

/* One test; the error of a failed one is on a line of its own. */
static void put_row(buf *out, const summary_row *row)
{
    char cell[CELL_BYTES];
    put_name(out, row->test);
    for (int i = 0; i < N_COLUMNS; i++) {
        COLUMNS[i].format(cell, row);
        put_cell(out, i, cell);
    }
    end_line(out);
    if (row->test->answer.error[0] != '\0') {
        buf_puts(out, "    ");
        escape_terminal(out, row->test->answer.error, strlen(row->test->answer.error));
        buf_putc(out, '\n');
    }
}

/* Table, totals, warnings; plain text without colour, so that it can be quoted. */
void report_text(buf *out, const run_record *run, const run_summary *summary)
{
    put_head(out);
    for (size_t i = 0; i < summary->n_rows; i++)
        put_row(out, &summary->rows[i]);
    buf_putc(out, '\n');
    for (int i = 0; i < N_TOTALS; i++) {
        buf_printf(out, "%-12s ", TOTALS[i].title);
        format_total(out, &TOTALS[i], summary);
        buf_putc(out, '\n');
    }
    const char *warning;
    for (int i = 0; (warning = format_warning(run, summary, i)) != NULL; i++)
        buf_printf(out, "%s%s\n", i == 0 ? "\n" : "", warning);
}
