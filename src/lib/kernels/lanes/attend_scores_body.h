/* attend_scores_body.h - the first part of attend_body.h: products of queries and keys.
 *
 * Owns the shapes of blocks and the queries' codes.  A score is not scaled yet.
 */
#ifndef LANES_16
#error "include one of lanes_avx2.h, lanes_avx512.h and lanes_neon.h first: it defines f32x16 and lanes_*"
#endif

#ifndef KERNELS_LANES_ATTEND_SCORES_BODY_H
#define KERNELS_LANES_ATTEND_SCORES_BODY_H

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
        quantize_16(padded, n, &to);
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

/* One page's scores: keys[0] is its keys, n_next (0, 1) more pages follow it. */
typedef struct page_scores {
    const void *const *keys;
    int n_next;
    float *score; // (n, KV_PAGE), by query
} page_scores;

/* n_q queries (a constant) from first_q on. */
INLINE void scores_of_some(const attend_args *a, tensor_type type, const query_codes *codes, page_scores page,
                           int first_q, int n_q)
{
    for (int lane = 0; lane < KV_PAGE / N; lane += SCORE_LANES)
        scores(a, type, codes,
               (score_block){.first_q = first_q,
                             .n_q = n_q,
                             .n_pages = 1,
                             .lane = lane,
                             .n_lanes = SCORE_LANES,
                             .keys = page.keys,
                             .next = page.keys + 1,
                             .n_next = first_q + lane == 0 ? page.n_next : 0, // once per page
                             .score = page.score + first_q * KV_PAGE});
}

/* Every query. */
INLINE void scores_of_all(const attend_args *a, tensor_type type, const query_codes *codes, page_scores page)
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

#endif
