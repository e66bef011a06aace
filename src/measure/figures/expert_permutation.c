/* expert_permutation.c - random divisions of answers or tokens among tests.
 *
 * Divergences are sums of x ln x over counts, and counts are small, so these are looked up.
 */
#include "figures/expert_permutation.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"

enum {
    DRAWS_MAX = 999, // a p-value of 0.001 is below 0.05 after correction for the 36 pairs of nine tests
    DRAWS_MIN = 99,
    TERMS_MAX = 1 << 16,  // of the table of x ln x
    WORK_MAX = 300000000, // counts that are drawn at most, about 2 s
};

typedef struct permutation {
    const expert_groups *g;
    size_t n_cells, n_pairs, n_draws;
    size_t n_terms;
    double *terms;      // (n_terms) x ln x
    double *found;      // (n_pairs) the divergences of the tests as they are
    size_t *n_as_far;   // (n_pairs) divisions that are at least as far apart
    uint64_t *shuffled; // (n_groups, n_cells) sums of a division
    size_t *group_of;   // (n_answers) of a division
    double *known;      // (n_answers) information of each answer
    double *alone;      // (n_groups) and of each test of a division
    double *within;     // (n_groups) how far the answers of such a test are apart
    uint64_t *distinct; // (n_groups, n_cells) sums of each test's different answers
    double *n_tokens;   // (n_groups) of these
    rng_state rng;
} permutation;

size_t expert_pair_index(size_t a, size_t b, size_t n)
{
    return a * n - a * (a + 1) / 2 + b - a - 1;
}

static double term(const permutation *p, uint64_t x)
{
    return x < p->n_terms ? p->terms[x] : (double)x * log((double)x);
}

/* Sum of x ln x over the choices of every layer, less n ln n of their number: what is known of a list of counts.  Of
 * the sum of two lists, b may be NULL. */
static double information(const permutation *p, const uint64_t *a, const uint64_t *b)
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

/* Compares a division with what was found; sums of equal parts may differ by rounding. */
static void compare(permutation *p, size_t pair, double value)
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
        p->alone[group] = information(p, p->shuffled + group * p->n_cells, NULL);
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
            const double both = information(p, p->shuffled + a * p->n_cells, p->shuffled + b * p->n_cells);
            const double within = p->within[a] + p->within[b];
            const double ratio = within > 0 ? (p->alone[a] + p->alone[b] - both) / within : INFINITY;
            const size_t pair = expert_pair_index(a, b, n);
            if (is_found)
                p->found[pair] = ratio;
            else
                compare(p, pair, ratio);
        }
    }
}

static bool divide_answers(permutation *p)
{
    for (size_t i = 0; i < p->g->n_answers; i++)
        p->known[i] = information(p, p->g->answers[i], NULL);
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

/* ---- tokens change places ---------------------------------------------------------------------------------------- */

/* How many tokens with an expert come to the first of two tests: hypergeometric. */
typedef struct count_law {
    double mean, sd, low, high;
} count_law;

static count_law law_of(uint64_t n_with, double n_a, double n_b)
{
    const double all = n_a + n_b, with = (double)n_with;
    return (count_law){.mean = with * n_a / all,
                       .sd = sqrt(with * (n_a / all) * (n_b / all) * fmax(0, all - with) / (all - 1)),
                       .low = fmax(0, with - n_b),
                       .high = fmin(with, n_a)};
}

/* Few are drawn one by one; of many, the normal distribution with the same mean and deviation is close, and the number
 * of set bits among 64 is close to that. */
static uint64_t draw_count(permutation *p, const count_law *law, uint64_t n_with, double n_a, double n_b)
{
    if (n_with <= 16) {
        uint64_t n = 0;
        for (uint64_t i = 0; i < n_with; i++)
            n += (double)(rng_next(&p->rng) >> 11) * 0x1p-53 * (n_a + n_b - (double)i) < n_a - (double)n;
        return n;
    }
    const double z = (__builtin_popcountll(rng_next(&p->rng)) - 32) / 4.0;
    return (uint64_t)(fmin(law->high, fmax(law->low, law->mean + law->sd * z)) + 0.5);
}

/* The tokens of both together do not change, so only what is known of each part is compared. */
static void draw_tokens(permutation *p, size_t a, size_t b, const count_law *laws)
{
    const expert_groups *const g = p->g;
    const uint64_t *const x = p->distinct + a * p->n_cells, *const y = p->distinct + b * p->n_cells;
    uint64_t *const to_a = p->shuffled, *const to_b = p->shuffled + p->n_cells;
    for (size_t cell = 0; cell < p->n_cells; cell++) {
        const uint64_t n_with = x[cell] + y[cell];
        const uint64_t n = draw_count(p, &laws[cell], n_with, p->n_tokens[a], p->n_tokens[b]);
        to_a[cell] = n < n_with ? n : n_with; // more choices than tokens: the server's counts are wrong
        to_b[cell] = n_with - to_a[cell];
    }
    compare(p, expert_pair_index(a, b, g->n_groups), information(p, to_a, NULL) + information(p, to_b, NULL));
}

static void divide_pair(permutation *p, size_t a, size_t b, count_law *laws)
{
    const uint64_t *const x = p->distinct + a * p->n_cells, *const y = p->distinct + b * p->n_cells;
    for (size_t cell = 0; cell < p->n_cells; cell++)
        laws[cell] = law_of(x[cell] + y[cell], p->n_tokens[a], p->n_tokens[b]);
    p->found[expert_pair_index(a, b, p->g->n_groups)] = information(p, x, NULL) + information(p, y, NULL);
    for (size_t draw = 0; draw < p->n_draws; draw++)
        draw_tokens(p, a, b, laws);
}

/* A copy of an answer adds no tokens that could have been others. */
static bool is_copy(const permutation *p, size_t answer)
{
    for (size_t i = 0; i < answer; i++) {
        if (p->g->group_of[i] == p->g->group_of[answer] &&
            memcmp(p->g->answers[i], p->g->answers[answer], p->n_cells * sizeof **p->g->answers) == 0)
            return true;
    }
    return false;
}

static void sum_up_distinct(permutation *p)
{
    for (size_t i = 0; i < p->g->n_answers; i++) {
        const size_t group = p->g->group_of[i];
        if (is_copy(p, i))
            continue;
        p->n_tokens[group] += (double)p->g->n_tokens[i];
        for (size_t cell = 0; cell < p->n_cells; cell++)
            p->distinct[group * p->n_cells + cell] += p->g->answers[i][cell];
    }
}

static bool divide_tokens(permutation *p)
{
    sum_up_distinct(p);
    count_law *const laws = mem_calloc(p->n_cells, sizeof *laws);
    for (size_t a = 0; laws != NULL && a < p->g->n_groups; a++) {
        for (size_t b = a + 1; b < p->g->n_groups; b++)
            divide_pair(p, a, b, laws);
    }
    mem_free(laws);
    return laws != NULL;
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
    if (!(whole_answers ? divide_answers(p) : divide_tokens(p)))
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
