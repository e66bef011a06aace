/* division.h - who computes an expert: usually whoever has its weights; in a step of many tokens a layer's experts in
 * RAM are divided between this processor and a device that their weights are copied to (expert_split.h).
 */
#ifndef FORWARD_DIVISION_H
#define FORWARD_DIVISION_H

#include "forward/backend.h"
#include "forward/expert_split.h"
#include "forward/scratch.h"
#include "model/placement.h"

typedef struct division {
    size_t n_expert;
    const model_placement *placement;
    backend *const *backends; // (N_TIERS)
    uint8_t *usual;           // (n_layers, n_expert): the tier whose backend computes an expert
    unsigned *tiers;          // (n_layers): of these, as bits
    uint8_t *now;             // (n_expert): as `usual`, of one layer in this step
    expert_split split;       // whoever opens the forward pass sets it
} division;

/* Every expert is computed where the placement has it.  Keeps the pointers; false when memory is short. */
bool division_init(division *d, scratch *memory, const hparams *h, const model_placement *placement,
                   backend *const *backends);

/* From now on an expert is usually computed by a tier's backend, which has its weights. */
void division_set(division *d, size_t layer, size_t expert, weight_tier tier);

/* The device that experts of a layer may go to for a step: that of its attention, else the first one; RAM: there is
 * none that takes any, or no expert in RAM. */
weight_tier division_device(const division *d, size_t layer);

/* Returns true if a layer's experts may be divided in a step of n tokens, so that the choice must be known for it. */
bool division_is_open(const division *d, size_t layer, size_t n);

/* One layer in one step. */
typedef struct layer_division {
    const uint8_t *tiers; // (n_expert): whose backend computes an expert
    unsigned used;        // these tiers, as bits
} layer_division;

/* For n tokens, after the choice is known if the division is open; valid until that of the next layer. */
layer_division division_of(division *d, size_t layer, size_t n, const expert_choice *choice);

#endif
