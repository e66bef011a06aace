/* moe.c - the mixture-of-experts block: route, group the batch by expert, compute only the chosen ones, combine. */
#include <string.h>

#include "base/alloc.h"
#include "forward/forward.h"
#include "forward/router.h"
#include "kernels/scalar/math.h"

bool moe_init(moe_scratch *m, const hparams *h, int n_batch)
{
    *m = (moe_scratch){0};
    if (h->n_expert == 0)
        return true;
    const size_t n = (size_t)n_batch, n_expert = (size_t)h->n_expert, pairs = n * (size_t)h->n_expert_used;
    m->router_logits = mem_calloc(n * padded_length(n_expert), sizeof *m->router_logits);
    m->chosen = mem_calloc((size_t)h->n_layers * pairs, sizeof *m->chosen);
    m->scores = mem_calloc(n_expert, sizeof *m->scores);
    m->shared_gates = mem_calloc(n * 16, sizeof *m->shared_gates);
    m->weights = mem_calloc(pairs, sizeof *m->weights);
    m->slot = mem_calloc(pairs, sizeof *m->slot);
    m->token = mem_calloc(pairs, sizeof *m->token);
    m->first = mem_calloc(n_expert + 1, sizeof *m->first);
    m->products = mem_calloc(2 * n_expert + 3, sizeof *m->products);
    return m->router_logits != NULL && m->chosen != NULL && m->scores != NULL && m->shared_gates != NULL &&
           m->weights != NULL && m->slot != NULL && m->token != NULL && m->first != NULL && m->products != NULL;
}

void moe_free(moe_scratch *m)
{
    mem_free(m->router_logits);
    mem_free(m->chosen);
    mem_free(m->scores);
    mem_free(m->shared_gates);
    mem_free(m->weights);
    mem_free(m->slot);
    mem_free(m->token);
    mem_free(m->first);
    mem_free(m->products);
    *m = (moe_scratch){0};
}

/* Chooses every token's experts. */
static int *route(forward *f, int layer, const act_rows *x)
{
    moe_scratch *const m = &f->moe;
    const hparams *const h = f->h;
    const size_t ld = padded_length((size_t)h->n_expert), k = (size_t)h->n_expert_used;
    product p = {.mat = &f->w->layers[layer].router, .x = *x, .n = f->n, .y = m->router_logits, .ld = ld};
    products_run(f->pool, f->k, &p, 1);
    int *const chosen = m->chosen + (size_t)layer * (size_t)f->n_batch * k;
    const router_rule rule = {
        .gating = h->arch.gating,
        .renormalise = h->arch.renormalise,
        .scale = h->expert_scale,
        .n_expert = h->n_expert,
        .n_used = h->n_expert_used,
        .n_groups = h->n_groups,
        .n_groups_used = h->n_groups_used,
        .groups_by_top_two = h->arch.groups_by_top_two,
        .selection_bias = f->w->layers[layer].selection_bias,
    };
    for (size_t i = 0; i < f->n; i++)
        http_route(&rule, m->router_logits + i * ld, m->scores, chosen + i * k, m->weights + i * k);
    return chosen;
}

/* Sorts the pairs by expert, tokens in order within each. */
static void group_by_expert(forward *f, const int *chosen)
{
    moe_scratch *const m = &f->moe;
    const size_t k = (size_t)f->h->n_expert_used, n_pairs = f->n * k;
    memset(m->first, 0, ((size_t)f->h->n_expert + 1) * sizeof *m->first);
    for (size_t p = 0; p < n_pairs; p++)
        m->first[chosen[p] + 1]++;
    for (int e = 0; e < f->h->n_expert; e++)
        m->first[e + 1] += m->first[e];
    for (size_t p = 0; p < n_pairs; p++) { // moves first[e] to the end of e ...
        const int slot = m->first[chosen[p]]++;
        m->slot[p] = slot;
        m->token[slot] = (int32_t)(p / k);
    }
    for (int e = f->h->n_expert; e > 0; e--) // ... which is the beginning of e + 1
        m->first[e] = m->first[e - 1];
    m->first[0] = 0;
}

static void add_product(moe_scratch *m, product p)
{
    m->products[m->n_products++] = p;
}

static bool has_shared(const layer_weights *layer)
{
    return layer->gate_shared.tiles != NULL;
}

/* gate and up of every chosen expert, each over its own tokens of x, and of the shared experts, over all. */
static void expand(forward *f, const layer_weights *layer, const act_rows *x, const gated_scratch *routed,
                   const gated_scratch *shared)
{
    moe_scratch *const m = &f->moe;
    const size_t ld = padded_length(routed->width), ld_shared = padded_length(shared->width);
    m->n_products = 0;
    for (int e = 0; e < f->h->n_expert; e++) {
        const size_t first = (size_t)m->first[e], count = (size_t)m->first[e + 1] - first;
        if (count == 0)
            continue;
        act_rows own = *x;
        own.index = m->token + first;
        product p = {.mat = &layer->gate_exps, .expert = e, .x = own, .n = count, .y = f->gate + first * ld, .ld = ld};
        add_product(m, p);
        p.mat = &layer->up_exps;
        p.y = f->up + first * ld;
        add_product(m, p);
    }
    if (has_shared(layer)) {
        product p = {.mat = &layer->gate_shared, .x = *x, .n = f->n, .y = f->gate + shared->at, .ld = ld_shared};
        add_product(m, p);
        p.mat = &layer->up_shared;
        p.y = f->up + shared->at;
        add_product(m, p);
    }
    if (layer->shared_gate.tiles != NULL)
        add_product(m, (product){.mat = &layer->shared_gate, .x = *x, .n = f->n, .y = m->shared_gates, .ld = 16});
    products_run(f->pool, f->k, m->products, m->n_products);
}

/* The way back from every expert's width. */
static void contract(forward *f, const layer_weights *layer, const gated_scratch *routed, const gated_scratch *shared)
{
    moe_scratch *const m = &f->moe;
    const size_t ld = padded_length((size_t)f->h->n_embd);
    const act_rows act = gated_acts(f, routed);
    m->n_products = 0;
    for (int e = 0; e < f->h->n_expert; e++) {
        const size_t first = (size_t)m->first[e], count = (size_t)m->first[e + 1] - first;
        if (count == 0)
            continue;
        add_product(m, (product){.mat = &layer->down_exps,
                                 .expert = e,
                                 .x = acts_from(&act, first),
                                 .n = count,
                                 .y = f->pair_out + first * ld,
                                 .ld = ld});
    }
    if (has_shared(layer))
        add_product(
            m,
            (product){.mat = &layer->down_shared, .x = gated_acts(f, shared), .n = f->n, .y = f->shared_out, .ld = ld});
    products_run(f->pool, f->k, m->products, m->n_products);
}

/* out = sum over a token's experts, in the order they were chosen, of weight * answer; then the shared experts' answer,
 * scaled by a sigmoid gate where the family has one. */
static void combine_token(void *ud, size_t i, int worker)
{
    (void)worker;
    const layer_job *const j = ud;
    forward *const f = j->f;
    const layer_weights *const layer = &f->w->layers[j->layer];
    const size_t k = (size_t)f->h->n_expert_used, d = (size_t)f->h->n_embd, ld = padded_length(d);
    float *const out = f->out + i * ld;
    memset(out, 0, d * sizeof *out);
    for (size_t e = 0; e < k; e++) {
        const float weight = f->moe.weights[i * k + e];
        const float *const y = f->pair_out + (size_t)f->moe.slot[i * k + e] * ld;
        for (size_t c = 0; c < d; c++)
            out[c] += weight * y[c];
    }
    if (!has_shared(layer))
        return;
    const float gate =
        layer->shared_gate.tiles != NULL ? 1.0f / (1.0f + math_expf(-f->moe.shared_gates[16 * i])) : 1.0f;
    const float *const y = f->shared_out + i * ld;
    for (size_t c = 0; c < d; c++)
        out[c] += gate * y[c];
}

/* What the products of the block's input read of it. */
static act_form input_form(const layer_weights *layer)
{
    const mat *const readers[] = {&layer->router,      &layer->gate_exps, &layer->up_exps,
                                  &layer->gate_shared, &layer->up_shared, &layer->shared_gate};
    return mats_form(readers, sizeof readers / sizeof readers[0]);
}

void forward_moe(forward *f, int l)
{
    const layer_weights *const layer = &f->w->layers[l];
    const hparams *const h = f->h;
    const gated_scratch routed = {.n_rows = f->n * (size_t)h->n_expert_used,
                                  .width = (size_t)h->n_ff_expert,
                                  .form = mat_form(&layer->down_exps)};
    const gated_scratch shared = {.n_rows = has_shared(layer) ? f->n : 0,
                                  .width = (size_t)h->n_ff_shared,
                                  .at = gated_after(routed.n_rows * padded_length(routed.width)),
                                  .form = mat_form(&layer->down_shared)};
    const act_rows x = acts_prepare(f->pool, f->k, &f->codes, f->normed, f->n, (size_t)h->n_embd, input_form(layer));
    group_by_expert(f, route(f, l, &x));
    expand(f, layer, &x, &routed, &shared);
    forward_gate(f, (const gated_scratch[]){routed, shared}, 2);
    contract(f, layer, &routed, &shared);
    layer_job j = {f, l};
    pool_run(f->pool, f->n, combine_token, &j);
}
