#include "engine/sampler.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "engine/exponential.h"

sw_code sw_sampler_init(sw_sampler *s, const sw_sampling *params, int32_t n_max, sw_err *err)
{
    s->params = *params;
    s->params.biases = NULL; // the caller's
    if (s->params.top_p == 0)
        s->params.top_p = 1;
    if (s->params.typical_p == 0)
        s->params.typical_p = 1;
    sw_rng_seed(&s->rng, params->seed);
    return sw_adjust_init(&s->adjust, params, n_max, err);
}

void sw_sampler_free(sw_sampler *s)
{
    sw_adjust_free(&s->adjust);
}

/* The highest of n > 0 logits; NaN when one is not finite.  Eight at a time, since one chain of comparisons would wait
 * for itself. */
static float highest(const float *logits, int n)
{
    enum { LANES = 8 };
    float best[LANES], zero[LANES] = {0}; // x - x is 0, unless x is not finite
    for (int k = 0; k < LANES; k++)
        best[k] = logits[0];
    int i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (int k = 0; k < LANES; k++) {
            const float x = logits[i + k];
            best[k] = x > best[k] ? x : best[k];
            zero[k] += x - x;
        }
    }
    for (; i < n; i++) {
        best[0] = logits[i] > best[0] ? logits[i] : best[0];
        zero[0] += logits[i] - logits[i];
    }
    for (int k = 1; k < LANES; k++) {
        best[0] = best[k] > best[0] ? best[k] : best[0];
        zero[0] += zero[k];
    }
    return best[0] + zero[0];
}

static sw_code not_finite(const float *logits, sw_err *err)
{
    int i = 0;
    while (isfinite(logits[i]))
        i++;
    return sw_fail(err, SW_ENUMERIC, "sampler: the logit of token %d is %g, not a finite number", i, (double)logits[i]);
}

static int32_t first_with(const float *logits, float value)
{
    int32_t i = 0;
    while (logits[i] != value)
        i++;
    return i;
}

/* ---- heaps of candidates ------------------------------------------------------------------------------------- */

typedef bool (*order_fn)(const sw_candidate *a, const sw_candidate *b);

static bool ranks_before(const sw_candidate *a, const sw_candidate *b)
{
    return a->key > b->key || (a->key == b->key && a->id < b->id);
}

static bool ranks_after(const sw_candidate *a, const sw_candidate *b)
{
    return ranks_before(b, a);
}

/* Restores the heap (first of the order on top) below index i. */
static void sift_down(sw_candidate *heap, int n, int i, order_fn order)
{
    const sw_candidate moving = heap[i];
    for (;;) {
        int child = 2 * i + 1;
        if (child >= n)
            break;
        if (child + 1 < n && order(&heap[child + 1], &heap[child]))
            child++;
        if (!order(&heap[child], &moving))
            break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = moving;
}

/* Moves the best of a heap of n candidates behind it, to heap[n - 1]. */
static void pop(sw_candidate *heap, int n)
{
    const sw_candidate best = heap[0];
    heap[0] = heap[n - 1];
    sift_down(heap, n - 1, 0, ranks_before);
    heap[n - 1] = best;
}

static void make_heap(sw_candidate *list, int n, order_fn order)
{
    for (int i = n / 2 - 1; i >= 0; i--)
        sift_down(list, n, i, order);
}

/* ---- the filters -------------------------------------------------------------------------------------------- */

/* What may still be drawn. */
typedef struct pool {
    double temperature, max_logit;
    sw_candidate *list;
    int n;
    double mass; // the weights that the next filter refers to
} pool;

/* Logarithm of the weight below which a token counts as impossible: -40 ln 2. */
static const double LOG_WEIGHT_MIN = -27.725887222397812;

/* Logarithm of a weight. */
static double distance(const pool *p, float logit)
{
    return ((double)logit - p->max_logit) / p->temperature;
}

static double weight(const pool *p, float logit)
{
    const double x = distance(p, logit);
    return x < LOG_WEIGHT_MIN ? 0 : sw_exp_of_negative(x);
}

/* The k best of n tokens. */
static void take_top_k(pool *p, const float *logits, int n, int k)
{
    for (int i = 0; i < k; i++)
        p->list[i] = (sw_candidate){.key = (double)logits[i], .logit = logits[i], .id = i};
    make_heap(p->list, k, ranks_after); // the worst on top
    for (int i = k; i < n; i++) {
        if (logits[i] <= p->list[0].logit)
            continue; // an equal one has the higher id
        p->list[0] = (sw_candidate){.key = (double)logits[i], .logit = logits[i], .id = i};
        sift_down(p->list, k, 0, ranks_after);
    }
    for (int i = 0; i < k; i++) {
        sw_candidate c = p->list[i];
        c.weight = weight(p, c.logit);
        p->mass += c.weight;
        if (c.weight > 0)
            p->list[p->n++] = c;
    }
}

/* All of n tokens whose weight is above 0 and at least `least`. */
static void take_all(pool *p, const float *logits, int n, double least)
{
    // Most tokens are impossible, and a comparison says so faster than an exponential.  The factor is for rounding:
    // what it lets through for nothing gets its weight of 0.
    const double bound = p->max_logit + LOG_WEIGHT_MIN * p->temperature * 1.000001;
    for (int i = 0; i < n; i++) {
        if ((double)logits[i] < bound)
            continue;
        const double w = weight(p, logits[i]);
        p->mass += w;
        if (w > 0 && w >= least)
            p->list[p->n++] = (sw_candidate){w, (double)logits[i], logits[i], i};
    }
}

/* Keeps the first ones by key that together reach `share` of the mass; they become the mass. */
static void cut_mass(pool *p, double share)
{
    make_heap(p->list, p->n, ranks_before);
    double sum = 0;
    int first = p->n;
    while (first > 0 && sum < share * p->mass) {
        pop(p->list, first);
        sum += p->list[--first].weight;
    }
    p->list += first;
    p->n -= first;
    p->mass = sum;
}

/* Locally typical sampling (Meister et al., 2022): keeps the tokens whose information is closest to the entropy.  With
 * p_i = exp(x_i) / mass the logarithm of the mass cancels: -ln p_i - H = sum of p_j x_j, less x_i. */
static void cut_typical(pool *p, double share)
{
    double mean = 0;
    for (int i = 0; i < p->n; i++)
        mean += p->list[i].weight * distance(p, p->list[i].logit);
    mean /= p->mass;
    for (int i = 0; i < p->n; i++)
        p->list[i].key = -fabs(mean - distance(p, p->list[i].logit));
    cut_mass(p, share);
    for (int i = 0; i < p->n; i++)
        p->list[i].key = (double)p->list[i].logit;
}

static void cut_min_p(pool *p, double min_p)
{
    double best = 0;
    for (int i = 0; i < p->n; i++)
        best = fmax(best, p->list[i].weight);
    int n_kept = 0;
    for (int i = 0; i < p->n; i++) {
        if (p->list[i].weight >= min_p * best)
            p->list[n_kept++] = p->list[i];
    }
    p->n = n_kept;
}

/* Draws from what is left with a random number in [0, 1). */
static int32_t draw(const pool *p, double uniform)
{
    double mass = 0, sum = 0;
    for (int i = 0; i < p->n; i++)
        mass += p->list[i].weight;
    for (int i = 0; i < p->n - 1; i++) {
        sum += p->list[i].weight;
        if (uniform * mass < sum)
            return p->list[i].id;
    }
    return p->list[p->n - 1].id; // takes what rounding leaves over
}

static int32_t draw_filtered(sw_sampler *s, pool *p, const float *logits, int n_vocab)
{
    const sw_sampling *const c = &s->params;
    const bool is_typical = c->typical_p < 1;
    // Tokens lighter than (1 - top_p) / n weigh less than 1 - top_p together, so top-p can do without them; sorting
    // only the others is what makes it fast.  The half is for rounding.
    if (c->top_k > 0 && c->top_k < n_vocab)
        take_top_k(p, logits, n_vocab, c->top_k);
    else
        take_all(p, logits, n_vocab, is_typical ? 0 : (1 - (double)c->top_p) / n_vocab / 2);
    if (is_typical)
        cut_typical(p, (double)c->typical_p);
    if (c->top_p < 1)
        cut_mass(p, (double)c->top_p);
    if (c->min_p > 0)
        cut_min_p(p, (double)c->min_p);
    return draw(p, (double)(sw_rng_next(&s->rng) >> 11) * 0x1p-53);
}

sw_code sw_sampler_pick(sw_sampler *s, const sw_sampler_input *in, const sw_sampler_scratch *scratch, int32_t *id_out,
                        sw_err *err)
{
    const float *logits = in->logits;
    if (sw_adjust_is_needed(&s->adjust)) {
        memcpy(scratch->logits, logits, (size_t)in->n_vocab * sizeof *logits);
        sw_adjust_apply(&s->adjust, scratch->logits, in->n_vocab, in->tokens, in->n_prompt, in->n_tokens);
        logits = scratch->logits;
    }
    const float best = highest(logits, in->n_vocab);
    if (!isfinite(best))
        return not_finite(logits, err);
    if (s->params.temperature <= 0) {
        *id_out = first_with(logits, best);
        return SW_OK;
    }
    pool p = {.temperature = (double)s->params.temperature, .max_logit = (double)best, .list = scratch->candidates};
    *id_out = draw_filtered(s, &p, logits, in->n_vocab);
    return SW_OK;
}
