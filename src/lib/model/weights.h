/* weights.h - the tensors of a model in memory, packed for the kernels.
 *
 * Immutable after loading.  Everything lies in one block per tier, which the plan sized exactly before anything was
 * read; model/placement.h says which tensor goes into which.  A pointer into a block is for the backend of its tier
 * alone: it may be an address that this processor cannot read.
 */
#ifndef MODEL_WEIGHTS_H
#define MODEL_WEIGHTS_H

#include "base/pool.h"
#include "model/placement.h"
#include "spillway.h"

/* One matrix of a stack whose matrices are not one after another. */
typedef struct mat_place {
    uint8_t *tiles; // n_tiles x tile_bytes
    float *bias;    // (16 * n_tiles), zeros in the padding; or NULL
} mat_place;

/* A matrix, or a stack of n_experts equal ones: y = W x + bias. */
typedef struct mat {
    tensor_type type;
    size_t n_rows, n_cols;
    size_t n_tiles; // of one matrix; 0: the model has no such matrix
    size_t tile_bytes;
    uint8_t *tiles; // n_experts x n_tiles x tile_bytes, while `split` is NULL
    float *bias;    // (n_experts, 16 * n_tiles), zeros in the padding; or NULL
    // (n_experts), else NULL: the stack is in more than one tier, or of several tensors; tiles and bias are then NULL.
    mat_place *split;
} mat;

typedef struct norm_weights {
    float *weight; // (n)
    float *bias;   // (n) or NULL
} norm_weights;

typedef struct layer_weights {
    norm_weights attn_norm, ffn_norm;
    mat q, k, v, o;
    float *q_norm, *k_norm; // (head_k) for every head, or (all heads): see *_norm_width; NULL: none
    size_t q_norm_width, k_norm_width;
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

/* One thing to load; see weights_item.h. */
typedef struct weights_item weights_item;

/* The weights of one tier. */
typedef struct weight_block {
    uint8_t *data; // NULL before loading
    size_t n_bytes;
    size_t expert_bytes; // of which routed experts
    tier_memory memory;  // that it came from
} weight_block;

typedef struct model_weights {
    mat embd;   // (n_vocab, n_embd), for look-up
    mat output; // (n_vocab, n_embd); tiles are embd's when the file ties them
    norm_weights output_norm;
    layer_weights *layers; // (n_layers)
    size_t n_layers;
    // (n_rot / 2) divisors of the frequencies, or NULL: rope_freqs holds always, the others by context length.
    float *rope_freqs, *rope_factors_long, *rope_factors_short;
    const model_placement *placement; // as planned; NULL: everything is in RAM
    weight_block blocks[N_TIERS];
    weights_item *items; // the plan
    size_t n_items, cap_items;
} model_weights;

/* Decides where in its tier's block every tensor goes and sets the blocks' sizes; checks that each is there with its
 * exact shape and a supported type.  Nothing is read.  *out stays where it is until it is loaded, since the plan points
 * into it.  `placement` outlives it; NULL: everything in RAM.  Errors: SW_EFORMAT, SW_EUNSUPPORTED (both name the
 * tensor), SW_ENOMEM.  On failure *out is still to be freed. */
SW_NODISCARD sw_code weights_plan(const gguf_file *g, const hparams *h, const model_placement *placement,
                                  model_weights *out, sw_err *err);

typedef struct weights_load_options {
    thread_pool *pool;
    tier_memory memory[N_TIERS]; // zeroed: the memory of this machine
    sw_progress_fn on_load;      // from the calling thread; or NULL
    void *ud;
} weights_load_options;

/* Allocates the blocks, and reads and packs what was planned, with the pool's threads.  On failure *w is still to be
 * freed.  Errors: SW_EIO, SW_EFORMAT (a file cut short), SW_ENOMEM (names the tier). */
SW_NODISCARD sw_code weights_load(model_weights *w, const gguf_file *g, const weights_load_options *o, sw_err *err);
void weights_free(model_weights *w);

/* Bytes of this machine's memory that loading takes besides the blocks, until it ends. */
uint64_t weights_staging_bytes(const model_weights *w, int n_threads);

/* Bytes of all blocks together. */
static inline uint64_t weights_bytes(const model_weights *w)
{
    uint64_t sum = 0;
    for (int tier = 0; tier < N_TIERS; tier++)
        sum += w->blocks[tier].n_bytes;
    return sum;
}

/* Returns true if the model has this matrix. */
static inline bool mat_exists(const mat *m)
{
    return m->n_tiles > 0;
}

/* Rows of whole tiles. */
static inline size_t mat_padded_rows(const mat *m)
{
    return m->n_tiles * 16;
}

/* One matrix of a stack; 0 of a single one. */
static inline const uint8_t *mat_tiles(const mat *m, size_t expert)
{
    return m->split != NULL ? m->split[expert].tiles : m->tiles + expert * m->n_tiles * m->tile_bytes;
}

/* Its bias, or NULL. */
static inline const float *mat_bias(const mat *m, size_t expert)
{
    if (m->split != NULL)
        return m->split[expert].bias;
    return m->bias != NULL ? m->bias + expert * mat_padded_rows(m) : NULL;
}

#endif
