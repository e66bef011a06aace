/* product_inputs.h - tiles and activations for tests of products, ordinary and extreme.
 *
 * The facts of a quantized format's layout that they need are one row of LAYOUTS, made of members of tile_layout.h; a
 * format without a row fails.
 */
#ifndef TESTS_KERNELS_PRODUCT_INPUTS_H
#define TESTS_KERNELS_PRODUCT_INPUTS_H

#include "kernels/check.h"

#include "kernels/codes.h"
#include "quant/decode.h"
#include "quant/tile.h"

typedef enum content { TAME, WILD, ZEROS, ONES, LOWEST, HIGHEST, TINIEST, N_CONTENTS } content;

/* Where a block of a tile has what decides the size of its values: 16 numbers of f16 each, or 16 exponents; and where
 * its codes begin, after all scales. */
typedef struct layout {
    int n_halves; // 0: exponents
    size_t scale_at, min_at, codes_at;
} layout;

#define SCALE(name, codes)                                                                                             \
    {                                                                                                                  \
        1, offsetof(name, d), 0, offsetof(name, codes)                                                                 \
    }
#define SCALE_AND_MIN(name, min, codes)                                                                                \
    {                                                                                                                  \
        2, offsetof(name, d), offsetof(name, min), offsetof(name, codes)                                               \
    }

static const layout LAYOUTS[TYPE_N] = {
    [TYPE_Q8_0] = SCALE(tile_q8_0, chunk),
    [TYPE_Q4_0] = SCALE(tile_q4_0, nibbles),
    [TYPE_Q4_1] = SCALE_AND_MIN(tile_q4_1, m, nibbles),
    [TYPE_Q5_0] = SCALE(tile_q5_0, fifth),
    [TYPE_Q5_1] = SCALE_AND_MIN(tile_q5_1, m, fifth),
    [TYPE_Q2_K] = SCALE_AND_MIN(tile_q2_k, dmin, group),
    [TYPE_Q3_K] = SCALE(tile_q3_k, group),
    [TYPE_Q4_K] = SCALE_AND_MIN(tile_q4_k, dmin, group),
    [TYPE_Q5_K] = SCALE_AND_MIN(tile_q5_k, dmin, group),
    [TYPE_Q6_K] = SCALE(tile_q6_k, group),
    [TYPE_IQ4_NL] = SCALE(tile_iq4_nl, nibbles),
    [TYPE_IQ4_XS] = SCALE(tile_iq4_xs, group),
    [TYPE_MXFP4] = {0, offsetof(tile_mxfp4, e), 0, offsetof(tile_mxfp4, nibbles)},
};

static inline bool is_plain(tensor_type t)
{
    return type_get((uint32_t)t)->block_elems == 1;
}

static inline const layout *layout_of(tensor_type t)
{
    if (LAYOUTS[t].codes_at == 0)
        fail_msg("%s has no row in LAYOUTS: where a block of its tile has scales and codes", type_name(t));
    return &LAYOUTS[t];
}

/* The supported type after t, or TYPE_N; begin with FIRST_TYPE. */
#define FIRST_TYPE next_type((tensor_type)0)
static inline tensor_type next_type(tensor_type t)
{
    while (t < TYPE_N && !decode_supports(t))
        t++;
    return t;
}

/* Gives a block of a tile scales (or, of plain types, values) of an ordinary size. */
static inline void tame(tensor_type t, uint8_t *block, rng_state *r)
{
    for (size_t row = 0; row < TILE_ROWS; row++) {
        const float v = check_unit(r);
        if (t == TYPE_F32) {
            ((tile_f32 *)(void *)block)->row[row] = v;
        } else if (is_plain(t)) {
            ((uint16_t *)(void *)block)[row] = t == TYPE_F16 ? f16_from_f32(v) : (uint16_t)(f32_bits(v) >> 16);
        } else if (layout_of(t)->n_halves == 0) {
            block[layout_of(t)->scale_at + row] = (uint8_t)(120 + rng_next(r) % 8);
        } else {
            ((uint16_t *)(void *)(block + layout_of(t)->scale_at))[row] = f16_from_f32(v);
            if (layout_of(t)->n_halves == 2)
                ((uint16_t *)(void *)(block + layout_of(t)->min_at))[row] = f16_from_f32(check_unit(r));
        }
    }
}

/* The largest finite number of 16 bits, or a subnormal one. */
static inline uint16_t extreme_half(tensor_type t, bool is_largest, rng_state *r)
{
    return !is_largest ? (uint16_t)(rng_next(r) & 0x8003) : t == TYPE_BF16 ? 0x7f7f : 0x7bff;
}

/* Gives a block of a tile the largest finite scales (or, of plain types, values), or subnormal ones. */
static inline void make_extreme(tensor_type t, uint8_t *block, bool is_largest, rng_state *r)
{
    for (size_t row = 0; row < TILE_ROWS; row++) {
        if (t == TYPE_F32) {
            ((tile_f32 *)(void *)block)->row[row] = is_largest ? FLT_MAX : 0x1p-140f * check_unit(r);
        } else if (is_plain(t)) {
            ((uint16_t *)(void *)block)[row] = extreme_half(t, is_largest, r);
        } else if (layout_of(t)->n_halves == 0) {
            block[layout_of(t)->scale_at + row] = is_largest ? 254 : (uint8_t)(rng_next(r) % 3);
        } else {
            ((uint16_t *)(void *)(block + layout_of(t)->scale_at))[row] = extreme_half(t, is_largest, r);
            if (layout_of(t)->n_halves == 2)
                ((uint16_t *)(void *)(block + layout_of(t)->min_at))[row] = extreme_half(t, is_largest, r);
        }
    }
}

/* n_tiles packed tiles. */
static inline uint8_t *make_tiles(tensor_type t, content c, size_t n_tiles, size_t n_cols, rng_state *r)
{
    const size_t tile_bytes = tile_size(t, n_cols), block_bytes = type_get((uint32_t)t)->block_bytes * TILE_ROWS;
    uint8_t *const tiles = check_new(n_tiles * tile_bytes), *const rows = malloc(tile_bytes);
    assert_non_null(rows);
    for (size_t i = 0; i < n_tiles; i++) {
        for (size_t j = 0; j < tile_bytes; j++)
            rows[j] = c == ZEROS ? 0 : c == ONES ? 0xff : c == LOWEST ? 0x80 : (uint8_t)(rng_next(r) >> 32);
        uint8_t *const tile = tiles + i * tile_bytes;
        tile_pack(t, rows, TILE_ROWS, n_cols, tile);
        for (size_t j = 0; j < tile_bytes; j += block_bytes) {
            if (c == TAME)
                tame(t, tile + j, r);
            else if (c == HIGHEST || c == LOWEST || c == TINIEST)
                make_extreme(t, tile + j, c != TINIEST, r);
        }
    }
    free(rows);
    return tiles;
}

/* Activations of n tokens; tame ones are random, others have every kind of group. */
static inline act_rows make_acts(content c, size_t n, size_t n_cols, rng_state *r)
{
    float *const x = malloc(n * n_cols * sizeof *x);
    act_rows acts = {.n_cols = n_cols, .f32 = x};
    assert_true(x != NULL && codes_alloc(&acts.codes, n * n_cols, n * n_cols));
    for (size_t g = 0; g < n * n_cols / K_GROUP; g++) {
        const unsigned kind = c == TAME ? 0 : (unsigned)(rng_next(r) % 32);
        for (size_t i = g * K_GROUP; i < (g + 1) * K_GROUP; i++)
            x[i] = kind == 1   ? 3.0f
                   : kind == 2 ? -3.0f
                   : kind == 3 ? 0.0f
                   : kind == 4 ? 0x1p-140f * check_unit(r)
                   : kind == 5 ? 1e38f * check_unit(r)
                               : check_unit(r);
        if (kind == 6)
            x[g * K_GROUP + 5] = check_edge(r);
    }
    const kernels *const *all;
    kernels_all(&all);
    all[0]->quantize(x, n * n_cols, &acts.codes);
    return acts;
}

static inline void free_acts(act_rows *x, size_t n)
{
    codes_free(&x->codes, n * x->n_cols, n * x->n_cols);
    free((void *)(uintptr_t)x->f32);
}

#endif
