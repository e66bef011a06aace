/* detok.h - token pieces to valid UTF-8, as they arrive.
 *
 * Bytes that begin a character are held back until it is complete; bytes that can never become valid turn into U+FFFD.
 */
#ifndef SW_DETOK_H
#define SW_DETOK_H

#include <stddef.h>

#include "base/buf.h"

typedef struct sw_detok {
    char held[4];
    size_t n_held;
} sw_detok;

/* Appends to `out` what is complete after these bytes. */
void sw_detok_feed(sw_detok *d, const char *bytes, size_t n, sw_buf *out);
/* Ends the text: an incomplete tail becomes one U+FFFD. */
void sw_detok_flush(sw_detok *d, sw_buf *out);

#endif
