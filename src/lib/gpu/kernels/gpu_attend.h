/* gpu_attend.h - softmax attention over pages of 32 positions, as kernels/scalar/scalar.c (attend) and forward/attend.c
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
#ifndef GPU_KERNELS_GPU_ATTEND_H
#define GPU_KERNELS_GPU_ATTEND_H

#include "gpu/kernels/attend_scores.h"

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
    UNROLL
    for (int u = 0; u < QUERIES_PER_THREAD; u++)
        part[u] = fma_f32(v, type == GPU_KV_Q8_0 ? e[u] * scale : e[u], part[u]);
}

/* Weighted values of one page for element i and the four queries from `query` on, in rising position. */
DEVICE void add_page(const gpu_attend_args *a, const int type, const attend_work *w, const uint8_t *values, int page,
                     int slot, int i, int query, float part[QUERIES_PER_THREAD])
{
    const attend_notes *const notes = w->notes;
    int lo[QUERIES_PER_THREAD], hi[QUERIES_PER_THREAD], is_whole = 1;
    UNROLL
    for (int u = 0; u < QUERIES_PER_THREAD; u++) {
        const int of = query + u < w->n ? query + u : w->n - 1; // beyond the last one: computed and not kept
        part[u] = 0;
        lo[u] = notes->begin[of] - page * PAGE;
        hi[u] = notes->end[of] - page * PAGE;
        is_whole = is_whole && lo[u] <= 0 && hi[u] >= PAGE;
    }
    NO_UNROLL
    for (int first = 0; first < PAGE; first += 8) {
        UNROLL
        for (int k = 0; k < 8; k++) {
            const int t = first + k;
            float e[QUERIES_PER_THREAD], next[QUERIES_PER_THREAD];
            UNROLL
            for (int u = 0; u < QUERIES_PER_THREAD; u++) {
                e[u] = notes->p[slot][query + u < w->n ? query + u : w->n - 1][t];
                next[u] = part[u];
            }
            add_value(type, values, a->d_v, t, i, e, next);
            UNROLL
            for (int u = 0; u < QUERIES_PER_THREAD; u++) // what is at a position that is not seen may be anything
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
        UNROLL
        for (int u = 0; u < QUERIES_PER_THREAD; u++)
            max[u] = query + u < w->n ? w->notes->span[query + u].max : 0.0f;
        NO_UNROLL
        for (int slot = 0; slot < n_pages; slot++) {
            float part[QUERIES_PER_THREAD];
            add_page(a, type, w, page_of(a, w, first_page + slot) + a->key_bytes, first_page + slot, slot, i, query,
                     part);
            UNROLL
            for (int u = 0; u < QUERIES_PER_THREAD; u++) {
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
    NO_UNROLL
    for (int page = first; page < last; page += PAGES_TOGETHER) {
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
    NO_UNROLL
    for (int span = w.begin / (SPAN * PAGE); span * SPAN * PAGE < w.end; span++) {
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
#define ATTEND_KERNELS(name, TYPE)                                                                                     \
    ATTEND(attend_##name, TYPE, ATTEND_ROOM) ATTEND(attend_wide_##name, TYPE, ATTEND_WIDE_ROOM)

#endif
