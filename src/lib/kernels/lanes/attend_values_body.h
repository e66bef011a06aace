/* attend_values_body.h - the second part of attend_body.h: scores to weights, and the weighted sum of values.
 *
 * Positions that a query does not see have the weight 0 and are not read.
 */
#ifndef LANES_16
#error "include one of lanes_avx2.h, lanes_avx512.h and lanes_neon.h first: it defines f32x16 and lanes_*"
#endif

#ifndef KERNELS_LANES_ATTEND_VALUES_BODY_H
#define KERNELS_LANES_ATTEND_VALUES_BODY_H

#include "kernels/lanes/attend_scores_body.h"

/* ---- weights ----------------------------------------------------------------------------------------------------- */

/* lo <= position < hi ? a : b, for the 16 positions from `first`. */
INLINE f32x16 where_visible(int first, int lo, int hi, f32x16 a, f32x16 b)
{
    static const float COUNT[N] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const f32x16 place = lanes_load(COUNT);
    const f32x16 below_hi = lanes_if_less(place, lanes_set((float)(hi - first)), a, b);
    return lanes_if_less(place, lanes_set((float)(lo - first)), b, below_hi);
}

/* A page's scores become exponentials, of which [lo, hi) are visible; they join the query's sum.  Returns the
 * factor for its values. */
INLINE float weigh(const attend_args *a, attend_query *q, float *score, int lo, int hi)
{
    const f32x16 none = lanes_set(-INFINITY), zero = lanes_set(0.0f), scale = lanes_set(a->scale);
    const bool sees_all = lo == 0 && hi == KV_PAGE;
    f32x16 p[2], max = none;
    UNROLL
    for (int j = 0; j < 2; j++) {
        p[j] = lanes_mul(lanes_load(score + N * j), scale);
        if (!sees_all)
            p[j] = where_visible(N * j, lo, hi, p[j], none);
        max = lanes_max(p[j], max);
    }
    const float page_max = lanes_max_of(max);
    UNROLL
    for (int j = 0; j < 2; j++) {
        p[j] = lanes_exp(lanes_sub(p[j], lanes_set(page_max)));
        if (!sees_all)
            p[j] = where_visible(N * j, lo, hi, p[j], zero);
        lanes_store(score + N * j, p[j]);
    }
    const float factor = running_merge(&q->state, page_max, q->out, a->d_v);
    q->state.sum = fmaf(lanes_sum(lanes_add(p[0], p[1])), factor, q->state.sum);
    return factor;
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

/* n_q queries' weights of a page: weight[q][group][position], and the factor of each.  Of F16 and F32 values all groups
 * have the same weights: group_stride is 0. */
typedef struct value_block {
    attend_query *queries;
    int n_q;
    const void *values;
    const float *weight, *factor;
    size_t q_stride, group_stride;
    int lo, hi;                          // visible positions
    const void *next_values, *next_keys; // to prefetch meanwhile, or NULL
} value_block;

/* 16 values of position t from element `first` on. */
INLINE f32x16 load_values(tensor_type type, const void *values, size_t at)
{
    return type == TYPE_Q8_0 ? lanes_load_i8((const int8_t *)values + at) : load_elements(type, values, at);
}

/* Elements [first, first + 16 n) of the outputs. */
INLINE void add_lanes(const attend_args *a, tensor_type type, value_block b, int n, int first)
{
    f32x16 part[SUM_LANES];
    UNROLL
    for (int i = 0; i < b.n_q * n; i++)
        part[i] = lanes_set(0.0f);
    const size_t row = (size_t)a->d_v * element_bytes(type), key_row = (size_t)a->d_k * element_bytes(type);
    for (int t = b.lo; t < b.hi; t++) {
        if (first == 0) {
            prefetch_page(b.next_values, (size_t)t * row, row);
            prefetch_page(b.next_keys, (size_t)t * key_row, key_row);
        }
        UNROLL
        for (int j = 0; j < n; j++) {
            const f32x16 v = load_values(type, b.values, (size_t)(t * a->d_v + first + N * j));
            const float *const weight = b.weight + (size_t)((first + N * j) / K_GROUP) * b.group_stride + t;
            UNROLL
            for (int q = 0; q < b.n_q; q++)
                part[q * n + j] = lanes_fma(v, lanes_set(weight[(size_t)q * b.q_stride]), part[q * n + j]);
        }
    }
    UNROLL
    for (int i = 0; i < b.n_q * n; i++) {
        float *const out = b.queries[i / n].out + first + N * (i % n);
        lanes_store(out, lanes_fma(part[i], lanes_set(b.factor[i / n]), lanes_load(out)));
    }
}

/* The last 8 of a head size that is not a multiple of 16, for one query. */
INLINE void add_last(const attend_args *a, tensor_type type, value_block b, int q)
{
    enum { HALF = N / 2 };
    const int first = a->d_v - HALF;
    const size_t bytes = element_bytes(type);
    const float *const weight = b.weight + (size_t)q * b.q_stride + (size_t)(first / K_GROUP) * b.group_stride;
    f32x16 part = lanes_set(0.0f);
    for (int t = b.lo; t < b.hi; t++) {
        float room[N] = {0}; // for elements of any type
        memcpy(room, (const char *)b.values + (size_t)(t * a->d_v + first) * bytes, HALF * bytes);
        part = lanes_fma(load_values(type, room, 0), lanes_set(weight[t]), part);
    }
    float *const out = b.queries[q].out + first;
    store_n(out, lanes_fma(part, lanes_set(b.factor[q]), load_n(out, HALF)), HALF);
}

/* Every element of the outputs, n (a constant) times 16 together. */
INLINE void add_values(const attend_args *a, tensor_type type, value_block b, int n)
{
    // e * value scale.
    float scaled[VALUE_QUERIES][N_GROUPS_MAX * KV_PAGE]; // by group and position
    const uint16_t *const scales = (const void *)((const int8_t *)b.values + kv_value_codes(a->d_v));
    const size_t n_groups = type == TYPE_Q8_0 ? kv_groups(a->d_v) : 0;
    for (size_t i = 0; i < n_groups * KV_PAGE; i += N) {
        const f32x16 scale = lanes_load_f16(scales + i);
        for (int q = 0; q < b.n_q; q++)
            lanes_store(&scaled[q][i], lanes_mul(lanes_load(b.weight + (size_t)q * KV_PAGE + i % KV_PAGE), scale));
    }
    if (type == TYPE_Q8_0) {
        b.weight = scaled[0];
        b.q_stride = sizeof scaled[0] / sizeof(float);
        b.group_stride = KV_PAGE;
    }
    int i = 0;
    for (; i + N * n <= a->d_v; i += N * n)
        add_lanes(a, type, b, n, i);
    for (; i + N <= a->d_v; i += N)
        add_lanes(a, type, b, 1, i);
    for (int q = 0; q < b.n_q && i < a->d_v; q++)
        add_last(a, type, b, q);
}

#endif
