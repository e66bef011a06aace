/* buf.h - a growing byte buffer that is born with its maximum.
 *
 * Errors are sticky: after the first failed append (memory or maximum) the buffer ignores further appends and
 * failed says why, so that callers check once at the end.  The content is always NUL-terminated.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "spillway/error.h"

typedef struct buf {
    char *data; // NULL until the first append; else NUL-terminated at data[size]
    size_t size;
    size_t cap;
    size_t max;
    sw_code failed; // SW_OK, SW_ENOMEM or SW_ELIMIT
} buf;

void buf_init(buf *b, size_t max);
void buf_free(buf *b);
void buf_clear(buf *b);
void buf_append(buf *b, const void *data, size_t n);
void buf_puts(buf *b, const char *s);
void buf_putc(buf *b, char c);
void buf_printf(buf *b, const char *fmt, ...) SW_PRINTF(2, 3);
/* Removes the first n bytes. */
void buf_consume(buf *b, size_t n);
/* The content, never NULL. */
const char *buf_str(const buf *b);
/* Hands the content over (free with mem_free); NULL when the buffer failed. */
char *buf_take(buf *b);

#endif
