/* logprobs.c - one pass for the most likely tokens, one for the mass that all probabilities share. */
#include "engine/logprobs.h"

#include <assert.h>
#include <math.h>

#include "engine/softmax.h"

/* Inserts a token into the sorted list of the most likely ones, which has out->n_top of at most n entries. */
static void add_top(sw_logprobs *out, const float *logits, int32_t id, int n)
{
    if (out->n_top == n && logits[id] <= logits[out->top[n - 1].id])
        return;
    int at = out->n_top < n ? out->n_top++ : n - 1;
    for (; at > 0 && logits[id] > logits[out->top[at - 1].id]; at--)
        out->top[at] = out->top[at - 1];
    out->top[at] = (sw_token_logprob){.id = id};
}

void logprobs_fill(sw_logprobs *out, const float *logits, int n_vocab, int32_t sampled, int n_top)
{
    assert(n_top <= SW_TOP_LOGPROBS_MAX);
    *out = (sw_logprobs){.sampled = {.id = sampled}};
    for (int i = 0; i < n_vocab && n_top > 0; i++)
        add_top(out, logits, i, n_top);
    const float best = softmax_highest_logit(logits, n_vocab);
    const uint64_t mass = softmax_weigh(logits, n_vocab, best, 1, NULL);
    // The mass is in units of 2^-40 (softmax.h) and relative to the best logit.
    const double log_mass = log((double)mass * 0x1p-40) + (double)best;
    out->sampled.logprob = (float)((double)logits[sampled] - log_mass);
    for (int i = 0; i < out->n_top; i++)
        out->top[i].logprob = (float)((double)logits[out->top[i].id] - log_mass);
}
