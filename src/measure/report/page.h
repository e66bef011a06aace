/* page.h - what is around the body of a page: one file that needs no network.
 *
 * A page's content security policy forbids everything but its own styles, and scripts with the page's random number
 * (nonce), which no text from outside can contain.
 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "base/buf.h"

/* Appends everything up to the content, which follows.  `title` is any text.  nonce NULL: the page has no script. */
void page_begin(buf *out, const char *title, const char *nonce);
/* Ends a page without scripts. */
void page_end(buf *out);

#endif
