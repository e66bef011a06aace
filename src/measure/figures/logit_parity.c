/* logit_parity.c - sums in doubles, from the highest logit down, so that no exponential overflows. */
#include "figures/logit_parity.h"

#include <math.h>
#include <string.h>

uint64_t logit_hash_begin(void)
{
    return UINT64_C(14695981039346656037);
}

uint64_t logit_hash_add(uint64_t hash, const void *data, size_t n)
{
    const uint8_t *const bytes = data;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
    return hash;
}

static size_t top_of(const float *row, size_t n)
{
    size_t top = 0;
    for (size_t i = 1; i < n; i++)
        top = row[i] > row[top] ? i : top;
    return top;
}

/* The logarithm of the sum of the exponentials. */
static double log_sum(const float *row, size_t n, size_t top)
{
    double others = 0;
    for (size_t i = 0; i < n; i++)
        others += i != top ? exp((double)row[i] - (double)row[top]) : 0;
    return (double)row[top] + log1p(others);
}

logit_difference logit_compare(const float *a, const float *b, size_t n_vocab)
{
    logit_difference d = {.top_a = top_of(a, n_vocab), .top_b = top_of(b, n_vocab)};
    d.is_equal = memcmp(a, b, n_vocab * sizeof *a) == 0;
    if (d.is_equal)
        return d;
    const double sum_a = log_sum(a, n_vocab, d.top_a), sum_b = log_sum(b, n_vocab, d.top_b);
    for (size_t i = 0; i < n_vocab; i++) {
        const double x = (double)a[i], y = (double)b[i];
        d.kl += exp(x - sum_a) * ((x - sum_a) - (y - sum_b));
        d.max_difference = fmax(d.max_difference, fabs(x - y));
    }
    d.kl = fmax(d.kl, 0); // rounding
    if (d.top_a != d.top_b)
        d.top_gap = fmax((double)a[d.top_a] - (double)a[d.top_b], (double)b[d.top_b] - (double)b[d.top_a]);
    return d;
}

logit_parity logit_parity_begin(double near_tie)
{
    return (logit_parity){.near_tie = near_tie, .hash_a = logit_hash_begin(), .hash_b = logit_hash_begin()};
}

static void add_figures(logit_parity *sums, const logit_difference *d)
{
    const size_t at = sums->n_positions;
    sums->kl_sum += d->kl;
    if (d->kl > sums->kl_max) {
        sums->kl_max = d->kl;
        sums->kl_max_at = at;
    }
    if (d->max_difference > sums->max_difference) {
        sums->max_difference = d->max_difference;
        sums->max_difference_at = at;
    }
    sums->n_top_same += d->top_a == d->top_b;
    sums->n_top_near += d->top_a != d->top_b && d->top_gap < sums->near_tie;
}

void logit_parity_put(logit_parity *sums, const logit_difference *d)
{
    const bool was_equal = sums->first == sums->n_positions;
    add_figures(sums, d);
    sums->n_equal += d->is_equal;
    sums->n_positions++;
    if (was_equal && d->is_equal)
        sums->first = sums->n_positions;
}

void logit_parity_add(logit_parity *sums, const float *a, const float *b, size_t n_vocab)
{
    const logit_difference d = logit_compare(a, b, n_vocab);
    logit_parity_put(sums, &d);
    sums->hash_a = logit_hash_add(sums->hash_a, a, n_vocab * sizeof *a);
    sums->hash_b = logit_hash_add(sums->hash_b, b, n_vocab * sizeof *b);
}
