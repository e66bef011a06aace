/* document_links.h - the anchors of a document, and what leads to them. */
#ifndef REPORT_DOCUMENT_LINKS_H
#define REPORT_DOCUMENT_LINKS_H

#include "report/document.h"

/* Sorted names, which may be there several times. */
typedef struct anchor_list {
    const char **names; // (n)
    size_t n;
} anchor_list;

/* What the links of the pages lead to.  Free it with anchor_list_free.  False when memory is short. */
bool document_targets(const document *doc, anchor_list *out);
void anchor_list_free(anchor_list *list);
bool anchor_list_has(const anchor_list *list, const char *name);

/* Words that lead to what is not there (a table without rows, a section that was left out) lead nowhere. */
void document_drop_dead_links(document *doc);

#endif
