/* expert_groups.h - how often the answers of several tests chose each expert. */
#ifndef FIGURES_EXPERT_GROUPS_H
#define FIGURES_EXPERT_GROUPS_H

#include <stddef.h>
#include <stdint.h>

typedef struct expert_groups {
    size_t n_groups, n_answers, n_layers, n_experts;
    const uint64_t *const *answers; // (n_answers), each (n_layers, n_experts)
    const size_t *group_of;         // (n_answers)
    const uint64_t *sums;           // (n_groups, n_layers, n_experts)
    const int64_t *n_tokens;        // (n_answers)
} expert_groups;

/* Position of the pair a < b in a list of all pairs of n groups. */
static inline size_t expert_pair_index(size_t a, size_t b, size_t n)
{
    return a * n - a * (a + 1) / 2 + b - a - 1;
}

#endif
