/* agreement.c - differences, ranks, and agreement beyond chance. */
#include "figures/agreement.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/alloc.h"

static const uint64_t AGREEMENT_SEED = 0x61677265;

enum { PAIRS_MIN = 3 }; // for a correlation

/* ---- ranks ------------------------------------------------------------------------------------------------------ */

typedef struct placed {
    double value;
    size_t at;
} placed;

static int by_value(const void *a, const void *b)
{
    const placed *const x = a, *const y = b;
    return (x->value > y->value) - (x->value < y->value);
}

/* Ranks from 1; equal values share the mean of theirs (Kendall and Gibbons 1990, chapter 3). */
static void rank(const double *values, size_t n, placed *sorted, double *ranks)
{
    for (size_t i = 0; i < n; i++)
        sorted[i] = (placed){values[i], i};
    qsort(sorted, n, sizeof *sorted, by_value);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && sorted[end].value == sorted[i].value;)
            end++;
        for (size_t k = i; k < end; k++)
            ranks[sorted[k].at] = (double)(i + 1 + end) / 2;
    }
}

/* Pearson's; NAN if one of both is constant. */
static double correlation(const double *a, const double *b, size_t n)
{
    double mean_a = 0, mean_b = 0, ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < n; i++) {
        mean_a += a[i] / (double)n;
        mean_b += b[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        ab += (a[i] - mean_a) * (b[i] - mean_b);
        aa += (a[i] - mean_a) * (a[i] - mean_a);
        bb += (b[i] - mean_b) * (b[i] - mean_b);
    }
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : NAN;
}

/* Pearson's correlation of the ranks (Spearman 1904).  Error: SW_ENOMEM. */
static sw_code correlate_ranks(const double *a, const double *b, size_t n, double *out, sw_err *err)
{
    *out = NAN;
    if (n < PAIRS_MIN)
        return SW_OK;
    placed *const sorted = mem_calloc(n, sizeof *sorted);
    double *const ranks = mem_calloc(2 * n, sizeof *ranks);
    const bool ok = sorted != NULL && ranks != NULL;
    if (ok) {
        rank(a, n, sorted, ranks);
        rank(b, n, sorted, ranks + n);
        *out = correlation(ranks, ranks + n, n);
    }
    mem_free(sorted);
    mem_free(ranks);
    return ok ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory ranking %zu scores", n);
}

/* ---- agreement -------------------------------------------------------------------------------------------------- */

sw_code agreement_of(const double *a, const double *b, size_t n, agreement *out, sw_err *err)
{
    *out = (agreement){
        .n = n, .mean_difference = NAN, .difference_range = {NAN, NAN}, .rank_correlation = NAN, .within_one = NAN};
    double *const differences = mem_calloc(n + 1, sizeof *differences);
    if (differences == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory comparing %zu scores", n);
    size_t n_within = 0;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        differences[i] = b[i] - a[i];
        sum += differences[i];
        n_within += fabs(differences[i]) <= 1;
    }
    if (n > 0) {
        out->mean_difference = sum / (double)n;
        out->within_one = (double)n_within / (double)n;
    }
    sw_code code =
        bootstrap_interval(differences, n, figure_mean, BOOTSTRAP_DRAWS, AGREEMENT_SEED, &out->difference_range, err);
    if (code == SW_OK)
        code = correlate_ranks(a, b, n, &out->rank_correlation, err);
    mem_free(differences);
    return code;
}

/* Observed disagreement over that of all pairs of a score of one and a score of the other, which is what chance gives.
 * With squares both follow from sums, and no table of categories is needed. */
double weighted_kappa(const int *a, const int *b, size_t n)
{
    double observed = 0, sum_a = 0, sum_b = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        const double x = a[i], y = b[i];
        observed += (x - y) * (x - y);
        squares += x * x + y * y;
        sum_a += x;
        sum_b += y;
    }
    const double expected = squares - 2 * sum_a * sum_b / (double)n; // n times the mean of (x - y)^2 over all pairs
    return n > 0 && expected > 0 ? 1 - observed / expected : NAN;
}
