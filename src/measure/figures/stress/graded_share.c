/* graded_share.c - groups of sorted answers, paired shares, and the surest place of a loss. */
#include "figures/stress/graded_share.h"

#include <math.h>
#include <stdlib.h>

#include "figures/compare.h"

static int by_key(const void *a, const void *b)
{
    const double x = ((const graded *)a)->key, y = ((const graded *)b)->key;
    return (x > y) - (x < y);
}

static size_t count_right(const graded *values, size_t n)
{
    size_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[i].is_right;
    return sum;
}

size_t graded_shares_of(graded *values, size_t n, graded_share *out, size_t max)
{
    size_t n_rows = 0;
    if (n == 0)
        return 0;
    qsort(values, n, sizeof *values, by_key);
    for (size_t begin = 0, end; begin < n; begin = end) {
        for (end = begin; end < n && values[end].key == values[begin].key; end++) {
        }
        const size_t size = end - begin, n_right = count_right(values + begin, size);
        if (n_rows < max)
            out[n_rows] = (graded_share){values[begin].key, size, n_right, (double)n_right / (double)size,
                                         share_interval(n_right, size)};
        n_rows++;
    }
    return n_rows;
}

// Half an answer is added to each of the four numbers: without it the interval of few pairs is too narrow.
paired_share paired_share_of(size_t n_both, size_t n_only_a, size_t n_only_b, size_t n_neither)
{
    paired_share s = {n_both + n_only_a + n_only_b + n_neither, n_both, n_only_a, n_only_b, NAN, {NAN, NAN}, NAN};
    if (s.n == 0)
        return s;
    const double a = (double)n_only_a + 0.5, b = (double)n_only_b + 0.5, n = (double)s.n + 2;
    const double middle = (b - a) / n, half = 1.959963984540054 * sqrt(a + b - (b - a) * (b - a) / n) / n;
    s.difference = ((double)n_only_b - (double)n_only_a) / (double)s.n;
    s.range = (interval){fmax(-1, middle - half), fmin(1, middle + half)};
    s.p_value = mcnemar_p_value(n_only_b, n_only_a);
    return s;
}

/* ---- a loss ------------------------------------------------------------------------------------------------------ */

static double log_choose(size_t n, size_t k)
{
    return lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1);
}

/* Fisher: the probability of at most n_right_beyond right ones among n_beyond, if the right ones are spread by chance.
 */
static double fisher_few(size_t n, size_t n_right, size_t n_beyond, size_t n_right_beyond)
{
    const size_t n_wrong = n - n_right, least = n_beyond > n_wrong ? n_beyond - n_wrong : 0;
    double sum = 0;
    for (size_t k = least; k <= n_right_beyond; k++)
        sum += exp(log_choose(n_right, k) + log_choose(n_wrong, n_beyond - k) - log_choose(n, n_beyond));
    return fmin(1, sum);
}

/* The first value beyond the place: those of one key stay together. */
static size_t place_after(const graded *values, size_t n, size_t at)
{
    while (at < n && at > 0 && values[at].key == values[at - 1].key)
        at++;
    return at;
}

graded_loss graded_loss_of(graded *values, size_t n)
{
    graded_loss loss = {.key = NAN, .p_value = NAN};
    if (n == 0)
        return loss;
    qsort(values, n, sizeof *values, by_key);
    const size_t n_right = count_right(values, n);
    size_t before = 0;
    double n_cuts = 0;
    for (size_t cut = 1; cut <= GRADED_CUTS; cut++) {
        const size_t at = place_after(values, n, cut * n / (GRADED_CUTS + 1));
        if (at == before || at >= n)
            continue;
        before = at;
        n_cuts++;
        const size_t n_right_before = count_right(values, at), n_right_beyond = n_right - n_right_before;
        const double p = fisher_few(n, n_right, n - at, n_right_beyond);
        if (isnan(loss.p_value) || p < loss.p_value)
            loss = (graded_loss){values[at - 1].key, p, at, n_right_before, n - at, n_right_beyond};
    }
    loss.p_value = n_cuts > 0 ? fmin(1, loss.p_value * n_cuts) : NAN;
    return loss;
}
