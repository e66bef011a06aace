/* sampler.h - from one row of logits to one token.
 *
 * The order is fixed and part of the definition: logits, bias, penalties (repetition, then presence and frequency),
 * temperature, softmax, top-k, typical (of the mass after top-k), top-p (of the mass after typical), min-p (relative to
 * the most likely remaining token).  Greedy picks the best after bias and penalties.  Candidates rank by logit, equal
 * logits by the lower id.  A token that is less than 2^-40 times as likely as the best is never drawn and adds nothing
 * to any mass: all such tokens of the largest vocabulary (4,194,304) together would have less than 4e-6.  The draw
 * walks through the remaining candidates in order of their ids.
 *
 * Weights are whole numbers (softmax.h) from the kernels' exponential, so the same logits and the same seed give the
 * same token on every machine.  Nothing is sorted: a filter finds the last token that it keeps (candidates.h).  A
 * sampler belongs to one job: its random numbers depend on the seed of the request alone, not on other jobs of the
 * batch.
 */
#ifndef ENGINE_SAMPLER_H
#define ENGINE_SAMPLER_H

#include <stdint.h>

#include "base/rng.h"
#include "engine/penalties.h"
#include "spillway.h"

typedef struct sampler {
    sw_sampling params; // without the biases, which `penalties` holds
    penalties penalties;
    rng_state rng;
} sampler;

/* What a token is picked from.  Pointers are the caller's. */
typedef struct sampler_input {
    const float *logits; // (n_vocab), as the model gave them
    int n_vocab;
    const int32_t *tokens; // (n_tokens) known so far, the first n_prompt of them the prompt
    int32_t n_prompt, n_tokens;
} sampler_input;

struct logit_candidate;

/* Working memory for any number of samplers, one at a time. */
typedef struct sampler_scratch {
    int n_vocab;
    struct logit_candidate *candidates; // (2 n_vocab)
    float *weights;                     // (n_vocab)
    float *logits;                      // (n_vocab), after biases and penalties
} sampler_scratch;

/* False when memory is short. */
SW_NODISCARD bool sampler_scratch_init(sampler_scratch *s, int n_vocab);
/* Bytes that it takes. */
size_t sampler_scratch_bytes(int n_vocab);
/* May be called twice, and for a scratch of zeros. */
void sampler_scratch_free(sampler_scratch *s);

/* `params` must be valid (spillway.h); a top_p, typical_p or repeat_penalty of 0 counts as 1.  n_max is the most tokens
 * that the sequence will hold.  SW_ENOMEM. */
SW_NODISCARD sw_code sampler_init(sampler *s, const sw_sampling *params, int32_t n_max, sw_err *err);
/* May be called twice. */
void sampler_free(sampler *s);

/* Picks one of n_vocab tokens.  Allocates nothing; uses one random number unless greedy.  Errors: SW_ENUMERIC (names
 * the token whose logit is not finite; nothing is drawn). */
SW_NODISCARD sw_code sampler_pick(sampler *s, const sampler_input *input, const sampler_scratch *scratch,
                                  int32_t *id_out, sw_err *err);

#endif
