/* attend_scores.h - the first half of gpu_attend.h: what a block of threads works on, and the scores of a page. */
#ifndef GPU_KERNELS_ATTEND_SCORES_H
#define GPU_KERNELS_ATTEND_SCORES_H

#include "gpu/kernels/gpu_math.h"

enum {
    PAGES_TOGETHER = 4,
    ATTEND_THREADS = PAGES_TOGETHER * WARP,
    QUERIES_MAX = 8,
    GROUPS_MAX = 32,
    QUERIES_PER_THREAD = 4
};
/* Elements of queries, and of their answers, that a block has room for: 8 heads of 128; 5 of 576, 3 of 1024. */
enum { ATTEND_ROOM = 1024, ATTEND_WIDE_ROOM = 3072 };

typedef struct softmax_state {
    float max, sum;
} softmax_state;

/* Small things in shared memory. */
typedef struct attend_notes {
    float p[PAGES_TOGETHER][QUERIES_MAX][PAGE]; // of this round: e^(score - max)
    softmax_state page[PAGES_TOGETHER][QUERIES_MAX];
    softmax_state span[QUERIES_MAX], total[QUERIES_MAX];
    float q_scale[QUERIES_MAX][GROUPS_MAX];   // of Q8_0
    int begin[QUERIES_MAX], end[QUERIES_MAX]; // visible positions
} attend_notes;

/* Where things are. */
typedef struct attend_work {
    attend_notes *notes;
    float *q, *out, *total; // (queries, q_row) and twice (queries, d_v), in shared memory
    int q_row;              // in floats; of Q8_0 a row holds codes
    int n, n_heads;         // queries; heads of each token
    int first_token, first_head, kv;
    int begin, end; // positions that any of the queries sees
} attend_work;

/* Token and head of a query. */
DEVICE uint64_t token_of(const attend_work *w, int query)
{
    return (uint64_t)(w->first_token + query / w->n_heads);
}
DEVICE uint64_t head_of(const attend_work *w, int query)
{
    return (uint64_t)(w->first_head + query % w->n_heads);
}

DEVICE attend_work work_of(const gpu_attend_args *a, attend_notes *notes, float *room, const int room_row)
{
    const gpu_block block = a->blocks[block_x() / a->runs];
    const int run = block_x() % a->runs, in_kv = run * a->heads_together;
    const int left = a->heads_per_kv - in_kv, n_heads = left < a->heads_together ? left : a->heads_together;
    attend_work w = {notes,
                     room,
                     room + room_row,
                     room + 2 * room_row,
                     (a->n + GROUP - 1) / GROUP * GROUP,
                     block.n * n_heads,
                     n_heads,
                     block.first,
                     block_y() * a->heads_per_kv + in_kv,
                     block_y(),
                     a->begin[block.first],
                     0};
    for (int t = block.first; t < block.first + block.n; t++) {
        w.begin = a->begin[t] < w.begin ? a->begin[t] : w.begin;
        w.end = a->end[t] > w.end ? a->end[t] : w.end;
    }
    return w;
}

/* The KV head's part of a page. */
DEVICE const uint8_t *page_of(const gpu_attend_args *a, const attend_work *w, int page)
{
    const uint64_t seq = (uint64_t)a->seq[w->first_token];
    return (const uint8_t *)pointer_of(a->cache.pages[seq * (uint64_t)a->ld_pages + (uint64_t)page]) + a->offset +
           (uint64_t)w->kv * a->head_bytes;
}

/* Queries into shared memory; those for Q8_0 keys as codes, filled up with zeros to whole groups. */
DEVICE void load_queries(const gpu_attend_args *a, const int type, const attend_work *w)
{
    const int lane = thread_id() % WARP, warp = thread_id() / WARP;
    NO_UNROLL
    for (int query = 0; query < w->n; query++) {
        const float *const q =
            a->q + token_of(w, query) * (uint64_t)a->q_token + head_of(w, query) * (uint64_t)a->q_head;
        float *const to = w->q + query * w->q_row;
        if (type != GPU_KV_Q8_0) {
            for (int i = thread_id(); i < a->n; i += ATTEND_THREADS)
                to[i] = q[i];
            continue;
        }
        for (int g = warp; g * GROUP < a->n; g += PAGES_TOGETHER) {
            const int i = g * GROUP + lane;
            const quantized c = quantize_lane(i < a->n ? q[i] : 0.0f);
            ((int8_t *)to)[i] = (int8_t)c.code;
            if (lane == 0)
                w->notes->q_scale[query][g] = c.scale;
        }
    }
    if (thread_id() < w->n) {
        const softmax_state nothing = {MINUS_INFINITY, 0};
        w->notes->begin[thread_id()] = a->begin[token_of(w, thread_id())];
        w->notes->end[thread_id()] = a->end[token_of(w, thread_id())];
        w->notes->total[thread_id()] = nothing;
    }
}

/* ---- scores ------------------------------------------------------------------------------------------------------ */

DEVICE float key_at(const int type, const uint8_t *keys, int i)
{
    return type == GPU_KV_F16 ? f32_of_half(load_u16_if(keys + 2 * i, 1)) : f32_from_bits(load_u32_if(keys + 4 * i, 1));
}

/* score[query] of this lane's position, in rising k. */
DEVICE void score_plain(const gpu_attend_args *a, const int type, const attend_work *w, const uint8_t *keys,
                        float score[QUERIES_MAX])
{
    enum { STEP = 8 };
    const int t = thread_id() % WARP;
    int k = 0;
    NO_UNROLL
    for (; k + STEP <= a->n; k += STEP) {
        float key[STEP];
        UNROLL
        for (int i = 0; i < STEP; i++)
            key[i] = key_at(type, keys, (k + i) * PAGE + t);
        UNROLL
        for (int query = 0; query < QUERIES_MAX; query++) {
            if (query < w->n) {
                UNROLL
                for (int i = 0; i < STEP; i++)
                    score[query] = fma_f32(key[i], w->q[query * w->q_row + k + i], score[query]);
            }
        }
    }
    for (; k < a->n; k++) {
        const float key = key_at(type, keys, k * PAGE + t);
        UNROLL
        for (int query = 0; query < QUERIES_MAX; query++) {
            if (query < w->n)
                score[query] = fma_f32(key, w->q[query * w->q_row + k], score[query]);
        }
    }
}

/* The same of codes: an integer per group of 32. */
DEVICE void score_q8(const gpu_attend_args *a, const attend_work *w, const uint8_t *keys, float score[QUERIES_MAX])
{
    const int t = thread_id() % WARP, n_groups = w->q_row / GROUP;
    const uint8_t *const scales = keys + n_groups * GROUP * PAGE;
    (void)a;
    NO_UNROLL
    for (int g = 0; g < n_groups; g++) {
        uint32_t key[GROUP / 4];
        UNROLL
        for (int i = 0; i < GROUP / 4; i++)
            key[i] = load_u32_if(keys + ((g * (GROUP / 4) + i) * PAGE + t) * 4, 1);
        const float scale = f32_of_half(load_u16_if(scales + 2 * (g * PAGE + t), 1));
        UNROLL
        for (int query = 0; query < QUERIES_MAX; query++) {
            if (query < w->n) {
                const uint32_t *const codes = (const uint32_t *)(w->q + query * w->q_row) + g * (GROUP / 4);
                int32_t dot = 0;
                UNROLL
                for (int i = 0; i < GROUP / 4; i++)
                    dot = dot_4(key[i], codes[i], dot);
                score[query] = fma_f32(scale * w->notes->q_scale[query][g], (float)dot, score[query]);
            }
        }
    }
}

/* One page by one warp: notes->p and notes->page of slot `slot`.  Positions that a query does not see are zeros. */
DEVICE void score_page(const gpu_attend_args *a, const int type, const attend_work *w, int page, int slot)
{
    const int t = thread_id() % WARP, position = page * PAGE + t;
    const uint8_t *const keys = page_of(a, w, page);
    float score[QUERIES_MAX];
    UNROLL
    for (int query = 0; query < QUERIES_MAX; query++)
        score[query] = 0;
    if (type == GPU_KV_Q8_0)
        score_q8(a, w, keys, score);
    else
        score_plain(a, type, w, keys, score);
    UNROLL
    for (int query = 0; query < QUERIES_MAX; query++) {
        if (query >= w->n)
            continue; // the same for all lanes
        const int is_visible = position >= w->notes->begin[query] && position < w->notes->end[query];
        const float v = a->scale * score[query];
        float max = is_visible && v > MINUS_INFINITY ? v : MINUS_INFINITY; // NaN does not count
        UNROLL
        for (int m = 16; m > 0; m /= 2) {
            const float other = shuffle_xor(max, m);
            max = other > max ? other : max;
        }
        const float p = is_visible ? exp_f32(v - max) : 0.0f;
        const float sum = tree_sum(p + shuffle_xor(p, 16)); // partial sum t is p[t] + p[t + 16]
        w->notes->p[slot][query][t] = p;
        if (t == 0) {
            w->notes->page[slot][query].max = max;
            w->notes->page[slot][query].sum = sum;
        }
    }
}

#endif
