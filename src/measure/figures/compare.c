/* compare.c - Holm's correction, permutation and McNemar's test, Theil-Sen slopes. */
#include "figures/compare.h"

#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "figures/stats.h"

const char *change_verdict_name(change_verdict which)
{
    static const char *const NAMES[] = {"better", "worse", "same", "unclear"};
    return NAMES[which];
}

change_verdict change_of(interval relative, int higher_is_better)
{
    if (isnan(relative.low) || isnan(relative.high))
        return CHANGE_UNCLEAR;
    if (relative.low >= -0.02 && relative.high <= 0.02)
        return CHANGE_SAME;
    if (relative.low <= 0 && relative.high >= 0)
        return CHANGE_UNCLEAR;
    return (relative.low > 0) == (higher_is_better != 0) ? CHANGE_BETTER : CHANGE_WORSE;
}

/* ---- Holm -------------------------------------------------------------------------------------------------------- */

static int by_p_value(const void *a, const void *b)
{
    const double x = **(double *const *)a, y = **(double *const *)b;
    return (x > y) - (x < y);
}

// The smallest is multiplied by their number, the next by one less, and none becomes smaller than one before it.
sw_code holm_correct(double *p_values, size_t n, sw_err *err)
{
    double **const order = mem_calloc(n + 1, sizeof *order);
    if (order == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory correcting %zu p-values", n);
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isnan(p_values[i]))
            order[m++] = &p_values[i];
    }
    qsort(order, m, sizeof *order, by_p_value);
    double before = 0;
    for (size_t i = 0; i < m; i++)
        *order[i] = before = fmax(before, fmin(1, *order[i] * (double)(m - i)));
    mem_free(order);
    return SW_OK;
}

/* ---- permutation ------------------------------------------------------------------------------------------------- */

double permutation_paired_p_value(const double *differences, size_t n, size_t n_draws, uint64_t seed)
{
    if (n < 2)
        return NAN;
    double found = 0;
    for (size_t i = 0; i < n; i++)
        found += differences[i];
    rng_state rng;
    rng_seed(&rng, seed);
    size_t n_as_far = 0;
    for (size_t draw = 0; draw < n_draws; draw++) {
        double sum = 0;
        uint64_t bits = 0;
        for (size_t i = 0; i < n; i++, bits >>= 1) {
            bits = i % 64 == 0 ? rng_next(&rng) : bits;
            sum += (bits & 1) != 0 ? differences[i] : -differences[i];
        }
        n_as_far += fabs(sum) >= fabs(found) * (1 - 1e-12);
    }
    return (double)(n_as_far + 1) / (double)(n_draws + 1);
}

/* ---- McNemar ----------------------------------------------------------------------------------------------------- */

// Logarithms, because 2^-n is 0 as a double from n = 1075 on.
double mcnemar_p_value(size_t n_won, size_t n_lost)
{
    const double n = (double)(n_won + n_lost);
    const size_t fewer = n_won < n_lost ? n_won : n_lost;
    double tail = 0;
    for (size_t k = 0; k <= fewer; k++)
        tail += exp(lgamma(n + 1) - lgamma((double)k + 1) - lgamma(n - (double)k + 1) - n * log(2));
    return fmin(1, 2 * tail);
}

/* ---- Theil-Sen --------------------------------------------------------------------------------------------------- */

/* Writes the slopes between all pairs of n points, those `step` apart in x and y; returns how many there are. */
static size_t fill_slopes(const double *x, const double *y, size_t n, double step, double *slopes)
{
    size_t n_slopes = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = i + 1; k < n; k++) {
            const size_t a = (size_t)((double)i * step), b = (size_t)((double)k * step);
            if (x[a] != x[b])
                slopes[n_slopes++] = (y[b] - y[a]) / (x[b] - x[a]);
        }
    }
    return n_slopes;
}

// The interval are the slopes at the ranks that Kendall's statistic reaches by chance, of n points without ties.
sw_code trend_of(const double *x, const double *y, size_t n, trend *out, sw_err *err)
{
    const size_t used = n < TREND_POINTS_MAX ? n : TREND_POINTS_MAX;
    *out = (trend){.slope = NAN, .range = {NAN, NAN}, .n = used};
    if (n < 2)
        return SW_OK;
    double *const slopes = mem_calloc(used * (used - 1) / 2, sizeof *slopes);
    if (slopes == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for the slope of %zu points", n);
    const size_t n_slopes = fill_slopes(x, y, used, (double)n / (double)used, slopes);
    out->slope = stats_of(slopes, n_slopes).p50;
    const double points = (double)used, all = (double)n_slopes;
    const double reach = 1.959963984540054 * sqrt(points * (points - 1) * (2 * points + 5) / 18);
    const double below = floor((all - reach) / 2), above = ceil((all + reach) / 2);
    if (below >= 1 && above < all) {
        out->range.low = slopes[(size_t)below - 1];
        out->range.high = slopes[(size_t)above];
    }
    mem_free(slopes);
    return SW_OK;
}
