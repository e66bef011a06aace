/* buf.h - a growing byte buffer that is born with its maximum.
 *
 * Errors are sticky: after the first failed append (memory or maximum) the buffer ignores further appends and
 * sw_buf_failed says why, so that callers check once at the end.  The content is always NUL-terminated.
 */
#ifndef SW_BUF_H
#define SW_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "spillway/error.h"

typedef struct sw_buf {
    char *data; // NULL until the first append; else NUL-terminated at data[size]
    size_t size;
    size_t cap;
    size_t max;
    sw_code failed; // SW_OK, SW_ENOMEM or SW_ELIMIT
} sw_buf;

void sw_buf_init(sw_buf *b, size_t max);
void sw_buf_free(sw_buf *b);
void sw_buf_clear(sw_buf *b);
void sw_buf_append(sw_buf *b, const void *data, size_t n);
void sw_buf_puts(sw_buf *b, const char *s);
void sw_buf_putc(sw_buf *b, char c);
void sw_buf_printf(sw_buf *b, const char *fmt, ...) SW_PRINTF(2, 3);
/* Removes the first n bytes. */
void sw_buf_consume(sw_buf *b, size_t n);
/* The content, never NULL. */
const char *sw_buf_str(const sw_buf *b);
/* Hands the content over (free with sw_free); NULL when the buffer failed. */
char *sw_buf_take(sw_buf *b);

#endif
