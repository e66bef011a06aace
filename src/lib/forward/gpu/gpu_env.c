/* gpu_env.c - operations on rows, as the kernels' structs want them. */
#include "forward/gpu/gpu_env.h"

#include <string.h>

static int32_t to_int(size_t n)
{
    return (int32_t)n;
}

void gpu_copy(gpu_env *g, void *to, const void *from, size_t n_bytes, device_way way)
{
    GPU_GIVE(g, device_copy(g->stream, to, from, n_bytes, way, &g->err));
}

void gpu_fill(gpu_env *g, void *to, int byte, size_t n_bytes)
{
    GPU_GIVE(g, device_fill(g->stream, to, byte, n_bytes, &g->err));
}

/* ---- this machine's memory --------------------------------------------------------------------------------------- */

enum { PART_BYTES = 256 << 10 }; // that one thread copies

typedef struct move_job {
    uint8_t *to;
    const uint8_t *from;
    size_t n_bytes;
} move_job;

static void move_part(void *ud, size_t i, int worker)
{
    (void)worker;
    const move_job *const j = ud;
    const size_t at = i * PART_BYTES, left = j->n_bytes - at;
    memcpy(j->to + at, j->from + at, left < PART_BYTES ? left : PART_BYTES);
}

void gpu_move(const gpu_env *g, void *to, const void *from, size_t n_bytes)
{
    move_job j = {to, from, n_bytes};
    pool_run(g->pool, (n_bytes + PART_BYTES - 1) / PART_BYTES, move_part, &j);
}

/* ---- waiting ----------------------------------------------------------------------------------------------------- */

void gpu_wait(gpu_env *g)
{
    GPU_GIVE(g, device_stream_wait(g->stream, &g->err));
}

void gpu_wait_always(gpu_env *g, device_stream *s)
{
    sw_err late;
    sw_err_clear(&late);
    const sw_code code = device_stream_wait(s, &late);
    if (g->code == SW_OK && code != SW_OK)
        g->code = sw_fail(&g->err, code, "%s", late.msg);
}

void gpu_flush(gpu_env *g)
{
    GPU_GIVE(g, device_stream_flush(g->stream, &g->err));
}

gpu_rows gpu_rows_in(const gpu_acts *room, size_t n, size_t n_cols, act_form form)
{
    gpu_rows r = {.acts = *room, .n = n, .n_cols = n_cols, .ld = to_int(padded_length(n))};
    if (form == ACTS_F32)
        r.acts = (gpu_acts){.f32 = room->f32};
    if (form != ACTS_FINE)
        r.acts.fine = NULL;
    return r;
}

static float *floats_at(float *p, size_t at)
{
    return p != NULL ? p + at : NULL;
}

gpu_rows gpu_rows_from(const gpu_rows *r, size_t first, size_t n)
{
    const gpu_acts *const a = &r->acts;
    gpu_rows part = *r;
    part.n = n;
    part.acts = (gpu_acts){.f32 = a->f32 + first * r->n_cols,
                           .code = a->code != NULL ? a->code + first * r->n_cols : NULL,
                           .fine = a->fine != NULL ? a->fine + first * r->n_cols : NULL,
                           .scale = floats_at(a->scale, first),
                           .sum = floats_at(a->sum, first),
                           .half_sum = floats_at(a->half_sum, first)};
    return part;
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

void gpu_norm_state(gpu_env *g, const norm_weights *norm, const gpu_rows *y)
{
    const hparams *const h = g->h;
    const gpu_norm_args args = {.x = g->rooms.x,
                                .add = g->has_pending ? g->rooms.out : NULL,
                                .weight = norm->weight,
                                .bias = norm->bias,
                                .bad = g->rooms.bad,
                                .y = y->acts,
                                .n = to_int(h->n_embd),
                                .x_outer = to_int(h->n_embd),
                                .add_outer = to_int(padded_length(h->n_embd)),
                                .y_outer = to_int(h->n_embd),
                                .ld = y->ld,
                                .layer = to_int(g->pending_layer),
                                .is_layernorm = h->arch.norm == NORM_LAYER,
                                .add_scale = h->residual_scale,
                                .eps = h->norm_eps};
    GPU_GIVE(g, launch_norm(g->stream, &args, 1, to_int(y->n), &g->err));
    g->has_pending = false;
}

void gpu_leave(gpu_env *g, size_t layer, const float *any_norm_weight)
{
    g->has_pending = true;
    g->pending_layer = layer;
    g->pending_weight = any_norm_weight;
}

void gpu_settle(gpu_env *g, size_t n)
{
    const gpu_rows unused = gpu_rows_in(&g->rooms.input, n, g->h->n_embd, ACTS_F32);
    if (g->has_pending)
        gpu_norm_state(g, &(norm_weights){.weight = (float *)(uintptr_t)g->pending_weight}, &unused);
}

void gpu_norm_heads(gpu_env *g, const float *weight, size_t n, float *x, size_t rows, size_t n_outer, size_t apart)
{
    const gpu_norm_args args = {.x = x,
                                .weight = weight,
                                .y = {.f32 = x},
                                .n = to_int(n),
                                .x_row = to_int(n),
                                .x_outer = to_int(apart),
                                .y_row = to_int(n),
                                .y_outer = to_int(apart),
                                .eps = g->h->norm_eps};
    if (weight != NULL)
        GPU_GIVE(g, launch_norm(g->stream, &args, to_int(rows), to_int(n_outer), &g->err));
}

void gpu_quantize(gpu_env *g, const gpu_rows *y)
{
    const gpu_quantize_args args = {.y = y->acts, .n = to_int(y->n_cols), .ld = y->ld};
    if (y->acts.code != NULL)
        GPU_GIVE(g, launch_quantize(g->stream, &args, to_int(y->n), &g->err));
}

void gpu_activate(gpu_env *g, const float *gate, const float *up, const gpu_rows *y)
{
    const gpu_gate_args args = {.gate = gate,
                                .up = up,
                                .y = y->acts,
                                .n = to_int(y->n_cols),
                                .row = to_int(padded_length(y->n_cols)),
                                .ld = y->ld,
                                .is_oai = g->h->arch.activation == ACT_SWIGLU_OAI};
    GPU_GIVE(g, launch_gate(g->stream, &args, to_int(y->n), &g->err));
}

void gpu_reorder(gpu_env *g, float *to, const float *from, const gpu_order *o)
{
    const gpu_copy_args args = {.to = to,
                                .from = from,
                                .n = to_int(o->n),
                                .to_a = to_int(o->to_a),
                                .to_b = to_int(o->to_b),
                                .from_a = to_int(o->from_a),
                                .from_b = to_int(o->from_b)};
    GPU_GIVE(g, launch_copy(g->stream, &args, to_int(o->n_a), to_int(o->n_b), &g->err));
}

/* ---- products ---------------------------------------------------------------------------------------------------- */

static void run_product(gpu_env *g, const mat *m, gpu_product_args *args, size_t n_slots, size_t n)
{
    gpu_format format;
    if (g->code == SW_OK && !launch_format(m->type, &format))
        g->code = sw_fail(&g->err, SW_EUNSUPPORTED, "%s: no kernel computes with %s", g->device->name,
                          type_get((uint32_t)m->type)->name);
    args->tiles = m->tiles;
    args->bias = m->bias;
    args->n = to_int(m->n_cols);
    args->n_places = to_int(n);
    args->n_tiles = to_int(m->n_tiles);
    args->tile_bytes = m->tile_bytes;
    args->matrix_bytes = m->n_tiles * m->tile_bytes;
    GPU_GIVE(g, launch_product(g->stream, args, format, to_int(n_slots), to_int(n), &g->err));
}

void gpu_product(gpu_env *g, const mat *m, const gpu_rows *x, const int32_t *index, size_t n, float *y, size_t apart)
{
    gpu_product_args args = {.index = index, .x = x->acts, .y = y, .y_row = to_int(apart), .ld = x->ld};
    run_product(g, m, &args, 1, n);
}

void gpu_product_each(gpu_env *g, const mat *m, size_t n_stacked, const gpu_rows *x, size_t n, float *y, size_t apart)
{
    gpu_product_args args = {.x = x->acts, .y = y, .y_row = to_int(apart), .ld = x->ld};
    run_product(g, m, &args, n_stacked, n);
}
