/* json_line.h - on which line of a document a member is, for errors about files that people write. */
#ifndef JSON_JSON_LINE_H
#define JSON_JSON_LINE_H

#include <stddef.h>

/* The line, from 1, on which the value at `path` ("tests[3].checks[0].kind", "" is the document) begins, or that of the
 * nearest value above it that is there.  The text must be valid JSON; of other texts the answer is some line of it. */
int json_line_of(const char *text, size_t n, const char *path);

#endif
