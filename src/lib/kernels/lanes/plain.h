/* plain.h - products with F32, F16 and BF16 weights, in lanes of 16 rows: one multiply-add per k and row.  Compiled by
 * vector_avx2.c, vector_avx512.c and vector_neon.c.
 *
 * An output is one chain of dependent multiply-adds, so several tiles and tokens run side by side.  K goes in blocks
 * that keep the weights in the first-level cache while all tokens pass; the sums wait in y.
 */
#ifndef KERNELS_LANES_PLAIN_H
#define KERNELS_LANES_PLAIN_H

#include "kernels/variants.h"
#include "quant/tile.h"

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

INLINE f32x16 load_f32(const void *p)
{
    return lanes_load(p);
}

static const plain_type F32 = {64, load_f32}, F16 = {32, lanes_load_f16}, BF16 = {32, lanes_load_bf16};

/* Adds n_k columns to n tokens of y; x[i] and tile point to the first of them. */
INLINE void plain_pass(const plain_type *w, int tiles, int n, const uint8_t *tile, size_t tile_bytes,
                       const float *const *x, size_t n_k, bool is_first, float *y, size_t ld)
{
    f32x16 acc[PLAIN_TILES * PLAIN_TOKENS];
    UNROLL
    for (int j = 0; j < tiles * n; j++)
        acc[j] = is_first ? lanes_set(0.0f) : lanes_load(y + (size_t)(j % n) * ld + j / n * TILE_ROWS);
    for (size_t k = 0; k < n_k; k++) {
        f32x16 wk[PLAIN_TILES];
        UNROLL
        for (int m = 0; m < tiles; m++) {
            const uint8_t *const p = tile + (size_t)m * tile_bytes + k * w->bytes;
            __builtin_prefetch(p + PLAIN_AHEAD);
            wk[m] = w->load(p);
        }
        UNROLL
        for (int j = 0; j < tiles * n; j++)
            acc[j] = lanes_fma(wk[j / n], lanes_set(x[j % n][k]), acc[j]);
    }
    UNROLL
    for (int j = 0; j < tiles * n; j++)
        lanes_store(y + (size_t)(j % n) * ld + j / n * TILE_ROWS, acc[j]);
}

/* One block of K times all tokens. */
INLINE void plain_block(const plain_type *w, int tiles, const uint8_t *tile, const act_rows *x, size_t k, size_t n_k,
                        size_t n, float *y, size_t ld)
{
    const size_t tile_bytes = x->n_cols * w->bytes;
    tile += k * w->bytes;
    for (size_t i = 0; i < n;) {
        const size_t take = i + PLAIN_TOKENS <= n ? PLAIN_TOKENS : 1;
        const float *xs[PLAIN_TOKENS];
        for (size_t j = 0; j < take; j++)
            xs[j] = x->f32 + (x->index != NULL ? (size_t)x->index[i + j] : i + j) * x->n_cols + k;
        if (take == 1)
            plain_pass(w, tiles, 1, tile, tile_bytes, xs, n_k, k == 0, y + i * ld, ld);
        else
            plain_pass(w, tiles, PLAIN_TOKENS, tile, tile_bytes, xs, n_k, k == 0, y + i * ld, ld);
        i += take;
    }
}

INLINE void plain_tiles(const plain_type *w, int tiles, const uint8_t *tile, const act_rows *x, size_t n, float *y,
                        size_t ld)
{
    const size_t block = n == 1 || n == PLAIN_TOKENS ? x->n_cols : PLAIN_K;
    for (size_t k = 0; k < x->n_cols; k += block) {
        const size_t left = x->n_cols - k;
        plain_block(w, tiles, tile, x, k, left < block ? left : block, n, y, ld);
    }
}

INLINE void plain_matmul(const plain_type *w, const uint8_t *tiles, size_t n_tiles, const act_rows *x, size_t n,
                         float *y, size_t ld)
{
    const size_t tile_bytes = x->n_cols * w->bytes;
    size_t t = 0;
    for (; t + PLAIN_TILES <= n_tiles; t += PLAIN_TILES)
        plain_tiles(w, PLAIN_TILES, tiles + t * tile_bytes, x, n, y + t * TILE_ROWS, ld);
    for (; t < n_tiles; t++)
        plain_tiles(w, 1, tiles + t * tile_bytes, x, n, y + t * TILE_ROWS, ld);
}

static void matmul_f32(const uint8_t *tiles, size_t n_tiles, const act_rows *x, size_t n, float *y, size_t ld)
{
    plain_matmul(&F32, tiles, n_tiles, x, n, y, ld);
}

static void matmul_f16(const uint8_t *tiles, size_t n_tiles, const act_rows *x, size_t n, float *y, size_t ld)
{
    plain_matmul(&F16, tiles, n_tiles, x, n, y, ld);
}

static void matmul_bf16(const uint8_t *tiles, size_t n_tiles, const act_rows *x, size_t n, float *y, size_t ld)
{
    plain_matmul(&BF16, tiles, n_tiles, x, n, y, ld);
}

INLINE void fill_plain(kernels *k)
{
    k->matmul[TYPE_F32] = matmul_f32;
    k->matmul[TYPE_F16] = matmul_f16;
    k->matmul[TYPE_BF16] = matmul_bf16;
}

#endif
