/* expert_policy.c - counts that fade, without touching all of them after each token.
 *
 * Instead of shrinking every count, the weight of a use grows: count / weight is the number of uses, faded.  Before the
 * weight leaves the range of doubles, all counts are divided by it.
 */
#include "base/expert_policy.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"

static const double WEIGHT_MAX = 1e100;

/* The best exchange of a layer: its gain is in uses; below or at 0 there is none. */
typedef struct exchange {
    int in, out;
    double gain;
} exchange;

struct expert_policy {
    expert_policy_options o;
    double weight, growth; // of one use now; from token to token
    double *counts;        // (n_layers, n_experts)
    bool *held, *used;     // the same; used: by the token under way
    int *n_held;           // (n_layers)
    exchange *best;        // (n_layers)
};

expert_policy *expert_policy_create(const expert_policy_options *options)
{
    const size_t n_layers = (size_t)options->n_layers, n = n_layers * (size_t)options->n_experts;
    expert_policy *const p = mem_calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    *p = (expert_policy){.o = *options, .weight = 1, .growth = exp2(1 / options->half_life)};
    p->counts = mem_calloc(n, sizeof *p->counts);
    p->held = mem_calloc(n, sizeof *p->held);
    p->used = mem_calloc(n, sizeof *p->used);
    p->n_held = mem_calloc(n_layers, sizeof *p->n_held);
    p->best = mem_calloc(n_layers, sizeof *p->best);
    if (p->counts != NULL && p->held != NULL && p->used != NULL && p->n_held != NULL && p->best != NULL)
        return p;
    expert_policy_free(p);
    return NULL;
}

void expert_policy_free(expert_policy *p)
{
    if (p == NULL)
        return;
    mem_free(p->counts);
    mem_free(p->held);
    mem_free(p->used);
    mem_free(p->n_held);
    mem_free(p->best);
    mem_free(p);
}

static size_t row_of(const expert_policy *p, int layer)
{
    return (size_t)layer * (size_t)p->o.n_experts;
}

void expert_policy_put(expert_policy *p, int layer, int expert)
{
    bool *const held = &p->held[row_of(p, layer) + (size_t)expert];
    if (*held || p->n_held[layer] == p->o.capacity)
        return;
    *held = true;
    p->n_held[layer]++;
}

bool expert_policy_holds(const expert_policy *p, int layer, int expert)
{
    return p->held[row_of(p, layer) + (size_t)expert];
}

void expert_policy_use(expert_policy *p, int layer, const int *experts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const size_t at = row_of(p, layer) + (size_t)experts[i];
        p->counts[at] += p->weight;
        p->used[at] = true;
    }
}

/* Finds the used expert with the highest count that is not held, and the held one with the lowest; of equals the
 * first. */
static exchange best_of(const expert_policy *p, int layer)
{
    const size_t row = row_of(p, layer);
    exchange e = {.in = -1, .out = -1};
    if (p->o.capacity == 0)
        return e;
    for (int x = 0; x < p->o.n_experts; x++) {
        const size_t at = row + (size_t)x;
        if (p->held[at]) {
            if (e.out < 0 || p->counts[at] < p->counts[row + (size_t)e.out])
                e.out = x;
        } else if (p->used[at] && (e.in < 0 || p->counts[at] > p->counts[row + (size_t)e.in])) {
            e.in = x;
        }
    }
    if (p->n_held[layer] < p->o.capacity)
        e.out = -1;
    if (e.in < 0)
        return e;
    const double out = e.out >= 0 ? p->counts[row + (size_t)e.out] + p->o.margin * p->weight : 0;
    e.gain = (p->counts[row + (size_t)e.in] - out) / p->weight;
    return e;
}

static expert_move make(expert_policy *p, int layer)
{
    const exchange *const e = &p->best[layer];
    const expert_move move = {layer, e->in, e->out};
    p->held[row_of(p, layer) + (size_t)e->in] = true;
    if (e->out >= 0)
        p->held[row_of(p, layer) + (size_t)e->out] = false;
    else
        p->n_held[layer]++;
    return move;
}

/* The layer whose exchange gains most; -1 if none gains. */
static int best_layer(const expert_policy *p)
{
    int best = -1;
    for (int layer = 0; layer < p->o.n_layers; layer++) {
        if (p->best[layer].gain > 0 && (best < 0 || p->best[layer].gain > p->best[best].gain))
            best = layer;
    }
    return best;
}

void expert_policy_add_token(expert_policy *p)
{
    const size_t n = (size_t)p->o.n_layers * (size_t)p->o.n_experts;
    p->weight *= p->growth;
    if (p->weight < WEIGHT_MAX)
        return;
    for (size_t i = 0; i < n; i++)
        p->counts[i] /= p->weight;
    p->weight = 1;
}

/* Decides what is uploaded. */
static size_t find_moves(expert_policy *p, expert_move *moves)
{
    size_t n = 0;
    for (int layer = 0; layer < p->o.n_layers; layer++)
        p->best[layer] = best_of(p, layer);
    for (int layer; n < (size_t)p->o.uploads_max && (layer = best_layer(p)) >= 0;) {
        moves[n++] = make(p, layer);
        p->best[layer] = best_of(p, layer);
    }
    return n;
}

size_t expert_policy_end_token(expert_policy *p, expert_move *moves)
{
    const size_t n = moves != NULL ? find_moves(p, moves) : 0;
    memset(p->used, 0, (size_t)p->o.n_layers * (size_t)p->o.n_experts * sizeof *p->used);
    expert_policy_add_token(p);
    return n;
}
