/* kernel_args.h - what kernels are given: all that host and device share.
 *
 * Plain data in the common part of C and C++.  A struct begins with its pointers, which are addresses in device memory
 * or pinned memory, or 0 where a comment allows it; the first member after them is `n`.  Shapes are in elements, the
 * last index is the one that neighbours in memory differ in.  Lengths of rows that are given apart from their number of
 * elements (`ld`, `y_row`) are how far apart rows are.
 *
 * No struct has padding: launches are compared byte for byte (gpu/segments.h).
 */
#ifndef GPU_KERNELS_KERNEL_ARGS_H
#define GPU_KERNELS_KERNEL_ARGS_H

#include <stdint.h>

#include "quant/formats.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wpadded"

/* Formats as kernels know them: GPU_Q8_0, ... */
typedef enum gpu_format {
#define X(NAME, name) GPU_##NAME,
    ALL_FORMATS(X)
#undef X
        N_GPU_FORMATS
} gpu_format;

/* Rows of activations, as floats and as codes (kernels/kernels.h, quantize).  A product's struct says how many columns
 * they have, and their `ld`.  Scales of neighbouring rows are neighbours. */
typedef struct gpu_acts {
    float *f32;      // (rows, n_cols)
    int8_t *code;    // (rows, n_cols); 0: floats alone
    int8_t *fine;    // (rows, n_cols); 0: coarse codes alone
    float *scale;    // (n_cols / 32, ld)
    float *sum;      // (n_cols / 32, ld): scale * sum of 32 codes; 0: not wanted
    float *half_sum; // (n_cols / 16, ld): scale * sum of 16 codes; 0: not wanted
} gpu_acts;

/* y = norm(x) * weight (+ bias) and its codes, after x += add_scale * add.  Grid: (rows, groups of rows). */
typedef struct gpu_norm_args {
    float *x;            // (outer, rows, n)
    const float *add;    // (outer, rows, n), or 0
    const float *weight; // (n)
    const float *bias;   // (n), or 0
    int32_t *bad;        // (outer): set to `layer` where it is negative and x + add is not finite; or 0
    gpu_acts y;          // f32: (outer, rows, n), may be x; codes: (outer * rows, n)
    int32_t n;
    int32_t x_row, x_outer, add_row, add_outer, y_row, y_outer;
    int32_t ld; // of the codes' scales
    int32_t layer;
    int32_t is_layernorm; // else RMS
    float add_scale, eps;
} gpu_norm_args;

/* Codes of y.f32.  Grid: (rows, groups of 32 / 8 rounded up). */
typedef struct gpu_quantize_args {
    gpu_acts y; // f32: (rows, n)
    int32_t n;  // a multiple of 32
    int32_t ld;
} gpu_quantize_args;

/* y = the activation of gate and up, and its codes.  Grid: (rows, groups of 32 / 8 rounded up). */
typedef struct gpu_gate_args {
    const float *gate, *up; // (rows, row)
    gpu_acts y;             // (rows, n)
    int32_t n;              // elements of a row; with codes a multiple of 32
    int32_t row, ld;
    int32_t is_oai; // the clamped activation of gpt-oss
} gpu_gate_args;

/* y[i] = row id[i] of a packed matrix, times `scale`.  Grid: (tokens). */
typedef struct gpu_embed_args {
    const uint8_t *tiles;
    const int32_t *id; // (tokens)
    float *y;          // (tokens, n)
    int32_t n;
    int32_t format;
    uint64_t tile_bytes;
    float scale;
    int32_t unused;
} gpu_embed_args;

/* to[a][b][0..n) = from[index[a]][b][0..n).  Grid: (a, b). */
typedef struct gpu_copy_args {
    float *to;
    const float *from;
    const int32_t *index; // (a), or 0: a itself
    int32_t n;
    int32_t to_a, to_b, from_a, from_b;
    int32_t unused;
} gpu_copy_args;

/* y /= by.  Grid: (n / 256 rounded up). */
typedef struct gpu_divide_args {
    float *y;
    int32_t n;
    float by;
} gpu_divide_args;

/* Rotary embedding of heads in place.  Grid: (heads, tokens). */
typedef struct gpu_rotate_args {
    float *x;                     // (tokens, heads, ...)
    const float *cosines, *sines; // (tokens, n)
    int32_t n;                    // pairs: half of the rotated elements
    int32_t x_token, x_head;
    int32_t is_neox; // pairs are (i, i + n), else (2 i, 2 i + 1)
} gpu_rotate_args;

/* Keys and values in pages, as kernels/kernels.h lays them out.  The page of position p of sequence s begins at
 * pages[s * ld_pages + p / 32]; a layer's heads begin `offset` bytes behind that, one every head_bytes. */
typedef enum gpu_kv_type { GPU_KV_F16, GPU_KV_F32, GPU_KV_Q8_0 } gpu_kv_type;

typedef struct gpu_pages {
    const uint64_t *pages; // (sequences, ld_pages): addresses
} gpu_pages;

/* Stores keys and values.  Grid: (heads, tokens). */
typedef struct gpu_store_args {
    gpu_pages cache;
    const float *key, *value;      // (tokens, heads, d): the heads of a token are back to back
    const int32_t *seq, *position; // (tokens)
    int32_t n;                     // elements of a key
    int32_t d_v;
    int32_t key_token, value_token; // between tokens
    int32_t ld_pages;
    int32_t type;
    uint64_t offset, head_bytes, key_bytes;
} gpu_store_args;

/* Some tokens of one sequence that follow each other: their queries share pages. */
typedef struct gpu_block {
    int32_t first, n;
} gpu_block;

/* Softmax attention.  Queries of a block are (token, head of the KV head's) with the head first.  A block of threads
 * takes `together` of them, and the spans of 32 pages from begin to end, or one of them, by its place in the grid. Grid
 * of attend_*: (blocks x runs of heads, KV heads, spans or 1), of attend_join: (heads, tokens). */
typedef struct gpu_attend_args {
    gpu_pages cache;
    const gpu_block *blocks;
    const float *q;                   // (tokens, heads, n)
    const float *sinks;               // (heads), or 0
    const int32_t *seq, *begin, *end; // (tokens): visible positions [begin, end)
    float *out;                       // (tokens, heads, d_v)
    float *span_out;                  // (tokens, heads, n_spans, d_v); where spans are apart
    float *span_state;                // (tokens, heads, n_spans, 2): maximum and sum
    int32_t n;                        // elements of a key
    int32_t d_v;
    int32_t n_heads, heads_per_kv, heads_together, runs; // runs: of heads_together heads, in a KV head
    int32_t q_token, q_head, out_token, out_head;
    int32_t ld_pages;
    int32_t first_span, n_spans; // that any query of the call sees
    int32_t is_split;            // a block has one span, and attend_join follows
    float scale;
    int32_t unused;
    uint64_t offset, head_bytes, key_bytes;
} gpu_attend_args;

/* The choice of experts (forward/router.h).  Grid: (tokens). */
typedef enum gpu_gating { GPU_GATE_SOFTMAX, GPU_GATE_SIGMOID, GPU_GATE_TOPK_SOFTMAX, GPU_GATE_SPARSEMIXER } gpu_gating;
enum { GPU_EXPERTS_MAX = 1024, GPU_EXPERTS_USED_MAX = 64, GPU_GROUPS_MAX = 64 };

typedef struct gpu_route_args {
    const float *logits;         // (tokens, ld)
    const float *selection_bias; // (n), or 0
    int32_t *chosen;             // (tokens, n_used)
    float *weights;              // (tokens, n_used)
    int32_t n;                   // experts
    int32_t n_used, ld;
    int32_t n_groups, n_groups_used, groups_by_top_two;
    int32_t gating, renormalise;
    float scale;
    int32_t unused;
} gpu_route_args;

/* Sorts pairs by expert, those of an expert in their order: places.  Grid: (1). */
typedef struct gpu_group_args {
    const int32_t *chosen; // (n): expert of a pair
    const uint8_t *is_own; // (n_experts), or 0: all
    int32_t *first;        // (n_experts + 1): places of an expert begin here
    int32_t *slot;         // (n): place of a pair, -1 of an expert that is not own
    int32_t *token;        // (n): token of a place
    int32_t n;             // pairs
    int32_t n_used, n_experts;
    int32_t unused;
} gpu_group_args;

/* x += scale * (weighted answers of a token's experts in the order of choice, then the shared ones').  Grid: (tokens).
 */
typedef struct gpu_join_args {
    const int32_t *slot;       // (pairs): row of `own`, or -1: row `pair` of `other`
    const float *weights;      // (pairs)
    const float *own, *other;  // (.., row)
    const float *shared;       // (tokens, row), or 0
    const float *shared_gates; // (tokens, 16): a token's first is a logit; or 0
    float *x;                  // (tokens, n)
    int32_t *bad;              // (tokens), as in gpu_norm_args
    int32_t n;
    int32_t n_used, row, layer;
    float scale;
    int32_t unused;
} gpu_join_args;

/* y[place] = tiles of the slot's matrix times row index[place] of x, plus bias: kernels/kernels.h, matmul_fn.
 * A slot is a run of places with one matrix.  Grid: (tiles or groups of them, blocks of places, slots). */
typedef struct gpu_product_args {
    const uint8_t *tiles;     // of matrix 0, the others follow; or 0 with `tiles_of`
    const uint64_t *tiles_of; // (matrices): addresses of their tiles; or 0
    const float *bias;        // (matrices, 16 n_tiles), or 0
    const uint64_t *bias_of;  // (matrices): addresses of their biases; or 0
    const int32_t *matrix;    // (slots), or 0: the slot itself
    const int32_t *first;     // (slots + 1): places of a slot begin here; or 0: n_places each
    const int32_t *index;     // (places): row of x; or 0: the place itself
    gpu_acts x;
    float *y;         // (places, y_row)
    int32_t n;        // columns
    int32_t n_places; // of every slot, or with `first` of all slots
    int32_t n_tiles, y_row, ld;
    int32_t unused;
    uint64_t tile_bytes, matrix_bytes;
} gpu_product_args;

#pragma GCC diagnostic pop

#endif
