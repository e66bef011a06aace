/* placement.h - which memory every weight belongs in.
 *
 * The placement decides the tier (model/tier.h) of every tensor, and of every routed expert by itself, before anything
 * is read.  Planning and loading (weights.h), the forward pass (who computes what) and the reported bytes all follow
 * it; nothing else decides where a weight is.
 */
#ifndef MODEL_PLACEMENT_H
#define MODEL_PLACEMENT_H

#include "model/hparams.h"
#include "model/tier.h"
#include "spillway.h"

/* Bytes of each tier that weights may fill; [TIER_VRAM] 0: there is no accelerator. */
typedef struct placement_machine {
    uint64_t bytes[N_TIERS];
} placement_machine;

typedef struct placement_options {
    bool cpu_moe;     // the experts of every layer stay in RAM
    int n_cpu_moe;    // those of the first n layers do
    int n_gpu_layers; // only the last n layers are in VRAM, of more than there are also embedding and output layer; 0:
                      // as if there were no such option; -1: nothing is in VRAM
} placement_options;

typedef struct model_placement {
    size_t n_layers, n_expert;
    weight_tier embedding; // token embedding and output layer
    uint8_t *attention;    // (n_layers): a weight_tier each, of attention, norms and router
    uint8_t *ffn;          // (n_layers): of the dense feed-forward block or the shared experts
    uint8_t *experts;      // (n_layers, n_expert): of the routed experts
} model_placement;

/* Without an accelerator everything is in RAM.  With one, everything is in VRAM but what the options keep in RAM.
 * False when memory is short. */
bool placement_init(model_placement *p, const hparams *h, const placement_machine *m, const placement_options *o);
/* What the options ask for, whether or not this machine can: n_gpu_layers ask for an accelerator. */
bool placement_init_requested(model_placement *p, const hparams *h, const placement_machine *m,
                              const placement_options *o);
/* Writes which options have no effect and why, as sentences; "" if there are none. */
void placement_explain(char *out, size_t size, const hparams *h, const placement_machine *m,
                       const placement_options *o);
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
