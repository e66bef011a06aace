/* trend_test.c - Mann and Kendall's test, exact for few values. */
#include "figures/trend_test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The sum of t (t - 1) (2 t + 5) over groups of t equal values. */
static double tie_sum(const double *sorted, size_t n)
{
    double sum = 0;
    for (size_t begin = 0, end; begin < n; begin = end) {
        for (end = begin; end < n && sorted[end] == sorted[begin]; end++) {
        }
        const double t = (double)(end - begin);
        sum += t * (t - 1) * (2 * t + 5);
    }
    return sum;
}

/* P(|S| >= |s|) if all orders of n different values are as likely: the number of orders with k falling pairs is that of
 * n - 1 values with k, k - 1, ... k - n + 1.  `shares` has a place for every k, twice. */
static double exact_p_value(double s, size_t n, double *shares)
{
    const size_t n_pairs = n * (n - 1) / 2;
    double *now = shares, *next = shares + n_pairs + 1;
    now[0] = 1;
    for (size_t m = 2; m <= n; m++) {
        double window = 0;
        for (size_t k = 0; k <= n_pairs; k++) {
            window += now[k] - (k >= m ? now[k - m] : 0);
            next[k] = window / (double)m;
        }
        double *const swap = now;
        now = next;
        next = swap;
    }
    double tail = 0;
    for (size_t k = 0; k <= n_pairs; k++)
        tail += (double)n_pairs - 2 * (double)k >= fabs(s) ? now[k] : 0;
    return fmin(1, 2 * tail);
}

static double sum_signs(const double *y, size_t n)
{
    double s = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = i + 1; k < n; k++)
            s += (y[k] > y[i]) - (y[k] < y[i]);
    }
    return s;
}

/* `scratch` holds the values, and with few of them two places for each pair. */
static void test_series(const double *y, size_t n, double *scratch, mann_kendall *out)
{
    const double size = (double)n;
    memcpy(scratch, y, n * sizeof *y);
    qsort(scratch, n, sizeof *scratch, by_size);
    const double ties = tie_sum(scratch, n);
    const double variance = (size * (size - 1) * (2 * size + 5) - ties) / 18;
    out->s = sum_signs(y, n);
    out->tau = out->s / (size * (size - 1) / 2);
    out->z = variance > 0 ? (out->s - (out->s > 0) + (out->s < 0)) / sqrt(variance) : 0;
    out->is_exact = ties == 0 && n <= MANN_KENDALL_EXACT_MAX;
    if (out->is_exact)
        memset(scratch, 0, (n * (n - 1) + 2) * sizeof *scratch);
    out->p_value = out->is_exact ? exact_p_value(out->s, n, scratch) : erfc(fabs(out->z) / sqrt(2));
}

sw_code mann_kendall_of(const double *y, size_t n, mann_kendall *out, sw_err *err)
{
    *out = (mann_kendall){.tau = NAN, .z = NAN, .p_value = NAN};
    if (n < 2)
        return SW_OK;
    double *const scratch = mem_calloc(n <= MANN_KENDALL_EXACT_MAX ? n * n + 2 : n, sizeof *scratch);
    if (scratch == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for the trend of %zu values", n);
    test_series(y, n, scratch, out);
    mem_free(scratch);
    return SW_OK;
}
