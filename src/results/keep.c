#include "results/keep.h"

#include <string.h>

#include "base/alloc.h"

struct sw_keep {
    void **blocks;
    size_t n, cap;
};

sw_keep *sw_keep_create(void)
{
    return sw_calloc(1, sizeof(sw_keep));
}

void sw_keep_free(sw_keep *keep)
{
    if (keep == NULL)
        return;
    for (size_t i = 0; i < keep->n; i++)
        sw_free(keep->blocks[i]);
    sw_free(keep->blocks);
    sw_free(keep);
}

void *sw_keep_alloc(sw_keep *keep, size_t size)
{
    if (!sw_grow(&keep->blocks, &keep->cap, keep->n + 1, sizeof *keep->blocks))
        return NULL;
    void *const block = sw_calloc(1, size + 1);
    if (block != NULL)
        keep->blocks[keep->n++] = block;
    return block;
}

char *sw_keep_copy(sw_keep *keep, const char *s, size_t n)
{
    char *const copy = sw_keep_alloc(keep, n + 1);
    if (copy != NULL && n > 0)
        memcpy(copy, s, n);
    return copy;
}
