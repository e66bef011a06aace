/* tile_open.c - a block of a tile as codes and scales: the meaning of the layouts, which every product must agree with.
 *
 * The formulas are those of decode.c over another layout; tests/unit/test_tile.c compares the two.
 */
#include <string.h>

#include "quant/blocks.h"
#include "quant/formats.h"
#include "quant/tile.h"

enum { R = TILE_ROWS, K = TILE_GROUP };

typedef int8_t (*codes_t)[R]; // (K) of a group, by k and row

/* ---- parts of a tile --------------------------------------------------------------------------------------------- */

static void open_nibbles(const tile_nibbles *p, codes_t code)
{
    for (int k = 0; k < K; k++) {
        const int c = k / TILE_CHUNK_K;
        for (int r = 0; r < R; r++)
            code[k][r] = (int8_t)(p->chunk[c / 2].row[r][k % TILE_CHUNK_K] >> 4 * (c % 2) & 15);
    }
}

/* Adds 2^bit to those codes whose bit is set. */
static void add_bits(const tile_bits *p, int bit, codes_t code)
{
    for (int k = 0; k < K; k++) {
        for (int r = 0; r < R; r++) {
            const int four = p->chunk[k / TILE_CHUNK_K][r / 4] >> 4 * (r % 4);
            code[k][r] = (int8_t)(code[k][r] + ((four >> k % TILE_CHUNK_K & 1) << bit));
        }
    }
}

/* Adds pairs of bits, from `bit` up. */
static void add_pairs(const tile_pairs *p, int bit, codes_t code)
{
    for (int k = 0; k < K; k++) {
        const int c = k / TILE_CHUNK_K;
        for (int r = 0; r < R; r++) {
            const int pair = p->chunk[c / 4].row[r][k % TILE_CHUNK_K] >> 2 * (c % 4) & 3;
            code[k][r] = (int8_t)(code[k][r] + (pair << bit));
        }
    }
}

static void add_to_codes(int delta, codes_t code)
{
    for (int k = 0; k < K; k++) {
        for (int r = 0; r < R; r++)
            code[k][r] = (int8_t)(code[k][r] + delta);
    }
}

/* Codes become entries of a table. */
static void look_up(const int8_t table[16], codes_t code)
{
    for (int k = 0; k < K; k++) {
        for (int r = 0; r < R; r++)
            code[k][r] = table[code[k][r]];
    }
}

static void open_f16(const uint16_t f16[R], float v[R])
{
    for (int r = 0; r < R; r++)
        v[r] = f32_from_f16(f16[r]);
}

/* m, which is added in these formats: the min is -m. */
static void open_m(const uint16_t m[R], tile_block *b)
{
    b->has_min = true;
    for (int r = 0; r < R; r++)
        b->min[0][r] = -f32_from_f16(m[r]);
}

/* The two numbers of 6 bits of group g and row r. */
static void six_bits(const tile_six_bits *p, int g, int r, int pair[2])
{
    const int low = p->low[g][r], high = p->high[g / 2][r] >> 4 * (g % 2);
    pair[0] = (low & 15) | (high & 3) << 4;
    pair[1] = low >> 4 | (high >> 2 & 3) << 4;
}

/* ---- blocks of 32 k ---------------------------------------------------------------------------------------------- */

static void open_q8_0(const void *block, tile_block *b)
{
    const tile_q8_0 *const t = block;
    open_f16(t->d, b->scale[0]);
    for (int k = 0; k < K; k++) {
        for (int r = 0; r < R; r++)
            b->code[k][r] = (int8_t)(t->chunk[k / TILE_CHUNK_K].row[r][k % TILE_CHUNK_K] ^ 0x80);
    }
}

static void open_mxfp4(const void *block, tile_block *b)
{
    const tile_mxfp4 *const t = block;
    for (int r = 0; r < R; r++)
        b->scale[0][r] = block_e8m0_half(t->e[r]);
    open_nibbles(&t->nibbles, b->code);
    look_up(E2M1_DOUBLED, b->code);
}

static void open_q4_0(const void *block, tile_block *b)
{
    const tile_q4_0 *const t = block;
    open_f16(t->d, b->scale[0]);
    open_nibbles(&t->nibbles, b->code);
    add_to_codes(-8, b->code);
}

static void open_iq4_nl(const void *block, tile_block *b)
{
    const tile_iq4_nl *const t = block;
    open_f16(t->d, b->scale[0]);
    open_nibbles(&t->nibbles, b->code);
    look_up(IQ4_VALUES, b->code);
}

static void open_q4_1(const void *block, tile_block *b)
{
    const tile_q4_1 *const t = block;
    open_f16(t->d, b->scale[0]);
    open_m(t->m, b);
    open_nibbles(&t->nibbles, b->code);
}

static void open_q5_0(const void *block, tile_block *b)
{
    const tile_q5_0 *const t = block;
    open_f16(t->d, b->scale[0]);
    open_nibbles(&t->nibbles, b->code);
    add_bits(&t->fifth, 4, b->code);
    add_to_codes(-16, b->code);
}

static void open_q5_1(const void *block, tile_block *b)
{
    const tile_q5_1 *const t = block;
    open_f16(t->d, b->scale[0]);
    open_m(t->m, b);
    open_nibbles(&t->nibbles, b->code);
    add_bits(&t->fifth, 4, b->code);
}

/* ---- blocks of 256 k --------------------------------------------------------------------------------------------- */

/* Scales and mins of Q4_K and Q5_K. */
static void open_k_scales(const uint16_t d[R], const uint16_t dmin[R], const tile_six_bits *scales, tile_block *b)
{
    b->has_min = true;
    for (int g = 0; g < TILE_GROUPS; g++) {
        for (int r = 0; r < R; r++) {
            int v[2];
            six_bits(scales, g, r, v);
            b->scale[g][r] = f32_from_f16(d[r]) * (float)v[0];
            b->min[g][r] = f32_from_f16(dmin[r]) * (float)v[1];
        }
    }
}

static void open_q2_k(const void *block, tile_block *b)
{
    const tile_q2_k *const t = block;
    b->group = 16;
    b->has_min = true;
    for (int s = 0; s < 2 * TILE_GROUPS; s++) {
        for (int r = 0; r < R; r++) {
            b->scale[s][r] = f32_from_f16(t->d[r]) * (float)(t->scale_min[s][r] & 15);
            b->min[s][r] = f32_from_f16(t->dmin[r]) * (float)(t->scale_min[s][r] >> 4);
        }
    }
    memset(b->code, 0, sizeof b->code);
    for (int g = 0; g < TILE_GROUPS; g++)
        add_pairs(&t->group[g], 0, b->code + K * g);
}

static void open_q3_k(const void *block, tile_block *b)
{
    const tile_q3_k *const t = block;
    b->group = 16;
    memset(b->code, 0, sizeof b->code);
    for (int g = 0; g < TILE_GROUPS; g++) {
        for (int r = 0; r < R; r++) {
            int v[2];
            six_bits(&t->scales, g, r, v);
            for (int h = 0; h < 2; h++)
                b->scale[2 * g + h][r] = f32_from_f16(t->d[r]) * (float)(v[h] - 32);
        }
        const codes_t code = b->code + K * g;
        add_pairs(&t->group[g].pairs, 0, code);
        add_bits(&t->group[g].third, 2, code);
        add_to_codes(-4, code);
    }
}

static void open_q4_k(const void *block, tile_block *b)
{
    const tile_q4_k *const t = block;
    open_k_scales(t->d, t->dmin, &t->scales, b);
    for (int g = 0; g < TILE_GROUPS; g++)
        open_nibbles(&t->group[g], b->code + K * g);
}

static void open_q5_k(const void *block, tile_block *b)
{
    const tile_q5_k *const t = block;
    open_k_scales(t->d, t->dmin, &t->scales, b);
    for (int g = 0; g < TILE_GROUPS; g++) {
        open_nibbles(&t->group[g].nibbles, b->code + K * g);
        add_bits(&t->group[g].fifth, 4, b->code + K * g);
    }
}

static void open_q6_k(const void *block, tile_block *b)
{
    const tile_q6_k *const t = block;
    b->group = 16;
    for (int s = 0; s < 2 * TILE_GROUPS; s++) {
        for (int r = 0; r < R; r++)
            b->scale[s][r] = f32_from_f16(t->d[r]) * (float)t->scale[s][r];
    }
    for (int g = 0; g < TILE_GROUPS; g++) {
        const codes_t code = b->code + K * g;
        open_nibbles(&t->group[g].low, code);
        add_pairs(&t->group[g].high, 4, code);
        add_to_codes(-32, code);
    }
}

static void open_iq4_xs(const void *block, tile_block *b)
{
    const tile_iq4_xs *const t = block;
    for (int g = 0; g < TILE_GROUPS; g++) {
        for (int r = 0; r < R; r++) {
            const int low = t->low[g / 2][r] >> 4 * (g % 2) & 15, top = t->top[r] >> 2 * g & 3;
            b->scale[g][r] = f32_from_f16(t->d[r]) * (float)((low | top << 4) - 32);
        }
        open_nibbles(&t->group[g], b->code + K * g);
        look_up(IQ4_VALUES, b->code + K * g);
    }
}

/* Opens one block of a tile.  n_k is set before; so are group, to 32, and has_min, to false. */
typedef void (*open_fn)(const void *block, tile_block *b);

static const open_fn OPENERS[TYPE_N] = {
#define OPENER(NAME, name) [TYPE_##NAME] = open_##name,
    QUANTIZED_FORMATS(OPENER)
#undef OPENER
};

void tile_open(tensor_type t, const void *block, tile_block *out)
{
    out->n_k = (int)type_get((uint32_t)t)->block_elems;
    out->group = TILE_GROUP;
    out->has_min = false;
    OPENERS[t](block, out);
}

static float plain_value(tensor_type t, const void *block, int row)
{
    switch (t) {
    case TYPE_F16: return f32_from_f16(((const tile_f16 *)block)->row[row]);
    case TYPE_BF16: return f32_from_bf16(((const tile_bf16 *)block)->row[row]);
    default: return ((const tile_f32 *)block)->row[row];
    }
}

void tile_decode_row(tensor_type t, const uint8_t *tile, size_t n_cols, int row, float *dst)
{
    const type_traits *const traits = type_get((uint32_t)t);
    const size_t step = (size_t)traits->block_bytes * R;
    if (traits->block_elems == 1) {
        for (size_t k = 0; k < n_cols; k++)
            dst[k] = plain_value(t, tile + k * step, row);
        return;
    }
    tile_block b;
    for (size_t k = 0; k < n_cols; k += traits->block_elems, tile += step) {
        tile_open(t, tile, &b);
        for (int i = 0; i < b.n_k; i++) {
            const int g = i / b.group;
            const float scaled = b.scale[g][row] * (float)b.code[i][row];
            dst[k + (size_t)i] = b.has_min ? scaled - b.min[g][row] : scaled;
        }
    }
}
