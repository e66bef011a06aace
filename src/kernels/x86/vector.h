/* vector.h - everything but the matrix products, in lanes of 16: written once, compiled by vector_avx2.c and
 * vector_avx512.c, each with its own lanes.  Sixteen is the number of partial sums of the definition
 * (scalar/scalar.c), so that a sum along a vector is one accumulator; whatever does not fill the lanes at the end of a
 * vector goes through a padded copy. */
#ifndef SW_VECTOR_H
#define SW_VECTOR_H

#include <string.h>

#include "kernels/scalar/math.h"
#include "kernels/variants.h"

enum { N = SW_N_PARTIAL };

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

/* sw_expf of every lane: NaN passes through the arithmetic. */
INLINE f32x16 lanes_exp(f32x16 x)
{
    const f32x16 n = lanes_round(lanes_mul(x, lanes_set(SW_EXP_LOG2E)));
    const f32x16 r = lanes_fma(n, lanes_set(-SW_EXP_LN2_LO), lanes_fma(n, lanes_set(-SW_EXP_LN2_HI), x));
    f32x16 p = lanes_set(SW_EXP_COEFF[7]);
    UNROLL
    for (int i = 6; i >= 0; i--)
        p = lanes_fma(p, r, lanes_set(SW_EXP_COEFF[i]));
    const f32x16 finite = lanes_scale(p, n);
    const f32x16 bounded = lanes_if_less(lanes_set(SW_EXP_HI), x, lanes_set(INFINITY), finite);
    return lanes_if_less(x, lanes_set(SW_EXP_LO), lanes_set(0.0f), bounded);
}

/* ---- activations ------------------------------------------------------------------------------------------------ */

INLINE void quantize_group(const float *x, int8_t *code, float *scale, int16_t *sum)
{
    const f32x16 a = lanes_load(x), b = lanes_load(x + N);
    const uint32_t max_bits = lanes_max_magnitude(a, b);
    if (max_bits >= 0x7f800000) {
        memset(code, 0, SW_GROUP);
        sum[0] = sum[1] = 0;
        *scale = NAN;
        return;
    }
    const float max = sw_f32_from_bits(max_bits);
    *scale = max / 127.0f;
    const f32x16 inverse = lanes_set(max >= 0x1p-119f ? 127.0f / max : 0.0f);
    sum[0] = (int16_t)lanes_store_i8(code, lanes_mul(a, inverse));
    sum[1] = (int16_t)lanes_store_i8(code + N, lanes_mul(b, inverse));
}

static void quantize(const float *x, size_t n, int8_t *code, float *scale, int16_t *sum)
{
    for (size_t g = 0; g < n / SW_GROUP; g++)
        quantize_group(x + g * SW_GROUP, code + g * SW_GROUP, scale + g, sum + 2 * g);
}

/* ---- norms ------------------------------------------------------------------------------------------------------ */

static float sum_of(const float *x, size_t n)
{
    f32x16 s = lanes_set(0.0f);
    size_t i = 0;
    for (; i + N <= n; i += N)
        s = lanes_add(s, lanes_load(x + i));
    float partial[N];
    lanes_store(partial, s);
    for (; i < n; i++)
        partial[i % N] += x[i];
    return sw_tree_sum(partial);
}

static float sum_of_squares(const float *x, size_t n, float center)
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
    return sw_tree_sum(partial);
}

static void scale_and_shift(const float *x, const float *w, const float *b, size_t n, float center, float factor,
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

static void rmsnorm(const float *x, const float *w, const float *b, size_t n, float eps, float *y)
{
    const float factor = 1.0f / sqrtf(sum_of_squares(x, n, 0.0f) / (float)n + eps);
    scale_and_shift(x, w, b, n, 0.0f, factor, y);
}

static void layernorm(const float *x, const float *w, const float *b, size_t n, float eps, float *y)
{
    const float mean = sum_of(x, n) / (float)n;
    const float factor = 1.0f / sqrtf(sum_of_squares(x, n, mean) / (float)n + eps);
    scale_and_shift(x, w, b, n, mean, factor, y);
}

/* ---- attention -------------------------------------------------------------------------------------------------- */

enum {
    SCORE_PAGES = N_REGISTERS / 8, // whose scores are computed together: independent chains
    VALUE_LANES = 4                // of 16 outputs each, that are summed together
};

/* n_pages pages of keys times q: score[page * SW_KV_PAGE + position]. */
INLINE void scores(const sw_attend *a, bool is_f16, int n_pages, const void *const *keys, float *score)
{
    f32x16 s[2 * SCORE_PAGES];
    UNROLL
    for (int i = 0; i < 2 * n_pages; i++)
        s[i] = lanes_set(0.0f);
    for (int i = 0; i < a->d_k; i++) {
        const f32x16 q = lanes_set(a->q[i]);
        UNROLL
        for (int j = 0; j < 2 * n_pages; j++) {
            const size_t at = (size_t)(i * SW_KV_PAGE + j % 2 * N);
            const void *const page = keys[j / 2];
            s[j] = lanes_fma(
                is_f16 ? lanes_load_f16((const uint16_t *)page + at) : lanes_load((const float *)page + at), q, s[j]);
        }
    }
    UNROLL
    for (int j = 0; j < 2 * n_pages; j++)
        lanes_store(score + j * N, s[j]);
}

/* lo <= position < hi ? a : b, for the 16 positions from `first`. */
INLINE f32x16 where_visible(int first, int lo, int hi, f32x16 a, f32x16 b)
{
    static const float COUNT[N] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const f32x16 place = lanes_load(COUNT);
    const f32x16 below_hi = lanes_if_less(place, lanes_set((float)(hi - first)), a, b);
    return lanes_if_less(place, lanes_set((float)(lo - first)), b, below_hi);
}

/* out[0 .. 16 n) += factor * (weights times rows of values, each from element `first`). */
INLINE void add_values(const sw_attend *a, bool is_f16, int n, const void *values, const float *weight, int lo, int hi,
                       int first, float factor)
{
    f32x16 part[VALUE_LANES];
    UNROLL
    for (int j = 0; j < n; j++)
        part[j] = lanes_set(0.0f);
    for (int t = lo; t < hi; t++) {
        const size_t at = (size_t)(t * a->d_v + first);
        UNROLL
        for (int j = 0; j < n; j++) {
            const f32x16 v = is_f16 ? lanes_load_f16((const uint16_t *)values + at + N * j)
                                    : lanes_load((const float *)values + at + N * j);
            part[j] = lanes_fma(v, lanes_set(weight[t]), part[j]);
        }
    }
    UNROLL
    for (int j = 0; j < n; j++) {
        float *const out = a->out + first + N * j;
        lanes_store(out, lanes_fma(part[j], lanes_set(factor), lanes_load(out)));
    }
}

/* The last 8 of a head size that is not a multiple of 16. */
INLINE void add_last_values(const sw_attend *a, bool is_f16, const void *values, const float *weight, int lo, int hi,
                            float factor)
{
    enum { HALF = N / 2 };
    float *const out = a->out + a->d_v - HALF;
    f32x16 part = lanes_set(0.0f);
    for (int t = lo; t < hi; t++) {
        const size_t at = (size_t)((t + 1) * a->d_v - HALF);
        uint16_t halves[N] = {0};
        if (is_f16)
            memcpy(halves, (const uint16_t *)values + at, HALF * sizeof *halves);
        const f32x16 v = is_f16 ? lanes_load_f16(halves) : load_n((const float *)values + at, HALF);
        part = lanes_fma(v, lanes_set(weight[t]), part);
    }
    store_n(out, lanes_fma(part, lanes_set(factor), load_n(out, HALF)), HALF);
}

/* One page whose scores are known: positions [lo, hi) of its 32 are visible.  Overwrites the scores. */
INLINE void attend_page(const sw_attend *a, bool is_f16, const void *values, float *score, int lo, int hi,
                        sw_running *s)
{
    const f32x16 none = lanes_set(-INFINITY), zero = lanes_set(0.0f);
    f32x16 p[2], max = none;
    UNROLL
    for (int j = 0; j < 2; j++) {
        p[j] = where_visible(N * j, lo, hi, lanes_mul(lanes_load(score + N * j), lanes_set(a->scale)), none);
        max = lanes_max(p[j], max);
    }
    const float page_max = lanes_max_of(max);
    UNROLL
    for (int j = 0; j < 2; j++) {
        p[j] = where_visible(N * j, lo, hi, lanes_exp(lanes_sub(p[j], lanes_set(page_max))), zero);
        lanes_store(score + N * j, p[j]);
    }
    const float factor = sw_running_merge(s, page_max, a->out, a->d_v);
    s->sum = fmaf(lanes_sum(lanes_add(p[0], p[1])), factor, s->sum);
    int i = 0;
    for (; i + N * VALUE_LANES <= a->d_v; i += N * VALUE_LANES)
        add_values(a, is_f16, VALUE_LANES, values, score, lo, hi, i, factor);
    for (; i + N <= a->d_v; i += N)
        add_values(a, is_f16, 1, values, score, lo, hi, i, factor);
    if (i < a->d_v)
        add_last_values(a, is_f16, values, score, lo, hi, factor);
}

INLINE void attend_typed(const sw_attend *a, bool is_f16)
{
    sw_running s = {-INFINITY, 0.0f};
    memset(a->out, 0, (size_t)a->d_v * sizeof *a->out);
    const int end_page = (a->end + SW_KV_PAGE - 1) / SW_KV_PAGE;
    float score[SCORE_PAGES * SW_KV_PAGE];
    for (int page = a->begin / SW_KV_PAGE; page < end_page;) {
        const int n = page + SCORE_PAGES <= end_page ? SCORE_PAGES : 1;
        if (n == 1)
            scores(a, is_f16, 1, a->keys + page, score);
        else
            scores(a, is_f16, SCORE_PAGES, a->keys + page, score);
        for (int i = 0; i < n; i++, page++) {
            const int first = page * SW_KV_PAGE;
            const int lo = a->begin > first ? a->begin - first : 0;
            const int hi = a->end < first + SW_KV_PAGE ? a->end - first : SW_KV_PAGE;
            attend_page(a, is_f16, a->values[page], score + i * SW_KV_PAGE, lo, hi, &s);
        }
    }
    if (a->sink != NULL)
        s.sum += sw_running_merge(&s, *a->sink, a->out, a->d_v);
    for (int i = 0; i < a->d_v; i++)
        a->out[i] /= s.sum;
}

static void attend(const sw_attend *a)
{
    if (a->is_f16)
        attend_typed(a, true);
    else
        attend_typed(a, false);
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

static void swiglu(const float *gate, const float *up, size_t n, float *y)
{
    for_each(swiglu_lanes, gate, up, n, y);
}

static void swiglu_oai(const float *gate, const float *up, size_t n, float *y)
{
    for_each(swiglu_oai_lanes, gate, up, n, y);
}

static void softmax_weights(const float *x, size_t n, float max, float t, float *y)
{
    const f32x16 m = lanes_set(max), d = lanes_set(t);
    size_t i = 0;
    for (; i + N <= n; i += N)
        lanes_store(y + i, lanes_exp(lanes_div(lanes_sub(lanes_load(x + i), m), d)));
    if (i < n)
        store_n(y + i, lanes_exp(lanes_div(lanes_sub(load_n(x + i, n - i), m), d)), n - i);
}

INLINE void fill_vector(sw_kernels *k)
{
    k->quantize = quantize;
    k->rmsnorm = rmsnorm;
    k->layernorm = layernorm;
    k->attend = attend;
    k->swiglu = swiglu;
    k->swiglu_oai = swiglu_oai;
    k->softmax_weights = softmax_weights;
}

#endif
