/* paired_change.c - logarithms of ratio figures, so that a change up and the same one down are equally far. */
#include "figures/paired_change.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "figures/signed_rank.h"
#include "figures/stats.h"

enum { CHANGE_SEED = 18 };

/* Columns of n places each. */
typedef struct columns {
    double *a, *b;
    double *scratch;
    size_t n;
} columns;

static void take_pairs(const value_pair *pairs, size_t n, bool is_relative, columns *c)
{
    for (size_t i = 0; i < n; i++) {
        const bool counts = isfinite(pairs[i].a) && isfinite(pairs[i].b);
        if (!counts || (is_relative && !(pairs[i].a > 0 && pairs[i].b > 0)))
            continue;
        c->a[c->n] = pairs[i].a;
        c->b[c->n++] = pairs[i].b;
    }
}

static double figure_of(const columns *c, const double *values, figure_of_values *figure)
{
    memcpy(c->scratch, values, c->n * sizeof *values);
    return figure(c->scratch, c->n);
}

static bool all_equal(const columns *c)
{
    for (size_t i = 0; i < c->n; i++) {
        if (c->a[i] != c->b[i])
            return false;
    }
    return true;
}

/* The difference of each pair, ascending, in *scratch; of ratio figures that of the logarithms, in which the level of a
 * test is no more.  Then their figures, and the two-sided p-value: without deviation, a mean of 0 is no difference and
 * any other is sure. */
static sample_stats differences_of(const columns *c, bool is_relative, double *p_value)
{
    for (size_t i = 0; i < c->n; i++)
        c->scratch[i] = is_relative ? log(c->b[i]) - log(c->a[i]) : c->b[i] - c->a[i];
    const sample_stats s = stats_of(c->scratch, c->n); // sorts them
    *p_value = NAN;
    if (c->n >= PAIRS_T_MIN)
        *p_value = s.sd > 0 ? student_t_tails(s.mean / s.sd * sqrt((double)c->n), c->n - 1) : s.mean == 0;
    return s;
}

static sw_code measure(const columns *c, bool is_relative, size_t n_draws, paired_change *out, sw_err *err)
{
    const sample_stats s = differences_of(c, is_relative, &out->p_value);
    out->difference = s.mean;
    out->range = mean_interval(s.mean, s.sd, c->n);
    if (c->n < PAIRS_MANY_MIN)
        return SW_OK;
    if (!is_relative)
        return bootstrap_paired(c->a, c->b, c->n, figure_mean, n_draws, CHANGE_SEED, &out->range, err);
    out->difference = signed_rank_center(c->scratch, c->n);
    out->range = signed_rank_interval(c->scratch, c->n);
    return SW_OK;
}

static sw_code compare_columns(const columns *c, bool is_relative, size_t n_draws, paired_change *out, sw_err *err)
{
    figure_of_values *const figure = is_relative ? figure_median : figure_mean;
    *out = (paired_change){.n = c->n, .difference = NAN, .range = {NAN, NAN}, .p_value = NAN};
    out->a = figure_of(c, c->a, figure);
    out->b = figure_of(c, c->b, figure);
    out->is_equal = c->n > 0 && all_equal(c);
    if (out->is_equal && c->n >= PAIRS_T_MIN) { // what every draw would give
        out->difference = 0;
        out->range = (interval){0, 0};
        out->p_value = 1;
        return SW_OK;
    }
    if (c->n == 0)
        return SW_OK;
    const sw_code code = measure(c, is_relative, n_draws, out, err);
    if (is_relative) {
        out->difference = expm1(out->difference);
        out->range = (interval){expm1(out->range.low), expm1(out->range.high)};
    }
    return code;
}

sw_code paired_change_of(const value_pair *pairs, size_t n, bool is_relative, size_t n_draws, paired_change *out,
                         sw_err *err)
{
    columns c = {mem_calloc(n + 1, sizeof(double)), mem_calloc(n + 1, sizeof(double)),
                 mem_calloc(n + 1, sizeof(double)), 0};
    sw_code code;
    if (c.a != NULL && c.b != NULL && c.scratch != NULL) {
        take_pairs(pairs, n, is_relative, &c);
        code = compare_columns(&c, is_relative, n_draws > 0 ? n_draws : BOOTSTRAP_DRAWS, out, err);
    } else {
        code = sw_fail(err, SW_ENOMEM, "out of memory comparing %zu pairs", n);
    }
    mem_free(c.a);
    mem_free(c.b);
    mem_free(c.scratch);
    return code;
}
