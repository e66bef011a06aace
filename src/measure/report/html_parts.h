/* html_parts.h - what the two files of the HTML renderer share.  Every text is escaped by these. */
#ifndef REPORT_HTML_PARTS_H
#define REPORT_HTML_PARTS_H

#include "base/buf.h"
#include "report/document.h"

/* Class names of tones. */
extern const char *const HTML_TONES[];

void html_text(buf *out, const char *text);
/* A text whose words lead somewhere. */
void html_linked(buf *out, const char *text, const doc_link *links, size_t n_links);
/* " id=..."; nothing for NULL. */
void html_anchor(buf *out, const char *anchor);

/* Facts and tiles; a table. */
void html_facts(buf *out, const doc_block *b);
void html_table(buf *out, const doc_block *b);

#endif
