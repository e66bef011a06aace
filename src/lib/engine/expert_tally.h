/* expert_tally.h - sums of experts that routers chose: a sw_expert_use while it grows.
 *
 * Its arrays are in one block of memory with it, so sw_expert_use_free, which is mem_free, releases all.
 */
#ifndef ENGINE_EXPERT_TALLY_H
#define ENGINE_EXPERT_TALLY_H

#include "spillway.h"

/* The routers of a model: as the members of sw_expert_use with these names. */
typedef struct expert_dims {
    int first_layer, n_layers, n_experts, n_used;
} expert_dims;

/* Returns true if pairs of experts are counted: in all layers they take at most LIMIT_EXPERT_PAIR_BYTES. */
bool expert_dims_have_pairs(const expert_dims *d);

/* All zero.  Without with_pairs, and where pairs are not counted, `pairs` is NULL.  NULL when memory is short. */
sw_expert_use *expert_tally_create(const expert_dims *d, bool with_pairs);
/* What one takes. */
size_t expert_tally_bytes(const expert_dims *d, bool with_pairs);

/* Adds one token's choice in row `row` (of n_layers): n_used distinct experts.  `before` is the choice of the token
 * before it in its sequence, or NULL.  n_tokens and n_followers are the caller's. */
void expert_tally_add(sw_expert_use *t, size_t row, const int *chosen, const int *before);

/* Adds `from`, of the same dimensions, to `to`; pairs only if both have them. */
void expert_tally_sum(sw_expert_use *to, const sw_expert_use *from);
/* Sets every sum to zero. */
void expert_tally_clear(sw_expert_use *t);

#endif
