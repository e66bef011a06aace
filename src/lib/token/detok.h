/* detok.h - token pieces to valid UTF-8, as they arrive.
 *
 * Bytes that begin a character are held back until it is complete; bytes that can never become valid turn into U+FFFD.
 */
#ifndef TOKEN_DETOK_H
#define TOKEN_DETOK_H

#include <stddef.h>

#include "base/buf.h"

typedef struct detok {
    char held[4];
    size_t n_held;
} detok;

/* Appends to `out` what is complete after these bytes. */
void detok_feed(detok *d, const char *bytes, size_t n, buf *out);
/* Ends the text: an incomplete tail becomes one U+FFFD. */
void detok_flush(detok *d, buf *out);

#endif
