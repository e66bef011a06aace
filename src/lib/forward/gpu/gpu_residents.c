/* gpu_residents.c - a layer's addresses go up together: a few kilobytes. */
#include "forward/gpu/gpu_residents.h"

const mat *gpu_stack(const gpu_env *g, size_t l, size_t which)
{
    const layer_weights *const layer = &g->w->layers[l];
    const mat *const stacks[GPU_STACKS] = {&layer->gate_exps, &layer->up_exps, &layer->down_exps};
    return stacks[which];
}

bool gpu_stack_has_bias(const mat *m)
{
    return m->split != NULL ? m->split[0].bias != NULL : m->bias != NULL;
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

/* Kernels read no address of an expert that has no places, but it is to be one of the device. */
static uint64_t address_of(const gpu_env *g, const void *p)
{
    return (uint64_t)(uintptr_t)(p != NULL ? p : g->rooms.x);
}

static void put(gpu_env *g, size_t l, size_t expert, const gpu_expert_place *place, bool is_here)
{
    const gpu_staging *const st = &g->staging;
    const size_t n = g->h->n_expert;
    for (size_t i = 0; i < GPU_STACKS; i++) {
        st->tiles_of[(l * GPU_STACKS + i) * n + expert] = address_of(g, place->tiles[i]);
        st->bias_of[(l * GPU_STACKS + i) * n + expert] = address_of(g, place->bias[i]);
    }
    st->is_here[l * n + expert] = is_here;
    st->has_changed[l] = true;
}

void gpu_residents_set(gpu_env *g, size_t l, size_t expert, const gpu_expert_place *place)
{
    put(g, l, expert, place, true);
}

void gpu_residents_clear(gpu_env *g, size_t l, size_t expert)
{
    put(g, l, expert, &(gpu_expert_place){0}, false);
}

bool gpu_residents_has(const gpu_env *g, size_t l, size_t expert)
{
    return g->staging.is_here[l * g->h->n_expert + expert];
}

static gpu_expert_place placed(const gpu_env *g, size_t l, size_t expert)
{
    gpu_expert_place p;
    for (size_t i = 0; i < GPU_STACKS; i++) {
        p.tiles[i] = mat_tiles(gpu_stack(g, l, i), expert);
        p.bias[i] = mat_bias(gpu_stack(g, l, i), expert);
    }
    return p;
}

void gpu_residents_init(gpu_env *g)
{
    for (size_t l = g->h->n_layers_dense; l < g->h->n_layers; l++) {
        for (size_t e = 0; e < g->h->n_expert; e++) {
            const gpu_expert_place place = placed(g, l, e);
            if (placement_tier(g->w->placement, SW_CLASS_EXPERTS, l, e) == g->tier)
                gpu_residents_set(g, l, e, &place);
            else
                gpu_residents_clear(g, l, e);
        }
    }
}

/* ---- the mirror -------------------------------------------------------------------------------------------------- */

void gpu_residents_upload(gpu_env *g)
{
    const gpu_staging *const st = &g->staging;
    const size_t n = g->h->n_expert, n_stacked = GPU_STACKS * n;
    for (size_t l = 0; l < g->h->n_layers; l++) {
        if (!st->has_changed[l])
            continue;
        const size_t at = l * n_stacked;
        gpu_copy(g, g->rooms.tiles_of + at, st->tiles_of + at, n_stacked * sizeof *st->tiles_of, COPY_UP);
        gpu_copy(g, g->rooms.bias_of + at, st->bias_of + at, n_stacked * sizeof *st->bias_of, COPY_UP);
        gpu_copy(g, g->rooms.is_here + l * n, st->is_here + l * n, n, COPY_UP);
        st->has_changed[l] = g->code != SW_OK;
    }
}
