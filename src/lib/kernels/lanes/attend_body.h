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

#include "kernels/lanes/attend_scores_body.h"
#include "kernels/lanes/attend_values_body.h"

/* ---- pages ------------------------------------------------------------------------------------------------------- */

/* n_q queries from query q on and all values of a page; `weight` and `factor` begin with those of query 0. */
INLINE value_block values_of(const attend_args *a, int q, int n_q, const void *values, const float *weight,
                             const float *factor)
{
    return (value_block){.queries = a->queries + q,
                         .n_q = n_q,
                         .values = values,
                         .weight = weight + q * KV_PAGE,
                         .factor = factor + q,
                         .q_stride = KV_PAGE,
                         .hi = KV_PAGE};
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
            value_block values = values_of(a, 0, 1, a->values[page], score + i * KV_PAGE, &factor);
            values.lo = v.lo;
            values.hi = v.hi;
            values.next_keys = page + n < a->n_pages ? a->keys[page + n] : NULL;
            add_values(a, type, values, ALONE_LANES);
        }
    }
}

/* One page and several queries. */
INLINE void attend_page_16(const attend_args *a, tensor_type type, const query_codes *codes, int page)
{
    float score[ATTEND_QUERIES * KV_PAGE], factor[ATTEND_QUERIES];
    const bool is_last = page + 1 == a->n_pages;
    scores_of_all(a, type, codes, (page_scores){a->keys + page, is_last ? 0 : 1, score});
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
        value_block values = values_of(a, q, VALUE_QUERIES, a->values[page], score, factor);
        values.next_values = q == 0 ? next : NULL;
        add_values(a, type, values, VALUE_LANES);
    }
    for (; q < a->n; q++) {
        const visible v = visible_of(&a->queries[q], a->first_page + page);
        if (v.lo >= v.hi)
            continue;
        value_block values = values_of(a, q, 1, a->values[page], score, factor);
        values.lo = v.lo;
        values.hi = v.hi;
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
        attend_page_16(a, type, codes, page);
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

static void attend_16(const attend_args *a)
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
    k->attend = attend_16;
}

#endif
