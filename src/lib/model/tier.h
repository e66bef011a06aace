/* tier.h - a *tier* is a memory with a processor beside it that computes what lies there. */
#ifndef MODEL_TIER_H
#define MODEL_TIER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/limits.h"

/* RAM, and one tier per device of an engine: TIER_VRAM is the first device's, TIER_VRAM + i that of device i. */
typedef enum weight_tier { TIER_RAM, TIER_VRAM, N_TIERS = TIER_VRAM + LIMIT_DEVICES } weight_tier;

static inline weight_tier tier_of_device(int i)
{
    return (weight_tier)(TIER_VRAM + i);
}

/* Which device's; only of a tier that is VRAM. */
static inline int tier_device(weight_tier tier)
{
    return (int)tier - TIER_VRAM;
}

static inline bool tier_is_vram(unsigned tier)
{
    return tier >= TIER_VRAM && tier < N_TIERS;
}

/* "RAM", "VRAM"; a static string. */
const char *tier_name(weight_tier tier);

/* How a tier's memory is allocated and filled; zeroed: it is the memory of this machine. */
typedef struct tier_memory {
    /* Zeroed and 64-byte aligned; NULL when there is not enough.  A null pointer: mem_big_alloc. */
    void *(*alloc)(void *ud, size_t n_bytes);
    void (*free)(void *ud, void *block, size_t n_bytes);
    /* Copies into a block, from any of a pool's threads.  A null pointer: the block is memory that this processor
     * writes itself. */
    void (*write)(void *ud, void *to, const void *from, size_t n_bytes);
    void *ud;
} tier_memory;

/* As the hooks say.  Freeing NULL is nothing. */
void *tier_alloc(const tier_memory *m, size_t n_bytes);
void tier_free(const tier_memory *m, void *block, size_t n_bytes);

#endif
