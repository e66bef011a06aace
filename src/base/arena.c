/* arena.c - a list of blocks, one per allocation: the lists are short and freed once. */
#include "base/arena.h"

#include <string.h>

#include "base/alloc.h"

struct arena {
    void **blocks; // (n), owned
    size_t n, cap;
};

arena *arena_create(void)
{
    return mem_calloc(1, sizeof(arena));
}

void arena_free(arena *a)
{
    if (a == NULL)
        return;
    for (size_t i = 0; i < a->n; i++)
        mem_free(a->blocks[i]);
    mem_free(a->blocks);
    mem_free(a);
}

void *arena_alloc(arena *a, size_t size)
{
    if (!mem_grow(&a->blocks, &a->cap, a->n + 1, sizeof *a->blocks))
        return NULL;
    void *const block = mem_calloc(1, size + 1);
    if (block != NULL)
        a->blocks[a->n++] = block;
    return block;
}

char *arena_copy(arena *a, const char *s, size_t n)
{
    char *const copy = arena_alloc(a, n + 1);
    if (copy != NULL && n > 0)
        memcpy(copy, s, n);
    return copy;
}
