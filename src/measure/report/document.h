/* document.h - a report before it has a form: headings, paragraphs, facts, tables, charts and texts, one after another.
 *
 * Sections (sections/) append blocks, once for all forms; renderers (render.h) make a terminal's text, Markdown and
 * HTML of them.  Every text is raw, and renderers escape all of it: a section cannot forget to.  A document that ran
 * out of memory ignores what is appended, and must not be read: renderers make their buffer fail.
 */
#ifndef REPORT_DOCUMENT_H
#define REPORT_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "spillway/error.h"

/* What a badge, a cell or a remark says at a glance. */
typedef enum doc_tone { TONE_PLAIN, TONE_GOOD, TONE_OPEN, TONE_BAD } doc_tone;

/* Who reads a block. */
typedef enum doc_audience {
    FOR_ALL,
    FOR_PAGES,    // Markdown and HTML
    FOR_TERMINAL, // the short form
} doc_audience;

typedef enum doc_kind {
    DOC_HEADING,
    DOC_PARAGRAPH,
    DOC_BADGE,  // the outcome of the run, with a date beside it
    DOC_REMARK, // a warning, or a reason why figures mean little
    DOC_FACTS,  // rows of a name, a value, and how it is known
    DOC_TILES,  // the same as large figures
    DOC_TABLE,
    DOC_CHART,
    DOC_TEXT,       // verbatim: a prompt or an answer
    DOC_FOLD_BEGIN, // what is up to the end is hidden on a page until the title is chosen
    DOC_FOLD_END,
    DOC_GROUP_BEGIN, // folds that are hidden together; in Markdown nothing
    DOC_GROUP_END,
} doc_kind;

typedef struct doc_column {
    const char *title;
    const char *unit;    // "" if it has none
    const char *meaning; // one sentence, or ""
    bool is_number;
    int rank; // on a narrow terminal, columns of the highest rank are left out first; those of 0 never.  Columns of
              // rank 2 and higher that say nothing are nowhere
} doc_column;

typedef struct doc_cell {
    const char *text;
    const char *target; // the anchor that it leads to, or NULL
    doc_tone tone;
} doc_cell;

typedef struct doc_block {
    doc_kind kind;
    doc_audience audience;
    int level;          // DOC_HEADING: 1 to 4
    doc_tone tone;      // DOC_BADGE, DOC_REMARK
    const char *title;  // of a heading, table, text or fold; DOC_CHART: its name
    const char *anchor; // that links lead to, or NULL
    const char *text;   // DOC_PARAGRAPH, DOC_BADGE, DOC_REMARK, DOC_TEXT
    size_t n_text;
    int subject; // DOC_CHART: the model
    // DOC_TABLE, and with three columns DOC_FACTS and DOC_TILES: row by row.
    const doc_column *columns;
    int n_columns;
    doc_cell *cells;
    size_t n_cells, cap_cells;
    const char **notes; // of the rows; NULL: none
    size_t n_notes, cap_notes;
} doc_block;

typedef struct document {
    arena *keep;
    doc_audience audience; // of the blocks to come
    doc_block *blocks;
    size_t n_blocks, cap_blocks;
    bool has_failed;
} document;

void document_init(document *doc);
void document_free(document *doc);

/* Texts are copied, but for those of doc_text and the columns, which must outlive the document.  `anchor` may be NULL.
 */
void doc_heading(document *doc, int level, const char *anchor, const char *title);
void doc_paragraph(document *doc, const char *fmt, ...) SW_PRINTF(2, 3);
void doc_badge(document *doc, doc_tone tone, const char *label, const char *text);
void doc_remark(document *doc, doc_tone tone, const char *fmt, ...) SW_PRINTF(3, 4);
void doc_chart(document *doc, const char *name, int subject);
void doc_text(document *doc, const char *title, const char *text, size_t n);
void doc_fold_begin(document *doc, const char *anchor, const char *title);
void doc_fold_end(document *doc);
void doc_group_begin(document *doc, const char *title);
void doc_group_end(document *doc);

/* The text of a buffer; the document fails if memory was short for it. */
const char *doc_str(document *doc, const buf *text);

/* Begins rows of facts or tiles; a fact whose value is "" is left out.  `note`: how it is known, or what it means. */
void doc_facts(document *doc, doc_kind kind);
void doc_fact(document *doc, const char *name, const char *note, const char *fmt, ...) SW_PRINTF(4, 5);

/* A fact whose name leads to where its figures are. */
void doc_fact_link(document *doc, const char *name, const char *target, const char *value);

/* Begins a table; cells follow from left to right. */
void doc_table(document *doc, const char *title, const doc_column *columns, int n_columns);
void doc_put(document *doc, const char *text);
void doc_put_tone(document *doc, doc_tone tone, const char *text);
void doc_put_link(document *doc, const char *target, const char *text);
void doc_putf(document *doc, const char *fmt, ...) SW_PRINTF(2, 3);
/* Below the row that was completed last. */
void doc_row_note(document *doc, const char *text);

/* Returns true if nothing is missing; else `out` fails for want of memory. */
bool document_is_whole(const document *doc, buf *out);

/* Returns true if the column is to be there: it is important, or some cell of it is neither "" nor "-". */
bool doc_column_is_shown(const doc_block *block, int column);

#endif
