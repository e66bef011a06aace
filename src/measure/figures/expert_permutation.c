/* expert_permutation.c - random divisions of answers or tokens among tests.
 *
 * Divergences are sums of x ln x over counts, and counts are small, so these are looked up.
 */
#include "figures/expert_permutation.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "figures/permutation_state.h"

enum {
    DRAWS_MAX = 999, // a p-value of 0.001 is below 0.05 after correction for the 36 pairs of nine tests
    DRAWS_MIN = 99,
    TERMS_MAX = 1 << 16,  // of the table of x ln x
    WORK_MAX = 300000000, // counts that are drawn at most, about 2 s
};

static double term(const permutation *p, uint64_t x)
{
    return x < p->n_terms ? p->terms[x] : (double)x * log((double)x);
}

double permutation_information(const permutation *p, const uint64_t *a, const uint64_t *b)
{
    double sum = 0;
    const size_t n = p->g->n_experts;
    for (size_t layer = 0; layer < p->g->n_layers; layer++) {
        uint64_t n_choices = 0;
        for (size_t i = layer * n; i < (layer + 1) * n; i++) {
            const uint64_t x = a[i] + (b != NULL ? b[i] : 0);
            n_choices += x;
            sum += term(p, x);
        }
        sum -= term(p, n_choices);
    }
    return sum;
}

void permutation_compare(permutation *p, size_t pair, double value)
{
    p->n_as_far[pair] += value >= p->found[pair] - 1e-9 * fabs(p->found[pair]);
}

/* ---- answers change places --------------------------------------------------------------------------------------- */

static size_t below(permutation *p, size_t n)
{
    return (size_t)((rng_next(&p->rng) >> 32) * (uint64_t)n >> 32);
}

/* Sums of a division, and of each test what is known of it and what is known of its answers. */
static void sum_up_division(permutation *p)
{
    const expert_groups *const g = p->g;
    memset(p->shuffled, 0, g->n_groups * p->n_cells * sizeof *p->shuffled);
    memset(p->within, 0, g->n_groups * sizeof *p->within);
    for (size_t i = 0; i < g->n_answers; i++) {
        uint64_t *const sum = p->shuffled + p->group_of[i] * p->n_cells;
        for (size_t cell = 0; cell < p->n_cells; cell++)
            sum[cell] += g->answers[i][cell];
        p->within[p->group_of[i]] += p->known[i];
    }
    for (size_t group = 0; group < g->n_groups; group++) {
        p->alone[group] = permutation_information(p, p->shuffled + group * p->n_cells, NULL);
        p->within[group] -= p->alone[group];
    }
}

/* The divergence between the tests of each pair over that within them: how much they differ beside how much answers to
 * one prompt do. */
static void measure_division(permutation *p, bool is_found)
{
    const size_t n = p->g->n_groups;
    sum_up_division(p);
    for (size_t a = 0; a < n; a++) {
        for (size_t b = a + 1; b < n; b++) {
            const double both = permutation_information(p, p->shuffled + a * p->n_cells, p->shuffled + b * p->n_cells);
            const double within = p->within[a] + p->within[b];
            const double ratio = within > 0 ? (p->alone[a] + p->alone[b] - both) / within : INFINITY;
            const size_t pair = expert_pair_index(a, b, n);
            if (is_found)
                p->found[pair] = ratio;
            else
                permutation_compare(p, pair, ratio);
        }
    }
}

static bool divide_answers(permutation *p)
{
    for (size_t i = 0; i < p->g->n_answers; i++)
        p->known[i] = permutation_information(p, p->g->answers[i], NULL);
    measure_division(p, true);
    for (size_t draw = 0; draw < p->n_draws; draw++) {
        for (size_t i = p->g->n_answers - 1; i > 0; i--) {
            const size_t k = below(p, i + 1), kept = p->group_of[i];
            p->group_of[i] = p->group_of[k];
            p->group_of[k] = kept;
        }
        measure_division(p, false);
    }
    return true;
}

/* Equal answers (one seed, one server) are one answer: they say nothing about how answers differ. */
static bool has_different_answers(const permutation *p, size_t group)
{
    const uint64_t *first = NULL;
    for (size_t i = 0; i < p->g->n_answers; i++) {
        if (p->g->group_of[i] != group)
            continue;
        if (first != NULL && memcmp(first, p->g->answers[i], p->n_cells * sizeof *first) != 0)
            return true;
        first = first != NULL ? first : p->g->answers[i];
    }
    return false;
}

static bool can_divide_answers(const permutation *p)
{
    for (size_t group = 0; group < p->g->n_groups; group++) {
        if (!has_different_answers(p, group))
            return false;
    }
    return true;
}

/* ---- both -------------------------------------------------------------------------------------------------------- */

static void fill_tables(permutation *p)
{
    for (size_t i = 1; i < p->n_terms; i++)
        p->terms[i] = (double)i * log((double)i);
    for (size_t i = 0; i < p->g->n_answers; i++)
        p->group_of[i] = p->g->group_of[i];
}

/* Enough for the counts of one expert in all tests together, unless these are too many. */
static size_t count_terms(const expert_groups *g, size_t n_cells)
{
    uint64_t most = 0;
    for (size_t cell = 0; cell < n_cells; cell++) {
        uint64_t sum = 0;
        for (size_t group = 0; group < g->n_groups; group++)
            sum += g->sums[group * n_cells + cell];
        most = sum > most ? sum : most;
    }
    return most < TERMS_MAX ? (size_t)most + 1 : TERMS_MAX;
}

static bool allocate(permutation *p)
{
    p->n_terms = count_terms(p->g, p->n_cells);
    p->terms = mem_calloc(p->n_terms, sizeof *p->terms);
    p->found = mem_calloc(p->n_pairs, sizeof *p->found);
    p->n_as_far = mem_calloc(p->n_pairs, sizeof *p->n_as_far);
    p->shuffled = mem_calloc(p->g->n_groups * p->n_cells, sizeof *p->shuffled);
    p->group_of = mem_calloc(p->g->n_answers, sizeof *p->group_of);
    p->distinct = mem_calloc(p->g->n_groups * p->n_cells, sizeof *p->distinct);
    p->n_tokens = mem_calloc(p->g->n_groups, sizeof *p->n_tokens);
    p->known = mem_calloc(p->g->n_answers, sizeof *p->known);
    p->alone = mem_calloc(p->g->n_groups, sizeof *p->alone);
    p->within = mem_calloc(p->g->n_groups, sizeof *p->within);
    return p->distinct != NULL && p->n_tokens != NULL && p->known != NULL && p->alone != NULL && p->within != NULL &&
           p->terms != NULL && p->found != NULL && p->n_as_far != NULL && p->shuffled != NULL && p->group_of != NULL;
}

static void release(permutation *p)
{
    mem_free(p->terms);
    mem_free(p->found);
    mem_free(p->n_as_far);
    mem_free(p->shuffled);
    mem_free(p->group_of);
    mem_free(p->distinct);
    mem_free(p->n_tokens);
    mem_free(p->known);
    mem_free(p->alone);
    mem_free(p->within);
}

/* Returns false when memory is short. */
static bool compute(permutation *p, uint64_t seed, double *p_values, const char **unit)
{
    if (!allocate(p))
        return false;
    rng_seed(&p->rng, seed);
    fill_tables(p);
    const bool whole_answers = can_divide_answers(p);
    if (!(whole_answers ? divide_answers(p) : permutation_of_tokens(p)))
        return false;
    for (size_t i = 0; i < p->n_pairs; i++)
        p_values[i] = (double)(p->n_as_far[i] + 1) / (double)(p->n_draws + 1);
    *unit = whole_answers ? "answers" : "tokens";
    return true;
}

sw_code expert_p_values(const expert_groups *groups, uint64_t seed, double *p_values, const char **unit, sw_err *err)
{
    permutation p = {.g = groups, .n_cells = groups->n_layers * groups->n_experts};
    p.n_pairs = groups->n_groups > 1 ? groups->n_groups * (groups->n_groups - 1) / 2 : 0;
    *unit = "";
    for (size_t i = 0; i < p.n_pairs; i++)
        p_values[i] = NAN;
    const double work = (double)p.n_pairs * (double)p.n_cells;
    if (work <= 0 || work * DRAWS_MIN > WORK_MAX)
        return SW_OK;
    p.n_draws = (size_t)fmin(DRAWS_MAX, WORK_MAX / work);
    const bool ok = compute(&p, seed, p_values, unit);
    release(&p);
    return ok ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory comparing the experts of %zu tests", groups->n_groups);
}
