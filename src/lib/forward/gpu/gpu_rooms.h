/* gpu_rooms.h - the working memory of the GPU backend: what it has on the device, and what passes between the machines.
 *
 * Either is one piece, cut by one function that is asked for its length before and for the places after it is there: so
 * what is planned is what is taken.  Sizes follow from the model's dimensions alone, not from its formats or placement.
 */
#ifndef FORWARD_GPU_ROOMS_H
#define FORWARD_GPU_ROOMS_H

#include "gpu/kernels/kernel_args.h"
#include "model/hparams.h"

enum {
    GPU_HEAD_ROWS = 16, // logits that are on the device at once
    GPU_STACKS = 3,     // of experts in a layer: gate, up, down
    GPU_GATE_APART = 16 // one row of output, padded to a tile
};

typedef struct gpu_room_sizes {
    const hparams *h;
    size_t n_batch; // tokens of a step, at most
    size_t n_seqs, n_ctx;
    size_t n_tables; // bytes of a full step's tables (gpu_tables_bytes)
} gpu_room_sizes;

/* On the device. */
typedef struct gpu_rooms {
    float *x, *out;           // (n, n_embd); (n, padded n_embd)
    int32_t *bad;             // (n)
    gpu_acts input;           // (n, n_embd): the normed state
    gpu_acts middle;          // what a block computes on the way: the last product's input
    gpu_acts middle_shared;   // the same of the shared experts
    float *q, *key, *value;   // (n, all heads, padded)
    float *q_latent, *turned; // (n, n_head, n_latent + n_rot); (n_head, n, padded): before they change their order
    float *gate, *up;         // rows of padded width: dense, or routed experts
    float *gate_shared, *up_shared; // (n, padded n_ff_shared)
    float *router_logits;           // (n, padded n_expert)
    int32_t *chosen;                // (n, n_expert_used)
    float *weights;                 // (n, n_expert_used)
    int32_t *slot, *token, *first;  // as gpu_group_args has them
    float *own, *other;             // (pairs, padded n_embd): answers
    float *shared, *shared_gates;   // (n, padded n_embd); (n, 16)
    float *logits;                  // (GPU_HEAD_ROWS, padded n_vocab)
    float *span_out, *span_state;   // (n_span_rows, value); (n_span_rows, 2)
    size_t n_span_rows;
    uint8_t *tables; // gpu_tables.h
    // gpu_residents.h: addresses of matrices, and whether they are here.
    uint64_t *tiles_of, *bias_of; // (n_layers, GPU_STACKS, n_expert)
    uint8_t *is_here;             // (n_layers, n_expert)
    uint8_t *is_own; // (n_layers, n_expert): the experts that are computed here in this step, if others are
} gpu_rooms;

/* In pinned memory of this machine. */
typedef struct gpu_staging {
    uint8_t *tables;
    float *x, *normed;            // (n, n_embd)
    int32_t *chosen, *all_chosen; // (n, n_expert_used); of all layers
    float *weights, *all_weights;
    float *answers;               // (pairs, padded n_embd)
    float *shared, *shared_gates; // (n, padded n_embd); (n, 16)
    int32_t *slot;                // (pairs)
    int32_t *bad;                 // (n)
    uint64_t *tiles_of, *bias_of; // as in gpu_rooms, here and below
    uint8_t *is_here, *is_own;
    bool *has_changed; // (n_layers): the device has not been told
} gpu_staging;

/* Where everything is in a piece that begins at `base`, aligned to 256 bytes; its length.  base NULL: the length alone.
 */
size_t gpu_rooms_cut(gpu_rooms *r, const gpu_room_sizes *s, void *base);
size_t gpu_staging_cut(gpu_staging *st, const gpu_room_sizes *s, void *base);

#endif
