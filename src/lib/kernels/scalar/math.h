/* math.h - the one implementation of each function that the forward pass needs, and the one summation tree. */
#ifndef KERNELS_SCALAR_MATH_H
#define KERNELS_SCALAR_MATH_H

#include <math.h>

#include "kernels/kernels.h"
#include "quant/half.h"

enum { MATH_N_PARTIAL = 16 };

/* The fixed tree over 16 partial sums. */
static inline float math_tree_sum(const float s[MATH_N_PARTIAL])
{
    float t[8];
    for (int i = 0; i < 8; i++)
        t[i] = s[i] + s[i + 8];
    for (int i = 0; i < 4; i++)
        t[i] += t[i + 4];
    return (t[0] + t[2]) + (t[1] + t[3]);
}

/* e^x, relative error below 2e-7: x = n ln 2 + r with |r| <= ln 2 / 2, e^r by its Taylor polynomial of degree 7, which
 * is off by less than 2^-27 there.  Below -87.3 the result is 0, above 88.7 infinity, NaN stays. */
#define EXP_LO     -87.33654f
#define EXP_HI     88.72283f
#define EXP_LOG2E  1.44269504f
#define EXP_LN2_HI 0.693145752f // 16 significant bits: n * hi is exact
#define EXP_LN2_LO 1.42860677e-6f
static const float EXP_COEFF[8] = {1.0f,         1.0f,          0.5f,          0.166666667f,
                                   0.041666667f, 0.0083333333f, 0.0013888889f, 1.98412698e-4f};

static inline float math_expf(float x)
{
    if (!(x >= EXP_LO))
        return x != x ? x : 0.0f;
    if (x > EXP_HI)
        return INFINITY;
    const float n = rintf(x * EXP_LOG2E);
    const float r = fmaf(n, -EXP_LN2_LO, fmaf(n, -EXP_LN2_HI, x));
    float p = EXP_COEFF[7];
    for (int i = 6; i >= 0; i--)
        p = fmaf(p, r, EXP_COEFF[i]);
    // Two factors, since 2^n alone overflows for n = 128.
    const int half = (int)n / 2, rest = (int)n - half;
    return p * f32_from_bits((uint32_t)(half + 127) << 23) * f32_from_bits((uint32_t)(rest + 127) << 23);
}

/* Makes room for a part whose maximum is `max`: rescales the sum and out[0..d) where they are smaller; returns the
 * factor for the part. */
static inline float running_merge(running_softmax *s, float max, float *out, int d)
{
    if (max <= s->max)
        return math_expf(max - s->max);
    const float factor = math_expf(s->max - max);
    s->max = max;
    s->sum *= factor;
    for (int i = 0; i < d; i++)
        out[i] *= factor;
    return 1.0f;
}

/* Adds a part with its own maximum, sum and out (both unnormalised).  The first part is taken as it is. */
static inline void running_add(running_softmax *s, float *out, const running_softmax *part, const float *part_out,
                               int d)
{
    if (s->sum == 0.0f) {
        *s = *part;
        memcpy(out, part_out, (size_t)d * sizeof *out);
        return;
    }
    const float factor = running_merge(s, part->max, out, d);
    s->sum += part->sum * factor;
    for (int i = 0; i < d; i++)
        out[i] += part_out[i] * factor;
}

/* Divides by the sum, after the logit of a sink (or NULL), which has no value, has joined it. */
static inline void running_finish(running_softmax *s, const float *sink, float *out, int d)
{
    if (sink != NULL) {
        const float factor = running_merge(s, *sink, out, d); // rescales the sum first
        s->sum += factor;
    }
    for (int i = 0; i < d; i++)
        out[i] /= s->sum;
}

#endif
