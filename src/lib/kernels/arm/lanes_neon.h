/* lanes_neon.h - 16 floats side by side, four registers: the words that the bodies in lanes/ are written in.  Each is
 * described in lanes_avx512.h. */
#ifndef KERNELS_ARM_LANES_NEON_H
#define KERNELS_ARM_LANES_NEON_H

#include <arm_neon.h>
#include <stdint.h>
#include <string.h>

#include "kernels/lanes/template.h"

#define LANES_16 // the bodies in lanes/ may follow

typedef struct f32x16 {
    float32x4_t q[4]; // lane i is element i % 4 of q[i / 4]
} f32x16;

enum { N_REGISTERS = 32, PER_LANES = 4 }; // of the processor; that 16 lanes take

/* f(x, y) of each quarter of a and b. */
#define EACH(f, a, b)                                                                                                  \
    (f32x16)                                                                                                           \
    {                                                                                                                  \
        {                                                                                                              \
            f((a).q[0], (b).q[0]), f((a).q[1], (b).q[1]), f((a).q[2], (b).q[2]), f((a).q[3], (b).q[3])                 \
        }                                                                                                              \
    }

INLINE f32x16 lanes_set(float v)
{
    const float32x4_t q = vdupq_n_f32(v);
    return (f32x16){{q, q, q, q}};
}

INLINE f32x16 lanes_load(const float *p)
{
    return (f32x16){{vld1q_f32(p), vld1q_f32(p + 4), vld1q_f32(p + 8), vld1q_f32(p + 12)}};
}

INLINE f32x16 lanes_load_f16(const void *p)
{
    const float16x8_t lo = vreinterpretq_f16_u8(vld1q_u8(p));
    const float16x8_t hi = vreinterpretq_f16_u8(vld1q_u8((const uint8_t *)p + 16));
    return (f32x16){
        {vcvt_f32_f16(vget_low_f16(lo)), vcvt_high_f32_f16(lo), vcvt_f32_f16(vget_low_f16(hi)), vcvt_high_f32_f16(hi)}};
}

/* BF16 is the upper half of an F32. */
INLINE f32x16 lanes_load_bf16(const void *p)
{
    const uint16x8_t lo = vreinterpretq_u16_u8(vld1q_u8(p));
    const uint16x8_t hi = vreinterpretq_u16_u8(vld1q_u8((const uint8_t *)p + 16));
    return (f32x16){
        {vreinterpretq_f32_u32(vshll_n_u16(vget_low_u16(lo), 16)), vreinterpretq_f32_u32(vshll_high_n_u16(lo, 16)),
         vreinterpretq_f32_u32(vshll_n_u16(vget_low_u16(hi), 16)), vreinterpretq_f32_u32(vshll_high_n_u16(hi, 16))}};
}

INLINE f32x16 lanes_load_i8(const int8_t *p)
{
    const int8x16_t codes = vld1q_s8(p);
    const int16x8_t lo = vmovl_s8(vget_low_s8(codes)), hi = vmovl_high_s8(codes);
    return (f32x16){{vcvtq_f32_s32(vmovl_s16(vget_low_s16(lo))), vcvtq_f32_s32(vmovl_high_s16(lo)),
                     vcvtq_f32_s32(vmovl_s16(vget_low_s16(hi))), vcvtq_f32_s32(vmovl_high_s16(hi))}};
}

INLINE void lanes_store(float *p, f32x16 a)
{
    vst1q_f32(p, a.q[0]);
    vst1q_f32(p + 4, a.q[1]);
    vst1q_f32(p + 8, a.q[2]);
    vst1q_f32(p + 12, a.q[3]);
}

INLINE f32x16 lanes_add(f32x16 a, f32x16 b)
{
    return EACH(vaddq_f32, a, b);
}

INLINE f32x16 lanes_sub(f32x16 a, f32x16 b)
{
    return EACH(vsubq_f32, a, b);
}

INLINE f32x16 lanes_mul(f32x16 a, f32x16 b)
{
    return EACH(vmulq_f32, a, b);
}

INLINE f32x16 lanes_div(f32x16 a, f32x16 b)
{
    return EACH(vdivq_f32, a, b);
}

/* a b + c with one rounding; vfmaq has the sum first. */
INLINE f32x16 lanes_fma(f32x16 a, f32x16 b, f32x16 c)
{
    return (f32x16){{vfmaq_f32(c.q[0], a.q[0], b.q[0]), vfmaq_f32(c.q[1], a.q[1], b.q[1]),
                     vfmaq_f32(c.q[2], a.q[2], b.q[2]), vfmaq_f32(c.q[3], a.q[3], b.q[3])}};
}

/* By comparison: the instructions fmin and fmax would spread a NaN. */
INLINE float32x4_t lower4(float32x4_t a, float32x4_t b)
{
    return vbslq_f32(vcltq_f32(a, b), a, b);
}

INLINE float32x4_t higher4(float32x4_t a, float32x4_t b)
{
    return vbslq_f32(vcgtq_f32(a, b), a, b);
}

INLINE f32x16 lanes_min(f32x16 a, f32x16 b)
{
    return EACH(lower4, a, b);
}

INLINE f32x16 lanes_max(f32x16 a, f32x16 b)
{
    return EACH(higher4, a, b);
}

INLINE f32x16 lanes_if_less(f32x16 a, f32x16 b, f32x16 yes, f32x16 no)
{
    return (f32x16){{vbslq_f32(vcltq_f32(a.q[0], b.q[0]), yes.q[0], no.q[0]),
                     vbslq_f32(vcltq_f32(a.q[1], b.q[1]), yes.q[1], no.q[1]),
                     vbslq_f32(vcltq_f32(a.q[2], b.q[2]), yes.q[2], no.q[2]),
                     vbslq_f32(vcltq_f32(a.q[3], b.q[3]), yes.q[3], no.q[3])}};
}

/* Ties to even, whatever the rounding mode of the thread. */
INLINE f32x16 lanes_round(f32x16 a)
{
    return (f32x16){{vrndnq_f32(a.q[0]), vrndnq_f32(a.q[1]), vrndnq_f32(a.q[2]), vrndnq_f32(a.q[3])}};
}

/* 2^n for whole n in the range of exponents. */
INLINE float32x4_t power_of_2(int32x4_t n)
{
    return vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(n, vdupq_n_s32(127)), 23));
}

/* In two factors, since 2^128 is none: only the second product can round. */
INLINE float32x4_t scale4(float32x4_t a, float32x4_t n)
{
    const int32x4_t i = vcvtnq_s32_f32(n), half = vshrq_n_s32(i, 1);
    return vmulq_f32(vmulq_f32(a, power_of_2(half)), power_of_2(vsubq_s32(i, half)));
}

INLINE f32x16 lanes_scale(f32x16 a, f32x16 n)
{
    return EACH(scale4, a, n);
}

/* The tree of scalar/math.h: lanes i and i + 8, then + 4, + 2, + 1. */
INLINE float lanes_sum(f32x16 a)
{
    const float32x4_t t = vaddq_f32(vaddq_f32(a.q[0], a.q[2]), vaddq_f32(a.q[1], a.q[3]));
    const float32x2_t u = vadd_f32(vget_low_f32(t), vget_high_f32(t));
    return vget_lane_f32(u, 0) + vget_lane_f32(u, 1);
}

/* The order does not matter: a maximum does not round. */
INLINE float lanes_max_of(f32x16 a)
{
    return vmaxvq_f32(vmaxq_f32(vmaxq_f32(a.q[0], a.q[1]), vmaxq_f32(a.q[2], a.q[3])));
}

/* The largest of the bit patterns without sign, lane by lane. */
INLINE uint32x4_t magnitude4(f32x16 a)
{
    const uint32x4_t mask = vdupq_n_u32(0x7fffffff);
    const uint32x4_t lo =
        vmaxq_u32(vandq_u32(vreinterpretq_u32_f32(a.q[0]), mask), vandq_u32(vreinterpretq_u32_f32(a.q[1]), mask));
    const uint32x4_t hi =
        vmaxq_u32(vandq_u32(vreinterpretq_u32_f32(a.q[2]), mask), vandq_u32(vreinterpretq_u32_f32(a.q[3]), mask));
    return vmaxq_u32(lo, hi);
}

INLINE uint32_t lanes_max_magnitude(f32x16 a, f32x16 b)
{
    return vmaxvq_u32(vmaxq_u32(magnitude4(a), magnitude4(b)));
}

/* Codes are in -128..127, so narrowing loses nothing; returns their sum. */
INLINE int lanes_store_i8(int8_t *p, f32x16 a)
{
    const int32x4_t i[4] = {vcvtnq_s32_f32(a.q[0]), vcvtnq_s32_f32(a.q[1]), vcvtnq_s32_f32(a.q[2]),
                            vcvtnq_s32_f32(a.q[3])};
    const int16x8_t lo = vmovn_high_s32(vmovn_s32(i[0]), i[1]), hi = vmovn_high_s32(vmovn_s32(i[2]), i[3]);
    vst1q_s8(p, vmovn_high_s16(vmovn_s16(lo), hi));
    return vaddvq_s32(vaddq_s32(vaddq_s32(i[0], i[1]), vaddq_s32(i[2], i[3])));
}

typedef struct i32x16 {
    int32x4_t q[4];
} i32x16;

typedef struct i8x64 {
    int8x16_t q[4];
} i8x64;

INLINE i8x64 lanes_load_codes(const int8_t *p)
{
    return (i8x64){{vld1q_s8(p), vld1q_s8(p + 16), vld1q_s8(p + 32), vld1q_s8(p + 48)}};
}

/* Codes are signed here: no correction by their sum, as unsigned bytes need it on x86. */
INLINE i32x16 lanes_dot_begin(int32_t sum)
{
    (void)sum;
    const int32x4_t zero = vdupq_n_s32(0);
    return (i32x16){{zero, zero, zero, zero}};
}

/* Two products of at most 127 * 127 fit 16 bits; every processor has these instructions. */
INLINE int32x4_t dot4(int32x4_t sum, int8x16_t a, int8x16_t b)
{
    const int16x8_t pairs = vpaddq_s16(vmull_s8(vget_low_s8(a), vget_low_s8(b)), vmull_high_s8(a, b));
    return vpadalq_s16(sum, pairs);
}

/* Adds to every lane the products of its four codes with the same four of b. */
INLINE i32x16 lanes_dot(i32x16 sum, i8x64 a, const int8_t b[4])
{
    int32_t four;
    memcpy(&four, b, sizeof four);
    const int8x16_t all = vreinterpretq_s8_s32(vdupq_n_s32(four));
    return (i32x16){{dot4(sum.q[0], a.q[0], all), dot4(sum.q[1], a.q[1], all), dot4(sum.q[2], a.q[2], all),
                     dot4(sum.q[3], a.q[3], all)}};
}

INLINE f32x16 lanes_from_i32(i32x16 a)
{
    return (f32x16){{vcvtq_f32_s32(a.q[0]), vcvtq_f32_s32(a.q[1]), vcvtq_f32_s32(a.q[2]), vcvtq_f32_s32(a.q[3])}};
}

#endif
