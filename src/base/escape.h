/* escape.h - text that leaves us: one escaper per sink.
 *
 * Model output, prompts, model names and file names are untrusted on the way out too.  Input is any bytes; invalid
 * UTF-8 becomes U+FFFD.
 */
#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

#include <stddef.h>

#include "base/buf.h"

/* Text and attribute values of HTML. */
void escape_html(buf *out, const char *s, size_t n);
/* One cell of a Markdown table: no pipe, no line break, no markup, no HTML. */
void escape_markdown_cell(buf *out, const char *s, size_t n);
/* Terminal: control characters (C0 but newline and tab, DEL, C1) become visible escapes, so that no text can move the
 * cursor or set a title. */
void escape_terminal(buf *out, const char *s, size_t n);

#endif
