/* attend.cu - softmax attention over pages of 32 positions, as kernels/scalar/scalar.c (attend) and forward/attend.c
 * have it.
 *
 * A block of threads has up to 8 queries that read the same pages: some heads of one KV head, or some tokens.  It
 * passes over a span of pages in rounds of 4:
 *
 *   1. warp w takes page w of the round, lane t its position t: scores (chains in rising k), the page's maximum,
 *      exponentials, and their sum (t and t + 16, then the tree)
 *   2. thread (element i, four queries) takes the pages of the round in order: weighted values of the page in rising
 *      position, then the page joins what came before
 *
 * so that a page's weighted values are never in memory.  Spans are joined in order afterwards, by the same block if it
 * has them all, else by attend_join: prompts have enough blocks without splitting, single tokens have not.
 */
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
    NO_UNROLL for (int query = 0; query < w->n; query++)
    {
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
    NO_UNROLL for (; k + STEP <= a->n; k += STEP)
    {
        float key[STEP];
        UNROLL for (int i = 0; i < STEP; i++) key[i] = key_at(type, keys, (k + i) * PAGE + t);
        UNROLL for (int query = 0; query < QUERIES_MAX; query++)
        {
            if (query < w->n) {
                UNROLL for (int i = 0; i < STEP; i++) score[query] =
                    fma_f32(key[i], w->q[query * w->q_row + k + i], score[query]);
            }
        }
    }
    for (; k < a->n; k++) {
        const float key = key_at(type, keys, k * PAGE + t);
        UNROLL for (int query = 0; query < QUERIES_MAX; query++)
        {
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
    NO_UNROLL for (int g = 0; g < n_groups; g++)
    {
        uint32_t key[GROUP / 4];
        UNROLL for (int i = 0; i < GROUP / 4; i++) key[i] =
            load_u32_if(keys + ((g * (GROUP / 4) + i) * PAGE + t) * 4, 1);
        const float scale = f32_of_half(load_u16_if(scales + 2 * (g * PAGE + t), 1));
        UNROLL for (int query = 0; query < QUERIES_MAX; query++)
        {
            if (query < w->n) {
                const uint32_t *const codes = (const uint32_t *)(w->q + query * w->q_row) + g * (GROUP / 4);
                int32_t dot = 0;
                UNROLL for (int i = 0; i < GROUP / 4; i++) dot = dot_4(key[i], codes[i], dot);
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
    UNROLL for (int query = 0; query < QUERIES_MAX; query++) score[query] = 0;
    if (type == GPU_KV_Q8_0)
        score_q8(a, w, keys, score);
    else
        score_plain(a, type, w, keys, score);
    UNROLL for (int query = 0; query < QUERIES_MAX; query++)
    {
        if (query >= w->n)
            continue; // the same for all lanes
        const int is_visible = position >= w->notes->begin[query] && position < w->notes->end[query];
        const float v = a->scale * score[query];
        float max = is_visible && v > MINUS_INFINITY ? v : MINUS_INFINITY; // NaN does not count
        UNROLL for (int m = 16; m > 0; m /= 2)
        {
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

/* ---- values ------------------------------------------------------------------------------------------------------ */

DEVICE int is_seen(const attend_work *w, int query, int page)
{
    return w->notes->begin[query] < (page + 1) * PAGE && w->notes->end[query] > page * PAGE;
}

/* Adds the value of position t, element i, with weights e of four queries. */
DEVICE void add_value(const int type, const uint8_t *values, int d_v, int t, int i, const float e[QUERIES_PER_THREAD],
                      float part[QUERIES_PER_THREAD])
{
    const float v =
        type == GPU_KV_Q8_0 ? (float)(int8_t)load_u8_if(values + t * d_v + i, 1) : key_at(type, values, t * d_v + i);
    const float scale =
        type == GPU_KV_Q8_0 ? f32_of_half(load_u16_if(values + d_v * PAGE + 2 * (i / GROUP * PAGE + t), 1)) : 1.0f;
    UNROLL for (int u = 0; u < QUERIES_PER_THREAD; u++) part[u] =
        fma_f32(v, type == GPU_KV_Q8_0 ? e[u] * scale : e[u], part[u]);
}

/* Weighted values of one page for element i and the four queries from `query` on, in rising position. */
DEVICE void add_page(const gpu_attend_args *a, const int type, const attend_work *w, const uint8_t *values, int page,
                     int slot, int i, int query, float part[QUERIES_PER_THREAD])
{
    const attend_notes *const notes = w->notes;
    int lo[QUERIES_PER_THREAD], hi[QUERIES_PER_THREAD], is_whole = 1;
    UNROLL for (int u = 0; u < QUERIES_PER_THREAD; u++)
    {
        const int of = query + u < w->n ? query + u : w->n - 1; // beyond the last one: computed and not kept
        part[u] = 0;
        lo[u] = notes->begin[of] - page * PAGE;
        hi[u] = notes->end[of] - page * PAGE;
        is_whole = is_whole && lo[u] <= 0 && hi[u] >= PAGE;
    }
    NO_UNROLL for (int first = 0; first < PAGE; first += 8)
    {
        UNROLL for (int k = 0; k < 8; k++)
        {
            const int t = first + k;
            float e[QUERIES_PER_THREAD], next[QUERIES_PER_THREAD];
            UNROLL for (int u = 0; u < QUERIES_PER_THREAD; u++)
            {
                e[u] = notes->p[slot][query + u < w->n ? query + u : w->n - 1][t];
                next[u] = part[u];
            }
            add_value(type, values, a->d_v, t, i, e, next);
            UNROLL for (int u = 0; u < QUERIES_PER_THREAD;
                        u++) // what is at a position that is not seen may be anything
                part[u] = is_whole || (t >= lo[u] && t < hi[u]) ? next[u] : part[u];
        }
    }
}

/* The pages of a round join the answers of the span: attend_page. */
DEVICE void add_round(const gpu_attend_args *a, const int type, const attend_work *w, int first_page, int n_pages)
{
    const int n_fours = (w->n + QUERIES_PER_THREAD - 1) / QUERIES_PER_THREAD;
    for (int at = thread_id(); at < a->d_v * n_fours; at += ATTEND_THREADS) {
        const int i = at % a->d_v, query = at / a->d_v * QUERIES_PER_THREAD;
        float max[QUERIES_PER_THREAD];
        UNROLL for (int u = 0; u < QUERIES_PER_THREAD; u++) max[u] =
            query + u < w->n ? w->notes->span[query + u].max : 0.0f;
        NO_UNROLL for (int slot = 0; slot < n_pages; slot++)
        {
            float part[QUERIES_PER_THREAD];
            add_page(a, type, w, page_of(a, w, first_page + slot) + a->key_bytes, first_page + slot, slot, i, query,
                     part);
            UNROLL for (int u = 0; u < QUERIES_PER_THREAD; u++)
            {
                if (query + u < w->n && is_seen(w, query + u, first_page + slot)) {
                    float *const out = &w->out[(query + u) * a->d_v + i];
                    const merged m = merge(max[u], w->notes->page[slot][query + u].max);
                    max[u] = m.max;
                    *out = fma_f32(part[u], m.part, *out * m.old);
                }
            }
        }
    }
}

/* The same of a query's maximum and sum. */
DEVICE void add_round_state(const attend_work *w, int query, int first_page, int n_pages)
{
    softmax_state *const s = &w->notes->span[query];
    for (int slot = 0; slot < n_pages; slot++) {
        if (is_seen(w, query, first_page + slot)) {
            const merged m = merge(s->max, w->notes->page[slot][query].max);
            s->max = m.max;
            s->sum = fma_f32(w->notes->page[slot][query].sum, m.part, s->sum * m.old);
        }
    }
}

DEVICE void attend_span(const gpu_attend_args *a, const int type, const attend_work *w, int span)
{
    const int thread = thread_id();
    const int begin = w->begin / PAGE, end = (w->end + PAGE - 1) / PAGE;
    const int first = span * SPAN > begin ? span * SPAN : begin,
              last = (span + 1) * SPAN < end ? (span + 1) * SPAN : end;
    for (int i = thread; i < w->n * a->d_v; i += ATTEND_THREADS)
        w->out[i] = 0;
    if (thread < w->n) {
        w->notes->span[thread].max = MINUS_INFINITY;
        w->notes->span[thread].sum = 0;
    }
    block_barrier();
    NO_UNROLL for (int page = first; page < last; page += PAGES_TOGETHER)
    {
        const int n_pages = last - page < PAGES_TOGETHER ? last - page : PAGES_TOGETHER;
        if (thread / WARP < n_pages)
            score_page(a, type, w, page + thread / WARP, thread / WARP);
        block_barrier();
        add_round(a, type, w, page, n_pages);
        block_barrier();
        if (thread < w->n)
            add_round_state(w, thread, page, n_pages);
    }
    block_barrier();
}

/* ---- spans ------------------------------------------------------------------------------------------------------- */

/* running_add: two roundings, where pages have one. */
DEVICE softmax_state add_state(softmax_state total, softmax_state part)
{
    if (total.sum == 0.0f)
        return part;
    const merged m = merge(total.max, part.max);
    total.max = m.max;
    total.sum = total.sum * m.old + part.sum * m.part;
    return total;
}

DEVICE float add_answer(softmax_state total, softmax_state part, float out, float part_out)
{
    if (total.sum == 0.0f)
        return part_out;
    const merged m = merge(total.max, part.max);
    return out * m.old + part_out * m.part;
}

/* running_finish: a sink's logit joins the sum, then the answer is divided. */
DEVICE float finish(softmax_state total, const float *sink, float out)
{
    if (sink != 0) {
        const merged m = merge(total.max, *sink);
        total.sum = total.sum * m.old + m.part;
        out *= m.old;
    }
    return out / total.sum;
}

/* The block's span joins its totals. */
DEVICE void add_span(const gpu_attend_args *a, const attend_work *w)
{
    for (int i = thread_id(); i < w->n * a->d_v; i += ATTEND_THREADS) {
        const int query = i / a->d_v;
        if (w->notes->span[query].sum != 0)
            w->total[i] = add_answer(w->notes->total[query], w->notes->span[query], w->total[i], w->out[i]);
    }
    block_barrier();
    if (thread_id() < w->n && w->notes->span[thread_id()].sum != 0)
        w->notes->total[thread_id()] = add_state(w->notes->total[thread_id()], w->notes->span[thread_id()]);
    block_barrier();
}

/* Where a query's span is kept for attend_join. */
DEVICE uint64_t span_row(const gpu_attend_args *a, uint64_t token, uint64_t head, int span)
{
    return (token * (uint64_t)a->n_heads + head) * (uint64_t)a->n_spans + (uint64_t)(span - a->first_span);
}

DEVICE void keep_span(const gpu_attend_args *a, const attend_work *w, int span)
{
    for (int i = thread_id(); i < w->n * a->d_v; i += ATTEND_THREADS) {
        const int query = i / a->d_v;
        a->span_out[span_row(a, token_of(w, query), head_of(w, query), span) * (uint64_t)a->d_v +
                    (uint64_t)(i % a->d_v)] = w->out[i];
    }
    if (thread_id() < w->n) {
        float *const state = a->span_state + span_row(a, token_of(w, thread_id()), head_of(w, thread_id()), span) * 2;
        state[0] = w->notes->span[thread_id()].max;
        state[1] = w->notes->span[thread_id()].sum;
    }
}

DEVICE void store_answers(const gpu_attend_args *a, const attend_work *w)
{
    for (int i = thread_id(); i < w->n * a->d_v; i += ATTEND_THREADS) {
        const int query = i / a->d_v;
        const uint64_t token = token_of(w, query), head = head_of(w, query);
        a->out[token * (uint64_t)a->out_token + head * (uint64_t)a->out_head + (uint64_t)(i % a->d_v)] =
            finish(w->notes->total[query], a->sinks != 0 ? &a->sinks[head] : 0, w->total[i]);
    }
}

DEVICE void attend(const gpu_attend_args *a, const int type, attend_notes *notes, float *room, const int room_row)
{
    const attend_work w = work_of(a, notes, room, room_row);
    load_queries(a, type, &w);
    if (a->is_split) {
        attend_span(a, type, &w, a->first_span + block_z());
        keep_span(a, &w, a->first_span + block_z());
        return;
    }
    NO_UNROLL for (int span = w.begin / (SPAN * PAGE); span * SPAN * PAGE < w.end; span++)
    {
        attend_span(a, type, &w, span);
        add_span(a, &w);
    }
    store_answers(a, &w);
}

#define ATTEND(name, TYPE, ROOM)                                                                                       \
    typedef struct name##_room {                                                                                       \
        float memory[3 * ROOM];                                                                                        \
        attend_notes notes;                                                                                            \
    } name##_room;                                                                                                     \
    KERNEL(name, gpu_attend_args, ATTEND_THREADS, 4)                                                                   \
    {                                                                                                                  \
        SHARED(name##_room, room);                                                                                     \
        attend(&a, GPU_KV_##TYPE, &room->notes, room->memory, ROOM);                                                   \
    }
ATTEND(attend_f16, F16, ATTEND_ROOM)
ATTEND(attend_f32, F32, ATTEND_ROOM)
ATTEND(attend_q8_0, Q8_0, ATTEND_ROOM)
ATTEND(attend_wide_f16, F16, ATTEND_WIDE_ROOM)
ATTEND(attend_wide_f32, F32, ATTEND_WIDE_ROOM)
ATTEND(attend_wide_q8_0, Q8_0, ATTEND_WIDE_ROOM)

/* The spans of one query, in order. */
KERNEL(attend_join, gpu_attend_args, ATTEND_THREADS, 8)
{
    const uint64_t head = (uint64_t)block_x(), token = (uint64_t)block_y();
    const uint64_t first = span_row(&a, token, head, a.first_span);
    for (int i = thread_id(); i < a.d_v; i += block_threads()) {
        softmax_state total = {MINUS_INFINITY, 0};
        float out = 0;
        NO_UNROLL for (int span = 0; span < a.n_spans; span++)
        {
            const uint64_t row = first + (uint64_t)span;
            const softmax_state part = {a.span_state[2 * row], a.span_state[2 * row + 1]};
            if (part.sum != 0) {
                out = add_answer(total, part, out, a.span_out[row * (uint64_t)a.d_v + (uint64_t)i]);
                total = add_state(total, part);
            }
        }
        a.out[token * (uint64_t)a.out_token + head * (uint64_t)a.out_head + (uint64_t)i] =
            finish(total, a.sinks != 0 ? &a.sinks[head] : 0, out);
    }
}
