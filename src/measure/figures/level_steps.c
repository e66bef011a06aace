/* level_steps.c - Pettitt's statistic; steps by Student's t and by ranks. */
#include "figures/level_steps.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "figures/interval.h"

enum { N_ORDERS = 2000 };

static const double RANK_P_MAX = 0.05;

/* ---- Pettitt ----------------------------------------------------------------------------------------------------- */

/* A value with its place in the series. */
typedef struct placed {
    double value;
    size_t at;
} placed;

static int by_value(const void *a, const void *b)
{
    const double x = ((const placed *)a)->value, y = ((const placed *)b)->value;
    return (x > y) - (x < y);
}

/* 2 rank - (n + 1) of each value, where equal values share the mean of their ranks: their sums up to k are U. */
static void center_ranks(const double *y, size_t n, placed *sorted, double *ranks)
{
    for (size_t i = 0; i < n; i++)
        sorted[i] = (placed){y[i], i};
    qsort(sorted, n, sizeof *sorted, by_value);
    for (size_t begin = 0, end; begin < n; begin = end) {
        for (end = begin; end < n && sorted[end].value == sorted[begin].value; end++) {
        }
        for (size_t i = begin; i < end; i++)
            ranks[sorted[i].at] = (double)(begin + 1 + end) - (double)(n + 1);
    }
}

static double largest_sum(const double *ranks, size_t n, size_t *at_out)
{
    double sum = 0, largest = 0;
    *at_out = 0;
    for (size_t i = 0; i + 1 < n; i++) {
        sum += ranks[i];
        if (fabs(sum) > largest) {
            largest = fabs(sum);
            *at_out = i + 1;
        }
    }
    return largest;
}

static void shuffle(double *values, size_t n, rng_state *rng)
{
    for (size_t i = n; i > 1; i--) {
        const size_t k = (size_t)((rng_next(rng) >> 32) * (uint64_t)i >> 32);
        const double value = values[i - 1];
        values[i - 1] = values[k];
        values[k] = value;
    }
}

/* The share of random orders with a statistic at least as large; the one that was seen counts as one of them. */
static double order_p_value(double *ranks, size_t n, double statistic, rng_state *rng)
{
    size_t n_as_large = 1, at;
    for (int i = 0; i < N_ORDERS; i++) {
        shuffle(ranks, n, rng);
        n_as_large += largest_sum(ranks, n, &at) >= statistic;
    }
    return (double)n_as_large / (N_ORDERS + 1);
}

sw_code pettitt_of(const double *y, size_t n, double *statistic_out, size_t *at_out, sw_err *err)
{
    double *const ranks = mem_calloc(n + 1, sizeof *ranks);
    placed *const sorted = mem_calloc(n + 1, sizeof *sorted);
    sw_code code = SW_OK;
    if (ranks != NULL && sorted != NULL) {
        center_ranks(y, n, sorted, ranks);
        *statistic_out = largest_sum(ranks, n, at_out);
    } else {
        code = sw_fail(err, SW_ENOMEM, "out of memory for the steps of %zu values", n);
    }
    mem_free(ranks);
    mem_free(sorted);
    return code;
}

/* ---- segmentation ------------------------------------------------------------------------------------------------ */

/* The series under way. */
typedef struct segmentation {
    const double *y;
    size_t n;
    double alpha;
    rng_state rng;
    double *ranks;
    placed *sorted;
    level_step *steps;
    size_t n_steps, max_steps;
} segmentation;

/* A part [begin, end) of the series. */
typedef struct part {
    size_t begin, end;
} part;

/* The place with the largest t between y[0..at) and y[at..n), n at least two sides; its two-sided p-value times the
 * number of places.  Sums are of the differences from the mean, so that no digits are lost. */
static double best_split(const double *y, size_t n, size_t *at_out)
{
    double mean = 0, squares = 0, left = 0, best = -1;
    *at_out = LEVEL_SIDE_MIN; // of values that are no numbers, which have no best place
    for (size_t i = 0; i < n; i++)
        mean += y[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (y[i] - mean) * (y[i] - mean);
    for (size_t k = 1; k + LEVEL_SIDE_MIN <= n; k++) {
        left += y[k - 1] - mean;
        const double between = left * left * (double)n / ((double)k * (double)(n - k)); // of the squares
        if (k >= LEVEL_SIDE_MIN && between > best) {
            best = between;
            *at_out = k;
        }
    }
    const double within = fmax(squares - best, 0);
    const double t = squares > 0 ? sqrt(best * (double)(n - 2) / fmax(within, squares * 1e-15)) : 0;
    return student_t_tails(t, n - 2) * (double)(n - 2 * LEVEL_SIDE_MIN + 1);
}

/* Returns true if ranks say so, too. */
static bool is_step_of_ranks(segmentation *s, part p)
{
    const size_t n = p.end - p.begin;
    size_t at;
    center_ranks(s->y + p.begin, n, s->sorted, s->ranks);
    const double statistic = largest_sum(s->ranks, n, &at);
    return statistic > 0 && order_p_value(s->ranks, n, statistic, &s->rng) <= RANK_P_MAX;
}

/* Returns true if the part has a step, which it adds. */
static bool divide(segmentation *s, part p, size_t *at_out)
{
    const size_t n = p.end - p.begin;
    if (n < 2 * LEVEL_SIDE_MIN || s->n_steps == s->max_steps)
        return false;
    const double p_value = best_split(s->y + p.begin, n, at_out);
    *at_out += p.begin;
    if (p_value > s->alpha * (double)n / (double)s->n || !is_step_of_ranks(s, p))
        return false;
    s->steps[s->n_steps++] = (level_step){.at = *at_out, .p_value = p_value};
    return true;
}

/* Parts wait in a list, at most one more than there are steps. */
static void segment(segmentation *s, part *parts)
{
    size_t n_parts = 1;
    parts[0] = (part){0, s->n};
    while (n_parts > 0) {
        const part p = parts[--n_parts];
        size_t at;
        if (!divide(s, p, &at))
            continue;
        parts[n_parts++] = (part){p.begin, at};
        parts[n_parts++] = (part){at, p.end};
    }
}

static int by_place(const void *a, const void *b)
{
    const size_t x = ((const level_step *)a)->at, y = ((const level_step *)b)->at;
    return (x > y) - (x < y);
}

static double median_of(segmentation *s, size_t begin, size_t end)
{
    memcpy(s->ranks, s->y + begin, (end - begin) * sizeof *s->ranks);
    return figure_median(s->ranks, end - begin);
}

static void fill_levels(segmentation *s)
{
    qsort(s->steps, s->n_steps, sizeof *s->steps, by_place);
    for (size_t i = 0; i < s->n_steps; i++) {
        level_step *const step = &s->steps[i];
        step->before = median_of(s, i > 0 ? s->steps[i - 1].at : 0, step->at);
        step->after = median_of(s, step->at, i + 1 < s->n_steps ? s->steps[i + 1].at : s->n);
    }
}

sw_code level_steps_of(const double *y, size_t n, double alpha, uint64_t seed, level_step *out, size_t max_steps,
                       size_t *n_out, sw_err *err)
{
    segmentation s = {.y = y, .n = n, .alpha = alpha, .steps = out, .max_steps = max_steps};
    part *const parts = mem_calloc(max_steps + 2, sizeof *parts);
    s.ranks = mem_calloc(n + 1, sizeof *s.ranks);
    s.sorted = mem_calloc(n + 1, sizeof *s.sorted);
    sw_code code = SW_OK;
    *n_out = 0;
    if (parts != NULL && s.ranks != NULL && s.sorted != NULL) {
        rng_seed(&s.rng, seed);
        segment(&s, parts);
        fill_levels(&s);
        *n_out = s.n_steps;
    } else {
        code = sw_fail(err, SW_ENOMEM, "out of memory for the steps of %zu values", n);
    }
    mem_free(parts);
    mem_free(s.ranks);
    mem_free(s.sorted);
    return code;
}
