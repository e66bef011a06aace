/* buf.c - capacity doubles; `reserve` is the only place where an append can fail. */
#include "base/buf.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

void buf_init(buf *b, size_t max)
{
    *b = (buf){.max = max};
}

void buf_free(buf *b)
{
    mem_free(b->data);
    *b = (buf){.max = b->max};
}

void buf_free_part(buf *part, buf *whole)
{
    if (part->failed == SW_ENOMEM && whole->failed == SW_OK)
        whole->failed = SW_ENOMEM;
    buf_free(part);
}

void buf_clear(buf *b)
{
    b->size = 0;
    b->failed = SW_OK;
    if (b->data != NULL)
        b->data[0] = '\0';
}

/* Makes room for n more bytes and the NUL.  False if the buffer has failed or fails now. */
static bool reserve(buf *b, size_t n)
{
    if (b->failed != SW_OK)
        return false;
    if (n > b->max - b->size) {
        b->failed = SW_ELIMIT;
        return false;
    }
    if (!mem_grow(&b->data, &b->cap, b->size + n + 1, 1)) {
        b->failed = SW_ENOMEM;
        return false;
    }
    return true;
}

void buf_append(buf *b, const void *data, size_t n)
{
    if (!reserve(b, n))
        return;
    if (n > 0)
        memcpy(b->data + b->size, data, n);
    b->size += n;
    b->data[b->size] = '\0';
}

void buf_puts(buf *b, const char *s)
{
    buf_append(b, s, strlen(s));
}

void buf_put_folder(buf *b, const char *path)
{
    const char *const slash = strrchr(path, '/');
    if (slash == NULL)
        buf_puts(b, ".");
    else
        buf_append(b, path, slash > path ? (size_t)(slash - path) : 1);
}

void buf_putc(buf *b, char c)
{
    buf_append(b, &c, 1);
}

void buf_printf(buf *b, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    const int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n >= 0 && reserve(b, (size_t)n)) {
        vsnprintf(b->data + b->size, (size_t)n + 1, fmt, again);
        b->size += (size_t)n;
    }
    va_end(again);
}

void buf_consume(buf *b, size_t n)
{
    if (n == 0)
        return;
    memmove(b->data, b->data + n, b->size - n + 1);
    b->size -= n;
}

const char *buf_str(const buf *b)
{
    return b->data != NULL ? b->data : "";
}

char *buf_take(buf *b)
{
    if (b->failed != SW_OK || !reserve(b, 0)) {
        buf_free(b);
        return NULL;
    }
    b->data[b->size] = '\0';
    char *const data = b->data;
    *b = (buf){.max = b->max};
    return data;
}
