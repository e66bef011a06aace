/* gpu_slab.h - pages of keys and values in a device's memory come from one piece.
 *
 * A device gives memory in pieces of megabytes, and what was planned for all sequences is to be there before the first
 * one begins.  A page that is freed is not given again, which suits the cache: it keeps its pages until it is closed.
 */
#ifndef FORWARD_GPU_SLAB_H
#define FORWARD_GPU_SLAB_H

#include <stdbool.h>
#include <stdint.h>

#include "model/tier.h"

typedef struct gpu_slab {
    tier_memory memory; // that it comes from
    uint8_t *data;
    size_t n_bytes, used;
} gpu_slab;

/* Takes the piece; before the first page.  False if there is not enough. */
bool gpu_slab_reserve(gpu_slab *s, const tier_memory *from, size_t n_bytes);
void gpu_slab_free(gpu_slab *s);

/* The tier's functions, over s, which stays where it is. */
tier_memory gpu_slab_memory(gpu_slab *s);

#endif
