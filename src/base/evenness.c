/* evenness.c - figures over counts; all but the coverage to expect are of their shares, so they do not depend on a
 * scale.
 */
#include "base/evenness.h"

#include <math.h>
#include <stdlib.h>

static int descending(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x < y) - (x > y);
}

static uint64_t sum_of(const uint64_t *counts, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += counts[i];
    return sum;
}

/* -sum of p ln p, in nats. */
static double entropy_of(const uint64_t *counts, size_t n, double total)
{
    double sum = 0;
    for (size_t i = 0; i < n && counts[i] > 0; i++)
        sum -= (double)counts[i] / total * log((double)counts[i] / total);
    return sum;
}

/* Half of the mean difference of two counts, divided by their mean. */
static double gini_of(const uint64_t *counts, size_t n, double total)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += ((double)n - 1 - 2 * (double)i) * (double)counts[i];
    return sum / ((double)n * total);
}

static double deviation_of(const uint64_t *counts, size_t n, double mean)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += ((double)counts[i] - mean) * ((double)counts[i] - mean);
    return sqrt(sum / (double)n);
}

evenness evenness_of(uint64_t *counts, size_t n)
{
    evenness e = {
        .n = n, .coverage = NAN, .entropy_ratio = NAN, .effective = NAN, .gini = NAN, .cv = NAN, .max_mean = NAN};
    if (n == 0)
        return e;
    qsort(counts, n, sizeof *counts, descending);
    e.total = sum_of(counts, n);
    while (e.n_used < n && counts[e.n_used] > 0)
        e.n_used++;
    e.coverage = (double)e.n_used / (double)n;
    if (e.total == 0)
        return e;
    const double total = (double)e.total, mean = total / (double)n, entropy = entropy_of(counts, n, total);
    e.entropy_ratio = n > 1 ? entropy / log((double)n) : NAN;
    e.effective = exp(entropy);
    e.gini = gini_of(counts, n, total);
    e.cv = deviation_of(counts, n, mean) / mean;
    e.max_mean = (double)counts[0] / mean;
    return e;
}

double evenness_top_share(const uint64_t *counts, size_t n, size_t m)
{
    const uint64_t total = sum_of(counts, n);
    return total > 0 ? (double)sum_of(counts, m < n ? m : n) / (double)total : NAN;
}

size_t evenness_hot(const uint64_t *counts, size_t n, double share)
{
    const double wanted = share * (double)sum_of(counts, n);
    double sum = 0;
    size_t m = 0;
    while (m < n && sum < wanted)
        sum += (double)counts[m++];
    return m;
}

double evenness_expected_coverage(size_t n, size_t k, uint64_t n_draws)
{
    return n > 0 ? 1 - pow(1 - (double)k / (double)n, (double)n_draws) : NAN;
}
