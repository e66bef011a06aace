/* markdown.h - an answer as lines of Markdown: which are headings, list items, rows of tables and code.
 *
 * It is a reader for measuring and not for showing: it knows the blocks that models write, and never fails.  A line in
 * bold letters alone is a heading of level 0, since models write headings so.
 */
#ifndef QUALITY_MARKDOWN_H
#define QUALITY_MARKDOWN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

typedef enum md_kind {
    MD_BLANK,
    MD_TEXT,
    MD_HEADING,
    MD_ITEM,
    MD_ROW,
    MD_ROW_RULE,
    MD_FENCE,
    MD_CODE,
    MD_RULE
} md_kind;

typedef struct md_line {
    const char *text; // without indentation and without the marker of a heading or item; a view into the answer
    size_t n;
    md_kind kind;
    int level;  // heading: 1 to 6, or 0 for a line in bold letters; others: columns of indentation
    int number; // of an item of a numbered list; -1
} md_line;

/* A block between fences. */
typedef struct md_code {
    const char *language; // a view, perhaps empty
    size_t n_language;
    const char *text; // a copy without the indentation of the fence, with a line break after each line
    size_t n;
    bool is_closed;
} md_code;

typedef struct markdown {
    md_line *lines; // (n)
    size_t n;
    md_code *codes; // (n_codes)
    size_t n_codes;
} markdown;

/* Everything is in `keep`; text[0..n), with a NUL after it, must live as long.  False when memory is short. */
bool markdown_read(markdown *out, const char *text, size_t n, arena *keep);

/* The cells of a row: the text between its pipes.  Outer pipes make no cells. */
size_t markdown_count_cells(const md_line *row);

#endif
