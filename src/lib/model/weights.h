/* weights.h - the tensors of a model in memory, packed for the kernels.
 *
 * Immutable after loading.  Everything lives in one block that the plan sized exactly before anything was read.
 */
#ifndef MODEL_WEIGHTS_H
#define MODEL_WEIGHTS_H

#include "base/pool.h"
#include "model/hparams.h"
#include "spillway.h"

/* A matrix, or a stack of n_experts equal ones: y = W x + bias. */
typedef struct mat {
    tensor_type type;
    int n_rows, n_cols;
    size_t n_tiles; // of one matrix
    size_t tile_bytes;
    uint8_t *tiles; // n_experts x n_tiles x tile_bytes; NULL: absent
    float *bias;    // (n_experts, 16 * n_tiles), zeros in the padding; or NULL
} mat;

typedef struct norm_weights {
    float *weight; // (n)
    float *bias;   // (n) or NULL
} norm_weights;

typedef struct layer_weights {
    norm_weights attn_norm, ffn_norm;
    mat q, k, v, o;
    float *q_norm, *k_norm; // (head_k) for every head, or (all heads): see *_norm_width; NULL: none
    int q_norm_width, k_norm_width;
    float *sinks; // (n_head) or NULL
    // MLA instead of q, k, v: q may be two matrices; k_b and v_b are stacks, one per head.
    mat q_a, kv_a, k_b, v_b;
    float *q_a_norm, *kv_a_norm;
    mat gate, up, down; // dense feed-forward
    mat router;
    float *selection_bias; // (n_expert) or NULL
    mat gate_exps, up_exps, down_exps;
    mat gate_shared, up_shared, down_shared;
    mat shared_gate; // (1, n_embd): sigmoid of it scales the shared experts' answer; or absent
} layer_weights;

/* One thing to load; see weights.c. */
typedef struct weights_item weights_item;

typedef struct model_weights {
    mat embd;   // (n_vocab, n_embd), for look-up
    mat output; // (n_vocab, n_embd); tiles are embd's when the file ties them
    norm_weights output_norm;
    layer_weights *layers;
    // (n_rot / 2) divisors of the frequencies, or NULL: rope_freqs holds always, the others by context length.
    float *rope_freqs, *rope_factors_long, *rope_factors_short;
    uint8_t *block;
    size_t block_bytes;
    uint64_t expert_bytes; // of the block: routed experts
    weights_item *items;   // the plan
    size_t n_items, cap_items;
} model_weights;

/* Decides where every tensor goes and sets block_bytes and expert_bytes; checks that each is there with its exact shape
 * and a supported type.  Nothing is read.  Errors: SW_EFORMAT, SW_EUNSUPPORTED (both name the tensor), SW_ENOMEM.  On
 * failure *out is still to be freed. */
SW_NODISCARD sw_code weights_plan(const gguf_file *g, const hparams *h, model_weights *out, sw_err *err);
/* Reads and packs what was planned, with the pool's threads.  On failure *w is still to be freed. */
SW_NODISCARD sw_code weights_load(model_weights *w, const gguf_file *g, thread_pool *pool, sw_progress_fn on_load,
                                  void *ud, sw_err *err);
void weights_free(model_weights *w);

/* Bias-padded row count. */
static inline size_t mat_padded_rows(const mat *m)
{
    return m->n_tiles * 16;
}

static inline const uint8_t *mat_tiles(const mat *m, int expert)
{
    return m->tiles + (size_t)expert * m->n_tiles * m->tile_bytes;
}

#endif
