/* paper_latex.c - a table as LaTeX's own tabular, which needs no package. */
#include <stdint.h>
#include <string.h>

#include "base/escape.h"
#include "report/format.h"
#include "report/paper/paper_table.h"

/* What stands for a character that LaTeX reads as a command, or joins with the next one; NULL: itself. */
static const char *replacement_of(char c)
{
    switch (c) {
    case '\\': return "\\textbackslash{}";
    case '{': return "\\{";
    case '}': return "\\}";
    case '$': return "\\$";
    case '&': return "\\&";
    case '#': return "\\#";
    case '%': return "\\%";
    case '_': return "\\_";
    case '^': return "\\textasciicircum{}";
    case '~': return "\\textasciitilde{}";
    case '<': return "\\textless{}";
    case '>': return "\\textgreater{}";
    case '|': return "\\textbar{}";
    case '`': return "\\textasciigrave{}";
    case '"': return "{\\char34}";
    case '-': return "{-}";
    case '\n':
    case '\r':
    case '\t': return " ";
    default: return NULL;
    }
}

/* Appends a text for LaTeX: no command, no comment, no group, no line break. */
static void paper_latex_text(buf *out, const char *text)
{
    buf safe;
    buf_init(&safe, 16 * strlen(text) + 16);
    escape_terminal(&safe, text, strlen(text));
    for (const char *p = buf_str(&safe); *p != '\0'; p++) {
        const char *const replacement = replacement_of(*p);
        if (replacement != NULL)
            buf_puts(out, replacement);
        else
            buf_putc(out, *p);
    }
    buf_free_part(&safe, out);
}

/* The separator before a cell that is not the first of its line. */
static void begin_cell(buf *out, bool *is_first)
{
    buf_puts(out, *is_first ? "" : " & ");
    *is_first = false;
}

static void put_names(buf *out, const paper_table *table)
{
    bool is_first = true;
    for (size_t i = 0; i < table->n_columns; i++) {
        if (!table->columns[i].is_brief)
            continue;
        begin_cell(out, &is_first);
        paper_latex_text(out, table->columns[i].name);
    }
    buf_puts(out, " \\\\\n");
}

static void put_line(buf *out, const paper_table *table, size_t first)
{
    char number[CELL_BYTES];
    bool is_first = true;
    for (size_t i = 0; i < table->n_columns; i++) {
        const paper_cell *const cell = &table->cells[first + i];
        if (!table->columns[i].is_brief)
            continue;
        begin_cell(out, &is_first);
        paper_number_shown(number, &table->columns[i], cell->number);
        paper_latex_text(out, cell->text != NULL ? cell->text : number);
    }
    buf_puts(out, " \\\\\n");
}

void paper_table_latex(buf *out, const paper_table *table)
{
    buf_printf(out, "%% %s\n\\begin{tabular}{", table->about->title);
    for (size_t i = 0; i < table->n_columns; i++) {
        if (table->columns[i].is_brief)
            buf_putc(out, strcmp(table->columns[i].unit, "text") == 0 ? 'l' : 'r');
    }
    buf_puts(out, "}\n\\hline\n");
    put_names(out, table);
    buf_puts(out, "\\hline\n");
    for (size_t i = 0; i < table->n_cells; i += table->n_columns)
        put_line(out, table, i);
    buf_puts(out, "\\hline\n\\end{tabular}\n");
}
