/* arch.h - one architecture is data, not code.
 *
 * A row says how a family's block differs from the common pre-norm transformer; one forward pass reads it.  What a
 * tensor's presence can tell (biases, sinks, factors, a dense or an expert layer) is not repeated here.
 */
#ifndef SW_ARCH_H
#define SW_ARCH_H

#include <stdbool.h>

#include "gguf/gguf.h"

typedef enum sw_norm_kind { SW_NORM_RMS, SW_NORM_LAYER } sw_norm_kind;

/* Which elements of a head are rotated together: (2i, 2i+1), or (i, i + n_rot/2). */
typedef enum sw_rope_kind { SW_ROPE_NORM, SW_ROPE_NEOX } sw_rope_kind;

typedef enum sw_gating {
    SW_GATE_SOFTMAX,      // softmax over all experts, then the top k
    SW_GATE_SIGMOID,      // sigmoid of each logit, then the top k
    SW_GATE_TOPK_SOFTMAX, // the top k logits, then softmax over them
    SW_GATE_SPARSEMIXER,  // Phi-3.5-MoE's own: two arg-max steps with near-tie softmax, weights not normalised
} sw_gating;

typedef enum sw_activation { SW_ACT_SWIGLU, SW_ACT_SWIGLU_OAI } sw_activation;

typedef struct sw_arch {
    const char *name;
    sw_norm_kind norm;
    sw_rope_kind rope;
    sw_gating gating;
    bool renormalise;    // the k weights to sum 1
    bool gating_in_file; // gating and renormalise are defaults: the file's keys decide
    sw_activation activation;
    const char *ffn_norm;      // base name of the norm before the feed-forward part
    const char *expert_width;  // key of one expert's width ...
    bool splits_dense_width;   // ... which may be missing: then the dense width / experts used
    const char *shared_width;  // key of the shared experts' whole width; NULL: shared experts x expert width
    int window_period;         // > 0: layers with l % period < period - 1 see only the window; 0: no windows
    bool yarn_rounds;          // YaRN's correction range is rounded outwards to whole pairs
    bool has_multipliers;      // embedding_scale, residual_scale, logit_scale and attention.scale are read
    bool has_fused_gate_up;    // ffn_up holds the rows of gate and then those of up
    bool has_latent_attention; // MLA: one compressed key and value for all heads
    bool groups_by_top_two;    // a group of experts is as good as its two best together (else as its best)
} sw_arch;

/* The row of general.architecture, as the original model defines it or as llama.cpp computes it.  Errors: SW_EFORMAT
 * when the key is missing, SW_EUNSUPPORTED with the list of known names. */
SW_NODISCARD sw_code sw_arch_find(const sw_gguf *g, bool as_llama_cpp, sw_arch *out, sw_err *err);

#endif
