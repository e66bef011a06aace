/* formats_avx512.h - the quantized formats as the AVX-512 products see them: codes made unsigned, scales. */
#ifndef KERNELS_X86_FORMATS_AVX512_H
#define KERNELS_X86_FORMATS_AVX512_H

#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "kernels/lanes/template.h"

enum {
    CHUNK = 64,  // bytes of four consecutive k of 16 rows
    N_CHUNKS = 8 // in a group of 32 k
};

/* How a group of 32 k of a tile becomes unsigned codes and scales (layouts: quant/tile.h). */
typedef struct format {
    size_t block_bytes; // of 16 rows
    int n_groups;       // in a block
    int offset;         // what is added to the codes to make them unsigned
    bool has_halves;    // every 16 k have their own scale: scale[0] and [1]
    bool has_min;       // behind the scales, as many
    bool is_fine;       // reads fine codes too; the scale is then of 128ths
    void (*codes)(const uint8_t *block, int g, __m512i code[N_CHUNKS]);
    void (*scales)(const uint8_t *block, int g, __m512 scale[4]);
} format;

INLINE __m512 load_f16(const void *p)
{
    return _mm512_cvtph_ps(_mm256_loadu_si256(p));
}

/* 16 bytes to 16 integers. */
INLINE __m512i load_u8(const void *p)
{
    return _mm512_cvtepu8_epi32(_mm_loadu_si128(p));
}

/* Chunk 2 j from the low nibbles, 2 j + 1 from the high ones. */
INLINE void nibbles(const uint8_t *p, __m512i code[N_CHUNKS])
{
    const __m512i low = _mm512_set1_epi8(15);
    UNROLL
    for (int j = 0; j < N_CHUNKS / 2; j++) {
        const __m512i q = _mm512_loadu_si512(p + CHUNK * j);
        code[2 * j] = _mm512_and_si512(q, low);
        code[2 * j + 1] = _mm512_and_si512(_mm512_srli_epi16(q, 4), low);
    }
}

INLINE void f16_scales(const uint8_t *block, int g, __m512 scale[4])
{
    (void)g;
    scale[0] = load_f16(block);
}

INLINE void q8_0_scales(const uint8_t *block, int g, __m512 scale[4])
{
    (void)g;
    scale[0] = _mm512_mul_ps(load_f16(block), _mm512_set1_ps(1.0f / 128));
}

INLINE void q8_0_codes(const uint8_t *block, int g, __m512i code[N_CHUNKS])
{
    (void)g;
    UNROLL
    for (int c = 0; c < N_CHUNKS; c++)
        code[c] = _mm512_loadu_si512(block + 32 + CHUNK * c);
}

INLINE void q4_0_codes(const uint8_t *block, int g, __m512i code[N_CHUNKS])
{
    (void)g;
    nibbles(block + 32, code);
}

INLINE void q4_1_codes(const uint8_t *block, int g, __m512i code[N_CHUNKS])
{
    (void)g;
    nibbles(block + 64, code);
}

/* d, and m, which these formats add: the min is -m. */
INLINE void d_and_m(const uint8_t *block, int g, __m512 scale[4])
{
    (void)g;
    scale[0] = load_f16(block);
    scale[1] = _mm512_xor_ps(load_f16(block + 32), _mm512_set1_ps(-0.0f));
}

INLINE void iq4_values(const uint8_t *p, __m512i code[N_CHUNKS])
{
    const __m512i values_plus_127 =
        _mm512_broadcast_i32x4(_mm_setr_epi8(0, 23, 44, 62, 78, 92, 105, 117, (char)128, (char)140, (char)152,
                                             (char)165, (char)180, (char)196, (char)216, (char)240));
    nibbles(p, code);
    UNROLL
    for (int c = 0; c < N_CHUNKS; c++)
        code[c] = _mm512_shuffle_epi8(values_plus_127, code[c]);
}

INLINE void iq4_nl_codes(const uint8_t *block, int g, __m512i code[N_CHUNKS])
{
    (void)g;
    iq4_values(block + 32, code);
}

INLINE void iq4_xs_codes(const uint8_t *block, int g, __m512i code[N_CHUNKS])
{
    iq4_values(block + 128 + 256 * g, code);
}

INLINE void iq4_xs_scales(const uint8_t *block, int g, __m512 scale[4])
{
    const __m512i both = load_u8(block + 64 + 16 * (g / 2));
    const __m512i low = _mm512_and_si512(_mm512_srl_epi32(both, _mm_cvtsi32_si128(4 * (g % 2))), _mm512_set1_epi32(15));
    const __m512i all = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const void *)(block + 32)));
    const __m512i top = _mm512_and_si512(_mm512_srl_epi32(all, _mm_cvtsi32_si128(2 * g)), _mm512_set1_epi32(3));
    const __m512i s = _mm512_sub_epi32(_mm512_or_si512(low, _mm512_slli_epi32(top, 4)), _mm512_set1_epi32(32));
    scale[0] = _mm512_mul_ps(load_f16(block), _mm512_cvtepi32_ps(s));
}

INLINE void mxfp4_codes(const uint8_t *block, int g, __m512i code[N_CHUNKS])
{
    (void)g;
    const __m512i doubled_plus_12 =
        _mm512_broadcast_i32x4(_mm_setr_epi8(12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0));
    nibbles(block + 16, code);
    UNROLL
    for (int c = 0; c < N_CHUNKS; c++)
        code[c] = _mm512_shuffle_epi8(doubled_plus_12, code[c]);
}

/* As block_e8m0_half. */
INLINE void mxfp4_scales(const uint8_t *block, int g, __m512 scale[4])
{
    (void)g;
    const __m512i e = load_u8(block);
    __m512i bits = _mm512_slli_epi32(_mm512_sub_epi32(e, _mm512_set1_epi32(1)), 23);
    bits = _mm512_mask_sllv_epi32(bits, _mm512_cmplt_epi32_mask(e, _mm512_set1_epi32(2)), _mm512_set1_epi32(0x00200000),
                                  e);
    bits =
        _mm512_mask_mov_epi32(bits, _mm512_cmpeq_epi32_mask(e, _mm512_set1_epi32(255)), _mm512_set1_epi32(0x7fc00000));
    scale[0] = _mm512_castsi512_ps(bits);
}

/* Adds `value` to the codes whose bit of 8 x 64 is set. */
INLINE void add_bits(char value, const uint8_t *p, __m512i code[N_CHUNKS])
{
    UNROLL
    for (int c = 0; c < N_CHUNKS; c++) {
        __mmask64 is_set;
        memcpy(&is_set, p + 8 * c, sizeof is_set);
        code[c] = _mm512_mask_add_epi8(code[c], is_set, code[c], _mm512_set1_epi8(value));
    }
}

/* 8 x 64 fifth bits, then nibbles. */
INLINE void five_bits(const uint8_t *p, __m512i code[N_CHUNKS])
{
    nibbles(p + 64, code);
    add_bits(16, p, code);
}

INLINE void q5_0_codes(const uint8_t *block, int g, __m512i code[N_CHUNKS])
{
    (void)g;
    five_bits(block + 32, code);
}

INLINE void q5_1_codes(const uint8_t *block, int g, __m512i code[N_CHUNKS])
{
    (void)g;
    five_bits(block + 64, code);
}

INLINE void q4_k_codes(const uint8_t *block, int g, __m512i code[N_CHUNKS])
{
    nibbles(block + 256 + 256 * g, code);
}

INLINE void q5_k_codes(const uint8_t *block, int g, __m512i code[N_CHUNKS])
{
    five_bits(block + 256 + 320 * g, code);
}

/* The two numbers of 6 bits of group g. */
INLINE void six_bits(const uint8_t *p, int g, __m512i pair[2])
{
    const __m512i low = load_u8(p + 16 * g);
    const __m512i top = _mm512_srl_epi32(load_u8(p + 128 + 16 * (g / 2)), _mm_cvtsi32_si128(4 * (g % 2)));
    const __m512i low_bits = _mm512_set1_epi32(15), top_bits = _mm512_set1_epi32(3 << 4);
    pair[0] = _mm512_or_si512(_mm512_and_si512(low, low_bits), _mm512_and_si512(_mm512_slli_epi32(top, 4), top_bits));
    pair[1] = _mm512_or_si512(_mm512_srli_epi32(low, 4), _mm512_and_si512(_mm512_slli_epi32(top, 2), top_bits));
}

/* Of Q4_K and Q5_K. */
INLINE void k_scales(const uint8_t *block, int g, __m512 scale[4])
{
    __m512i pair[2];
    six_bits(block + 64, g, pair);
    scale[0] = _mm512_mul_ps(load_f16(block), _mm512_cvtepi32_ps(pair[0]));
    scale[1] = _mm512_mul_ps(load_f16(block + 32), _mm512_cvtepi32_ps(pair[1]));
}

/* 32 pairs of bits. */
INLINE void pairs(const uint8_t *p, __m512i code[N_CHUNKS])
{
    UNROLL
    for (int h = 0; h < 2; h++) {
        const __m512i four = _mm512_loadu_si512(p + CHUNK * h);
        const __m512i low[4] = {four, _mm512_srli_epi16(four, 2), _mm512_srli_epi16(four, 4),
                                _mm512_srli_epi16(four, 6)};
        UNROLL
        for (int s = 0; s < 4; s++)
            code[4 * h + s] = _mm512_and_si512(low[s], _mm512_set1_epi8(3));
    }
}

INLINE void q2_k_codes(const uint8_t *block, int g, __m512i code[N_CHUNKS])
{
    pairs(block + 320 + 128 * g, code);
}

INLINE void q2_k_scales(const uint8_t *block, int g, __m512 scale[4])
{
    UNROLL
    for (int h = 0; h < 2; h++) {
        const __m512i both = load_u8(block + 64 + 32 * g + 16 * h);
        const __m512i s = _mm512_and_si512(both, _mm512_set1_epi32(15)), m = _mm512_srli_epi32(both, 4);
        scale[h] = _mm512_mul_ps(load_f16(block), _mm512_cvtepi32_ps(s));
        scale[2 + h] = _mm512_mul_ps(load_f16(block + 32), _mm512_cvtepi32_ps(m));
    }
}

INLINE void q3_k_codes(const uint8_t *block, int g, __m512i code[N_CHUNKS])
{
    const uint8_t *const group = block + 224 + 192 * g;
    pairs(group + 64, code);
    add_bits(4, group, code);
}

INLINE void q3_k_scales(const uint8_t *block, int g, __m512 scale[4])
{
    __m512i pair[2];
    six_bits(block + 32, g, pair);
    UNROLL
    for (int h = 0; h < 2; h++) {
        const __m512i s = _mm512_sub_epi32(pair[h], _mm512_set1_epi32(32));
        scale[h] = _mm512_mul_ps(load_f16(block), _mm512_cvtepi32_ps(s));
    }
}

INLINE void q6_k_codes(const uint8_t *block, int g, __m512i code[N_CHUNKS])
{
    const uint8_t *const group = block + 288 + 384 * g;
    const __m512i top_bits = _mm512_set1_epi8(3 << 4);
    nibbles(group, code);
    UNROLL
    for (int h = 0; h < 2; h++) {
        const __m512i pairs = _mm512_loadu_si512(group + 256 + CHUNK * h);
        const __m512i top[4] = {_mm512_slli_epi16(pairs, 4), _mm512_slli_epi16(pairs, 2), pairs,
                                _mm512_srli_epi16(pairs, 2)};
        UNROLL
        for (int s = 0; s < 4; s++)
            code[4 * h + s] = _mm512_or_si512(code[4 * h + s], _mm512_and_si512(top[s], top_bits));
    }
}

INLINE void q6_k_scales(const uint8_t *block, int g, __m512 scale[4])
{
    UNROLL
    for (int h = 0; h < 2; h++) {
        const __m128i s = _mm_loadu_si128((const void *)(block + 32 + 32 * g + 16 * h));
        scale[h] = _mm512_mul_ps(load_f16(block), _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(s)));
    }
}

static const format Q8_0 = {
    .block_bytes = 544, .n_groups = 1, .offset = 128, .is_fine = true, .codes = q8_0_codes, .scales = q8_0_scales};
static const format Q4_0 = {.block_bytes = 288, .n_groups = 1, .offset = 8, .codes = q4_0_codes, .scales = f16_scales};
static const format Q4_1 = {.block_bytes = 320, .n_groups = 1, .has_min = true, .codes = q4_1_codes, .scales = d_and_m};
static const format Q5_0 = {.block_bytes = 352, .n_groups = 1, .offset = 16, .codes = q5_0_codes, .scales = f16_scales};
static const format Q5_1 = {.block_bytes = 384, .n_groups = 1, .has_min = true, .codes = q5_1_codes, .scales = d_and_m};
static const format Q2_K = {.block_bytes = 1344,
                            .n_groups = 8,
                            .has_halves = true,
                            .has_min = true,
                            .codes = q2_k_codes,
                            .scales = q2_k_scales};
static const format Q3_K = {
    .block_bytes = 1760, .n_groups = 8, .offset = 4, .has_halves = true, .codes = q3_k_codes, .scales = q3_k_scales};
static const format Q4_K = {
    .block_bytes = 2304, .n_groups = 8, .has_min = true, .codes = q4_k_codes, .scales = k_scales};
static const format Q5_K = {
    .block_bytes = 2816, .n_groups = 8, .has_min = true, .codes = q5_k_codes, .scales = k_scales};
static const format Q6_K = {
    .block_bytes = 3360, .n_groups = 8, .offset = 32, .has_halves = true, .codes = q6_k_codes, .scales = q6_k_scales};
static const format IQ4_NL = {
    .block_bytes = 288, .n_groups = 1, .offset = 127, .codes = iq4_nl_codes, .scales = f16_scales};
static const format IQ4_XS = {
    .block_bytes = 2176, .n_groups = 8, .offset = 127, .codes = iq4_xs_codes, .scales = iq4_xs_scales};
static const format MXFP4 = {
    .block_bytes = 272, .n_groups = 1, .offset = 12, .codes = mxfp4_codes, .scales = mxfp4_scales};

#endif
