/* router.h - which experts compute a token, and with what weight. */
#ifndef FORWARD_ROUTER_H
#define FORWARD_ROUTER_H

#include "model/arch.h"

/* How a layer routes. */
typedef struct router_rule {
    gating_kind gating;
    bool renormalise;               // weights to sum 1
    float scale;                    // of the weights
    size_t n_expert, n_used;        // n_used <= n_expert
    size_t n_groups, n_groups_used; // only experts of the best groups are considered; 1, 1: no groups
    bool groups_by_top_two;         // a group's score is the sum of its two best experts' (else its best one's)
    const float *selection_bias;    // (n_expert), added for choosing only; or NULL
} router_rule;

/* Chooses n_used distinct experts, whatever the logits are: values that are not numbers count as minus infinity, ties
 * go to the lower index.  An expert whose logit is minus infinity is as if it did not exist, unless too few others are
 * left.  chosen and weights have n_used entries, in descending order of score; scores is scratch for n_expert values.
 */
void router_choose(const router_rule *rule, const float *logits, float *scores, int *chosen, float *weights);

#endif
