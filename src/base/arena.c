#include "base/arena.h"

#include <string.h>

#include "base/alloc.h"

struct arena {
    void **blocks;
    size_t n, cap;
};

arena *arena_create(void)
{
    return mem_calloc(1, sizeof(arena));
}

void arena_free(arena *keep)
{
    if (keep == NULL)
        return;
    for (size_t i = 0; i < keep->n; i++)
        mem_free(keep->blocks[i]);
    mem_free(keep->blocks);
    mem_free(keep);
}

void *arena_alloc(arena *keep, size_t size)
{
    if (!mem_grow(&keep->blocks, &keep->cap, keep->n + 1, sizeof *keep->blocks))
        return NULL;
    void *const block = mem_calloc(1, size + 1);
    if (block != NULL)
        keep->blocks[keep->n++] = block;
    return block;
}

char *arena_copy(arena *keep, const char *s, size_t n)
{
    char *const copy = arena_alloc(keep, n + 1);
    if (copy != NULL && n > 0)
        memcpy(copy, s, n);
    return copy;
}
