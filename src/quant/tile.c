#include "quant/tile.h"

#include <string.h>

#include "quant/blocks.h"

enum { R = SW_TILE_ROWS, CHUNK = 64, NIBBLES = 256, BITS = 64, PAIRS = 128, SIX_BIT_PAIRS = 192 };

/* ---- packing: rows[r] is the block of row r, or a block of zeros ------------------------------------------------ */

typedef const uint8_t *const *rows_t;
typedef void (*pack_fn)(rows_t rows, uint8_t *out);
typedef int (*code_fn)(const uint8_t *block, int i);

/* The nibbles of 32 codes, 4 x 64 bytes. */
static void pack_nibbles(rows_t rows, code_fn code, int first, uint8_t *out)
{
    for (int r = 0; r < R; r++) {
        for (int k = 0; k < 32; k++) {
            const int chunk = k / 4;
            uint8_t *const byte = &out[chunk / 2 * CHUNK + 4 * r + k % 4];
            const int nibble = code(rows[r], first + k) & 15;
            *byte = (uint8_t)(chunk % 2 == 0 ? nibble : *byte | nibble << 4);
        }
    }
}

/* One bit of each of 32 codes, 8 x 64 bits. */
static void pack_bits(rows_t rows, code_fn code, int first, int bit, uint8_t *out)
{
    uint64_t words[8] = {0};
    for (int r = 0; r < R; r++) {
        for (int k = 0; k < 32; k++)
            words[k / 4] |= (uint64_t)(code(rows[r], first + k) >> bit & 1) << (4 * r + k % 4);
    }
    memcpy(out, words, sizeof words);
}

/* Two bits, from `bit` on, of each of 32 codes, 2 x 64 bytes. */
static void pack_pairs(rows_t rows, code_fn code, int first, int bit, uint8_t *out)
{
    memset(out, 0, PAIRS);
    for (int r = 0; r < R; r++) {
        for (int k = 0; k < 32; k++) {
            const int pair = code(rows[r], first + k) >> bit & 3;
            out[k / 16 * CHUNK + 4 * r + k % 4] |= (uint8_t)(pair << 2 * (k / 4 % 4));
        }
    }
}

/* `width` bytes of every row, row by row. */
static void pack_column(rows_t rows, int at, int width, uint8_t *out)
{
    for (int r = 0; r < R; r++)
        memcpy(out + r * width, rows[r] + at, (size_t)width);
}

/* n bytes of every row, byte by byte. */
static void pack_bytes(rows_t rows, int at, int n, uint8_t *out)
{
    for (int i = 0; i < n; i++) {
        for (int r = 0; r < R; r++)
            out[i * R + r] = rows[r][at + i];
    }
}

/* The two numbers of 6 bits that belong to group g of a block. */
typedef void (*six_bit_fn)(const uint8_t *block, int g, int pair[2]);

static void pack_six_bits(rows_t rows, six_bit_fn get, uint8_t *out)
{
    uint8_t *const low = out, *const high = out + 8 * R;
    memset(high, 0, 4 * R);
    for (int r = 0; r < R; r++) {
        for (int g = 0; g < 8; g++) {
            int v[2];
            get(rows[r], g, v);
            low[g * R + r] = (uint8_t)((v[0] & 15) | (v[1] & 15) << 4);
            high[g / 2 * R + r] |= (uint8_t)((v[0] >> 4 | v[1] >> 4 << 2) << 4 * (g % 2));
        }
    }
}

static void pack_q8_0(rows_t rows, uint8_t *out)
{
    pack_column(rows, 0, 2, out);
    for (int r = 0; r < R; r++) {
        for (int k = 0; k < 32; k++)
            out[32 + k / 4 * CHUNK + 4 * r + k % 4] = rows[r][2 + k] ^ 0x80;
    }
}

static int mxfp4_code(const uint8_t *b, int i)
{
    return sw_nibble_code(b + 1, i);
}

static void pack_mxfp4(rows_t rows, uint8_t *out)
{
    pack_column(rows, 0, 1, out);
    pack_nibbles(rows, mxfp4_code, 0, out + 16);
}

static void pack_q4_0(rows_t rows, uint8_t *out)
{
    pack_column(rows, 0, 2, out);
    pack_nibbles(rows, sw_q4_0_code, 0, out + 32);
}

static void pack_q4_1(rows_t rows, uint8_t *out)
{
    pack_column(rows, 0, 2, out);
    pack_column(rows, 2, 2, out + 32);
    pack_nibbles(rows, sw_q4_1_code, 0, out + 64);
}

static void pack_q5_0(rows_t rows, uint8_t *out)
{
    pack_column(rows, 0, 2, out);
    pack_bits(rows, sw_q5_0_code, 0, 4, out + 32);
    pack_nibbles(rows, sw_q5_0_code, 0, out + 32 + BITS);
}

static void pack_q5_1(rows_t rows, uint8_t *out)
{
    pack_column(rows, 0, 2, out);
    pack_column(rows, 2, 2, out + 32);
    pack_bits(rows, sw_q5_1_code, 0, 4, out + 64);
    pack_nibbles(rows, sw_q5_1_code, 0, out + 64 + BITS);
}

static void k_scale_and_min(const uint8_t *block, int g, int pair[2])
{
    pair[0] = sw_k_scale(block + 4, g);
    pair[1] = sw_k_min(block + 4, g);
}

static void pack_k_header(rows_t rows, uint8_t *out)
{
    pack_column(rows, 0, 2, out);
    pack_column(rows, 2, 2, out + 32);
    pack_six_bits(rows, k_scale_and_min, out + 64);
}

static void pack_q4_k(rows_t rows, uint8_t *out)
{
    pack_k_header(rows, out);
    for (int g = 0; g < 8; g++)
        pack_nibbles(rows, sw_q4_k_code, 32 * g, out + 256 + g * NIBBLES);
}

static void pack_q5_k(rows_t rows, uint8_t *out)
{
    pack_k_header(rows, out);
    for (int g = 0; g < 8; g++) {
        uint8_t *const group = out + 256 + g * (BITS + NIBBLES);
        pack_bits(rows, sw_q5_k_code, 32 * g, 4, group);
        pack_nibbles(rows, sw_q5_k_code, 32 * g, group + BITS);
    }
}

static void pack_q6_k(rows_t rows, uint8_t *out)
{
    pack_column(rows, 208, 2, out);
    pack_bytes(rows, 192, 16, out + 32);
    for (int g = 0; g < 8; g++) {
        uint8_t *const group = out + 288 + g * (NIBBLES + PAIRS);
        pack_nibbles(rows, sw_q6_k_code, 32 * g, group);
        pack_pairs(rows, sw_q6_k_code, 32 * g, 4, group + NIBBLES);
    }
}

static void pack_iq4_xs(rows_t rows, uint8_t *out)
{
    pack_column(rows, 0, 2, out);
    pack_column(rows, 2, 2, out + 32);
    pack_bytes(rows, 4, 4, out + 64);
    for (int g = 0; g < 8; g++)
        pack_nibbles(rows, sw_iq4_xs_code, 32 * g, out + 128 + g * NIBBLES);
}

static void pack_16(rows_t rows, uint8_t *out)
{
    pack_column(rows, 0, 2, out);
}

static void pack_32(rows_t rows, uint8_t *out)
{
    pack_column(rows, 0, 4, out);
}

static const pack_fn PACKERS[SW_N_TYPES] = {
    [SW_F32] = pack_32,        [SW_F16] = pack_16,      [SW_BF16] = pack_16,   [SW_Q8_0] = pack_q8_0,
    [SW_Q4_0] = pack_q4_0,     [SW_Q4_1] = pack_q4_1,   [SW_Q5_0] = pack_q5_0, [SW_Q5_1] = pack_q5_1,
    [SW_Q4_K] = pack_q4_k,     [SW_Q5_K] = pack_q5_k,   [SW_Q6_K] = pack_q6_k, [SW_IQ4_NL] = pack_q4_0,
    [SW_IQ4_XS] = pack_iq4_xs, [SW_MXFP4] = pack_mxfp4,
};

void sw_tile_pack(sw_type t, const uint8_t *src, size_t n_rows, size_t n_cols, uint8_t *tile)
{
    static const uint8_t ZEROS[256] = {0};
    const sw_type_traits *const k = sw_type_get((uint32_t)t);
    const size_t row_bytes = (size_t)sw_type_row_bytes(t, n_cols);
    const uint8_t *rows[R];
    for (size_t at = 0; at < row_bytes; at += k->block_bytes) {
        for (size_t r = 0; r < R; r++)
            rows[r] = r < n_rows ? src + r * row_bytes + at : ZEROS;
        PACKERS[t](rows, tile + at * R);
    }
}

/* ---- opening ---------------------------------------------------------------------------------------------------- */

typedef int8_t (*codes_t)[SW_TILE_ROWS];

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

static int pair_of(const uint8_t *p, int k, int r)
{
    return p[k / 16 * CHUNK + 4 * r + k % 4] >> 2 * (k / 4 % 4) & 3;
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
        v[r] = sw_load_f16(p + 2 * r);
}

/* The two numbers of 6 bits of group g and row r. */
static void six_bits(const uint8_t *p, int g, int r, int pair[2])
{
    const int low = p[g * R + r], high = p[8 * R + g / 2 * R + r] >> 4 * (g % 2);
    pair[0] = (low & 15) | (high & 3) << 4;
    pair[1] = low >> 4 | (high >> 2 & 3) << 4;
}

static void open_q8_0(const uint8_t *p, sw_tile_block *b)
{
    b->n_k = 32;
    open_f16(p, b->scale[0]);
    for (int k = 0; k < 32; k++) {
        for (int r = 0; r < R; r++)
            b->code[k][r] = (int8_t)(p[32 + k / 4 * CHUNK + 4 * r + k % 4] ^ 0x80);
    }
}

static void open_mxfp4(const uint8_t *p, sw_tile_block *b)
{
    b->n_k = 32;
    for (int r = 0; r < R; r++)
        b->scale[0][r] = sw_e8m0_half(p[r]);
    open_nibbles(p + 16, b->code);
    look_up(SW_E2M1_DOUBLED, b->code);
}

static void open_q4_0(const uint8_t *p, sw_tile_block *b)
{
    b->n_k = 32;
    open_f16(p, b->scale[0]);
    open_nibbles(p + 32, b->code);
    add_to_codes(-8, b->code);
}

static void open_iq4_nl(const uint8_t *p, sw_tile_block *b)
{
    b->n_k = 32;
    open_f16(p, b->scale[0]);
    open_nibbles(p + 32, b->code);
    look_up(SW_IQ4_VALUES, b->code);
}

/* d and m, which is added in these formats: the min is -m. */
static void open_d_and_m(const uint8_t *p, sw_tile_block *b)
{
    b->has_min = true;
    open_f16(p, b->scale[0]);
    open_f16(p + 32, b->min[0]);
    for (int r = 0; r < R; r++)
        b->min[0][r] = -b->min[0][r];
}

static void open_q4_1(const uint8_t *p, sw_tile_block *b)
{
    b->n_k = 32;
    open_d_and_m(p, b);
    open_nibbles(p + 64, b->code);
}

static void open_q5_0(const uint8_t *p, sw_tile_block *b)
{
    b->n_k = 32;
    open_f16(p, b->scale[0]);
    open_nibbles(p + 32 + BITS, b->code);
    add_bits(p + 32, 4, b->code);
    add_to_codes(-16, b->code);
}

static void open_q5_1(const uint8_t *p, sw_tile_block *b)
{
    b->n_k = 32;
    open_d_and_m(p, b);
    open_nibbles(p + 64 + BITS, b->code);
    add_bits(p + 64, 4, b->code);
}

static void open_k_header(const uint8_t *p, sw_tile_block *b)
{
    b->n_k = 256;
    b->has_min = true;
    for (int g = 0; g < 8; g++) {
        for (int r = 0; r < R; r++) {
            int v[2];
            six_bits(p + 64, g, r, v);
            b->scale[g][r] = sw_load_f16(p + 2 * r) * (float)v[0];
            b->min[g][r] = sw_load_f16(p + 32 + 2 * r) * (float)v[1];
        }
    }
}

static void open_q4_k(const uint8_t *p, sw_tile_block *b)
{
    open_k_header(p, b);
    for (int g = 0; g < 8; g++)
        open_nibbles(p + 256 + g * NIBBLES, b->code + 32 * g);
}

static void open_q5_k(const uint8_t *p, sw_tile_block *b)
{
    open_k_header(p, b);
    for (int g = 0; g < 8; g++) {
        const uint8_t *const group = p + 256 + g * (BITS + NIBBLES);
        open_nibbles(group + BITS, b->code + 32 * g);
        add_bits(group, 4, b->code + 32 * g);
    }
}

static void open_q6_k(const uint8_t *p, sw_tile_block *b)
{
    b->n_k = 256;
    b->group = 16;
    for (int s = 0; s < 16; s++) {
        for (int r = 0; r < R; r++)
            b->scale[s][r] = sw_load_f16(p + 2 * r) * (float)(int8_t)p[32 + s * R + r];
    }
    for (int g = 0; g < 8; g++) {
        const uint8_t *const group = p + 288 + g * (NIBBLES + PAIRS);
        const codes_t code = b->code + 32 * g;
        open_nibbles(group, code);
        for (int k = 0; k < 32; k++) {
            for (int r = 0; r < R; r++)
                code[k][r] = (int8_t)(code[k][r] + (pair_of(group + NIBBLES, k, r) << 4) - 32);
        }
    }
}

static void open_iq4_xs(const uint8_t *p, sw_tile_block *b)
{
    b->n_k = 256;
    for (int g = 0; g < 8; g++) {
        for (int r = 0; r < R; r++) {
            const int low = p[64 + g / 2 * R + r] >> 4 * (g % 2) & 15, top = sw_load_u16(p + 32 + 2 * r) >> 2 * g & 3;
            b->scale[g][r] = sw_load_f16(p + 2 * r) * (float)((low | top << 4) - 32);
        }
        open_nibbles(p + 128 + g * NIBBLES, b->code + 32 * g);
        look_up(SW_IQ4_VALUES, b->code + 32 * g);
    }
}

typedef void (*open_fn)(const uint8_t *p, sw_tile_block *b);

static const open_fn OPENERS[SW_N_TYPES] = {
    [SW_Q8_0] = open_q8_0,     [SW_Q4_0] = open_q4_0,     [SW_Q4_1] = open_q4_1,   [SW_Q5_0] = open_q5_0,
    [SW_Q5_1] = open_q5_1,     [SW_Q4_K] = open_q4_k,     [SW_Q5_K] = open_q5_k,   [SW_Q6_K] = open_q6_k,
    [SW_IQ4_NL] = open_iq4_nl, [SW_IQ4_XS] = open_iq4_xs, [SW_MXFP4] = open_mxfp4,
};

void sw_tile_open(sw_type t, const uint8_t *block, sw_tile_block *out)
{
    out->group = 32;
    out->has_min = false;
    OPENERS[t](block, out);
}

static float plain_value(sw_type t, const uint8_t *p, int row)
{
    switch (t) {
    case SW_F16: return sw_load_f16(p + 2 * row);
    case SW_BF16: return sw_f32_from_bf16(sw_load_u16(p + 2 * row));
    default: {
        float f;
        memcpy(&f, p + 4 * row, sizeof f);
        return f;
    }
    }
}

void sw_tile_decode_row(sw_type t, const uint8_t *tile, size_t n_cols, int row, float *dst)
{
    const sw_type_traits *const traits = sw_type_get((uint32_t)t);
    const size_t step = (size_t)traits->block_bytes * R;
    if (traits->block_elems == 1) {
        for (size_t k = 0; k < n_cols; k++)
            dst[k] = plain_value(t, tile + k * step, row);
        return;
    }
    sw_tile_block b;
    for (size_t k = 0; k < n_cols; k += traits->block_elems, tile += step) {
        sw_tile_open(t, tile, &b);
        for (int i = 0; i < b.n_k; i++) {
            const int g = i / b.group;
            const float scaled = b.scale[g][row] * (float)b.code[i][row];
            dst[k + (size_t)i] = b.has_min ? scaled - b.min[g][row] : scaled;
        }
    }
}
