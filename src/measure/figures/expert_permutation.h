/* expert_permutation.h - whether two tests use different experts, or differ as two parts of one text would.
 *
 * If every test has two different answers or more, whole answers change places between the tests, and the figure that
 * is compared is the divergence between two tests over the mean divergence within them.  Otherwise tokens change
 * places, and it is the divergence itself; neighbouring tokens resemble each other, so that this finds differences too
 * easily, and its figures say so.  Divergences are likelihood ratios: each test is weighted by its choices. Pure.
 */
#ifndef FIGURES_EXPERT_PERMUTATION_H
#define FIGURES_EXPERT_PERMUTATION_H

#include "figures/expert_groups.h"
#include "spillway/error.h"

/* Writes a p-value for every pair; NAN if there would be too much to compute.  *unit: what changed places, "answers" or
 * "tokens", or "" if nothing did.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code expert_p_values(const expert_groups *groups, uint64_t seed, double *p_values, const char **unit,
                                     sw_err *err);

#endif
