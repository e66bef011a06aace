#include "base/buf.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

void sw_buf_init(sw_buf *b, size_t max)
{
    *b = (sw_buf){.max = max};
}

void sw_buf_free(sw_buf *b)
{
    sw_free(b->data);
    *b = (sw_buf){.max = b->max};
}

void sw_buf_clear(sw_buf *b)
{
    b->size = 0;
    b->failed = SW_OK;
    if (b->data != NULL)
        b->data[0] = '\0';
}

/* Makes room for n more bytes and the NUL. */
static bool reserve(sw_buf *b, size_t n)
{
    if (b->failed != SW_OK)
        return false;
    if (n > b->max - b->size) {
        b->failed = SW_ELIMIT;
        return false;
    }
    if (!sw_grow(&b->data, &b->cap, b->size + n + 1, 1)) {
        b->failed = SW_ENOMEM;
        return false;
    }
    return true;
}

void sw_buf_append(sw_buf *b, const void *data, size_t n)
{
    if (!reserve(b, n))
        return;
    if (n > 0)
        memcpy(b->data + b->size, data, n);
    b->size += n;
    b->data[b->size] = '\0';
}

void sw_buf_puts(sw_buf *b, const char *s)
{
    sw_buf_append(b, s, strlen(s));
}

void sw_buf_putc(sw_buf *b, char c)
{
    sw_buf_append(b, &c, 1);
}

void sw_buf_printf(sw_buf *b, const char *fmt, ...)
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

void sw_buf_consume(sw_buf *b, size_t n)
{
    if (n == 0)
        return;
    memmove(b->data, b->data + n, b->size - n + 1);
    b->size -= n;
}

const char *sw_buf_str(const sw_buf *b)
{
    return b->data != NULL ? b->data : "";
}

char *sw_buf_take(sw_buf *b)
{
    if (b->failed != SW_OK || !reserve(b, 0)) {
        sw_buf_free(b);
        return NULL;
    }
    b->data[b->size] = '\0';
    char *const data = b->data;
    *b = (sw_buf){.max = b->max};
    return data;
}
