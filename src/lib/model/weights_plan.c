#include "model/weights_plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "quant/decode.h" // decode_supports
#include "quant/tile.h"

enum { ALIGN = 64 };

/* The first error sticks, so that callers check once. */
typedef struct planner {
    const gguf_file *g;
    const hparams *h;
    model_weights *w;
    int layer; // -1: global tensors
    char name[64];
    sw_code code;
    sw_err *err;
} planner;

static const gguf_tensor *find(planner *p, const char *base, const char *suffix)
{
    if (p->layer >= 0)
        snprintf(p->name, sizeof p->name, "blk.%d.%s.%s", p->layer, base, suffix);
    else
        snprintf(p->name, sizeof p->name, "%s.%s", base, suffix);
    return gguf_find_tensor(p->g, p->name);
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
    p->code = sw_fail(p->err, code, "%s: tensor '%s' %s", gguf_path(p->g), p->name, what);
}

static void expect_shape(planner *p, const gguf_tensor *t, size_t ne0, size_t ne1, size_t ne2)
{
    if (t->ne[0] != ne0 || t->ne[1] != ne1 || t->ne[2] != ne2 || t->ne[3] != 1)
        fail(p, SW_EFORMAT, "has shape %llu x %llu x %llu; %zu x %zu x %zu fits this model",
             (unsigned long long)t->ne[0], (unsigned long long)t->ne[1], (unsigned long long)t->ne[2], ne0, ne1, ne2);
    if (!decode_supports(t->type))
        fail(p, SW_EUNSUPPORTED, "has type %s; supported are %s", type_name(t->type), decode_types());
}

/* Reserves `bytes` of the block for an item. */
static void add_item(planner *p, weights_item item, size_t bytes)
{
    model_weights *const w = p->w;
    if (p->code != SW_OK)
        return;
    if (!mem_grow(&w->items, &w->cap_items, w->n_items + 1, sizeof *w->items)) {
        p->code = sw_fail(p->err, SW_ENOMEM, "out of memory reading %s", gguf_path(p->g));
        return;
    }
    item.offset = w->block_bytes;
    w->items[w->n_items++] = item;
    w->block_bytes += (bytes + ALIGN - 1) / ALIGN * ALIGN;
}

/* n_stacked rows of float32, each padded to whole tiles; absent tensors leave *target NULL. */
static void plan_floats(planner *p, float **target, const gguf_tensor *t, size_t row_elems, size_t offset_elems,
                        size_t n_stacked)
{
    if (t == NULL || p->code != SW_OK)
        return;
    if (type_get((uint32_t)t->type)->block_elems != 1)
        fail(p, SW_EUNSUPPORTED, "has type %s; norms and biases must be F32, F16 or BF16", type_name(t->type));
    const size_t padded = tile_count(row_elems) * TILE_ROWS;
    add_item(p,
             (weights_item){.tensor = t,
                            .target = (void **)target,
                            .row = offset_elems,
                            .n_rows = 1,
                            .n_cols = row_elems,
                            .n_stacked = n_stacked},
             padded * n_stacked * sizeof(float));
}

static void plan_vector(planner *p, float **target, const char *base, const char *suffix, size_t n, bool is_required)
{
    const gguf_tensor *const t = find(p, base, suffix);
    if (t == NULL && is_required)
        fail(p, SW_EFORMAT, "is missing");
    if (t != NULL)
        expect_shape(p, t, n, 1, 1);
    plan_floats(p, target, t, n, 0, 1);
}

static void plan_norm(planner *p, norm_weights *norm, const char *base)
{
    const size_t n = (size_t)p->h->n_embd;
    plan_vector(p, &norm->weight, base, "weight", n, true);
    plan_vector(p, &norm->bias, base, "bias", n, false);
}

/* A stack of n_stacked matrices: rows [row, row + n_rows) of tensor t, and again every rows_apart rows. */
static void plan_rows_apart(planner *p, mat *m, const gguf_tensor *t, size_t row, size_t n_rows, size_t n_cols,
                            size_t n_stacked, size_t rows_apart)
{
    if (p->code != SW_OK)
        return;
    m->type = t->type;
    m->n_rows = (int)n_rows;
    m->n_cols = (int)n_cols;
    m->n_tiles = tile_count(n_rows);
    m->tile_bytes = tile_size(t->type, n_cols);
    add_item(p,
             (weights_item){.tensor = t,
                            .target = (void **)&m->tiles,
                            .is_matrix = true,
                            .row = row,
                            .n_rows = n_rows,
                            .n_cols = n_cols,
                            .n_stacked = n_stacked,
                            .rows_apart = rows_apart},
             m->n_tiles * m->tile_bytes * n_stacked);
}

/* The same where the stack's matrices are the tensor's. */
static void plan_rows(planner *p, mat *m, const gguf_tensor *t, size_t row, size_t n_rows, size_t n_cols,
                      size_t n_stacked)
{
    plan_rows_apart(p, m, t, row, n_rows, n_cols, n_stacked, (size_t)t->ne[1]);
}

/* A stack of matrices (n_rows, n_cols) of which the tensor holds the columns: n_cols rows each, rows_apart of them from
 * matrix to matrix.  A type's blocks run along the wrong side then, so the matrices are kept as float32. */
static void plan_turned(planner *p, mat *m, const gguf_tensor *t, size_t n_rows, size_t n_cols, size_t n_stacked,
                        size_t rows_apart)
{
    if (p->code != SW_OK)
        return;
    m->type = TYPE_F32;
    m->n_rows = (int)n_rows;
    m->n_cols = (int)n_cols;
    m->n_tiles = tile_count(n_rows);
    m->tile_bytes = tile_size(TYPE_F32, n_cols);
    add_item(p,
             (weights_item){.tensor = t,
                            .target = (void **)&m->tiles,
                            .is_matrix = true,
                            .is_turned = true,
                            .n_rows = n_rows,
                            .n_cols = n_cols,
                            .n_stacked = n_stacked,
                            .rows_apart = rows_apart},
             m->n_tiles * m->tile_bytes * n_stacked);
}

typedef enum presence { REQUIRED, OPTIONAL } presence;

/* A matrix (n_rows, n_cols) or a stack of them under its usual name, with its bias if there is one. */
static void plan_mat(planner *p, mat *m, const char *base, int n_rows, int n_cols, int n_stacked, presence presence_)
{
    const gguf_tensor *const t = find(p, base, "weight");
    if (t == NULL) {
        if (presence_ == REQUIRED)
            fail(p, SW_EFORMAT, "is missing");
        return;
    }
    expect_shape(p, t, (size_t)n_cols, (size_t)n_rows, (size_t)n_stacked);
    plan_rows(p, m, t, 0, (size_t)n_rows, (size_t)n_cols, (size_t)n_stacked);
    const gguf_tensor *const bias = find(p, base, "bias");
    if (bias != NULL)
        expect_shape(p, bias, (size_t)n_rows, (size_t)n_stacked, 1);
    plan_floats(p, &m->bias, bias, (size_t)n_rows, 0, (size_t)n_stacked);
}

/* Query, key and value: three tensors, or one that holds the rows of all. */
static void plan_qkv(planner *p, layer_weights *layer)
{
    const hparams *const h = p->h;
    const int rows[3] = {h->n_head * h->head_k, h->n_head_kv * h->head_k, h->n_head_kv * h->head_v};
    mat *const mats[3] = {&layer->q, &layer->k, &layer->v};
    const gguf_tensor *const fused = find(p, "attn_qkv", "weight");
    if (fused == NULL) {
        static const char *const NAMES[3] = {"attn_q", "attn_k", "attn_v"};
        for (int i = 0; i < 3; i++)
            plan_mat(p, mats[i], NAMES[i], rows[i], h->n_embd, 1, REQUIRED);
        return;
    }
    const size_t all = (size_t)(rows[0] + rows[1] + rows[2]);
    expect_shape(p, fused, (size_t)h->n_embd, all, 1);
    const gguf_tensor *const bias = find(p, "attn_qkv", "bias");
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
    const gguf_tensor *const t = find(p, base, "weight");
    if (t == NULL)
        return;
    const size_t head = (size_t)p->h->head_k, all = head * (size_t)n_heads;
    *width = (int)(t->ne[0] == all ? all : head);
    plan_vector(p, target, base, "weight", (size_t)*width, true);
}

/* Per head, k_b (n_latent, nope) turns a query into the latent space and v_b (head_v, n_latent) an answer out of it.
 * Older files hold both in one tensor, made to expand the keys and values: per head the nope columns of k_b and then
 * the rows of v_b. */
static void plan_absorbed(planner *p, layer_weights *layer)
{
    const hparams *const h = p->h;
    const int nope = h->head_k - h->n_rot;
    const gguf_tensor *const both = find(p, "attn_kv_b", "weight");
    if (both == NULL || find(p, "attn_k_b", "weight") != NULL) {
        plan_mat(p, &layer->k_b, "attn_k_b", h->n_latent, nope, h->n_head, REQUIRED);
        plan_mat(p, &layer->v_b, "attn_v_b", h->head_v, h->n_latent, h->n_head, REQUIRED);
        return;
    }
    const size_t latent = (size_t)h->n_latent, heads = (size_t)h->n_head, per_head = (size_t)(nope + h->head_v);
    find(p, "attn_kv_b", "weight"); // the name for messages
    expect_shape(p, both, latent, heads * per_head, 1);
    plan_turned(p, &layer->k_b, both, latent, (size_t)nope, heads, per_head);
    plan_rows_apart(p, &layer->v_b, both, (size_t)nope, (size_t)h->head_v, latent, heads, per_head);
}

static void plan_latent(planner *p, layer_weights *layer)
{
    const hparams *const h = p->h;
    const int q_rows = h->n_head * h->head_k;
    if (h->n_latent_q > 0 && find(p, "attn_q", "weight") == NULL) {
        plan_mat(p, &layer->q_a, "attn_q_a", h->n_latent_q, h->n_embd, 1, REQUIRED);
        plan_vector(p, &layer->q_a_norm, "attn_q_a_norm", "weight", (size_t)h->n_latent_q, true);
        plan_mat(p, &layer->q, "attn_q_b", q_rows, h->n_latent_q, 1, REQUIRED);
    } else {
        plan_mat(p, &layer->q, "attn_q", q_rows, h->n_embd, 1, REQUIRED);
    }
    plan_mat(p, &layer->kv_a, "attn_kv_a_mqa", h->n_latent + h->n_rot, h->n_embd, 1, REQUIRED);
    plan_vector(p, &layer->kv_a_norm, "attn_kv_a_norm", "weight", (size_t)h->n_latent, true);
    plan_absorbed(p, layer);
}

static void plan_attention(planner *p, layer_weights *layer)
{
    const hparams *const h = p->h;
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

static void plan_experts(planner *p, layer_weights *layer)
{
    const hparams *const h = p->h;
    const int d = h->n_embd, width = h->n_ff_expert, n = h->n_expert;
    plan_mat(p, &layer->router, "ffn_gate_inp", n, d, 1, REQUIRED);
    const size_t before = p->w->block_bytes;
    const gguf_tensor *const fused = find(p, "ffn_gate_up_exps", "weight");
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

static void plan_dense(planner *p, layer_weights *layer)
{
    const hparams *const h = p->h;
    const gguf_tensor *const up = find(p, "ffn_up", "weight");
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

sw_code weights_plan(const gguf_file *g, const hparams *h, model_weights *out, sw_err *err)
{
    *out = (model_weights){.layers = mem_calloc((size_t)h->n_layers, sizeof *out->layers)};
    if (out->layers == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory reading %s", gguf_path(g));
    planner p = {.g = g, .h = h, .w = out, .layer = -1, .err = err};
    plan_mat(&p, &out->embd, "token_embd", h->n_vocab, h->n_embd, 1, REQUIRED);
    plan_mat(&p, &out->output, "output", h->n_vocab, h->n_embd, 1, OPTIONAL);
    plan_norm(&p, &out->output_norm, "output_norm");
    plan_vector(&p, &out->rope_freqs, "rope_freqs", "weight", (size_t)h->n_rot / 2, false);
    plan_vector(&p, &out->rope_factors_long, "rope_factors_long", "weight", (size_t)h->n_rot / 2, false);
    plan_vector(&p, &out->rope_factors_short, "rope_factors_short", "weight", (size_t)h->n_rot / 2, false);
    for (p.layer = 0; p.layer < h->n_layers && p.code == SW_OK; p.layer++) {
        layer_weights *const layer = &out->layers[p.layer];
        plan_attention(&p, layer);
        plan_norm(&p, &layer->ffn_norm, h->arch.ffn_norm);
        if (hparams_has_experts(h, p.layer))
            plan_experts(&p, layer);
        else
            plan_dense(&p, layer);
    }
    return p.code;
}

void weights_free(model_weights *w)
{
    mem_big_free(w->block, w->block_bytes);
    mem_free(w->items);
    mem_free(w->layers);
    *w = (model_weights){0};
}
