/* tier.c - names of tiers, and the memory of this machine where a tier has no hooks of its own. */
#include "model/tier.h"

#include "base/alloc.h"

const char *tier_name(weight_tier tier)
{
    return tier == TIER_RAM ? "RAM" : "VRAM";
}

void *tier_alloc(const tier_memory *m, size_t n_bytes)
{
    return m->alloc != NULL ? m->alloc(m->ud, n_bytes) : mem_big_alloc(n_bytes);
}

void tier_free(const tier_memory *m, void *block, size_t n_bytes)
{
    if (block == NULL)
        return;
    if (m->free != NULL)
        m->free(m->ud, block, n_bytes);
    else
        mem_big_free(block, n_bytes);
}
