/* attend.c - which queries of a batch go together, and which thread computes them.
 *
 * A *block* is some tokens of one sequence that are next to each other in the batch; a *share* is a block's queries for
 * some heads that use one KV head, at most ATTEND_QUERIES.  A share reads each page once for all its queries.  Pages
 * are passed in spans of KV_SPAN, whose results are joined in order: where there are fewer shares than would keep the
 * threads busy, spans are computed side by side, with the same result.
 */
#include "forward/attend.h"

#include "kernels/scalar/math.h"

enum {
    SPAN_POSITIONS = KV_SPAN * KV_PAGE,
    SHARES_PER_THREAD = 4, // fewer are cut into spans
    PARTS_PER_THREAD = 8,
    HEADS_TOGETHER = 4, // fewer are not worth a page of their own
};

void attend_init(attend_pass *a, const compute_env *env)
{
    *a = (attend_pass){.env = env,
                       .n_parts = (size_t)pool_n_threads(env->pool) * PARTS_PER_THREAD,
                       .n_value = hparams_cache_value(env->h),
                       .blocks = scratch_items(env->memory, env->n_batch, sizeof *a->blocks)};
    const size_t n_rows = a->n_parts * ATTEND_QUERIES;
    a->state = scratch_items(env->memory, n_rows, sizeof *a->state);
    a->total = scratch_items(env->memory, n_rows, sizeof *a->total);
    a->out = scratch_floats(env->memory, n_rows * a->n_value);
}

typedef struct attend_job {
    const attend_pass *pass;
    const token_batch *b;
    size_t layer;
    const head_layout *heads;
    size_t heads_per_share, shares_per_block;
    int first_span, n_spans; // of one wave
    bool is_last;            // wave
} attend_job;

/* One share of the batch. */
typedef struct share {
    const token_block *block;
    size_t kv_head, first_head, n_heads;
    int first, end; // positions that any of its queries sees
} share;

/* The first position that a query sees which sees none from `end` on. */
static int window_begin(const attend_job *j, int end)
{
    const hparams *const h = j->pass->env->h;
    return hparams_is_windowed(h, j->layer) && end > h->n_window ? end - h->n_window : 0;
}

/* A block's shares are counted by KV head, and of each by runs of the query heads that use it. */
static share share_of(const attend_job *j, size_t task)
{
    const token_block *const b = &j->pass->blocks[task / j->shares_per_block];
    const size_t in_block = task % j->shares_per_block;
    const size_t per_kv = j->heads->n_head / j->heads->n_kv;
    const size_t shares_per_kv = j->shares_per_block / j->heads->n_kv;
    const size_t first = in_block % shares_per_kv * j->heads_per_share;
    const batch_token *const t = &j->b->tokens[b->first];
    return (share){.block = b,
                   .kv_head = in_block / shares_per_kv,
                   .first_head = in_block / shares_per_kv * per_kv + first,
                   .n_heads = per_kv - first < j->heads_per_share ? per_kv - first : j->heads_per_share,
                   .first = window_begin(j, t->pos + 1),
                   .end = t->pos + (int)b->n};
}

static size_t share_queries(const share *s)
{
    return s->block->n * s->n_heads;
}

/* The i-th query of a share: token by token, head by head; and where its answer goes. */
static attend_query query_of(const attend_job *j, const share *s, size_t i, float **answer_out, const float **sink_out)
{
    const head_layout *const h = j->heads;
    const size_t token = s->block->first + i / s->n_heads, head = s->first_head + i % s->n_heads;
    const int end = j->b->tokens[token].pos + 1;
    *answer_out = h->out + token * h->out_token + head * h->out_head;
    *sink_out = h->sinks != NULL ? &h->sinks[head] : NULL;
    return (attend_query){.q = h->q + token * h->q_token + head * h->q_head, .begin = window_begin(j, end), .end = end};
}

/* The part of a share that lies in one span: row i of `out` and state[i] belong to its i-th query; a query that sees
 * nothing there gets the sum 0. */
static void attend_span(const attend_job *j, const share *s, int span, running_softmax *state, float *out)
{
    const compute_env *const env = j->pass->env;
    const kv_cache *const kv = env->kv;
    const int first = span * SPAN_POSITIONS > s->first ? span * SPAN_POSITIONS : s->first;
    const int end = (span + 1) * SPAN_POSITIONS < s->end ? (span + 1) * SPAN_POSITIONS : s->end;
    attend_query queries[ATTEND_QUERIES];
    size_t index[ATTEND_QUERIES], n = 0;
    for (size_t i = 0; i < share_queries(s); i++) {
        float *answer;
        const float *sink;
        state[i] = (running_softmax){-INFINITY, 0};
        queries[n] = query_of(j, s, i, &answer, &sink);
        queries[n].out = out + i * j->pass->n_value;
        if (queries[n].begin < end && queries[n].end > first)
            index[n++] = i;
    }
    if (n == 0)
        return;
    const void *keys[KV_SPAN], *values[KV_SPAN];
    const int first_page = first / KV_PAGE, end_page = (end + KV_PAGE - 1) / KV_PAGE;
    const kv_head head = {j->b->tokens[s->block->first].seq, j->layer, s->kv_head};
    kv_page_pointers(kv, &head, first_page, end_page, keys, values);
    env->k->attend(&(attend_args){.type = kv->type,
                                  .d_k = (int)kv->d_k,
                                  .d_v = (int)kv->d_v,
                                  .scale = env->h->attn_scale,
                                  .keys = keys,
                                  .values = values,
                                  .first_page = first_page,
                                  .n_pages = end_page - first_page,
                                  .queries = queries,
                                  .n = (int)n});
    for (size_t i = 0; i < n; i++)
        state[index[i]] = queries[i].state;
}

/* Joins a span's results to what came before, and ends the answers after the last one. */
static void join(const attend_job *j, const share *s, const running_softmax *state, const float *out,
                 running_softmax *total, bool is_last)
{
    const int d_v = (int)j->pass->n_value;
    for (size_t i = 0; i < share_queries(s); i++) {
        float *answer;
        const float *sink;
        query_of(j, s, i, &answer, &sink);
        if (state[i].sum != 0)
            running_add(&total[i], answer, &state[i], out + i * j->pass->n_value, d_v);
        if (is_last)
            running_finish(&total[i], sink, answer, d_v);
    }
}

static void clear(running_softmax *total)
{
    for (int i = 0; i < ATTEND_QUERIES; i++)
        total[i] = (running_softmax){-INFINITY, 0};
}

/* A whole share, one span after another.  The worker's part of pass->out holds one span's answers at a time. */
static void attend_share(void *ud, size_t task, int worker)
{
    const attend_job *const j = ud;
    const attend_pass *const pass = j->pass;
    const share s = share_of(j, task);
    float *const out = pass->out + (size_t)worker * ATTEND_QUERIES * pass->n_value;
    running_softmax state[ATTEND_QUERIES], total[ATTEND_QUERIES];
    clear(total);
    const int last = (s.end - 1) / SPAN_POSITIONS;
    for (int span = s.first / SPAN_POSITIONS; span <= last; span++) {
        attend_span(j, &s, span, state, out);
        join(j, &s, state, out, total, span == last);
    }
}

/* First row of a share's part for the i-th span of a wave. */
static size_t part_row(const attend_job *j, size_t task, int in_wave)
{
    return (task * (size_t)j->n_spans + (size_t)in_wave) * ATTEND_QUERIES;
}

/* One span of one share: part of a wave. */
static void attend_part(void *ud, size_t part, int worker)
{
    (void)worker;
    const attend_job *const j = ud;
    const attend_pass *const pass = j->pass;
    const share s = share_of(j, part / (size_t)j->n_spans);
    const size_t row = part * ATTEND_QUERIES;
    attend_span(j, &s, j->first_span + (int)(part % (size_t)j->n_spans), pass->state + row,
                pass->out + row * pass->n_value);
}

/* All parts of one share, in the order of the spans: the same additions as attend_share. */
static void join_parts(void *ud, size_t task, int worker)
{
    (void)worker;
    const attend_job *const j = ud;
    const attend_pass *const pass = j->pass;
    const share s = share_of(j, task);
    for (int i = 0; i < j->n_spans; i++) {
        const size_t row = part_row(j, task, i);
        join(j, &s, pass->state + row, pass->out + row * pass->n_value, pass->total + task * ATTEND_QUERIES,
             j->is_last && i == j->n_spans - 1);
    }
}

/* Spans of all shares side by side, as many at a time as there is room for. */
static void attend_in_waves(attend_job *j, size_t n_shares, int first_span, int end_span)
{
    const attend_pass *const pass = j->pass;
    for (size_t task = 0; task < n_shares; task++)
        clear(pass->total + task * ATTEND_QUERIES);
    const int room = (int)(pass->n_parts / n_shares);
    for (j->first_span = first_span; j->first_span < end_span; j->first_span += j->n_spans) {
        j->n_spans = end_span - j->first_span < room ? end_span - j->first_span : room;
        j->is_last = j->first_span + j->n_spans == end_span;
        pool_run(j->pass->env->pool, n_shares * (size_t)j->n_spans, attend_part, j);
        pool_run(j->pass->env->pool, n_shares, join_parts, j);
    }
}

/* Positions that any query of the batch sees: [*first_out, *end_out). */
static void seen_by_any(const attend_job *j, int *first_out, int *end_out)
{
    *first_out = INT32_MAX;
    *end_out = 0;
    for (size_t b = 0; b < j->pass->n_blocks; b++) {
        const share s = share_of(j, b * j->shares_per_block);
        *first_out = s.first < *first_out ? s.first : *first_out;
        *end_out = s.end > *end_out ? s.end : *end_out;
    }
}

static void set_heads_per_share(attend_job *j, size_t n)
{
    const size_t per_kv = j->heads->n_head / j->heads->n_kv;
    j->heads_per_share = n;
    j->shares_per_block = j->heads->n_kv * ((per_kv + n - 1) / n);
}

void attend_run(attend_pass *a, const token_batch *b, size_t layer, const head_layout *heads)
{
    thread_pool *const pool = a->env->pool;
    const size_t n_threads = (size_t)pool_n_threads(pool), per_kv = heads->n_head / heads->n_kv;
    attend_job j = {.pass = a, .b = b, .layer = layer, .heads = heads};
    set_heads_per_share(&j, per_kv < ATTEND_QUERIES ? per_kv : ATTEND_QUERIES);
    int first, end;
    seen_by_any(&j, &first, &end);
    const int first_span = first / SPAN_POSITIONS, end_span = (end - 1) / SPAN_POSITIONS + 1;
    const size_t n_spans = (size_t)(end_span - first_span);
    // A thread without work is worse than a page that is read twice.
    while (a->n_blocks * j.shares_per_block * n_spans < n_threads && j.heads_per_share > HEADS_TOGETHER)
        set_heads_per_share(&j, (j.heads_per_share + 1) / 2);
    const size_t n_shares = a->n_blocks * j.shares_per_block;
    if (n_spans > 1 && n_shares < n_threads * SHARES_PER_THREAD)
        attend_in_waves(&j, n_shares, first_span, end_span);
    else
        pool_run(pool, n_shares, attend_share, &j);
}

void attend_blocks(attend_pass *a, const token_batch *b)
{
    const size_t per_kv = a->env->h->n_head / hparams_cache_heads(a->env->h);
    const size_t max = per_kv < ATTEND_QUERIES ? ATTEND_QUERIES / per_kv : 1;
    a->n_blocks = 0;
    for (size_t i = 0; i < b->n; i++) {
        token_block *const last = a->n_blocks > 0 ? &a->blocks[a->n_blocks - 1] : NULL;
        if (last != NULL && last->n < max && b->tokens[i].seq == b->tokens[i - 1].seq)
            last->n++;
        else
            a->blocks[a->n_blocks++] = (token_block){i, 1};
    }
}
