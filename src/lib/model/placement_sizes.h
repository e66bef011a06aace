/* placement_sizes.h - the bytes of what a placement decides, from the plan of a model that is all in RAM, against what
 * a machine has. */
#ifndef MODEL_PLACEMENT_SIZES_H
#define MODEL_PLACEMENT_SIZES_H

#include "model/weights.h"

/* Bytes of each tier that a model may fill; 0: there is no such device. */
typedef struct placement_machine {
    uint64_t bytes[N_TIERS];
} placement_machine;

/* Returns true if any device has memory. */
bool placement_has_vram(const placement_machine *m);

/* Bytes that units take. */
typedef struct placement_sizes {
    uint64_t embedding, output;
    uint64_t *attention; // (n_layers): with the keys and values of all sequences at full length
    uint64_t *ffn;       // (n_layers)
    uint64_t *expert;    // (n_layers): of one routed expert
    uint64_t working;    // what computing takes on a device once anything is there
} placement_sizes;

/* `whole` was planned without a placement; kv_bytes (n_layers): of the keys and values of a layer.  False when memory
 * is short. */
bool placement_sizes_init(placement_sizes *s, const hparams *h, const model_weights *whole, const uint64_t *kv_bytes,
                          uint64_t working);
void placement_sizes_free(placement_sizes *s);

/* Bytes that a placement takes of a device. */
uint64_t placement_vram_bytes(const model_placement *p, const placement_sizes *sizes, weight_tier device);
/* The first device of which a placement takes more than there is; TIER_RAM: none. */
weight_tier placement_short_device(const model_placement *p, const placement_sizes *sizes, const placement_machine *m);

#endif
