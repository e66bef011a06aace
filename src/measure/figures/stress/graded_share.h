/* graded_share.h - shares of right answers: by depth, level or domain, and of two sides that answered the same.
 *
 * Pure.
 */
#ifndef STRESS_GRADED_SHARE_H
#define STRESS_GRADED_SHARE_H

#include <stdbool.h>
#include <stddef.h>

#include "figures/interval.h"

/* One answer that is right or not, and what it is grouped by: the depth of a fact in percent, a level, a distance. */
typedef struct graded {
    double key;
    bool is_right;
} graded;

typedef struct graded_share {
    double key;
    size_t n, n_right;
    double share;
    interval range; // 95 %, Wilson
} graded_share;

/* Sorts `values` by key and writes a row for each key, at most max; returns how many there are. */
size_t graded_shares_of(graded *values, size_t n, graded_share *out, size_t max);

/* The same questions on two sides. */
typedef struct paired_share {
    size_t n, n_both, n_only_a, n_only_b;
    double difference; // share of b - share of a
    interval range;    // 95 %, Agresti and Min 2005
    double p_value;    // McNemar, exact
} paired_share;

paired_share paired_share_of(size_t n_both, size_t n_only_a, size_t n_only_b, size_t n_neither);

/* Whether answers are right less often beyond a key: the key (of at most GRADED_CUTS places, spread evenly over the
 * values) beyond which the loss is surest, with Fisher's exact p-value times the number of places. */
enum { GRADED_CUTS = 8 };
typedef struct graded_loss {
    double key;     // values with a larger one are beyond; NAN: no place
    double p_value; // NAN: no place
    size_t n_before, n_right_before;
    size_t n_beyond, n_right_beyond;
} graded_loss;

/* Sorts `values` by key. */
graded_loss graded_loss_of(graded *values, size_t n);

#endif
