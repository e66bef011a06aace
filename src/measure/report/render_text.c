/* render_text.c - the short form of a document, for a terminal. */
#include <string.h>

#include "base/arena.h"
#include "base/escape.h"
#include "report/render.h"
#include "report/text_table.h"

enum { CELL_CHARACTERS_MAX = 36, NAME_CHARACTERS_MAX = 24, TEXT_BYTES_MAX = 1 << 20 };

static const char MORE[] = "a wider terminal, --format md and --json have all columns";

static int n_characters(const char *text)
{
    int n = 0;
    for (; *text != '\0'; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

/* Escaped on one line, and cut after n_max characters. */
static void put_safe(buf *out, const char *text, int n_max)
{
    buf safe;
    buf_init(&safe, 16 * strlen(text) + 16);
    escape_terminal(&safe, text, strlen(text));
    int n = 0;
    for (const char *p = buf_str(&safe); *p != '\0'; p++) {
        n += ((unsigned char)*p & 0xc0) != 0x80;
        if (n > n_max)
            break;
        buf_putc(out, *p == '\n' || *p == '\t' ? ' ' : *p);
    }
    buf_free_part(&safe, out);
}

static void put_wrapped(buf *out, const char *lead, const char *text, int width)
{
    buf line;
    buf_init(&line, TEXT_BYTES_MAX + 64);
    buf_puts(&line, lead);
    put_safe(&line, text, TEXT_BYTES_MAX);
    text_wrap_hanging(out, buf_str(&line), width, n_characters(lead));
    buf_free_part(&line, out);
}

/* ---- blocks ------------------------------------------------------------------------------------------------------ */

/* Names in a column, values beside them. */
static void put_facts(buf *out, const doc_block *b, int width)
{
    int name_width = 0;
    for (size_t i = 0; i < b->n_cells; i += 3) {
        const int n = n_characters(b->cells[i].text);
        name_width = n > name_width && n <= NAME_CHARACTERS_MAX ? n : name_width;
    }
    for (size_t i = 0; i + 2 < b->n_cells; i += 3) {
        buf lead;
        buf_init(&lead, 4096);
        put_safe(&lead, b->cells[i].text, NAME_CHARACTERS_MAX);
        int n = n_characters(buf_str(&lead));
        do
            buf_putc(&lead, ' ');
        while (++n < name_width + 2);
        put_wrapped(out, buf_str(&lead), b->cells[i + 1].text, width);
        buf_free_part(&lead, out);
    }
}

/* Titles can be names from outside. */
static const char *safe_title(buf *out, arena *keep, const char *title)
{
    buf safe;
    buf_init(&safe, 4096);
    put_safe(&safe, title, NAME_CHARACTERS_MAX);
    const char *const copy = arena_copy(keep, buf_str(&safe), safe.size);
    safe.failed = copy != NULL ? safe.failed : SW_ENOMEM;
    buf_free_part(&safe, out);
    return copy != NULL ? copy : "";
}

/* A cell, or the note of a row after `lead`. */
static void put_part(buf *out, text_table *table, void (*put)(text_table *table, const char *text), const char *lead,
                     const char *text, int n_max)
{
    buf part;
    buf_init(&part, TEXT_BYTES_MAX);
    buf_puts(&part, lead);
    put_safe(&part, text, n_max);
    put(table, buf_str(&part));
    buf_free_part(&part, out);
}

static void put_row(buf *out, text_table *table, const doc_block *b, size_t row, const int *shown, int n_shown)
{
    const doc_cell *const cells = b->cells + row * (size_t)b->n_columns;
    for (int c = 0; c < n_shown; c++)
        put_part(out, table, text_table_put, "", cells[shown[c]].text, CELL_CHARACTERS_MAX);
    if (b->rows[row].note != NULL)
        put_part(out, table, text_table_note, "    ", b->rows[row].note, TEXT_BYTES_MAX);
}

/* Columns that say nothing at all are not columns that have no room: they are not there. */
static void put_table(buf *out, const doc_block *b, int width, const char *more)
{
    int shown[TEXT_TABLE_COLUMNS_MAX], n_shown = 0;
    text_column columns[TEXT_TABLE_COLUMNS_MAX];
    arena *const keep = arena_create();
    for (int c = 0; keep != NULL && c < b->n_columns && n_shown < TEXT_TABLE_COLUMNS_MAX; c++) {
        const doc_column *const from = &b->columns[c];
        if (!doc_column_is_shown(b, c))
            continue;
        columns[n_shown] = (text_column){safe_title(out, keep, from->title), from->unit, from->is_number, from->rank};
        shown[n_shown++] = c;
    }
    text_table *const table = n_shown > 0 ? text_table_create(columns, n_shown) : NULL;
    for (size_t row = 0; row < b->n_rows; row++)
        put_row(out, table, b, row, shown, n_shown);
    text_table_write(out, table, width, more);
    text_table_free(table);
    arena_free(keep);
}

/* `more` says, below a table, where the columns are that had no room. */
static void put_block(buf *out, const doc_block *b, int width, const char *more)
{
    switch (b->kind) {
    case DOC_HEADING:
        buf_puts(out, out->size > 0 ? "\n" : "");
        put_wrapped(out, "", b->title, width);
        break;
    case DOC_PARAGRAPH: put_wrapped(out, "", b->text, width); break;
    case DOC_BADGE: put_wrapped(out, "status  ", b->title, width); break;
    case DOC_REMARK: put_wrapped(out, b->tone == TONE_BAD ? "!! " : "! ", b->text, width); break;
    case DOC_FACTS:
    case DOC_TILES: put_facts(out, b, width); break;
    case DOC_TABLE: put_table(out, b, width, more); break;
    case DOC_CHART:
    case DOC_DRAWING:
    case DOC_TEXT:
    case DOC_CODE:
    case DOC_DOWNLOAD:
    case DOC_FOLD_BEGIN:
    case DOC_FOLD_END:
    case DOC_GROUP_BEGIN:
    case DOC_GROUP_END: break;
    }
}

/* An empty line is between blocks of different kinds. */
void render_text(buf *out, const document *doc, int width)
{
    if (!document_is_whole(doc, out))
        return;
    const doc_block *before = NULL;
    bool has_table = false;
    for (size_t i = 0; i < doc->n_blocks; i++) {
        const doc_block *const b = &doc->blocks[i];
        if (b->audience == FOR_PAGES || (b->n_columns > 0 && b->n_cells == 0))
            continue;
        if (before != NULL && before->kind != DOC_HEADING && b->kind != DOC_HEADING && b->kind != before->kind)
            buf_putc(out, '\n');
        put_block(out, b, width, has_table ? "" : MORE);
        has_table |= b->kind == DOC_TABLE;
        before = b;
    }
}
