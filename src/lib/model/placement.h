/* placement.h - which memory every weight belongs in.
 *
 * The placement decides the tier (model/tier.h) of every tensor, and of every routed expert by itself, before anything
 * is read.  Planning and loading (weights.h), the forward pass (who computes what) and the reported bytes all follow
 * it; nothing else decides where a weight is.
 *
 * What computes together stays together, and is a *unit* here: the token embedding; the output head with its norm; a
 * layer's attention with its norms, router, keys and values; a layer's dense block or shared experts; one routed
 * expert.
 */
#ifndef MODEL_PLACEMENT_H
#define MODEL_PLACEMENT_H

#include "model/hparams.h"
#include "model/tier.h"
#include "spillway.h"

typedef struct model_placement {
    size_t n_layers, n_expert;
    uint8_t embedding, output; // a weight_tier each, here and below
    uint8_t *attention;        // (n_layers): of attention, norms and router
    uint8_t *ffn;              // (n_layers): of the dense feed-forward block or the shared experts
    uint8_t *experts;          // (n_layers, n_expert): of the routed experts
} model_placement;

/* In place of a weight_tier: nothing is decided; or that it is VRAM, and not of which device. */
enum { TIER_UNDECIDED = N_TIERS, TIER_ANY };

/* Every unit undecided. */
bool placement_init_undecided(model_placement *p, const hparams *h);
/* What has not been initialised may be freed if it is zeroed. */
void placement_free(model_placement *p);

/* Moves one expert, whatever the options said; before weights_plan. */
void placement_set_expert(model_placement *p, size_t layer, size_t expert, weight_tier tier);

/* The tier of a tensor; layer and expert matter only to classes that have them.  Tensors of SW_CLASS_OTHER are in RAM:
 * the factors of the rotation, which every backend makes its own table from.  p NULL: everything is in RAM. */
weight_tier placement_tier(const model_placement *p, sw_tensor_class cls, size_t layer, size_t expert);

/* The tiers that hold experts of a layer, as bits (1 << tier).  p NULL: RAM's. */
unsigned placement_expert_tiers(const model_placement *p, size_t layer);

#endif
