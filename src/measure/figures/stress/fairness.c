/* fairness.c - Jain's index; Kruskal and Wallis's test. */
#include "figures/stress/fairness.h"

#include <math.h>
#include <stdlib.h>

fairness fairness_of(const double *rates, size_t n)
{
    fairness f = {.n = n, .jain = NAN, .least = NAN};
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        sum += rates[i];
        squares += rates[i] * rates[i];
        f.least_at = rates[i] < rates[f.least_at] ? i : f.least_at;
    }
    if (squares > 0) {
        f.jain = sum * sum / ((double)n * squares);
        f.least = rates[f.least_at] * (double)n / sum;
    }
    return f;
}

static int by_value(const void *a, const void *b)
{
    const double x = ((const session_value *)a)->value, y = ((const session_value *)b)->value;
    return (x > y) - (x < y);
}

static int by_session(const void *a, const void *b)
{
    const session_value *const x = a, *const y = b;
    return x->session != y->session ? (x->session > y->session) - (x->session < y->session) : by_value(a, b);
}

/* Values become ranks, equal ones the mean of theirs; returns the sum of t^3 - t over groups of t equal values. */
static double rank_values(session_value *values, size_t n)
{
    double ties = 0;
    qsort(values, n, sizeof *values, by_value);
    for (size_t begin = 0, end; begin < n; begin = end) {
        for (end = begin + 1; end < n && values[end].value == values[begin].value; end++) {
        }
        const double t = (double)(end - begin), rank = (double)(begin + 1 + end) / 2;
        ties += t * t * t - t;
        for (size_t i = begin; i < end; i++)
            values[i].value = rank;
    }
    return ties;
}

/* P(X > x) for chi squared of n_free degrees of freedom: the regularized incomplete gamma function, as a series. */
static double chi2_above(double x, size_t n_free)
{
    if (!(x > 0))
        return 1;
    const double a = (double)n_free / 2, half = x / 2, first = a * log(half) - half - lgamma(a + 1);
    if (half > a && first < -600)
        return 0; // the sum would begin with nothing and stay there
    double term = exp(first), below = term;
    for (int k = 1; k < 2000 && term > below * 1e-17; k++) {
        term *= half / (a + k);
        below += term;
    }
    return fmax(0, 1 - below);
}

/* Of ranks by session: the weighted squares of the mean ranks, over what chance would make. */
static double statistic_of(const session_value *ranks, size_t n, double ties, size_t *n_sessions, size_t *fewest)
{
    const double size = (double)n;
    double sum = 0;
    *n_sessions = 0;
    *fewest = n;
    for (size_t begin = 0, end; begin < n; begin = end) {
        double own = 0;
        for (end = begin; end < n && ranks[end].session == ranks[begin].session; end++)
            own += ranks[end].value;
        const double m = (double)(end - begin), distance = own / m - (size + 1) / 2;
        sum += m * distance * distance;
        *fewest = end - begin < *fewest ? end - begin : *fewest;
        ++*n_sessions;
    }
    const double corrected = 1 - ties / (size * size * size - size);
    return corrected > 0 ? 12 * sum / (size * (size + 1)) / corrected : 0;
}

double sessions_p_value(session_value *values, size_t n)
{
    const double ties = rank_values(values, n);
    qsort(values, n, sizeof *values, by_session);
    size_t n_sessions, fewest;
    const double statistic = statistic_of(values, n, ties, &n_sessions, &fewest);
    return n_sessions > 1 && fewest > 1 ? chi2_above(statistic, n_sessions - 1) : NAN;
}
