/* render_markdown.c - a document as Markdown.
 *
 * Texts are escaped in tables, headings and paragraphs; verbatim texts are inside a fence longer than any in them, with
 * hidden characters made visible.
 */
#include <string.h>

#include "base/escape.h"
#include "report/document_links.h"
#include "report/render.h"

/* Where to, and the anchors that something leads to: only those are written. */
typedef struct markdown {
    buf *out;
    anchor_list targets;
} markdown;

static void put_escaped(buf *out, const char *text)
{
    escape_markdown_cell(out, text, strlen(text));
}

/* ---- links ------------------------------------------------------------------------------------------------------- */

/* The place that links lead to; GitHub and others know no other way. */
static void put_anchor(const markdown *m, const char *anchor)
{
    if (anchor != NULL && anchor_list_has(&m->targets, anchor))
        buf_printf(m->out, "<a id=\"%s\"></a>", anchor);
}

static void put_anchor_line(const markdown *m, const char *anchor)
{
    const size_t before = m->out->size;
    put_anchor(m, anchor);
    buf_puts(m->out, m->out->size > before ? "\n\n" : "");
}

static void put_linked(buf *out, const char *text, const doc_link *links, size_t n_links)
{
    size_t at = 0;
    for (size_t i = 0; i < n_links; i++) {
        escape_markdown_cell(out, text + at, links[i].begin - at);
        buf_putc(out, '[');
        escape_markdown_cell(out, text + links[i].begin, links[i].end - links[i].begin);
        buf_printf(out, "](#%s)", links[i].target);
        at = links[i].end;
    }
    put_escaped(out, text + at);
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

static void put_cells(const markdown *m, const doc_block *b, size_t row)
{
    buf_putc(m->out, '|');
    for (int c = 0; c < b->n_columns; c++) {
        if (!doc_column_is_shown(b, c))
            continue;
        const doc_cell *const cell = &b->cells[row * (size_t)b->n_columns + (size_t)c];
        buf_putc(m->out, ' ');
        put_anchor(m, c == 0 ? b->rows[row].anchor : NULL);
        put_linked(m->out, cell->text, cell->links, cell->n_links);
        buf_puts(m->out, " |");
    }
    buf_putc(m->out, '\n');
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
    for (size_t row = 0; row < b->n_rows; row++) {
        if (b->rows[row].note == NULL)
            continue;
        buf_puts(out, "\n> ");
        put_line_start(out, b->cells[row * (size_t)b->n_columns].text);
        buf_puts(out, ": ");
        put_escaped(out, b->rows[row].note);
        buf_putc(out, '\n');
    }
}

static void put_table(const markdown *m, const doc_block *b)
{
    put_anchor_line(m, b->anchor);
    if (b->title[0] != '\0') {
        put_line_start(m->out, b->title);
        buf_puts(m->out, "\n\n");
    }
    put_table_head(m->out, b);
    for (size_t row = 0; row < b->n_rows; row++)
        put_cells(m, b, row);
    put_notes(m->out, b);
    buf_putc(m->out, '\n');
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

/* Text of the report itself. */
static void put_code(const markdown *m, const doc_block *b)
{
    if (b->title[0] != '\0') {
        put_anchor(m, b->anchor);
        put_line_start(m->out, b->title);
        buf_puts(m->out, ":\n\n");
    }
    buf_puts(m->out, "```\n");
    buf_append(m->out, b->text, b->n_text);
    buf_puts(m->out, "```\n\n");
}

static void put_heading(buf *out, int level, const char *title)
{
    put_times(out, '#', (size_t)level);
    buf_putc(out, ' ');
    put_escaped(out, title);
    buf_puts(out, "\n\n");
}

/* A paragraph with links does not begin as a list or a heading would: its words are the report's own. */
static void put_paragraph(const markdown *m, const doc_block *b)
{
    put_anchor(m, b->anchor);
    if (b->n_links > 0)
        put_linked(m->out, b->text, b->links, b->n_links);
    else
        put_line_start(m->out, b->text);
    buf_puts(m->out, "\n\n");
}

static void put_badge(buf *out, const doc_block *b)
{
    buf_puts(out, "**");
    put_escaped(out, b->title);
    buf_puts(out, "** ");
    put_escaped(out, b->text);
    buf_puts(out, "\n\n");
}

static void put_remark(buf *out, const doc_block *b)
{
    buf_puts(out, b->tone == TONE_BAD ? "> **Attention:** " : "> ");
    put_line_start(out, b->text);
    buf_puts(out, "\n\n");
}

static void put_block(const markdown *m, const doc_block *b)
{
    buf *const out = m->out;
    switch (b->kind) {
    case DOC_HEADING:
        put_anchor_line(m, b->anchor);
        put_heading(out, b->level, b->title);
        break;
    case DOC_PARAGRAPH: put_paragraph(m, b); break;
    case DOC_BADGE: put_badge(out, b); break;
    case DOC_REMARK: put_remark(out, b); break;
    case DOC_FACTS:
    case DOC_TILES:
    case DOC_TABLE: put_table(m, b); break;
    case DOC_TEXT: put_text(out, b); break;
    case DOC_CODE: put_code(m, b); break;
    case DOC_FOLD_BEGIN:
        put_anchor_line(m, b->anchor);
        put_heading(out, 4, b->title);
        break;
    case DOC_CHART: // nothing is drawn, but links lead there
        put_anchor_line(m, b->anchor);
        break;
    case DOC_GROUP_BEGIN:
        put_line_start(out, b->title);
        buf_puts(out, "\n\n");
        break;
    case DOC_DRAWING:
    case DOC_DOWNLOAD:
    case DOC_FOLD_END:
    case DOC_GROUP_END: break;
    }
}

/* ---- the document ------------------------------------------------------------------------------------------------ */

void render_markdown(buf *out, const document *doc)
{
    if (!document_is_whole(doc, out))
        return;
    markdown m = {.out = out};
    if (!document_targets(doc, &m.targets))
        out->failed = out->failed == SW_OK ? SW_ENOMEM : out->failed;
    for (size_t i = 0; out->failed == SW_OK && i < doc->n_blocks; i++) {
        if (doc_is_on_pages(&doc->blocks[i]))
            put_block(&m, &doc->blocks[i]);
    }
    anchor_list_free(&m.targets);
}
