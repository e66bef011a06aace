/* tier.h - a *tier* is a memory with a processor beside it that computes what lies there. */
#ifndef MODEL_TIER_H
#define MODEL_TIER_H

#include <stddef.h>

typedef enum weight_tier { TIER_RAM, TIER_VRAM, N_TIERS } weight_tier;

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
