/* paper_table.h - a table of figures before it has a form, and its three forms: CSV with every column, Markdown and
 * LaTeX with those that fit a page.
 *
 * Cells are views: their texts must outlive the table, but those that it copies.  Texts from outside are escaped by the
 * forms.
 */
#ifndef REPORT_PAPER_TABLE_H
#define REPORT_PAPER_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

typedef struct paper_column {
    const char *name, *unit; // unit "text": its cells are texts
    const char *meaning;
    bool is_brief; // it is in Markdown and LaTeX too
} paper_column;

typedef struct paper_cell {
    const char *text; // NULL: a number
    double number;    // NAN: it does not exist
} paper_cell;

/* What is written about a table or a figure: the stem of its files, and the SQL that gives the rows that it is made of.
 * The query's parameter is :run. */
typedef struct paper_about {
    const char *name, *title, *definition, *query;
} paper_about;

enum { PAPER_COLUMNS_MAX = 48 };

typedef struct paper_table {
    const paper_about *about;
    paper_column columns[PAPER_COLUMNS_MAX];
    size_t n_columns;
    paper_cell *cells; // row by row
    size_t n_cells, cap_cells;
    arena *copies;   // of texts; NULL: none yet
    bool has_failed; // memory was short: the table must not be written
} paper_table;

void paper_table_init(paper_table *table, const paper_about *about);
void paper_table_free(paper_table *table);
/* Before the first cell. */
void paper_table_column(paper_table *table, paper_column column);
/* From left to right, row by row. */
void paper_table_text(paper_table *table, const char *text);
void paper_table_copy(paper_table *table, const char *text); // that does not outlive the table
void paper_table_number(paper_table *table, double number);

/* Each appends the whole table. */
void paper_table_csv(buf *out, const paper_table *table);
void paper_table_markdown(buf *out, const paper_table *table);
void paper_table_latex(buf *out, const paper_table *table);

/* What a form on a page shows of a number: bytes as sizes, B/s with a unit; of other units the column's name says
 * which. */
void paper_number_shown(char out[48], const paper_column *column, double number);

#endif
