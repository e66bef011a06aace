/* buf.h - a growing byte buffer with a maximum.
 *
 * Errors are sticky: after the first failed append (memory or maximum) the buffer ignores further appends, and `failed`
 * holds the reason.  So callers check once, at the end.  The content is always NUL-terminated.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "spillway/error.h"

typedef struct buf {
    char *data;     // owned; NULL until the first append, then NUL-terminated at data[size]
    size_t size;    // bytes of content
    size_t cap;     // bytes allocated
    size_t max;     // size that an append must not exceed
    sw_code failed; // SW_OK, SW_ENOMEM or SW_ELIMIT
} buf;

void buf_init(buf *b, size_t max);
/* Frees the content; the buffer is empty and usable afterwards. */
void buf_free(buf *b);
/* Frees what was made for a part of `whole`, which fails if memory was short for the part. */
void buf_free_part(buf *part, buf *whole);
/* Empties the buffer, keeps its memory and clears `failed`. */
void buf_clear(buf *b);
void buf_append(buf *b, const void *data, size_t n);
void buf_puts(buf *b, const char *s);
void buf_putc(buf *b, char c);
void buf_printf(buf *b, const char *fmt, ...) SW_PRINTF(2, 3);
/* Appends the folder that holds `path`: "." for a plain name, "/" for one at the root. */
void buf_put_folder(buf *b, const char *path);
/* Removes the first n <= size bytes. */
void buf_consume(buf *b, size_t n);
/* The content, never NULL. */
const char *buf_str(const buf *b);
/* Gives the content to the caller, who frees it with mem_free; the buffer is empty then.  NULL if the buffer failed. */
char *buf_take(buf *b);

#endif
