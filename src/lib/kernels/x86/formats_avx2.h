/* formats_avx2.h - the quantized formats as the AVX2 products see them: the codes of 8 rows, scales. */
#ifndef KERNELS_X86_FORMATS_AVX2_H
#define KERNELS_X86_FORMATS_AVX2_H

#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "kernels/lanes/template.h"

enum {
    CHUNK = 64,   // bytes of four consecutive k of 16 rows; the second 32 are rows 8..15
    N_CHUNKS = 8, // in a group of 32 k
};

/* How a group of 32 k of one half (0, 1) of a tile becomes codes and scales (layouts: quant/tile.h). */
typedef struct format {
    size_t block_bytes; // of 16 rows
    int n_groups;       // in a block
    int offset;         // what is added to the codes to make them unsigned
    bool is_signed;     // codes stay signed bytes
    int n_wide;         // chunks whose sums of two products, added up, fit 16 bits
    bool has_halves;    // every 16 k have their own scale: scale[0] and [1]
    bool has_min;       // behind the scales, as many
    void (*codes)(const uint8_t *block, int g, int half, __m256i code[N_CHUNKS]);
    void (*scales)(const uint8_t *block, int g, int half, __m256 scale[4]);
} format;

INLINE __m256i load_bytes(const uint8_t *p)
{
    return _mm256_loadu_si256((const __m256i *)p);
}

/* Of the 16 halves at p, those of one half of the tile. */
INLINE __m256 load_f16(const uint8_t *p, int half)
{
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(p + 16 * half)));
}

INLINE __m256i load_u8(const uint8_t *p, int half)
{
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(p + 8 * half)));
}

/* Chunk 2 j from the low nibbles, 2 j + 1 from the high ones. */
INLINE void nibbles(const uint8_t *p, int half, __m256i code[N_CHUNKS])
{
    const __m256i low = _mm256_set1_epi8(15);
    UNROLL
    for (int j = 0; j < N_CHUNKS / 2; j++) {
        const __m256i q = load_bytes(p + CHUNK * j + CHUNK / 2 * half);
        code[2 * j] = _mm256_and_si256(q, low);
        code[2 * j + 1] = _mm256_and_si256(_mm256_srli_epi16(q, 4), low);
    }
}

INLINE void f16_scales(const uint8_t *block, int g, int half, __m256 scale[4])
{
    (void)g;
    scale[0] = load_f16(block, half);
}

INLINE void q4_0_codes(const uint8_t *block, int g, int half, __m256i code[N_CHUNKS])
{
    (void)g;
    nibbles(block + 32, half, code);
}

INLINE void q4_1_codes(const uint8_t *block, int g, int half, __m256i code[N_CHUNKS])
{
    (void)g;
    nibbles(block + 64, half, code);
}

/* d, and m, which these formats add: the min is -m. */
INLINE void d_and_m(const uint8_t *block, int g, int half, __m256 scale[4])
{
    (void)g;
    scale[0] = load_f16(block, half);
    scale[1] = _mm256_xor_ps(load_f16(block + 32, half), _mm256_set1_ps(-0.0f));
}

INLINE void iq4_values(const uint8_t *p, int half, __m256i code[N_CHUNKS])
{
    const __m256i values = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113));
    nibbles(p, half, code);
    UNROLL
    for (int c = 0; c < N_CHUNKS; c++)
        code[c] = _mm256_shuffle_epi8(values, code[c]);
}

INLINE void iq4_nl_codes(const uint8_t *block, int g, int half, __m256i code[N_CHUNKS])
{
    (void)g;
    iq4_values(block + 32, half, code);
}

INLINE void iq4_xs_codes(const uint8_t *block, int g, int half, __m256i code[N_CHUNKS])
{
    iq4_values(block + 128 + 256 * g, half, code);
}

INLINE void iq4_xs_scales(const uint8_t *block, int g, int half, __m256 scale[4])
{
    const __m256i both = load_u8(block + 64 + 16 * (g / 2), half);
    const __m256i low = _mm256_and_si256(_mm256_srl_epi32(both, _mm_cvtsi32_si128(4 * (g % 2))), _mm256_set1_epi32(15));
    const __m256i all = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(block + 32 + 16 * half)));
    const __m256i top = _mm256_and_si256(_mm256_srl_epi32(all, _mm_cvtsi32_si128(2 * g)), _mm256_set1_epi32(3));
    const __m256i s = _mm256_sub_epi32(_mm256_or_si256(low, _mm256_slli_epi32(top, 4)), _mm256_set1_epi32(32));
    scale[0] = _mm256_mul_ps(load_f16(block, half), _mm256_cvtepi32_ps(s));
}

INLINE void mxfp4_codes(const uint8_t *block, int g, int half, __m256i code[N_CHUNKS])
{
    (void)g;
    const __m256i doubled_plus_12 =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0));
    nibbles(block + 16, half, code);
    UNROLL
    for (int c = 0; c < N_CHUNKS; c++)
        code[c] = _mm256_shuffle_epi8(doubled_plus_12, code[c]);
}

/* As block_e8m0_half. */
INLINE void mxfp4_scales(const uint8_t *block, int g, int half, __m256 scale[4])
{
    (void)g;
    const __m256i e = load_u8(block, half);
    const __m256i normal = _mm256_slli_epi32(_mm256_sub_epi32(e, _mm256_set1_epi32(1)), 23);
    const __m256i subnormal = _mm256_sllv_epi32(_mm256_set1_epi32(0x00200000), e);
    __m256i bits = _mm256_blendv_epi8(normal, subnormal, _mm256_cmpgt_epi32(_mm256_set1_epi32(2), e));
    bits = _mm256_blendv_epi8(bits, _mm256_set1_epi32(0x7fc00000), _mm256_cmpeq_epi32(e, _mm256_set1_epi32(255)));
    scale[0] = _mm256_castsi256_ps(bits);
}

/* Bit i of 32 as `value` in byte i. */
INLINE __m256i bits_as(char value, const uint8_t *p)
{
    int32_t bits;
    memcpy(&bits, p, sizeof bits);
    const __m256i byte_of = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
    const __m256i bit_of = _mm256_set1_epi64x((long long)0x8040201008040201);
    const __m256i spread = _mm256_shuffle_epi8(_mm256_set1_epi32(bits), byte_of);
    const __m256i is_set = _mm256_cmpeq_epi8(_mm256_and_si256(spread, bit_of), bit_of);
    return _mm256_and_si256(is_set, _mm256_set1_epi8(value));
}

/* 8 x 64 fifth bits, then nibbles. */
INLINE void five_bits(const uint8_t *p, int half, __m256i code[N_CHUNKS])
{
    nibbles(p + 64, half, code);
    UNROLL
    for (int c = 0; c < N_CHUNKS; c++)
        code[c] = _mm256_or_si256(code[c], bits_as(16, p + 8 * c + 4 * half));
}

INLINE void q5_0_codes(const uint8_t *block, int g, int half, __m256i code[N_CHUNKS])
{
    (void)g;
    five_bits(block + 32, half, code);
}

INLINE void q5_1_codes(const uint8_t *block, int g, int half, __m256i code[N_CHUNKS])
{
    (void)g;
    five_bits(block + 64, half, code);
}

INLINE void q4_k_codes(const uint8_t *block, int g, int half, __m256i code[N_CHUNKS])
{
    nibbles(block + 256 + 256 * g, half, code);
}

INLINE void q5_k_codes(const uint8_t *block, int g, int half, __m256i code[N_CHUNKS])
{
    five_bits(block + 256 + 320 * g, half, code);
}

/* The two numbers of 6 bits of group g. */
INLINE void six_bits(const uint8_t *p, int g, int half, __m256i pair[2])
{
    const __m256i low = load_u8(p + 16 * g, half);
    const __m256i top = _mm256_srl_epi32(load_u8(p + 128 + 16 * (g / 2), half), _mm_cvtsi32_si128(4 * (g % 2)));
    const __m256i low_bits = _mm256_set1_epi32(15), top_bits = _mm256_set1_epi32(3 << 4);
    pair[0] = _mm256_or_si256(_mm256_and_si256(low, low_bits), _mm256_and_si256(_mm256_slli_epi32(top, 4), top_bits));
    pair[1] = _mm256_or_si256(_mm256_srli_epi32(low, 4), _mm256_and_si256(_mm256_slli_epi32(top, 2), top_bits));
}

/* Of Q4_K and Q5_K. */
INLINE void k_scales(const uint8_t *block, int g, int half, __m256 scale[4])
{
    __m256i pair[2];
    six_bits(block + 64, g, half, pair);
    scale[0] = _mm256_mul_ps(load_f16(block, half), _mm256_cvtepi32_ps(pair[0]));
    scale[1] = _mm256_mul_ps(load_f16(block + 32, half), _mm256_cvtepi32_ps(pair[1]));
}

/* 32 pairs of bits. */
INLINE void pairs(const uint8_t *p, int half, __m256i code[N_CHUNKS])
{
    UNROLL
    for (int h = 0; h < 2; h++) {
        const __m256i four = load_bytes(p + CHUNK * h + CHUNK / 2 * half);
        const __m256i low[4] = {four, _mm256_srli_epi16(four, 2), _mm256_srli_epi16(four, 4),
                                _mm256_srli_epi16(four, 6)};
        UNROLL
        for (int s = 0; s < 4; s++)
            code[4 * h + s] = _mm256_and_si256(low[s], _mm256_set1_epi8(3));
    }
}

INLINE void q2_k_codes(const uint8_t *block, int g, int half, __m256i code[N_CHUNKS])
{
    pairs(block + 320 + 128 * g, half, code);
}

INLINE void q2_k_scales(const uint8_t *block, int g, int half, __m256 scale[4])
{
    UNROLL
    for (int h = 0; h < 2; h++) {
        const __m256i both = load_u8(block + 64 + 32 * g + 16 * h, half);
        const __m256i s = _mm256_and_si256(both, _mm256_set1_epi32(15)), m = _mm256_srli_epi32(both, 4);
        scale[h] = _mm256_mul_ps(load_f16(block, half), _mm256_cvtepi32_ps(s));
        scale[2 + h] = _mm256_mul_ps(load_f16(block + 32, half), _mm256_cvtepi32_ps(m));
    }
}

INLINE void q3_k_codes(const uint8_t *block, int g, int half, __m256i code[N_CHUNKS])
{
    const uint8_t *const group = block + 224 + 192 * g;
    pairs(group + 64, half, code);
    UNROLL
    for (int c = 0; c < N_CHUNKS; c++)
        code[c] = _mm256_or_si256(code[c], bits_as(4, group + 8 * c + 4 * half));
}

INLINE void q3_k_scales(const uint8_t *block, int g, int half, __m256 scale[4])
{
    __m256i pair[2];
    six_bits(block + 32, g, half, pair);
    UNROLL
    for (int h = 0; h < 2; h++) {
        const __m256i s = _mm256_sub_epi32(pair[h], _mm256_set1_epi32(32));
        scale[h] = _mm256_mul_ps(load_f16(block, half), _mm256_cvtepi32_ps(s));
    }
}

INLINE void q6_k_codes(const uint8_t *block, int g, int half, __m256i code[N_CHUNKS])
{
    const uint8_t *const group = block + 288 + 384 * g;
    const __m256i top_bits = _mm256_set1_epi8(3 << 4);
    nibbles(group, half, code);
    UNROLL
    for (int h = 0; h < 2; h++) {
        const __m256i pairs = load_bytes(group + 256 + CHUNK * h + CHUNK / 2 * half);
        const __m256i top[4] = {_mm256_slli_epi16(pairs, 4), _mm256_slli_epi16(pairs, 2), pairs,
                                _mm256_srli_epi16(pairs, 2)};
        UNROLL
        for (int s = 0; s < 4; s++)
            code[4 * h + s] = _mm256_or_si256(code[4 * h + s], _mm256_and_si256(top[s], top_bits));
    }
}

INLINE void q6_k_scales(const uint8_t *block, int g, int half, __m256 scale[4])
{
    UNROLL
    for (int h = 0; h < 2; h++) {
        const __m128i s = _mm_loadl_epi64((const __m128i *)(block + 32 + 32 * g + 16 * h + 8 * half));
        scale[h] = _mm256_mul_ps(load_f16(block, half), _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(s)));
    }
}

/* n_wide: 128 * 127 * 2, 127 * 127 * 2 (IQ4), 4 * (24 * 127 * 2), 4 * (31 * 127 * 2), 8 * (15 * 127 * 2) and
 * 2 * (63 * 127 * 2) are all below 2^15. */
static const format Q4_0 = {
    .block_bytes = 288, .n_groups = 1, .offset = 8, .n_wide = 8, .codes = q4_0_codes, .scales = f16_scales};
static const format Q4_1 = {
    .block_bytes = 320, .n_groups = 1, .n_wide = 8, .has_min = true, .codes = q4_1_codes, .scales = d_and_m};
static const format Q5_0 = {
    .block_bytes = 352, .n_groups = 1, .offset = 16, .n_wide = 4, .codes = q5_0_codes, .scales = f16_scales};
static const format Q5_1 = {
    .block_bytes = 384, .n_groups = 1, .n_wide = 4, .has_min = true, .codes = q5_1_codes, .scales = d_and_m};
static const format Q2_K = {.block_bytes = 1344,
                            .n_groups = 8,
                            .n_wide = 4,
                            .has_halves = true,
                            .has_min = true,
                            .codes = q2_k_codes,
                            .scales = q2_k_scales};
static const format Q3_K = {.block_bytes = 1760,
                            .n_groups = 8,
                            .offset = 4,
                            .n_wide = 4,
                            .has_halves = true,
                            .codes = q3_k_codes,
                            .scales = q3_k_scales};
static const format Q4_K = {
    .block_bytes = 2304, .n_groups = 8, .n_wide = 8, .has_min = true, .codes = q4_k_codes, .scales = k_scales};
static const format Q5_K = {
    .block_bytes = 2816, .n_groups = 8, .n_wide = 4, .has_min = true, .codes = q5_k_codes, .scales = k_scales};
static const format Q6_K = {.block_bytes = 3360,
                            .n_groups = 8,
                            .offset = 32,
                            .n_wide = 2,
                            .has_halves = true,
                            .codes = q6_k_codes,
                            .scales = q6_k_scales};
static const format IQ4_NL = {
    .block_bytes = 288, .n_groups = 1, .is_signed = true, .n_wide = 1, .codes = iq4_nl_codes, .scales = f16_scales};
static const format IQ4_XS = {
    .block_bytes = 2176, .n_groups = 8, .is_signed = true, .n_wide = 1, .codes = iq4_xs_codes, .scales = iq4_xs_scales};
static const format MXFP4 = {
    .block_bytes = 272, .n_groups = 1, .offset = 12, .n_wide = 4, .codes = mxfp4_codes, .scales = mxfp4_scales};

#endif
