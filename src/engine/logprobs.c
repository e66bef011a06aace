#include "engine/logprobs.h"

#include <assert.h>
#include <math.h>

#include "engine/exponential.h"

/* Adds a token to the sorted list of the most likely ones, which holds out->n_top so far and n at most. */
static void add_top(sw_logprobs *out, const float *logits, int32_t id, int n)
{
    if (out->n_top == n && logits[id] <= logits[out->top[n - 1].id])
        return;
    int at = out->n_top < n ? out->n_top++ : n - 1;
    for (; at > 0 && logits[id] > logits[out->top[at - 1].id]; at--)
        out->top[at] = out->top[at - 1];
    out->top[at] = (sw_token_logprob){.id = id};
}

void sw_logprobs_fill(sw_logprobs *out, const float *logits, int n_vocab, int32_t sampled, int n_top)
{
    assert(n_top <= SW_TOP_LOGPROBS_MAX);
    *out = (sw_logprobs){.sampled = {.id = sampled}};
    float best = logits[0];
    for (int i = 0; i < n_vocab; i++) {
        best = logits[i] > best ? logits[i] : best;
        if (n_top > 0)
            add_top(out, logits, i, n_top);
    }
    double mass = 0;
    for (int i = 0; i < n_vocab; i++)
        mass += sw_exp_of_negative((double)logits[i] - (double)best);
    assert(mass >= 1); // the best one alone weighs 1
    const double log_mass = log(mass) + (double)best;
    out->sampled.logprob = (float)((double)logits[sampled] - log_mass);
    for (int i = 0; i < out->n_top; i++)
        out->top[i].logprob = (float)((double)logits[out->top[i].id] - log_mass);
}
