/* fairness.h - whether sessions that ran side by side got alike.
 *
 * Pure.
 */
#ifndef STRESS_FAIRNESS_H
#define STRESS_FAIRNESS_H

#include <stddef.h>

typedef struct fairness {
    size_t n;        // sessions
    double jain;     // (sum r)^2 / (n sum r^2), Jain 1984: 1 if all have the same, 1/n if one has all; NAN of none
    double least;    // the smallest rate over the mean
    size_t least_at; // whose it is
} fairness;

fairness fairness_of(const double *rates, size_t n);

/* A figure of one request of a session. */
typedef struct session_value {
    int session;
    double value;
} session_value;

/* The probability that sessions of one kind differ as much as these: Kruskal and Wallis, by ranks.  NAN for fewer than
 * two sessions, or one with fewer than two values.  Changes `values`. */
double sessions_p_value(session_value *values, size_t n);

#endif
