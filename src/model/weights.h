/* weights.h - the tensors of a model in memory, packed for the kernels.
 *
 * Immutable after loading.  Everything lives in one block that the plan sized exactly before anything was read.
 */
#ifndef SW_WEIGHTS_H
#define SW_WEIGHTS_H

#include "base/pool.h"
#include "model/hparams.h"
#include "spillway.h"

/* A matrix, or a stack of n_experts equal ones: y = W x + bias. */
typedef struct sw_mat {
    sw_type type;
    int n_rows, n_cols;
    size_t n_tiles; // of one matrix
    size_t tile_bytes;
    uint8_t *tiles; // n_experts x n_tiles x tile_bytes; NULL: absent
    float *bias;    // (n_experts, 16 * n_tiles), zeros in the padding; or NULL
} sw_mat;

typedef struct sw_norm {
    float *weight; // (n)
    float *bias;   // (n) or NULL
} sw_norm;

typedef struct sw_layer {
    sw_norm attn_norm, ffn_norm;
    sw_mat q, k, v, o;
    float *q_norm, *k_norm; // (head_k) for every head, or (all heads): see *_norm_width; NULL: none
    int q_norm_width, k_norm_width;
    float *sinks; // (n_head) or NULL
    // MLA instead of q, k, v: q may be two matrices; k_b and v_b are stacks, one per head.
    sw_mat q_a, kv_a, k_b, v_b;
    float *q_a_norm, *kv_a_norm;
    sw_mat gate, up, down; // dense feed-forward
    sw_mat router;
    float *selection_bias; // (n_expert) or NULL
    sw_mat gate_exps, up_exps, down_exps;
    sw_mat gate_shared, up_shared, down_shared;
    sw_mat shared_gate; // (1, n_embd): sigmoid of it scales the shared experts' answer; or absent
} sw_layer;

/* One thing to load; see weights.c. */
typedef struct sw_weights_item sw_weights_item;

typedef struct sw_weights {
    sw_mat embd;   // (n_vocab, n_embd), for look-up
    sw_mat output; // (n_vocab, n_embd); tiles are embd's when the file ties them
    sw_norm output_norm;
    sw_layer *layers;
    // (n_rot / 2) divisors of the frequencies, or NULL: rope_freqs holds always, the others by context length.
    float *rope_freqs, *rope_factors_long, *rope_factors_short;
    uint8_t *block;
    size_t block_bytes;
    uint64_t expert_bytes;  // of the block: routed experts
    sw_weights_item *items; // the plan
    size_t n_items, cap_items;
} sw_weights;

/* Decides where every tensor goes and sets block_bytes and expert_bytes; checks that each is there with its exact shape
 * and a supported type.  Nothing is read.  Errors: SW_EFORMAT, SW_EUNSUPPORTED (both name the tensor), SW_ENOMEM.  On
 * failure *out is still to be freed. */
SW_NODISCARD sw_code sw_weights_plan(const sw_gguf *g, const sw_hparams *h, sw_weights *out, sw_err *err);
/* Reads and packs what was planned, with the pool's threads.  On failure *w is still to be freed. */
SW_NODISCARD sw_code sw_weights_load(sw_weights *w, const sw_gguf *g, sw_pool *pool, sw_progress_fn on_load, void *ud,
                                     sw_err *err);
void sw_weights_free(sw_weights *w);

/* Bias-padded row count. */
static inline size_t sw_mat_padded_rows(const sw_mat *m)
{
    return m->n_tiles * 16;
}

static inline const uint8_t *sw_mat_tiles(const sw_mat *m, int expert)
{
    return m->tiles + (size_t)expert * m->n_tiles * m->tile_bytes;
}

#endif
