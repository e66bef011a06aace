/* text_table.h - a table of plain text that fits a terminal.
 *
 * Columns are as wide as their widest cell.  If the table is wider than it may be, whole columns are left out, the
 * least important first, and a line below says which: a number is never cut.  Only when no column is left to leave out
 * is the text of the first column cut.
 */
#ifndef REPORT_TEXT_TABLE_H
#define REPORT_TEXT_TABLE_H

#include <stdbool.h>

#include "base/buf.h"

typedef struct text_column {
    const char *title;
    const char *unit; // in a line below the titles; "" if it has none
    bool is_number;   // to the right
    int rank;         // columns of the highest rank are left out first; those of rank 0 never
} text_column;

enum { TEXT_TABLE_COLUMNS_MAX = 32 };

typedef struct text_table text_table;

/* `columns` must outlive the table.  NULL when memory is short, which all functions below accept. */
text_table *text_table_create(const text_column *columns, int n_columns);
void text_table_free(text_table *table);
/* Appends the next cell of the row under way, from left to right; the text is copied, and its line breaks
 * and tabs become spaces. */
void text_table_put(text_table *table, const char *text);
/* A line below the row that was completed last. */
void text_table_note(text_table *table, const char *text);
/* Appends the table.  `width` in characters; 0: any.  `more` says where what was left out can be seen, or is
 * "".  The buffer fails when memory was short. */
void text_table_write(buf *out, const text_table *table, int width, const char *more);

/* Appends a paragraph, with its lines broken at spaces.  width 0: one line. */
void text_wrap(buf *out, const char *text, int width);
/* The same, with further lines indented by `hang` characters. */
void text_wrap_hanging(buf *out, const char *text, int width, int hang);

#endif
