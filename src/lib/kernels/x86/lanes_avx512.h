/* lanes_avx512.h - 16 floats side by side, one register: the words that the bodies in lanes/ are written in. */
#ifndef KERNELS_X86_LANES_AVX512_H
#define KERNELS_X86_LANES_AVX512_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#include "kernels/lanes/template.h"

#define LANES_16 // the bodies in lanes/ may follow

typedef __m512 f32x16;

enum { N_REGISTERS = 32, PER_LANES = 1 }; // registers in an f32x16

INLINE f32x16 lanes_set(float v)
{
    return _mm512_set1_ps(v);
}

INLINE f32x16 lanes_load(const float *p)
{
    return _mm512_loadu_ps(p);
}

INLINE f32x16 lanes_load_f16(const void *p)
{
    return _mm512_cvtph_ps(_mm256_loadu_si256(p));
}

INLINE f32x16 lanes_load_bf16(const void *p)
{
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256(p)), 16));
}

INLINE f32x16 lanes_load_i8(const int8_t *p)
{
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(const void *)p)));
}

INLINE void lanes_store(float *p, f32x16 a)
{
    _mm512_storeu_ps(p, a);
}

INLINE f32x16 lanes_add(f32x16 a, f32x16 b)
{
    return _mm512_add_ps(a, b);
}

INLINE f32x16 lanes_sub(f32x16 a, f32x16 b)
{
    return _mm512_sub_ps(a, b);
}

INLINE f32x16 lanes_mul(f32x16 a, f32x16 b)
{
    return _mm512_mul_ps(a, b);
}

INLINE f32x16 lanes_div(f32x16 a, f32x16 b)
{
    return _mm512_div_ps(a, b);
}

/* a * b + c, rounded once. */
INLINE f32x16 lanes_fma(f32x16 a, f32x16 b, f32x16 c)
{
    return _mm512_fmadd_ps(a, b, c);
}

/* a < b ? a : b */
INLINE f32x16 lanes_min(f32x16 a, f32x16 b)
{
    return _mm512_min_ps(a, b);
}

/* a > b ? a : b */
INLINE f32x16 lanes_max(f32x16 a, f32x16 b)
{
    return _mm512_max_ps(a, b);
}

/* a < b ? yes : no */
INLINE f32x16 lanes_if_less(f32x16 a, f32x16 b, f32x16 yes, f32x16 no)
{
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), no, yes);
}

/* To the nearest integer, halves to even. */
INLINE f32x16 lanes_round(f32x16 a)
{
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

/* a * 2^n for whole n, rounded once: -126 <= n <= 128 and a near 1. */
INLINE f32x16 lanes_scale(f32x16 a, f32x16 n)
{
    return _mm512_scalef_ps(a, n);
}

/* The tree of math_tree_sum. */
INLINE float lanes_sum(f32x16 a)
{
    const __m256 t = _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
    const __m128 u = _mm_add_ps(_mm256_castps256_ps128(t), _mm256_extractf128_ps(t, 1));
    const __m128 v = _mm_add_ps(u, _mm_movehl_ps(u, u));
    return _mm_cvtss_f32(_mm_add_ss(v, _mm_movehdup_ps(v)));
}

/* The largest lane; none is NaN. */
INLINE float lanes_max_of(f32x16 a)
{
    return _mm512_reduce_max_ps(a);
}

/* The largest of the bit patterns without sign of 32 floats. */
INLINE uint32_t lanes_max_magnitude(f32x16 a, f32x16 b)
{
    const __m512i magnitude = _mm512_set1_epi32(0x7fffffff);
    return _mm512_reduce_max_epu32(_mm512_max_epu32(_mm512_and_si512(_mm512_castps_si512(a), magnitude),
                                                    _mm512_and_si512(_mm512_castps_si512(b), magnitude)));
}

/* Rounds to integers, which fit a byte, halves to even; returns their sum. */
INLINE int lanes_store_i8(int8_t *p, f32x16 a)
{
    const __m512i i = _mm512_cvtps_epi32(a);
    _mm_storeu_si128((__m128i *)p, _mm512_cvtepi32_epi8(i));
    return _mm512_reduce_add_epi32(i);
}

/* Sums of products of bytes, four at a time in each of 16 lanes. */
typedef __m512i i32x16;
typedef __m512i i8x64;

/* 16 x 4 codes, -127 .. 127; here with 128 added, since vpdpbusd takes one unsigned operand. */
INLINE i8x64 lanes_load_codes(const int8_t *p)
{
    return _mm512_xor_si512(_mm512_loadu_si512(p), _mm512_set1_epi8((char)0x80));
}

/* What a sum begins with: nothing, but for what that 128 will add; sum is that of all codes that it is multiplied by.
 */
INLINE i32x16 lanes_dot_begin(int32_t sum)
{
    return _mm512_set1_epi32(-128 * sum);
}

/* Every lane of `sum` + its four codes of `a` times the four codes b. */
INLINE i32x16 lanes_dot(i32x16 sum, i8x64 a, const int8_t b[4])
{
    int32_t four;
    memcpy(&four, b, sizeof four);
    return _mm512_dpbusd_epi32(sum, a, _mm512_set1_epi32(four));
}

INLINE f32x16 lanes_from_i32(i32x16 a)
{
    return _mm512_cvtepi32_ps(a);
}

#endif
