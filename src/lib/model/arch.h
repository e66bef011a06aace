/* arch.h - one architecture is data, not code.
 *
 * A row says how a family's block differs from the common pre-norm transformer; one forward pass reads it.  What it
 * computes follows from the tensors that are present (biases, sinks, factors); the row says which must be.
 */
#ifndef MODEL_ARCH_H
#define MODEL_ARCH_H

#include <stdbool.h>
#include <stddef.h>

#include "gguf/gguf.h"

typedef enum norm_kind { NORM_RMS, NORM_LAYER } norm_kind;

/* Which elements of a head are rotated together: (2i, 2i+1), or (i, i + n_rot/2). */
typedef enum rope_kind { ROPE_NORM, ROPE_NEOX } rope_kind;

typedef enum gating_kind {
    GATE_SOFTMAX,      // softmax over all experts, then the top k
    GATE_SIGMOID,      // sigmoid of each logit, then the top k
    GATE_TOPK_SOFTMAX, // the top k logits, then softmax over them
    GATE_SPARSEMIXER,  // Phi-3.5-MoE's own: two arg-max steps with near-tie softmax, weights not normalised
} gating_kind;

typedef enum activation_kind { ACT_SWIGLU, ACT_SWIGLU_OAI } activation_kind;

/* Tensors that every model of a family has, beside those that every transformer has.  Without one of them the model
 * would run and answer wrongly, so a file that lacks it is refused. */
typedef enum arch_need {
    NEEDS_QKV_BIAS = 1 << 0,
    NEEDS_O_BIAS = 1 << 1,
    NEEDS_NORM_BIAS = 1 << 2,
    NEEDS_SINKS = 1 << 3,
    NEEDS_HEAD_NORMS = 1 << 4,  // of queries and keys
    NEEDS_EXPERT_BIAS = 1 << 5, // of the router, too
    NEEDS_SHARED_GATE = 1 << 6,
    NEEDS_OUTPUT = 1 << 7, // the family never ties it to the embedding
    NEEDS_OUTPUT_BIAS = 1 << 8,
    NEEDS_ROPE_FACTORS = 1 << 9, // long and short
} arch_need;

typedef struct model_arch {
    const char *name;
    unsigned needs; // arch_need
    norm_kind norm;
    rope_kind rope;
    gating_kind gating;
    bool renormalise;    // the k weights to sum 1
    bool gating_in_file; // gating and renormalise are defaults: the file's keys decide
    activation_kind activation;
    const char *ffn_norm;      // base name of the norm before the feed-forward part
    const char *expert_width;  // key of one expert's width ...
    bool splits_dense_width;   // ... which may be missing: then the dense width / experts used
    const char *shared_width;  // key of the shared experts' whole width; NULL: shared experts x expert width
    size_t window_period;      // > 0: layers with l % period < period - 1 see only the window; 0: no windows
    bool yarn_rounds;          // YaRN's correction range is rounded outwards to whole pairs
    bool has_multipliers;      // embedding_scale, residual_scale, logit_scale and attention.scale are read
    bool has_fused_gate_up;    // ffn_up holds the rows of gate and then those of up
    bool has_latent_attention; // MLA: one compressed key and value for all heads
    bool groups_by_top_two;    // a group of experts scores the sum of its two best (else its best)
} model_arch;

/* The row of general.architecture, as the original model defines it or as llama.cpp computes it.  Errors: SW_EFORMAT
 * when the key is missing, SW_EUNSUPPORTED with the list of known names. */
SW_NODISCARD sw_code arch_find(const gguf_file *g, bool as_llama_cpp, model_arch *out, sw_err *err);

#endif
