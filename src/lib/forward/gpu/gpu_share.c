/* gpu_share.c - an expert's weights are read once for all of its tokens: places are sorted by expert, where there are
 * more than a few. */
#include "forward/gpu/gpu_share.h"

#include <string.h>

#include "forward/gpu/gpu_residents.h"

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

/* What the products of a stack work on.  Slots are experts, whose places were sorted; or of few tokens pairs, a place
 * each. */
typedef struct slots {
    const int32_t *slot;   // (pairs): as gpu_join_args has them
    size_t n, n_most;      // slots, and places of the one that has most
    const int32_t *matrix; // NULL: the slot itself
    const int32_t *first;  // NULL: a place each
    const int32_t *token;  // of a place
    size_t n_places;
} slots;

/* Returns true if a stack's matrices are on the device one after another. */
static bool is_one_block(const gpu_env *g, size_t l, const mat *m)
{
    return m->split == NULL && placement_tier(g->w->placement, SW_CLASS_EXPERTS, l, 0) == g->tier;
}

/* index: of rows of x by place; NULL: the place itself. */
static void multiply(gpu_env *g, size_t l, size_t which, const gpu_rows *x, const int32_t *index, const slots *s,
                     float *y)
{
    const mat *const m = gpu_stack(g, l, which);
    const size_t at = (l * GPU_STACKS + which) * g->h->n_expert;
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
    if (is_one_block(g, l, m)) {
        args.tiles = m->tiles;
        args.bias = m->bias;
    } else {
        args.tiles_of = g->rooms.tiles_of + at;
        args.bias_of = gpu_stack_has_bias(m) ? g->rooms.bias_of + at : NULL;
    }
    gpu_format format;
    if (launch_format(m->type, &format))
        GPU_GIVE(g, launch_product(g->stream, &args, format, (int)s->n, (int)s->n_most, &g->err));
}

/* Pairs of few tokens are not sorted if all are own. */
static slots slots_of(gpu_env *g, size_t l, size_t n_tokens, const expert_share *share, size_t n_own)
{
    if (share->tiers == NULL && g->tables.pair != NULL) {
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

const int32_t *gpu_share_routed(gpu_env *g, size_t l, const gpu_rows *x, const expert_share *share, size_t n_own)
{
    const layer_weights *const layer = &g->w->layers[l];
    const gpu_rows middle = gpu_rows_in(&g->rooms.middle, n_own, layer->gate_exps.n_rows, mat_form(&layer->down_exps));
    const slots s = slots_of(g, l, x->n, share, n_own);
    multiply(g, l, 0, x, s.token, &s, g->rooms.gate);
    multiply(g, l, 1, x, s.token, &s, g->rooms.up);
    gpu_activate(g, g->rooms.gate, g->rooms.up, &middle);
    multiply(g, l, 2, &middle, NULL, &s, g->rooms.own);
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
