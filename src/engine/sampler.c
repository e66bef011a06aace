#include "engine/sampler.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>

void sw_sampler_init(sw_sampler *s, const sw_sampling *params)
{
    s->params = *params;
    if (s->params.top_p == 0)
        s->params.top_p = 1;
    sw_rng_seed(&s->rng, params->seed);
}

/* exp(x) for x <= 0: x = k ln 2 + r with |r| <= ln(2) / 2, then the Taylor series of exp(r), whose first omitted term
 * r^14 / 14! is below 5e-18.  libm's exp differs in the last bit between versions; this one does not. */
static double exp_of_negative(double x)
{
    assert(x <= 0);
    if (x < -700)
        return 0; // far below anything that a sum of vocabulary size could notice
    const double k = floor(x * 0x1.71547652b82fep+0 + 0.5);
    const double r = (x - k * 0x1.62e42fefa38p-1) - k * 0x1.ef35793c7673p-45;
    double sum = 1;
    for (int n = 13; n >= 1; n--)
        sum = 1 + sum * r / n;
    return ldexp(sum, (int)k);
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

/* Probability of a token relative to the most likely one. */
static double weight(const sw_sampler *s, float logit, float max_logit)
{
    return exp_of_negative(((double)logit - (double)max_logit) / (double)s->params.temperature);
}

/* Without top-k and top-p no order is needed: keeps, by rising id, what passes min-p.  Returns how many. */
static int keep_by_min_p(const sw_sampler *s, const float *logits, int n, float max_logit, sw_candidate *kept,
                         double *mass_out)
{
    int n_kept = 0;
    for (int i = 0; i < n; i++) {
        const double w = weight(s, logits[i], max_logit);
        if (w == 0 || w < (double)s->params.min_p)
            continue;
        kept[n_kept++] = (sw_candidate){logits[i], i};
        *mass_out += w;
    }
    return n_kept;
}

/* Moves the best of a heap of n candidates behind it, to heap[n - 1]. */
static void pop(sw_candidate *heap, int n)
{
    const sw_candidate best = heap[0];
    heap[0] = heap[n - 1];
    sift_down(heap, n - 1, 0);
    heap[n - 1] = best;
}

/* Top-k, top-p and min-p: sorts only as many candidates as are kept.  They end up as the last of all[0..n), the best
 * one at the very end.  Returns how many. */
static int keep_best(const sw_sampler *s, const float *logits, int n, float max_logit, sw_candidate *all,
                     double *mass_out)
{
    for (int i = 0; i < n; i++)
        all[i] = (sw_candidate){logits[i], i};
    for (int i = n / 2 - 1; i >= 0; i--)
        sift_down(all, n, i);
    const int k = s->params.top_k > 0 && s->params.top_k < n ? s->params.top_k : n;
    int n_sorted = 0;
    if (k < n) {
        while (n_sorted < k)
            pop(all, n - n_sorted++);
    }
    double total = 0;
    for (int i = n - k; i < n; i++)
        total += weight(s, all[i].logit, max_logit);
    int n_kept = 0;
    while (n_kept < k && *mass_out < (double)s->params.top_p * total) {
        if (n_kept == n_sorted)
            pop(all, n - n_sorted++);
        const double w = weight(s, all[n - 1 - n_kept].logit, max_logit);
        if (n_kept > 0 && (w == 0 || w < (double)s->params.min_p))
            break;
        *mass_out += w;
        n_kept++;
    }
    return n_kept;
}

/* Walks the list until the weights reach `point`; the last one takes what rounding leaves over. */
static int32_t draw(const sw_sampler *s, const sw_candidate *list, int n, double point, float max_logit)
{
    double sum = 0;
    for (int i = 0; i < n - 1; i++) {
        sum += weight(s, list[i].logit, max_logit);
        if (point < sum)
            return list[i].id;
    }
    return list[n - 1].id;
}

sw_code sw_sampler_pick(sw_sampler *s, const float *logits, int n_vocab, sw_candidate *scratch, int32_t *id_out,
                        sw_err *err)
{
    int bad = 0;
    const int32_t best = argmax(logits, n_vocab, &bad);
    if (best < 0)
        return sw_fail(err, SW_ENUMERIC, "sampler: the logit of token %d is %g, not a finite number", bad,
                       (double)logits[bad]);
    *id_out = best;
    if (s->params.temperature <= 0)
        return SW_OK;
    double mass = 0;
    const bool is_sorted = s->params.top_k > 0 || s->params.top_p < 1;
    const int n_kept = is_sorted ? keep_best(s, logits, n_vocab, logits[best], scratch, &mass)
                                 : keep_by_min_p(s, logits, n_vocab, logits[best], scratch, &mass);
    const double uniform = (double)(sw_rng_next(&s->rng) >> 11) * 0x1p-53; // in [0, 1)
    *id_out = draw(s, is_sorted ? scratch + n_vocab - n_kept : scratch, n_kept, uniform * mass, logits[best]);
    return SW_OK;
}
