/* page.h - what is around the body of a page: one file that needs no network.
 *
 * A page's content security policy forbids everything but its own styles, and scripts with the page's random number
 * (nonce), which no text from outside can contain.
 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "base/buf.h"
#include "report/document.h"
#include "spillway/clock.h"

/* A bundle of web/. */
typedef struct page_bundle {
    const unsigned char *data;
    size_t n;
} page_bundle;

/* Appends everything up to the content, which follows.  `title` is any text.  nonce NULL: the page has no script. */
void page_begin(buf *out, const char *title, const char *nonce);
/* Ends a page without scripts. */
void page_end(buf *out);

/* Appends a whole page of a document, with a style and a script of its own.  `entropy` gives the nonce; NULL: the
 * operating system's. */
void page_put(buf *out, const char *title, const document *doc, page_bundle style, page_bundle script,
              const sw_entropy *entropy);

#endif
