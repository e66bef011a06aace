/* linked_text.h - a sentence under way, some of whose words lead to an anchor: to the row that a figure was made from.
 */
#ifndef REPORT_LINKED_TEXT_H
#define REPORT_LINKED_TEXT_H

#include "base/buf.h"

enum { ANCHOR_BYTES = 64 };

/* The bytes from `begin` to `end` lead to the anchor. */
typedef struct text_link {
    size_t begin, end;
    char target[ANCHOR_BYTES];
} text_link;

typedef struct linked_text {
    buf text;
    text_link *links; // (n_links), in the order of the text
    size_t n_links, cap_links;
} linked_text;

/* Errors are sticky, as in buf.h: look at text.failed at the end. */
void linked_text_init(linked_text *t, size_t max);
void linked_text_free(linked_text *t);
void linked_text_clear(linked_text *t);
void linked_text_puts(linked_text *t, const char *text);
void linked_text_printf(linked_text *t, const char *fmt, ...) SW_PRINTF(2, 3);
/* Appends words that lead to the anchor. */
void linked_text_link(linked_text *t, const char *target, const char *fmt, ...) SW_PRINTF(3, 4);
/* Appends all of `part` with its links. */
void linked_text_append(linked_text *t, const linked_text *part);

#endif
