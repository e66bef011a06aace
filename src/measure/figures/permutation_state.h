/* permutation_state.h - what the two kinds of divisions share; for expert_permutation.c and its parts. */
#ifndef FIGURES_PERMUTATION_STATE_H
#define FIGURES_PERMUTATION_STATE_H

#include <stdbool.h>

#include "base/rng.h"
#include "figures/expert_groups.h"

typedef struct permutation {
    const expert_groups *g;
    size_t n_cells, n_pairs, n_draws;
    size_t n_terms;
    double *terms;      // (n_terms) x ln x
    double *found;      // (n_pairs) the divergences of the tests as they are
    size_t *n_as_far;   // (n_pairs) divisions that are at least as far apart
    uint64_t *shuffled; // (n_groups, n_cells) sums of a division
    size_t *group_of;   // (n_answers) of a division
    double *known;      // (n_answers) information of each answer
    double *alone;      // (n_groups) and of each test of a division
    double *within;     // (n_groups) how far the answers of such a test are apart
    uint64_t *distinct; // (n_groups, n_cells) sums of each test's different answers
    double *n_tokens;   // (n_groups) of these
    rng_state rng;
} permutation;

/* Sum of x ln x over the choices of every layer, less n ln n of their number: what is known of a list of counts.  Of
 * the sum of two lists, b may be NULL. */
double permutation_information(const permutation *p, const uint64_t *a, const uint64_t *b);
/* Compares a division with what was found; sums of equal parts may differ by rounding. */
void permutation_compare(permutation *p, size_t pair, double value);
/* Divides the tokens of every pair of tests n_draws times.  Returns false when memory is short. */
bool permutation_of_tokens(permutation *p);

#endif
