/* sampler.h - from one row of logits to one token.
 *
 * The order is fixed and part of the definition: temperature, softmax, top-k, top-p (of the mass that top-k left),
 * min-p (relative to the most likely token).  Candidates rank by logit, equal logits by the lower id.  All arithmetic
 * is plain IEEE double with an own exponential, so that the same logits and the same seed give the same token on every
 * machine.  A sampler belongs to one job: its random numbers depend on the request's seed and on nothing that happens
 * to share the batch.
 */
#ifndef SW_SAMPLER_H
#define SW_SAMPLER_H

#include <stdint.h>

#include "base/rng.h"
#include "spillway.h"

typedef struct sw_sampler {
    sw_sampling params;
    sw_rng rng;
} sw_sampler;

/* A token that may be drawn; callers only provide the room for them. */
typedef struct sw_candidate {
    float logit;
    int32_t id;
} sw_candidate;

/* `params` must be valid (spillway.h); a top_p of 0 counts as 1. */
void sw_sampler_init(sw_sampler *s, const sw_sampling *params);

/* Picks one of n_vocab tokens; `scratch` has room for n_vocab candidates (unused when greedy).  Takes one random number
 * unless greedy.  Errors: SW_ENUMERIC (names the token whose logit is not finite; nothing is drawn). */
SW_NODISCARD sw_code sw_sampler_pick(sw_sampler *s, const float *logits, int n_vocab, sw_candidate *scratch,
                                     int32_t *id_out, sw_err *err);

#endif
