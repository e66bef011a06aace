/* strmap.c - linear probing in a table that doubles when it is half full. */
#include "base/strmap.h"

#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"

void strmap_init(strmap *m)
{
    *m = (strmap){.seed = entropy_next(NULL)};
}

void strmap_free(strmap *m)
{
    mem_free(m->entries);
    *m = (strmap){0};
}

/* Multiplies and folds 8-byte words, starting from the seed. */
static uint64_t hash_bytes(uint64_t seed, const char *p, size_t n)
{
    uint64_t h = seed ^ (n * 0x9e3779b97f4a7c15u);
    while (n > 0) {
        uint64_t word = 0;
        const size_t take = n < 8 ? n : 8;
        memcpy(&word, p, take);
        h = (h ^ word) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
        p += take;
        n -= take;
    }
    return h ^ (h >> 29);
}

/* The slot of the key, or the free slot where it belongs. */
static size_t slot_of(const strmap *m, const char *key, size_t size)
{
    size_t i = (size_t)hash_bytes(m->seed, key, size) & (m->cap - 1);
    while (m->entries[i].key != NULL &&
           (m->entries[i].size != size || (size > 0 && memcmp(m->entries[i].key, key, size) != 0)))
        i = (i + 1) & (m->cap - 1);
    return i;
}

static bool rehash(strmap *m, size_t cap)
{
    strmap bigger = {.cap = cap, .seed = m->seed, .entries = mem_calloc(cap, sizeof *bigger.entries)};
    if (bigger.entries == NULL)
        return false;
    for (size_t i = 0; i < m->cap; i++) {
        const strmap_entry *const e = &m->entries[i];
        if (e->key != NULL)
            bigger.entries[slot_of(&bigger, e->key, e->size)] = *e;
    }
    bigger.n = m->n;
    mem_free(m->entries);
    *m = bigger;
    return true;
}

strmap_result strmap_add(strmap *m, const char *key, size_t size, uint32_t value)
{
    if (m->n * 2 >= m->cap && !rehash(m, m->cap == 0 ? 64 : m->cap * 2))
        return STRMAP_NOMEM;
    strmap_entry *const e = &m->entries[slot_of(m, key, size)];
    if (e->key != NULL)
        return STRMAP_EXISTS;
    *e = (strmap_entry){key, size, value};
    m->n++;
    return STRMAP_ADDED;
}

int64_t strmap_find(const strmap *m, const char *key, size_t size)
{
    if (m->cap == 0)
        return -1;
    const strmap_entry *const e = &m->entries[slot_of(m, key, size)];
    return e->key != NULL ? (int64_t)e->value : -1;
}
