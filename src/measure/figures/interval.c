/* interval.c - Student's t, Wilson's score and the bootstrap. */
#include "figures/interval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "figures/stats.h"

static const double PI = 3.14159265358979323846;

/* P(|T| < t) for n degrees of freedom: Abramowitz and Stegun, 26.7.3 and 26.7.4, finite sums for whole n. */
static double within(double t, size_t n)
{
    const double angle = atan(t / sqrt((double)n)), c2 = cos(angle) * cos(angle);
    double term = n % 2 == 1 ? cos(angle) : 1, sum = n > 1 ? term : 0;
    for (size_t k = n % 2 == 1 ? 3 : 2; k < n; k += 2) {
        term *= c2 * (double)(k - 1) / (double)k;
        sum += term;
    }
    return n % 2 == 1 ? 2 / PI * (angle + sin(angle) * sum) : sin(angle) * sum;
}

/* By bisection: the sum above ascends with t.  From 2,000 degrees on the quantile changes by less than 0.1 %. */
double student_t_quantile(double p, size_t n_free)
{
    if (n_free == 0 || !(p > 0 && p < 1))
        return NAN;
    if (p < 0.5)
        return -student_t_quantile(1 - p, n_free);
    const size_t n = n_free < 2000 ? n_free : 2000;
    double low = 0, high = 1;
    while (within(high, n) < 2 * p - 1 && high < 1e12)
        high *= 2;
    for (int i = 0; i < 100; i++) {
        const double middle = (low + high) / 2;
        *(within(middle, n) < 2 * p - 1 ? &low : &high) = middle;
    }
    return (low + high) / 2;
}

double student_t_tails(double t, size_t n_free)
{
    return n_free > 0 ? fmax(0, 1 - within(fabs(t), n_free)) : NAN; // the sum may be above 1 by its rounding
}

interval mean_interval(double mean, double sd, size_t n)
{
    if (n < 3)
        return (interval){NAN, NAN};
    const double half = student_t_quantile(0.975, n - 1) * sd / sqrt((double)n);
    return (interval){mean - half, mean + half};
}

interval share_interval(size_t n_hits, size_t n)
{
    if (n == 0)
        return (interval){NAN, NAN};
    const double z = 1.959963984540054, p = (double)n_hits / (double)n, size = (double)n;
    const double middle = (p + z * z / (2 * size)) / (1 + z * z / size);
    const double half = z / (1 + z * z / size) * sqrt(p * (1 - p) / size + z * z / (4 * size * size));
    return (interval){fmax(0, middle - half), fmin(1, middle + half)};
}

/* How many of n tosses of a coin are heads with a chance of at most 2.5 % together, by the binomial distribution; of
 * many by the normal one. */
static size_t few_heads(size_t n)
{
    enum { EXACT_MAX = 1000 }; // 2^-n is a number
    if (n > EXACT_MAX)
        return (size_t)(((double)n - 1.96 * sqrt((double)n) - 1) / 2);
    double term = ldexp(1, -(int)n), sum = term;
    size_t k = 0;
    for (; sum + term * (double)(n - k) / (double)(k + 1) <= 0.025; k++) {
        term *= (double)(n - k) / (double)(k + 1);
        sum += term;
    }
    return k;
}

interval median_interval(const double *sorted, size_t n)
{
    if (n < MEDIAN_VALUES_MIN)
        return (interval){NAN, NAN};
    const size_t k = few_heads(n);
    return (interval){sorted[k], sorted[n - 1 - k]};
}

double figure_mean(double *values, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[i];
    return n > 0 ? sum / (double)n : NAN;
}

/* Insertion sort: samples of tests are short, and this runs ten thousand times for each figure. */
static void sort_few(double *values, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const double value = values[i];
        size_t k = i;
        for (; k > 0 && values[k - 1] > value; k--)
            values[k] = values[k - 1];
        values[k] = value;
    }
}

double figure_median(double *values, size_t n)
{
    if (n > 64)
        return stats_of(values, n).p50;
    sort_few(values, n);
    return stats_percentile(values, n, 50);
}

/* ---- the bootstrap ----------------------------------------------------------------------------------------------- */

/* One figure of a sample: `picks` are the n positions that were drawn, `scratch` holds n values. */
typedef struct resampling {
    const double *a, *b; // b may be NULL
    size_t n;
    const size_t *ranks; // for one_median: of each value of a; a is then sorted
    figure_of_values *figure;
    double (*measure)(const struct resampling *r, const size_t *picks, double *scratch);
} resampling;

static double gather(const resampling *r, const double *values, const size_t *picks, double *scratch)
{
    for (size_t i = 0; i < r->n; i++)
        scratch[i] = values[picks[i]];
    return r->figure(scratch, r->n);
}

static double one_figure(const resampling *r, const size_t *picks, double *scratch)
{
    return gather(r, r->a, picks, scratch);
}

/* Counts how often each rank was drawn, which is faster than sorting every sample, and is the same figure. */
static double one_median(const resampling *r, const size_t *picks, double *scratch)
{
    memset(scratch, 0, r->n * sizeof *scratch);
    for (size_t i = 0; i < r->n; i++)
        scratch[r->ranks[picks[i]]]++;
    const double middle[2] = {(double)((r->n - 1) / 2), (double)(r->n / 2)};
    double values[2], n_below = 0;
    size_t rank = 0;
    for (int i = 0; i < 2; i++) {
        while (n_below + scratch[rank] <= middle[i])
            n_below += scratch[rank++];
        values[i] = r->a[rank];
    }
    return stats_percentile(values, 2, 50);
}

static double difference(const resampling *r, const size_t *picks, double *scratch)
{
    return gather(r, r->b, picks, scratch) - gather(r, r->a, picks, scratch);
}

static double ratio(const resampling *r, const size_t *picks, double *scratch)
{
    (void)scratch;
    double part = 0, whole = 0;
    for (size_t i = 0; i < r->n; i++) {
        part += r->a[picks[i]];
        whole += r->b[picks[i]];
    }
    return part / whole;
}

/* Below 2^32 values, so that 32 random bits choose one. */
static size_t pick_one(rng_state *rng, size_t n)
{
    return (size_t)((rng_next(rng) >> 32) * (uint64_t)n >> 32);
}

static void draw(const resampling *r, size_t n_draws, uint64_t seed, size_t *picks, double *figures)
{
    rng_state rng;
    rng_seed(&rng, seed);
    double *const scratch = figures + n_draws;
    for (size_t i = 0; i < n_draws; i++) {
        for (size_t k = 0; k < r->n; k++)
            picks[k] = pick_one(&rng, r->n);
        figures[i] = r->measure(r, picks, scratch);
    }
}

/* The value that would be at position k if n of them were sorted: those before are then no larger, those after no
 * smaller (Hoare). */
static double select_nth(double *values, size_t n, size_t k)
{
    size_t low = 0, high = n - 1;
    while (low < high) {
        const double pivot = values[low + (high - low) / 2];
        size_t i = low, j = high;
        for (;; i++, j--) {
            while (values[i] < pivot)
                i++;
            while (pivot < values[j])
                j--;
            if (i >= j)
                break;
            const double value = values[i];
            values[i] = values[j];
            values[j] = value;
        }
        if (k <= j)
            high = j;
        else
            low = j + 1;
    }
    return values[k];
}

/* As stats_percentile, of values in any order, which it changes: only two of ten thousand are needed. */
static double percentile_of(double *values, size_t n, double p)
{
    const double h = (double)(n - 1) * p / 100;
    const size_t below = (size_t)h;
    const double ends[2] = {select_nth(values, n, below), select_nth(values, n, below + 1 < n ? below + 1 : below)};
    return below + 1 < n ? ends[0] + (h - (double)below) * (ends[1] - ends[0]) : ends[1];
}

/* The share of the draws beyond either end, in %.  Means and ratios of few values vary less among the draws than among
 * samples: their ends are as much farther out as those of Student's t are than the normal distribution's (Hesterberg
 * 2015).  Medians are not so smooth, and need none of it. */
static double tail_percent(const resampling *r)
{
    if (r->measure == one_median || r->figure == figure_median)
        return 2.5;
    const double n = (double)r->n, distance = sqrt(n / (n - 1)) * student_t_quantile(0.975, r->n - 1);
    return 50 * erfc(distance / sqrt(2));
}

static sw_code resample(const resampling *r, size_t n_draws, uint64_t seed, interval *out, sw_err *err)
{
    *out = (interval){NAN, NAN};
    if (r->n < 2)
        return SW_OK;
    double *const figures = mem_calloc(n_draws + r->n, sizeof *figures);
    size_t *const picks = mem_calloc(r->n, sizeof *picks);
    sw_code code = SW_OK;
    if (figures != NULL && picks != NULL) {
        draw(r, n_draws, seed, picks, figures);
        const double tail = tail_percent(r);
        *out = (interval){percentile_of(figures, n_draws, tail), percentile_of(figures, n_draws, 100 - tail)};
    } else {
        code = sw_fail(err, SW_ENOMEM, "out of memory drawing samples of %zu values", r->n);
    }
    mem_free(figures);
    mem_free(picks);
    return code;
}

typedef struct ranked {
    double value;
    size_t at;
} ranked;

static int by_value(const void *a, const void *b)
{
    const double x = ((const ranked *)a)->value, y = ((const ranked *)b)->value;
    return (x > y) - (x < y);
}

static sw_code bootstrap_median(const double *values, size_t n, size_t n_draws, uint64_t seed, interval *out,
                                sw_err *err)
{
    ranked *const order = mem_calloc(n + 1, sizeof *order);
    double *const sorted = mem_calloc(n + 1, sizeof *sorted);
    size_t *const ranks = mem_calloc(n + 1, sizeof *ranks);
    sw_code code;
    if (order != NULL && sorted != NULL && ranks != NULL) {
        for (size_t i = 0; i < n; i++)
            order[i] = (ranked){values[i], i};
        qsort(order, n, sizeof *order, by_value);
        for (size_t i = 0; i < n; i++) {
            sorted[i] = order[i].value;
            ranks[order[i].at] = i;
        }
        const resampling r = {.a = sorted, .n = n, .ranks = ranks, .measure = one_median};
        code = resample(&r, n_draws, seed, out, err);
    } else {
        code = sw_fail(err, SW_ENOMEM, "out of memory drawing samples of %zu values", n);
    }
    mem_free(order);
    mem_free(sorted);
    mem_free(ranks);
    return code;
}

sw_code bootstrap_interval(const double *values, size_t n, figure_of_values *figure, size_t n_draws, uint64_t seed,
                           interval *out, sw_err *err)
{
    if (figure == figure_median)
        return bootstrap_median(values, n, n_draws, seed, out, err);
    const resampling r = {.a = values, .n = n, .figure = figure, .measure = one_figure};
    return resample(&r, n_draws, seed, out, err);
}

sw_code bootstrap_paired(const double *a, const double *b, size_t n, figure_of_values *figure, size_t n_draws,
                         uint64_t seed, interval *out, sw_err *err)
{
    const resampling r = {.a = a, .b = b, .n = n, .figure = figure, .measure = difference};
    return resample(&r, n_draws, seed, out, err);
}

sw_code bootstrap_ratio(const double *parts, const double *wholes, size_t n, size_t n_draws, uint64_t seed,
                        interval *out, sw_err *err)
{
    const resampling r = {.a = parts, .b = wholes, .n = n, .measure = ratio};
    return resample(&r, n_draws, seed, out, err);
}
