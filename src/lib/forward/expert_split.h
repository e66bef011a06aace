/* expert_split.h - which experts a device computes in a step although their weights are in RAM.
 *
 * In a step of many tokens, bringing an expert's weights to the device can take less time than computing all of its
 * tokens here.  Both processors work at the same time, so a layer's experts are divided between them.  How they are
 * divided changes how long a step takes, and never a bit of what it gives.
 */
#ifndef FORWARD_EXPERT_SPLIT_H
#define FORWARD_EXPERT_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Microseconds that an expert takes, and each of its tokens. */
typedef struct split_cost {
    double expert_us, token_us;
} split_cost;

/* Of both processors; the device's expert_us is the copy of the weights, beside which it computes. */
typedef struct split_rates {
    split_cost here, device;
} split_rates;

typedef enum split_rule {
    SPLIT_BY_RATES, // so that both end at about the same time
    SPLIT_EVEN,     // every second expert that has tokens: where times mean nothing
    SPLIT_ALL,      // all go to the device
    SPLIT_NONE      // all stay
} split_rule;

typedef struct expert_split {
    size_t min_tokens; // of a step; 0: experts always stay
    split_rule rule;
    split_rates rates;
} expert_split;

/* goes[e] = true of the experts that the device is to compute: n_tokens[e] tokens use expert e, of 0 .. n - 1, n at
 * most LIMIT_MODEL_EXPERTS; experts without tokens stay.  Gives their number. */
size_t expert_split_choose(const expert_split *s, const uint32_t *n_tokens, size_t n, bool *goes);

/* The least number of tokens, at most n_batch, from which on dividing the experts of a layer saves a tenth of its time
 * or more, if tokens use all n experts alike, n_used each; 0: there is none. */
size_t expert_split_point(const split_rates *r, size_t n, size_t n_used, size_t n_batch);

#endif
