/* detok.h - turns the bytes of tokens into valid UTF-8, piece by piece.
 *
 * A token may end inside a character.  Such bytes are held back until the character is complete; bytes that can never
 * become valid turn into U+FFFD.
 */
#ifndef TOKEN_DETOK_H
#define TOKEN_DETOK_H

#include <stddef.h>

#include "base/buf.h"

/* {0} is the start of a text. */
typedef struct detok {
    char held[4]; // the start of a character that is not complete
    size_t n_held;
} detok;

/* Appends the characters that are complete after these bytes to `out`. */
void detok_feed(detok *d, const char *bytes, size_t n, buf *out);
/* Ends the text: an incomplete tail becomes one U+FFFD. */
void detok_flush(detok *d, buf *out);

#endif
