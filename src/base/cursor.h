/* cursor.h - bounded reading of bytes that we did not write.
 *
 * Every get checks the bytes that remain; after the first overrun the cursor stays failed, returns zeros, and remembers
 * where.  Little-endian, unaligned.
 */
#ifndef SW_CURSOR_H
#define SW_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct sw_cursor {
    const uint8_t *base;
    size_t size;
    size_t pos;
    bool failed;
} sw_cursor;

static inline size_t sw_cursor_left(const sw_cursor *c)
{
    return c->failed ? 0 : c->size - c->pos;
}

/* A view of the next n bytes, or NULL. */
static inline const uint8_t *sw_cursor_take(sw_cursor *c, uint64_t n)
{
    if (c->failed || n > c->size - c->pos) {
        c->failed = true;
        return NULL;
    }
    const uint8_t *const p = c->base + c->pos;
    c->pos += (size_t)n;
    return p;
}

static inline uint32_t sw_cursor_u32(sw_cursor *c)
{
    uint32_t v = 0;
    const uint8_t *const p = sw_cursor_take(c, sizeof v);
    if (p != NULL)
        memcpy(&v, p, sizeof v);
    return v;
}

static inline uint64_t sw_cursor_u64(sw_cursor *c)
{
    uint64_t v = 0;
    const uint8_t *const p = sw_cursor_take(c, sizeof v);
    if (p != NULL)
        memcpy(&v, p, sizeof v);
    return v;
}

#endif
