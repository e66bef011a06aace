/* report_text.c - the run as a table for a terminal.
 *
 * Names and errors are escaped, so that no answer can send control sequences.
 */
#include <string.h>

#include "base/escape.h"
#include "report/format.h"
#include "report/report.h"
#include "report/text_table.h"

enum { NAME_CHARACTERS_MAX = 32, ERROR_BYTES_MAX = 65536 };

static const char MORE[] = "a wider terminal, report.md and --json have all columns";

/* The test's name, escaped and cut. */
static void put_name(text_table *table, const test_record *test)
{
    buf name, safe;
    buf_init(&name, 4096);
    buf_init(&safe, 65536);
    format_name(&name, test);
    escape_terminal(&safe, buf_str(&name), name.size);
    size_t n = 0;
    for (int n_characters = 0; n < safe.size; n++) {
        n_characters += ((unsigned char)safe.data[n] & 0xc0) != 0x80;
        if (n_characters > NAME_CHARACTERS_MAX)
            break;
    }
    if (safe.size > 0)
        safe.data[n] = '\0';
    text_table_put(table, buf_str(&safe));
    buf_free(&name);
    buf_free(&safe);
}

/* One test; the error of a failed one is on a line of its own. */
static void put_row(text_table *table, const summary_row *row)
{
    char cell[CELL_BYTES];
    put_name(table, row->test);
    for (int i = 0; i < N_COLUMNS; i++) {
        COLUMNS[i].format(cell, row);
        text_table_put(table, cell);
    }
    const char *const error = row->test->answer.error;
    if (error[0] == '\0')
        return;
    buf note;
    buf_init(&note, ERROR_BYTES_MAX);
    buf_puts(&note, "    ");
    escape_terminal(&note, error, strlen(error));
    text_table_note(table, buf_str(&note));
    buf_free(&note);
}

static void put_table(buf *out, const run_summary *summary, int width)
{
    text_column columns[N_COLUMNS + 1] = {{"test", "", false, 0}};
    for (int i = 0; i < N_COLUMNS; i++)
        columns[i + 1] = (text_column){COLUMNS[i].title, COLUMNS[i].unit, COLUMNS[i].is_number, COLUMNS[i].rank};
    text_table *const table = text_table_create(columns, N_COLUMNS + 1);
    for (size_t i = 0; i < summary->n_rows; i++)
        put_row(table, &summary->rows[i]);
    text_table_write(out, table, width, MORE);
    text_table_free(table);
}

/* Table, totals, warnings; plain text without colour, so that it can be quoted. */
void report_text(buf *out, const run_analysis *analysis, int width)
{
    const run_record *const run = analysis->run;
    const run_summary *const summary = &analysis->subjects[0].modes[MODE_STREAM];
    put_table(out, summary, width);
    buf_putc(out, '\n');
    for (int i = 0; i < N_TOTALS; i++) {
        buf_printf(out, "%-12s ", TOTALS[i].title);
        format_total(out, &TOTALS[i], summary);
        buf_putc(out, '\n');
    }
    const char *warning;
    for (int i = 0; (warning = format_warning(run, summary, i)) != NULL; i++) {
        buf_puts(out, i == 0 ? "\n" : "");
        text_wrap(out, warning, width);
    }
}
