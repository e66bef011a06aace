/* test_spread.c - one pass over the rows for every figure of every test. */
#include "figures/test_spread.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static const struct {
    size_t figure, spread;
} FIGURES[] = {
    {offsetof(test_metrics, decode_tps), offsetof(test_spread, decode_tps)},
    {offsetof(test_metrics, overall_tps), offsetof(test_spread, overall_tps)},
    {offsetof(test_metrics, ttft_ms), offsetof(test_spread, ttft_ms)},
    {offsetof(test_metrics, itl_ms) + offsetof(sample_stats, p50), offsetof(test_spread, itl_p50_ms)},
    {offsetof(test_metrics, e2e_ms), offsetof(test_spread, e2e_ms)},
    {offsetof(test_metrics, repetition) + offsetof(repetition_score, score), offsetof(test_spread, repetition)},
};

/* Repetitions have the same place in the protocol; the variants of a sweep are different tests. */
static bool is_same_test(const test_record *a, const test_record *b)
{
    return a->index == b->index &&
           strcmp(a->variant != NULL ? a->variant : "", b->variant != NULL ? b->variant : "") == 0;
}

static test_spread *find_test(test_spread *tests, size_t *n_tests, const test_record *test)
{
    for (size_t i = 0; i < *n_tests; i++) {
        if (is_same_test(tests[i].test, test))
            return &tests[i];
    }
    tests[*n_tests] = (test_spread){.test = test};
    return &tests[(*n_tests)++];
}

static spread spread_of(double *values, size_t n)
{
    const sample_stats s = stats_of(values, n);
    return (spread){s.n, s.mean, s.sd, s.cv, mean_interval(s.mean, s.sd, s.n)};
}

static spread pool(const summary_row *rows, size_t n_rows, const test_record *test, size_t figure, double *values)
{
    size_t n = 0;
    for (size_t k = 0; k < n_rows; k++) {
        const double value = metrics_figure(&rows[k].metrics, figure);
        const bool counts = rows[k].test->answer.status == TEST_COMPLETED && !isnan(value);
        if (counts && is_same_test(rows[k].test, test))
            values[n++] = value;
    }
    return spread_of(values, n);
}

static int by_index(const void *a, const void *b)
{
    const test_record *const x = ((const test_spread *)a)->test, *const y = ((const test_spread *)b)->test;
    return x->index != y->index ? x->index - y->index : (x > y) - (x < y); // in the order in which they ran
}

/* `values` has a place for each row. */
static void fill_tests(const summary_row *rows, size_t n, test_spread *tests, size_t *n_tests, double *values)
{
    for (size_t k = 0; k < n; k++) {
        test_spread *const t = find_test(tests, n_tests, rows[k].test);
        t->n_asked++;
        t->n_completed += rows[k].test->answer.status == TEST_COMPLETED;
    }
    qsort(tests, *n_tests, sizeof *tests, by_index);
    for (size_t k = 0; k < *n_tests; k++) {
        for (size_t i = 0; i < sizeof FIGURES / sizeof *FIGURES; i++)
            *(spread *)((char *)&tests[k] + FIGURES[i].spread) =
                pool(rows, n, tests[k].test, FIGURES[i].figure, values);
    }
}

sw_code test_spreads_of(const summary_row *rows, size_t n, test_spread **out, size_t *n_out, sw_err *err)
{
    *n_out = 0;
    *out = mem_calloc(n + 1, sizeof **out);
    double *const values = mem_calloc(n + 1, sizeof *values);
    sw_code code = SW_OK;
    if (*out != NULL && values != NULL)
        fill_tests(rows, n, *out, n_out, values);
    else
        code = sw_fail(err, SW_ENOMEM, "out of memory for the repetitions of %zu tests", n);
    mem_free(values);
    return code;
}
