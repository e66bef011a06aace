/* vector_body.h - everything but the matrix products and attention, in lanes of 16.
 *
 * The body of vector_avx2.c, vector_avx512.c and vector_neon.c, each with its own lanes.  Sixteen is the number of
 * partial sums of the definition (scalar/scalar.c), so that a sum along a vector is one accumulator.  The end of a
 * vector that does not fill the lanes goes through a padded copy.
 */
#ifndef LANES_16
#error "include one of lanes_avx2.h, lanes_avx512.h and lanes_neon.h first: it defines f32x16 and lanes_*"
#endif

#ifndef KERNELS_LANES_VECTOR_BODY_H
#define KERNELS_LANES_VECTOR_BODY_H

#include <string.h>

#include "kernels/codes.h"
#include "kernels/scalar/math.h"
#include "kernels/variants.h"

enum { N = MATH_N_PARTIAL };

/* The first n of 16, then zeros. */
INLINE f32x16 load_n(const float *p, size_t n)
{
    float padded[N] = {0};
    memcpy(padded, p, n * sizeof *p);
    return lanes_load(padded);
}

INLINE void store_n(float *p, f32x16 a, size_t n)
{
    float all[N];
    lanes_store(all, a);
    memcpy(p, all, n * sizeof *p);
}

/* math_expf of every lane: NaN passes through the arithmetic. */
INLINE f32x16 lanes_exp(f32x16 x)
{
    const f32x16 n = lanes_round(lanes_mul(x, lanes_set(EXP_LOG2E)));
    const f32x16 r = lanes_fma(n, lanes_set(-EXP_LN2_LO), lanes_fma(n, lanes_set(-EXP_LN2_HI), x));
    f32x16 p = lanes_set(EXP_COEFF[7]);
    UNROLL
    for (int i = 6; i >= 0; i--)
        p = lanes_fma(p, r, lanes_set(EXP_COEFF[i]));
    const f32x16 finite = lanes_scale(p, n);
    const f32x16 bounded = lanes_if_less(lanes_set(EXP_HI), x, lanes_set(INFINITY), finite);
    return lanes_if_less(x, lanes_set(EXP_LO), lanes_set(0.0f), bounded);
}

/* ---- activations ------------------------------------------------------------------------------------------------ */

/* The rest of t after rounding to a code, in 128ths. */
INLINE f32x16 rest_of(f32x16 t)
{
    return lanes_mul(lanes_sub(t, lanes_round(t)), lanes_set(128.0f));
}

INLINE void quantize_group_16(const float *x, const code_rows *to)
{
    const f32x16 a = lanes_load(x), b = lanes_load(x + N), zeros = lanes_set(0.0f);
    const uint32_t max_bits = lanes_max_magnitude(a, b);
    const bool is_finite = max_bits < 0x7f800000;
    const float max = is_finite ? f32_from_bits(max_bits) : NAN;
    const f32x16 inverse = lanes_set(max >= 0x1p-119f ? 127.0f / max : 0.0f);
    const f32x16 ta = is_finite ? lanes_mul(a, inverse) : zeros, tb = is_finite ? lanes_mul(b, inverse) : zeros;
    *to->scale = is_finite ? max / 127.0f : NAN;
    to->sum[0] = (int16_t)lanes_store_i8(to->code, ta);
    to->sum[1] = (int16_t)lanes_store_i8(to->code + N, tb);
    if (to->scaled_sum != NULL)
        *to->scaled_sum = *to->scale * (float)(to->sum[0] + to->sum[1]);
    if (to->fine == NULL)
        return;
    to->fine_sum[0] = (int16_t)lanes_store_i8(to->fine, rest_of(ta));
    to->fine_sum[1] = (int16_t)lanes_store_i8(to->fine + N, rest_of(tb));
}

static void quantize_16(const float *x, size_t n, const code_rows *out)
{
    for (size_t i = 0; i < n; i += K_GROUP) {
        const code_rows to = codes_at(out, i);
        quantize_group_16(x + i, &to);
    }
}

/* ---- norms ------------------------------------------------------------------------------------------------------ */

static float sum_of_16(const float *x, size_t n)
{
    f32x16 s = lanes_set(0.0f);
    size_t i = 0;
    for (; i + N <= n; i += N)
        s = lanes_add(s, lanes_load(x + i));
    float partial[N];
    lanes_store(partial, s);
    for (; i < n; i++)
        partial[i % N] += x[i];
    return math_tree_sum(partial);
}

static float sum_of_squares_16(const float *x, size_t n, float center)
{
    f32x16 s = lanes_set(0.0f);
    size_t i = 0;
    for (; i + N <= n; i += N) {
        const f32x16 d = lanes_sub(lanes_load(x + i), lanes_set(center));
        s = lanes_fma(d, d, s);
    }
    float partial[N];
    lanes_store(partial, s);
    for (; i < n; i++) {
        const float d = x[i] - center;
        partial[i % N] = fmaf(d, d, partial[i % N]);
    }
    return math_tree_sum(partial);
}

static void scale_and_shift_16(const float *x, const float *w, const float *b, size_t n, float center, float factor,
                               float *y)
{
    size_t i = 0;
    for (; i + N <= n; i += N) {
        const f32x16 d = lanes_sub(lanes_load(x + i), lanes_set(center));
        const f32x16 v = lanes_mul(lanes_mul(d, lanes_set(factor)), lanes_load(w + i));
        lanes_store(y + i, b != NULL ? lanes_add(v, lanes_load(b + i)) : v);
    }
    for (; i < n; i++) {
        const float v = (x[i] - center) * factor * w[i];
        y[i] = b != NULL ? v + b[i] : v;
    }
}

static void rmsnorm_16(const float *x, const float *w, const float *b, size_t n, float eps, float *y)
{
    const float factor = 1.0f / sqrtf(sum_of_squares_16(x, n, 0.0f) / (float)n + eps);
    scale_and_shift_16(x, w, b, n, 0.0f, factor, y);
}

static void layernorm_16(const float *x, const float *w, const float *b, size_t n, float eps, float *y)
{
    const float mean = sum_of_16(x, n) / (float)n;
    const float factor = 1.0f / sqrtf(sum_of_squares_16(x, n, mean) / (float)n + eps);
    scale_and_shift_16(x, w, b, n, mean, factor, y);
}

/* ---- activation functions --------------------------------------------------------------------------------------- */

INLINE f32x16 swiglu_lanes(f32x16 gate, f32x16 up)
{
    const f32x16 minus_gate = lanes_mul(gate, lanes_set(-1.0f));
    return lanes_mul(lanes_div(gate, lanes_add(lanes_set(1.0f), lanes_exp(minus_gate))), up);
}

INLINE f32x16 swiglu_oai_lanes(f32x16 gate, f32x16 up)
{
    const f32x16 g = lanes_min(lanes_set(7.0f), gate);
    const f32x16 u = lanes_max(lanes_set(-7.0f), lanes_min(lanes_set(7.0f), up));
    const f32x16 e = lanes_exp(lanes_mul(lanes_set(-1.702f), g));
    return lanes_mul(lanes_div(g, lanes_add(lanes_set(1.0f), e)), lanes_add(u, lanes_set(1.0f)));
}

INLINE void for_each(f32x16 (*f)(f32x16 gate, f32x16 up), const float *gate, const float *up, size_t n, float *y)
{
    size_t i = 0;
    for (; i + N <= n; i += N)
        lanes_store(y + i, f(lanes_load(gate + i), lanes_load(up + i)));
    if (i < n)
        store_n(y + i, f(load_n(gate + i, n - i), load_n(up + i, n - i)), n - i);
}

static void swiglu_16(const float *gate, const float *up, size_t n, float *y)
{
    for_each(swiglu_lanes, gate, up, n, y);
}

static void swiglu_oai_16(const float *gate, const float *up, size_t n, float *y)
{
    for_each(swiglu_oai_lanes, gate, up, n, y);
}

static void softmax_weights_16(const float *x, size_t n, float max, float t, float *y)
{
    const f32x16 m = lanes_set(max), d = lanes_set(t);
    size_t i = 0;
    for (; i + N <= n; i += N)
        lanes_store(y + i, lanes_exp(lanes_div(lanes_sub(lanes_load(x + i), m), d)));
    if (i < n)
        store_n(y + i, lanes_exp(lanes_div(lanes_sub(load_n(x + i, n - i), m), d)), n - i);
}

INLINE void fill_vector(kernels *k)
{
    k->quantize = quantize_16;
    k->rmsnorm = rmsnorm_16;
    k->layernorm = layernorm_16;
    k->swiglu = swiglu_16;
    k->swiglu_oai = swiglu_oai_16;
    k->softmax_weights = softmax_weights_16;
}

#endif
