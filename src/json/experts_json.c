/* experts_json.c - sums of routers' choices as JSON.  A figure has one name, for a layer and for the mean of all. */
#include "json/experts_json.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/evenness.h"
#include "json/json_out.h"

/* ---- counts ----------------------------------------------------------------------------------------------------- */

/* before NULL: all zero. */
static json_t *row_json(const uint64_t *counts, const uint64_t *before, size_t n)
{
    json_t *list = json_array();
    for (size_t x = 0; x < n; x++)
        json_push(&list, json_integer((json_int_t)(counts[x] - (before != NULL ? before[x] : 0))));
    return list;
}

static json_t *layer_json(const sw_expert_use *use, const sw_expert_use *before, int row)
{
    const size_t n = (size_t)use->n_experts, at = (size_t)row * n;
    return json_pack("{s:i, s:o}", "layer", use->first_layer + row, "counts",
                     row_json(use->counts + at, before != NULL ? before->counts + at : NULL, n));
}

json_t *experts_counts_json(const sw_expert_use *use, const sw_expert_use *before)
{
    json_t *layers = json_array();
    for (int row = 0; row < use->n_layers; row++)
        json_push(&layers, layer_json(use, before, row));
    return layers;
}

/* ---- figures ---------------------------------------------------------------------------------------------------- */

/* What is shown of a layer, and as the mean of all layers. */
enum { N_FIGURES = 11 };
static const char *const FIGURE_NAMES[N_FIGURES] = {
    "coverage", "entropy_ratio", "effective_experts", "top_share", "hot_50", "hot_80", "hot_95", "gini",
    "cv",       "max_mean",      "switching"};

static double switching_of(const sw_expert_use *use, int row)
{
    const double n = (double)use->n_followers * (double)use->n_used;
    return n > 0 ? (double)use->n_switched[row] / n : NAN;
}

/* The figures of a row; `sorted` is room for n_experts counts. */
static void fill_figures(const sw_expert_use *use, int row, uint64_t *sorted, double figures[N_FIGURES])
{
    const size_t n = (size_t)use->n_experts;
    memcpy(sorted, use->counts + (size_t)row * n, n * sizeof *sorted);
    const evenness e = evenness_of(sorted, n);
    const double values[N_FIGURES] = {e.coverage,
                                      e.entropy_ratio,
                                      e.effective,
                                      evenness_top_share(sorted, n, (size_t)use->n_used),
                                      e.total > 0 ? (double)evenness_hot(sorted, n, 0.5) : NAN,
                                      e.total > 0 ? (double)evenness_hot(sorted, n, 0.8) : NAN,
                                      e.total > 0 ? (double)evenness_hot(sorted, n, 0.95) : NAN,
                                      e.gini,
                                      e.cv,
                                      e.max_mean,
                                      switching_of(use, row)};
    memcpy(figures, values, sizeof values);
}

static void put_figure(json_t **object, const char *name, double value)
{
    json_put(object, name, isnan(value) ? json_null() : json_number(value));
}

static void put_figures(json_t **object, const double figures[N_FIGURES])
{
    for (int i = 0; i < N_FIGURES; i++)
        put_figure(object, FIGURE_NAMES[i], figures[i]);
}

/* ---- pairs ------------------------------------------------------------------------------------------------------ */

typedef struct pair {
    size_t a, b;
    uint64_t count;
} pair;

/* Puts a pair into best[0..n), which descends; *n_found of them are filled. */
static void keep_if_frequent(pair *best, size_t n, size_t *n_found, pair p)
{
    if (p.count == 0 || (*n_found == n && p.count <= best[n - 1].count))
        return;
    size_t at = *n_found < n ? (*n_found)++ : n - 1;
    for (; at > 0 && best[at - 1].count < p.count; at--)
        best[at] = best[at - 1];
    best[at] = p;
}

/* Sum over all pairs of the product of their counts: (sum^2 - sum of squares) / 2. */
static double sum_of_products(const uint64_t *counts, size_t n)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)counts[i];
        squares += (double)counts[i] * (double)counts[i];
    }
    return (sum * sum - squares) / 2;
}

/* What independent choices with the same counts would lead to is proportional to the product of two counts, and adds up
 * to as many pairs. */
static json_t *pair_json(const pair *p, const uint64_t *counts, double n_pairs, double products)
{
    const double expected = (double)counts[p->a] * (double)counts[p->b] * n_pairs / products;
    return json_pack("{s:[i, i], s:I, s:o}", "experts", (int)p->a, (int)p->b, "count", (json_int_t)p->count, "lift",
                     json_number((double)p->count / expected));
}

static json_t *pairs_json(const sw_expert_use *use, int row, size_t n_wanted)
{
    const size_t n = (size_t)use->n_experts;
    const uint64_t *const pairs = use->pairs + (size_t)row * (n * (n - 1) / 2);
    const uint64_t *const counts = use->counts + (size_t)row * n;
    pair *const best = mem_calloc(n_wanted, sizeof *best);
    size_t n_found = 0;
    double total = 0;
    for (size_t b = 1; best != NULL && b < n; b++) {
        for (size_t a = 0; a < b; a++) {
            const pair p = {a, b, pairs[b * (b - 1) / 2 + a]};
            total += (double)p.count;
            keep_if_frequent(best, n_wanted, &n_found, p);
        }
    }
    json_t *list = best != NULL ? json_array() : NULL;
    for (size_t i = 0; i < n_found; i++)
        json_push(&list, pair_json(&best[i], counts, total, sum_of_products(counts, n)));
    mem_free(best);
    return list;
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */

json_t *experts_use_json(const sw_expert_use *use, size_t n_pairs)
{
    double sums[N_FIGURES] = {0}, figures[N_FIGURES];
    uint64_t *const sorted = mem_calloc((size_t)use->n_experts + 1, sizeof *sorted); // + 1: there may be none
    json_t *layers = sorted != NULL ? json_array() : NULL, *mean = json_object();
    for (int row = 0; layers != NULL && row < use->n_layers; row++) {
        json_t *layer = layer_json(use, NULL, row);
        fill_figures(use, row, sorted, figures);
        put_figures(&layer, figures);
        if (n_pairs > 0 && use->pairs != NULL)
            json_put(&layer, "pairs", pairs_json(use, row, n_pairs));
        json_push(&layers, layer);
        for (int i = 0; i < N_FIGURES; i++)
            sums[i] += figures[i] / use->n_layers;
    }
    mem_free(sorted);
    if (use->n_layers > 0)
        put_figures(&mean, sums);
    json_t *document = json_pack("{s:I}", "n_tokens", (json_int_t)use->n_tokens);
    put_figure(&document, "expected_coverage",
               evenness_expected_coverage((size_t)use->n_experts, (size_t)use->n_used, use->n_tokens));
    json_put(&document, "mean", mean);
    json_put(&document, "layers", layers);
    return document;
}
