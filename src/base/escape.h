/* escape.h - escaping of output: one function per kind of output.
 *
 * Model output, prompts, model names and file names come from outside, so they are as untrusted when they are written
 * as when they are read.  The input may be any bytes; invalid UTF-8 becomes U+FFFD.
 */
#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Returns true if a character steers what shows it and cannot be seen: a control character (C0 except newline, carriage
 * return and tab; DEL; C1) or a change of text direction. */
bool escape_is_hidden(uint32_t cp);

/* Text and attribute values of HTML.  Hidden characters become visible here too ("<U+001B>"), but NUL becomes U+FFFD.
 */
void escape_html(buf *out, const char *s, size_t n);
/* One cell of a Markdown table: no pipe, no line break, no markup, no link, no formula, no HTML, no hidden character.
 */
void escape_markdown_cell(buf *out, const char *s, size_t n);
/* A terminal: control characters (C0 except newline and tab, DEL, C1) and changes of text direction become visible
 * escapes, so that no text can move the cursor, set a title or reorder what is shown. */
void escape_terminal(buf *out, const char *s, size_t n);
/* A JSON document, valid UTF-8: "<" and hidden characters, which can only be in its strings, become "\u003c".  So the
 * one cannot end a script element around the document, and the others cannot steer a terminal. */
void escape_json_document(buf *out, const char *s, size_t n);

#endif
