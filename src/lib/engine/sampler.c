/* sampler.c - the filters in their order, each over the candidates that the last one kept. */
#include "engine/sampler.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/alloc.h"
#include "engine/candidates.h"
#include "engine/softmax.h"

sw_code sampler_init(sampler *s, const sw_sampling *params, int32_t n_max, sw_err *err)
{
    s->params = *params;
    s->params.biases = NULL; // the caller's
    if (s->params.top_p == 0)
        s->params.top_p = 1;
    if (s->params.typical_p == 0)
        s->params.typical_p = 1;
    rng_seed(&s->rng, params->seed);
    return penalties_init(&s->penalties, params, n_max, err);
}

void sampler_free(sampler *s)
{
    penalties_free(&s->penalties);
}

static int32_t first_with(const float *logits, float value)
{
    int32_t i = 0;
    while (logits[i] != value)
        i++;
    return i;
}

/* ---- the filters -------------------------------------------------------------------------------------------- */

/* The tokens that may still be drawn, in order of ids. */
typedef struct pool {
    const float *logits;
    float temperature, max_logit;
    logit_candidate *list, *room;
    int n;
    uint64_t mass; // the weights that the next filter refers to, in units
} pool;

/* The logarithm of the weight of a token. */
static float distance(const pool *p, int32_t id)
{
    return (p->logits[id] - p->max_logit) / p->temperature;
}

/* A logit that at least k of n tokens reach, and few more: the k-th highest of the maxima of blocks. */
static float reached_by(const pool *p, int n, int k)
{
    enum { BLOCK = 64 };
    const int n_blocks = n / BLOCK;
    if (k > n_blocks)
        return -FLT_MAX;
    for (int b = 0; b < n_blocks; b++) {
        const float highest = softmax_highest_logit(p->logits + (size_t)b * BLOCK, BLOCK);
        p->list[b] = candidate_of(0 - highest, b, highest);
    }
    const int n_kept = candidates_keep(p->list, n_blocks, BY_COUNT, (uint64_t)k, p->room);
    float least = p->max_logit;
    for (int i = 0; i < n_kept; i++)
        least = p->list[i].weight < least ? p->list[i].weight : least;
    return least;
}

/* Lists the tokens of n that have at least the weight and the logit given. */
static void gather(pool *p, const float *weights, int n, float least_weight, float least_logit)
{
    int n_found = 0;
    for (int i = 0; i < n; i++) { // written first and kept if it counts: no branch that could be predicted wrongly
        p->list[n_found] = candidate_of(0 - p->logits[i], i, weights[i]);
        n_found += (weights[i] >= least_weight) & (p->logits[i] >= least_logit);
    }
    p->n = n_found;
}

/* Keeps the likeliest tokens that together measure `need`; the mass becomes theirs. */
static void keep_likeliest(pool *p, candidate_measure measure, uint64_t need)
{
    p->n = candidates_keep(p->list, p->n, measure, need, p->room);
    p->mass = candidates_mass(p->list, p->n);
}

/* A share of the mass, at least one unit. */
static uint64_t share_of(const pool *p, float share)
{
    const uint64_t units = (uint64_t)ceil((double)share * (double)p->mass);
    return units > 0 ? units : 1;
}

static void set_key(logit_candidate *c, float key)
{
    *c = candidate_of(key, candidate_id(c), c->weight);
}

/* Locally typical sampling (Meister et al., 2022): keeps the tokens whose information is closest to the entropy.  With
 * p_i = exp(x_i) / mass the logarithm of the mass cancels: -ln p_i - H = sum of p_j x_j, less x_i. */
static void keep_typical(pool *p, float share)
{
    double mean = 0;
    for (int i = 0; i < p->n; i++)
        mean += (double)softmax_weight_units(p->list[i].weight) * (double)distance(p, candidate_id(&p->list[i]));
    mean /= (double)p->mass;
    for (int i = 0; i < p->n; i++)
        set_key(&p->list[i], (float)fabs(mean - (double)distance(p, candidate_id(&p->list[i]))));
    p->n = candidates_keep(p->list, p->n, BY_WEIGHT, share_of(p, share), p->room);
    p->mass = candidates_mass(p->list, p->n);
    for (int i = 0; i < p->n; i++)
        set_key(&p->list[i], 0 - p->logits[candidate_id(&p->list[i])]);
}

static void keep_min_p(pool *p, float min_p)
{
    float best = 0;
    for (int i = 0; i < p->n; i++)
        best = p->list[i].weight > best ? p->list[i].weight : best;
    const float least = min_p * best;
    int n_kept = 0;
    for (int i = 0; i < p->n; i++) {
        const logit_candidate c = p->list[i];
        p->list[n_kept] = c;
        n_kept += c.weight >= least;
    }
    p->n = n_kept;
    p->mass = candidates_mass(p->list, p->n);
}

/* Draws one of the remaining tokens with a random number in [0, 1). */
static int32_t draw(const pool *p, double uniform)
{
    const uint64_t mark = (uint64_t)(uniform * (double)p->mass);
    uint64_t sum = 0;
    for (int i = 0; i < p->n - 1; i++) {
        sum += softmax_weight_units(p->list[i].weight);
        if (mark < sum)
            return candidate_id(&p->list[i]);
    }
    return candidate_id(&p->list[p->n - 1]);
}

/* A weight below which no token can affect the result.  Leaving such tokens out early saves work in the filters. */
static float lightest(const sw_sampling *s, const pool *p, int n_vocab)
{
    const double unit = 0x1p-40;
    if (s->top_k > 0 || s->typical_p < 1) // they refer to all tokens
        return (float)unit;
    // Tokens lighter than (1 - top_p) / n of the mass make up less than 1 - top_p of it together, so top-p can do
    // without them.  The half, as the factor below, is for rounding.
    const double by_top_p = (1 - (double)s->top_p) / n_vocab / 2 * ((double)p->mass * unit);
    return (float)fmax(unit, fmax(by_top_p, 0.999 * (double)s->min_p));
}

static int32_t draw_filtered(sampler *s, pool *p, const float *weights, int n_vocab)
{
    const sw_sampling *const c = &s->params;
    const bool is_top_k = c->top_k > 0 && c->top_k < n_vocab;
    gather(p, weights, n_vocab, lightest(c, p, n_vocab), is_top_k ? reached_by(p, n_vocab, c->top_k) : -FLT_MAX);
    if (is_top_k)
        keep_likeliest(p, BY_COUNT, (uint64_t)c->top_k);
    if (c->typical_p < 1)
        keep_typical(p, c->typical_p);
    if (c->top_p < 1)
        keep_likeliest(p, BY_WEIGHT, share_of(p, c->top_p));
    if (c->min_p > 0)
        keep_min_p(p, c->min_p);
    return draw(p, (double)(rng_next(&s->rng) >> 11) * 0x1p-53);
}

size_t sampler_scratch_bytes(int n_vocab)
{
    return (size_t)n_vocab * (2 * sizeof(logit_candidate) + 2 * sizeof(float));
}

bool sampler_scratch_init(sampler_scratch *s, int n_vocab)
{
    const size_t n = (size_t)n_vocab;
    *s = (sampler_scratch){.n_vocab = n_vocab};
    s->candidates = mem_big_alloc(2 * n * sizeof *s->candidates);
    s->weights = mem_big_alloc(n * sizeof *s->weights);
    s->logits = mem_big_alloc(n * sizeof *s->logits);
    if (s->candidates != NULL && s->weights != NULL && s->logits != NULL)
        return true;
    sampler_scratch_free(s);
    return false;
}

void sampler_scratch_free(sampler_scratch *s)
{
    const size_t n = (size_t)s->n_vocab;
    mem_big_free(s->candidates, 2 * n * sizeof *s->candidates);
    mem_big_free(s->weights, n * sizeof *s->weights);
    mem_big_free(s->logits, n * sizeof *s->logits);
    *s = (sampler_scratch){0};
}

sw_code sampler_pick(sampler *s, const sampler_input *in, const sampler_scratch *scratch, int32_t *id_out, sw_err *err)
{
    const float *logits = in->logits;
    if (penalties_is_needed(&s->penalties)) {
        memcpy(scratch->logits, logits, (size_t)in->n_vocab * sizeof *logits);
        penalties_apply(&s->penalties, scratch->logits, in->n_vocab, in->tokens, in->n_prompt, in->n_tokens);
        logits = scratch->logits;
    }
    const float best = softmax_highest_logit(logits, in->n_vocab);
    if (!isfinite(best))
        return softmax_not_finite(logits, err);
    if (s->params.temperature <= 0) {
        *id_out = first_with(logits, best);
        return SW_OK;
    }
    const float temperature = s->params.temperature;
    pool p = {.logits = logits,
              .temperature = temperature,
              .max_logit = best,
              .list = scratch->candidates,
              .room = scratch->candidates + in->n_vocab,
              .mass = softmax_weigh(logits, in->n_vocab, best, temperature, scratch->weights)};
    *id_out = draw_filtered(s, &p, scratch->weights, in->n_vocab);
    return SW_OK;
}
