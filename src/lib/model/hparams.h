/* hparams.h - a model's dimensions and constants, read from its metadata and checked. */
#ifndef MODEL_HPARAMS_H
#define MODEL_HPARAMS_H

#include <stddef.h>
#include <stdint.h>

#include "model/arch.h"

typedef enum rope_scaling { SCALING_NONE, SCALING_LINEAR, SCALING_YARN } rope_scaling;

/* Widths and counts, which are multiplied with each other, are size_t; all are within base/limits.h, so that a product
 * of any three of them fits.  Positions, which are compared with those of tokens, are int. */
typedef struct hparams {
    model_arch arch;
    size_t n_layers;
    size_t n_layers_stored; // in the file: further ones predict more than the next token, and are not used
    size_t n_embd;
    size_t n_vocab;   // rows of the token embedding
    bool ties_output; // the output head is the token embedding
    int n_ctx_train;
    size_t n_head, n_head_kv;
    size_t head_k, head_v; // size of one head's key and value
    size_t n_latent;       // MLA: width of the compressed key and value; 0: ordinary attention
    size_t n_latent_q;     // MLA: width of the compressed query; 0: queries are not compressed
    size_t n_ff;           // dense feed-forward width
    size_t n_ff_expert;    // width of one routed expert
    size_t n_expert, n_expert_used;
    size_t n_expert_shared;
    size_t n_ff_shared;    // width of all shared experts together; 0: none
    size_t n_layers_dense; // leading layers without experts
    size_t n_groups;       // of experts; 1: routing does not look at groups
    size_t n_groups_used;
    float expert_scale;   // factor of the routed weights; 1: none
    float embd_scale;     // of the embedding; 1: none
    float residual_scale; // of what a block adds; 1: none
    float logit_divisor;  // 1: none
    float attn_scale;     // of the scores
    float norm_eps;
    int n_window;         // visible positions in windowed layers; 0: no windows
    size_t window_period; // as model_arch, or the file's own
    size_t n_rot;         // rotated elements of a head; 0: positions are not encoded
    float rope_base;
    rope_scaling rope_scaling;
    float rope_factor;
    bool yarn_keeps_magnitude; // cos and sin are not stretched
    int rope_ctx_orig;
    float rope_attn_factor;   // on cos and sin
    const uint8_t *is_masked; // (n_layers, n_expert): which experts the router never chooses; NULL: none
} hparams;

/* Errors: SW_EFORMAT (names the key), SW_EUNSUPPORTED. */
SW_NODISCARD sw_code hparams_read(const gguf_file *g, bool as_llama_cpp, hparams *out, sw_err *err);

/* Returns true if the queries of layer l see only the window. */
static inline bool hparams_is_windowed(const hparams *h, size_t l)
{
    return h->n_window > 0 && (h->window_period == 0 || l % h->window_period < h->window_period - 1);
}

/* What one position keeps in the cache: heads, and the sizes of each one's key and value. */
static inline size_t hparams_cache_heads(const hparams *h)
{
    return h->n_latent > 0 ? 1 : h->n_head_kv;
}

static inline size_t hparams_cache_key(const hparams *h)
{
    return h->n_latent > 0 ? h->n_latent + h->n_rot : h->head_k;
}

static inline size_t hparams_cache_value(const hparams *h)
{
    return h->n_latent > 0 ? h->n_latent : h->head_v;
}

/* Returns true if layer l routes to experts; otherwise its feed-forward block is dense. */
static inline bool hparams_has_experts(const hparams *h, size_t l)
{
    return h->n_expert > 0 && l >= h->n_layers_dense;
}

#endif
