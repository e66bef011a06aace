/* presets.h - the dimensions of known models, as published, for `spillway synth`. */
#ifndef CONVERT_PRESETS_H
#define CONVERT_PRESETS_H

#include <stdbool.h>
#include <stddef.h>

#include "gguf/types.h"

/* Names follow hparams.h; 0 where a model has none. */
typedef struct preset {
    const char *name;
    const char *arch;
    int n_layers, n_embd, n_head, n_head_kv, head; // head: elements of one head
    int n_latent, n_rope; // latent attention: size of the cached vector, and of the rotated part of a key; else 0
    int n_ff;             // dense feed-forward width; 0: no dense layers
    int n_layers_dense;   // the first layers, which have no experts
    int n_expert, n_expert_used, n_ff_expert, n_expert_shared;
    int n_vocab, n_ctx; // tokens, positions
    float rope_base, norm_eps;
    int window;        // positions that windowed layers see; 0: none
    float yarn_factor; // 0: none
    int ctx_orig;      // positions before YaRN or LongRoPE extends them
    bool has_biases;   // of attention (and of experts and router where the family has them)
    tensor_type dense, experts, experts_down, embd; // types of the weights
} preset;

/* NULL if there is none of that name. */
const preset *preset_find(const char *name);
/* "gpt-oss-20b, ...", for messages. */
const char *preset_names(void);

#endif
