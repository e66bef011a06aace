#include "quant/tile.h"

#include <string.h>

#include "quant/blocks.h"

enum { R = SW_TILE_ROWS, CHUNK = 64 };

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

static void pack_column(rows_t rows, int at, int width, uint8_t *out)
{
    for (int r = 0; r < R; r++)
        memcpy(out + r * width, rows[r] + at, (size_t)width);
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

static void pack_q5_0(rows_t rows, uint8_t *out)
{
    pack_column(rows, 0, 2, out);
    uint64_t high[8] = {0};
    for (int r = 0; r < R; r++) {
        for (int k = 0; k < 32; k++)
            high[k / 4] |= (uint64_t)(sw_q5_0_code(rows[r], k) >> 4) << (4 * r + k % 4);
    }
    memcpy(out + 32, high, sizeof high);
    pack_nibbles(rows, sw_q5_0_code, 0, out + 96);
}

static void pack_q4_k(rows_t rows, uint8_t *out)
{
    pack_column(rows, 0, 2, out);
    pack_column(rows, 2, 2, out + 32);
    uint8_t *const low = out + 64, *const high = out + 192;
    memset(high, 0, 64);
    for (int r = 0; r < R; r++) {
        for (int g = 0; g < 8; g++) {
            const int scale = sw_k_scale(rows[r] + 4, g), min = sw_k_min(rows[r] + 4, g);
            low[g * R + r] = (uint8_t)((scale & 15) | (min & 15) << 4);
            high[g / 2 * R + r] |= (uint8_t)((scale >> 4 | min >> 4 << 2) << 4 * (g % 2));
        }
    }
    for (int g = 0; g < 8; g++)
        pack_nibbles(rows, sw_q4_k_code, 32 * g, out + 256 + g * 256);
}

static void pack_q6_k(rows_t rows, uint8_t *out)
{
    pack_column(rows, 208, 2, out);
    for (int r = 0; r < R; r++) {
        for (int s = 0; s < 16; s++)
            out[32 + s * R + r] = rows[r][192 + s];
    }
    for (int g = 0; g < 8; g++) {
        uint8_t *const group = out + 288 + g * 384;
        pack_nibbles(rows, sw_q6_k_code, 32 * g, group);
        memset(group + 256, 0, 128);
        for (int r = 0; r < R; r++) {
            for (int k = 0; k < 32; k++) {
                const int pair = sw_q6_k_code(rows[r], 32 * g + k) >> 4;
                group[256 + k / 16 * CHUNK + 4 * r + k % 4] |= (uint8_t)(pair << 2 * (k / 4 % 4));
            }
        }
    }
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
    [SW_F32] = pack_32,    [SW_F16] = pack_16,    [SW_BF16] = pack_16,   [SW_Q8_0] = pack_q8_0,
    [SW_Q5_0] = pack_q5_0, [SW_Q4_K] = pack_q4_k, [SW_Q6_K] = pack_q6_k, [SW_MXFP4] = pack_mxfp4,
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

/* 32 nibble codes of every row into codes[0..31]. */
static void open_nibbles(const uint8_t *p, int8_t (*code)[SW_TILE_ROWS])
{
    for (int k = 0; k < 32; k++) {
        const int chunk = k / 4;
        for (int r = 0; r < R; r++)
            code[k][r] = (int8_t)(p[chunk / 2 * CHUNK + 4 * r + k % 4] >> 4 * (chunk % 2) & 15);
    }
}

static void open_scales_f16(const uint8_t *p, float *scale)
{
    for (int r = 0; r < R; r++)
        scale[r] = sw_load_f16(p + 2 * r);
}

static void open_q8_0(const uint8_t *p, sw_tile_block *b)
{
    b->n_k = 32;
    open_scales_f16(p, b->scale[0]);
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
    for (int k = 0; k < 32; k++) {
        for (int r = 0; r < R; r++)
            b->code[k][r] = SW_E2M1_DOUBLED[b->code[k][r]];
    }
}

static void open_q5_0(const uint8_t *p, sw_tile_block *b)
{
    b->n_k = 32;
    open_scales_f16(p, b->scale[0]);
    open_nibbles(p + 96, b->code);
    uint64_t high[8];
    memcpy(high, p + 32, sizeof high);
    for (int k = 0; k < 32; k++) {
        for (int r = 0; r < R; r++)
            b->code[k][r] = (int8_t)(b->code[k][r] + ((int)(high[k / 4] >> (4 * r + k % 4) & 1) << 4) - 16);
    }
}

static void open_q4_k(const uint8_t *p, sw_tile_block *b)
{
    b->n_k = 256;
    b->has_min = true;
    const uint8_t *const low = p + 64, *const high = p + 192;
    for (int g = 0; g < 8; g++) {
        for (int r = 0; r < R; r++) {
            const int top = high[g / 2 * R + r] >> 4 * (g % 2);
            const int scale = (low[g * R + r] & 15) | (top & 3) << 4;
            const int min = low[g * R + r] >> 4 | (top >> 2 & 3) << 4;
            b->scale[g][r] = sw_load_f16(p + 2 * r) * (float)scale;
            b->min[g][r] = sw_load_f16(p + 32 + 2 * r) * (float)min;
        }
        open_nibbles(p + 256 + g * 256, b->code + 32 * g);
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
        const uint8_t *const group = p + 288 + g * 384;
        int8_t(*const code)[SW_TILE_ROWS] = b->code + 32 * g;
        open_nibbles(group, code);
        for (int k = 0; k < 32; k++) {
            for (int r = 0; r < R; r++) {
                const int pair = group[256 + k / 16 * CHUNK + 4 * r + k % 4] >> 2 * (k / 4 % 4) & 3;
                code[k][r] = (int8_t)(code[k][r] + (pair << 4) - 32);
            }
        }
    }
}

typedef void (*open_fn)(const uint8_t *p, sw_tile_block *b);

static const open_fn OPENERS[SW_N_TYPES] = {
    [SW_Q8_0] = open_q8_0, [SW_Q5_0] = open_q5_0, [SW_Q4_K] = open_q4_k, [SW_Q6_K] = open_q6_k, [SW_MXFP4] = open_mxfp4,
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
