/* document.h - a report before it has a form: headings, paragraphs, facts, tables, charts and texts, one after another.
 *
 * Sections (sections/) append blocks, once for all forms; renderers (render.h) make a terminal's text, Markdown and
 * HTML of them.  Every text is raw, and renderers escape all of it: a section cannot forget to.  A document that ran
 * out of memory ignores what is appended, and must not be read: renderers make their buffer fail.
 */
#ifndef REPORT_DOCUMENT_H
#define REPORT_DOCUMENT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "report/linked_text.h"
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
    DOC_DRAWING,    // on a page: a picture that needs no script
    DOC_TEXT,       // verbatim: a prompt or an answer
    DOC_CODE,       // commands or SQL of the report itself; pages only
    DOC_DOWNLOAD,   // a small file inside the page; HTML only
    DOC_FOLD_BEGIN, // what is up to the end is hidden on a page until the title is chosen
    DOC_FOLD_END,
    DOC_GROUP_BEGIN, // tables or folds that are hidden together; in Markdown the title alone
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

/* The bytes of a text from `begin` to `end` lead to an anchor. */
typedef struct doc_link {
    size_t begin, end;
    const char *target;
} doc_link;

/* A figure as a length, and its interval: shares of the longest, 0 to 1.  All 0: there is no bar. */
typedef struct doc_bar {
    double share, low, high;
} doc_bar;

typedef struct doc_cell {
    const char *text;
    doc_link *links; // (n_links), in the order of the text; they do not overlap
    size_t n_links;
    doc_tone tone;
    doc_bar bar;
} doc_cell;

typedef struct doc_row {
    const char *note;   // below it, or NULL
    const char *anchor; // that links lead to, or NULL
} doc_row;

typedef struct doc_block {
    doc_kind kind;
    doc_audience audience;
    int level;          // DOC_HEADING: 1 to 4
    doc_tone tone;      // DOC_BADGE, DOC_REMARK
    const char *title;  // of a heading, table, text or fold; DOC_CHART: its name
    const char *anchor; // that links lead to, or NULL
    // DOC_PARAGRAPH, DOC_BADGE, DOC_REMARK, DOC_TEXT, DOC_DRAWING, DOC_CODE, DOC_DOWNLOAD (its name is the title)
    const char *text;
    size_t n_text;
    doc_link *links; // (n_links), of the text of a DOC_PARAGRAPH
    size_t n_links;
    int subject; // DOC_CHART: the model
    // DOC_TABLE, and with three columns DOC_FACTS and DOC_TILES: row by row.
    const doc_column *columns;
    int n_columns;
    int definition; // DOC_TABLE: the meaning of column c is at doc_column_anchor(definition, c); 0: nowhere
    doc_cell *cells;
    size_t n_cells, cap_cells;
    doc_row *rows;
    size_t n_rows, cap_rows;
} doc_block;

typedef struct document {
    arena *keep;
    doc_audience audience; // of the blocks to come
    const char *lead;      // that the cells to come lead to, or NULL
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
void doc_paragraph_linked(document *doc, const linked_text *text);
void doc_badge(document *doc, doc_tone tone, const char *label, const char *text);
void doc_remark(document *doc, doc_tone tone, const char *fmt, ...) SW_PRINTF(3, 4);
void doc_chart(document *doc, const char *name, int subject);
/* `svg` is markup that this program made: every text in it is escaped already. */
void doc_drawing(document *doc, const buf *svg);
void doc_text(document *doc, const char *title, const char *text, size_t n);
/* `title` may be "". */
void doc_code(document *doc, const char *anchor, const char *title, const char *text);
/* `text` is copied. */
void doc_download(document *doc, const char *name, const buf *content);
void doc_fold_begin(document *doc, const char *anchor, const char *title);
void doc_fold_end(document *doc);
void doc_group_begin(document *doc, const char *title);
void doc_group_end(document *doc);
/* Of the block that was appended last; that of a chart is one of all charts beside it. */
void doc_anchor(document *doc, const char *anchor);

/* The text of a buffer; the document fails if memory was short for it. */
const char *doc_str(document *doc, const buf *text);

/* ---- facts and tables (document_table.c) ------------------------------------------------------------------------- */

/* Begins rows of facts or tiles; a fact whose value is "" is left out.  `note`: how it is known, or what it means. */
void doc_facts(document *doc, doc_kind kind);
void doc_fact(document *doc, const char *name, const char *note, const char *fmt, ...) SW_PRINTF(4, 5);
void doc_fact_linked(document *doc, const char *name, const char *note, const linked_text *value);

/* Begins a table; cells follow from left to right. */
void doc_table(document *doc, const char *title, const doc_column *columns, int n_columns);
void doc_put(document *doc, const char *text);
void doc_put_tone(document *doc, doc_tone tone, const char *text);
void doc_put_link(document *doc, const char *target, const char *text);
void doc_put_linked(document *doc, const linked_text *text);
void doc_putf(document *doc, const char *fmt, ...) SW_PRINTF(2, 3);
/* A bar, whose figures are in other cells of the row: on a page it is drawn, elsewhere it is "=====---". */
void doc_put_bar(document *doc, doc_bar bar);
/* The cells to come in this row lead to that anchor, and of facts and tiles all values to come; but not those that say
 * nothing ("" and "-"), nor those with links of their own.  NULL: to none. */
void doc_lead(document *doc, const char *target);
/* Of the row whose cell was put last. */
void doc_row_anchor(document *doc, const char *anchor);
/* Below that row. */
void doc_row_note(document *doc, const char *text);

/* Returns true if nothing is missing; else `out` fails for want of memory. */
bool document_is_whole(const document *doc, buf *out);

/* Where the meaning of a column is, of a block with that definition. */
const char *doc_column_anchor(char out[ANCHOR_BYTES], int definition, int column);
/* Returns true if the block is for the pages and not empty. */
bool doc_is_on_pages(const doc_block *block);
/* Returns true if the column is to be there: it is important, or some cell of it is neither "" nor "-". */
bool doc_column_is_shown(const doc_block *block, int column);

/* For the two files of this module: the block appended, NULL when memory is short; a copy of a text, and of a format.
 */
doc_block *doc_append(document *doc, doc_kind kind);
const char *doc_copy(document *doc, const char *text);
const char *doc_format(document *doc, const char *fmt, va_list args) __attribute__((format(printf, 2, 0)));
/* The text and its links, in the arena.  *links is NULL, and *n_links 0, when memory is short. */
const char *doc_copy_linked(document *doc, const linked_text *text, doc_link **links, size_t *n_links);

#endif
