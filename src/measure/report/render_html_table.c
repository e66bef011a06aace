/* render_html_table.c - facts, tiles and tables of a page. */
#include <string.h>

#include "report/html_parts.h"

/* Its figures are in other cells, so that a screen reader loses nothing. */
static void put_bar(buf *out, const doc_bar *bar)
{
    buf_printf(out,
               "<span class=\"bar\" aria-hidden=\"true\" style=\"--share:%.1f%%;--low:%.1f%%;--high:%.1f%%\"></span>",
               100 * bar->share, 100 * bar->low, 100 * bar->high);
}

static void put_cell(buf *out, const doc_cell *cell)
{
    if (cell->bar.share > 0 || cell->bar.high > 0) {
        put_bar(out, &cell->bar);
        return;
    }
    if (cell->tone != TONE_PLAIN)
        buf_printf(out, "<span class=\"badge %s\">", HTML_TONES[cell->tone]);
    html_linked(out, cell->text, cell->links, cell->n_links);
    buf_puts(out, cell->tone != TONE_PLAIN ? "</span>" : "");
}

void html_facts(buf *out, const doc_block *b)
{
    const bool is_tiles = b->kind == DOC_TILES;
    buf_printf(out, "<dl class=\"%s\">\n", is_tiles ? "tiles" : "facts");
    for (size_t i = 0; i + 2 < b->n_cells; i += 3) {
        buf_puts(out, "<div");
        html_anchor(out, b->rows[i / 3].anchor);
        buf_puts(out, "><dt>");
        put_cell(out, &b->cells[i]);
        buf_puts(out, "</dt><dd>");
        put_cell(out, &b->cells[i + 1]);
        if (b->cells[i + 2].text[0] != '\0') {
            buf_puts(out, is_tiles ? "</dd><dd class=\"note\">" : " <small>");
            html_text(out, b->cells[i + 2].text);
            buf_puts(out, is_tiles ? "" : "</small>");
        }
        buf_puts(out, "</dd></div>\n");
    }
    buf_puts(out, "</dl>\n");
}

/* The title of a column leads to what it means. */
static void put_title(buf *out, const doc_block *b, int column, bool is_defined)
{
    char anchor[ANCHOR_BYTES];
    if (is_defined)
        buf_printf(out, "<a href=\"#%s\">", doc_column_anchor(anchor, b->definition, column));
    html_text(out, b->columns[column].title);
    buf_puts(out, is_defined ? "</a>" : "");
}

static void put_column(buf *out, const doc_block *b, int column)
{
    const doc_column *const c = &b->columns[column];
    const bool has_meaning = c->meaning != NULL && c->meaning[0] != '\0';
    buf_printf(out, "<th scope=\"col\"%s", c->is_number ? " class=\"number\"" : "");
    if (has_meaning) {
        buf_puts(out, " title=\"");
        html_text(out, c->meaning);
        buf_putc(out, '"');
    }
    buf_putc(out, '>');
    put_title(out, b, column, has_meaning && b->definition > 0);
    if (c->unit[0] != '\0') {
        buf_puts(out, " <small>");
        html_text(out, c->unit);
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
    buf_puts(out, "<tr");
    html_anchor(out, b->rows[row].anchor);
    buf_putc(out, '>');
    for (int c = 0; c < b->n_columns; c++) {
        if (!doc_column_is_shown(b, c))
            continue;
        buf_printf(out, c == 0 ? "<th scope=\"row\"%s>" : "<td%s>", cell_class(&b->columns[c], &cells[c]));
        put_cell(out, &cells[c]);
        buf_puts(out, c == 0 ? "</th>" : "</td>");
    }
    buf_puts(out, "</tr>\n");
    if (b->rows[row].note == NULL)
        return;
    buf_printf(out, "<tr class=\"note\"><td colspan=\"%d\">", n_shown);
    html_text(out, b->rows[row].note);
    buf_puts(out, "</td></tr>\n");
}

/* The table scrolls by itself on a narrow screen, and takes the keyboard's focus for that. */
void html_table(buf *out, const doc_block *b)
{
    int n_shown = 0;
    buf_puts(out, "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"");
    html_text(out, b->title[0] != '\0' ? b->title : b->columns[0].title);
    buf_puts(out, "\">\n<table");
    html_anchor(out, b->anchor);
    buf_puts(out, ">\n");
    if (b->title[0] != '\0') {
        buf_puts(out, "<caption>");
        html_text(out, b->title);
        buf_puts(out, "</caption>\n");
    }
    buf_puts(out, "<thead><tr>");
    for (int c = 0; c < b->n_columns; c++) {
        if (!doc_column_is_shown(b, c))
            continue;
        put_column(out, b, c);
        n_shown++;
    }
    buf_puts(out, "</tr></thead>\n<tbody>\n");
    for (size_t row = 0; row < b->n_rows; row++)
        put_row(out, b, row, n_shown);
    buf_puts(out, "</tbody>\n</table>\n</div>\n");
}
