/* document_table.c - rows of facts, tiles and tables, cell by cell. */
#include <stdarg.h>
#include <string.h>

#include "base/alloc.h"
#include "report/document.h"

void doc_table(document *doc, const char *title, const doc_column *columns, int n_columns)
{
    doc_block *const block = doc_append(doc, DOC_TABLE);
    if (block == NULL)
        return;
    block->title = doc_copy(doc, title);
    block->columns = columns;
    block->n_columns = n_columns;
    doc->lead = NULL;
}

/* The next cell of the table or the facts under way; NULL when memory is short.  `text` is in the arena. */
static doc_cell *put_cell(document *doc, const char *text, doc_tone tone)
{
    if (doc->has_failed)
        return NULL;
    doc_block *const block = &doc->blocks[doc->n_blocks - 1];
    const bool is_first = block->n_cells % (size_t)block->n_columns == 0;
    doc->has_failed = !mem_grow(&block->cells, &block->cap_cells, block->n_cells + 1, sizeof *block->cells) ||
                      (is_first && !mem_grow(&block->rows, &block->cap_rows, block->n_rows + 1, sizeof *block->rows));
    if (doc->has_failed)
        return NULL;
    if (is_first)
        block->rows[block->n_rows++] = (doc_row){NULL, NULL};
    block->cells[block->n_cells] = (doc_cell){.text = text, .tone = tone};
    return &block->cells[block->n_cells++];
}

/* All of the cell's text leads to `target`, which is in the arena. */
static void link_cell(document *doc, doc_cell *cell, const char *target)
{
    if (cell == NULL || target == NULL || cell->text[0] == '\0' || strcmp(cell->text, "-") == 0)
        return;
    doc_link *const link = arena_alloc(doc->keep, sizeof *link);
    doc->has_failed = link == NULL;
    if (link == NULL)
        return;
    *link = (doc_link){0, strlen(cell->text), target};
    cell->links = link;
    cell->n_links = 1;
}

/* Where the row ends, so does what its cells lead to. */
static void end_cell(document *doc)
{
    const doc_block *const block = doc->has_failed ? NULL : &doc->blocks[doc->n_blocks - 1];
    if (block != NULL && block->kind == DOC_TABLE && block->n_cells % (size_t)block->n_columns == 0)
        doc->lead = NULL;
}

static void put_leading(document *doc, const char *text, doc_tone tone)
{
    link_cell(doc, put_cell(doc, text, tone), doc->lead);
    end_cell(doc);
}

void doc_put(document *doc, const char *text)
{
    put_leading(doc, doc_copy(doc, text), TONE_PLAIN);
}

static double limit(double share)
{
    return share > 0 ? (share < 1 ? share : 1) : 0; // NAN: 0
}

void doc_put_bar(document *doc, doc_bar bar)
{
    enum { CHARACTERS = 12 };
    char text[CHARACTERS + 1] = "";
    bar = (doc_bar){limit(bar.share), limit(bar.low), limit(bar.high)};
    const int n = (int)(CHARACTERS * bar.share + 0.5), n_high = (int)(CHARACTERS * bar.high + 0.5);
    for (int i = 0; i < n || i < n_high; i++)
        text[i] = i < n ? '=' : '-';
    doc_cell *const cell = put_cell(doc, doc_copy(doc, text), TONE_PLAIN);
    if (cell != NULL)
        cell->bar = bar;
    end_cell(doc);
}

void doc_put_tone(document *doc, doc_tone tone, const char *text)
{
    put_leading(doc, doc_copy(doc, text), tone);
}

void doc_put_link(document *doc, const char *target, const char *text)
{
    const char *const anchor = doc_copy(doc, target);
    link_cell(doc, put_cell(doc, doc_copy(doc, text), TONE_PLAIN), anchor);
    end_cell(doc);
}

void doc_put_linked(document *doc, const linked_text *text)
{
    doc_link *links;
    size_t n_links;
    const char *const copy = doc_copy_linked(doc, text, &links, &n_links);
    doc_cell *const cell = put_cell(doc, copy, TONE_PLAIN);
    if (cell == NULL)
        return;
    cell->links = links;
    cell->n_links = n_links;
    end_cell(doc);
}

void doc_putf(document *doc, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const char *const text = doc->has_failed ? "" : doc_format(doc, fmt, args);
    va_end(args);
    put_leading(doc, text, TONE_PLAIN);
}

void doc_lead(document *doc, const char *target)
{
    doc->lead = doc_copy(doc, target);
}

static doc_row *last_row(document *doc)
{
    doc_block *const block = doc->has_failed ? NULL : &doc->blocks[doc->n_blocks - 1];
    return block != NULL && block->n_rows > 0 ? &block->rows[block->n_rows - 1] : NULL;
}

void doc_row_anchor(document *doc, const char *anchor)
{
    const char *const copy = doc_copy(doc, anchor);
    doc_row *const row = last_row(doc);
    if (row != NULL)
        row->anchor = copy;
}

void doc_row_note(document *doc, const char *text)
{
    const char *const copy = doc_copy(doc, text);
    doc_row *const row = last_row(doc);
    if (row != NULL)
        row->note = copy;
}

void doc_facts(document *doc, doc_kind kind)
{
    static const doc_column COLUMNS[] = {{.title = "", .unit = "", .meaning = ""},
                                         {.title = "", .unit = "", .meaning = ""},
                                         {.title = "", .unit = "", .meaning = "", .rank = 2}};
    doc_block *const block = doc_append(doc, kind);
    if (block == NULL)
        return;
    block->columns = COLUMNS;
    block->n_columns = 3;
    doc->lead = NULL;
}

/* Names and notes are words: they lead nowhere. */
static void put_word(document *doc, const char *text)
{
    put_cell(doc, doc_copy(doc, text), TONE_PLAIN);
}

void doc_fact(document *doc, const char *name, const char *note, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const char *const value = doc->has_failed ? "" : doc_format(doc, fmt, args);
    va_end(args);
    if (value[0] == '\0')
        return;
    put_word(doc, name);
    put_leading(doc, value, TONE_PLAIN);
    put_word(doc, note);
}

void doc_fact_linked(document *doc, const char *name, const char *note, const linked_text *value)
{
    if (value->text.size == 0 && value->text.failed == SW_OK)
        return;
    put_word(doc, name);
    doc_put_linked(doc, value);
    put_word(doc, note);
}

bool doc_column_is_shown(const doc_block *block, int column)
{
    if (block->columns[column].rank < 2)
        return true;
    for (size_t i = (size_t)column; i < block->n_cells; i += (size_t)block->n_columns) {
        const char *const text = block->cells[i].text;
        if (text[0] != '\0' && strcmp(text, "-") != 0)
            return true;
    }
    return false;
}
