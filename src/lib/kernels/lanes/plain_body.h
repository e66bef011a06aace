/* plain_body.h - products with F32, F16 and BF16 weights, in lanes of 16 rows: one multiply-add per k and row.
 *
 * The body of a part of vector_avx2.c, vector_avx512.c and vector_neon.c, each with its own lanes.
 *
 * An output is one chain of dependent multiply-adds, so several tiles and tokens run side by side.  K is cut into
 * blocks whose weights stay in the first-level cache while all tokens pass; the sums wait in y.
 */
#ifndef LANES_16
#error "include one of lanes_avx2.h, lanes_avx512.h and lanes_neon.h first: it defines f32x16 and lanes_*"
#endif

#ifndef KERNELS_LANES_PLAIN_BODY_H
#define KERNELS_LANES_PLAIN_BODY_H

#include "kernels/lanes/operands.h"
#include "kernels/variants.h"
#include "quant/formats.h"
#include "quant/tile_layout.h"

enum {
    PLAIN_TILES = PER_LANES == 1 ? 4 : 2, // side by side
    PLAIN_TOKENS = PLAIN_TILES,           // side by side
    PLAIN_K = 128,                        // k per block if there is more than one pass
    PLAIN_AHEAD = 2048                    // bytes to prefetch ahead in each tile
};

typedef struct plain_type {
    size_t bytes; // of one k of a tile
    f32x16 (*load)(const void *p);
} plain_type;

INLINE f32x16 load_f32_16(const void *p)
{
    return lanes_load(p);
}

static const plain_type F32_LANES = {sizeof(tile_f32), load_f32_16}, F16_LANES = {sizeof(tile_f16), lanes_load_f16},
                        BF16_LANES = {sizeof(tile_bf16), lanes_load_bf16};

/* A block of K of some tiles.  n_tiles is a constant wherever one is made. */
typedef struct plain_block {
    int n_tiles;         // side by side
    const uint8_t *tile; // the first one, at the block's first column
    size_t tile_bytes;   // from one tile to the next
    size_t k, n_k;       // first column, columns
} plain_block;

/* Adds a block to n tokens of y; x[i] is token i at the block's first column. */
INLINE void plain_pass(const plain_type *w, int n, plain_block b, const float *const *x, float *y, size_t ld)
{
    f32x16 acc[PLAIN_TILES * PLAIN_TOKENS];
    UNROLL
    for (int j = 0; j < b.n_tiles * n; j++)
        acc[j] = b.k == 0 ? lanes_set(0.0f) : lanes_load(y + (size_t)(j % n) * ld + j / n * TILE_ROWS);
    for (size_t k = 0; k < b.n_k; k++) {
        f32x16 wk[PLAIN_TILES];
        UNROLL
        for (int m = 0; m < b.n_tiles; m++) {
            const uint8_t *const p = b.tile + (size_t)m * b.tile_bytes + k * w->bytes;
            __builtin_prefetch(p + PLAIN_AHEAD);
            wk[m] = w->load(p);
        }
        UNROLL
        for (int j = 0; j < b.n_tiles * n; j++)
            acc[j] = lanes_fma(wk[j / n], lanes_set(x[j % n][k]), acc[j]);
    }
    UNROLL
    for (int j = 0; j < b.n_tiles * n; j++)
        lanes_store(y + (size_t)(j % n) * ld + j / n * TILE_ROWS, acc[j]);
}

/* Adds a block to all tokens. */
INLINE void plain_all_tokens(const plain_type *w, plain_block b, product p)
{
    for (size_t i = 0; i < p.n;) {
        const size_t take = i + PLAIN_TOKENS <= p.n ? PLAIN_TOKENS : 1;
        const float *x[PLAIN_TOKENS];
        for (size_t j = 0; j < take; j++)
            x[j] = p.x->f32 + token_at(p.x, i + j) * p.x->n_cols + b.k;
        if (take == 1)
            plain_pass(w, 1, b, x, p.y + i * p.ld, p.ld);
        else
            plain_pass(w, PLAIN_TOKENS, b, x, p.y + i * p.ld, p.ld);
        i += take;
    }
}

/* The first n_tiles (a constant) tiles of p times all tokens. */
INLINE void plain_tiles(const plain_type *w, int n_tiles, product p)
{
    const size_t n_cols = p.x->n_cols, block = p.n == 1 || p.n == PLAIN_TOKENS ? n_cols : PLAIN_K;
    for (size_t k = 0; k < n_cols; k += block) {
        const plain_block b = {.n_tiles = n_tiles,
                               .tile = p.tiles + k * w->bytes,
                               .tile_bytes = n_cols * w->bytes,
                               .k = k,
                               .n_k = n_cols - k < block ? n_cols - k : block};
        plain_all_tokens(w, b, p);
    }
}

INLINE void matmul_plain_16(const plain_type *w, product p)
{
    while (p.n_tiles > 0) {
        const size_t take = p.n_tiles >= PLAIN_TILES ? PLAIN_TILES : 1;
        if (take == PLAIN_TILES)
            plain_tiles(w, PLAIN_TILES, p);
        else
            plain_tiles(w, 1, p);
        p.tiles += take * p.x->n_cols * w->bytes;
        p.n_tiles -= take;
        p.y += take * TILE_ROWS;
    }
}

#define PLAIN_PRODUCT(NAME, name) PRODUCT_FUNCTION(matmul_16_##name, matmul_plain_16, NAME##_LANES)
PLAIN_FORMATS(PLAIN_PRODUCT)

INLINE void fill_plain(kernels *k)
{
#define PLAIN_ENTRY(NAME, name) k->matmul[TYPE_##NAME] = matmul_16_##name;
    PLAIN_FORMATS(PLAIN_ENTRY)
}

#endif
