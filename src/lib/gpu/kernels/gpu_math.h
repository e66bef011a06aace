/* gpu_math.h - what kernels/scalar/math.h and scalar.c define, operation by operation. */
#ifndef GPU_KERNELS_GPU_MATH_H
#define GPU_KERNELS_GPU_MATH_H

#include "gpu/kernels/gpu_dialect.h"
#include "gpu/kernels/kernel_args.h"

enum { GROUP = 32, PAGE = 32, SPAN = 32 }; // K_GROUP, KV_PAGE, KV_SPAN

/* e^x: the polynomial and the roundings of math_expf, and no branch: out of range the number is of no meaning, and the
 * result is chosen afterwards. */
DEVICE float exp_f32(float x)
{
    const float n = round_even(x * 1.44269504f);
    const float r = fma_f32(n, -1.42860677e-6f, fma_f32(n, -0.693145752f, x));
    float p = 1.98412698e-4f;
    p = fma_f32(p, r, 0.0013888889f);
    p = fma_f32(p, r, 0.0083333333f);
    p = fma_f32(p, r, 0.041666667f);
    p = fma_f32(p, r, 0.166666667f);
    p = fma_f32(p, r, 0.5f);
    p = fma_f32(p, r, 1.0f);
    p = fma_f32(p, r, 1.0f);
    const int i = x >= -87.33654f && x <= 88.72283f ? (int)n : 0, half = i / 2, rest = i - half;
    const float y = p * f32_from_bits((uint32_t)(half + 127) << 23) * f32_from_bits((uint32_t)(rest + 127) << 23);
    return x != x ? x : x > 88.72283f ? __builtin_inff() : x >= -87.33654f ? y : 0.0f;
}

/* The tree over 16 partial sums, of which lanes i and i + 16 both hold sum i: lane i adds i + 8, then i + 4; then (t0 +
 * t2)
 * + (t1 + t3).  Addition commutes to the bit, so it does not matter that half of the lanes add the other way round; all
 * lanes get the result. */
DEVICE float tree_sum(float s)
{
    s += shuffle_xor(s, 8);
    s += shuffle_xor(s, 4);
    s += shuffle_xor(s, 2);
    return s + shuffle_xor(s, 1);
}

/* Of 32 activations, one per lane: the lane's codes; the scale; the sum of the codes of this lane's half, and of all.
 */
typedef struct quantized {
    int code, fine;
    float scale;
    int half_sum, sum;
} quantized;

DEVICE quantized quantize_lane(float x)
{
    uint32_t max_bits = f32_bits(x) & 0x7fffffff; // infinities and NaN compare above every number
    UNROLL
    for (int m = 16; m > 0; m /= 2) {
        const uint32_t other = shuffle_xor_u32(max_bits, m);
        max_bits = other > max_bits ? other : max_bits;
    }
    const int is_finite = max_bits < 0x7f800000;
    const float max = f32_from_bits(is_finite ? max_bits : 0x7fffffffu);
    const float inverse = max >= 0x1p-119f ? 127.0f / max : 0.0f;
    const float t = is_finite ? x * inverse : 0.0f, code = round_even(t), fine = round_even((t - code) * 128.0f);
    quantized q = {(int)code, (int)fine, max / 127.0f, 0, 0};
    uint32_t sum = (uint32_t)q.code;
    UNROLL
    for (int m = 8; m > 0; m /= 2)
        sum += shuffle_xor_u32(sum, m);
    q.half_sum = (int)sum;
    q.sum = (int)(sum + shuffle_xor_u32(sum, 16));
    return q;
}

/* Writes group `group` of row `row`, of n columns, whose element `lane` is x: by a whole warp. */
DEVICE void store_codes(const gpu_acts *y, int row, int n, int group, int ld, float x)
{
    const int lane = thread_id() % WARP;
    const uint64_t at = (uint64_t)row * (uint64_t)n + (uint64_t)(group * GROUP + lane);
    const quantized q = quantize_lane(x);
    y->code[at] = (int8_t)q.code;
    if (y->fine != 0)
        y->fine[at] = (int8_t)q.fine;
    if (lane == 0) {
        y->scale[(uint64_t)group * (uint64_t)ld + (uint64_t)row] = q.scale;
        if (y->sum != 0)
            y->sum[(uint64_t)group * (uint64_t)ld + (uint64_t)row] = q.scale * (float)q.sum;
    }
    if (lane % 16 == 0 && y->half_sum != 0)
        y->half_sum[(uint64_t)(2 * group + lane / 16) * (uint64_t)ld + (uint64_t)row] = q.scale * (float)q.half_sum;
}

DEVICE float swiglu_f32(float gate, float up)
{
    return gate / (1.0f + exp_f32(-gate)) * up;
}

DEVICE float swiglu_oai_f32(float gate, float up)
{
    const float g = gate > 7.0f ? 7.0f : gate;
    const float u = up > 7.0f ? 7.0f : up < -7.0f ? -7.0f : up;
    return g / (1.0f + exp_f32(-1.702f * g)) * (u + 1.0f);
}

/* running_merge: room for a part whose maximum is `max`; the factors of what is there and of the part. */
typedef struct merged {
    float old, part, max;
} merged;

DEVICE merged merge(float old_max, float max)
{
    const int fits = max <= old_max;
    const float factor = exp_f32(fits ? max - old_max : old_max - max);
    const merged m = {fits ? 1.0f : factor, fits ? factor : 1.0f, fits ? old_max : max};
    return m;
}

DEVICE int is_finite_f32(float x)
{
    return (f32_bits(x) & 0x7fffffff) < 0x7f800000;
}

#endif
