/* formats_avx2.h - the quantized formats as the products in 256-bit registers see them: codes of 8 rows, and scales.
 *
 * A register holds one half (0, 1) of a chunk (tile_layout.h): four consecutive k of 8 rows.  Names end in _256.
 */
#ifndef KERNELS_X86_FORMATS_AVX2_H
#define KERNELS_X86_FORMATS_AVX2_H

#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "kernels/lanes/template.h"
#include "quant/formats.h"
#include "quant/tile_layout.h"

enum { HALF_ROWS = TILE_ROWS / 2 };

/* How a group of 32 k of one half of a tile becomes codes and scales.  `block` is the format's struct. */
typedef struct format_256 {
    size_t block_bytes; // of 16 rows
    int n_groups;       // in a block
    int offset;         // added to the codes to make them unsigned
    bool is_signed;     // codes stay signed bytes
    int n_wide;         // chunks whose sums of two products, added up, fit 16 bits
    bool has_halves;    // every 16 k have their own scale: scale[0] and [1]
    bool has_min;       // after the scales, as many
    void (*codes)(const void *block, int g, int half, __m256i code[TILE_CHUNKS]);
    void (*scales)(const void *block, int g, int half, __m256 scale[4]);
} format_256;

/* ---- parts of a tile --------------------------------------------------------------------------------------------- */

INLINE __m256 load_f16_256(const uint16_t p[TILE_ROWS], int half)
{
    return _mm256_cvtph_ps(_mm_loadu_si128((const void *)(p + HALF_ROWS * half)));
}

/* A byte of each row to an integer. */
INLINE __m256i load_u8_256(const uint8_t p[TILE_ROWS], int half)
{
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)(p + HALF_ROWS * half)));
}

INLINE __m256 minus_256(__m256 a)
{
    return _mm256_xor_ps(a, _mm256_set1_ps(-0.0f));
}

INLINE __m256i load_chunk_256(const tile_chunk *p, int half)
{
    return _mm256_loadu_si256((const void *)p->row[HALF_ROWS * half]);
}

/* Chunk 2 c from the low nibbles, 2 c + 1 from the high ones. */
INLINE void nibbles_256(const tile_nibbles *p, int half, __m256i code[TILE_CHUNKS])
{
    const __m256i low = _mm256_set1_epi8(15);
    UNROLL
    for (int c = 0; c < TILE_CHUNKS / 2; c++) {
        const __m256i q = load_chunk_256(&p->chunk[c], half);
        code[2 * c] = _mm256_and_si256(q, low);
        code[2 * c + 1] = _mm256_and_si256(_mm256_srli_epi16(q, 4), low);
    }
}

INLINE void pairs_256(const tile_pairs *p, int half, __m256i code[TILE_CHUNKS])
{
    UNROLL
    for (int h = 0; h < 2; h++) {
        const __m256i four = load_chunk_256(&p->chunk[h], half);
        const __m256i low[4] = {four, _mm256_srli_epi16(four, 2), _mm256_srli_epi16(four, 4),
                                _mm256_srli_epi16(four, 6)};
        UNROLL
        for (int s = 0; s < 4; s++)
            code[4 * h + s] = _mm256_and_si256(low[s], _mm256_set1_epi8(3));
    }
}

/* Bits of 8 rows of a chunk, from the first row's on: bit i of 32 as `value` in byte i. */
INLINE __m256i bits_as_256(char value, const uint16_t *p)
{
    int32_t bits;
    memcpy(&bits, p, sizeof bits);
    const __m256i byte_of = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
    const __m256i bit_of = _mm256_set1_epi64x((long long)0x8040201008040201);
    const __m256i spread = _mm256_shuffle_epi8(_mm256_set1_epi32(bits), byte_of);
    const __m256i is_set = _mm256_cmpeq_epi8(_mm256_and_si256(spread, bit_of), bit_of);
    return _mm256_and_si256(is_set, _mm256_set1_epi8(value));
}

/* Adds `value` to the codes, which do not have it, whose bit is set. */
INLINE void add_bits_256(char value, const tile_bits *p, int half, __m256i code[TILE_CHUNKS])
{
    UNROLL
    for (int c = 0; c < TILE_CHUNKS; c++)
        code[c] = _mm256_or_si256(code[c], bits_as_256(value, &p->chunk[c][HALF_ROWS / 4 * half]));
}

/* The two numbers of group g. */
INLINE void six_bits_256(const tile_six_bits *p, int g, int half, __m256i pair[2])
{
    const __m256i low = load_u8_256(p->low[g], half);
    const __m256i top = _mm256_srl_epi32(load_u8_256(p->high[g / 2], half), _mm_cvtsi32_si128(4 * (g % 2)));
    const __m256i low_bits = _mm256_set1_epi32(15), top_bits = _mm256_set1_epi32(3 << 4);
    pair[0] = _mm256_or_si256(_mm256_and_si256(low, low_bits), _mm256_and_si256(_mm256_slli_epi32(top, 4), top_bits));
    pair[1] = _mm256_or_si256(_mm256_srli_epi32(low, 4), _mm256_and_si256(_mm256_slli_epi32(top, 2), top_bits));
}

/* ---- formats ----------------------------------------------------------------------------------------------------- */

INLINE void q4_0_codes_256(const void *block, int g, int half, __m256i code[TILE_CHUNKS])
{
    (void)g;
    const tile_q4_0 *const t = block;
    nibbles_256(&t->nibbles, half, code);
}

INLINE void q4_0_scales_256(const void *block, int g, int half, __m256 scale[4])
{
    (void)g;
    const tile_q4_0 *const t = block;
    scale[0] = load_f16_256(t->d, half);
}

INLINE void q4_1_codes_256(const void *block, int g, int half, __m256i code[TILE_CHUNKS])
{
    (void)g;
    const tile_q4_1 *const t = block;
    nibbles_256(&t->nibbles, half, code);
}

INLINE void q4_1_scales_256(const void *block, int g, int half, __m256 scale[4])
{
    (void)g;
    const tile_q4_1 *const t = block;
    scale[0] = load_f16_256(t->d, half);
    scale[1] = minus_256(load_f16_256(t->m, half)); // m is added: the min is -m
}

INLINE void q5_0_codes_256(const void *block, int g, int half, __m256i code[TILE_CHUNKS])
{
    (void)g;
    const tile_q5_0 *const t = block;
    nibbles_256(&t->nibbles, half, code);
    add_bits_256(16, &t->fifth, half, code);
}

INLINE void q5_0_scales_256(const void *block, int g, int half, __m256 scale[4])
{
    (void)g;
    const tile_q5_0 *const t = block;
    scale[0] = load_f16_256(t->d, half);
}

INLINE void q5_1_codes_256(const void *block, int g, int half, __m256i code[TILE_CHUNKS])
{
    (void)g;
    const tile_q5_1 *const t = block;
    nibbles_256(&t->nibbles, half, code);
    add_bits_256(16, &t->fifth, half, code);
}

INLINE void q5_1_scales_256(const void *block, int g, int half, __m256 scale[4])
{
    (void)g;
    const tile_q5_1 *const t = block;
    scale[0] = load_f16_256(t->d, half);
    scale[1] = minus_256(load_f16_256(t->m, half)); // m is added: the min is -m
}

/* The values of IQ4_NL and IQ4_XS (IQ4_VALUES), signed. */
INLINE void iq4_values_256(const tile_nibbles *p, int half, __m256i code[TILE_CHUNKS])
{
    const __m256i values = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113));
    nibbles_256(p, half, code);
    UNROLL
    for (int c = 0; c < TILE_CHUNKS; c++)
        code[c] = _mm256_shuffle_epi8(values, code[c]);
}

INLINE void iq4_nl_codes_256(const void *block, int g, int half, __m256i code[TILE_CHUNKS])
{
    (void)g;
    const tile_iq4_nl *const t = block;
    iq4_values_256(&t->nibbles, half, code);
}

INLINE void iq4_nl_scales_256(const void *block, int g, int half, __m256 scale[4])
{
    (void)g;
    const tile_iq4_nl *const t = block;
    scale[0] = load_f16_256(t->d, half);
}

INLINE void mxfp4_codes_256(const void *block, int g, int half, __m256i code[TILE_CHUNKS])
{
    (void)g;
    const tile_mxfp4 *const t = block;
    const __m256i doubled_plus_12 =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0));
    nibbles_256(&t->nibbles, half, code);
    UNROLL
    for (int c = 0; c < TILE_CHUNKS; c++)
        code[c] = _mm256_shuffle_epi8(doubled_plus_12, code[c]);
}

/* As block_e8m0_half. */
INLINE void mxfp4_scales_256(const void *block, int g, int half, __m256 scale[4])
{
    (void)g;
    const tile_mxfp4 *const t = block;
    const __m256i e = load_u8_256(t->e, half);
    const __m256i normal = _mm256_slli_epi32(_mm256_sub_epi32(e, _mm256_set1_epi32(1)), 23);
    const __m256i subnormal = _mm256_sllv_epi32(_mm256_set1_epi32(0x00200000), e);
    __m256i bits = _mm256_blendv_epi8(normal, subnormal, _mm256_cmpgt_epi32(_mm256_set1_epi32(2), e));
    bits = _mm256_blendv_epi8(bits, _mm256_set1_epi32(0x7fc00000), _mm256_cmpeq_epi32(e, _mm256_set1_epi32(255)));
    scale[0] = _mm256_castsi256_ps(bits);
}

INLINE void q2_k_codes_256(const void *block, int g, int half, __m256i code[TILE_CHUNKS])
{
    const tile_q2_k *const t = block;
    pairs_256(&t->group[g], half, code);
}

INLINE void q2_k_scales_256(const void *block, int g, int half, __m256 scale[4])
{
    const tile_q2_k *const t = block;
    UNROLL
    for (int h = 0; h < 2; h++) {
        const __m256i both = load_u8_256(t->scale_min[2 * g + h], half);
        const __m256i s = _mm256_and_si256(both, _mm256_set1_epi32(15)), m = _mm256_srli_epi32(both, 4);
        scale[h] = _mm256_mul_ps(load_f16_256(t->d, half), _mm256_cvtepi32_ps(s));
        scale[2 + h] = _mm256_mul_ps(load_f16_256(t->dmin, half), _mm256_cvtepi32_ps(m));
    }
}

INLINE void q3_k_codes_256(const void *block, int g, int half, __m256i code[TILE_CHUNKS])
{
    const tile_q3_k *const t = block;
    pairs_256(&t->group[g].pairs, half, code);
    add_bits_256(4, &t->group[g].third, half, code);
}

INLINE void q3_k_scales_256(const void *block, int g, int half, __m256 scale[4])
{
    const tile_q3_k *const t = block;
    __m256i pair[2];
    six_bits_256(&t->scales, g, half, pair);
    UNROLL
    for (int h = 0; h < 2; h++) {
        const __m256i s = _mm256_sub_epi32(pair[h], _mm256_set1_epi32(32));
        scale[h] = _mm256_mul_ps(load_f16_256(t->d, half), _mm256_cvtepi32_ps(s));
    }
}

INLINE void q4_k_codes_256(const void *block, int g, int half, __m256i code[TILE_CHUNKS])
{
    const tile_q4_k *const t = block;
    nibbles_256(&t->group[g], half, code);
}

INLINE void q4_k_scales_256(const void *block, int g, int half, __m256 scale[4])
{
    const tile_q4_k *const t = block;
    __m256i pair[2];
    six_bits_256(&t->scales, g, half, pair);
    scale[0] = _mm256_mul_ps(load_f16_256(t->d, half), _mm256_cvtepi32_ps(pair[0]));
    scale[1] = _mm256_mul_ps(load_f16_256(t->dmin, half), _mm256_cvtepi32_ps(pair[1]));
}

INLINE void q5_k_codes_256(const void *block, int g, int half, __m256i code[TILE_CHUNKS])
{
    const tile_q5_k *const t = block;
    nibbles_256(&t->group[g].nibbles, half, code);
    add_bits_256(16, &t->group[g].fifth, half, code);
}

INLINE void q5_k_scales_256(const void *block, int g, int half, __m256 scale[4])
{
    const tile_q5_k *const t = block;
    __m256i pair[2];
    six_bits_256(&t->scales, g, half, pair);
    scale[0] = _mm256_mul_ps(load_f16_256(t->d, half), _mm256_cvtepi32_ps(pair[0]));
    scale[1] = _mm256_mul_ps(load_f16_256(t->dmin, half), _mm256_cvtepi32_ps(pair[1]));
}

INLINE void q6_k_codes_256(const void *block, int g, int half, __m256i code[TILE_CHUNKS])
{
    const tile_q6_k *const t = block;
    const __m256i top_bits = _mm256_set1_epi8(3 << 4);
    nibbles_256(&t->group[g].low, half, code);
    UNROLL
    for (int h = 0; h < 2; h++) {
        const __m256i four = load_chunk_256(&t->group[g].high.chunk[h], half);
        const __m256i top[4] = {_mm256_slli_epi16(four, 4), _mm256_slli_epi16(four, 2), four,
                                _mm256_srli_epi16(four, 2)};
        UNROLL
        for (int s = 0; s < 4; s++)
            code[4 * h + s] = _mm256_or_si256(code[4 * h + s], _mm256_and_si256(top[s], top_bits));
    }
}

INLINE void q6_k_scales_256(const void *block, int g, int half, __m256 scale[4])
{
    const tile_q6_k *const t = block;
    UNROLL
    for (int h = 0; h < 2; h++) {
        const __m128i s = _mm_loadl_epi64((const void *)(t->scale[2 * g + h] + HALF_ROWS * half));
        scale[h] = _mm256_mul_ps(load_f16_256(t->d, half), _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(s)));
    }
}

INLINE void iq4_xs_codes_256(const void *block, int g, int half, __m256i code[TILE_CHUNKS])
{
    const tile_iq4_xs *const t = block;
    iq4_values_256(&t->group[g], half, code);
}

INLINE void iq4_xs_scales_256(const void *block, int g, int half, __m256 scale[4])
{
    const tile_iq4_xs *const t = block;
    const __m256i both = load_u8_256(t->low[g / 2], half);
    const __m256i low = _mm256_and_si256(_mm256_srl_epi32(both, _mm_cvtsi32_si128(4 * (g % 2))), _mm256_set1_epi32(15));
    const __m256i all = _mm256_cvtepu16_epi32(_mm_loadu_si128((const void *)(t->top + HALF_ROWS * half)));
    const __m256i top = _mm256_and_si256(_mm256_srl_epi32(all, _mm_cvtsi32_si128(2 * g)), _mm256_set1_epi32(3));
    const __m256i s = _mm256_sub_epi32(_mm256_or_si256(low, _mm256_slli_epi32(top, 4)), _mm256_set1_epi32(32));
    scale[0] = _mm256_mul_ps(load_f16_256(t->d, half), _mm256_cvtepi32_ps(s));
}

/* ---- descriptions ------------------------------------------------------------------------------------------------ */

/* What every description begins with. */
#define SMALL_256(name)                                                                                                \
    .block_bytes = sizeof(tile_##name), .n_groups = 1, .codes = name##_codes_256, .scales = name##_scales_256
#define LARGE_256(name)                                                                                                \
    .block_bytes = sizeof(tile_##name), .n_groups = TILE_GROUPS, .codes = name##_codes_256, .scales = name##_scales_256

/* n_wide: 127 * 127 * 2 (IQ4), 4 * (24 * 127 * 2), 4 * (31 * 127 * 2), 8 * (15 * 127 * 2) and 2 * (63 * 127 * 2) are
 * all below 2^15. */
static const format_256 Q4_0_256 = {SMALL_256(q4_0), .offset = 8, .n_wide = 8};
static const format_256 Q4_1_256 = {SMALL_256(q4_1), .n_wide = 8, .has_min = true};
static const format_256 Q5_0_256 = {SMALL_256(q5_0), .offset = 16, .n_wide = 4};
static const format_256 Q5_1_256 = {SMALL_256(q5_1), .n_wide = 4, .has_min = true};
static const format_256 Q2_K_256 = {LARGE_256(q2_k), .n_wide = 4, .has_halves = true, .has_min = true};
static const format_256 Q3_K_256 = {LARGE_256(q3_k), .offset = 4, .n_wide = 4, .has_halves = true};
static const format_256 Q4_K_256 = {LARGE_256(q4_k), .n_wide = 8, .has_min = true};
static const format_256 Q5_K_256 = {LARGE_256(q5_k), .n_wide = 4, .has_min = true};
static const format_256 Q6_K_256 = {LARGE_256(q6_k), .offset = 32, .n_wide = 2, .has_halves = true};
static const format_256 IQ4_NL_256 = {SMALL_256(iq4_nl), .is_signed = true, .n_wide = 1};
static const format_256 IQ4_XS_256 = {LARGE_256(iq4_xs), .is_signed = true, .n_wide = 1};
static const format_256 MXFP4_256 = {SMALL_256(mxfp4), .offset = 12, .n_wide = 4};

/* The formats described above: every coarse one that all instruction sets have, and any of SCALAR_ONLY_FORMATS that
 * AVX2 and AVX-VNNI have first (quant/formats.h).  Q8_0 has a product of its own: fine_256_body.h. */
#define COARSE_FORMATS_256(X) COARSE_FORMATS(X)

#endif
