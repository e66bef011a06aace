#include "engine/sampler.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

void sw_sampler_init(sw_sampler *s, const sw_sampling *params)
{
    s->params = *params;
    if (s->params.top_p == 0)
        s->params.top_p = 1;
    sw_rng_seed(&s->rng, params->seed);
}

/* exp(x) for x <= 0: x = k ln 2 + r with |r| <= ln(2) / 2, then the Taylor series of exp(r), whose first omitted term
 * r^14 / 14! is below 5e-18.  libm's exp differs in the last bit between versions; this one does not.  Below -55 the
 * result is 0: the mass of the largest vocabulary at that distance (4,194,304 tokens) vanishes when added to a double
 * of 1. */
static double exp_of_negative(double x)
{
    static const double INVERSE_FACTORIAL[] = {1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800,
                                               1.0 / 362880,     1.0 / 40320,     1.0 / 5040,     1.0 / 720,
                                               1.0 / 120,        1.0 / 24,        1.0 / 6,        1.0 / 2};
    assert(x <= 0);
    if (x < -55)
        return 0;
    const int k = (int)(x * 0x1.71547652b82fep+0 - 0.5); // conversion cuts towards zero, so this rounds
    const double r = (x - k * 0x1.62e42fefa38p-1) - k * 0x1.ef35793c7673p-45;
    double sum = INVERSE_FACTORIAL[0];
    for (size_t i = 1; i < sizeof INVERSE_FACTORIAL / sizeof INVERSE_FACTORIAL[0]; i++)
        sum = sum * r + INVERSE_FACTORIAL[i];
    sum = (sum * r + 1) * r + 1;
    const uint64_t bits = (uint64_t)(k + 1023) << 52; // 2^k
    double scale;
    memcpy(&scale, &bits, sizeof scale);
    return sum * scale;
}

/* The lowest id with the highest logit, or -1 (and *bad_out) when a logit is not finite. */
static int32_t argmax(const float *logits, int n, int *bad_out)
{
    int32_t best = 0;
    for (int i = 0; i < n; i++) {
        if (!isfinite(logits[i])) {
            *bad_out = i;
            return -1;
        }
        if (logits[i] > logits[best])
            best = i;
    }
    return best;
}

static bool ranks_before(sw_candidate a, sw_candidate b)
{
    return a.logit > b.logit || (a.logit == b.logit && a.id < b.id);
}

/* Restores the heap (best candidate on top) below index i. */
static void sift_down(sw_candidate *heap, int n, int i)
{
    const sw_candidate moving = heap[i];
    for (;;) {
        int child = 2 * i + 1;
        if (child >= n)
            break;
        if (child + 1 < n && ranks_before(heap[child + 1], heap[child]))
            child++;
        if (!ranks_before(heap[child], moving))
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
    sift_down(heap, n - 1, 0);
    heap[n - 1] = best;
}

static void make_heap(sw_candidate *list, int n)
{
    for (int i = n / 2 - 1; i >= 0; i--)
        sift_down(list, n, i);
}

/* ---- the filters -------------------------------------------------------------------------------------------- */

/* What may still be drawn.  A weight is a probability relative to the most likely token. */
typedef struct pool {
    double temperature, max_logit;
    sw_candidate *list;
    int n;
    bool is_sorted; // the best one last
    double mass;    // the weights that top-p refers to
} pool;

static double weight(const pool *p, float logit)
{
    return exp_of_negative(((double)logit - p->max_logit) / p->temperature);
}

/* The k best of n tokens. */
static void take_top_k(pool *p, const float *logits, int n, int k)
{
    for (int i = 0; i < n; i++)
        p->list[i] = (sw_candidate){logits[i], i};
    make_heap(p->list, n);
    for (int i = 0; i < k; i++)
        pop(p->list, n - i);
    p->list += n - k;
    p->n = k;
    p->is_sorted = true;
    for (int i = 0; i < k; i++)
        p->mass += weight(p, p->list[i].logit);
}

/* All of n tokens whose weight is at least `least`. */
static void take_all(pool *p, const float *logits, int n, double least)
{
    for (int i = 0; i < n; i++) {
        const double w = weight(p, logits[i]);
        p->mass += w;
        if (w > 0 && w >= least)
            p->list[p->n++] = (sw_candidate){logits[i], i};
    }
}

/* Keeps the best ones that together reach `share` of the mass. */
static void cut_top_p(pool *p, double share)
{
    if (!p->is_sorted)
        make_heap(p->list, p->n);
    double sum = 0;
    int first = p->n;
    while (first > 0 && sum < share * p->mass) {
        if (!p->is_sorted)
            pop(p->list, first);
        sum += weight(p, p->list[--first].logit);
    }
    p->list += first;
    p->n -= first;
}

static void cut_min_p(pool *p, double min_p)
{
    int n_kept = 0;
    for (int i = 0; i < p->n; i++) {
        if (weight(p, p->list[i].logit) >= min_p)
            p->list[n_kept++] = p->list[i];
    }
    p->n = n_kept;
}

/* Draws from what is left with a random number in [0, 1). */
static int32_t draw(const pool *p, double uniform)
{
    double mass = 0, sum = 0;
    for (int i = 0; i < p->n; i++)
        mass += weight(p, p->list[i].logit);
    for (int i = 0; i < p->n - 1; i++) {
        sum += weight(p, p->list[i].logit);
        if (uniform * mass < sum)
            return p->list[i].id;
    }
    return p->list[p->n - 1].id; // takes what rounding leaves over
}

sw_code sw_sampler_pick(sw_sampler *s, const float *logits, int n_vocab, sw_candidate *scratch, int32_t *id_out,
                        sw_err *err)
{
    const sw_sampling *const c = &s->params;
    int bad = 0;
    const int32_t best = argmax(logits, n_vocab, &bad);
    if (best < 0)
        return sw_fail(err, SW_ENUMERIC, "sampler: the logit of token %d is %g, not a finite number", bad,
                       (double)logits[bad]);
    *id_out = best;
    if (c->temperature <= 0)
        return SW_OK;
    pool p = {.temperature = (double)c->temperature, .max_logit = (double)logits[best], .list = scratch};
    // Tokens lighter than (1 - top_p) / n weigh less than 1 - top_p together, so top-p can do without them; sorting
    // only the others is what makes it fast.  The half is for rounding.
    if (c->top_k > 0 && c->top_k < n_vocab)
        take_top_k(&p, logits, n_vocab, c->top_k);
    else
        take_all(&p, logits, n_vocab, (1 - (double)c->top_p) / n_vocab / 2);
    if (c->top_p < 1)
        cut_top_p(&p, (double)c->top_p);
    if (c->min_p > 0)
        cut_min_p(&p, (double)c->min_p);
    *id_out = draw(&p, (double)(sw_rng_next(&s->rng) >> 11) * 0x1p-53);
    return SW_OK;
}
