/* gpu_backend.c - ties the blocks to the backend's operations: what goes up when a step begins, what comes down when it
 * ends. */
#include "forward/gpu/gpu_backend.h"

#include <string.h>

#include "base/alloc.h"
#include "forward/gpu/gpu_experts.h"
#include "forward/gpu/gpu_residents.h"
#include "forward/gpu/gpu_visitors.h"
#include "gpu/segments.h"

enum {
    GRID_ROWS_MAX = 65535, // rows of a launch that a kernel has in the second dimension of its grid
    GRAPH_TOKENS = 32      // of a step whose launches take longer than what they start, at most
};

typedef struct gpu_backend {
    backend base; // first: the forward pass sees only this
    gpu_env g;
    segments *segments; // NULL: without graphs
    gpu_experts experts;
    gpu_visitors visitors;
    compute_env env; // for the angles, which the CPU makes
    scratch memory;
    token_angles angles;
    size_t n_together;
    void *room, *pinned; // that the rooms are cut from
    size_t n_room;
    float *logits; // (n_logit_rows, n_vocab), pinned; grows with the rows that a step wants
    size_t n_logit_rows;
    bool has_states; // of this step, in the staging
} gpu_backend;

/* ---- a step ------------------------------------------------------------------------------------------------------ */

static void begin(backend *be, const token_batch *b)
{
    gpu_backend *const c = (gpu_backend *)be;
    gpu_env *const g = &c->g;
    g->code = SW_OK;
    sw_err_clear(&g->err);
    g->has_pending = false;
    g->pending_layer = 0;
    c->has_states = false;
    gpu_residents_upload(g);
    gpu_visitors_begin(&c->visitors);
    gpu_experts_start(&c->experts);
    angles_make(&c->angles, b);
    const gpu_tables_source source = {
        .h = g->h, .b = b, .kv = g->kv, .tier = g->tier, .angles = &c->angles, .n_together = c->n_together};
    const size_t n_bytes = gpu_tables_fill(&g->tables, &source, g->staging.tables, g->rooms.tables);
    if (c->segments != NULL && b->n <= GRAPH_TOKENS)
        segments_begin(c->segments);
    gpu_copy(g, g->rooms.tables, g->staging.tables, n_bytes, COPY_UP);
    gpu_fill(g, g->rooms.bad, 0xff, b->n * sizeof *g->rooms.bad); // -1
}

/* The earlier of what was found here and elsewhere. */
static void merge_bad(const gpu_env *g, token_batch *b)
{
    for (size_t i = 0; i < b->n; i++) {
        const int32_t own = g->staging.bad[i], other = b->bad_layer[i];
        if (own >= 0 && (other < 0 || own < other))
            b->bad_layer[i] = own;
    }
}

static sw_code end(backend *be, token_batch *b, sw_err *err)
{
    gpu_backend *const c = (gpu_backend *)be;
    gpu_env *const g = &c->g;
    gpu_settle(g, b->n);
    gpu_copy(g, g->staging.bad, g->rooms.bad, b->n * sizeof *g->rooms.bad, COPY_DOWN);
    gpu_wait_always(g, g->stream);
    if (c->segments != NULL)
        segments_end(c->segments);
    const backend_streamed streamed = gpu_visitors_end(&c->visitors);
    backend_add_streamed(be, &streamed);
    if (g->code != SW_OK)
        return sw_fail(err, g->code, "%s", g->err.msg);
    merge_bad(g, b);
    gpu_experts_end(&c->experts);
    if (c->has_states)
        gpu_move(g, b->normed, g->staging.normed, b->n * g->h->n_embd * sizeof *b->normed);
    return SW_OK;
}

static size_t state_bytes(const gpu_env *g, const token_batch *b)
{
    return b->n * g->h->n_embd * sizeof(float);
}

static void take_state(backend *be, const token_batch *b)
{
    gpu_env *const g = &((gpu_backend *)be)->g;
    gpu_move(g, g->staging.x, b->x, state_bytes(g, b));
    gpu_copy(g, g->rooms.x, g->staging.x, state_bytes(g, b), COPY_UP);
}

static void give_state(backend *be, token_batch *b)
{
    gpu_env *const g = &((gpu_backend *)be)->g;
    gpu_settle(g, b->n);
    gpu_copy(g, g->staging.x, g->rooms.x, state_bytes(g, b), COPY_DOWN);
    gpu_wait(g);
    if (g->code == SW_OK)
        gpu_move(g, b->x, g->staging.x, state_bytes(g, b));
    else
        memset(b->x, 0, state_bytes(g, b));
}

/* ---- layers ------------------------------------------------------------------------------------------------------ */

static void embed(backend *be, token_batch *b)
{
    gpu_env *const g = &((gpu_backend *)be)->g;
    const mat *const m = &g->w->embd;
    gpu_embed_args args = {.tiles = m->tiles,
                           .id = g->tables.id,
                           .y = g->rooms.x,
                           .n = (int32_t)m->n_cols,
                           .tile_bytes = m->tile_bytes,
                           .scale = g->h->embd_scale};
    gpu_format format;
    if (launch_format(m->type, &format))
        args.format = (int32_t)format;
    GPU_GIVE(g, launch_embed(g->stream, &args, (int)b->n, &g->err));
}

static void attention(backend *be, token_batch *b, size_t layer)
{
    gpu_env *const g = &((gpu_backend *)be)->g;
    if (g->h->n_latent > 0)
        gpu_latent(g, layer, b->n);
    else
        gpu_attention(g, layer, b->n);
    gpu_leave(g, layer, g->w->layers[layer].attn_norm.weight);
}

static void dense(backend *be, token_batch *b, size_t layer)
{
    gpu_env *const g = &((gpu_backend *)be)->g;
    gpu_dense(g, layer, b->n);
    gpu_leave(g, layer, g->w->layers[layer].ffn_norm.weight);
}

static void route(backend *be, token_batch *b, size_t layer, const expert_choice *choice)
{
    gpu_experts_route(&((gpu_backend *)be)->experts, b, layer, choice);
}

static size_t experts_begin(backend *be, const token_batch *b, size_t layer, const expert_share *share)
{
    return gpu_experts_begin(&((gpu_backend *)be)->experts, b, layer, share);
}

static void experts_finish(backend *be, const token_batch *b, size_t layer, const expert_share *share,
                           expert_answers *out)
{
    gpu_experts_finish(&((gpu_backend *)be)->experts, b, layer, share, out);
}

static void join(backend *be, token_batch *b, size_t layer, const expert_choice *choice, const expert_answers *answers)
{
    gpu_experts_join(&((gpu_backend *)be)->experts, b, layer, choice, answers);
}

/* ---- the end of the pass ----------------------------------------------------------------------------------------- */

/* Nothing that was given before reads or writes the room: the last step has ended. */
static void grow_logits(gpu_backend *c, size_t n_rows)
{
    gpu_env *const g = &c->g;
    void *p;
    if (n_rows <= c->n_logit_rows)
        return;
    device_pinned_free(g->device, c->logits);
    c->logits = NULL;
    c->n_logit_rows = 0;
    GPU_GIVE(g, device_pinned_alloc(g->device, n_rows * g->h->n_vocab * sizeof(float), &p, &g->err));
    if (g->code == SW_OK) {
        c->logits = p;
        c->n_logit_rows = n_rows;
    }
}

/* Some rows of logits; on the device they are padded. */
static void some_logits(gpu_env *g, const gpu_rows *x, size_t first, size_t n, float *out)
{
    const size_t n_vocab = g->h->n_vocab, ld = padded_length(n_vocab);
    gpu_product(g, &g->w->output, x, g->tables.wanted + first, n, g->rooms.logits, ld);
    if (g->h->logit_divisor != 1)
        GPU_GIVE(g, launch_divide(
                        g->stream,
                        &(gpu_divide_args){.y = g->rooms.logits, .n = (int32_t)(n * ld), .by = g->h->logit_divisor},
                        &g->err));
    for (size_t i = 0; i < n; i++)
        gpu_copy(g, out + i * n_vocab, g->rooms.logits + i * ld, n_vocab * sizeof *out, COPY_DOWN);
}

static const float *head(backend *be, token_batch *b)
{
    gpu_backend *const c = (gpu_backend *)be;
    gpu_env *const g = &c->g;
    const size_t n = g->tables.n_wanted;
    const gpu_rows x = gpu_rows_in(&g->rooms.input, b->n, g->h->n_embd, mat_form(&g->w->output));
    gpu_norm_state(g, &g->w->output_norm, &x);
    if (n == 0)
        return NULL;
    grow_logits(c, n);
    for (size_t first = 0; first < n && g->code == SW_OK; first += GPU_HEAD_ROWS) {
        const size_t left = n - first;
        some_logits(g, &x, first, left < GPU_HEAD_ROWS ? left : GPU_HEAD_ROWS, c->logits + first * g->h->n_vocab);
    }
    return g->code == SW_OK ? c->logits : NULL;
}

/* The head has normed all of them. */
static void states(backend *be, token_batch *b)
{
    gpu_backend *const c = (gpu_backend *)be;
    gpu_copy(&c->g, c->g.staging.normed, c->g.rooms.input.f32, state_bytes(&c->g, b), COPY_DOWN);
    c->has_states = true;
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static void close_backend(backend *be)
{
    gpu_backend *const c = (gpu_backend *)be;
    device *const d = c->g.device;
    gpu_visitors_close(&c->visitors);
    segments_close(c->segments);
    device_stream_close(c->g.stream);
    device_pinned_free(d, c->logits);
    device_pinned_free(d, c->pinned);
    device_free(d, c->room, c->n_room);
    gpu_experts_free(&c->experts);
    angles_free(&c->angles);
    scratch_free(&c->memory);
    mem_free(c);
}

static const backend_ops OPS = {
    .close = close_backend,
    .begin = begin,
    .end = end,
    .take_state = take_state,
    .give_state = give_state,
    .embed = embed,
    .attention = attention,
    .dense = dense,
    .route = route,
    .experts_begin = experts_begin,
    .experts_finish = experts_finish,
    .join = join,
    .head = head,
    .states = states,
};

static gpu_room_sizes sizes_of(const hparams *h, size_t n_batch, size_t n_seqs, size_t n_ctx)
{
    gpu_room_sizes s = {.h = h, .n_batch = n_batch, .n_seqs = n_seqs, .n_ctx = n_ctx};
    s.n_tables = gpu_tables_bytes(&s);
    return s;
}

uint64_t gpu_backend_bytes(const hparams *h, size_t n_batch, size_t n_seqs, size_t n_ctx)
{
    gpu_rooms unused;
    const gpu_room_sizes sizes = sizes_of(h, n_batch, n_seqs, n_ctx);
    return gpu_rooms_cut(&unused, &sizes, NULL);
}

/* Shapes that launches can have. */
static sw_code check_shapes(const gpu_backend *c, sw_err *err)
{
    const hparams *const h = c->g.h;
    const size_t rows = c->g.n_batch * (h->n_latent > 0 && h->n_head > h->n_expert_used ? h->n_head : h->n_expert_used);
    if (c->n_together == 0)
        return sw_fail(err, SW_EUNSUPPORTED, "%s: heads of %zu and %zu elements are too large for its kernels",
                       c->g.device->name, hparams_cache_key(h), hparams_cache_value(h));
    if (rows > GRID_ROWS_MAX)
        return sw_fail(err, SW_EUNSUPPORTED,
                       "%s: a batch of %zu tokens is too large for its kernels; a smaller --batch "
                       "(%zu) fits",
                       c->g.device->name, c->g.n_batch, c->g.n_batch * GRID_ROWS_MAX / rows);
    return SW_OK;
}

static sw_code take_memory(gpu_backend *c, const gpu_backend_options *o, sw_err *err)
{
    const gpu_room_sizes sizes = sizes_of(o->h, o->n_batch, o->n_seqs, o->n_ctx);
    gpu_env *const g = &c->g;
    const size_t n_pinned = gpu_staging_cut(&g->staging, &sizes, NULL);
    c->n_room = gpu_rooms_cut(&g->rooms, &sizes, NULL);
    sw_code code = device_alloc(o->device, "working memory", c->n_room, &c->room, err);
    if (code == SW_OK)
        code = device_pinned_alloc(o->device, n_pinned, &c->pinned, err);
    if (code == SW_OK)
        code = device_stream_open(o->device, &g->stream, err);
    if (code == SW_OK && !o->without_graphs)
        code = segments_open(g->stream, &c->segments, err);
    if (code != SW_OK)
        return code;
    memset(c->pinned, 0, n_pinned);
    gpu_staging_cut(&g->staging, &sizes, c->pinned);
    gpu_rooms_cut(&g->rooms, &sizes, c->room);
    if (!angles_init(&c->angles, &c->env) || c->memory.has_failed || !gpu_experts_init(&c->experts, g))
        return sw_fail(err, SW_ENOMEM, "no memory for the tables of %s", o->device->name);
    c->base.segments = c->segments;
    c->base.n_bytes = c->n_room;
    c->base.n_staging_bytes = n_pinned + c->memory.n_bytes + o->h->n_vocab * sizeof(float);
    return SW_OK;
}

sw_code gpu_backend_open(backend **out, const gpu_backend_options *o, sw_err *err)
{
    *out = NULL;
    gpu_backend *const c = mem_calloc(1, sizeof *c);
    if (c == NULL)
        return sw_fail(err, SW_ENOMEM, "no memory for the backend of %s", o->device->name);
    c->base = (backend){.ops = &OPS, .name = o->device->name};
    c->n_together = gpu_tokens_together(o->h);
    c->env =
        (compute_env){.h = o->h, .w = o->w, .pool = o->pool, .kv = o->kv, .n_batch = o->n_batch, .memory = &c->memory};
    c->g = (gpu_env){.h = o->h,
                     .w = o->w,
                     .kv = o->kv,
                     .n_batch = o->n_batch,
                     .pool = o->pool,
                     .device = o->device,
                     .tier = o->tier};
    sw_code code = check_shapes(c, err);
    if (code == SW_OK)
        code = take_memory(c, o, err);
    if (code == SW_OK && o->has_visitors) {
        c->g.visitors = &c->visitors;
        code = gpu_visitors_open(&c->visitors, &c->g, o->is_pinned, err);
    }
    if (code != SW_OK) {
        close_backend(&c->base);
        return code;
    }
    gpu_residents_init(&c->g);
    if (c->g.visitors != NULL) {
        c->base.can_stream = true;
        c->base.n_bytes += gpu_visitors_bytes(o->h, o->w);
        c->base.n_staging_bytes += c->visitors.n_pinned;
    }
    *out = &c->base;
    return SW_OK;
}

void gpu_backend_set_expert(backend *be, size_t layer, size_t expert, const gpu_expert_place *place)
{
    gpu_env *const g = &((gpu_backend *)be)->g;
    if (place != NULL)
        gpu_residents_set(g, layer, expert, place);
    else
        gpu_residents_clear(g, layer, expert);
}
