/* signed_rank.c - means of two values are counted and never listed: there are n (n + 1) / 2 of them. */
#include "figures/signed_rank.h"

#include <math.h>
#include <string.h>

enum { EXACT_MAX = 50, RANK_SUMS_MAX = EXACT_MAX * (EXACT_MAX + 1) / 2 + 1 };

/* How many means of two values are at most x: of each value, the partners up to where the mean exceeds it. */
static size_t count_up_to(const double *sorted, size_t n, double x)
{
    size_t count = 0, end = n;
    for (size_t i = 0; i < n; i++) {
        while (end > 0 && (sorted[i] + sorted[end - 1]) / 2 > x)
            end--;
        count += end > i ? end - i : 0;
    }
    return count;
}

/* The mean of two values with that rank, from 0, by bisection until nothing is between. */
static double mean_of_rank(const double *sorted, size_t n, size_t rank)
{
    double low = sorted[0], high = sorted[n - 1];
    if (count_up_to(sorted, n, low) > rank)
        return low;
    for (;;) {
        const double middle = low + (high - low) / 2;
        if (!(middle > low && middle < high))
            return high;
        *(count_up_to(sorted, n, middle) > rank ? &high : &low) = middle;
    }
}

/* The same between two ranks. */
static double mean_at(const double *sorted, size_t n, double rank)
{
    const double below = floor(rank), first = mean_of_rank(sorted, n, (size_t)below);
    return rank > below ? first + (rank - below) * (mean_of_rank(sorted, n, (size_t)below + 1) - first) : first;
}

double signed_rank_center(const double *sorted, size_t n)
{
    return n > 0 ? mean_at(sorted, n, ((double)n * (double)(n + 1) / 2 - 1) / 2) : NAN;
}

/* The shares of all signs that give each sum of ranks; `sums` and `next` have RANK_SUMS_MAX places. */
static void fill_sums(size_t n, double *sums, double *next)
{
    memset(sums, 0, RANK_SUMS_MAX * sizeof *sums);
    sums[0] = 1;
    for (size_t rank = 1; rank <= n; rank++) {
        for (size_t sum = 0; sum < RANK_SUMS_MAX; sum++)
            next[sum] = (sums[sum] + (sum >= rank ? sums[sum - rank] : 0)) / 2;
        memcpy(sums, next, RANK_SUMS_MAX * sizeof *sums);
    }
}

/* The rank of the lower end: sums of ranks below it have 2.5 % together. */
static double lower_rank(size_t n)
{
    const double size = (double)n;
    if (n > EXACT_MAX)
        return size * (size + 1) / 4 - 1.959963984540054 * sqrt(size * (size + 1) * (2 * size + 1) / 24) - 0.5;
    double sums[RANK_SUMS_MAX], next[RANK_SUMS_MAX], below = 0;
    fill_sums(n, sums, next);
    size_t k = 0;
    while (below + sums[k] <= 0.025)
        below += sums[k++];
    return (double)k - 1 + (0.025 - below) / sums[k];
}

interval signed_rank_interval(const double *sorted, size_t n)
{
    if (n < SIGNED_RANK_MIN)
        return (interval){NAN, NAN};
    const double rank = lower_rank(n), last = (double)n * (double)(n + 1) / 2 - 1;
    return (interval){mean_at(sorted, n, rank), mean_at(sorted, n, last - rank)};
}
