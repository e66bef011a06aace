/* permutation_tokens.c - tokens change places between two tests: how many of those with an expert come to each is
 * drawn. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "figures/permutation_state.h"

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
    permutation_compare(p, expert_pair_index(a, b, g->n_groups),
                        permutation_information(p, to_a, NULL) + permutation_information(p, to_b, NULL));
}

static void divide_pair(permutation *p, size_t a, size_t b, count_law *laws)
{
    const uint64_t *const x = p->distinct + a * p->n_cells, *const y = p->distinct + b * p->n_cells;
    for (size_t cell = 0; cell < p->n_cells; cell++)
        laws[cell] = law_of(x[cell] + y[cell], p->n_tokens[a], p->n_tokens[b]);
    p->found[expert_pair_index(a, b, p->g->n_groups)] =
        permutation_information(p, x, NULL) + permutation_information(p, y, NULL);
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

bool permutation_of_tokens(permutation *p)
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
