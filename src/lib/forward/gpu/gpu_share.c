/* gpu_share.c - an expert's weights are read once for all of its tokens: places are sorted by expert, where there are
 * more than a few. */
#include "forward/gpu/gpu_share.h"

#include <string.h>

#include "base/limits.h"
#include "forward/gpu/gpu_residents.h"
#include "forward/gpu/gpu_visitors.h"

/* ---- products ---------------------------------------------------------------------------------------------------- */

/* Tells the device which experts are own, unless it knows; NULL: all are. */
static const uint8_t *own_experts(gpu_env *g, size_t l, const expert_share *share)
{
    const size_t n = g->h->n_expert, at = l * n;
    uint8_t *const own = g->staging.is_own + at;
    if (share->tiers == NULL)
        return NULL;
    for (size_t e = 0; e < n; e++)
        own[e] = share_has(share, (int)e);
    if (memcmp(own, g->staging.is_here + at, n) == 0)
        return g->rooms.is_here + at;
    gpu_copy(g, g->rooms.is_own + at, own, n, COPY_UP);
    return g->rooms.is_own + at;
}

/* Which places are an expert's. */
static void group(gpu_env *g, size_t l, size_t n_pairs, const expert_share *share)
{
    const hparams *const h = g->h;
    const gpu_group_args args = {.chosen = g->rooms.chosen,
                                 .is_own = own_experts(g, l, share),
                                 .first = g->rooms.first,
                                 .slot = g->rooms.slot,
                                 .token = g->rooms.token,
                                 .n = (int32_t)n_pairs,
                                 .n_used = (int32_t)h->n_expert_used,
                                 .n_experts = (int32_t)h->n_expert};
    GPU_GIVE(g, launch_group(g->stream, &args, &g->err));
}

/* What products work on: slots are experts, whose places were sorted, or some neighbours of them; or of few tokens
 * pairs, a place each. */
typedef struct slots {
    const int32_t *slot;    // (pairs): as gpu_join_args has them
    size_t expert;          // whose matrices are those of the first slot
    size_t n, n_most;       // slots, and places of the one that has most
    const int32_t *matrix;  // NULL: the slot itself
    const int32_t *first;   // NULL: a place each
    const int32_t *token;   // of a place
    size_t place, n_places; // the first one, and their number
    bool is_visiting;       // the weights are in RAM
} slots;

/* Returns true if a stack's matrices are on the device one after another. */
static bool is_one_block(const gpu_env *g, size_t l, const mat *m)
{
    return m->split == NULL && placement_tier(g->w->placement, SW_CLASS_EXPERTS, l, 0) == g->tier;
}

/* Where the matrices of a stack are. */
static void set_matrices(gpu_env *g, size_t l, size_t which, const slots *s, gpu_product_args *args)
{
    const mat *const m = gpu_stack(g, l, which);
    const size_t at = (l * GPU_STACKS + which) * g->h->n_expert + s->expert;
    if (s->is_visiting) {
        const mat_place place = gpu_visitors_bring(g->visitors, l, which, s->expert);
        args->tiles = place.tiles;
        args->bias = place.bias;
    } else if (is_one_block(g, l, m)) {
        args->tiles = mat_tiles(m, s->expert);
        args->bias = mat_bias(m, s->expert);
    } else {
        args->tiles_of = g->rooms.tiles_of + at;
        args->bias_of = gpu_stack_has_bias(m) ? g->rooms.bias_of + at : NULL;
    }
}

/* index: of rows of x by place; NULL: the place itself. */
static void multiply(gpu_env *g, size_t l, size_t which, const gpu_rows *x, const int32_t *index, const slots *s,
                     float *y)
{
    const mat *const m = gpu_stack(g, l, which);
    gpu_product_args args = {.matrix = s->matrix,
                             .first = s->first,
                             .index = index,
                             .x = x->acts,
                             .y = y,
                             .n = (int32_t)m->n_cols,
                             .n_places = (int32_t)(s->first != NULL ? s->n_places : 1),
                             .n_tiles = (int32_t)m->n_tiles,
                             .y_row = (int32_t)mat_padded_rows(m),
                             .ld = x->ld,
                             .tile_bytes = m->tile_bytes,
                             .matrix_bytes = m->n_tiles * m->tile_bytes};
    set_matrices(g, l, which, s, &args);
    gpu_format format;
    if (launch_format(m->type, &format))
        GPU_GIVE(g, launch_product(g->stream, &args, format, (int)s->n, (int)s->n_most, &g->err));
    if (s->is_visiting)
        gpu_visitors_leave(g->visitors);
}

/* The answers of some slots; `middle` is the room of all places. */
static void compute(gpu_env *g, size_t l, const gpu_rows *x, const gpu_rows *middle, const slots *s)
{
    const size_t at = s->place * padded_length(middle->n_cols);
    const gpu_rows own = gpu_rows_from(middle, s->place, s->n_places);
    multiply(g, l, 0, x, s->token, s, g->rooms.gate);
    multiply(g, l, 1, x, s->token, s, g->rooms.up);
    gpu_activate(g, g->rooms.gate + at, g->rooms.up + at, &own);
    multiply(g, l, 2, middle, NULL, s, g->rooms.own);
}

/* Pairs of few tokens are not sorted if all are own, and all weights are here. */
static slots slots_of(gpu_env *g, size_t l, size_t n_tokens, const expert_share *share, size_t n_own, bool has_visitors)
{
    if (share->tiers == NULL && g->tables.pair != NULL && !has_visitors) {
        return (slots){.slot = g->tables.pair,
                       .n = n_own,
                       .n_most = 1,
                       .matrix = g->rooms.chosen,
                       .token = g->tables.pair_token,
                       .n_places = n_own};
    }
    group(g, l, n_tokens * g->h->n_expert_used, share);
    return (slots){.slot = g->rooms.slot,
                   .n = g->h->n_expert,
                   .n_most = n_tokens,
                   .first = g->rooms.first,
                   .token = g->rooms.token,
                   .n_places = n_own};
}

/* ---- experts whose weights are in RAM ---------------------------------------------------------------------------- */

/* The share's pairs of every expert.  Returns true if any weights are to come. */
static bool count_pairs(const gpu_env *g, size_t l, size_t n_tokens, const expert_share *share, size_t *n_pairs)
{
    const size_t n = g->h->n_expert;
    bool has_visitors = false;
    memset(n_pairs, 0, n * sizeof *n_pairs);
    for (size_t p = 0; p < n_tokens * share->choice->n_used; p++)
        n_pairs[share->choice->chosen[p]] += share_has(share, share->choice->chosen[p]);
    for (size_t e = 0; e < n; e++)
        has_visitors = has_visitors || (n_pairs[e] > 0 && !gpu_residents_has(g, l, e));
    return has_visitors;
}

/* Neighbouring experts of sorted slots, whose places begin at `place`. */
static slots some(const slots *all, size_t first, size_t end, size_t place, const size_t *n_pairs)
{
    slots s = *all;
    s.expert = first;
    s.n = end - first;
    s.first = all->first + first;
    s.place = place;
    s.n_places = 0;
    for (size_t e = first; e < end; e++)
        s.n_places += n_pairs[e];
    return s;
}

/* The experts that are here, in runs between those that come, or those that come, one by one: what is here is computed
 * while the first ones are being copied. */
static void compute_some(gpu_env *g, size_t l, const gpu_rows *x, const gpu_rows *middle, const slots *all,
                         const size_t *n_pairs, bool are_visiting)
{
    const size_t n = g->h->n_expert;
    for (size_t first = 0, end, place = 0; first < n; first = end) {
        const bool comes = n_pairs[first] > 0 && !gpu_residents_has(g, l, first);
        for (end = first + 1; !comes && end < n && (n_pairs[end] == 0 || gpu_residents_has(g, l, end));)
            end++;
        slots s = some(all, first, end, place, n_pairs);
        place += s.n_places;
        if (s.n_places == 0 || comes != are_visiting)
            continue;
        s.is_visiting = comes;
        s.n_most = comes ? s.n_places : all->n_most;
        compute(g, l, x, middle, &s);
    }
}

const int32_t *gpu_share_routed(gpu_env *g, size_t l, const gpu_rows *x, const expert_share *share, size_t n_own)
{
    const layer_weights *const layer = &g->w->layers[l];
    const gpu_rows middle = gpu_rows_in(&g->rooms.middle, n_own, layer->gate_exps.n_rows, mat_form(&layer->down_exps));
    size_t n_pairs[LIMIT_MODEL_EXPERTS];
    const bool has_visitors =
        g->visitors != NULL && !share->choice->can_wait && count_pairs(g, l, x->n, share, n_pairs);
    const slots s = slots_of(g, l, x->n, share, n_own, has_visitors);
    if (has_visitors) {
        compute_some(g, l, x, &middle, &s, n_pairs, false);
        compute_some(g, l, x, &middle, &s, n_pairs, true);
    } else
        compute(g, l, x, &middle, &s);
    return s.slot;
}

void gpu_share_shared(gpu_env *g, size_t l, const gpu_rows *x)
{
    const layer_weights *const layer = &g->w->layers[l];
    const size_t n = x->n, width = layer->gate_shared.n_rows, ld = padded_length(width);
    const gpu_rows middle = gpu_rows_in(&g->rooms.middle_shared, n, width, mat_form(&layer->down_shared));
    gpu_product(g, &layer->gate_shared, x, NULL, n, g->rooms.gate_shared, ld);
    gpu_product(g, &layer->up_shared, x, NULL, n, g->rooms.up_shared, ld);
    if (mat_exists(&layer->shared_gate))
        gpu_product(g, &layer->shared_gate, x, NULL, n, g->rooms.shared_gates, GPU_GATE_APART);
    gpu_activate(g, g->rooms.gate_shared, g->rooms.up_shared, &middle);
    gpu_product(g, &layer->down_shared, &middle, NULL, n, g->rooms.shared, padded_length(g->h->n_embd));
}
