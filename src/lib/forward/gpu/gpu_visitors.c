/* gpu_visitors.c - two events per slot keep the streams apart: copies wait until a slot is freed, products until it is
 * filled. */
#include "forward/gpu/gpu_visitors.h"

#include "forward/gpu/gpu_residents.h"

/* ---- sizes ------------------------------------------------------------------------------------------------------- */

static size_t aligned(size_t n_bytes)
{
    return (n_bytes + DEVICE_ALIGNMENT - 1) / DEVICE_ALIGNMENT * DEVICE_ALIGNMENT;
}

static size_t tile_bytes_of(const mat *m)
{
    return m->n_tiles * m->tile_bytes;
}

static size_t bias_bytes_of(const mat *m)
{
    return mat_padded_rows(m) * sizeof(float);
}

/* Of the largest matrix with a bias: whether it has one is not in a plan. */
static size_t slot_bytes_of(const hparams *h, const model_weights *w)
{
    size_t most = 0;
    for (size_t l = h->n_layers_dense; l < h->n_layers && h->n_expert > 0; l++) {
        const layer_weights *const layer = &w->layers[l];
        const mat *const stacks[GPU_STACKS] = {&layer->gate_exps, &layer->up_exps, &layer->down_exps};
        for (size_t i = 0; i < GPU_STACKS; i++) {
            const size_t n = aligned(tile_bytes_of(stacks[i])) + aligned(bias_bytes_of(stacks[i]));
            most = n > most ? n : most;
        }
    }
    return most <= GPU_SLOT_BYTES_MAX ? most : 0;
}

static size_t n_slots_of(size_t slot_bytes)
{
    const size_t n = slot_bytes > 0 ? GPU_VISITOR_BYTES_MAX / slot_bytes : 0;
    return n < GPU_SLOTS ? n : GPU_SLOTS;
}

uint64_t gpu_visitors_bytes(const hparams *h, const model_weights *w)
{
    const size_t slot_bytes = slot_bytes_of(h, w);
    return n_slots_of(slot_bytes) * slot_bytes;
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static sw_code open_slot(gpu_visitors *v, size_t i, sw_err *err)
{
    gpu_slot *const s = &v->slots[i];
    s->at = (uint8_t *)v->room + i * v->slot_bytes;
    s->buffer = v->pinned != NULL ? (uint8_t *)v->pinned + i * v->slot_bytes : NULL;
    const sw_code code = device_event_open(v->g->device, &s->filled, err);
    return code == SW_OK ? device_event_open(v->g->device, &s->freed, err) : code;
}

sw_code gpu_visitors_open(gpu_visitors *v, gpu_env *g, bool is_pinned, sw_err *err)
{
    const size_t slot_bytes = slot_bytes_of(g->h, g->w);
    *v = (gpu_visitors){.g = g, .slot_bytes = slot_bytes, .n_slots = n_slots_of(slot_bytes)};
    const size_t n_bytes = v->n_slots * slot_bytes;
    sw_code code = device_alloc(g->device, "experts that are streamed", n_bytes, &v->room, err);
    if (code == SW_OK)
        code = device_stream_open(g->device, &v->copies, err);
    if (!is_pinned && device_pinned_alloc(g->device, n_bytes, &v->pinned, NULL) == SW_OK)
        v->n_pinned = n_bytes;
    for (size_t i = 0; i < v->n_slots && code == SW_OK; i++)
        code = open_slot(v, i, err);
    return code;
}

void gpu_visitors_close(gpu_visitors *v)
{
    if (v->g == NULL)
        return;
    for (size_t i = 0; i < v->n_slots; i++) {
        device_event_close(v->slots[i].filled);
        device_event_close(v->slots[i].freed);
    }
    device_stream_close(v->copies);
    device_pinned_free(v->g->device, v->pinned);
    device_free(v->g->device, v->room, v->n_slots * v->slot_bytes);
    *v = (gpu_visitors){0};
}

/* ---- copies ------------------------------------------------------------------------------------------------------ */

/* Copies to a place in a slot. */
static void copy_up(gpu_visitors *v, const gpu_slot *s, size_t at, const void *from, size_t n_bytes)
{
    if (s->buffer != NULL && v->g->code == SW_OK) {
        gpu_move(v->g, s->buffer + at, from, n_bytes);
        from = s->buffer + at;
    }
    GPU_GIVE(v->g, device_copy(v->copies, s->at + at, from, n_bytes, COPY_UP, &v->g->err));
    v->now.n_bytes += n_bytes;
}

mat_place gpu_visitors_bring(gpu_visitors *v, size_t l, size_t which, size_t expert)
{
    gpu_env *const g = v->g;
    const gpu_slot *const s = &v->slots[v->next];
    const mat *const m = gpu_stack(g, l, which);
    const size_t n_bytes = tile_bytes_of(m);
    if (s->buffer != NULL)
        GPU_GIVE(g, device_event_wait(s->filled, &g->err)); // before, the buffer is being read
    GPU_GIVE(g, device_event_join(s->freed, v->copies, &g->err));
    copy_up(v, s, 0, mat_tiles(m, expert), n_bytes);
    if (gpu_stack_has_bias(m))
        copy_up(v, s, aligned(n_bytes), mat_bias(m, expert), bias_bytes_of(m));
    GPU_GIVE(g, device_event_record(s->filled, v->copies, &g->err));
    GPU_GIVE(g, device_event_join(s->filled, g->stream, &g->err));
    v->now.n_experts += which == 0;
    return (mat_place){.tiles = s->at,
                       .bias = gpu_stack_has_bias(m) ? (float *)(void *)(s->at + aligned(n_bytes)) : NULL};
}

void gpu_visitors_leave(gpu_visitors *v)
{
    GPU_GIVE(v->g, device_event_record(v->slots[v->next].freed, v->g->stream, &v->g->err));
    v->next = (v->next + 1) % v->n_slots;
}

/* ---- steps ------------------------------------------------------------------------------------------------------- */

void gpu_visitors_begin(gpu_visitors *v)
{
    v->now = (backend_streamed){0};
}

backend_streamed gpu_visitors_end(gpu_visitors *v)
{
    gpu_env *const g = v->g;
    v->now.n_steps = v->now.n_experts > 0;
    if (v->now.n_steps > 0)
        gpu_wait_always(g, v->copies);
    return v->now;
}
