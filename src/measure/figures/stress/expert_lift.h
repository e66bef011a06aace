/* expert_lift.h - which experts a domain prefers, and what it costs the domain to lose them.
 *
 * The lift of an expert is its share of the domain's choices over its share of all others' choices.  Tokens of one
 * answer choose alike, so that intervals count answers, not tokens.  Pure.
 */
#ifndef STRESS_EXPERT_LIFT_H
#define STRESS_EXPERT_LIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "figures/interval.h"

/* How often one answer chose the experts of one layer. */
typedef struct answer_choices {
    const uint64_t *counts; // (n_experts)
    uint64_t n_choices;     // their sum
    bool is_of_domain;
} answer_choices;

typedef struct expert_lift {
    double share_inside, share_outside; // of the choices of the layer
    double lift;                        // their ratio; NAN if one of them is 0
    interval range;                     // 95 %; from three answers on each side
} expert_lift;

/* Of every expert of the layer: writes out[0 .. n_experts). */
void expert_lifts_of(const answer_choices *answers, size_t n_answers, size_t n_experts, expert_lift *out);

/* The difference of two means that need not vary alike (Welch), and its interval: what masking a domain's experts
 * costs the domain, less what it costs the others. */
typedef struct mean_contrast {
    size_t n_a, n_b;
    double difference; // mean of a - mean of b
    interval range;    // 95 %; from two values on each side
    double p_value;    // two-sided
} mean_contrast;

mean_contrast mean_contrast_of(const double *a, size_t n_a, const double *b, size_t n_b);

#endif
