/* fragments.h - packed tiles (quant/tile_layout.h), as the tensor cores want them.
 *
 * The A operand of mma_s8 is 16 rows times 32 k: one group of a tile.  Its words are four consecutive k of one row,
 * which is what chunks are made of.  Lane (g, j) = (lane / 4, lane % 4) takes rows 2 g and 2 g + 1 for its row slots g
 * and g + 8, so that it loads 8 bytes at a time and a warp loads whole chunks:
 *
 *                        k slots 4j..     k slots 16+4j..    so of x, a lane wants
 *   nibbles, 32 k        chunk 2 j        chunk 2 j + 1      bytes 8 j .. 8 j + 7 of a group: one load for both
 *   Q8_0, Q2/Q3/Q6_K     chunk j          chunk j + 4        bytes 4 j .. and 16 + 4 j ..; each half is 16 k of their
 * scales
 *
 * So the bytes in RAM and in VRAM are the same: moving an expert is a plain copy.
 *
 * `format` is a constant wherever these functions are expanded, but for embed_rows.
 */
#ifndef GPU_KERNELS_FRAGMENTS_H
#define GPU_KERNELS_FRAGMENTS_H

#include <stddef.h>

#include "gpu/kernels/gpu_dialect.h"
#include "gpu/kernels/gpu_math.h"
#include "quant/tile_layout.h"

/* Where a group's codes are: in the block `group / n_groups`, at first + group % n_groups * stride. */
typedef struct group_layout {
    uint32_t block_bytes, n_groups, first, stride;
} group_layout;

DEVICE group_layout layout_of(const int format)
{
    group_layout l = {0, 1, 0, 0};
#define ONE_GROUP(name, at)                                                                                            \
    l.block_bytes = sizeof(name);                                                                                      \
    l.first = offsetof(name, at);                                                                                      \
    break
#define EIGHT_GROUPS(name)                                                                                             \
    l.block_bytes = sizeof(name);                                                                                      \
    l.n_groups = TILE_GROUPS;                                                                                          \
    l.first = offsetof(name, group);                                                                                   \
    l.stride = (sizeof(name) - offsetof(name, group)) / TILE_GROUPS;                                                   \
    break
    switch (format) {
    case GPU_Q8_0: ONE_GROUP(tile_q8_0, chunk);
    case GPU_Q4_0: ONE_GROUP(tile_q4_0, nibbles);
    case GPU_Q4_1: ONE_GROUP(tile_q4_1, nibbles);
    case GPU_Q5_0: ONE_GROUP(tile_q5_0, fifth);
    case GPU_Q5_1: ONE_GROUP(tile_q5_1, fifth);
    case GPU_IQ4_NL: ONE_GROUP(tile_iq4_nl, nibbles);
    case GPU_MXFP4: ONE_GROUP(tile_mxfp4, nibbles);
    case GPU_Q2_K: EIGHT_GROUPS(tile_q2_k);
    case GPU_Q3_K: EIGHT_GROUPS(tile_q3_k);
    case GPU_Q4_K: EIGHT_GROUPS(tile_q4_k);
    case GPU_Q5_K: EIGHT_GROUPS(tile_q5_k);
    case GPU_Q6_K: EIGHT_GROUPS(tile_q6_k);
    case GPU_IQ4_XS: EIGHT_GROUPS(tile_iq4_xs);
    default: break;
    }
#undef ONE_GROUP
#undef EIGHT_GROUPS
    return l;
}

/* Scales are of 16 k: two steps of the chain of additions per group. */
DEVICE int has_halves(const int format)
{
    return format == GPU_Q2_K || format == GPU_Q3_K || format == GPU_Q6_K;
}
DEVICE int has_min(const int format)
{
    return format == GPU_Q4_1 || format == GPU_Q5_1 || format == GPU_Q2_K || format == GPU_Q4_K || format == GPU_Q5_K;
}
/* Reads the fine codes of activations. */
DEVICE int is_fine(const int format)
{
    return format == GPU_Q8_0;
}
/* The lane's slots are chunks 2 j and 2 j + 1, else j and j + 4. */
DEVICE int has_pairs_of_chunks(const int format)
{
    return !has_halves(format) && format != GPU_Q8_0;
}
DEVICE int has_fifth_bit(const int format)
{
    return format == GPU_Q5_0 || format == GPU_Q5_1 || format == GPU_Q5_K;
}

/* ---- codes ------------------------------------------------------------------------------------------------------- */

/* A lane's codes of one group, as they are in the tile: w[..][i] is row 2 g + i. */
typedef struct raw_codes {
    u32x2 w[4];
    uint32_t bits[2]; // of both slots: a nibble per row
} raw_codes;

DEVICE raw_codes load_codes(const int format, const uint8_t *tile, int group, int lane, int is_wanted)
{
    const group_layout l = layout_of(format);
    const uint32_t g = (uint32_t)lane / 4, j = (uint32_t)lane % 4;
    const uint8_t *const p =
        tile + (uint32_t)group / l.n_groups * l.block_bytes + l.first + (uint32_t)group % l.n_groups * l.stride;
    const u32x2 zero = {0, 0};
    raw_codes r = {{zero, zero, zero, zero}, {0, 0}};
    if (format == GPU_Q8_0) { // chunks
        r.w[0] = load_weights_8(p + 64 * j + 8 * g, is_wanted);
        r.w[1] = load_weights_8(p + 256 + 64 * j + 8 * g, is_wanted);
    } else if (format == GPU_Q6_K) { // nibbles | pairs
        const uint8_t *const high = p + offsetof(tile_q6_k_group, high);
        r.w[0] = load_8_if(p + 64 * (j / 2) + 8 * g, is_wanted);
        r.w[1] = load_8_if(p + 128 + 64 * (j / 2) + 8 * g, is_wanted);
        r.w[2] = load_8_if(high + 8 * g, is_wanted);
        r.w[3] = load_8_if(high + 64 + 8 * g, is_wanted);
    } else if (has_halves(format)) { // pairs, behind the third bits of Q3_K
        const uint8_t *const pairs = p + (format == GPU_Q3_K ? offsetof(tile_q3_k_group, pairs) : 0);
        r.w[0] = load_8_if(pairs + 8 * g, is_wanted);
        r.w[1] = load_8_if(pairs + 64 + 8 * g, is_wanted);
        if (format == GPU_Q3_K) {
            r.bits[0] = load_u8_if(p + 8 * j + g, is_wanted);
            r.bits[1] = load_u8_if(p + 8 * (j + 4) + g, is_wanted);
        }
    } else { // nibbles, behind the fifth bits
        r.w[0] = load_weights_8(p + (has_fifth_bit(format) ? sizeof(tile_bits) : 0) + 64 * j + 8 * g, is_wanted);
        if (has_fifth_bit(format)) {
            r.bits[0] = load_u8_if(p + 8 * (2 * j) + g, is_wanted);
            r.bits[1] = load_u8_if(p + 8 * (2 * j + 1) + g, is_wanted);
        }
    }
    return r;
}

/* Bit i of a nibble to bit 0 of byte i: four copies that do not overlap. */
DEVICE uint32_t spread_bits(uint32_t nibble)
{
    return nibble * 0x00204081u & 0x01010101u;
}

/* Four bytes below 128, less k <= 128, as signed bytes: the top bits keep borrows within bytes. */
DEVICE uint32_t bytes_less(uint32_t bytes, uint32_t k)
{
    return ((bytes | 0x80808080u) - k * 0x01010101u) ^ 0x80808080u;
}

/* The entries of a table of 16 bytes for the 8 nibbles of w: of the low ones in out[0], of the high ones in out[1].
 * Both halves of the table are looked up, and bit 3 of a nibble takes one of the two. */
DEVICE void look_up_16(const uint32_t table[4], uint32_t w, uint32_t out[2])
{
    const uint32_t magnitude = w & 0x77777777u, choice = (w >> 1 & 0x44444444u) | 0x32103210u;
    const uint32_t first =
        byte_perm(byte_perm(table[0], table[1], magnitude), byte_perm(table[2], table[3], magnitude), choice);
    const uint32_t last = byte_perm(byte_perm(table[0], table[1], magnitude >> 16),
                                    byte_perm(table[2], table[3], magnitude >> 16), choice >> 16);
    out[0] = byte_perm(first, last, 0x6420); // nibbles 0, 2, 4, 6 of w
    out[1] = byte_perm(first, last, 0x7531);
}

/* One row's words of both slots, from row i of what was loaded. */
DEVICE void open_row(const int format, const raw_codes *r, int lane, int i, uint32_t out[2])
{
    const uint32_t j = (uint32_t)lane % 4, w = r->w[0][i];
    const uint32_t bits[2] = {spread_bits(r->bits[0] >> 4 * i & 15), spread_bits(r->bits[1] >> 4 * i & 15)};
    if (format == GPU_Q8_0) {
        out[0] = w ^ 0x80808080u;
        out[1] = r->w[1][i] ^ 0x80808080u;
    } else if (format == GPU_Q6_K) {
        const uint32_t low = 4 * (j % 2), high = 2 * j;
        out[0] = bytes_less((w >> low & 0x0f0f0f0fu) | (r->w[2][i] >> high & 0x03030303u) << 4, 32);
        out[1] = bytes_less((r->w[1][i] >> low & 0x0f0f0f0fu) | (r->w[3][i] >> high & 0x03030303u) << 4, 32);
    } else if (format == GPU_Q3_K) {
        out[0] = bytes_less((w >> 2 * j & 0x03030303u) | bits[0] << 2, 4);
        out[1] = bytes_less((r->w[1][i] >> 2 * j & 0x03030303u) | bits[1] << 2, 4);
    } else if (format == GPU_Q2_K) {
        out[0] = w >> 2 * j & 0x03030303u;
        out[1] = r->w[1][i] >> 2 * j & 0x03030303u;
    } else if (format == GPU_MXFP4) { // E2M1_DOUBLED
        const uint32_t table[4] = {0x03020100u, 0x0c080604u, 0xfdfeff00u, 0xf4f8fafcu};
        look_up_16(table, w, out);
    } else if (format == GPU_IQ4_NL || format == GPU_IQ4_XS) { // IQ4_VALUES
        const uint32_t table[4] = {0xbfad9881u, 0xf6eaddcfu, 0x26190d01u, 0x71594535u};
        look_up_16(table, w, out);
    } else {
        out[0] = (w & 0x0f0f0f0fu) | bits[0] << 4;
        out[1] = (w >> 4 & 0x0f0f0f0fu) | bits[1] << 4;
        if (format == GPU_Q4_0 || format == GPU_Q5_0) {
            out[0] = bytes_less(out[0], format == GPU_Q4_0 ? 8 : 16);
            out[1] = bytes_less(out[1], format == GPU_Q4_0 ? 8 : 16);
        }
    }
}

/* The A operand of mma_s8. */
DEVICE void open_codes(const int format, const raw_codes *r, int lane, uint32_t a[4])
{
    UNROLL
    for (int i = 0; i < 2; i++) {
        uint32_t slots[2];
        open_row(format, r, lane, i, slots);
        a[i] = slots[0];
        a[2 + i] = slots[1];
    }
}

/* The B operand, from the 32 codes of a column's group; zeros if not wanted. */
DEVICE void load_column(const int format, const int8_t *x, int lane, int is_wanted, uint32_t b[2])
{
    const int j = lane % 4;
    if (has_pairs_of_chunks(format)) {
        const u32x2 both = load_8_if(x + 8 * j, is_wanted);
        b[0] = both[0];
        b[1] = both[1];
    } else {
        b[0] = load_u32_if(x + 4 * j, is_wanted);
        b[1] = load_u32_if(x + 16 + 4 * j, is_wanted);
    }
}

/* The same from shared memory. */
DEVICE void read_column(const int format, const int8_t *x, int lane, uint32_t b[2])
{
    const int j = lane % 4;
    if (has_pairs_of_chunks(format)) {
        const uint64_t both = *(const uint64_t *)(x + 8 * j); // clang would make two loads of a u32x2
        b[0] = (uint32_t)both;
        b[1] = (uint32_t)(both >> 32);
    } else {
        b[0] = *(const uint32_t *)(x + 4 * j);
        b[1] = *(const uint32_t *)(x + 16 + 4 * j);
    }
}

/* ---- scales ------------------------------------------------------------------------------------------------------ */

/* What one row's scale and minimum in one group are made of, as they are in the tile. */
typedef struct raw_scale {
    uint32_t d, m, low, high;
} raw_scale;

DEVICE raw_scale load_scale(const int format, const uint8_t *tile, int group, int row, int is_wanted)
{
    const group_layout l = layout_of(format);
    const uint32_t g = (uint32_t)group % l.n_groups, r = (uint32_t)row;
    const uint8_t *const p = tile + (uint32_t)group / l.n_groups * l.block_bytes;
    raw_scale s = {0, 0, 0, 0};
    if (format == GPU_MXFP4) {
        s.d = load_u8_if(p + r, is_wanted);
        return s;
    }
    s.d = load_u16_if(p + 2 * r, is_wanted); // the first 32 bytes of every other format
    if (has_min(format) || format == GPU_IQ4_XS)
        s.m = load_u16_if(p + 32 + 2 * r, is_wanted);
    if (format == GPU_Q4_K || format == GPU_Q5_K || format == GPU_Q3_K) {
        const uint8_t *const six = p + (format == GPU_Q3_K ? offsetof(tile_q3_k, scales) : offsetof(tile_q4_k, scales));
        s.low = load_u8_if(six + 16 * g + r, is_wanted);
        s.high = load_u8_if(six + offsetof(tile_six_bits, high) + 16 * (g / 2) + r, is_wanted) >> 4 * (g % 2);
    } else if (format == GPU_Q2_K || format == GPU_Q6_K) { // a byte of each half
        const uint8_t *const bytes =
            p + (format == GPU_Q2_K ? offsetof(tile_q2_k, scale_min) : offsetof(tile_q6_k, scale));
        s.low = load_u8_if(bytes + 32 * g + r, is_wanted);
        s.high = load_u8_if(bytes + 32 * g + 16 + r, is_wanted);
    } else if (format == GPU_IQ4_XS) {
        s.low = load_u8_if(p + offsetof(tile_iq4_xs, low) + 16 * (g / 2) + r, is_wanted) >> 4 * (g % 2);
        s.high = s.m >> 2 * g;
    }
    return s;
}

/* Half the scale of an E8M0 exponent, 2^(e - 128), to go with doubled codes. */
DEVICE float e8m0_half(uint32_t e)
{
    const uint32_t bits = e >= 2 ? (e - 1) << 23 : 0x00200000u << e;
    return f32_from_bits(e == 255 ? 0x7fffffffu : bits);
}

/* Of a row and half: its weights are scale * code + minus_min.  The scale of Q8_0 is a 128th, since its dot products
 * are of 128 * code + fine; dividing by a power of two rounds nothing. */
typedef struct row_scale {
    float scale, minus_min;
} row_scale;

DEVICE row_scale open_scale(const int format, const raw_scale *r, const int half)
{
    row_scale s = {0, 0};
    if (format == GPU_MXFP4) {
        s.scale = e8m0_half(r->d);
        return s;
    }
    const float d = f32_of_half(r->d);
    const int first = (int)((r->low & 15) | (r->high & 3) << 4),
              second = (int)((r->low >> 4 & 15) | (r->high >> 2 & 3) << 4);
    const uint32_t byte = half ? r->high : r->low;
    s.scale = d;
    if (format == GPU_Q8_0)
        s.scale = d * 0x1p-7f;
    if (format == GPU_Q4_1 || format == GPU_Q5_1)
        s.minus_min = f32_of_half(r->m);
    if (format == GPU_Q4_K || format == GPU_Q5_K) {
        s.scale = d * (float)first;
        s.minus_min = -(f32_of_half(r->m) * (float)second);
    }
    if (format == GPU_Q2_K) {
        s.scale = d * (float)(int)(byte & 15);
        s.minus_min = -(f32_of_half(r->m) * (float)(int)(byte >> 4));
    }
    if (format == GPU_Q3_K)
        s.scale = d * (float)((half ? second : first) - 32);
    if (format == GPU_Q6_K)
        s.scale = d * (float)(int8_t)byte;
    if (format == GPU_IQ4_XS)
        s.scale = d * (float)(first - 32);
    return s;
}

/* ---- sums of products -------------------------------------------------------------------------------------------- */

/* A sum of products as a float.  An mma that begins at MAGIC, the bits of 1.5 * 2^23, ends with the bits of 1.5 * 2^23
 * + sum while |sum| < 2^22: a subtraction is then an exact conversion, at twice the rate of one.  The largest sum is
 * that of Q8_0, 32 * 128 * 127 = 520192. */
enum { MAGIC = 0x4b400000 };
DEVICE float float_of_sum(int32_t with_magic)
{
    return f32_from_bits((uint32_t)with_magic) - 12582912.0f;
}
/* 128 * code + fine: both are exact and so is the product, and the sum is rounded once, as the integer's conversion is.
 */
DEVICE float float_of_fine(int32_t code_with_magic, int32_t fine_with_magic)
{
    return fma_f32(float_of_sum(code_with_magic), 128.0f, float_of_sum(fine_with_magic));
}

#endif
