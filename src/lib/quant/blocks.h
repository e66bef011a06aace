/* blocks.h - the codes and scales inside the blocks of each format, read from the file's bytes (block_layout.h).
 *
 * Codes are read four at a time, a byte each in one word: word w has codes 4 w .. 4 w + 3 of a block, the first in the
 * low byte.  Every format has a function of words, for packing, and one of single codes, for decoding.
 */
#ifndef QUANT_BLOCKS_H
#define QUANT_BLOCKS_H

#include <math.h>

#include "quant/block_layout.h"
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

/* The bits of `mask` of every byte, from bit `shift` up. */
static inline uint32_t block_bits_of(uint32_t word, int shift, uint8_t mask)
{
    return word >> shift & mask * 0x01010101u;
}

/* ---- blocks of 32 elements --------------------------------------------------------------------------------------- */

static inline uint32_t block_nibble_codes(const uint8_t nibbles[16], int w)
{
    return block_bits_of(load_le32(nibbles + 4 * (w % 4)), 4 * (w / 4), 15);
}

/* Q8_0: -128..127. */
static inline uint32_t block_q8_0_codes(const void *block, int w)
{
    const block_q8_0 *const b = block;
    return load_le32((const uint8_t *)b->code + 4 * w);
}

static inline int block_q8_0_code(const void *block, int i)
{
    const block_q8_0 *const b = block;
    return b->code[i];
}

/* Q4_0: 0..15, the value's zero is 8.  IQ4_NL: an index of IQ4_VALUES. */
static inline uint32_t block_q4_0_codes(const void *block, int w)
{
    const block_q4_0 *const b = block;
    return block_nibble_codes(b->nibbles, w);
}

static inline int block_q4_0_code(const void *block, int i)
{
    return block_byte_of(block_q4_0_codes(block, i / 4), i % 4);
}

/* Q4_1: 0..15. */
static inline uint32_t block_q4_1_codes(const void *block, int w)
{
    const block_q4_1 *const b = block;
    return block_nibble_codes(b->nibbles, w);
}

static inline int block_q4_1_code(const void *block, int i)
{
    return block_byte_of(block_q4_1_codes(block, i / 4), i % 4);
}

/* MXFP4: an index of E2M1_DOUBLED. */
static inline uint32_t block_mxfp4_codes(const void *block, int w)
{
    const block_mxfp4 *const b = block;
    return block_nibble_codes(b->nibbles, w);
}

static inline int block_mxfp4_code(const void *block, int i)
{
    return block_byte_of(block_mxfp4_codes(block, i / 4), i % 4);
}

static inline uint32_t block_five_bit_codes(const block_five_bits *codes, int w)
{
    const uint32_t fifth = codes->fifth[w / 2] >> 4 * (w % 2) & 15;
    return block_nibble_codes(codes->nibbles, w) | (fifth * 0x00204081 & 0x01010101) << 4; // bit i to byte i
}

/* Q5_0: 0..31, the value's zero is 16. */
static inline uint32_t block_q5_0_codes(const void *block, int w)
{
    const block_q5_0 *const b = block;
    return block_five_bit_codes(&b->codes, w);
}

static inline int block_q5_0_code(const void *block, int i)
{
    return block_byte_of(block_q5_0_codes(block, i / 4), i % 4);
}

/* Q5_1: 0..31. */
static inline uint32_t block_q5_1_codes(const void *block, int w)
{
    const block_q5_1 *const b = block;
    return block_five_bit_codes(&b->codes, w);
}

static inline int block_q5_1_code(const void *block, int i)
{
    return block_byte_of(block_q5_1_codes(block, i / 4), i % 4);
}

/* ---- blocks of 256 elements -------------------------------------------------------------------------------------- */

/* Two bits of each of 256 codes: 32 bytes hold four groups of 32, from the low bits up. */
static inline uint32_t block_pair_codes(const uint8_t pairs[64], int w)
{
    return block_bits_of(load_le32(pairs + 32 * (w / 32) + 4 * (w % 8)), 2 * (w / 8 % 4), 3);
}

/* One bit of each of 256 codes: group g of 32 has bit g of 32 bytes. */
static inline uint32_t block_one_bit_codes(const uint8_t bits[32], int w)
{
    return block_bits_of(load_le32(bits + 4 * (w % 8)), w / 8, 1);
}

/* Q2_K: 0..3. */
static inline uint32_t block_q2_k_codes(const void *block, int w)
{
    const block_q2_k *const b = block;
    return block_pair_codes(b->pairs, w);
}

static inline int block_q2_k_code(const void *block, int i)
{
    return block_byte_of(block_q2_k_codes(block, i / 4), i % 4);
}

/* Q3_K: 0..7, the value's zero is 4. */
static inline uint32_t block_q3_k_codes(const void *block, int w)
{
    const block_q3_k *const b = block;
    return block_pair_codes(b->pairs, w) | block_one_bit_codes(b->third, w) << 2;
}

static inline int block_q3_k_code(const void *block, int i)
{
    return block_byte_of(block_q3_k_codes(block, i / 4), i % 4);
}

/* Scale of sub-group s of Q3_K: 0..63, its zero is 32. */
static inline int block_q3_k_scale(const void *block, int s)
{
    const block_q3_k *const b = block;
    const int low = b->scale_low[s % 8] >> 4 * (s / 8) & 15, high = b->scale_high[s % 4] >> 2 * (s / 4) & 3;
    return low | high << 4;
}

/* Codes of 256 as nibbles: 32 bytes hold a group of 32 low, the next one high. */
static inline uint32_t block_k_nibble_codes(const uint8_t nibbles[128], int w)
{
    return block_bits_of(load_le32(nibbles + 32 * (w / 16) + 4 * (w % 8)), 4 * (w / 8 % 2), 15);
}

/* Q4_K: 0..15. */
static inline uint32_t block_q4_k_codes(const void *block, int w)
{
    const block_q4_k *const b = block;
    return block_k_nibble_codes(b->nibbles, w);
}

static inline int block_q4_k_code(const void *block, int i)
{
    return block_byte_of(block_q4_k_codes(block, i / 4), i % 4);
}

/* Q5_K: 0..31. */
static inline uint32_t block_q5_k_codes(const void *block, int w)
{
    const block_q5_k *const b = block;
    return block_k_nibble_codes(b->nibbles, w) | block_one_bit_codes(b->fifth, w) << 4;
}

static inline int block_q5_k_code(const void *block, int i)
{
    return block_byte_of(block_q5_k_codes(block, i / 4), i % 4);
}

/* Scale and min of group g of Q4_K and Q5_K: 0..63. */
static inline int block_k_scale(const block_k_scales *s, int g)
{
    return g < 4 ? s->scale[g] & 63 : (s->low[g - 4] & 15) | (s->scale[g - 4] >> 6) << 4;
}

static inline int block_k_min(const block_k_scales *s, int g)
{
    return g < 4 ? s->min[g] & 63 : s->low[g - 4] >> 4 | (s->min[g - 4] >> 6) << 4;
}

/* Q6_K: 0..63, the value's zero is 32. */
static inline uint32_t block_q6_k_codes(const void *block, int w)
{
    const block_q6_k *const b = block;
    const int half = w / 32, quarter = w % 32 / 8, l = 4 * (w % 8);
    const uint32_t low = load_le32(b->low[half] + 32 * (quarter & 1) + l), high = load_le32(b->high[half] + l);
    return block_bits_of(low, quarter < 2 ? 0 : 4, 15) | block_bits_of(high, 2 * quarter, 3) << 4;
}

static inline int block_q6_k_code(const void *block, int i)
{
    return block_byte_of(block_q6_k_codes(block, i / 4), i % 4);
}

/* IQ4_XS: an index of IQ4_VALUES. */
static inline uint32_t block_iq4_xs_codes(const void *block, int w)
{
    const block_iq4_xs *const b = block;
    return block_nibble_codes(b->nibbles[w / 8], w % 8);
}

static inline int block_iq4_xs_code(const void *block, int i)
{
    return block_byte_of(block_iq4_xs_codes(block, i / 4), i % 4);
}

/* Scale of group g of IQ4_XS: -32..31. */
static inline int block_iq4_xs_scale(const void *block, int g)
{
    const block_iq4_xs *const b = block;
    return ((b->low[g / 2] >> 4 * (g % 2) & 15) | (load_le16(b->top) >> 2 * g & 3) << 4) - 32;
}

#endif
