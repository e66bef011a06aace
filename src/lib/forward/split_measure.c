/* split_measure.c - goes through the same operations as a step: what is measured is what a step will take. */
#include "forward/split_measure.h"

#include "base/clock.h"

enum { EXPERTS = 16, TOKENS = 32, ROUNDS = 2 }; // experts: more than caches hold, where they are large

/* Some experts of a layer, and tokens that use them alike. */
typedef struct probe {
    forward *f;
    size_t layer;
    int experts[EXPERTS];
    size_t n_experts;
    sw_err *err;
    sw_code code;
} probe;

static bool is_divisible(const forward *f, size_t l)
{
    return hparams_has_experts(f->o.h, l) && division_device(&f->division, l) != TIER_RAM;
}

bool split_is_possible(const forward *f)
{
    for (size_t l = 0; l < f->o.h->n_layers; l++) {
        if (is_divisible(f, l))
            return true;
    }
    return false;
}

static void find_experts(probe *p)
{
    const size_t n = p->f->o.h->n_expert;
    while (!is_divisible(p->f, p->layer))
        p->layer++;
    for (size_t e = 0; e < n && p->n_experts < EXPERTS; e++) {
        if (p->f->division.usual[p->layer * n + e] == TIER_RAM)
            p->experts[p->n_experts++] = (int)e;
    }
}

/* n tokens with states that are like those of a model, and their choice. */
static expert_choice make_batch(probe *p, size_t n)
{
    forward *const f = p->f;
    const size_t k = f->o.h->n_expert_used;
    const expert_choice choice = {.n_used = k, .chosen = f->chosen, .weights = f->weights};
    f->batch.n = n;
    for (size_t i = 0; i < n * f->o.h->n_embd; i++)
        f->batch.normed[i] = (float)((int)(i * 37 % 101) - 50) / 25.0f;
    for (size_t i = 0; i < n * k; i++)
        choice.chosen[i] = p->experts[i % p->n_experts];
    return choice;
}

/* Microseconds of a share with n tokens; the better of some rounds. */
static double time_share(probe *p, weight_tier tier, size_t n)
{
    forward *const f = p->f;
    backend *const be = f->o.backends[tier];
    const expert_choice choice = make_batch(p, n);
    const expert_share share = {.choice = &choice, .tier = (uint8_t)tier};
    expert_answers answers = {.rows = f->answers};
    double best = 0;
    for (int round = 0; round < 1 + ROUNDS && p->code == SW_OK; round++) { // the first one warms up
        const uint64_t start = clock_now_ns(clock_system());
        be->ops->experts_begin(be, &f->batch, p->layer, &share);
        be->ops->experts_finish(be, &f->batch, p->layer, &share, &answers);
        const double us = (double)(clock_now_ns(clock_system()) - start) / 1e3;
        best = round <= 1 || us < best ? us : best;
        p->code = be->ops->end(be, &f->batch, p->err);
    }
    return best;
}

/* A line through two points: as many pairs as experts, and those of more tokens. */
static split_cost cost_in(probe *p, weight_tier tier)
{
    const size_t k = p->f->o.h->n_expert_used, n_batch = p->f->o.n_batch;
    const size_t few = (p->n_experts + k - 1) / k < n_batch ? (p->n_experts + k - 1) / k : n_batch;
    const size_t many = few + TOKENS < n_batch ? few + TOKENS : n_batch;
    const double us_few = time_share(p, tier, few), us_many = time_share(p, tier, many);
    const double n_more = (double)((many - few) * k),
                 n_experts = (double)(few * k < p->n_experts ? few * k : p->n_experts);
    const double token_us = us_many > us_few && many > few ? (us_many - us_few) / n_more : 0;
    return (split_cost){.expert_us = us_few / n_experts, .token_us = token_us};
}

sw_code split_measure(forward *f, split_rates *out, sw_err *err)
{
    probe p = {.f = f, .err = err};
    find_experts(&p);
    out->here = cost_in(&p, TIER_RAM);
    out->device = cost_in(&p, division_device(&f->division, p.layer));
    f->o.backends[division_device(&f->division, p.layer)]->streamed = (backend_streamed){0}; // this was no step
    return p.code;
}
