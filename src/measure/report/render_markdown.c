/* render_markdown.c - a document as Markdown.
 *
 * Texts are escaped in tables, headings and paragraphs; verbatim texts are inside a fence longer than any in them, with
 * hidden characters made visible.
 */
#include <string.h>

#include "base/escape.h"
#include "report/render.h"

static void put_escaped(buf *out, const char *text)
{
    escape_markdown_cell(out, text, strlen(text));
}

/* Text at the begin of a line: what would begin a list, a heading's underline or a block of code does not. */
static void put_line_start(buf *out, const char *text)
{
    text += strspn(text, " \t\r\n");
    if (strchr("+-=.", text[0]) != NULL && text[0] != '\0')
        buf_putc(out, '\\');
    const size_t n_digits = strspn(text, "0123456789");
    if (n_digits > 0 && (text[n_digits] == '.' || text[n_digits] == ')')) {
        buf_append(out, text, n_digits);
        buf_putc(out, '\\');
        text += n_digits;
    }
    put_escaped(out, text);
}

/* ---- tables ------------------------------------------------------------------------------------------------------ */

static void put_cells(buf *out, const doc_block *b, size_t row)
{
    buf_putc(out, '|');
    for (int c = 0; c < b->n_columns; c++) {
        if (!doc_column_is_shown(b, c))
            continue;
        buf_putc(out, ' ');
        put_escaped(out, b->cells[row * (size_t)b->n_columns + (size_t)c].text);
        buf_puts(out, " |");
    }
    buf_putc(out, '\n');
}

static void put_table_head(buf *out, const doc_block *b)
{
    buf_putc(out, '|');
    for (int c = 0; c < b->n_columns; c++) {
        if (!doc_column_is_shown(b, c))
            continue;
        buf_putc(out, ' ');
        put_escaped(out, b->columns[c].title);
        buf_printf(out, "%s%s |", b->columns[c].unit[0] != '\0' ? ", " : "", b->columns[c].unit);
    }
    buf_puts(out, "\n|");
    for (int c = 0; c < b->n_columns; c++) {
        if (doc_column_is_shown(b, c))
            buf_puts(out, b->columns[c].is_number ? "--:|" : "---|");
    }
    buf_putc(out, '\n');
}

/* Notes of rows are below the table, each with the name of its row. */
static void put_notes(buf *out, const doc_block *b)
{
    for (size_t row = 0; row < b->n_notes; row++) {
        if (b->notes[row] == NULL)
            continue;
        buf_puts(out, "\n> ");
        put_line_start(out, b->cells[row * (size_t)b->n_columns].text);
        buf_puts(out, ": ");
        put_escaped(out, b->notes[row]);
        buf_putc(out, '\n');
    }
}

static void put_table(buf *out, const doc_block *b)
{
    if (b->title[0] != '\0') {
        put_line_start(out, b->title);
        buf_puts(out, "\n\n");
    }
    put_table_head(out, b);
    for (size_t row = 0; row < b->n_notes; row++)
        put_cells(out, b, row);
    put_notes(out, b);
    buf_putc(out, '\n');
}

/* ---- other blocks ------------------------------------------------------------------------------------------------ */

/* Longer than any run of backticks in the text. */
static size_t fence_length(const doc_block *b)
{
    size_t longest = 2, run = 0;
    for (size_t i = 0; i < b->n_text; i++) {
        run = b->text[i] == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest + 1;
}

static void put_times(buf *out, char c, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_putc(out, c);
}

static void put_text(buf *out, const doc_block *b)
{
    const size_t n_fence = fence_length(b);
    put_line_start(out, b->title);
    buf_puts(out, ":\n\n");
    put_times(out, '`', n_fence);
    buf_puts(out, "text\n");
    escape_terminal(out, b->text, b->n_text);
    buf_puts(out, b->n_text > 0 && b->text[b->n_text - 1] != '\n' ? "\n" : "");
    put_times(out, '`', n_fence);
    buf_puts(out, "\n\n");
}

static void put_heading(buf *out, int level, const char *title)
{
    put_times(out, '#', (size_t)level);
    buf_putc(out, ' ');
    put_escaped(out, title);
    buf_puts(out, "\n\n");
}

static void put_block(buf *out, const doc_block *b)
{
    switch (b->kind) {
    case DOC_HEADING: put_heading(out, b->level, b->title); break;
    case DOC_PARAGRAPH:
        put_line_start(out, b->text);
        buf_puts(out, "\n\n");
        break;
    case DOC_BADGE:
        buf_puts(out, "**");
        put_escaped(out, b->title);
        buf_puts(out, "** ");
        put_escaped(out, b->text);
        buf_puts(out, "\n\n");
        break;
    case DOC_REMARK:
        buf_puts(out, b->tone == TONE_BAD ? "> **Attention:** " : "> ");
        put_line_start(out, b->text);
        buf_puts(out, "\n\n");
        break;
    case DOC_FACTS:
    case DOC_TILES:
    case DOC_TABLE: put_table(out, b); break;
    case DOC_TEXT: put_text(out, b); break;
    case DOC_FOLD_BEGIN: put_heading(out, 4, b->title); break;
    case DOC_CHART:
    case DOC_DRAWING:
    case DOC_FOLD_END:
    case DOC_GROUP_BEGIN:
    case DOC_GROUP_END: break;
    }
}

void render_markdown(buf *out, const document *doc)
{
    if (!document_is_whole(doc, out))
        return;
    for (size_t i = 0; i < doc->n_blocks; i++) {
        const doc_block *const b = &doc->blocks[i];
        if (b->audience != FOR_TERMINAL && (b->n_columns == 0 || b->n_cells > 0))
            put_block(out, b);
    }
}
