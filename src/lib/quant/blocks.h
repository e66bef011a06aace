/* blocks.h - where the codes and scales stand inside the blocks of each format.
 *
 *   Q4_0   d f16 @0 | nibbles[16] @2                                            32 elements, 18 bytes
 *   Q4_1   d f16 @0 | m f16 @2 | nibbles[16] @4                                 32 elements, 20 bytes
 *   Q5_0   d f16 @0 | fifth bits u32 @2 | nibbles[16] @6                        32 elements, 22 bytes
 *   Q5_1   d f16 @0 | m f16 @2 | fifth bits u32 @4 | nibbles[16] @8             32 elements, 24 bytes
 *   IQ4_NL as Q4_0
 *   Q2_K   scale and min nibbles[16] @0 | pairs[64] @16 | d f16 @80 | dmin f16 @82          256 elements, 84 bytes
 *   Q3_K   third bits[32] @0 | pairs[64] @32 | scales, 6 bits, [12] @96 | d f16 @108        256 elements, 110 bytes
 *   Q4_K   d f16 @0 | dmin f16 @2 | scales and mins, 6 bits, [12] @4 | nibbles[128] @16     256 elements, 144 bytes
 *   Q5_K   d f16 @0 | dmin f16 @2 | scales and mins [12] @4 | fifth bits[32] @16 | nibbles[128] @48   256, 176 bytes
 *   Q6_K   low nibbles[128] @0 | high bit pairs[64] @128 | scales i8[16] @192 | d f16 @208  256 elements, 210 bytes
 *   IQ4_XS d f16 @0 | top bits of scales u16 @2 | low nibbles of scales[4] @4 | nibbles[128] @8    256, 136 bytes
 *   MXFP4  exponent @0 | nibbles[16] @1                                         32 elements, 17 bytes
 *
 * Codes are taken four at a time, a byte each in one word: codes 4 w .. 4 w + 3 of a block, the first in the low byte.
 */
#ifndef QUANT_BLOCKS_H
#define QUANT_BLOCKS_H

#include <math.h>

#include "quant/half.h"

/* Twice the value of each E2M1 code. */
static const int8_t E2M1_DOUBLED[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

/* The values of the codes of IQ4_NL and IQ4_XS. */
static const int8_t IQ4_VALUES[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

/* 2^(e - 128): half the scale of an E8M0 exponent, to go with the doubled codes; 255 is NaN. */
static inline float block_e8m0_half(uint8_t e)
{
    if (e == 255)
        return NAN;
    return f32_from_bits(e >= 2 ? (uint32_t)(e - 1) << 23 : 0x00200000u << e);
}

static inline int block_byte_of(uint32_t word, int i)
{
    return (int)(word >> 8 * i & 0xff);
}

/* From `shift` on, `mask` of every byte. */
static inline uint32_t block_bits_of(uint32_t word, int shift, uint8_t mask)
{
    return word >> shift & mask * 0x01010101u;
}

/* Codes of 32 stored as 16 bytes: element j low, element j + 16 high. */
static inline uint32_t block_nibble_codes(const uint8_t *qs, int w)
{
    return block_bits_of(load_le32(qs + 4 * (w % 4)), 4 * (w / 4), 15);
}

/* Q4_0: 0..15, the value's zero is 8.  IQ4_NL: an index of IQ4_VALUES. */
static inline uint32_t block_q4_0_codes(const uint8_t *b, int w)
{
    return block_nibble_codes(b + 2, w);
}

static inline int block_q4_0_code(const uint8_t *b, int i)
{
    return block_byte_of(block_q4_0_codes(b, i / 4), i % 4);
}

/* Q4_1: 0..15. */
static inline uint32_t block_q4_1_codes(const uint8_t *b, int w)
{
    return block_nibble_codes(b + 4, w);
}

static inline int block_q4_1_code(const uint8_t *b, int i)
{
    return block_byte_of(block_q4_1_codes(b, i / 4), i % 4);
}

/* MXFP4: an index of E2M1_DOUBLED. */
static inline uint32_t block_mxfp4_codes(const uint8_t *b, int w)
{
    return block_nibble_codes(b + 1, w);
}

static inline int block_mxfp4_code(const uint8_t *b, int i)
{
    return block_byte_of(block_mxfp4_codes(b, i / 4), i % 4);
}

/* Codes of 32 stored as 32 fifth bits and 16 bytes of nibbles after them. */
static inline uint32_t block_five_bit_codes(const uint8_t *p, int w)
{
    const uint32_t fifth = p[w / 2] >> 4 * (w % 2) & 15;
    return block_nibble_codes(p + 4, w) | (fifth * 0x00204081 & 0x01010101) << 4; // bit i to byte i
}

/* Q5_0: 0..31, the value's zero is 16. */
static inline uint32_t block_q5_0_codes(const uint8_t *b, int w)
{
    return block_five_bit_codes(b + 2, w);
}

static inline int block_q5_0_code(const uint8_t *b, int i)
{
    return block_byte_of(block_q5_0_codes(b, i / 4), i % 4);
}

/* Q5_1: 0..31. */
static inline uint32_t block_q5_1_codes(const uint8_t *b, int w)
{
    return block_five_bit_codes(b + 4, w);
}

static inline int block_q5_1_code(const uint8_t *b, int i)
{
    return block_byte_of(block_q5_1_codes(b, i / 4), i % 4);
}

/* Codes of 256 stored as pairs of bits: 32 bytes hold four groups of 32, from the low bits up. */
static inline uint32_t block_pair_codes(const uint8_t *qs, int w)
{
    return block_bits_of(load_le32(qs + 32 * (w / 32) + 4 * (w % 8)), 2 * (w / 8 % 4), 3);
}

/* One bit of each of 256 codes: group g of 32 has bit g of 32 bytes. */
static inline uint32_t block_one_bit_codes(const uint8_t *bits, int w)
{
    return block_bits_of(load_le32(bits + 4 * (w % 8)), w / 8, 1);
}

/* Q2_K: 0..3. */
static inline uint32_t block_q2_k_codes(const uint8_t *b, int w)
{
    return block_pair_codes(b + 16, w);
}

static inline int block_q2_k_code(const uint8_t *b, int i)
{
    return block_byte_of(block_q2_k_codes(b, i / 4), i % 4);
}

/* Q3_K: 0..7, the value's zero is 4. */
static inline uint32_t block_q3_k_codes(const uint8_t *b, int w)
{
    return block_pair_codes(b + 32, w) | block_one_bit_codes(b, w) << 2;
}

static inline int block_q3_k_code(const uint8_t *b, int i)
{
    return block_byte_of(block_q3_k_codes(b, i / 4), i % 4);
}

/* Scale of sub-group j of Q3_K: 0..63, its zero is 32. */
static inline int block_q3_k_scale(const uint8_t *b, int j)
{
    const int low = b[96 + j % 8] >> 4 * (j / 8) & 15, high = b[104 + j % 4] >> 2 * (j / 4) & 3;
    return low | high << 4;
}

/* Codes of 256 stored as nibbles: 32 bytes hold a group of 32 low, the next one high. */
static inline uint32_t block_k_nibble_codes(const uint8_t *qs, int w)
{
    return block_bits_of(load_le32(qs + 32 * (w / 16) + 4 * (w % 8)), 4 * (w / 8 % 2), 15);
}

/* Q4_K: 0..15. */
static inline uint32_t block_q4_k_codes(const uint8_t *b, int w)
{
    return block_k_nibble_codes(b + 16, w);
}

static inline int block_q4_k_code(const uint8_t *b, int i)
{
    return block_byte_of(block_q4_k_codes(b, i / 4), i % 4);
}

/* Q5_K: 0..31. */
static inline uint32_t block_q5_k_codes(const uint8_t *b, int w)
{
    return block_k_nibble_codes(b + 48, w) | block_one_bit_codes(b + 16, w) << 4;
}

static inline int block_q5_k_code(const uint8_t *b, int i)
{
    return block_byte_of(block_q5_k_codes(b, i / 4), i % 4);
}

/* Scale and min of group j of the 12 packed bytes of Q4_K and Q5_K. */
static inline int block_k_scale(const uint8_t *s, int j)
{
    return j < 4 ? s[j] & 63 : (s[j + 4] & 15) | (s[j - 4] >> 6) << 4;
}

static inline int block_k_min(const uint8_t *s, int j)
{
    return j < 4 ? s[j + 4] & 63 : s[j + 4] >> 4 | (s[j] >> 6) << 4;
}

/* Q6_K: 0..63, the value's zero is 32. */
static inline uint32_t block_q6_k_codes(const uint8_t *b, int w)
{
    const int n = w / 32, k = w % 32 / 8, l = 4 * (w % 8);
    const uint32_t low = block_bits_of(load_le32(b + 64 * n + 32 * (k & 1) + l), k < 2 ? 0 : 4, 15);
    return low | block_bits_of(load_le32(b + 128 + 32 * n + l), 2 * k, 3) << 4;
}

static inline int block_q6_k_code(const uint8_t *b, int i)
{
    return block_byte_of(block_q6_k_codes(b, i / 4), i % 4);
}

/* IQ4_XS: an index of IQ4_VALUES. */
static inline uint32_t block_iq4_xs_codes(const uint8_t *b, int w)
{
    return block_nibble_codes(b + 8 + 16 * (w / 8), w % 8);
}

static inline int block_iq4_xs_code(const uint8_t *b, int i)
{
    return block_byte_of(block_iq4_xs_codes(b, i / 4), i % 4);
}

/* Scale of group j of IQ4_XS: -32..31. */
static inline int block_iq4_xs_scale(const uint8_t *b, int j)
{
    return ((b[4 + j / 2] >> 4 * (j % 2) & 15) | (load_le16(b + 2) >> 2 * j & 3) << 4) - 32;
}

#endif
