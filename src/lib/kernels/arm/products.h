/* products.h - quantized matrix products with NEON, written once over dot_of: compiled by matmul_neon.c and
 * matmul_dotprod.c, each with its own.
 *
 * A register holds four consecutive k of 4 rows, and every lane of a sum belongs to one row.  Codes are signed, so the
 * integer sums need no correction; they are exact, and only the steps that follow per group round, in the order of the
 * definition.
 *
 * Few tokens: codes are expanded in registers, on the way from memory, for up to four tokens at a time: sixteen sums
 * in 32 registers.  Many tokens: a block of K of a tile is expanded once into a scratch of 24 KiB, and four tokens at a
 * time pass over it.  Where the one should give way to the other has not been measured: nobody of us has had such a
 * processor yet.
 */
#ifndef KERNELS_ARM_PRODUCTS_H
#define KERNELS_ARM_PRODUCTS_H

#include "kernels/arm/formats_neon.h"
#include "kernels/lanes/tokens.h"
#include "kernels/quantized.h"
#include "quant/tile.h"

enum {
    DIRECT_MAX = 8,        // tokens that are multiplied straight from the tile
    PASS_MAX = 4,          // tokens per pass
    BLOCK_GROUPS = 32,     // groups of 32 k in the scratch
    QUANTIZED_AHEAD = 2048 // bytes to prefetch ahead
};

/* Adds group g of the n tokens, for the 4 rows of a quarter. */
INLINE void add_group(steps f, int n, const int8x16_t *code, const float32x4_t *scale, const tokens *x, size_t g,
                      float32x4_t *acc)
{
    const int n_parts = 1 + f.has_halves, n_chunks = N_CHUNKS / n_parts;
    UNROLL
    for (int i = 0; i < n; i++) {
        const float xs = x->scale[i][g];
        const int16_t *const sums = x->coarse.sum[i] + 2 * g;
        UNROLL
        for (int h = 0; h < n_parts; h++) {
            const size_t k = K_GROUP * g + (size_t)(K_GROUP / 2 * h);
            const int8x16_t *const part = code + h * n_chunks;
            int32x4_t dot = dot_of(f.n_short, part, n_chunks, x->coarse.code[i] + k);
            if (f.is_fine)
                dot = vaddq_s32(vshlq_n_s32(dot, 7), dot_of(f.n_short, part, n_chunks, x->fine.code[i] + k));
            acc[i] = vfmaq_f32(acc[i], vmulq_n_f32(scale[h], xs), vcvtq_f32_s32(dot));
            if (f.has_min) {
                const float sum = f.has_halves ? xs * (float)sums[h] : x->scaled_sum[i][g];
                acc[i] = vfmsq_f32(acc[i], scale[n_parts + h], vdupq_n_f32(sum));
            }
        }
    }
}

INLINE void prefetch(const uint8_t *p, size_t bytes)
{
    UNROLL
    for (size_t line = 0; line < bytes; line += 64)
        __builtin_prefetch(p + line);
}

/* ---- few tokens ------------------------------------------------------------------------------------------------- */

INLINE void direct(const format *f, int n, const uint8_t *tile, const tokens *x, size_t n_cols, float *y, size_t ld)
{
    const size_t per_block = (size_t)f->n_groups, group_bytes = f->block_bytes / per_block;
    float32x4_t acc[N_QUARTERS][PASS_MAX];
    UNROLL
    for (int q = 0; q < N_QUARTERS; q++) {
        UNROLL
        for (int i = 0; i < n; i++)
            acc[q][i] = vdupq_n_f32(0.0f);
    }
    const uint8_t *ahead = tile + QUANTIZED_AHEAD;
    for (size_t g = 0; g < n_cols / K_GROUP; g++, ahead += group_bytes) {
        prefetch(ahead, group_bytes);
        const uint8_t *const block = tile + g / per_block * f->block_bytes;
        UNROLL
        for (int q = 0; q < N_QUARTERS; q++) {
            int8x16_t code[N_CHUNKS];
            float32x4_t scale[4];
            f->codes(block, (int)(g % per_block), q, code);
            f->scales(block, (int)(g % per_block), q, scale);
            add_group(STEPS[f->kind], n, code, scale, x, g, acc[q]);
        }
    }
    UNROLL
    for (int q = 0; q < N_QUARTERS; q++) {
        UNROLL
        for (int i = 0; i < n; i++)
            vst1q_f32(y + (size_t)i * ld + 4 * q, acc[q][i]);
    }
}

INLINE void few(const format *f, const uint8_t *tile, const act_rows *x, size_t n, float *y, size_t ld)
{
    for (size_t i = 0; i < n;) {
        const size_t take = n - i < PASS_MAX ? n - i : PASS_MAX;
        const tokens t = tokens_at(x, i, (int)take, 0);
        float *const out = y + i * ld;
        switch (take) {
        case 1: direct(f, 1, tile, &t, x->n_cols, out, ld); break;
        case 2: direct(f, 2, tile, &t, x->n_cols, out, ld); break;
        case 3: direct(f, 3, tile, &t, x->n_cols, out, ld); break;
        case 4: direct(f, 4, tile, &t, x->n_cols, out, ld); break;
        }
        i += take;
    }
}

/* ---- many tokens ------------------------------------------------------------------------------------------------ */

/* Some groups along K of one tile, expanded. */
typedef struct expanded {
    int8x16_t code[BLOCK_GROUPS][N_QUARTERS][N_CHUNKS];
    float32x4_t scale[BLOCK_GROUPS][N_QUARTERS][4];
    int n_groups;
    bool is_first; // along K
} expanded;

INLINE void expand(const format *f, const uint8_t *block, expanded *e)
{
    const size_t group_bytes = f->block_bytes / (size_t)f->n_groups;
    const uint8_t *ahead = block + BLOCK_GROUPS * group_bytes;
    for (int g = 0; g < e->n_groups; g++, ahead += group_bytes) {
        prefetch(ahead, group_bytes);
        const uint8_t *const at = block + (size_t)(g / f->n_groups) * f->block_bytes;
        UNROLL
        for (int q = 0; q < N_QUARTERS; q++) {
            f->codes(at, g % f->n_groups, q, e->code[g][q]);
            f->scales(at, g % f->n_groups, q, e->scale[g][q]);
        }
    }
}

/* Adds a block to n tokens of y. */
INLINE void pass(steps f, int n, const expanded *e, const tokens *x, float *y, size_t ld)
{
    float32x4_t acc[N_QUARTERS][PASS_MAX];
    UNROLL
    for (int q = 0; q < N_QUARTERS; q++) {
        UNROLL
        for (int i = 0; i < n; i++)
            acc[q][i] = e->is_first ? vdupq_n_f32(0.0f) : vld1q_f32(y + (size_t)i * ld + 4 * q);
    }
    for (int g = 0; g < e->n_groups; g++) {
        UNROLL
        for (int q = 0; q < N_QUARTERS; q++)
            add_group(f, n, e->code[g][q], e->scale[g][q], x, (size_t)g, acc[q]);
    }
    UNROLL
    for (int q = 0; q < N_QUARTERS; q++) {
        UNROLL
        for (int i = 0; i < n; i++)
            vst1q_f32(y + (size_t)i * ld + 4 * q, acc[q][i]);
    }
}

/* A block times all tokens, from column k on. */
INLINE void all_tokens(steps f, const expanded *e, const act_rows *x, size_t k, size_t n, float *y, size_t ld)
{
    size_t i = 0;
    for (; i + PASS_MAX <= n; i += PASS_MAX) {
        const tokens t = tokens_at(x, i, PASS_MAX, k);
        pass(f, PASS_MAX, e, &t, y + i * ld, ld);
    }
    for (; i < n; i++) {
        const tokens t = tokens_at(x, i, 1, k);
        pass(f, 1, e, &t, y + i * ld, ld);
    }
}

/* Compiled once per kind of steps and not per format. */
#define FOR_KIND(kind)                                                                                                 \
    static void all_tokens_##kind(const expanded *e, const act_rows *x, size_t k, size_t n, float *y, size_t ld)       \
    {                                                                                                                  \
        all_tokens(STEPS[kind], e, x, k, n, y, ld);                                                                    \
    }
FOR_KIND(FINE)
FOR_KIND(BYTES)
FOR_KIND(SIMPLE)
FOR_KIND(MIN)
FOR_KIND(HALVES)
FOR_KIND(HALVES_MIN)

typedef void (*all_tokens_fn)(const expanded *e, const act_rows *x, size_t k, size_t n, float *y, size_t ld);
static const all_tokens_fn ALL_TOKENS[] = {
    [FINE] = all_tokens_FINE, [BYTES] = all_tokens_BYTES,   [SIMPLE] = all_tokens_SIMPLE,
    [MIN] = all_tokens_MIN,   [HALVES] = all_tokens_HALVES, [HALVES_MIN] = all_tokens_HALVES_MIN};

INLINE void many(const format *f, const uint8_t *tile, const act_rows *x, size_t n, float *y, size_t ld)
{
    expanded e;
    for (size_t k = 0; k < x->n_cols; k += BLOCK_GROUPS * K_GROUP) {
        const size_t left = (x->n_cols - k) / K_GROUP;
        e.n_groups = left < BLOCK_GROUPS ? (int)left : BLOCK_GROUPS;
        e.is_first = k == 0;
        expand(f, tile, &e);
        ALL_TOKENS[f->kind](&e, x, k, n, y, ld);
        tile += f->block_bytes * BLOCK_GROUPS / (size_t)f->n_groups;
    }
}

INLINE void matmul(const format *f, const uint8_t *tiles, size_t n_tiles, const act_rows *x, size_t n, float *y,
                   size_t ld)
{
    const size_t tile_bytes = x->n_cols / K_GROUP / (size_t)f->n_groups * f->block_bytes;
    for (size_t t = 0; t < n_tiles; t++, tiles += tile_bytes, y += TILE_ROWS) {
        if (n > DIRECT_MAX)
            many(f, tiles, x, n, y, ld);
        else
            few(f, tiles, x, n, y, ld);
    }
}

QUANTIZED_FORMATS(QUANTIZED_PRODUCT)

INLINE void fill_products(kernels *k)
{
    QUANTIZED_FORMATS(QUANTIZED_ENTRY)
}

#endif
