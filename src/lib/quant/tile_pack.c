/* tile_pack.c - rows of blocks, as they stand in files, into tiles.  rows[r] is the block of row r, or one of zeros. */
#include <string.h>

#include "quant/blocks.h"
#include "quant/tile_parts.h"

typedef const uint8_t *const *rows_t;
typedef void (*pack_fn)(rows_t rows, uint8_t *out);
typedef uint32_t (*codes_fn)(const uint8_t *block, int w);

/* Expanded where it is called, so that the format's code function is too: loading a model spends its time here. */
#define INLINE static inline __attribute__((always_inline))

/* Four bytes of row r in a chunk. */
INLINE void put_word(uint8_t *chunk, int r, uint32_t word)
{
    memcpy(chunk + 4 * r, &word, sizeof word);
}

/* The nibbles of 32 codes from word w on, 4 x 64 bytes. */
INLINE void pack_nibbles(rows_t rows, codes_fn codes, int w, uint8_t *out)
{
    for (int r = 0; r < R; r++) {
        for (int c = 0; c < 4; c++) {
            const uint32_t low = codes(rows[r], w + 2 * c), high = codes(rows[r], w + 2 * c + 1);
            put_word(out + c * CHUNK, r, block_bits_of(low, 0, 15) | block_bits_of(high, 0, 15) << 4);
        }
    }
}

/* One bit of each of 32 codes, 8 x 64 bits. */
INLINE void pack_bits(rows_t rows, codes_fn codes, int w, int bit, uint8_t *out)
{
    uint64_t words[8] = {0};
    for (int r = 0; r < R; r++) {
        for (int c = 0; c < 8; c++) {
            const uint32_t four = block_bits_of(codes(rows[r], w + c), bit, 1) * 0x10204080u >> 28; // byte i to bit i
            words[c] |= (uint64_t)four << 4 * r;
        }
    }
    memcpy(out, words, sizeof words);
}

/* Two bits, from `bit` on, of each of 32 codes, 2 x 64 bytes. */
INLINE void pack_pairs(rows_t rows, codes_fn codes, int w, int bit, uint8_t *out)
{
    for (int r = 0; r < R; r++) {
        for (int half = 0; half < 2; half++) {
            uint32_t pairs = 0;
            for (int s = 0; s < 4; s++)
                pairs |= block_bits_of(codes(rows[r], w + 4 * half + s), bit, 3) << 2 * s;
            put_word(out + half * CHUNK, r, pairs);
        }
    }
}

/* `width` bytes of every row, row by row. */
INLINE void pack_column(rows_t rows, int at, int width, uint8_t *out)
{
    for (int r = 0; r < R; r++)
        memcpy(out + r * width, rows[r] + at, (size_t)width);
}

/* n bytes of every row, byte by byte. */
INLINE void pack_bytes(rows_t rows, int at, int n, uint8_t *out)
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
        for (int c = 0; c < 8; c++)
            put_word(out + 32 + c * CHUNK, r, load_le32(rows[r] + 2 + 4 * c) ^ 0x80808080);
    }
}

static void pack_mxfp4(rows_t rows, uint8_t *out)
{
    pack_column(rows, 0, 1, out);
    pack_nibbles(rows, block_mxfp4_codes, 0, out + 16);
}

static void pack_q4_0(rows_t rows, uint8_t *out)
{
    pack_column(rows, 0, 2, out);
    pack_nibbles(rows, block_q4_0_codes, 0, out + 32);
}

static void pack_q4_1(rows_t rows, uint8_t *out)
{
    pack_column(rows, 0, 2, out);
    pack_column(rows, 2, 2, out + 32);
    pack_nibbles(rows, block_q4_1_codes, 0, out + 64);
}

static void pack_q5_0(rows_t rows, uint8_t *out)
{
    pack_column(rows, 0, 2, out);
    pack_bits(rows, block_q5_0_codes, 0, 4, out + 32);
    pack_nibbles(rows, block_q5_0_codes, 0, out + 32 + BITS);
}

static void pack_q5_1(rows_t rows, uint8_t *out)
{
    pack_column(rows, 0, 2, out);
    pack_column(rows, 2, 2, out + 32);
    pack_bits(rows, block_q5_1_codes, 0, 4, out + 64);
    pack_nibbles(rows, block_q5_1_codes, 0, out + 64 + BITS);
}

static void k_scale_and_min(const uint8_t *block, int g, int pair[2])
{
    pair[0] = block_k_scale(block + 4, g);
    pair[1] = block_k_min(block + 4, g);
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
        pack_pairs(rows, block_q2_k_codes, 8 * g, 0, out + 320 + g * PAIRS);
}

static void q3_k_scales(const uint8_t *block, int g, int pair[2])
{
    pair[0] = block_q3_k_scale(block, 2 * g);
    pair[1] = block_q3_k_scale(block, 2 * g + 1);
}

static void pack_q3_k(rows_t rows, uint8_t *out)
{
    pack_column(rows, 108, 2, out);
    pack_six_bits(rows, q3_k_scales, out + 32);
    for (int g = 0; g < 8; g++) {
        uint8_t *const group = out + 32 + SIX_BITS + g * (BITS + PAIRS);
        pack_bits(rows, block_q3_k_codes, 8 * g, 2, group);
        pack_pairs(rows, block_q3_k_codes, 8 * g, 0, group + BITS);
    }
}

static void pack_q4_k(rows_t rows, uint8_t *out)
{
    pack_k_header(rows, out);
    for (int g = 0; g < 8; g++)
        pack_nibbles(rows, block_q4_k_codes, 8 * g, out + 256 + g * NIBBLES);
}

static void pack_q5_k(rows_t rows, uint8_t *out)
{
    pack_k_header(rows, out);
    for (int g = 0; g < 8; g++) {
        uint8_t *const group = out + 256 + g * (BITS + NIBBLES);
        pack_bits(rows, block_q5_k_codes, 8 * g, 4, group);
        pack_nibbles(rows, block_q5_k_codes, 8 * g, group + BITS);
    }
}

static void pack_q6_k(rows_t rows, uint8_t *out)
{
    pack_column(rows, 208, 2, out);
    pack_bytes(rows, 192, 16, out + 32);
    for (int g = 0; g < 8; g++) {
        uint8_t *const group = out + 288 + g * (NIBBLES + PAIRS);
        pack_nibbles(rows, block_q6_k_codes, 8 * g, group);
        pack_pairs(rows, block_q6_k_codes, 8 * g, 4, group + NIBBLES);
    }
}

static void pack_iq4_xs(rows_t rows, uint8_t *out)
{
    pack_column(rows, 0, 2, out);
    pack_column(rows, 2, 2, out + 32);
    pack_bytes(rows, 4, 4, out + 64);
    for (int g = 0; g < 8; g++)
        pack_nibbles(rows, block_iq4_xs_codes, 8 * g, out + 128 + g * NIBBLES);
}

static void pack_16(rows_t rows, uint8_t *out)
{
    pack_column(rows, 0, 2, out);
}

static void pack_32(rows_t rows, uint8_t *out)
{
    pack_column(rows, 0, 4, out);
}

static const pack_fn PACKERS[TYPE_N] = {
    [TYPE_F32] = pack_32,    [TYPE_F16] = pack_16,      [TYPE_BF16] = pack_16,       [TYPE_Q8_0] = pack_q8_0,
    [TYPE_Q4_0] = pack_q4_0, [TYPE_Q4_1] = pack_q4_1,   [TYPE_Q5_0] = pack_q5_0,     [TYPE_Q5_1] = pack_q5_1,
    [TYPE_Q2_K] = pack_q2_k, [TYPE_Q3_K] = pack_q3_k,   [TYPE_Q4_K] = pack_q4_k,     [TYPE_Q5_K] = pack_q5_k,
    [TYPE_Q6_K] = pack_q6_k, [TYPE_IQ4_NL] = pack_q4_0, [TYPE_IQ4_XS] = pack_iq4_xs, [TYPE_MXFP4] = pack_mxfp4,
};

void tile_pack(tensor_type t, const uint8_t *src, size_t n_rows, size_t n_cols, uint8_t *tile)
{
    static const uint8_t ZEROS[256] = {0};
    const type_traits *const k = type_get((uint32_t)t);
    const size_t row_bytes = (size_t)type_row_bytes(t, n_cols);
    const uint8_t *rows[R];
    for (size_t at = 0; at < row_bytes; at += k->block_bytes) {
        for (size_t r = 0; r < R; r++)
            rows[r] = r < n_rows ? src + r * row_bytes + at : ZEROS;
        PACKERS[t](rows, tile + at * R);
    }
}
