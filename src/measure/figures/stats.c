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
