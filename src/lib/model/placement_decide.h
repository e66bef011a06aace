/* placement_decide.h - how a placement is decided: what options ask for, then what pays most per byte. */
#ifndef MODEL_PLACEMENT_DECIDE_H
#define MODEL_PLACEMENT_DECIDE_H

#include "model/placement_sizes.h"

typedef struct placement_options {
    bool cpu_moe;                 // the experts of every layer stay in RAM
    int n_cpu_moe;                // those of the first n layers do, and all else is in VRAM
    int n_gpu_layers;             // exactly the last n layers are in VRAM, of more than there are also the output head;
                                  // 0: what fits; -1: nothing
    const model_placement *rules; // units that are decided whatever the options above say (placement_rules.h); or NULL
    bool has_vram_bytes;          // how much of VRAM may be filled was asked for; machine.bytes says what that gives
    const double *heat; // (layers with experts, n_expert): how often a token uses each expert; the most used ones come
                        // to VRAM first; NULL: as if all were used alike
} placement_options;

/* Without an accelerator everything is in RAM.  With one, what options ask for is decided first, and may be more than
 * there is (placement_short_device); then the rest of VRAM is filled with what pays most per byte: units that every
 * token uses, layer by layer from the last one, then experts.  placement_fill.h says how several devices share.  The
 * token embedding stays in RAM unless the output head is the same tensor: a token reads one row of it.  sizes NULL:
 * everything fits.  False when memory is short. */
bool placement_init(model_placement *p, const hparams *h, const placement_sizes *sizes, const placement_machine *m,
                    const placement_options *o);
/* What the options ask for, whether or not this machine can: n_gpu_layers ask for an accelerator. */
bool placement_init_requested(model_placement *p, const hparams *h, const placement_sizes *sizes,
                              const placement_machine *m, const placement_options *o);
/* Writes which options have no effect and why, as sentences; "" if there are none. */
void placement_explain(char *out, size_t size, const hparams *h, const placement_machine *m,
                       const placement_options *o);

/* Writes the options beside --vram that make the model fit this machine, "--n-cpu-moe 23"; "" if there are none. */
void placement_suggest(char *out, size_t size, const hparams *h, const placement_sizes *sizes,
                       const placement_machine *m);

#endif
