/* stats.c - order statistics and moments of a list of values. */
#include "figures/stats.h"

#include <math.h>
#include <stdlib.h>

double stats_percentile(const double *sorted, size_t n, double p)
{
    if (n == 0)
        return NAN;
    const double h = (double)(n - 1) * p / 100.0;
    const size_t below = (size_t)floor(h);
    if (below + 1 >= n)
        return sorted[n - 1];
    return sorted[below] + (h - (double)below) * (sorted[below + 1] - sorted[below]);
}

/* Ascending.  Differences are not subtracted: they may overflow. */
static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Two passes, for the mean and then for the squares: one pass loses digits when the deviation is small. */
sample_stats stats_of(double *values, size_t n)
{
    sample_stats s = {.n = n, .min = NAN, .max = NAN, .mean = NAN, .sd = NAN, .cv = NAN};
    if (n > 0) {
        qsort(values, n, sizeof *values, compare_doubles);
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += values[i];
        s.min = values[0];
        s.max = values[n - 1];
        s.mean = sum / (double)n;
    }
    if (n > 1) {
        double squares = 0;
        for (size_t i = 0; i < n; i++)
            squares += (values[i] - s.mean) * (values[i] - s.mean);
        s.sd = sqrt(squares / (double)(n - 1));
        s.cv = s.sd / s.mean;
    }
    s.p50 = stats_percentile(values, n, 50);
    s.p75 = stats_percentile(values, n, 75);
    s.p90 = stats_percentile(values, n, 90);
    s.p95 = stats_percentile(values, n, 95);
    s.p99 = stats_percentile(values, n, 99);
    return s;
}

/* ---- values that count more than once ---------------------------------------------------------------------------- */

static int compare_weighted(const void *a, const void *b)
{
    return compare_doubles(&((const weighted_value *)a)->value, &((const weighted_value *)b)->value);
}

/* The value at `rank` of the list in which each occurs as often as it counts. */
static double value_at(const weighted_value *sorted, size_t n, double rank)
{
    double n_before = 0;
    for (size_t i = 0; i < n; i++) {
        n_before += (double)sorted[i].weight;
        if (rank < n_before)
            return sorted[i].value;
    }
    return n > 0 ? sorted[n - 1].value : NAN;
}

static double weighted_percentile(const weighted_value *sorted, size_t n, double n_values, double p)
{
    const double h = (n_values - 1) * p / 100.0;
    const double below = value_at(sorted, n, floor(h));
    return below + (h - floor(h)) * (value_at(sorted, n, floor(h) + 1) - below);
}

static void weighted_moments(const weighted_value *values, size_t n, sample_stats *s)
{
    double count = 0, sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        count += (double)values[i].weight;
        sum += values[i].value * (double)values[i].weight;
    }
    s->mean = sum / count;
    for (size_t i = 0; i < n; i++)
        squares += (values[i].value - s->mean) * (values[i].value - s->mean) * (double)values[i].weight;
    s->sd = count > 1 ? sqrt(squares / (count - 1)) : NAN;
    s->cv = s->sd / s->mean;
    s->n = (size_t)count;
}

sample_stats stats_of_weighted(weighted_value *values, size_t n)
{
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        if (values[i].weight > 0)
            values[used++] = values[i];
    }
    if (used == 0)
        return stats_of(NULL, 0);
    sample_stats s = {0};
    qsort(values, used, sizeof *values, compare_weighted);
    weighted_moments(values, used, &s);
    s.min = values[0].value;
    s.max = values[used - 1].value;
    s.p50 = weighted_percentile(values, used, (double)s.n, 50);
    s.p75 = weighted_percentile(values, used, (double)s.n, 75);
    s.p90 = weighted_percentile(values, used, (double)s.n, 90);
    s.p95 = weighted_percentile(values, used, (double)s.n, 95);
    s.p99 = weighted_percentile(values, used, (double)s.n, 99);
    return s;
}
