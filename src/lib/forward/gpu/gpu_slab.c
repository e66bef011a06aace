/* gpu_slab.c - one page after the other. */
#include "forward/gpu/gpu_slab.h"

bool gpu_slab_reserve(gpu_slab *s, const tier_memory *from, size_t n_bytes)
{
    *s = (gpu_slab){.memory = *from};
    s->data = n_bytes > 0 ? tier_alloc(from, n_bytes) : NULL;
    s->n_bytes = s->data != NULL ? n_bytes : 0;
    return s->n_bytes == n_bytes;
}

void gpu_slab_free(gpu_slab *s)
{
    tier_free(&s->memory, s->data, s->n_bytes);
    *s = (gpu_slab){0};
}

static void *alloc_page(void *ud, size_t n_bytes)
{
    gpu_slab *const s = ud;
    if (n_bytes > s->n_bytes - s->used)
        return NULL;
    s->used += n_bytes;
    return s->data + s->used - n_bytes;
}

static void free_page(void *ud, void *page, size_t n_bytes)
{
    (void)ud, (void)page, (void)n_bytes;
}

static void write_page(void *ud, void *to, const void *from, size_t n_bytes)
{
    const gpu_slab *const s = ud;
    s->memory.write(s->memory.ud, to, from, n_bytes);
}

tier_memory gpu_slab_memory(gpu_slab *s)
{
    return (tier_memory){.alloc = alloc_page, .free = free_page, .write = write_page, .ud = s};
}
