/* word_fold.h - what models write differently becomes the same text: case, markup, LaTeX, typographic signs. */
#ifndef QUALITY_WORD_FOLD_H
#define QUALITY_WORD_FOLD_H

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Replaces the content of `out` by s[0..n), folded. */
void word_fold(buf *out, const char *s, size_t n);

/* Returns true if a word can have this byte: of a letter, a digit, or a character beyond ASCII. */
static inline bool word_has_byte(char c)
{
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

#endif
