/* router_trace.c - lines to rows, and rows to tokens. */
#include "cache/router_trace.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "cache/trace_row.h"

/* The rows as they come, in the order of the file. */
typedef struct rows {
    uint16_t *layers;  // (n)
    uint16_t *experts; // (n, n_used)
    size_t n, cap_layers, cap_experts;
    int n_used, n_experts;
    size_t per_layer[LIMIT_MODEL_LAYERS];
} rows;

static sw_code keep(rows *all, const trace_row *row, const char *source, size_t line, sw_err *err)
{
    if (all->n == LIMIT_EXPERT_TRACE_ROWS)
        return sw_fail(err, SW_ELIMIT, "%s has more rows than a trace keeps, %d (EXPERT_TRACE_ROWS)", source,
                       LIMIT_EXPERT_TRACE_ROWS);
    if (all->n == 0)
        all->n_used = row->n_used;
    if (row->n_used != all->n_used)
        return sw_fail(err, SW_EFORMAT, "%s:%zu: a token used %d experts, and %d in the first row", source, line,
                       row->n_used, all->n_used);
    const size_t n_used = (size_t)all->n_used;
    if (!mem_grow(&all->layers, &all->cap_layers, all->n + 1, sizeof *all->layers) ||
        !mem_grow(&all->experts, &all->cap_experts, (all->n + 1) * n_used, sizeof *all->experts))
        return sw_fail(err, SW_ENOMEM, "out of memory reading %s", source);
    for (size_t i = 0; i < n_used; i++) {
        all->experts[all->n * n_used + i] = (uint16_t)row->experts[i];
        all->n_experts = row->experts[i] >= all->n_experts ? row->experts[i] + 1 : all->n_experts;
    }
    all->layers[all->n++] = (uint16_t)row->layer;
    all->per_layer[row->layer]++;
    return SW_OK;
}

static sw_code read_rows(rows *all, const char *text, size_t n, const char *source, sw_err *err)
{
    const char *at = text, *const end = text + n;
    const bool is_csv = trace_row_is_csv(text, n);
    for (size_t line = 1; at < end; line++) {
        const char *const stop = memchr(at, '\n', (size_t)(end - at));
        const size_t n_line = (size_t)((stop != NULL ? stop : end) - at);
        trace_row row;
        if (n_line > 0 && !(is_csv && line == 1)) {
            sw_code code = is_csv ? trace_row_csv(&row, at, n_line, source, line, err)
                                  : trace_row_json(&row, at, n_line, source, line, err);
            if (code == SW_OK)
                code = keep(all, &row, source, line, err);
            if (code != SW_OK)
                return code;
        }
        at += n_line + 1;
    }
    return SW_OK;
}

/* Finds the layers and how many tokens all of them have. */
static sw_code find_layers(router_trace *t, const rows *all, const char *source, sw_err *err)
{
    t->layers = mem_calloc(LIMIT_MODEL_LAYERS, sizeof *t->layers);
    if (t->layers == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory reading %s", source);
    size_t fewest = SIZE_MAX;
    for (int layer = 0; layer < LIMIT_MODEL_LAYERS; layer++) {
        if (all->per_layer[layer] == 0)
            continue;
        t->layers[t->n_layers++] = layer;
        fewest = all->per_layer[layer] < fewest ? all->per_layer[layer] : fewest;
    }
    t->n_tokens = t->n_layers > 0 ? fewest : 0;
    return t->n_tokens >= 2
               ? SW_OK
               : sw_fail(err, SW_EFORMAT, "%s has %zu tokens with a row for every layer; a trace needs 2 or more",
                         source, t->n_tokens);
}

/* Puts each row at its layer and token; the first ones of a layer with more rows are left out. */
static sw_code place_rows(router_trace *t, const rows *all, const char *source, sw_err *err)
{
    size_t seen[LIMIT_MODEL_LAYERS] = {0};
    int place[LIMIT_MODEL_LAYERS];
    const size_t n_used = (size_t)t->n_used;
    t->experts = mem_calloc((size_t)t->n_layers * t->n_tokens * n_used, sizeof *t->experts);
    if (t->experts == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory reading %s", source);
    for (int i = 0; i < t->n_layers; i++)
        place[t->layers[i]] = i;
    for (size_t i = 0; i < all->n; i++) {
        const size_t layer = all->layers[i], extra = all->per_layer[layer] - t->n_tokens, at = seen[layer]++;
        if (at >= extra)
            memcpy(t->experts + ((size_t)place[layer] * t->n_tokens + at - extra) * n_used, all->experts + i * n_used,
                   n_used * sizeof *t->experts);
        else
            t->n_left_out++;
    }
    return SW_OK;
}

sw_code router_trace_parse(router_trace *out, const char *text, size_t n, const char *source, sw_err *err)
{
    *out = (router_trace){.n_layers = 0};
    rows *const all = mem_calloc(1, sizeof *all);
    if (all == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory reading %s", source);
    sw_code code = read_rows(all, text, n, source, err);
    out->n_used = all->n_used;
    out->n_experts = all->n_experts;
    if (code == SW_OK)
        code = find_layers(out, all, source, err);
    if (code == SW_OK)
        code = place_rows(out, all, source, err);
    mem_free(all->layers);
    mem_free(all->experts);
    mem_free(all);
    return code;
}

void router_trace_free(router_trace *t)
{
    mem_free(t->layers);
    mem_free(t->experts);
    *t = (router_trace){.n_layers = 0};
}

void router_trace_count(const router_trace *t, size_t first, size_t end, int n_experts, uint64_t *counts)
{
    for (int layer = 0; layer < t->n_layers; layer++) {
        for (size_t token = first; token < end; token++) {
            const uint16_t *const used = router_trace_at(t, layer, token);
            for (int i = 0; i < t->n_used; i++)
                counts[(size_t)layer * (size_t)n_experts + used[i]]++;
        }
    }
}
