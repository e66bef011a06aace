/* tile_pack.c - rows of blocks, as they stand in files, into tiles.  rows[r] is the block of row r, or one of zeros. */
#include <string.h>

#include "quant/blocks.h"
#include "quant/tile_parts.h"

typedef const uint8_t *const *rows_t;
typedef void (*pack_fn)(rows_t rows, uint8_t *out);
typedef int (*code_fn)(const uint8_t *block, int i);

/* Expanded where it is called, so that the format's code function is too: loading a model spends its time here. */
#define INLINE static inline __attribute__((always_inline))

/* The nibbles of 32 codes, 4 x 64 bytes. */
INLINE void pack_nibbles(rows_t rows, code_fn code, int first, uint8_t *out)
{
    for (int r = 0; r < R; r++) {
        for (int k = 0; k < 32; k += k % 8 == 3 ? 5 : 1) {
            const int low = code(rows[r], first + k) & 15, high = code(rows[r], first + k + 4) & 15;
            out[k / 8 * CHUNK + 4 * r + k % 4] = (uint8_t)(low | high << 4);
        }
    }
}

/* One bit of each of 32 codes, 8 x 64 bits. */
INLINE void pack_bits(rows_t rows, code_fn code, int first, int bit, uint8_t *out)
{
    uint64_t words[8] = {0};
    for (int r = 0; r < R; r++) {
        for (int k = 0; k < 32; k++)
            words[k / 4] |= (uint64_t)(code(rows[r], first + k) >> bit & 1) << (4 * r + k % 4);
    }
    memcpy(out, words, sizeof words);
}

/* Two bits, from `bit` on, of each of 32 codes, 2 x 64 bytes. */
INLINE void pack_pairs(rows_t rows, code_fn code, int first, int bit, uint8_t *out)
{
    for (int r = 0; r < R; r++) {
        for (int half = 0; half < 2; half++) {
            for (int i = 0; i < 4; i++) {
                int pairs = 0;
                for (int s = 0; s < 4; s++)
                    pairs |= (code(rows[r], first + 16 * half + 4 * s + i) >> bit & 3) << 2 * s;
                out[half * CHUNK + 4 * r + i] = (uint8_t)pairs;
            }
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

static void pack_q2_k(rows_t rows, uint8_t *out)
{
    pack_column(rows, 80, 2, out);
    pack_column(rows, 82, 2, out + 32);
    pack_bytes(rows, 0, 16, out + 64);
    for (int g = 0; g < 8; g++)
        pack_pairs(rows, sw_q2_k_code, 32 * g, 0, out + 320 + g * PAIRS);
}

static void q3_k_scales(const uint8_t *block, int g, int pair[2])
{
    pair[0] = sw_q3_k_scale(block, 2 * g);
    pair[1] = sw_q3_k_scale(block, 2 * g + 1);
}

static void pack_q3_k(rows_t rows, uint8_t *out)
{
    pack_column(rows, 108, 2, out);
    pack_six_bits(rows, q3_k_scales, out + 32);
    for (int g = 0; g < 8; g++) {
        uint8_t *const group = out + 32 + SIX_BITS + g * (BITS + PAIRS);
        pack_bits(rows, sw_q3_k_code, 32 * g, 2, group);
        pack_pairs(rows, sw_q3_k_code, 32 * g, 0, group + BITS);
    }
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
    [SW_F32] = pack_32,    [SW_F16] = pack_16,      [SW_BF16] = pack_16,       [SW_Q8_0] = pack_q8_0,
    [SW_Q4_0] = pack_q4_0, [SW_Q4_1] = pack_q4_1,   [SW_Q5_0] = pack_q5_0,     [SW_Q5_1] = pack_q5_1,
    [SW_Q2_K] = pack_q2_k, [SW_Q3_K] = pack_q3_k,   [SW_Q4_K] = pack_q4_k,     [SW_Q5_K] = pack_q5_k,
    [SW_Q6_K] = pack_q6_k, [SW_IQ4_NL] = pack_q4_0, [SW_IQ4_XS] = pack_iq4_xs, [SW_MXFP4] = pack_mxfp4,
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
