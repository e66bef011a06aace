/* html_page.h - a page around the body of a document: one file that fetches nothing.
 *
 * The page's content security policy forbids everything but its own style and the scripts with the page's random number
 * (nonce), which no text from outside can contain.
 */
#ifndef REPORT_HTML_PAGE_H
#define REPORT_HTML_PAGE_H

#include "base/buf.h"
#include "report/document.h"
#include "spillway/clock.h"

typedef struct html_page {
    const char *title;
    const unsigned char *style, *script; // bundles of web/; script NULL: none
    size_t n_style, n_script;
} html_page;

/* Appends the whole page.  `entropy` gives the nonce; NULL: the operating system's. */
void html_page_put(buf *out, const html_page *page, const document *doc, const sw_entropy *entropy);

#endif
