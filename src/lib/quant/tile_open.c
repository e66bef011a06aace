/* tile_open.c - a block of a tile as codes and scales: what the layouts mean. */
#include <string.h>

#include "quant/blocks.h"
#include "quant/tile_parts.h"

typedef int8_t (*codes_t)[TILE_ROWS];

/* 32 nibble codes of every row into code[0..31]. */
static void open_nibbles(const uint8_t *p, codes_t code)
{
    for (int k = 0; k < 32; k++) {
        const int chunk = k / 4;
        for (int r = 0; r < R; r++)
            code[k][r] = (int8_t)(p[chunk / 2 * CHUNK + 4 * r + k % 4] >> 4 * (chunk % 2) & 15);
    }
}

/* Adds 2^bit to those of 32 codes whose bit is set. */
static void add_bits(const uint8_t *p, int bit, codes_t code)
{
    uint64_t words[8];
    memcpy(words, p, sizeof words);
    for (int k = 0; k < 32; k++) {
        for (int r = 0; r < R; r++)
            code[k][r] = (int8_t)(code[k][r] + ((int)(words[k / 4] >> (4 * r + k % 4) & 1) << bit));
    }
}

/* Adds pairs of bits, from `bit` on, to 32 codes. */
static void add_pairs(const uint8_t *p, int bit, codes_t code)
{
    for (int k = 0; k < 32; k++) {
        for (int r = 0; r < R; r++) {
            const int pair = p[k / 16 * CHUNK + 4 * r + k % 4] >> 2 * (k / 4 % 4) & 3;
            code[k][r] = (int8_t)(code[k][r] + (pair << bit));
        }
    }
}

static void add_to_codes(int delta, codes_t code)
{
    for (int k = 0; k < 32; k++) {
        for (int r = 0; r < R; r++)
            code[k][r] = (int8_t)(code[k][r] + delta);
    }
}

/* 32 codes become entries of a table. */
static void look_up(const int8_t table[16], codes_t code)
{
    for (int k = 0; k < 32; k++) {
        for (int r = 0; r < R; r++)
            code[k][r] = table[code[k][r]];
    }
}

static void open_f16(const uint8_t *p, float *v)
{
    for (int r = 0; r < R; r++)
        v[r] = half_load(p + 2 * r);
}

/* The two numbers of 6 bits of group g and row r. */
static void six_bits(const uint8_t *p, int g, int r, int pair[2])
{
    const int low = p[g * R + r], high = p[8 * R + g / 2 * R + r] >> 4 * (g % 2);
    pair[0] = (low & 15) | (high & 3) << 4;
    pair[1] = low >> 4 | (high >> 2 & 3) << 4;
}

static void open_q8_0(const uint8_t *p, tile_block *b)
{
    b->n_k = 32;
    open_f16(p, b->scale[0]);
    for (int k = 0; k < 32; k++) {
        for (int r = 0; r < R; r++)
            b->code[k][r] = (int8_t)(p[32 + k / 4 * CHUNK + 4 * r + k % 4] ^ 0x80);
    }
}

static void open_mxfp4(const uint8_t *p, tile_block *b)
{
    b->n_k = 32;
    for (int r = 0; r < R; r++)
        b->scale[0][r] = block_e8m0_half(p[r]);
    open_nibbles(p + 16, b->code);
    look_up(E2M1_DOUBLED, b->code);
}

static void open_q4_0(const uint8_t *p, tile_block *b)
{
    b->n_k = 32;
    open_f16(p, b->scale[0]);
    open_nibbles(p + 32, b->code);
    add_to_codes(-8, b->code);
}

static void open_iq4_nl(const uint8_t *p, tile_block *b)
{
    b->n_k = 32;
    open_f16(p, b->scale[0]);
    open_nibbles(p + 32, b->code);
    look_up(IQ4_VALUES, b->code);
}

/* d and m, which is added in these formats: the min is -m. */
static void open_d_and_m(const uint8_t *p, tile_block *b)
{
    b->has_min = true;
    open_f16(p, b->scale[0]);
    open_f16(p + 32, b->min[0]);
    for (int r = 0; r < R; r++)
        b->min[0][r] = -b->min[0][r];
}

static void open_q4_1(const uint8_t *p, tile_block *b)
{
    b->n_k = 32;
    open_d_and_m(p, b);
    open_nibbles(p + 64, b->code);
}

static void open_q5_0(const uint8_t *p, tile_block *b)
{
    b->n_k = 32;
    open_f16(p, b->scale[0]);
    open_nibbles(p + 32 + BITS, b->code);
    add_bits(p + 32, 4, b->code);
    add_to_codes(-16, b->code);
}

static void open_q5_1(const uint8_t *p, tile_block *b)
{
    b->n_k = 32;
    open_d_and_m(p, b);
    open_nibbles(p + 64 + BITS, b->code);
    add_bits(p + 64, 4, b->code);
}

static void open_k_header(const uint8_t *p, tile_block *b)
{
    b->n_k = 256;
    b->has_min = true;
    for (int g = 0; g < 8; g++) {
        for (int r = 0; r < R; r++) {
            int v[2];
            six_bits(p + 64, g, r, v);
            b->scale[g][r] = half_load(p + 2 * r) * (float)v[0];
            b->min[g][r] = half_load(p + 32 + 2 * r) * (float)v[1];
        }
    }
}

static void open_q2_k(const uint8_t *p, tile_block *b)
{
    b->n_k = 256;
    b->group = 16;
    b->has_min = true;
    for (int s = 0; s < 16; s++) {
        for (int r = 0; r < R; r++) {
            const int both = p[64 + s * R + r];
            b->scale[s][r] = half_load(p + 2 * r) * (float)(both & 15);
            b->min[s][r] = half_load(p + 32 + 2 * r) * (float)(both >> 4);
        }
    }
    memset(b->code, 0, sizeof b->code);
    for (int g = 0; g < 8; g++)
        add_pairs(p + 320 + g * PAIRS, 0, b->code + 32 * g);
}

static void open_q3_k(const uint8_t *p, tile_block *b)
{
    b->n_k = 256;
    b->group = 16;
    memset(b->code, 0, sizeof b->code);
    for (int g = 0; g < 8; g++) {
        for (int r = 0; r < R; r++) {
            int v[2];
            six_bits(p + 32, g, r, v);
            for (int h = 0; h < 2; h++)
                b->scale[2 * g + h][r] = half_load(p + 2 * r) * (float)(v[h] - 32);
        }
        const uint8_t *const group = p + 32 + SIX_BITS + g * (BITS + PAIRS);
        const codes_t code = b->code + 32 * g;
        add_bits(group, 2, code);
        add_pairs(group + BITS, 0, code);
        add_to_codes(-4, code);
    }
}

static void open_q4_k(const uint8_t *p, tile_block *b)
{
    open_k_header(p, b);
    for (int g = 0; g < 8; g++)
        open_nibbles(p + 256 + g * NIBBLES, b->code + 32 * g);
}

static void open_q5_k(const uint8_t *p, tile_block *b)
{
    open_k_header(p, b);
    for (int g = 0; g < 8; g++) {
        const uint8_t *const group = p + 256 + g * (BITS + NIBBLES);
        open_nibbles(group + BITS, b->code + 32 * g);
        add_bits(group, 4, b->code + 32 * g);
    }
}

static void open_q6_k(const uint8_t *p, tile_block *b)
{
    b->n_k = 256;
    b->group = 16;
    for (int s = 0; s < 16; s++) {
        for (int r = 0; r < R; r++)
            b->scale[s][r] = half_load(p + 2 * r) * (float)(int8_t)p[32 + s * R + r];
    }
    for (int g = 0; g < 8; g++) {
        const uint8_t *const group = p + 288 + g * (NIBBLES + PAIRS);
        const codes_t code = b->code + 32 * g;
        open_nibbles(group, code);
        add_pairs(group + NIBBLES, 4, code);
        add_to_codes(-32, code);
    }
}

static void open_iq4_xs(const uint8_t *p, tile_block *b)
{
    b->n_k = 256;
    for (int g = 0; g < 8; g++) {
        for (int r = 0; r < R; r++) {
            const int low = p[64 + g / 2 * R + r] >> 4 * (g % 2) & 15, top = load_le16(p + 32 + 2 * r) >> 2 * g & 3;
            b->scale[g][r] = half_load(p + 2 * r) * (float)((low | top << 4) - 32);
        }
        open_nibbles(p + 128 + g * NIBBLES, b->code + 32 * g);
        look_up(IQ4_VALUES, b->code + 32 * g);
    }
}

typedef void (*open_fn)(const uint8_t *p, tile_block *b);

static const open_fn OPENERS[TYPE_N] = {
    [TYPE_Q8_0] = open_q8_0,   [TYPE_Q4_0] = open_q4_0, [TYPE_Q4_1] = open_q4_1,     [TYPE_Q5_0] = open_q5_0,
    [TYPE_Q5_1] = open_q5_1,   [TYPE_Q2_K] = open_q2_k, [TYPE_Q3_K] = open_q3_k,     [TYPE_Q4_K] = open_q4_k,
    [TYPE_Q5_K] = open_q5_k,   [TYPE_Q6_K] = open_q6_k, [TYPE_IQ4_NL] = open_iq4_nl, [TYPE_IQ4_XS] = open_iq4_xs,
    [TYPE_MXFP4] = open_mxfp4,
};

void tile_open(tensor_type t, const uint8_t *block, tile_block *out)
{
    out->group = 32;
    out->has_min = false;
    OPENERS[t](block, out);
}

static float plain_value(tensor_type t, const uint8_t *p, int row)
{
    switch (t) {
    case TYPE_F16: return half_load(p + 2 * row);
    case TYPE_BF16: return f32_from_bf16(load_le16(p + 2 * row));
    default: {
        float f;
        memcpy(&f, p + 4 * row, sizeof f);
        return f;
    }
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
