/* strmap.h - a map from byte strings to numbers: open addressing, insertion only.
 *
 * Keys are views: the bytes must outlive the map.  The hash is seeded from the operating system, so that a hostile file
 * cannot choose colliding keys.  The seed decides only where an entry is stored: it changes no result, and so it need
 * not come from options.
 */
#ifndef BASE_STRMAP_H
#define BASE_STRMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct strmap_entry {
    const char *key; // NULL: free
    size_t size;
    uint32_t value;
} strmap_entry;

typedef struct strmap {
    strmap_entry *entries; // (cap), owned, at most half used
    size_t n, cap;         // cap is a power of two or 0
    uint64_t seed;
} strmap;

/* Makes an empty map with a random seed.  {0} is an empty map with a seed of 0. */
void strmap_init(strmap *m);
void strmap_free(strmap *m);
typedef enum strmap_result { STRMAP_ADDED, STRMAP_EXISTS, STRMAP_NOMEM } strmap_result;
/* Adds key -> value unless the map has the key. */
strmap_result strmap_add(strmap *m, const char *key, size_t size, uint32_t value);
/* The value of a key, or -1. */
int64_t strmap_find(const strmap *m, const char *key, size_t size);

#endif
