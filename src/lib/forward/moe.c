/* moe.c - groups a batch by expert and computes only the chosen ones: those of one share at a time. */
#include "forward/moe.h"

#include <string.h>

#include "forward/router.h"
#include "forward/stream.h"
#include "kernels/scalar/math.h"

enum { GATE_APART = 16 }; // one row of output, padded to a tile

void moe_init(moe_block *m, const compute_env *env, gate_room *room)
{
    const hparams *const h = env->h;
    scratch *const memory = env->memory;
    const size_t n = env->n_batch, pairs = n * h->n_expert_used, ld = padded_length(h->n_embd);
    *m = (moe_block){.env = env, .room = room};
    if (h->n_expert == 0)
        return;
    m->router_logits = scratch_floats(memory, n * padded_length(h->n_expert));
    m->scores = scratch_floats(memory, h->n_expert);
    m->pair_out = scratch_floats(memory, pairs * ld);
    m->slot = scratch_items(memory, pairs, sizeof *m->slot);
    m->token = scratch_items(memory, pairs, sizeof *m->token);
    m->first = scratch_items(memory, h->n_expert + 1, sizeof *m->first);
    m->products = scratch_items(memory, 2 * h->n_expert + 3, sizeof *m->products);
    if (h->n_ff_shared == 0)
        return;
    m->shared_gates = scratch_floats(memory, n * GATE_APART);
    m->shared_out = scratch_floats(memory, n * ld);
}

/* ---- routing ----------------------------------------------------------------------------------------------------- */

void moe_begin(moe_block *m)
{
    m->prepared = 0;
}

/* The normed state as all readers of it in this layer take it, quantized once for the router and the experts: they
 * follow each other where both are here. */
static act_rows input(moe_block *m, const token_batch *b, size_t l)
{
    const layer_weights *const layer = &m->env->w->layers[l];
    const mat *const readers[] = {&layer->router,      &layer->gate_exps, &layer->up_exps,
                                  &layer->gate_shared, &layer->up_shared, &layer->shared_gate};
    const act_form form = mats_form(readers, sizeof readers / sizeof readers[0]);
    const size_t d = m->env->h->n_embd;
    if (m->prepared == l + 1)
        return acts_view(m->env, b->normed, d, form);
    m->prepared = l + 1;
    return acts_prepare(m->env, b->normed, b->n, d, form);
}

static router_rule rule_of(const hparams *h, const layer_weights *layer)
{
    return (router_rule){
        .gating = h->arch.gating,
        .renormalise = h->arch.renormalise,
        .scale = h->expert_scale,
        .n_expert = h->n_expert,
        .n_used = h->n_expert_used,
        .n_groups = h->n_groups,
        .n_groups_used = h->n_groups_used,
        .groups_by_top_two = h->arch.groups_by_top_two,
        .selection_bias = layer->selection_bias,
    };
}

void moe_route(moe_block *m, const token_batch *b, size_t l, const expert_choice *choice)
{
    const layer_weights *const layer = &m->env->w->layers[l];
    const size_t ld = padded_length(m->env->h->n_expert), k = choice->n_used;
    product p = {.mat = &layer->router, .x = input(m, b, l), .n = b->n, .y = m->router_logits, .ld = ld};
    products_run(m->env, &p, 1);
    const router_rule rule = rule_of(m->env->h, layer);
    for (size_t i = 0; i < b->n; i++)
        router_choose(&rule, m->router_logits + i * ld, m->scores, choice->chosen + i * k, choice->weights + i * k);
}

/* ---- one share --------------------------------------------------------------------------------------------------- */

/* Sorts the share's pairs by expert, tokens in order within each; gives their number. */
static size_t group_by_expert(moe_block *m, size_t n_tokens, const expert_share *share)
{
    const size_t k = share->choice->n_used, n_pairs = n_tokens * k, n_expert = m->env->h->n_expert;
    const int *const chosen = share->choice->chosen;
    memset(m->first, 0, (n_expert + 1) * sizeof *m->first);
    for (size_t p = 0; p < n_pairs; p++)
        m->first[chosen[p] + 1] += share_has(share, chosen[p]);
    for (size_t e = 0; e < n_expert; e++)
        m->first[e + 1] += m->first[e];
    for (size_t p = 0; p < n_pairs; p++) { // moves first[e] to the end of e ...
        m->slot[p] = share_has(share, chosen[p]) ? (int32_t)m->first[chosen[p]]++ : -1;
        if (m->slot[p] >= 0)
            m->token[m->slot[p]] = (int32_t)(p / k);
    }
    for (size_t e = n_expert; e > 0; e--) // ... which is the beginning of e + 1
        m->first[e] = m->first[e - 1];
    m->first[0] = 0;
    return m->first[n_expert];
}

static void add_product(moe_block *m, product p)
{
    m->products[m->n_products++] = p;
}

/* gate and up of every chosen expert, each over its own tokens of x. */
static void expand_routed(moe_block *m, const layer_weights *layer, const act_rows *x, const gate_part *routed)
{
    const size_t ld = padded_length(routed->width);
    for (size_t e = 0; e < m->env->h->n_expert; e++) {
        const size_t first = m->first[e], count = m->first[e + 1] - first;
        if (count == 0)
            continue;
        act_rows own = *x;
        own.index = m->token + first;
        product p = {
            .mat = &layer->gate_exps, .expert = e, .x = own, .n = count, .y = m->room->gate + first * ld, .ld = ld};
        add_product(m, p);
        p.mat = &layer->up_exps;
        p.y = m->room->up + first * ld;
        add_product(m, p);
    }
}

/* The same of the shared experts, over all n tokens, and their gate. */
static void expand_shared(moe_block *m, const layer_weights *layer, const act_rows *x, const gate_part *shared)
{
    const size_t n = shared->n_rows, at = shared->at, ld = padded_length(shared->width);
    if (n == 0)
        return;
    add_product(m, (product){.mat = &layer->gate_shared, .x = *x, .n = n, .y = m->room->gate + at, .ld = ld});
    add_product(m, (product){.mat = &layer->up_shared, .x = *x, .n = n, .y = m->room->up + at, .ld = ld});
    if (mat_exists(&layer->shared_gate))
        add_product(m, (product){.mat = &layer->shared_gate, .x = *x, .n = n, .y = m->shared_gates, .ld = GATE_APART});
}

/* The way back from every expert's width. */
static void contract(moe_block *m, const layer_weights *layer, const gate_part *routed, const gate_part *shared)
{
    const size_t ld = padded_length(m->env->h->n_embd);
    const act_rows act = gate_acts(m->room, routed);
    m->n_products = 0;
    for (size_t e = 0; e < m->env->h->n_expert; e++) {
        const size_t first = m->first[e], count = m->first[e + 1] - first;
        if (count > 0)
            add_product(m, (product){.mat = &layer->down_exps,
                                     .expert = e,
                                     .x = acts_from(&act, first),
                                     .n = count,
                                     .y = m->pair_out + first * ld,
                                     .ld = ld});
    }
    if (shared->n_rows > 0)
        add_product(m, (product){.mat = &layer->down_shared,
                                 .x = gate_acts(m->room, shared),
                                 .n = shared->n_rows,
                                 .y = m->shared_out,
                                 .ld = ld});
    products_run(m->env, m->products, m->n_products);
}

size_t moe_run(moe_block *m, const token_batch *b, size_t l, const expert_share *share)
{
    const hparams *const h = m->env->h;
    const layer_weights *const layer = &m->env->w->layers[l];
    const act_rows x = input(m, b, l);
    const size_t n_pairs = group_by_expert(m, b->n, share);
    const gate_part routed = {.n_rows = n_pairs, .width = h->n_ff_expert, .form = mat_form(&layer->down_exps)};
    const gate_part shared = {.n_rows = share->has_shared ? b->n : 0,
                              .width = h->n_ff_shared,
                              .at = gate_after(n_pairs * padded_length(h->n_ff_expert)),
                              .form = mat_form(&layer->down_shared)};
    m->n_products = 0;
    expand_routed(m, layer, &x, &routed);
    expand_shared(m, layer, &x, &shared);
    products_run(m->env, m->products, m->n_products);
    gate_run(m->room, (const gate_part[]){routed, shared}, 2);
    m->prepared = 0; // what was activated is quantized over it
    contract(m, layer, &routed, &shared);
    return n_pairs;
}

/* ---- the answers of all shares ----------------------------------------------------------------------------------- */

void moe_answers(const moe_block *m, const token_batch *b, size_t l, const expert_share *share, expert_answers *out)
{
    const size_t ld = padded_length(m->env->h->n_embd), n_pairs = b->n * share->choice->n_used;
    for (size_t p = 0; p < n_pairs; p++) {
        if (m->slot[p] >= 0)
            out->rows[p] = m->pair_out + (size_t)m->slot[p] * ld;
    }
    if (!share->has_shared)
        return;
    out->shared = m->shared_out;
    out->shared_gates = mat_exists(&m->env->w->layers[l].shared_gate) ? m->shared_gates : NULL;
}

typedef struct join_job {
    const compute_env *env;
    token_batch *b;
    const expert_choice *choice;
    const expert_answers *answers;
    size_t layer;
} join_job;

static void add_scaled(float *out, float weight, const float *y, size_t n)
{
    for (size_t c = 0; c < n; c++)
        out[c] += weight * y[c];
}

static void join_token(void *ud, size_t i, int worker)
{
    (void)worker;
    const join_job *const j = ud;
    const expert_answers *const a = j->answers;
    const size_t k = j->choice->n_used, d = j->env->h->n_embd, ld = padded_length(d);
    float *const out = j->b->out + i * ld;
    memset(out, 0, d * sizeof *out);
    for (size_t e = 0; e < k; e++)
        add_scaled(out, j->choice->weights[i * k + e], a->rows[i * k + e], d);
    if (a->shared != NULL) {
        const float *const gate = a->shared_gates != NULL ? &a->shared_gates[i * GATE_APART] : NULL;
        add_scaled(out, gate != NULL ? 1.0f / (1.0f + math_expf(-*gate)) : 1.0f, a->shared + i * ld, d);
    }
    stream_add_row(j->env, j->b, i, out, j->layer);
}

void moe_join(moe_block *m, token_batch *b, size_t layer, const expert_choice *choice, const expert_answers *answers)
{
    join_job j = {m->env, b, choice, answers, layer};
    pool_run(m->env->pool, b->n, join_token, &j);
}
