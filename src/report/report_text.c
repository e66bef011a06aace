#include <string.h>

#include "base/escape.h"
#include "base/utf8.h"
#include "report/format.h"
#include "report/report.h"

enum { NAME_COLUMNS_MAX = 32 };

static int n_characters(const char *s, size_t n)
{
    int count = 0;
    for (size_t i = 0; i < n; i++)
        count += ((unsigned char)s[i] & 0xc0) != 0x80;
    return count;
}

static void put_spaces(sw_buf *out, int n)
{
    for (int i = 0; i < n; i++)
        sw_buf_putc(out, ' ');
}

/* The test's name, escaped, cut and padded to the first column's width. */
static void put_name(sw_buf *out, const sw_test_record *test)
{
    sw_buf name, safe;
    sw_buf_init(&name, 4096);
    sw_buf_init(&safe, 65536);
    sw_format_name(&name, test);
    sw_escape_terminal(&safe, sw_buf_str(&name), name.size);
    size_t n = safe.size;
    const char *const text = sw_buf_str(&safe);
    while (n_characters(text, n) > NAME_COLUMNS_MAX)
        n--;
    n = sw_utf8_complete_prefix(text, n);
    sw_buf_append(out, text, n);
    put_spaces(out, NAME_COLUMNS_MAX - n_characters(text, n));
    sw_buf_free(&name);
    sw_buf_free(&safe);
}

static const int WIDTHS[SW_N_COLUMNS] = {9, 7, 12, 9, 10, 8, 8, 8, 11};

static void put_cell(sw_buf *out, int column, const char *text)
{
    if (SW_COLUMNS[column].is_number)
        sw_buf_printf(out, " %*s", WIDTHS[column], text);
    else
        sw_buf_printf(out, " %-*s", WIDTHS[column], text);
}

/* Ends a line without the spaces that pad its last cells. */
static void end_line(sw_buf *out)
{
    while (out->size > 0 && out->data[out->size - 1] == ' ')
        out->size--;
    sw_buf_putc(out, '\n');
}

static void put_head(sw_buf *out)
{
    sw_buf_printf(out, "%-*s", NAME_COLUMNS_MAX, "test");
    for (int i = 0; i < SW_N_COLUMNS; i++)
        put_cell(out, i, SW_COLUMNS[i].title);
    end_line(out);
    put_spaces(out, NAME_COLUMNS_MAX);
    for (int i = 0; i < SW_N_COLUMNS; i++)
        put_cell(out, i, SW_COLUMNS[i].unit);
    end_line(out);
}

static void put_row(sw_buf *out, const sw_summary_row *row)
{
    char cell[SW_CELL_BYTES];
    put_name(out, row->test);
    for (int i = 0; i < SW_N_COLUMNS; i++) {
        SW_COLUMNS[i].format(cell, row);
        put_cell(out, i, cell);
    }
    end_line(out);
    if (row->test->answer.error[0] != '\0') {
        sw_buf_puts(out, "    ");
        sw_escape_terminal(out, row->test->answer.error, strlen(row->test->answer.error));
        sw_buf_putc(out, '\n');
    }
}

void sw_report_text(sw_buf *out, const sw_run *run, const sw_summary *summary)
{
    char cell[SW_CELL_BYTES];
    put_head(out);
    for (size_t i = 0; i < summary->n_rows; i++)
        put_row(out, &summary->rows[i]);
    sw_buf_putc(out, '\n');
    for (int i = 0; i < SW_N_TOTALS; i++) {
        SW_TOTALS[i].format(cell, summary);
        sw_buf_printf(out, "%-12s %s%s%s\n", SW_TOTALS[i].title, cell, SW_TOTALS[i].unit[0] != '\0' ? " " : "",
                      SW_TOTALS[i].unit);
    }
    const char *warning;
    for (int i = 0; (warning = sw_format_warning(run, summary, i)) != NULL; i++)
        sw_buf_printf(out, "%s%s\n", i == 0 ? "\n" : "", warning);
}
