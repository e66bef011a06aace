/* degradation_law.h - how the speed of one session falls as others join.
 *
 * The law: r(n) = R / (1 + (n - 1) c).  R is the rate of a session alone, and c what each other session costs it: 0 if
 * they do not touch each other, 1 if they share one processor evenly, more if they hinder each other.  All sessions
 * together then have n r(n), which approaches R / c.  1 / r is a line in n; it is fitted with the same weight for the
 * same relative error.  Pure.
 */
#ifndef STRESS_DEGRADATION_LAW_H
#define STRESS_DEGRADATION_LAW_H

#include "figures/interval.h"

/* The mean rate of a session while n of them run; a number of sessions may occur several times. */
typedef struct session_rate {
    int n_sessions;
    double tps;
} session_rate;

typedef struct degradation_law {
    size_t n;            // points
    double alone_tps;    // R
    double cost;         // c; below 0: batching makes each faster
    interval cost_range; // 95 %; from three points on
    double capacity_tps; // R / c: what all together approach; INFINITY if c is not above 0
    double residual;     // root of the mean square of relative errors
    double worst;        // the largest relative error
    int worst_at;        // its number of sessions
} degradation_law;

/* Rates that are not above 0 are left out; of fewer than two different numbers of sessions everything is NAN. */
degradation_law degradation_law_of(const session_rate *points, size_t n);

/* What the law says of n sessions: of each, in tokens/s. */
double degradation_at(const degradation_law *law, int n_sessions);

#endif
