/* render.h - a document as a terminal's text, as Markdown, and as the body of an HTML page.
 *
 * Renderers know nothing of runs.  They escape every text for their form, and make the buffer fail if the document did.
 */
#ifndef REPORT_RENDER_H
#define REPORT_RENDER_H

#include "base/buf.h"
#include "report/document.h"

/* Plain text without colour, so that it can be quoted.  `width` in characters; 0: as wide as the tables are. */
void render_text(buf *out, const document *doc, int width);
void render_markdown(buf *out, const document *doc);
/* Without <html>, <head> and <body>; a list of links to the headings of level 2 is below that of level 1. */
void render_html(buf *out, const document *doc);

#endif
