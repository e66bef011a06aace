/* document.c - blocks in a growing list, their texts in an arena. */
#include "report/document.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

enum { TEXT_BYTES_MAX = 1 << 20 };

void document_init(document *doc)
{
    *doc = (document){.keep = arena_create()};
    doc->has_failed = doc->keep == NULL;
}

void document_free(document *doc)
{
    for (size_t i = 0; i < doc->n_blocks; i++) {
        mem_free(doc->blocks[i].cells);
        mem_free(doc->blocks[i].notes);
    }
    mem_free(doc->blocks);
    arena_free(doc->keep);
    *doc = (document){0};
}

/* ---- blocks ------------------------------------------------------------------------------------------------------ */

/* NULL when memory is short. */
static doc_block *append(document *doc, doc_kind kind)
{
    doc->has_failed =
        doc->has_failed || !mem_grow(&doc->blocks, &doc->cap_blocks, doc->n_blocks + 1, sizeof *doc->blocks);
    if (doc->has_failed)
        return NULL;
    doc_block *const block = &doc->blocks[doc->n_blocks++];
    *block = (doc_block){.kind = kind, .audience = doc->audience, .title = "", .text = ""};
    return block;
}

static const char *copy_of(document *doc, const char *text)
{
    if (doc->has_failed || text == NULL)
        return NULL;
    const char *const copy = arena_copy(doc->keep, text, strlen(text));
    doc->has_failed = copy == NULL;
    return copy;
}

static const char *format_copy(document *doc, const char *fmt, va_list args) __attribute__((format(printf, 2, 0)));

/* A text that is too long is replaced by "", and the document fails. */
static const char *format_copy(document *doc, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    const int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    char *const text = n >= 0 && n < TEXT_BYTES_MAX && !doc->has_failed ? arena_alloc(doc->keep, (size_t)n + 1) : NULL;
    doc->has_failed = text == NULL;
    if (text == NULL)
        return "";
    vsnprintf(text, (size_t)n + 1, fmt, args);
    return text;
}

void doc_heading(document *doc, int level, const char *anchor, const char *title)
{
    doc_block *const block = append(doc, DOC_HEADING);
    if (block == NULL)
        return;
    block->level = level;
    block->anchor = copy_of(doc, anchor);
    block->title = copy_of(doc, title);
}

/* The text of the block that was appended last. */
static void set_text(document *doc, doc_block *block, const char *text)
{
    block->text = doc->has_failed ? "" : text;
    block->n_text = strlen(block->text);
}

void doc_paragraph(document *doc, const char *fmt, ...)
{
    doc_block *const block = append(doc, DOC_PARAGRAPH);
    if (block == NULL)
        return;
    va_list args;
    va_start(args, fmt);
    set_text(doc, block, format_copy(doc, fmt, args));
    va_end(args);
}

void doc_badge(document *doc, doc_tone tone, const char *label, const char *text)
{
    doc_block *const block = append(doc, DOC_BADGE);
    if (block == NULL)
        return;
    block->tone = tone;
    block->title = copy_of(doc, label);
    set_text(doc, block, copy_of(doc, text));
}

void doc_remark(document *doc, doc_tone tone, const char *fmt, ...)
{
    doc_block *const block = append(doc, DOC_REMARK);
    if (block == NULL)
        return;
    block->tone = tone;
    va_list args;
    va_start(args, fmt);
    set_text(doc, block, format_copy(doc, fmt, args));
    va_end(args);
}

void doc_chart(document *doc, const char *name, int subject)
{
    doc_block *const block = append(doc, DOC_CHART);
    if (block == NULL)
        return;
    block->title = name;
    block->subject = subject;
}

void doc_text(document *doc, const char *title, const char *text, size_t n)
{
    doc_block *const block = append(doc, DOC_TEXT);
    if (block == NULL)
        return;
    block->title = copy_of(doc, title);
    block->text = text;
    block->n_text = n;
}

void doc_fold_begin(document *doc, const char *anchor, const char *title)
{
    doc_block *const block = append(doc, DOC_FOLD_BEGIN);
    if (block == NULL)
        return;
    block->anchor = copy_of(doc, anchor);
    block->title = copy_of(doc, title);
}

void doc_fold_end(document *doc)
{
    (void)append(doc, DOC_FOLD_END);
}

void doc_group_begin(document *doc, const char *title)
{
    doc_block *const block = append(doc, DOC_GROUP_BEGIN);
    if (block != NULL)
        block->title = copy_of(doc, title);
}

void doc_group_end(document *doc)
{
    (void)append(doc, DOC_GROUP_END);
}

const char *doc_str(document *doc, const buf *text)
{
    doc->has_failed |= text->failed == SW_ENOMEM;
    return buf_str(text);
}

/* ---- facts and tables -------------------------------------------------------------------------------------------- */

void doc_table(document *doc, const char *title, const doc_column *columns, int n_columns)
{
    doc_block *const block = append(doc, DOC_TABLE);
    if (block == NULL)
        return;
    block->title = copy_of(doc, title);
    block->columns = columns;
    block->n_columns = n_columns;
}

/* The next cell of the table or the facts under way; `text` is in the arena. */
static void put_cell(document *doc, const char *text, const char *target, doc_tone tone)
{
    if (doc->has_failed)
        return;
    doc_block *const block = &doc->blocks[doc->n_blocks - 1];
    const bool is_first = block->n_cells % (size_t)block->n_columns == 0;
    doc->has_failed =
        !mem_grow(&block->cells, &block->cap_cells, block->n_cells + 1, sizeof *block->cells) ||
        (is_first && !mem_grow(&block->notes, &block->cap_notes, block->n_notes + 1, sizeof *block->notes));
    if (doc->has_failed)
        return;
    block->cells[block->n_cells++] = (doc_cell){text, target, tone};
    if (is_first)
        block->notes[block->n_notes++] = NULL;
}

void doc_put(document *doc, const char *text)
{
    put_cell(doc, copy_of(doc, text), NULL, TONE_PLAIN);
}

void doc_put_tone(document *doc, doc_tone tone, const char *text)
{
    put_cell(doc, copy_of(doc, text), NULL, tone);
}

void doc_put_link(document *doc, const char *target, const char *text)
{
    const char *const anchor = copy_of(doc, target);
    put_cell(doc, copy_of(doc, text), anchor, TONE_PLAIN);
}

void doc_putf(document *doc, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const char *const text = doc->has_failed ? "" : format_copy(doc, fmt, args);
    va_end(args);
    put_cell(doc, text, NULL, TONE_PLAIN);
}

void doc_row_note(document *doc, const char *text)
{
    if (doc->has_failed)
        return;
    doc_block *const block = &doc->blocks[doc->n_blocks - 1];
    block->notes[block->n_notes - 1] = copy_of(doc, text);
}

void doc_facts(document *doc, doc_kind kind)
{
    static const doc_column COLUMNS[] = {{.title = "", .unit = "", .meaning = ""},
                                         {.title = "", .unit = "", .meaning = ""},
                                         {.title = "", .unit = "", .meaning = "", .rank = 2}};
    doc_block *const block = append(doc, kind);
    if (block == NULL)
        return;
    block->columns = COLUMNS;
    block->n_columns = 3;
}

void doc_fact(document *doc, const char *name, const char *note, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const char *const value = doc->has_failed ? "" : format_copy(doc, fmt, args);
    va_end(args);
    if (value[0] == '\0')
        return;
    doc_put(doc, name);
    put_cell(doc, value, NULL, TONE_PLAIN);
    doc_put(doc, note);
}

void doc_fact_link(document *doc, const char *name, const char *target, const char *value)
{
    doc_put_link(doc, target, name);
    doc_put(doc, value);
    doc_put(doc, "");
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

bool document_is_whole(const document *doc, buf *out)
{
    if (doc->has_failed && out->failed == SW_OK)
        out->failed = SW_ENOMEM;
    return !doc->has_failed;
}
