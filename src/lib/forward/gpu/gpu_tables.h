/* gpu_tables.h - what kernels look up in a step: tokens, positions, angles, pages.  Made here, by the code that the
 * CPU's blocks use, and uploaded once for all layers. */
#ifndef FORWARD_GPU_TABLES_H
#define FORWARD_GPU_TABLES_H

#include "forward/angles.h"
#include "forward/gpu/gpu_rooms.h"

enum { GPU_FEW_TOKENS = 4 }; // that are not worth sorting by expert

/* Addresses in device memory. */
typedef struct gpu_tables {
    const int32_t *id, *position; // (n)
    const int32_t *seq;           // (n): rows of the pages
    const int32_t *begin[2];      // (n): the first visible position, of [1] windowed layers
    const int32_t *end;           // (n)
    const int32_t *wanted;        // (n_wanted): the tokens that want logits
    const int32_t *pair;          // (pairs): its own number; of few tokens, else NULL
    const int32_t *pair_token;    // (pairs): whose it is; likewise
    const gpu_block *blocks;      // (n_blocks)
    const float *cosines, *sines; // (n, n_rot / 2)
    const uint64_t *pages[2];     // (sequences, ld_pages): of KV_FULL and KV_WINDOWED
    size_t n_wanted, n_blocks, ld_pages;
    int first_span[2], n_spans[2]; // that any token sees
} gpu_tables;

/* Bytes that a full step's tables take. */
size_t gpu_tables_bytes(const gpu_room_sizes *s);

typedef struct gpu_tables_source {
    const hparams *h;
    const token_batch *b;
    const kv_cache *kv;
    weight_tier tier;           // whose pages
    const token_angles *angles; // made
    size_t n_together;          // tokens of a block, at most
} gpu_tables_source;

/* Fills `staging`, which is to be copied to `at` on the device; gives the number of bytes. */
size_t gpu_tables_fill(gpu_tables *t, const gpu_tables_source *s, uint8_t *staging, const uint8_t *at);

#endif
