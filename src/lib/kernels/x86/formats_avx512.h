/* formats_avx512.h - the quantized formats as the AVX-512 products see them: codes made unsigned, and scales.
 *
 * A register holds a chunk (tile_layout.h): four consecutive k of 16 rows.  Names end in _512.
 */
#ifndef KERNELS_X86_FORMATS_AVX512_H
#define KERNELS_X86_FORMATS_AVX512_H

#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "kernels/lanes/template.h"
#include "quant/formats.h"
#include "quant/tile_layout.h"

/* How a group of 32 k of a tile becomes unsigned codes and scales.  `block` is the format's struct. */
typedef struct format_512 {
    size_t block_bytes; // of 16 rows
    int n_groups;       // in a block
    int offset;         // added to the codes to make them unsigned
    bool has_halves;    // every 16 k have their own scale: scale[0] and [1]
    bool has_min;       // after the scales, as many
    bool is_fine;       // reads fine codes too; the scale is then of 128ths
    void (*codes)(const void *block, int g, __m512i code[TILE_CHUNKS]);
    void (*scales)(const void *block, int g, __m512 scale[4]);
} format_512;

/* ---- parts of a tile --------------------------------------------------------------------------------------------- */

INLINE __m512 load_f16_512(const uint16_t p[TILE_ROWS])
{
    return _mm512_cvtph_ps(_mm256_loadu_si256((const void *)p));
}

/* A byte of each row to an integer. */
INLINE __m512i load_u8_512(const uint8_t p[TILE_ROWS])
{
    return _mm512_cvtepu8_epi32(_mm_loadu_si128((const void *)p));
}

INLINE __m512 minus_512(__m512 a)
{
    return _mm512_xor_ps(a, _mm512_set1_ps(-0.0f));
}

INLINE __m512i load_chunk_512(const tile_chunk *p)
{
    return _mm512_loadu_si512(p->row);
}

/* Chunk 2 c from the low nibbles, 2 c + 1 from the high ones. */
INLINE void nibbles_512(const tile_nibbles *p, __m512i code[TILE_CHUNKS])
{
    const __m512i low = _mm512_set1_epi8(15);
    UNROLL
    for (int c = 0; c < TILE_CHUNKS / 2; c++) {
        const __m512i q = load_chunk_512(&p->chunk[c]);
        code[2 * c] = _mm512_and_si512(q, low);
        code[2 * c + 1] = _mm512_and_si512(_mm512_srli_epi16(q, 4), low);
    }
}

INLINE void pairs_512(const tile_pairs *p, __m512i code[TILE_CHUNKS])
{
    UNROLL
    for (int h = 0; h < 2; h++) {
        const __m512i four = load_chunk_512(&p->chunk[h]);
        const __m512i low[4] = {four, _mm512_srli_epi16(four, 2), _mm512_srli_epi16(four, 4),
                                _mm512_srli_epi16(four, 6)};
        UNROLL
        for (int s = 0; s < 4; s++)
            code[4 * h + s] = _mm512_and_si512(low[s], _mm512_set1_epi8(3));
    }
}

/* Adds `value` to the codes whose bit is set. */
INLINE void add_bits_512(char value, const tile_bits *p, __m512i code[TILE_CHUNKS])
{
    UNROLL
    for (int c = 0; c < TILE_CHUNKS; c++) {
        __mmask64 is_set;
        memcpy(&is_set, p->chunk[c], sizeof is_set);
        code[c] = _mm512_mask_add_epi8(code[c], is_set, code[c], _mm512_set1_epi8(value));
    }
}

/* The two numbers of group g. */
INLINE void six_bits_512(const tile_six_bits *p, int g, __m512i pair[2])
{
    const __m512i low = load_u8_512(p->low[g]);
    const __m512i top = _mm512_srl_epi32(load_u8_512(p->high[g / 2]), _mm_cvtsi32_si128(4 * (g % 2)));
    const __m512i low_bits = _mm512_set1_epi32(15), top_bits = _mm512_set1_epi32(3 << 4);
    pair[0] = _mm512_or_si512(_mm512_and_si512(low, low_bits), _mm512_and_si512(_mm512_slli_epi32(top, 4), top_bits));
    pair[1] = _mm512_or_si512(_mm512_srli_epi32(low, 4), _mm512_and_si512(_mm512_slli_epi32(top, 2), top_bits));
}

/* ---- formats ----------------------------------------------------------------------------------------------------- */

INLINE void q8_0_codes_512(const void *block, int g, __m512i code[TILE_CHUNKS])
{
    (void)g;
    const tile_q8_0 *const t = block;
    UNROLL
    for (int c = 0; c < TILE_CHUNKS; c++)
        code[c] = load_chunk_512(&t->chunk[c]);
}

INLINE void q8_0_scales_512(const void *block, int g, __m512 scale[4])
{
    (void)g;
    const tile_q8_0 *const t = block;
    scale[0] = _mm512_mul_ps(load_f16_512(t->d), _mm512_set1_ps(1.0f / 128));
}

INLINE void q4_0_codes_512(const void *block, int g, __m512i code[TILE_CHUNKS])
{
    (void)g;
    const tile_q4_0 *const t = block;
    nibbles_512(&t->nibbles, code);
}

INLINE void q4_0_scales_512(const void *block, int g, __m512 scale[4])
{
    (void)g;
    const tile_q4_0 *const t = block;
    scale[0] = load_f16_512(t->d);
}

INLINE void q4_1_codes_512(const void *block, int g, __m512i code[TILE_CHUNKS])
{
    (void)g;
    const tile_q4_1 *const t = block;
    nibbles_512(&t->nibbles, code);
}

INLINE void q4_1_scales_512(const void *block, int g, __m512 scale[4])
{
    (void)g;
    const tile_q4_1 *const t = block;
    scale[0] = load_f16_512(t->d);
    scale[1] = minus_512(load_f16_512(t->m)); // m is added: the min is -m
}

INLINE void q5_0_codes_512(const void *block, int g, __m512i code[TILE_CHUNKS])
{
    (void)g;
    const tile_q5_0 *const t = block;
    nibbles_512(&t->nibbles, code);
    add_bits_512(16, &t->fifth, code);
}

INLINE void q5_0_scales_512(const void *block, int g, __m512 scale[4])
{
    (void)g;
    const tile_q5_0 *const t = block;
    scale[0] = load_f16_512(t->d);
}

INLINE void q5_1_codes_512(const void *block, int g, __m512i code[TILE_CHUNKS])
{
    (void)g;
    const tile_q5_1 *const t = block;
    nibbles_512(&t->nibbles, code);
    add_bits_512(16, &t->fifth, code);
}

INLINE void q5_1_scales_512(const void *block, int g, __m512 scale[4])
{
    (void)g;
    const tile_q5_1 *const t = block;
    scale[0] = load_f16_512(t->d);
    scale[1] = minus_512(load_f16_512(t->m)); // m is added: the min is -m
}

/* The values of IQ4_NL and IQ4_XS, with 127 added (IQ4_VALUES). */
INLINE void iq4_values_512(const tile_nibbles *p, __m512i code[TILE_CHUNKS])
{
    const __m512i values_plus_127 =
        _mm512_broadcast_i32x4(_mm_setr_epi8(0, 23, 44, 62, 78, 92, 105, 117, (char)128, (char)140, (char)152,
                                             (char)165, (char)180, (char)196, (char)216, (char)240));
    nibbles_512(p, code);
    UNROLL
    for (int c = 0; c < TILE_CHUNKS; c++)
        code[c] = _mm512_shuffle_epi8(values_plus_127, code[c]);
}

INLINE void iq4_nl_codes_512(const void *block, int g, __m512i code[TILE_CHUNKS])
{
    (void)g;
    const tile_iq4_nl *const t = block;
    iq4_values_512(&t->nibbles, code);
}

INLINE void iq4_nl_scales_512(const void *block, int g, __m512 scale[4])
{
    (void)g;
    const tile_iq4_nl *const t = block;
    scale[0] = load_f16_512(t->d);
}

INLINE void mxfp4_codes_512(const void *block, int g, __m512i code[TILE_CHUNKS])
{
    (void)g;
    const tile_mxfp4 *const t = block;
    const __m512i doubled_plus_12 =
        _mm512_broadcast_i32x4(_mm_setr_epi8(12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0));
    nibbles_512(&t->nibbles, code);
    UNROLL
    for (int c = 0; c < TILE_CHUNKS; c++)
        code[c] = _mm512_shuffle_epi8(doubled_plus_12, code[c]);
}

/* As block_e8m0_half. */
INLINE void mxfp4_scales_512(const void *block, int g, __m512 scale[4])
{
    (void)g;
    const tile_mxfp4 *const t = block;
    const __m512i e = load_u8_512(t->e);
    __m512i bits = _mm512_slli_epi32(_mm512_sub_epi32(e, _mm512_set1_epi32(1)), 23);
    bits = _mm512_mask_sllv_epi32(bits, _mm512_cmplt_epi32_mask(e, _mm512_set1_epi32(2)), _mm512_set1_epi32(0x00200000),
                                  e);
    bits =
        _mm512_mask_mov_epi32(bits, _mm512_cmpeq_epi32_mask(e, _mm512_set1_epi32(255)), _mm512_set1_epi32(0x7fc00000));
    scale[0] = _mm512_castsi512_ps(bits);
}

INLINE void q2_k_codes_512(const void *block, int g, __m512i code[TILE_CHUNKS])
{
    const tile_q2_k *const t = block;
    pairs_512(&t->group[g], code);
}

INLINE void q2_k_scales_512(const void *block, int g, __m512 scale[4])
{
    const tile_q2_k *const t = block;
    UNROLL
    for (int h = 0; h < 2; h++) {
        const __m512i both = load_u8_512(t->scale_min[2 * g + h]);
        const __m512i s = _mm512_and_si512(both, _mm512_set1_epi32(15)), m = _mm512_srli_epi32(both, 4);
        scale[h] = _mm512_mul_ps(load_f16_512(t->d), _mm512_cvtepi32_ps(s));
        scale[2 + h] = _mm512_mul_ps(load_f16_512(t->dmin), _mm512_cvtepi32_ps(m));
    }
}

INLINE void q3_k_codes_512(const void *block, int g, __m512i code[TILE_CHUNKS])
{
    const tile_q3_k *const t = block;
    pairs_512(&t->group[g].pairs, code);
    add_bits_512(4, &t->group[g].third, code);
}

INLINE void q3_k_scales_512(const void *block, int g, __m512 scale[4])
{
    const tile_q3_k *const t = block;
    __m512i pair[2];
    six_bits_512(&t->scales, g, pair);
    UNROLL
    for (int h = 0; h < 2; h++) {
        const __m512i s = _mm512_sub_epi32(pair[h], _mm512_set1_epi32(32));
        scale[h] = _mm512_mul_ps(load_f16_512(t->d), _mm512_cvtepi32_ps(s));
    }
}

INLINE void q4_k_codes_512(const void *block, int g, __m512i code[TILE_CHUNKS])
{
    const tile_q4_k *const t = block;
    nibbles_512(&t->group[g], code);
}

/* Of Q4_K and Q5_K. */
INLINE void k_scales_512(const uint16_t *d, const uint16_t *dmin, const tile_six_bits *scales, int g, __m512 scale[4])
{
    __m512i pair[2];
    six_bits_512(scales, g, pair);
    scale[0] = _mm512_mul_ps(load_f16_512(d), _mm512_cvtepi32_ps(pair[0]));
    scale[1] = _mm512_mul_ps(load_f16_512(dmin), _mm512_cvtepi32_ps(pair[1]));
}

INLINE void q4_k_scales_512(const void *block, int g, __m512 scale[4])
{
    const tile_q4_k *const t = block;
    k_scales_512(t->d, t->dmin, &t->scales, g, scale);
}

INLINE void q5_k_codes_512(const void *block, int g, __m512i code[TILE_CHUNKS])
{
    const tile_q5_k *const t = block;
    nibbles_512(&t->group[g].nibbles, code);
    add_bits_512(16, &t->group[g].fifth, code);
}

INLINE void q5_k_scales_512(const void *block, int g, __m512 scale[4])
{
    const tile_q5_k *const t = block;
    k_scales_512(t->d, t->dmin, &t->scales, g, scale);
}

INLINE void q6_k_codes_512(const void *block, int g, __m512i code[TILE_CHUNKS])
{
    const tile_q6_k *const t = block;
    const __m512i top_bits = _mm512_set1_epi8(3 << 4);
    nibbles_512(&t->group[g].low, code);
    UNROLL
    for (int h = 0; h < 2; h++) {
        const __m512i four = load_chunk_512(&t->group[g].high.chunk[h]);
        const __m512i top[4] = {_mm512_slli_epi16(four, 4), _mm512_slli_epi16(four, 2), four,
                                _mm512_srli_epi16(four, 2)};
        UNROLL
        for (int s = 0; s < 4; s++)
            code[4 * h + s] = _mm512_or_si512(code[4 * h + s], _mm512_and_si512(top[s], top_bits));
    }
}

INLINE void q6_k_scales_512(const void *block, int g, __m512 scale[4])
{
    const tile_q6_k *const t = block;
    UNROLL
    for (int h = 0; h < 2; h++) {
        const __m128i s = _mm_loadu_si128((const void *)t->scale[2 * g + h]);
        scale[h] = _mm512_mul_ps(load_f16_512(t->d), _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(s)));
    }
}

INLINE void iq4_xs_codes_512(const void *block, int g, __m512i code[TILE_CHUNKS])
{
    const tile_iq4_xs *const t = block;
    iq4_values_512(&t->group[g], code);
}

INLINE void iq4_xs_scales_512(const void *block, int g, __m512 scale[4])
{
    const tile_iq4_xs *const t = block;
    const __m512i both = load_u8_512(t->low[g / 2]);
    const __m512i low = _mm512_and_si512(_mm512_srl_epi32(both, _mm_cvtsi32_si128(4 * (g % 2))), _mm512_set1_epi32(15));
    const __m512i all = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const void *)t->top));
    const __m512i top = _mm512_and_si512(_mm512_srl_epi32(all, _mm_cvtsi32_si128(2 * g)), _mm512_set1_epi32(3));
    const __m512i s = _mm512_sub_epi32(_mm512_or_si512(low, _mm512_slli_epi32(top, 4)), _mm512_set1_epi32(32));
    scale[0] = _mm512_mul_ps(load_f16_512(t->d), _mm512_cvtepi32_ps(s));
}

/* ---- descriptions ------------------------------------------------------------------------------------------------ */

/* What every description begins with. */
#define SMALL_512(name)                                                                                                \
    .block_bytes = sizeof(tile_##name), .n_groups = 1, .codes = name##_codes_512, .scales = name##_scales_512
#define LARGE_512(name)                                                                                                \
    .block_bytes = sizeof(tile_##name), .n_groups = TILE_GROUPS, .codes = name##_codes_512, .scales = name##_scales_512

static const format_512 Q8_0_512 = {SMALL_512(q8_0), .offset = 128, .is_fine = true};
static const format_512 Q4_0_512 = {SMALL_512(q4_0), .offset = 8};
static const format_512 Q4_1_512 = {SMALL_512(q4_1), .has_min = true};
static const format_512 Q5_0_512 = {SMALL_512(q5_0), .offset = 16};
static const format_512 Q5_1_512 = {SMALL_512(q5_1), .has_min = true};
static const format_512 Q2_K_512 = {LARGE_512(q2_k), .has_halves = true, .has_min = true};
static const format_512 Q3_K_512 = {LARGE_512(q3_k), .offset = 4, .has_halves = true};
static const format_512 Q4_K_512 = {LARGE_512(q4_k), .has_min = true};
static const format_512 Q5_K_512 = {LARGE_512(q5_k), .has_min = true};
static const format_512 Q6_K_512 = {LARGE_512(q6_k), .offset = 32, .has_halves = true};
static const format_512 IQ4_NL_512 = {SMALL_512(iq4_nl), .offset = 127};
static const format_512 IQ4_XS_512 = {LARGE_512(iq4_xs), .offset = 127};
static const format_512 MXFP4_512 = {SMALL_512(mxfp4), .offset = 12};

/* The formats described above: every one that all instruction sets have, and any of SCALAR_ONLY_FORMATS that AVX-512
 * has first (quant/formats.h). */
#define AVX512_FORMATS(X) SIMD_FORMATS(X)

#endif
