#include "model/weights.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "quant/decode.h"
#include "quant/tile.h"

enum { ALIGN = 64, STAGING_BYTES = 512 << 10 /* what a second-level cache holds */ };

/* A tensor, or some rows of each of its matrices, on its way to its place in the block. */
struct sw_weights_item {
    const sw_gguf_tensor *tensor;
    void **target;  // receives the address: a matrix's tiles or a vector's floats
    size_t offset;  // in the block
    bool is_matrix; // else rows of float32, padded to whole tiles
    size_t row;     // first row in the tensor's matrices
    size_t n_rows, n_cols, n_stacked;
};

/* ---- planning: the first error sticks ---------------------------------------------------------------------------- */

typedef struct planner {
    const sw_gguf *g;
    const sw_hparams *h;
    sw_weights *w;
    int layer; // -1: global tensors
    char name[64];
    sw_code code;
    sw_err *err;
} planner;

static const sw_gguf_tensor *find(planner *p, const char *base, const char *suffix)
{
    if (p->layer >= 0)
        snprintf(p->name, sizeof p->name, "blk.%d.%s.%s", p->layer, base, suffix);
    else
        snprintf(p->name, sizeof p->name, "%s.%s", base, suffix);
    return sw_gguf_find_tensor(p->g, p->name);
}

static void fail(planner *p, sw_code code, const char *fmt, ...) SW_PRINTF(3, 4);
static void fail(planner *p, sw_code code, const char *fmt, ...)
{
    if (p->code != SW_OK)
        return;
    char what[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    p->code = sw_fail(p->err, code, "%s: tensor '%s' %s", sw_gguf_path(p->g), p->name, what);
}

static void expect_shape(planner *p, const sw_gguf_tensor *t, size_t ne0, size_t ne1, size_t ne2)
{
    if (t->ne[0] != ne0 || t->ne[1] != ne1 || t->ne[2] != ne2 || t->ne[3] != 1)
        fail(p, SW_EFORMAT, "has shape %llu x %llu x %llu; %zu x %zu x %zu fits this model",
             (unsigned long long)t->ne[0], (unsigned long long)t->ne[1], (unsigned long long)t->ne[2], ne0, ne1, ne2);
    if (!sw_type_is_supported(t->type))
        fail(p, SW_EUNSUPPORTED, "has type %s; supported are %s", sw_type_name(t->type), sw_supported_types());
}

/* Reserves `bytes` of the block for an item. */
static void add_item(planner *p, sw_weights_item item, size_t bytes)
{
    sw_weights *const w = p->w;
    if (p->code != SW_OK)
        return;
    if (!sw_grow(&w->items, &w->cap_items, w->n_items + 1, sizeof *w->items)) {
        p->code = sw_fail(p->err, SW_ENOMEM, "out of memory reading %s", sw_gguf_path(p->g));
        return;
    }
    item.offset = w->block_bytes;
    w->items[w->n_items++] = item;
    w->block_bytes += (bytes + ALIGN - 1) / ALIGN * ALIGN;
}

/* n_stacked rows of float32, each padded to whole tiles; absent tensors leave *target NULL. */
static void plan_floats(planner *p, float **target, const sw_gguf_tensor *t, size_t row_elems, size_t offset_elems,
                        size_t n_stacked)
{
    if (t == NULL || p->code != SW_OK)
        return;
    if (sw_type_get((uint32_t)t->type)->block_elems != 1)
        fail(p, SW_EUNSUPPORTED, "has type %s; norms and biases must be F32, F16 or BF16", sw_type_name(t->type));
    const size_t padded = sw_n_tiles(row_elems) * SW_TILE_ROWS;
    add_item(p,
             (sw_weights_item){.tensor = t,
                               .target = (void **)target,
                               .row = offset_elems,
                               .n_rows = 1,
                               .n_cols = row_elems,
                               .n_stacked = n_stacked},
             padded * n_stacked * sizeof(float));
}

static void plan_vector(planner *p, float **target, const char *base, const char *suffix, size_t n, bool is_required)
{
    const sw_gguf_tensor *const t = find(p, base, suffix);
    if (t == NULL && is_required)
        fail(p, SW_EFORMAT, "is missing");
    if (t != NULL)
        expect_shape(p, t, n, 1, 1);
    plan_floats(p, target, t, n, 0, 1);
}

static void plan_norm(planner *p, sw_norm *norm, const char *base)
{
    const size_t n = (size_t)p->h->n_embd;
    plan_vector(p, &norm->weight, base, "weight", n, true);
    plan_vector(p, &norm->bias, base, "bias", n, false);
}

/* Rows [row, row + n_rows) of each of the n_stacked matrices of tensor t. */
static void plan_rows(planner *p, sw_mat *m, const sw_gguf_tensor *t, size_t row, size_t n_rows, size_t n_cols,
                      size_t n_stacked)
{
    if (p->code != SW_OK)
        return;
    m->type = t->type;
    m->n_rows = (int)n_rows;
    m->n_cols = (int)n_cols;
    m->n_tiles = sw_n_tiles(n_rows);
    m->tile_bytes = sw_tile_bytes(t->type, n_cols);
    add_item(p,
             (sw_weights_item){.tensor = t,
                               .target = (void **)&m->tiles,
                               .is_matrix = true,
                               .row = row,
                               .n_rows = n_rows,
                               .n_cols = n_cols,
                               .n_stacked = n_stacked},
             m->n_tiles * m->tile_bytes * n_stacked);
}

typedef enum presence { REQUIRED, OPTIONAL } presence;

/* A matrix (n_rows, n_cols) or a stack of them under its usual name, with its bias if there is one. */
static void plan_mat(planner *p, sw_mat *m, const char *base, int n_rows, int n_cols, int n_stacked, presence presence_)
{
    const sw_gguf_tensor *const t = find(p, base, "weight");
    if (t == NULL) {
        if (presence_ == REQUIRED)
            fail(p, SW_EFORMAT, "is missing");
        return;
    }
    expect_shape(p, t, (size_t)n_cols, (size_t)n_rows, (size_t)n_stacked);
    plan_rows(p, m, t, 0, (size_t)n_rows, (size_t)n_cols, (size_t)n_stacked);
    const sw_gguf_tensor *const bias = find(p, base, "bias");
    if (bias != NULL)
        expect_shape(p, bias, (size_t)n_rows, (size_t)n_stacked, 1);
    plan_floats(p, &m->bias, bias, (size_t)n_rows, 0, (size_t)n_stacked);
}

/* Query, key and value: three tensors, or one that holds the rows of all. */
static void plan_qkv(planner *p, sw_layer *layer)
{
    const sw_hparams *const h = p->h;
    const int rows[3] = {h->n_head * h->head_k, h->n_head_kv * h->head_k, h->n_head_kv * h->head_v};
    sw_mat *const mats[3] = {&layer->q, &layer->k, &layer->v};
    const sw_gguf_tensor *const fused = find(p, "attn_qkv", "weight");
    if (fused == NULL) {
        static const char *const NAMES[3] = {"attn_q", "attn_k", "attn_v"};
        for (int i = 0; i < 3; i++)
            plan_mat(p, mats[i], NAMES[i], rows[i], h->n_embd, 1, REQUIRED);
        return;
    }
    const size_t all = (size_t)(rows[0] + rows[1] + rows[2]);
    expect_shape(p, fused, (size_t)h->n_embd, all, 1);
    const sw_gguf_tensor *const bias = find(p, "attn_qkv", "bias");
    if (bias != NULL)
        expect_shape(p, bias, all, 1, 1);
    for (size_t i = 0, row = 0; i < 3; row += (size_t)rows[i++]) {
        plan_rows(p, mats[i], fused, row, (size_t)rows[i], (size_t)h->n_embd, 1);
        plan_floats(p, &mats[i]->bias, bias, (size_t)rows[i], row, 1);
    }
}

/* A norm of queries or keys: as wide as one head, or as all of them. */
static void plan_head_norm(planner *p, float **target, int *width, const char *base, int n_heads)
{
    const sw_gguf_tensor *const t = find(p, base, "weight");
    if (t == NULL)
        return;
    const size_t head = (size_t)p->h->head_k, all = head * (size_t)n_heads;
    *width = (int)(t->ne[0] == all ? all : head);
    plan_vector(p, target, base, "weight", (size_t)*width, true);
}

/* The absorbed form of MLA: per head, k_b turns a query into the latent space and v_b an answer out of it. */
static void plan_latent(planner *p, sw_layer *layer)
{
    const sw_hparams *const h = p->h;
    const int q_rows = h->n_head * h->head_k, nope = h->head_k - h->n_rot;
    if (find(p, "attn_kv_b", "weight") != NULL && find(p, "attn_k_b", "weight") == NULL)
        fail(p, SW_EUNSUPPORTED,
             "is missing: the file has the older layout of latent attention; convert the model again");
    if (h->n_latent_q > 0 && find(p, "attn_q", "weight") == NULL) {
        plan_mat(p, &layer->q_a, "attn_q_a", h->n_latent_q, h->n_embd, 1, REQUIRED);
        plan_vector(p, &layer->q_a_norm, "attn_q_a_norm", "weight", (size_t)h->n_latent_q, true);
        plan_mat(p, &layer->q, "attn_q_b", q_rows, h->n_latent_q, 1, REQUIRED);
    } else {
        plan_mat(p, &layer->q, "attn_q", q_rows, h->n_embd, 1, REQUIRED);
    }
    plan_mat(p, &layer->kv_a, "attn_kv_a_mqa", h->n_latent + h->n_rot, h->n_embd, 1, REQUIRED);
    plan_vector(p, &layer->kv_a_norm, "attn_kv_a_norm", "weight", (size_t)h->n_latent, true);
    plan_mat(p, &layer->k_b, "attn_k_b", h->n_latent, nope, h->n_head, REQUIRED);
    plan_mat(p, &layer->v_b, "attn_v_b", h->head_v, h->n_latent, h->n_head, REQUIRED);
}

static void plan_attention(planner *p, sw_layer *layer)
{
    const sw_hparams *const h = p->h;
    plan_norm(p, &layer->attn_norm, "attn_norm");
    if (h->n_latent > 0)
        plan_latent(p, layer);
    else
        plan_qkv(p, layer);
    plan_mat(p, &layer->o, "attn_output", h->n_embd, h->n_head * h->head_v, 1, REQUIRED);
    plan_vector(p, &layer->sinks, "attn_sinks", "weight", (size_t)h->n_head, false);
    plan_head_norm(p, &layer->q_norm, &layer->q_norm_width, "attn_q_norm", h->n_head);
    plan_head_norm(p, &layer->k_norm, &layer->k_norm_width, "attn_k_norm", h->n_head_kv);
}

static void plan_experts(planner *p, sw_layer *layer)
{
    const sw_hparams *const h = p->h;
    const int d = h->n_embd, width = h->n_ff_expert, n = h->n_expert;
    plan_mat(p, &layer->router, "ffn_gate_inp", n, d, 1, REQUIRED);
    const size_t before = p->w->block_bytes;
    const sw_gguf_tensor *const fused = find(p, "ffn_gate_up_exps", "weight");
    if (fused != NULL) {
        expect_shape(p, fused, (size_t)d, 2 * (size_t)width, (size_t)n);
        plan_rows(p, &layer->gate_exps, fused, 0, (size_t)width, (size_t)d, (size_t)n);
        plan_rows(p, &layer->up_exps, fused, (size_t)width, (size_t)width, (size_t)d, (size_t)n);
    } else {
        plan_mat(p, &layer->gate_exps, "ffn_gate_exps", width, d, n, REQUIRED);
        plan_mat(p, &layer->up_exps, "ffn_up_exps", width, d, n, REQUIRED);
    }
    plan_mat(p, &layer->down_exps, "ffn_down_exps", d, width, n, REQUIRED);
    p->w->expert_bytes += p->w->block_bytes - before;
    plan_vector(p, &layer->selection_bias, "exp_probs_b", "bias", (size_t)n, false);
    const int shared = h->n_ff_shared;
    if (shared > 0) {
        plan_mat(p, &layer->gate_shared, "ffn_gate_shexp", shared, d, 1, REQUIRED);
        plan_mat(p, &layer->up_shared, "ffn_up_shexp", shared, d, 1, REQUIRED);
        plan_mat(p, &layer->down_shared, "ffn_down_shexp", d, shared, 1, REQUIRED);
        plan_mat(p, &layer->shared_gate, "ffn_gate_inp_shexp", 1, d, 1, OPTIONAL);
    }
}

static void plan_dense(planner *p, sw_layer *layer)
{
    const sw_hparams *const h = p->h;
    const sw_gguf_tensor *const up = find(p, "ffn_up", "weight");
    if (h->arch.has_fused_gate_up && up != NULL) {
        const size_t width = (size_t)h->n_ff, d = (size_t)h->n_embd;
        expect_shape(p, up, d, 2 * width, 1);
        plan_rows(p, &layer->gate, up, 0, width, d, 1);
        plan_rows(p, &layer->up, up, width, width, d, 1);
    } else {
        plan_mat(p, &layer->gate, "ffn_gate", h->n_ff, h->n_embd, 1, REQUIRED);
        plan_mat(p, &layer->up, "ffn_up", h->n_ff, h->n_embd, 1, REQUIRED);
    }
    plan_mat(p, &layer->down, "ffn_down", h->n_embd, h->n_ff, 1, REQUIRED);
}

sw_code sw_weights_plan(const sw_gguf *g, const sw_hparams *h, sw_weights *out, sw_err *err)
{
    *out = (sw_weights){.layers = sw_calloc((size_t)h->n_layers, sizeof *out->layers)};
    if (out->layers == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory reading %s", sw_gguf_path(g));
    planner p = {.g = g, .h = h, .w = out, .layer = -1, .err = err};
    plan_mat(&p, &out->embd, "token_embd", h->n_vocab, h->n_embd, 1, REQUIRED);
    plan_mat(&p, &out->output, "output", h->n_vocab, h->n_embd, 1, OPTIONAL);
    plan_norm(&p, &out->output_norm, "output_norm");
    plan_vector(&p, &out->rope_freqs, "rope_freqs", "weight", (size_t)h->n_rot / 2, false);
    plan_vector(&p, &out->rope_factors_long, "rope_factors_long", "weight", (size_t)h->n_rot / 2, false);
    plan_vector(&p, &out->rope_factors_short, "rope_factors_short", "weight", (size_t)h->n_rot / 2, false);
    for (p.layer = 0; p.layer < h->n_layers && p.code == SW_OK; p.layer++) {
        sw_layer *const layer = &out->layers[p.layer];
        plan_attention(&p, layer);
        plan_norm(&p, &layer->ffn_norm, h->arch.ffn_norm);
        if (sw_layer_has_experts(h, p.layer))
            plan_experts(&p, layer);
        else
            plan_dense(&p, layer);
    }
    return p.code;
}

/* ---- loading ----------------------------------------------------------------------------------------------------- */

typedef struct loader {
    const sw_gguf *g;
    sw_pool *pool;
    uint8_t *staging; // (n_threads, staging_bytes)
    size_t staging_bytes;
    sw_progress_fn on_load;
    void *ud;
    uint64_t bytes_total;
    uint64_t bytes_told; // to on_load
    _Atomic uint64_t bytes_done;
    _Atomic bool has_failed; // the first error is the one reported
    sw_code code;
    sw_err *err;
} loader;

/* Counts what was loaded; only the calling thread, worker 0, reports it. */
static void advance(loader *l, uint64_t bytes, int worker)
{
    const uint64_t done = atomic_fetch_add(&l->bytes_done, bytes) + bytes;
    if (worker != 0 || l->on_load == NULL || done == l->bytes_told)
        return;
    l->bytes_told = done;
    l->on_load(l->ud, done, l->bytes_total);
}

/* A stack of matrices that is read and packed in runs of rows, as many as the staging of one thread holds. */
typedef struct matrix_job {
    loader *l;
    const sw_weights_item *item;
    uint8_t *dst;
    size_t row_bytes, rows_at_once, runs_per_matrix;
} matrix_job;

/* Reads one run of rows and packs it, while other threads read and pack others. */
static void load_run(void *ud, size_t run, int worker)
{
    const matrix_job *const j = ud;
    loader *const l = j->l;
    const sw_weights_item *const item = j->item;
    const sw_gguf_tensor *const t = item->tensor;
    const size_t stacked = run / j->runs_per_matrix, first = run % j->runs_per_matrix * j->rows_at_once;
    const size_t left = item->n_rows - first, n = left < j->rows_at_once ? left : j->rows_at_once;
    uint8_t *const src = l->staging + (size_t)worker * l->staging_bytes;
    if (atomic_load(&l->has_failed))
        return;
    sw_err err = {0};
    const uint64_t at = (stacked * (size_t)t->ne[1] + item->row + first) * j->row_bytes;
    const sw_code code = sw_gguf_read(l->g, t, at, src, n * j->row_bytes, &err);
    if (code != SW_OK) {
        if (!atomic_exchange(&l->has_failed, true)) {
            l->code = code;
            if (l->err != NULL)
                *l->err = err;
        }
        return;
    }
    uint8_t *dst = j->dst + (stacked * sw_n_tiles(item->n_rows) * SW_TILE_ROWS + first) * j->row_bytes;
    for (size_t row = 0; row < n; row += SW_TILE_ROWS) {
        const size_t rows = n - row < SW_TILE_ROWS ? n - row : SW_TILE_ROWS;
        sw_tile_pack(t->type, src + row * j->row_bytes, rows, item->n_cols, dst + row * j->row_bytes);
    }
    advance(l, n * j->row_bytes, worker);
}

static sw_code load_matrices(loader *l, const sw_weights_item *item, uint8_t *dst)
{
    const size_t row_bytes = (size_t)sw_type_row_bytes(item->tensor->type, item->n_cols);
    matrix_job j = {.l = l, .item = item, .dst = dst, .row_bytes = row_bytes};
    j.rows_at_once = l->staging_bytes / row_bytes / SW_TILE_ROWS * SW_TILE_ROWS;
    j.runs_per_matrix = (item->n_rows + j.rows_at_once - 1) / j.rows_at_once;
    sw_pool_run(l->pool, item->n_stacked * j.runs_per_matrix, load_run, &j);
    advance(l, 0, 0); // what other threads did last
    return l->code;
}

static sw_code load_floats(loader *l, const sw_weights_item *item, size_t stacked, float *dst)
{
    const sw_gguf_tensor *const t = item->tensor;
    const size_t row_bytes = (size_t)sw_type_row_bytes(t->type, item->n_cols);
    const uint64_t at =
        (uint64_t)stacked * sw_type_row_bytes(t->type, t->ne[0]) + sw_type_row_bytes(t->type, item->row);
    const sw_code code = sw_gguf_read(l->g, t, at, l->staging, row_bytes, l->err);
    if (code == SW_OK) {
        sw_decode_row(t->type, l->staging, item->n_cols, dst);
        advance(l, row_bytes, 0);
    }
    return code;
}

static sw_code load_item(loader *l, const sw_weights_item *item)
{
    if (item->is_matrix)
        return load_matrices(l, item, *item->target);
    sw_code code = SW_OK;
    const size_t n_padded = sw_n_tiles(item->n_cols) * SW_TILE_ROWS;
    for (size_t i = 0; i < item->n_stacked && code == SW_OK; i++)
        code = load_floats(l, item, i, (float *)*item->target + i * n_padded);
    return code;
}

/* Room for a run of rows of any matrix, and for any row of floats. */
static size_t staging_bytes(const sw_weights *w)
{
    size_t most = STAGING_BYTES;
    for (size_t i = 0; i < w->n_items; i++) {
        const size_t tile = sw_tile_bytes(w->items[i].tensor->type, w->items[i].n_cols);
        most = tile > most ? tile : most;
    }
    return most;
}

sw_code sw_weights_load(sw_weights *w, const sw_gguf *g, sw_pool *pool, sw_progress_fn on_load, void *ud, sw_err *err)
{
    loader l = {.g = g, .pool = pool, .on_load = on_load, .ud = ud, .bytes_total = w->block_bytes, .err = err};
    l.staging_bytes = staging_bytes(w);
    const size_t n_staging = l.staging_bytes * (size_t)sw_pool_n_threads(pool);
    l.staging = sw_big_alloc(n_staging);
    w->block = sw_big_alloc(w->block_bytes);
    sw_code code = SW_OK;
    if (l.staging == NULL || w->block == NULL)
        code = sw_fail(err, SW_ENOMEM, "cannot allocate %.1f GB for the weights of %s", (double)w->block_bytes / 1e9,
                       sw_gguf_path(g));
    for (size_t i = 0; i < w->n_items && code == SW_OK; i++) {
        *w->items[i].target = w->block + w->items[i].offset;
        code = load_item(&l, &w->items[i]);
    }
    if (code == SW_OK && w->output.tiles == NULL)
        w->output = w->embd; // tied
    sw_big_free(l.staging, n_staging);
    return code;
}

void sw_weights_free(sw_weights *w)
{
    sw_big_free(w->block, w->block_bytes);
    sw_free(w->items);
    sw_free(w->layers);
    *w = (sw_weights){0};
}
