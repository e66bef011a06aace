/* expert_split.c - experts with most tokens go to the device: a copy takes the same time whoever uses it. */
#include "forward/expert_split.h"

#include <stdlib.h>

#include "base/limits.h"

static const double WORTH = 0.9; // of the time without dividing

typedef struct candidate {
    uint32_t expert, n_tokens;
} candidate;

/* Most tokens first, then by number. */
static int compare(const void *a, const void *b)
{
    const candidate *const x = a, *const y = b;
    if (x->n_tokens != y->n_tokens)
        return x->n_tokens > y->n_tokens ? -1 : 1;
    return x->expert < y->expert ? -1 : 1;
}

static double cost_here(const split_rates *r, double n_experts, double n_tokens)
{
    return n_experts * r->here.expert_us + n_tokens * r->here.token_us;
}

/* Copies and products overlap. */
static double cost_of_device(const split_rates *r, double n_experts, double n_tokens)
{
    const double copies = n_experts * r->device.expert_us, products = n_tokens * r->device.token_us;
    return copies > products ? copies : products;
}

static double later(double a, double b)
{
    return a > b ? a : b;
}

/* How many of the first candidates go: the fewest that end the layer soonest.  *us_out is when it ends. */
static size_t count_going(const split_rates *r, const candidate *list, size_t n, double *us_out)
{
    double stays = 0, goes = 0;
    size_t best = 0;
    for (size_t i = 0; i < n; i++)
        stays += list[i].n_tokens;
    *us_out = cost_here(r, (double)n, stays);
    for (size_t k = 1; k <= n; k++) {
        goes += list[k - 1].n_tokens;
        stays -= list[k - 1].n_tokens;
        const double us = later(cost_of_device(r, (double)k, goes), cost_here(r, (double)(n - k), stays));
        if (us < *us_out) {
            *us_out = us;
            best = k;
        }
    }
    return best;
}

static bool takes(const expert_split *s, size_t i, size_t n_going)
{
    switch (s->rule) {
    case SPLIT_BY_RATES: return i < n_going;
    case SPLIT_EVEN: return i % 2 == 0;
    default: return s->rule == SPLIT_ALL;
    }
}

size_t expert_split_choose(const expert_split *s, const uint32_t *n_tokens, size_t n, bool *goes)
{
    candidate list[LIMIT_MODEL_EXPERTS];
    size_t n_list = 0, n_going = 0, n_taken = 0;
    double us;
    for (size_t e = 0; e < n; e++) {
        goes[e] = false;
        if (n_tokens[e] > 0)
            list[n_list++] = (candidate){(uint32_t)e, n_tokens[e]};
    }
    if (s->rule == SPLIT_BY_RATES) {
        qsort(list, n_list, sizeof *list, compare);
        n_going = count_going(&s->rates, list, n_list, &us);
    }
    for (size_t i = 0; i < n_list; i++) {
        goes[list[i].expert] = takes(s, i, n_going);
        n_taken += goes[list[i].expert];
    }
    return n_taken;
}

size_t expert_split_point(const split_rates *r, size_t n, size_t n_used, size_t n_batch)
{
    candidate list[LIMIT_MODEL_EXPERTS];
    for (size_t n_tokens = 1; n_tokens <= n_batch; n_tokens++) {
        const size_t n_pairs = n_tokens * n_used, n_list = n_pairs < n ? n_pairs : n;
        double us;
        for (size_t i = 0; i < n_list; i++)
            list[i] = (candidate){(uint32_t)i, (uint32_t)(n_pairs / n_list + (i < n_pairs % n_list))};
        count_going(r, list, n_list, &us);
        if (us <= WORTH * cost_here(r, (double)n_list, (double)n_pairs))
            return n_tokens;
    }
    return 0;
}
