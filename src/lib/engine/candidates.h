/* candidates.h - the tokens that may still be drawn, and finding the best of them without sorting. */
#ifndef ENGINE_CANDIDATES_H
#define ENGINE_CANDIDATES_H

#include <stdint.h>

#include "quant/half.h"

/* Candidates rank by a key, the lowest first, equal keys by the lower id. */
typedef struct logit_candidate {
    uint64_t rank; // key and id as one number that compares as they do
    float weight;  // relative to the most likely token; at least one unit (softmax.h)
} logit_candidate;

/* A key that is not NaN, and not -0. */
static inline logit_candidate candidate_of(float key, int32_t id, float weight)
{
    const uint32_t bits = f32_bits(key), sign = 0u - (bits >> 31);
    return (logit_candidate){(uint64_t)(bits ^ (sign | 0x80000000)) << 32 | (uint32_t)id, weight};
}

static inline int32_t candidate_id(const logit_candidate *c)
{
    return (int32_t)(uint32_t)c->rank;
}

/* What a filter adds up until it has enough: tokens (top-k) or probability (top-p, typical). */
typedef enum candidate_measure { BY_COUNT, BY_WEIGHT } candidate_measure;

/* The sum of the n candidates' weights in units. */
uint64_t candidates_mass(const logit_candidate *list, int n);

/* Keeps the fewest of the n > 0 candidates, first by rank, that together measure `need` (> 0) or more, or all if they
 * measure less.  Returns their number; the order of the list does not change.  `room` is scratch for n candidates. */
int candidates_keep(logit_candidate *list, int n, candidate_measure measure, uint64_t need, logit_candidate *room);

#endif
