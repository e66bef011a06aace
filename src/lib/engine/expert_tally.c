/* expert_tally.c - the arithmetic of sums over routers' choices. */
#include "engine/expert_tally.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"

/* Numbers in each array. */
static size_t n_counts(const sw_expert_use *t)
{
    return (size_t)t->n_layers * (size_t)t->n_experts;
}

static size_t layer_pairs(int n_experts)
{
    return (size_t)n_experts * (size_t)(n_experts > 0 ? n_experts - 1 : 0) / 2;
}

static size_t n_pairs(const sw_expert_use *t)
{
    return t->pairs != NULL ? (size_t)t->n_layers * layer_pairs(t->n_experts) : 0;
}

bool expert_dims_have_pairs(const expert_dims *d)
{
    return (size_t)d->n_layers * layer_pairs(d->n_experts) <= LIMIT_EXPERT_PAIR_BYTES / sizeof(uint64_t);
}

size_t expert_tally_bytes(const expert_dims *d, bool with_pairs)
{
    const size_t pairs = with_pairs && expert_dims_have_pairs(d) ? layer_pairs(d->n_experts) : 0;
    return sizeof(sw_expert_use) + (size_t)d->n_layers * ((size_t)d->n_experts + 1 + pairs) * sizeof(uint64_t);
}

sw_expert_use *expert_tally_create(const expert_dims *d, bool with_pairs)
{
    sw_expert_use *const t = mem_calloc(1, expert_tally_bytes(d, with_pairs));
    if (t == NULL)
        return NULL;
    *t = (sw_expert_use){.first_layer = d->first_layer,
                         .n_layers = d->n_layers,
                         .n_experts = d->n_experts,
                         .n_used = d->n_used,
                         .counts = (uint64_t *)(t + 1)};
    t->n_switched = t->counts + n_counts(t);
    if (with_pairs && expert_dims_have_pairs(d))
        t->pairs = t->n_switched + t->n_layers;
    return t;
}

static bool is_among(int expert, const int *chosen, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (chosen[i] == expert)
            return true;
    }
    return false;
}

static size_t pair_index(int x, int y)
{
    const size_t a = (size_t)(x < y ? x : y), b = (size_t)(x < y ? y : x);
    return b * (b - 1) / 2 + a;
}

static void add_pairs(uint64_t *pairs, const int *chosen, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        for (size_t j = 0; j < i; j++)
            pairs[pair_index(chosen[i], chosen[j])]++;
    }
}

void expert_tally_add(sw_expert_use *t, size_t row, const int *chosen, const int *before)
{
    const size_t n = (size_t)t->n_used;
    uint64_t *const counts = t->counts + row * (size_t)t->n_experts;
    for (size_t i = 0; i < n; i++)
        counts[chosen[i]]++;
    for (size_t i = 0; before != NULL && i < n; i++)
        t->n_switched[row] += !is_among(chosen[i], before, n);
    if (t->pairs != NULL)
        add_pairs(t->pairs + row * layer_pairs(t->n_experts), chosen, n);
}

static void add_all(uint64_t *to, const uint64_t *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] += from[i];
}

void expert_tally_sum(sw_expert_use *to, const sw_expert_use *from)
{
    to->n_tokens += from->n_tokens;
    to->n_followers += from->n_followers;
    add_all(to->counts, from->counts, n_counts(to));
    add_all(to->n_switched, from->n_switched, (size_t)to->n_layers);
    if (to->pairs != NULL && from->pairs != NULL)
        add_all(to->pairs, from->pairs, n_pairs(to));
}

void expert_tally_clear(sw_expert_use *t)
{
    t->n_tokens = t->n_followers = 0;
    memset(t->counts, 0, n_counts(t) * sizeof *t->counts);
    memset(t->n_switched, 0, (size_t)t->n_layers * sizeof *t->n_switched);
    if (t->pairs != NULL)
        memset(t->pairs, 0, n_pairs(t) * sizeof *t->pairs);
}
