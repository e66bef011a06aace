/* cursor.h - bounded reading of bytes from outside.
 *
 * Every read checks the bytes that remain.  After the first overrun the cursor stays failed, returns zeros and keeps
 * its position.  Numbers are little-endian and unaligned.
 */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct cursor {
    const uint8_t *base; // (size), the caller's
    size_t size;
    size_t pos; // of the next byte
    bool failed;
} cursor;

/* Bytes that remain; 0 after a failure. */
static inline size_t cursor_left(const cursor *c)
{
    return c->failed ? 0 : c->size - c->pos;
}

/* A view of the next n bytes, or NULL after a failure. */
static inline const uint8_t *cursor_take(cursor *c, uint64_t n)
{
    if (c->failed || n > c->size - c->pos) {
        c->failed = true;
        return NULL;
    }
    const uint8_t *const p = c->base + c->pos;
    c->pos += (size_t)n;
    return p;
}

static inline uint32_t cursor_u32(cursor *c)
{
    uint32_t v = 0;
    const uint8_t *const p = cursor_take(c, sizeof v);
    if (p != NULL)
        memcpy(&v, p, sizeof v);
    return v;
}

static inline uint64_t cursor_u64(cursor *c)
{
    uint64_t v = 0;
    const uint8_t *const p = cursor_take(c, sizeof v);
    if (p != NULL)
        memcpy(&v, p, sizeof v);
    return v;
}

#endif
