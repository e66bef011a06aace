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
        mem_free(doc->blocks[i].rows);
    }
    mem_free(doc->blocks);
    arena_free(doc->keep);
    *doc = (document){0};
}

/* ---- blocks ------------------------------------------------------------------------------------------------------ */

doc_block *doc_append(document *doc, doc_kind kind)
{
    doc->has_failed =
        doc->has_failed || !mem_grow(&doc->blocks, &doc->cap_blocks, doc->n_blocks + 1, sizeof *doc->blocks);
    if (doc->has_failed)
        return NULL;
    doc_block *const block = &doc->blocks[doc->n_blocks++];
    *block = (doc_block){.kind = kind, .audience = doc->audience, .title = "", .text = ""};
    return block;
}

const char *doc_copy(document *doc, const char *text)
{
    if (doc->has_failed || text == NULL)
        return NULL;
    const char *const copy = arena_copy(doc->keep, text, strlen(text));
    doc->has_failed = copy == NULL;
    return copy;
}

/* A text that is too long is replaced by "", and the document fails. */
const char *doc_format(document *doc, const char *fmt, va_list args)
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

const char *doc_copy_linked(document *doc, const linked_text *text, doc_link **links, size_t *n_links)
{
    const size_t n = text->n_links;
    doc->has_failed |= text->text.failed == SW_ENOMEM;
    doc_link *const copies = doc->has_failed || n == 0 ? NULL : arena_alloc(doc->keep, n * sizeof *copies);
    doc->has_failed |= n > 0 && copies == NULL;
    for (size_t i = 0; copies != NULL && i < n; i++) {
        const text_link *const l = &text->links[i];
        copies[i] = (doc_link){l->begin, l->end, doc_copy(doc, l->target)};
    }
    *links = copies;
    *n_links = copies != NULL ? n : 0;
    return doc_copy(doc, buf_str(&text->text));
}

void doc_heading(document *doc, int level, const char *anchor, const char *title)
{
    doc_block *const block = doc_append(doc, DOC_HEADING);
    if (block == NULL)
        return;
    block->level = level;
    block->anchor = doc_copy(doc, anchor);
    block->title = doc_copy(doc, title);
}

/* The text of the block that was appended last. */
static void set_text(document *doc, doc_block *block, const char *text)
{
    block->text = doc->has_failed ? "" : text;
    block->n_text = strlen(block->text);
}

void doc_paragraph(document *doc, const char *fmt, ...)
{
    doc_block *const block = doc_append(doc, DOC_PARAGRAPH);
    if (block == NULL)
        return;
    va_list args;
    va_start(args, fmt);
    set_text(doc, block, doc_format(doc, fmt, args));
    va_end(args);
}

void doc_paragraph_linked(document *doc, const linked_text *text)
{
    doc_block *const block = doc_append(doc, DOC_PARAGRAPH);
    if (block != NULL)
        set_text(doc, block, doc_copy_linked(doc, text, &block->links, &block->n_links));
}

void doc_badge(document *doc, doc_tone tone, const char *label, const char *text)
{
    doc_block *const block = doc_append(doc, DOC_BADGE);
    if (block == NULL)
        return;
    block->tone = tone;
    block->title = doc_copy(doc, label);
    set_text(doc, block, doc_copy(doc, text));
}

void doc_remark(document *doc, doc_tone tone, const char *fmt, ...)
{
    doc_block *const block = doc_append(doc, DOC_REMARK);
    if (block == NULL)
        return;
    block->tone = tone;
    va_list args;
    va_start(args, fmt);
    set_text(doc, block, doc_format(doc, fmt, args));
    va_end(args);
}

void doc_chart(document *doc, const char *name, int subject)
{
    doc_block *const block = doc_append(doc, DOC_CHART);
    if (block == NULL)
        return;
    block->title = name;
    block->subject = subject;
}

void doc_drawing(document *doc, const buf *svg)
{
    doc_block *const block = doc_append(doc, DOC_DRAWING);
    if (block != NULL)
        block->text = doc_copy(doc, doc_str(doc, svg));
}

void doc_text(document *doc, const char *title, const char *text, size_t n)
{
    doc_block *const block = doc_append(doc, DOC_TEXT);
    if (block == NULL)
        return;
    block->title = doc_copy(doc, title);
    block->text = text;
    block->n_text = n;
}

void doc_code(document *doc, const char *anchor, const char *title, const char *text)
{
    doc_block *const block = doc_append(doc, DOC_CODE);
    if (block == NULL)
        return;
    block->anchor = doc_copy(doc, anchor);
    block->title = doc_copy(doc, title);
    set_text(doc, block, doc_copy(doc, text));
}

void doc_download(document *doc, const char *name, const buf *content)
{
    doc_block *const block = doc_append(doc, DOC_DOWNLOAD);
    if (block == NULL)
        return;
    block->title = doc_copy(doc, name);
    set_text(doc, block, doc_str(doc, content));
    block->text = doc_copy(doc, block->text);
}

void doc_fold_begin(document *doc, const char *anchor, const char *title)
{
    doc_block *const block = doc_append(doc, DOC_FOLD_BEGIN);
    if (block == NULL)
        return;
    block->anchor = doc_copy(doc, anchor);
    block->title = doc_copy(doc, title);
}

void doc_fold_end(document *doc)
{
    (void)doc_append(doc, DOC_FOLD_END);
}

void doc_group_begin(document *doc, const char *title)
{
    doc_block *const block = doc_append(doc, DOC_GROUP_BEGIN);
    if (block != NULL)
        block->title = doc_copy(doc, title);
}

void doc_group_end(document *doc)
{
    (void)doc_append(doc, DOC_GROUP_END);
}

void doc_anchor(document *doc, const char *anchor)
{
    const char *const copy = doc_copy(doc, anchor);
    if (!doc->has_failed)
        doc->blocks[doc->n_blocks - 1].anchor = copy;
}

const char *doc_str(document *doc, const buf *text)
{
    doc->has_failed |= text->failed == SW_ENOMEM;
    return buf_str(text);
}

/* ---- what renderers ask ------------------------------------------------------------------------------------------ */

const char *doc_column_anchor(char out[ANCHOR_BYTES], int definition, int column)
{
    snprintf(out, ANCHOR_BYTES, "column-%d-%d", definition, column + 1);
    return out;
}

bool doc_is_on_pages(const doc_block *block)
{
    return block->audience != FOR_TERMINAL && (block->n_columns == 0 || block->n_cells > 0);
}

bool document_is_whole(const document *doc, buf *out)
{
    if (doc->has_failed && out->failed == SW_OK)
        out->failed = SW_ENOMEM;
    return !doc->has_failed;
}
