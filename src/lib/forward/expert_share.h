/* expert_share.h - one layer's routed experts between the backends: who computes which, and where the answers are.
 *
 * Where an expert's weights are (model/placement.h) does not say who computes it: another backend may have a copy, or
 * get one for a step.  The forward pass decides it for each step and layer.
 *
 * A *pair* is a token and one of its experts; pair i * n_used + j is token i's j-th choice.  The answers of all pairs
 * are collected in expert_answers and added in the order in which the router chose, whichever backend computed them:
 * that order is part of the definition of a token's bits.
 */
#ifndef FORWARD_EXPERT_SHARE_H
#define FORWARD_EXPERT_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the router chose for a batch. */
typedef struct expert_choice {
    size_t n_used;
    int *chosen;    // (n, n_used): expert of a pair; descending in score
    float *weights; // (n, n_used)
    bool can_wait;  // the backend that chooses computes all of the layer: others read this after the step at most
} expert_choice;

/* What one backend computes of a layer. */
typedef struct expert_share {
    const expert_choice *choice;
    const uint8_t *tiers; // (n_expert): whose backend computes an expert in this step; NULL: all are this backend's
    uint8_t tier;         // of this backend
    bool has_shared;      // and the shared experts
} expert_share;

/* Returns true if the share has an expert. */
static inline bool share_has(const expert_share *s, int expert)
{
    return s->tiers == NULL || s->tiers[expert] == s->tier;
}

/* Where the answers are, in this machine's memory, until the next operation of their backend. */
typedef struct expert_answers {
    const float **rows;        // (n, n_used): of a pair, (n_embd); NULL: the backend that joins has kept it
    const float *shared;       // (n, padded n_embd) of the shared experts; NULL: there are none, or they were kept
    const float *shared_gates; // (n, 16): a token's first is the logit of their gate; NULL: none
} expert_answers;

#endif
