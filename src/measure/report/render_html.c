/* render_html.c - a document as the body of a page.
 *
 * Everything that a reader needs is markup, which works without scripts, on paper and with a screen reader; charts are
 * empty places that the page's script fills.
 */
#include <string.h>

#include "base/escape.h"
#include "report/render.h"

static const char *const TONES[] = {"plain", "good", "open", "bad"};

/* All text goes through here or through escape_html itself. */
static void put_text(buf *out, const char *text)
{
    escape_html(out, text, strlen(text));
}

static void put_anchor(buf *out, const char *anchor)
{
    if (anchor == NULL)
        return;
    buf_puts(out, " id=\"");
    put_text(out, anchor);
    buf_putc(out, '"');
}

/* ---- facts and tables -------------------------------------------------------------------------------------------- */

static void put_cell(buf *out, const doc_cell *cell)
{
    if (cell->target != NULL) {
        buf_puts(out, "<a href=\"#");
        put_text(out, cell->target);
        buf_puts(out, "\">");
    }
    if (cell->tone != TONE_PLAIN)
        buf_printf(out, "<span class=\"badge %s\">", TONES[cell->tone]);
    put_text(out, cell->text);
    buf_puts(out, cell->tone != TONE_PLAIN ? "</span>" : "");
    buf_puts(out, cell->target != NULL ? "</a>" : "");
}

static void put_facts(buf *out, const doc_block *b)
{
    const bool is_tiles = b->kind == DOC_TILES;
    buf_printf(out, "<dl class=\"%s\">\n", is_tiles ? "tiles" : "facts");
    for (size_t i = 0; i + 2 < b->n_cells; i += 3) {
        buf_puts(out, "<div><dt>");
        put_cell(out, &b->cells[i]);
        buf_puts(out, "</dt><dd>");
        put_text(out, b->cells[i + 1].text);
        if (b->cells[i + 2].text[0] != '\0') {
            buf_puts(out, is_tiles ? "</dd><dd class=\"note\">" : " <small>");
            put_text(out, b->cells[i + 2].text);
            buf_puts(out, is_tiles ? "" : "</small>");
        }
        buf_puts(out, "</dd></div>\n");
    }
    buf_puts(out, "</dl>\n");
}

static void put_column(buf *out, const doc_column *c)
{
    buf_printf(out, "<th scope=\"col\"%s", c->is_number ? " class=\"number\"" : "");
    if (c->meaning != NULL && c->meaning[0] != '\0') {
        buf_puts(out, " title=\"");
        put_text(out, c->meaning);
        buf_putc(out, '"');
    }
    buf_putc(out, '>');
    put_text(out, c->title);
    if (c->unit[0] != '\0') {
        buf_puts(out, " <small>");
        put_text(out, c->unit);
        buf_puts(out, "</small>");
    }
    buf_puts(out, "</th>");
}

/* A long text may break lines; figures and names stay on one. */
static const char *cell_class(const doc_column *column, const doc_cell *cell)
{
    return column->is_number ? " class=\"number\"" : strlen(cell->text) > 40 ? " class=\"long\"" : "";
}

static void put_row(buf *out, const doc_block *b, size_t row, int n_shown)
{
    const doc_cell *const cells = b->cells + row * (size_t)b->n_columns;
    buf_puts(out, "<tr>");
    for (int c = 0; c < b->n_columns; c++) {
        if (!doc_column_is_shown(b, c))
            continue;
        buf_printf(out, c == 0 ? "<th scope=\"row\"%s>" : "<td%s>", cell_class(&b->columns[c], &cells[c]));
        put_cell(out, &cells[c]);
        buf_puts(out, c == 0 ? "</th>" : "</td>");
    }
    buf_puts(out, "</tr>\n");
    if (b->notes[row] == NULL)
        return;
    buf_printf(out, "<tr class=\"note\"><td colspan=\"%d\">", n_shown);
    put_text(out, b->notes[row]);
    buf_puts(out, "</td></tr>\n");
}

/* The table scrolls by itself on a narrow screen, and takes the keyboard's focus for that. */
static void put_table(buf *out, const doc_block *b)
{
    int n_shown = 0;
    buf_puts(out, "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"");
    put_text(out, b->title[0] != '\0' ? b->title : b->columns[0].title);
    buf_puts(out, "\">\n<table");
    put_anchor(out, b->anchor);
    buf_puts(out, ">\n");
    if (b->title[0] != '\0') {
        buf_puts(out, "<caption>");
        put_text(out, b->title);
        buf_puts(out, "</caption>\n");
    }
    buf_puts(out, "<thead><tr>");
    for (int c = 0; c < b->n_columns; c++) {
        if (!doc_column_is_shown(b, c))
            continue;
        put_column(out, &b->columns[c]);
        n_shown++;
    }
    buf_puts(out, "</tr></thead>\n<tbody>\n");
    for (size_t row = 0; row < b->n_notes; row++)
        put_row(out, b, row, n_shown);
    buf_puts(out, "</tbody>\n</table>\n</div>\n");
}

/* ---- other blocks ------------------------------------------------------------------------------------------------ */

static void put_heading(buf *out, const doc_block *b)
{
    buf_printf(out, "<h%d", b->level);
    put_anchor(out, b->anchor);
    buf_putc(out, '>');
    put_text(out, b->title);
    buf_printf(out, "</h%d>\n", b->level);
}

/* `first`: the anchor of the section that follows. */
static void put_contents(buf *out, const document *doc, const char *first)
{
    buf_puts(out, "<a class=\"skip\" href=\"#");
    put_text(out, first);
    buf_puts(out, "\">Skip the contents</a>\n<nav aria-label=\"Contents\">\n<ul>\n");
    for (size_t i = 0; i < doc->n_blocks; i++) {
        const doc_block *const b = &doc->blocks[i];
        if (b->kind != DOC_HEADING || b->level != 2 || b->anchor == NULL || b->audience == FOR_TERMINAL)
            continue;
        buf_puts(out, "<li><a href=\"#");
        put_text(out, b->anchor);
        buf_puts(out, "\">");
        put_text(out, b->title);
        buf_puts(out, "</a></li>\n");
    }
    buf_puts(out, "</ul>\n</nav>\n");
}

static void put_badge(buf *out, const doc_block *b)
{
    buf_printf(out, "<p class=\"lede\"><span class=\"badge %s\">", TONES[b->tone]);
    put_text(out, b->title);
    buf_puts(out, "</span> ");
    put_text(out, b->text);
    buf_puts(out, "</p>\n");
}

/* Charts side by side, hidden until the script has drawn them. */
static void put_chart(buf *out, const doc_block *b, bool is_first, bool is_last)
{
    buf_puts(out, is_first ? "<div class=\"charts\">\n" : "");
    buf_printf(out, "<figure hidden data-chart=\"%s\" data-subject=\"%d\"></figure>\n", b->title, b->subject);
    if (is_last)
        buf_puts(out, "<p class=\"no-script\">This page's script draws charts here; without it, the figures are in the "
                      "tables.</p>\n</div>\n");
}

/* Returns true if the line opens or closes a block of code. */
static bool is_fence(const char *line, size_t n)
{
    return n >= 3 && memcmp(line, "```", 3) == 0;
}

/* Blocks of code in a typeface of one width; the lines of their fences are in the page, but not seen.  One that is not
 * closed goes to the end. */
static void put_fenced(buf *out, const char *text, size_t n_text)
{
    bool is_code = false;
    for (size_t at = 0; at < n_text;) {
        const char *const line = text + at, *const end = memchr(line, '\n', n_text - at);
        const size_t n = end != NULL ? (size_t)(end - line) + 1 : n_text - at;
        const bool fences = is_fence(line, n);
        buf_puts(out, fences && !is_code ? "<code>" : "");
        buf_puts(out, fences ? "<span class=\"fence\">" : "");
        escape_html(out, line, n);
        buf_puts(out, fences ? "</span>" : "");
        buf_puts(out, fences && is_code ? "</code>" : "");
        is_code ^= fences;
        at += n;
    }
    buf_puts(out, is_code ? "</code>" : "");
}

static void put_verbatim(buf *out, const doc_block *b)
{
    buf_puts(out, "<h4>");
    put_text(out, b->title);
    buf_puts(out, "</h4>\n<div class=\"text\" dir=\"auto\">");
    put_fenced(out, b->text, b->n_text);
    buf_puts(out, "</div>\n");
}

static void put_fold(buf *out, const doc_block *b)
{
    buf_puts(out, "<details><summary>");
    put_text(out, b->title);
    buf_puts(out, "</summary>\n<article");
    put_anchor(out, b->anchor);
    buf_puts(out, ">\n");
}

static void put_group(buf *out, const doc_block *b)
{
    buf_puts(out, "<details class=\"group\"><summary>");
    put_text(out, b->title);
    buf_puts(out, "</summary>\n");
}

static bool is_chart(const document *doc, size_t i)
{
    return i < doc->n_blocks && doc->blocks[i].kind == DOC_CHART;
}

static void put_block(buf *out, const document *doc, size_t i)
{
    const doc_block *const b = &doc->blocks[i];
    switch (b->kind) {
    case DOC_HEADING: put_heading(out, b); break;
    case DOC_BADGE: put_badge(out, b); break;
    case DOC_PARAGRAPH:
        buf_puts(out, "<p>");
        put_text(out, b->text);
        buf_puts(out, "</p>\n");
        break;
    case DOC_REMARK:
        buf_printf(out, "<p class=\"warning %s\">", TONES[b->tone]);
        put_text(out, b->text);
        buf_puts(out, "</p>\n");
        break;
    case DOC_FACTS:
    case DOC_TILES: put_facts(out, b); break;
    case DOC_TABLE: put_table(out, b); break;
    case DOC_CHART: put_chart(out, b, i == 0 || !is_chart(doc, i - 1), !is_chart(doc, i + 1)); break;
    case DOC_TEXT: put_verbatim(out, b); break;
    case DOC_FOLD_BEGIN: put_fold(out, b); break;
    case DOC_FOLD_END: buf_puts(out, "</article>\n</details>\n"); break;
    case DOC_GROUP_BEGIN: put_group(out, b); break;
    case DOC_GROUP_END: buf_puts(out, "</details>\n"); break;
    }
}

/* Blocks from one heading of level 2 to the next are a section. */
void render_html(buf *out, const document *doc)
{
    if (!document_is_whole(doc, out))
        return;
    bool is_open = false, has_contents = false;
    for (size_t i = 0; i < doc->n_blocks; i++) {
        const doc_block *const b = &doc->blocks[i];
        if (b->audience == FOR_TERMINAL || (b->n_columns > 0 && b->n_cells == 0))
            continue;
        if (b->kind == DOC_HEADING && b->level == 2) {
            if (!has_contents)
                put_contents(out, doc, b->anchor != NULL ? b->anchor : "");
            buf_puts(out, is_open ? "</section>\n<section>\n" : "<section>\n");
            is_open = has_contents = true;
        }
        put_block(out, doc, i);
    }
    buf_puts(out, is_open ? "</section>\n" : "");
}
