/* cache_policy.h - what a cache of experts would have held, by several rules, over a trace.
 *
 * Every layer has room for the same number of experts.  A token uses its experts at once: those that are held when it
 * begins are hits, and then the rule changes what is held.  The first half of the trace (half of its tokens, rounded
 * down) is to learn from, and hits are counted in the second half.
 *
 * | rule | holds |
 * |---|---|
 * | static | the most used experts of the first half, from the beginning, without uploads |
 * | hindsight | the most used experts of the second half: the best that any fixed choice could do |
 * | LRU | those used last; every miss is uploaded |
 * | LFU | on a miss the expert with the fewest uses so far makes room; of equals the one used longest ago |
 * | adaptive | base/expert_policy.h, from the static choice of the first half |
 * | optimum | those whose next use is nearest (Belady), with everything that is yet to come known |
 *
 * No rule that uploads only what a token has just used, whatever it begins with, has more hits than the optimum.
 */
#ifndef CACHE_CACHE_POLICY_H
#define CACHE_CACHE_POLICY_H

#include "base/expert_policy.h"
#include "cache/router_trace.h"

typedef enum cache_rule {
    CACHE_STATIC,
    CACHE_HINDSIGHT,
    CACHE_LRU,
    CACHE_LFU,
    CACHE_ADAPTIVE,
    CACHE_OPTIMUM,
    N_CACHE_RULES
} cache_rule;

/* "static", ...; a static string. */
const char *cache_rule_name(cache_rule rule);

/* What is simulated. */
typedef struct cache_setting {
    const router_trace *trace;
    int n_experts; // of a layer; at least the trace's
    int capacity;  // experts that each layer holds, 0 .. n_experts
    double half_life, margin;
    int uploads_max; // of the adaptive rule
} cache_setting;

/* Of the tokens of the second half. */
typedef struct cache_outcome {
    uint64_t n_tokens;
    uint64_t n_uses, n_hits; // of experts, in all layers
    uint64_t n_uploads;
} cache_outcome;

/* Simulates one rule; hits (n_layers) receives those of each layer, or is NULL.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code cache_simulate(cache_outcome *out, const cache_setting *setting, cache_rule rule, uint64_t *hits,
                                    sw_err *err);

#endif
