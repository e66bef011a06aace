/* strmap.h - byte strings to numbers: open addressing, insertion only.
 *
 * Keys are views: the bytes must outlive the map.  Hashing is seeded from the operating system, so that a hostile file
 * cannot choose colliding keys.
 */
#ifndef SW_STRMAP_H
#define SW_STRMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct sw_strmap_entry {
    const char *key; // NULL: free
    size_t size;
    uint32_t value;
} sw_strmap_entry;

typedef struct sw_strmap {
    sw_strmap_entry *entries;
    size_t n, cap; // cap is a power of two or 0
    uint64_t seed;
} sw_strmap;

/* Zero-initialize, or: */
void sw_strmap_init(sw_strmap *m);
void sw_strmap_free(sw_strmap *m);
typedef enum sw_strmap_result { SW_STRMAP_ADDED, SW_STRMAP_EXISTS, SW_STRMAP_NOMEM } sw_strmap_result;
/* Adds key -> value unless the key is there already. */
sw_strmap_result sw_strmap_add(sw_strmap *m, const char *key, size_t size, uint32_t value);
/* The value of a key, or -1. */
int64_t sw_strmap_find(const sw_strmap *m, const char *key, size_t size);

#endif
