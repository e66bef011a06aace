/* cache_plan.h - how large the cache of experts is: decided from the header, before anything is read. */
#ifndef ENGINE_CACHE_PLAN_H
#define ENGINE_CACHE_PLAN_H

#include "base/limits.h"
#include "model/placement_decide.h"

/* What layers have slots, and how many.  Zeroed: there is no cache. */
typedef struct cache_plan {
    int capacity;                            // slots of a layer, at most
    int n_slots[LIMIT_MODEL_LAYERS];         // of each layer: capacity, or as many as it has experts in RAM; 0: none
    uint64_t slot_bytes[LIMIT_MODEL_LAYERS]; // of one of a layer
    uint64_t bytes;                          // of all
} cache_plan;

/* As many slots as n_bytes hold, the same number in every layer that may use them: its router is in VRAM and some of
 * its experts are in RAM.  No plan if these bytes do not suffice for one slot in each. */
void cache_plan_make(cache_plan *out, const hparams *h, const model_placement *p, const placement_sizes *sizes,
                     uint64_t n_bytes);

/* Bytes of one slot in each of those layers; 0: there is no such layer. */
uint64_t cache_plan_least(const hparams *h, const model_placement *p, const placement_sizes *sizes);

/* Slots of all layers. */
int cache_plan_slots(const cache_plan *plan, size_t n_layers);

#endif
