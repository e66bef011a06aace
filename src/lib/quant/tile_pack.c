/* tile_pack.c - rows of blocks, as they are in files (block_layout.h), into tiles (tile_layout.h).
 *
 * Loading a model spends its time here.  A packer takes the blocks of 16 rows at one place along K; a row that the
 * matrix does not have is a block of zeros.  Every byte of the tile is written.
 */
#include <string.h>

#include "quant/blocks.h"
#include "quant/formats.h"
#include "quant/tile.h"

enum { R = TILE_ROWS };

typedef const uint8_t *const *rows_t; // (R) blocks
typedef uint32_t (*codes_fn)(const void *block, int w);

/* Expanded where it is called, so that the format's function of codes is expanded too. */
#define INLINE static inline __attribute__((always_inline))

/* ---- parts of a tile --------------------------------------------------------------------------------------------- */

/* Four bytes of row r in a chunk. */
INLINE void put_word(tile_chunk *chunk, int r, uint32_t word)
{
    memcpy(chunk->row[r], &word, sizeof word);
}

/* The nibbles of 32 codes from word w on. */
INLINE void pack_nibbles(rows_t rows, codes_fn codes, int w, tile_nibbles *out)
{
    for (int r = 0; r < R; r++) {
        for (int c = 0; c < 4; c++) {
            const uint32_t low = codes(rows[r], w + 2 * c), high = codes(rows[r], w + 2 * c + 1);
            put_word(&out->chunk[c], r, block_bits_of(low, 0, 15) | block_bits_of(high, 0, 15) << 4);
        }
    }
}

/* Bit `bit` of each of 32 codes from word w on. */
INLINE void pack_bits(rows_t rows, codes_fn codes, int w, int bit, tile_bits *out)
{
    uint64_t words[TILE_CHUNKS] = {0};
    for (int r = 0; r < R; r++) {
        for (int c = 0; c < TILE_CHUNKS; c++) {
            const uint32_t four = block_bits_of(codes(rows[r], w + c), bit, 1) * 0x10204080u >> 28; // byte i to bit i
            words[c] |= (uint64_t)four << 4 * r;
        }
    }
    memcpy(out->chunk, words, sizeof words);
}

/* Bits `bit` and `bit` + 1 of each of 32 codes from word w on. */
INLINE void pack_pairs(rows_t rows, codes_fn codes, int w, int bit, tile_pairs *out)
{
    for (int r = 0; r < R; r++) {
        for (int half = 0; half < 2; half++) {
            uint32_t pairs = 0;
            for (int s = 0; s < 4; s++)
                pairs |= block_bits_of(codes(rows[r], w + 4 * half + s), bit, 3) << 2 * s;
            put_word(&out->chunk[half], r, pairs);
        }
    }
}

/* The 16-bit number at byte `at` of every row's block. */
INLINE void pack_16_bits(rows_t rows, size_t at, uint16_t out[R])
{
    for (int r = 0; r < R; r++)
        memcpy(&out[r], rows[r] + at, sizeof *out);
}

/* n bytes of every row's block from byte `at` on: out[i] has byte i of all rows. */
INLINE void pack_bytes(rows_t rows, size_t at, int n, void *out)
{
    uint8_t(*const to)[R] = out;
    for (int i = 0; i < n; i++) {
        for (int r = 0; r < R; r++)
            to[i][r] = rows[r][at + (size_t)i];
    }
}

/* The two numbers of 6 bits that belong to group g of a block. */
typedef void (*six_bit_fn)(const void *block, int g, int pair[2]);

static void pack_six_bits(rows_t rows, six_bit_fn get, tile_six_bits *out)
{
    memset(out->high, 0, sizeof out->high);
    for (int r = 0; r < R; r++) {
        for (int g = 0; g < TILE_GROUPS; g++) {
            int v[2];
            get(rows[r], g, v);
            out->low[g][r] = (uint8_t)((v[0] & 15) | (v[1] & 15) << 4);
            out->high[g / 2][r] |= (uint8_t)((v[0] >> 4 | v[1] >> 4 << 2) << 4 * (g % 2));
        }
    }
}

/* ---- formats ----------------------------------------------------------------------------------------------------- */

static void pack_f32(rows_t rows, void *out)
{
    tile_f32 *const t = out;
    for (int r = 0; r < R; r++)
        memcpy(&t->row[r], rows[r], sizeof t->row[r]);
}

static void pack_f16(rows_t rows, void *out)
{
    tile_f16 *const t = out;
    pack_16_bits(rows, 0, t->row);
}

static void pack_bf16(rows_t rows, void *out)
{
    tile_bf16 *const t = out;
    pack_16_bits(rows, 0, t->row);
}

static void pack_q8_0(rows_t rows, void *out)
{
    tile_q8_0 *const t = out;
    pack_16_bits(rows, offsetof(block_q8_0, d), t->d);
    for (int r = 0; r < R; r++) {
        for (int c = 0; c < TILE_CHUNKS; c++)
            put_word(&t->chunk[c], r, block_q8_0_codes(rows[r], c) ^ 0x80808080);
    }
}

static void pack_mxfp4(rows_t rows, void *out)
{
    tile_mxfp4 *const t = out;
    pack_bytes(rows, offsetof(block_mxfp4, e), 1, t->e);
    pack_nibbles(rows, block_mxfp4_codes, 0, &t->nibbles);
}

static void pack_q4_0(rows_t rows, void *out)
{
    tile_q4_0 *const t = out;
    pack_16_bits(rows, offsetof(block_q4_0, d), t->d);
    pack_nibbles(rows, block_q4_0_codes, 0, &t->nibbles);
}

static void pack_iq4_nl(rows_t rows, void *out)
{
    tile_iq4_nl *const t = out;
    pack_16_bits(rows, offsetof(block_iq4_nl, d), t->d);
    pack_nibbles(rows, block_q4_0_codes, 0, &t->nibbles);
}

static void pack_q4_1(rows_t rows, void *out)
{
    tile_q4_1 *const t = out;
    pack_16_bits(rows, offsetof(block_q4_1, d), t->d);
    pack_16_bits(rows, offsetof(block_q4_1, m), t->m);
    pack_nibbles(rows, block_q4_1_codes, 0, &t->nibbles);
}

static void pack_q5_0(rows_t rows, void *out)
{
    tile_q5_0 *const t = out;
    pack_16_bits(rows, offsetof(block_q5_0, d), t->d);
    pack_bits(rows, block_q5_0_codes, 0, 4, &t->fifth);
    pack_nibbles(rows, block_q5_0_codes, 0, &t->nibbles);
}

static void pack_q5_1(rows_t rows, void *out)
{
    tile_q5_1 *const t = out;
    pack_16_bits(rows, offsetof(block_q5_1, d), t->d);
    pack_16_bits(rows, offsetof(block_q5_1, m), t->m);
    pack_bits(rows, block_q5_1_codes, 0, 4, &t->fifth);
    pack_nibbles(rows, block_q5_1_codes, 0, &t->nibbles);
}

static void pack_q2_k(rows_t rows, void *out)
{
    tile_q2_k *const t = out;
    pack_16_bits(rows, offsetof(block_q2_k, d), t->d);
    pack_16_bits(rows, offsetof(block_q2_k, dmin), t->dmin);
    pack_bytes(rows, offsetof(block_q2_k, scale_min), 2 * TILE_GROUPS, t->scale_min);
    for (int g = 0; g < TILE_GROUPS; g++)
        pack_pairs(rows, block_q2_k_codes, 8 * g, 0, &t->group[g]);
}

static void q3_k_scales(const void *block, int g, int pair[2])
{
    pair[0] = block_q3_k_scale(block, 2 * g);
    pair[1] = block_q3_k_scale(block, 2 * g + 1);
}

static void pack_q3_k(rows_t rows, void *out)
{
    tile_q3_k *const t = out;
    pack_16_bits(rows, offsetof(block_q3_k, d), t->d);
    pack_six_bits(rows, q3_k_scales, &t->scales);
    for (int g = 0; g < TILE_GROUPS; g++) {
        pack_bits(rows, block_q3_k_codes, 8 * g, 2, &t->group[g].third);
        pack_pairs(rows, block_q3_k_codes, 8 * g, 0, &t->group[g].pairs);
    }
}

static void q4_k_scales(const void *block, int g, int pair[2])
{
    const block_q4_k *const b = block;
    pair[0] = block_k_scale(&b->scales, g);
    pair[1] = block_k_min(&b->scales, g);
}

static void pack_q4_k(rows_t rows, void *out)
{
    tile_q4_k *const t = out;
    pack_16_bits(rows, offsetof(block_q4_k, d), t->d);
    pack_16_bits(rows, offsetof(block_q4_k, dmin), t->dmin);
    pack_six_bits(rows, q4_k_scales, &t->scales);
    for (int g = 0; g < TILE_GROUPS; g++)
        pack_nibbles(rows, block_q4_k_codes, 8 * g, &t->group[g]);
}

static void q5_k_scales(const void *block, int g, int pair[2])
{
    const block_q5_k *const b = block;
    pair[0] = block_k_scale(&b->scales, g);
    pair[1] = block_k_min(&b->scales, g);
}

static void pack_q5_k(rows_t rows, void *out)
{
    tile_q5_k *const t = out;
    pack_16_bits(rows, offsetof(block_q5_k, d), t->d);
    pack_16_bits(rows, offsetof(block_q5_k, dmin), t->dmin);
    pack_six_bits(rows, q5_k_scales, &t->scales);
    for (int g = 0; g < TILE_GROUPS; g++) {
        pack_bits(rows, block_q5_k_codes, 8 * g, 4, &t->group[g].fifth);
        pack_nibbles(rows, block_q5_k_codes, 8 * g, &t->group[g].nibbles);
    }
}

static void pack_q6_k(rows_t rows, void *out)
{
    tile_q6_k *const t = out;
    pack_16_bits(rows, offsetof(block_q6_k, d), t->d);
    pack_bytes(rows, offsetof(block_q6_k, scale), 2 * TILE_GROUPS, t->scale);
    for (int g = 0; g < TILE_GROUPS; g++) {
        pack_nibbles(rows, block_q6_k_codes, 8 * g, &t->group[g].low);
        pack_pairs(rows, block_q6_k_codes, 8 * g, 4, &t->group[g].high);
    }
}

static void pack_iq4_xs(rows_t rows, void *out)
{
    tile_iq4_xs *const t = out;
    pack_16_bits(rows, offsetof(block_iq4_xs, d), t->d);
    pack_16_bits(rows, offsetof(block_iq4_xs, top), t->top);
    pack_bytes(rows, offsetof(block_iq4_xs, low), TILE_GROUPS / 2, t->low);
    for (int g = 0; g < TILE_GROUPS; g++)
        pack_nibbles(rows, block_iq4_xs_codes, 8 * g, &t->group[g]);
}

/* Packs the blocks of 16 rows into one block of a tile. */
typedef void (*pack_fn)(rows_t rows, void *out);

static const pack_fn PACKERS[TYPE_N] = {
#define PACKER(NAME, name) [TYPE_##NAME] = pack_##name,
    ALL_FORMATS(PACKER)
#undef PACKER
};

#define SIZE_CHECK(NAME, name) _Static_assert(sizeof(tile_##name) == R * (size_t)TYPE_BYTES_##NAME, #name);
ALL_FORMATS(SIZE_CHECK)
#undef SIZE_CHECK

void tile_pack(tensor_type t, const uint8_t *src, size_t n_rows, size_t n_cols, uint8_t *tile)
{
    static const uint8_t ZEROS[256] = {0}; // no block is larger
    const type_traits *const k = type_get((uint32_t)t);
    const size_t row_bytes = (size_t)type_row_bytes(t, n_cols);
    const uint8_t *rows[R];
    for (size_t at = 0; at < row_bytes; at += k->block_bytes) {
        for (size_t r = 0; r < R; r++)
            rows[r] = r < n_rows ? src + r * row_bytes + at : ZEROS;
        PACKERS[t](rows, tile + at * R);
    }
}
