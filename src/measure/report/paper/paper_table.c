/* paper_table.c - the cells of a table, and its CSV and Markdown. */
#include "report/paper/paper_table.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/escape.h"
#include "report/csv.h"
#include "report/format.h"

void paper_table_init(paper_table *table, const paper_about *about)
{
    *table = (paper_table){.about = about};
}

void paper_table_free(paper_table *table)
{
    mem_free(table->cells);
    arena_free(table->copies);
    *table = (paper_table){0};
}

void paper_table_column(paper_table *table, paper_column column)
{
    if (table->n_columns < PAPER_COLUMNS_MAX)
        table->columns[table->n_columns++] = column;
    else
        table->has_failed = true;
}

static void put(paper_table *table, paper_cell cell)
{
    if (mem_grow(&table->cells, &table->cap_cells, table->n_cells + 1, sizeof *table->cells))
        table->cells[table->n_cells++] = cell;
    else
        table->has_failed = true;
}

void paper_table_text(paper_table *table, const char *text)
{
    put(table, (paper_cell){.text = text, .number = NAN});
}

void paper_table_copy(paper_table *table, const char *text)
{
    if (table->copies == NULL)
        table->copies = arena_create();
    const char *const copy = table->copies != NULL ? arena_copy(table->copies, text, strlen(text)) : NULL;
    table->has_failed |= copy == NULL;
    paper_table_text(table, copy);
}

void paper_table_number(paper_table *table, double number)
{
    put(table, (paper_cell){.number = number});
}

/* Whole numbers keep all their digits: bytes have more than nine. */
static void put_csv_number(buf *out, double value)
{
    if (isfinite(value) && fabs(value) < 1e15 && value == floor(value))
        csv_integer(out, (int64_t)value);
    else
        csv_number(out, value);
}

void paper_table_csv(buf *out, const paper_table *table)
{
    for (size_t i = 0; i < table->n_columns; i++)
        csv_text(out, table->columns[i].name);
    csv_end_line(out);
    for (size_t i = 0; i < table->n_cells; i++) {
        if (table->cells[i].text != NULL)
            csv_text(out, table->cells[i].text);
        else
            put_csv_number(out, table->cells[i].number);
        if ((i + 1) % table->n_columns == 0)
            csv_end_line(out);
    }
}

void paper_number_shown(char out[CELL_BYTES], const paper_column *column, double number)
{
    format_by_unit(out, number, column->unit[0] == 'B' ? column->unit : "");
}

static void put_markdown_line(buf *out, const paper_table *table, size_t first)
{
    char number[CELL_BYTES];
    buf_putc(out, '|');
    for (size_t i = 0; i < table->n_columns; i++) {
        const paper_column *const column = &table->columns[i];
        const paper_cell *const cell = &table->cells[first + i];
        if (!column->is_brief)
            continue;
        paper_number_shown(number, column, cell->number);
        const char *const text = cell->text != NULL ? cell->text : number;
        buf_putc(out, ' ');
        escape_markdown_cell(out, text, strlen(text));
        buf_puts(out, " |");
    }
    buf_putc(out, '\n');
}

void paper_table_markdown(buf *out, const paper_table *table)
{
    buf_putc(out, '|');
    for (size_t i = 0; i < table->n_columns; i++) {
        if (!table->columns[i].is_brief)
            continue;
        buf_putc(out, ' ');
        escape_markdown_cell(out, table->columns[i].name, strlen(table->columns[i].name));
        buf_puts(out, " |");
    }
    buf_puts(out, "\n|");
    for (size_t i = 0; i < table->n_columns; i++) {
        if (table->columns[i].is_brief)
            buf_puts(out, strcmp(table->columns[i].unit, "text") == 0 ? "---|" : "--:|");
    }
    buf_putc(out, '\n');
    for (size_t i = 0; i < table->n_cells; i += table->n_columns)
        put_markdown_line(out, table, i);
}
