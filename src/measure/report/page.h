/* page.h - what is around the content of a page: one file that needs no network.
 *
 * A page's content security policy forbids everything but its own styles, and scripts with the page's random number
 * (nonce), which no text from outside can contain.  A page is page_begin, its content, and page_end.
 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "base/buf.h"
#include "report/document.h"
#include "spillway/clock.h"

enum { PAGE_NONCE_BYTES = 40 };

/* A bundle of web/. */
typedef struct page_bundle {
    const unsigned char *data;
    size_t n;
} page_bundle;

/* The style of a report. */
page_bundle page_report_style(void);

/* Draws the number of a page.  `entropy` NULL: the operating system's. */
void page_nonce(char nonce[PAGE_NONCE_BYTES], const sw_entropy *entropy);

/* Appends everything up to the content, which follows.  `title` is any text.  nonce NULL: the page has no script. */
void page_begin(buf *out, const char *title, page_bundle style, const char *nonce);
/* Ends a page without scripts. */
void page_end(buf *out);
/* Ends a page with its script, which finds `data` as the text of the element "data"; JSON in ASCII without "<", or
 * NULL. */
void page_end_with_script(buf *out, const char *nonce, const buf *data, page_bundle script);

/* Appends a whole page of a document, with a style and a script of its own.  `entropy` as for page_nonce. */
void page_put(buf *out, const char *title, const document *doc, page_bundle style, page_bundle script,
              const sw_entropy *entropy);

#endif
