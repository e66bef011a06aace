/* attend_body.h - attention over a span of pages, in lanes of 16.
 *
 * The body of a part of vector_avx2.c, vector_avx512.c and vector_neon.c, as vector_body.h is.
 *
 * Queries are taken in blocks: a page's keys and values are read from memory once, and opened once for all queries of a
 * block.  The result of one query does not depend on the others.
 */
#ifndef LANES_16
#error "include one of lanes_avx2.h, lanes_avx512.h and lanes_neon.h first: it defines f32x16 and lanes_*"
#endif

#ifndef KERNELS_LANES_ATTEND_BODY_H
#define KERNELS_LANES_ATTEND_BODY_H

#include "kernels/lanes/vector_body.h"

/* Half of the registers hold sums, the others what goes into them. */
enum {
    SUM_LANES = N_REGISTERS / 2 / PER_LANES, // f32x16 of sums
    SCORE_QUERIES = PER_LANES == 1 ? 8 : 4,  // whose scores are computed together, for ...
    SCORE_LANES = SUM_LANES / SCORE_QUERIES, // ... so many times 16 positions: 2 are a page
    ALONE_PAGES = 2,                         // whose scores are computed together for a single query
    VALUE_QUERIES = PER_LANES == 1 ? 4 : 2,
    VALUE_LANES = SUM_LANES / VALUE_QUERIES, // of 16 outputs each
    ALONE_LANES = PER_LANES == 1 ? 8 : 4,    // of 16 outputs each, for a single query
    N_GROUPS_MAX = HEAD_MAX / K_GROUP
};

/* A call's queries in codes, for Q8_0 keys. */
typedef struct query_codes {
    int8_t code[ATTEND_QUERIES][HEAD_MAX];
    float scale[ATTEND_QUERIES][N_GROUPS_MAX];
    int16_t sum[ATTEND_QUERIES][HEAD_MAX / 16];
} query_codes;

static void quantize_queries(const attend_args *a, query_codes *out)
{
    float padded[HEAD_MAX];
    const size_t n = kv_groups(a->d_k) * K_GROUP;
    for (int i = 0; i < a->n; i++) {
        memset(padded, 0, sizeof padded);
        memcpy(padded, a->queries[i].q, (size_t)a->d_k * sizeof *padded);
        const code_rows to = {.code = out->code[i], .scale = out->scale[i], .sum = out->sum[i]};
        quantize(padded, n, &to);
    }
}

/* Element `at` of an F16 or F32 page and the 15 after it. */
INLINE f32x16 load_elements(tensor_type type, const void *page, size_t at)
{
    return type == TYPE_F16 ? lanes_load_f16((const uint16_t *)page + at) : lanes_load((const float *)page + at);
}

/* Prefetches a part of the page that comes next; `next` is NULL for none. */
INLINE void prefetch_page(const void *next, size_t at, size_t bytes)
{
    for (size_t i = 0; next != NULL && i < bytes; i += 64)
        __builtin_prefetch((const char *)next + at + i);
}

INLINE size_t element_bytes(tensor_type type)
{
    return type == TYPE_F32 ? sizeof(float) : type == TYPE_F16 ? sizeof(uint16_t) : 1;
}

/* The positions of a page that a query sees: lo <= position < hi. */
typedef struct visible {
    int lo, hi; // lo >= hi: none
} visible;

INLINE visible visible_of(const attend_query *q, int page)
{
    const int first = page * KV_PAGE;
    return (visible){q->begin > first ? q->begin - first : 0, q->end < first + KV_PAGE ? q->end - first : KV_PAGE};
}

/* ---- scores ------------------------------------------------------------------------------------------------------ */

/* A block of scores: n_q queries and n_pages pages, one of which is 1, and of every page n_lanes times 16 positions
 * from 16 * lane on.  score[q or page][position]. */
typedef struct score_block {
    int first_q, n_q, n_pages, lane, n_lanes;
    const void *const *keys;
    const void *const *next; // (n_next): pages to prefetch meanwhile
    int n_next;
    float *score;
} score_block;

INLINE float *score_at(const score_block *b, int q, int page, int l)
{
    return b->score + (q + page) * KV_PAGE + (b->lane + l) * N;
}

/* Prefetches the part of the next pages that is at the place of row k of keys. */
INLINE void prefetch_row(const score_block *b, size_t k, size_t row)
{
    for (int i = 0; i < b->n_next; i++)
        prefetch_page(b->next[i], k * row, row);
}

INLINE void scores_plain(const attend_args *a, tensor_type type, score_block b)
{
    f32x16 s[SUM_LANES];
    UNROLL
    for (int i = 0; i < b.n_q * b.n_pages * b.n_lanes; i++)
        s[i] = lanes_set(0.0f);
    const size_t row = KV_PAGE * element_bytes(type);
    for (int k = 0; k < a->d_k; k++) {
        prefetch_row(&b, (size_t)k, row);
        UNROLL
        for (int i = 0; i < b.n_pages * b.n_lanes; i++) {
            const size_t at = (size_t)(k * KV_PAGE + (b.lane + i % b.n_lanes) * N);
            const f32x16 keys = load_elements(type, b.keys[i / b.n_lanes], at);
            UNROLL
            for (int q = 0; q < b.n_q; q++) {
                const int j = q * b.n_pages * b.n_lanes + i;
                s[j] = lanes_fma(keys, lanes_set(a->queries[b.first_q + q].q[k]), s[j]);
            }
        }
    }
    UNROLL
    for (int i = 0; i < b.n_q * b.n_pages * b.n_lanes; i++) {
        const int page = i / b.n_lanes % b.n_pages;
        lanes_store(score_at(&b, i / b.n_lanes / b.n_pages, page, i % b.n_lanes), s[i]);
    }
}

/* One group of 32 elements; the scores so far are in the output. */
INLINE void add_group_q8(const attend_args *a, const query_codes *codes, const score_block *b, size_t g)
{
    i32x16 dot[SUM_LANES];
    const int per_q = b->n_pages * b->n_lanes;
    UNROLL
    for (int i = 0; i < b->n_q * per_q; i++) {
        const int16_t *const sum = codes->sum[b->first_q + i / per_q] + 2 * g;
        dot[i] = lanes_dot_begin(sum[0] + sum[1]);
    }
    for (size_t k = g * K_GROUP; k < (g + 1) * K_GROUP; k += 4) {
        prefetch_row(b, k / 4, 4 * KV_PAGE);
        UNROLL
        for (int i = 0; i < per_q; i++) {
            const size_t at = k * KV_PAGE + (size_t)(4 * (b->lane + i % b->n_lanes) * N);
            const i8x64 keys = lanes_load_codes((const int8_t *)b->keys[i / b->n_lanes] + at);
            UNROLL
            for (int q = 0; q < b->n_q; q++)
                dot[q * per_q + i] = lanes_dot(dot[q * per_q + i], keys, codes->code[b->first_q + q] + k);
        }
    }
    UNROLL
    for (int i = 0; i < per_q; i++) {
        const void *const all = (const int8_t *)b->keys[i / b->n_lanes] + kv_key_codes(a->d_k);
        const size_t at = g * KV_PAGE + (size_t)((b->lane + i % b->n_lanes) * N);
        const f32x16 scale = lanes_load_f16((const uint16_t *)all + at);
        UNROLL
        for (int q = 0; q < b->n_q; q++) {
            float *const score = score_at(b, q, i / b->n_lanes, i % b->n_lanes);
            const f32x16 both = lanes_mul(scale, lanes_set(codes->scale[b->first_q + q][g]));
            const f32x16 before = g == 0 ? lanes_set(0.0f) : lanes_load(score);
            lanes_store(score, lanes_fma(both, lanes_from_i32(dot[q * per_q + i]), before));
        }
    }
}

INLINE void scores(const attend_args *a, tensor_type type, const query_codes *codes, score_block b)
{
    if (type != TYPE_Q8_0) {
        scores_plain(a, type, b);
        return;
    }
    for (size_t g = 0; g < kv_groups(a->d_k); g++)
        add_group_q8(a, codes, &b, g);
}

/* n_q queries (a constant) from first_q on, of a block that is one page. */
INLINE void scores_of_some(const attend_args *a, tensor_type type, const query_codes *codes, score_block page,
                           int first_q, int n_q)
{
    for (int lane = 0; lane < KV_PAGE / N; lane += SCORE_LANES) {
        score_block b = page;
        b.first_q = first_q;
        b.n_q = n_q;
        b.lane = lane;
        b.n_next = first_q + lane == 0 ? page.n_next : 0; // once per page
        b.score = page.score + first_q * KV_PAGE;
        scores(a, type, codes, b);
    }
}

/* Every query of a block that is one page. */
INLINE void scores_of_all(const attend_args *a, tensor_type type, const query_codes *codes, score_block page)
{
    int q = 0;
    for (; q + SCORE_QUERIES <= a->n; q += SCORE_QUERIES)
        scores_of_some(a, type, codes, page, q, SCORE_QUERIES);
    for (; SCORE_QUERIES == 8 && q + 4 <= a->n; q += 4)
        scores_of_some(a, type, codes, page, q, 4);
    for (; q + 2 <= a->n; q += 2)
        scores_of_some(a, type, codes, page, q, 2);
    for (; q < a->n; q++)
        scores_of_some(a, type, codes, page, q, 1);
}

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

/* ---- pages ------------------------------------------------------------------------------------------------------- */

/* n_q queries from query q on and the values of a page, of which they see v; `weight` and `factor` begin with those of
 * query 0. */
INLINE value_block values_of(const attend_args *a, int q, int n_q, const void *values, visible v, const float *weight,
                             const float *factor)
{
    return (value_block){.queries = a->queries + q,
                         .n_q = n_q,
                         .values = values,
                         .weight = weight + q * KV_PAGE,
                         .factor = factor + q,
                         .q_stride = KV_PAGE,
                         .lo = v.lo,
                         .hi = v.hi};
}

/* A block of n pages that prefetches n others. */
INLINE score_block of_pages(score_block b, int n)
{
    b.n_pages = n;
    b.n_next = n;
    return b;
}

/* A single query: the scores of several pages together, since those of one page are a single chain of additions. */
INLINE void attend_alone(const attend_args *a, tensor_type type, const query_codes *codes)
{
    float score[ALONE_PAGES * KV_PAGE] = {0};
    for (int page = 0; page < a->n_pages;) {
        const int n = page + ALONE_PAGES <= a->n_pages ? ALONE_PAGES : 1;
        const score_block b = {
            .n_q = 1, .n_lanes = 2, .keys = a->keys + page, .next = a->values + page, .score = score};
        if (n == 1) // the number of pages as a constant
            scores(a, type, codes, of_pages(b, 1));
        else
            scores(a, type, codes, of_pages(b, ALONE_PAGES));
        for (int i = 0; i < n; i++, page++) {
            const visible v = visible_of(a->queries, a->first_page + page);
            if (v.lo >= v.hi)
                continue;
            const float factor = weigh(a, a->queries, score + i * KV_PAGE, v.lo, v.hi);
            value_block values = values_of(a, 0, 1, a->values[page], v, score + i * KV_PAGE, &factor);
            values.next_keys = page + n < a->n_pages ? a->keys[page + n] : NULL;
            add_values(a, type, values, ALONE_LANES);
        }
    }
}

/* One page and several queries. */
INLINE void attend_page(const attend_args *a, tensor_type type, const query_codes *codes, int page)
{
    float score[ATTEND_QUERIES * KV_PAGE], factor[ATTEND_QUERIES];
    const bool is_last = page + 1 == a->n_pages;
    const score_block b = {.n_pages = 1,
                           .n_lanes = SCORE_LANES,
                           .keys = a->keys + page,
                           .next = a->keys + page + 1,
                           .n_next = is_last ? 0 : 1,
                           .score = score};
    scores_of_all(a, type, codes, b);
    bool all_see_all = true;
    for (int q = 0; q < a->n; q++) {
        const visible v = visible_of(&a->queries[q], a->first_page + page);
        all_see_all = all_see_all && v.lo == 0 && v.hi == KV_PAGE;
        if (v.lo < v.hi)
            factor[q] = weigh(a, &a->queries[q], score + q * KV_PAGE, v.lo, v.hi);
    }
    const void *const next = is_last ? NULL : a->values[page + 1];
    int q = 0;
    for (; all_see_all && q + VALUE_QUERIES <= a->n; q += VALUE_QUERIES) {
        value_block values = values_of(a, q, VALUE_QUERIES, a->values[page], (visible){0, KV_PAGE}, score, factor);
        values.next_values = q == 0 ? next : NULL;
        add_values(a, type, values, VALUE_LANES);
    }
    for (; q < a->n; q++) {
        const visible v = visible_of(&a->queries[q], a->first_page + page);
        if (v.lo >= v.hi)
            continue;
        value_block values = values_of(a, q, 1, a->values[page], v, score, factor);
        values.next_values = q == 0 ? next : NULL;
        add_values(a, type, values, ALONE_LANES);
    }
}

INLINE void attend_typed(const attend_args *a, tensor_type type, const query_codes *codes)
{
    for (attend_query *q = a->queries; q < a->queries + a->n; q++) {
        q->state = (running_softmax){-INFINITY, 0.0f};
        memset(q->out, 0, (size_t)a->d_v * sizeof *q->out);
    }
    if (a->n == 1) {
        attend_alone(a, type, codes);
        return;
    }
    for (int page = 0; page < a->n_pages; page++)
        attend_page(a, type, codes, page);
}

static void attend_f16(const attend_args *a)
{
    attend_typed(a, TYPE_F16, NULL);
}

static void attend_f32(const attend_args *a)
{
    attend_typed(a, TYPE_F32, NULL);
}

static void attend_q8(const attend_args *a)
{
    query_codes codes;
    quantize_queries(a, &codes);
    attend_typed(a, TYPE_Q8_0, &codes);
}

static void attend(const attend_args *a)
{
    if (a->type == TYPE_F16)
        attend_f16(a);
    else if (a->type == TYPE_F32)
        attend_f32(a);
    else
        attend_q8(a);
}

INLINE void fill_attend(kernels *k)
{
    k->attend = attend;
}

#endif
