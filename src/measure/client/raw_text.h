/* raw_text.h - bytes of other programs as text: what is no character becomes U+FFFD, as a browser decodes a stream. */
#ifndef CLIENT_RAW_TEXT_H
#define CLIENT_RAW_TEXT_H

#include <stddef.h>

#include "base/buf.h"

/* Appends the character at s, n > 0, or its replacement; returns the bytes of s that this stands for. */
size_t raw_text_put_char(buf *out, const char *s, size_t n);
/* Appends all of it.  A NUL, which would end the text early for every reader of a C string, is replaced too. */
void raw_text_put(buf *out, const char *s, size_t n);

#endif
