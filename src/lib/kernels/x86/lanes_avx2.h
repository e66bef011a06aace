/* lanes_avx2.h - 16 floats side by side, two registers: the words that the bodies in lanes/ are written in.  Each is
 * described in lanes_avx512.h. */
#ifndef KERNELS_X86_LANES_AVX2_H
#define KERNELS_X86_LANES_AVX2_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#include "kernels/lanes/template.h"

#define LANES_16 // the bodies in lanes/ may follow

typedef struct f32x16 {
    __m256 lo, hi;
} f32x16;

enum { N_REGISTERS = 16, PER_LANES = 2 };

INLINE f32x16 lanes_set(float v)
{
    return (f32x16){_mm256_set1_ps(v), _mm256_set1_ps(v)};
}

INLINE f32x16 lanes_load(const float *p)
{
    return (f32x16){_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)};
}

INLINE f32x16 lanes_load_f16(const void *p)
{
    const __m128i *const halves = p;
    return (f32x16){_mm256_cvtph_ps(_mm_loadu_si128(halves)), _mm256_cvtph_ps(_mm_loadu_si128(halves + 1))};
}

INLINE f32x16 lanes_load_bf16(const void *p)
{
    const __m128i *const halves = p;
    const __m256i lo = _mm256_cvtepu16_epi32(_mm_loadu_si128(halves));
    const __m256i hi = _mm256_cvtepu16_epi32(_mm_loadu_si128(halves + 1));
    return (f32x16){_mm256_castsi256_ps(_mm256_slli_epi32(lo, 16)), _mm256_castsi256_ps(_mm256_slli_epi32(hi, 16))};
}

INLINE f32x16 lanes_load_i8(const int8_t *p)
{
    const __m128i codes = _mm_loadu_si128((const __m128i *)(const void *)p);
    return (f32x16){_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(codes)),
                    _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_srli_si128(codes, 8)))};
}

INLINE void lanes_store(float *p, f32x16 a)
{
    _mm256_storeu_ps(p, a.lo);
    _mm256_storeu_ps(p + 8, a.hi);
}

INLINE f32x16 lanes_add(f32x16 a, f32x16 b)
{
    return (f32x16){_mm256_add_ps(a.lo, b.lo), _mm256_add_ps(a.hi, b.hi)};
}

INLINE f32x16 lanes_sub(f32x16 a, f32x16 b)
{
    return (f32x16){_mm256_sub_ps(a.lo, b.lo), _mm256_sub_ps(a.hi, b.hi)};
}

INLINE f32x16 lanes_mul(f32x16 a, f32x16 b)
{
    return (f32x16){_mm256_mul_ps(a.lo, b.lo), _mm256_mul_ps(a.hi, b.hi)};
}

INLINE f32x16 lanes_div(f32x16 a, f32x16 b)
{
    return (f32x16){_mm256_div_ps(a.lo, b.lo), _mm256_div_ps(a.hi, b.hi)};
}

INLINE f32x16 lanes_fma(f32x16 a, f32x16 b, f32x16 c)
{
    return (f32x16){_mm256_fmadd_ps(a.lo, b.lo, c.lo), _mm256_fmadd_ps(a.hi, b.hi, c.hi)};
}

INLINE f32x16 lanes_min(f32x16 a, f32x16 b)
{
    return (f32x16){_mm256_min_ps(a.lo, b.lo), _mm256_min_ps(a.hi, b.hi)};
}

INLINE f32x16 lanes_max(f32x16 a, f32x16 b)
{
    return (f32x16){_mm256_max_ps(a.lo, b.lo), _mm256_max_ps(a.hi, b.hi)};
}

INLINE f32x16 lanes_if_less(f32x16 a, f32x16 b, f32x16 yes, f32x16 no)
{
    return (f32x16){_mm256_blendv_ps(no.lo, yes.lo, _mm256_cmp_ps(a.lo, b.lo, _CMP_LT_OQ)),
                    _mm256_blendv_ps(no.hi, yes.hi, _mm256_cmp_ps(a.hi, b.hi, _CMP_LT_OQ))};
}

INLINE f32x16 lanes_round(f32x16 a)
{
    return (f32x16){_mm256_round_ps(a.lo, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC),
                    _mm256_round_ps(a.hi, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}

/* 2^n for whole n in the range of exponents. */
INLINE __m256 power_of_2(__m256i n)
{
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(n, _mm256_set1_epi32(127)), 23));
}

/* In two factors, since 2^128 is none: only the second product can round. */
INLINE __m256 scale8(__m256 a, __m256 n)
{
    const __m256i i = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(i, 1);
    return _mm256_mul_ps(_mm256_mul_ps(a, power_of_2(half)), power_of_2(_mm256_sub_epi32(i, half)));
}

INLINE f32x16 lanes_scale(f32x16 a, f32x16 n)
{
    return (f32x16){scale8(a.lo, n.lo), scale8(a.hi, n.hi)};
}

INLINE float lanes_sum(f32x16 a)
{
    const __m256 t = _mm256_add_ps(a.lo, a.hi);
    const __m128 u = _mm_add_ps(_mm256_castps256_ps128(t), _mm256_extractf128_ps(t, 1));
    const __m128 v = _mm_add_ps(u, _mm_movehl_ps(u, u));
    return _mm_cvtss_f32(_mm_add_ss(v, _mm_movehdup_ps(v)));
}

INLINE float lanes_max_of(f32x16 a)
{
    const __m256 t = _mm256_max_ps(a.lo, a.hi);
    const __m128 u = _mm_max_ps(_mm256_castps256_ps128(t), _mm256_extractf128_ps(t, 1));
    const __m128 v = _mm_max_ps(u, _mm_movehl_ps(u, u));
    return _mm_cvtss_f32(_mm_max_ss(v, _mm_movehdup_ps(v)));
}

INLINE uint32_t lanes_max_magnitude(f32x16 a, f32x16 b)
{
    const __m256 magnitude = _mm256_castsi256_ps(_mm256_set1_epi32(0x7fffffff));
    const __m256i lo = _mm256_max_epu32(_mm256_castps_si256(_mm256_and_ps(a.lo, magnitude)),
                                        _mm256_castps_si256(_mm256_and_ps(a.hi, magnitude)));
    const __m256i hi = _mm256_max_epu32(_mm256_castps_si256(_mm256_and_ps(b.lo, magnitude)),
                                        _mm256_castps_si256(_mm256_and_ps(b.hi, magnitude)));
    const __m256i t = _mm256_max_epu32(lo, hi);
    const __m128i u = _mm_max_epu32(_mm256_castsi256_si128(t), _mm256_extracti128_si256(t, 1));
    const __m128i v = _mm_max_epu32(u, _mm_shuffle_epi32(u, 0x4e));
    return (uint32_t)_mm_cvtsi128_si32(_mm_max_epu32(v, _mm_shuffle_epi32(v, 0xb1)));
}

INLINE int lanes_store_i8(int8_t *p, f32x16 a)
{
    const __m256i lo = _mm256_cvtps_epi32(a.lo), hi = _mm256_cvtps_epi32(a.hi);
    // Packing works within the halves of a register: the middle quarters change places.
    const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(lo, hi), 0xd8);
    _mm_storeu_si128((__m128i *)p, _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
    const __m256i t = _mm256_add_epi32(lo, hi);
    const __m128i u = _mm_add_epi32(_mm256_castsi256_si128(t), _mm256_extracti128_si256(t, 1));
    const __m128i v = _mm_add_epi32(u, _mm_shuffle_epi32(u, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(v, _mm_shuffle_epi32(v, 0xb1)));
}

typedef struct i32x16 {
    __m256i lo, hi;
} i32x16;

typedef i32x16 i8x64;

INLINE i8x64 lanes_load_codes(const int8_t *p)
{
    return (i8x64){_mm256_loadu_si256((const __m256i *)(const void *)p),
                   _mm256_loadu_si256((const __m256i *)(const void *)(p + 32))};
}

INLINE i32x16 lanes_dot_begin(int32_t sum)
{
    (void)sum;
    return (i32x16){_mm256_setzero_si256(), _mm256_setzero_si256()};
}

/* The sign of a moves to b; two products of at most 127 * 127 fit 16 bits. */
INLINE __m256i dot8(__m256i sum, __m256i a, __m256i b)
{
    const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(a), _mm256_sign_epi8(b, a));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

INLINE i32x16 lanes_dot(i32x16 sum, i8x64 a, const int8_t b[4])
{
    int32_t four;
    memcpy(&four, b, sizeof four);
    const __m256i all = _mm256_set1_epi32(four);
    return (i32x16){dot8(sum.lo, a.lo, all), dot8(sum.hi, a.hi, all)};
}

INLINE f32x16 lanes_from_i32(i32x16 a)
{
    return (f32x16){_mm256_cvtepi32_ps(a.lo), _mm256_cvtepi32_ps(a.hi)};
}

#endif
