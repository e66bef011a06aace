/* weights_plan.c - which tensors a model must have, in which shapes, and where each goes in the block of its tier.
 *
 * The order of the planning is the order in memory, layer by layer, so that loading reads the file from front to back.
 */
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
    sw_tensor_class cls; // of what is planned now
    bool is_global;      // it belongs to no layer
    size_t layer;
    char name[64];
    sw_code code;
    sw_err *err;
} planner;

static const gguf_tensor *find(planner *p, const char *base, const char *suffix)
{
    if (p->is_global)
        snprintf(p->name, sizeof p->name, "%s.%s", base, suffix);
    else
        snprintf(p->name, sizeof p->name, "blk.%zu.%s.%s", p->layer, base, suffix);
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

static void out_of_memory(planner *p)
{
    if (p->code == SW_OK)
        p->code = sw_fail(p->err, SW_ENOMEM, "out of memory reading %s", gguf_path(p->g));
}

/* Where expert `expert` of what is planned now belongs. */
static weight_tier tier_of(const planner *p, size_t expert)
{
    return placement_tier(p->w->placement, p->cls, p->layer, expert);
}

/* Returns true if the stack that is planned now lies in more than one tier. */
static bool is_split(const planner *p)
{
    const unsigned tiers = placement_expert_tiers(p->w->placement, p->layer);
    return p->cls == SW_CLASS_EXPERTS && (tiers & (tiers - 1)) != 0;
}

/* Reserves `bytes` in the block of the item's tier. */
static void add_item(planner *p, weights_item item, size_t bytes)
{
    model_weights *const w = p->w;
    if (p->code != SW_OK)
        return;
    if (!mem_grow(&w->items, &w->cap_items, w->n_items + 1, sizeof *w->items)) {
        out_of_memory(p);
        return;
    }
    weight_block *const block = &w->blocks[item.tier];
    const size_t aligned = (bytes + ALIGN - 1) / ALIGN * ALIGN;
    item.offset = block->n_bytes;
    w->items[w->n_items++] = item;
    block->n_bytes += aligned;
    block->expert_bytes += p->cls == SW_CLASS_EXPERTS ? aligned : 0;
}

/* ---- vectors: norms, biases, factors ----------------------------------------------------------------------------- */

/* Some rows of float32. */
typedef struct float_rows {
    size_t n_cols;       // of each, padded to whole tiles in memory
    size_t offset;       // of the first element in the tensor's rows
    size_t first, count; // which of the tensor's rows
} float_rows;

static void add_floats(planner *p, float **target, const gguf_tensor *t, const float_rows *rows)
{
    add_item(p,
             (weights_item){.tensor = t,
                            .target = (void **)target,
                            .tier = tier_of(p, rows->first),
                            .row = rows->offset,
                            .n_rows = 1,
                            .n_cols = rows->n_cols,
                            .first = rows->first,
                            .n_stacked = rows->count},
             tile_count(rows->n_cols) * TILE_ROWS * rows->count * sizeof(float));
}

static void check_float_type(planner *p, const gguf_tensor *t)
{
    if (type_get((uint32_t)t->type)->block_elems != 1)
        fail(p, SW_EUNSUPPORTED, "has type %s; norms and biases must be F32, F16 or BF16", type_name(t->type));
}

static void plan_vector(planner *p, float **target, const char *base, const char *suffix, size_t n, bool is_required)
{
    const gguf_tensor *const t = find(p, base, suffix);
    if (t == NULL && is_required)
        fail(p, SW_EFORMAT, "is missing");
    if (t == NULL)
        return;
    expect_shape(p, t, n, 1, 1);
    check_float_type(p, t);
    add_floats(p, target, t, &(float_rows){.n_cols = n, .count = 1});
}

static void plan_norm(planner *p, norm_weights *norm, const char *base)
{
    const size_t n = p->h->n_embd;
    plan_vector(p, &norm->weight, base, "weight", n, true);
    plan_vector(p, &norm->bias, base, "bias", n, false);
}

/* ---- matrices ---------------------------------------------------------------------------------------------------- */

/* Where a stack's matrices are in a tensor: rows [row, row + n_rows), and again every rows_apart rows.  Turned: the
 * tensor holds the columns of the matrices, n_cols rows each.  A type's blocks run along the wrong side then, so the
 * matrices are kept as float32. */
typedef struct stack_rows {
    size_t row, n_rows, n_cols, n_stacked, rows_apart;
    bool is_turned;
} stack_rows;

static void add_matrices(planner *p, mat *m, uint8_t **target, const gguf_tensor *t, const stack_rows *s, size_t first,
                         size_t count)
{
    add_item(p,
             (weights_item){.tensor = t,
                            .target = (void **)target,
                            .tier = tier_of(p, first),
                            .is_matrix = true,
                            .is_turned = s->is_turned,
                            .row = s->row,
                            .n_rows = s->n_rows,
                            .n_cols = s->n_cols,
                            .first = first,
                            .n_stacked = count,
                            .rows_apart = s->rows_apart},
             m->n_tiles * m->tile_bytes * count);
}

/* A stack whose matrices lie in one tier is one item; otherwise each matrix is one. */
static void plan_stack(planner *p, mat *m, const gguf_tensor *t, const stack_rows *s)
{
    if (p->code != SW_OK)
        return;
    m->type = s->is_turned ? TYPE_F32 : t->type;
    m->n_rows = s->n_rows;
    m->n_cols = s->n_cols;
    m->n_tiles = tile_count(s->n_rows);
    m->tile_bytes = tile_size(m->type, s->n_cols);
    if (!is_split(p)) {
        add_matrices(p, m, &m->tiles, t, s, 0, s->n_stacked);
        return;
    }
    m->split = mem_calloc(s->n_stacked, sizeof *m->split);
    if (m->split == NULL)
        out_of_memory(p);
    for (size_t e = 0; e < s->n_stacked && p->code == SW_OK; e++)
        add_matrices(p, m, &m->split[e].tiles, t, s, e, 1);
}

/* Rows [row, row + n_rows) of every matrix of a tensor. */
static void plan_rows(planner *p, mat *m, const gguf_tensor *t, size_t row, size_t n_rows)
{
    plan_stack(
        p, m, t,
        &(stack_rows){.row = row, .n_rows = n_rows, .n_cols = t->ne[0], .n_stacked = t->ne[2], .rows_apart = t->ne[1]});
}

/* The biases of a stack that is planned already, from element `offset` of the tensor's rows on; t NULL: none. */
static void plan_bias(planner *p, mat *m, const gguf_tensor *t, size_t offset, size_t n_stacked)
{
    if (t == NULL || p->code != SW_OK)
        return;
    check_float_type(p, t);
    float_rows rows = {.n_cols = m->n_rows, .offset = offset, .count = n_stacked};
    if (m->split == NULL) {
        add_floats(p, &m->bias, t, &rows);
        return;
    }
    rows.count = 1;
    for (; rows.first < n_stacked; rows.first++)
        add_floats(p, &m->split[rows.first].bias, t, &rows);
}

typedef enum presence { REQUIRED, OPTIONAL } presence;

/* n_stacked matrices (n_rows, n_cols) under their usual name, with their bias if there is one. */
typedef struct mat_shape {
    size_t n_rows, n_cols, n_stacked;
} mat_shape;

static void plan_named(planner *p, mat *m, const char *base, mat_shape shape, presence presence_)
{
    const gguf_tensor *const t = find(p, base, "weight");
    if (t == NULL) {
        if (presence_ == REQUIRED)
            fail(p, SW_EFORMAT, "is missing");
        return;
    }
    expect_shape(p, t, shape.n_cols, shape.n_rows, shape.n_stacked);
    plan_rows(p, m, t, 0, shape.n_rows);
    const gguf_tensor *const bias = find(p, base, "bias");
    if (bias != NULL)
        expect_shape(p, bias, shape.n_rows, shape.n_stacked, 1);
    plan_bias(p, m, bias, 0, shape.n_stacked);
}

static void plan_mat(planner *p, mat *m, const char *base, size_t n_rows, size_t n_cols)
{
    plan_named(p, m, base, (mat_shape){n_rows, n_cols, 1}, REQUIRED);
}

/* ---- what a layer consists of ------------------------------------------------------------------------------------ */

/* Query, key and value: three tensors, or one that holds the rows of all. */
static void plan_qkv(planner *p, layer_weights *layer)
{
    const hparams *const h = p->h;
    const size_t rows[3] = {h->n_head * h->head_k, h->n_head_kv * h->head_k, h->n_head_kv * h->head_v};
    mat *const mats[3] = {&layer->q, &layer->k, &layer->v};
    const gguf_tensor *const fused = find(p, "attn_qkv", "weight");
    if (fused == NULL) {
        static const char *const NAMES[3] = {"attn_q", "attn_k", "attn_v"};
        for (int i = 0; i < 3; i++)
            plan_mat(p, mats[i], NAMES[i], rows[i], h->n_embd);
        return;
    }
    const size_t all = rows[0] + rows[1] + rows[2];
    expect_shape(p, fused, h->n_embd, all, 1);
    const gguf_tensor *const bias = find(p, "attn_qkv", "bias");
    if (bias != NULL)
        expect_shape(p, bias, all, 1, 1);
    for (size_t i = 0, row = 0; i < 3; row += rows[i++]) {
        plan_rows(p, mats[i], fused, row, rows[i]);
        plan_bias(p, mats[i], bias, row, 1);
    }
}

/* A norm of queries or keys: as wide as one head, or as all of them. */
static void plan_head_norm(planner *p, float **target, size_t *width, const char *base, size_t n_heads)
{
    const gguf_tensor *const t = find(p, base, "weight");
    if (t == NULL)
        return;
    const size_t head = p->h->head_k, all = head * n_heads;
    *width = t->ne[0] == all ? all : head;
    plan_vector(p, target, base, "weight", *width, true);
}

/* Per head, k_b (n_latent, nope) turns a query into the latent space and v_b (head_v, n_latent) an answer out of it.
 * Older files hold both in one tensor, made to expand the keys and values: per head the nope columns of k_b and then
 * the rows of v_b. */
static void plan_absorbed(planner *p, layer_weights *layer)
{
    const hparams *const h = p->h;
    const size_t nope = h->head_k - h->n_rot;
    const gguf_tensor *const both = find(p, "attn_kv_b", "weight");
    if (both == NULL || find(p, "attn_k_b", "weight") != NULL) {
        plan_named(p, &layer->k_b, "attn_k_b", (mat_shape){h->n_latent, nope, h->n_head}, REQUIRED);
        plan_named(p, &layer->v_b, "attn_v_b", (mat_shape){h->head_v, h->n_latent, h->n_head}, REQUIRED);
        return;
    }
    const size_t per_head = nope + h->head_v;
    find(p, "attn_kv_b", "weight"); // the name for messages
    expect_shape(p, both, h->n_latent, h->n_head * per_head, 1);
    const stack_rows k_b = {
        .n_rows = h->n_latent, .n_cols = nope, .n_stacked = h->n_head, .rows_apart = per_head, .is_turned = true};
    const stack_rows v_b = {
        .row = nope, .n_rows = h->head_v, .n_cols = h->n_latent, .n_stacked = h->n_head, .rows_apart = per_head};
    plan_stack(p, &layer->k_b, both, &k_b);
    plan_stack(p, &layer->v_b, both, &v_b);
}

static void plan_latent(planner *p, layer_weights *layer)
{
    const hparams *const h = p->h;
    const size_t q_rows = h->n_head * h->head_k;
    if (h->n_latent_q > 0 && find(p, "attn_q", "weight") == NULL) {
        plan_mat(p, &layer->q_a, "attn_q_a", h->n_latent_q, h->n_embd);
        plan_vector(p, &layer->q_a_norm, "attn_q_a_norm", "weight", h->n_latent_q, true);
        plan_mat(p, &layer->q, "attn_q_b", q_rows, h->n_latent_q);
    } else {
        plan_mat(p, &layer->q, "attn_q", q_rows, h->n_embd);
    }
    plan_mat(p, &layer->kv_a, "attn_kv_a_mqa", h->n_latent + h->n_rot, h->n_embd);
    plan_vector(p, &layer->kv_a_norm, "attn_kv_a_norm", "weight", h->n_latent, true);
    plan_absorbed(p, layer);
}

static void plan_attention(planner *p, layer_weights *layer)
{
    const hparams *const h = p->h;
    p->cls = SW_CLASS_ATTENTION;
    plan_norm(p, &layer->attn_norm, "attn_norm");
    if (h->n_latent > 0)
        plan_latent(p, layer);
    else
        plan_qkv(p, layer);
    plan_mat(p, &layer->o, "attn_output", h->n_embd, h->n_head * h->head_v);
    plan_vector(p, &layer->sinks, "attn_sinks", "weight", h->n_head, false);
    plan_head_norm(p, &layer->q_norm, &layer->q_norm_width, "attn_q_norm", h->n_head);
    plan_head_norm(p, &layer->k_norm, &layer->k_norm_width, "attn_k_norm", h->n_head_kv);
}

static void plan_routed(planner *p, layer_weights *layer)
{
    const hparams *const h = p->h;
    const mat_shape in = {h->n_ff_expert, h->n_embd, h->n_expert}, out = {h->n_embd, h->n_ff_expert, h->n_expert};
    p->cls = SW_CLASS_EXPERTS;
    const gguf_tensor *const fused = find(p, "ffn_gate_up_exps", "weight");
    if (fused != NULL) {
        expect_shape(p, fused, in.n_cols, 2 * in.n_rows, in.n_stacked);
        plan_rows(p, &layer->gate_exps, fused, 0, in.n_rows);
        plan_rows(p, &layer->up_exps, fused, in.n_rows, in.n_rows);
    } else {
        plan_named(p, &layer->gate_exps, "ffn_gate_exps", in, REQUIRED);
        plan_named(p, &layer->up_exps, "ffn_up_exps", in, REQUIRED);
    }
    plan_named(p, &layer->down_exps, "ffn_down_exps", out, REQUIRED);
}

static void plan_shared(planner *p, layer_weights *layer)
{
    const size_t width = p->h->n_ff_shared, d = p->h->n_embd;
    if (width == 0)
        return;
    p->cls = SW_CLASS_FFN;
    plan_mat(p, &layer->gate_shared, "ffn_gate_shexp", width, d);
    plan_mat(p, &layer->up_shared, "ffn_up_shexp", width, d);
    plan_mat(p, &layer->down_shared, "ffn_down_shexp", d, width);
    plan_named(p, &layer->shared_gate, "ffn_gate_inp_shexp", (mat_shape){1, d, 1}, OPTIONAL);
}

static void plan_experts(planner *p, layer_weights *layer)
{
    p->cls = SW_CLASS_ATTENTION;
    plan_mat(p, &layer->router, "ffn_gate_inp", p->h->n_expert, p->h->n_embd);
    plan_routed(p, layer);
    p->cls = SW_CLASS_ATTENTION;
    plan_vector(p, &layer->selection_bias, "exp_probs_b", "bias", p->h->n_expert, false);
    plan_shared(p, layer);
}

static void plan_dense(planner *p, layer_weights *layer)
{
    const hparams *const h = p->h;
    p->cls = SW_CLASS_FFN;
    const gguf_tensor *const up = find(p, "ffn_up", "weight");
    if (h->arch.has_fused_gate_up && up != NULL) {
        expect_shape(p, up, h->n_embd, 2 * h->n_ff, 1);
        plan_rows(p, &layer->gate, up, 0, h->n_ff);
        plan_rows(p, &layer->up, up, h->n_ff, h->n_ff);
    } else {
        plan_mat(p, &layer->gate, "ffn_gate", h->n_ff, h->n_embd);
        plan_mat(p, &layer->up, "ffn_up", h->n_ff, h->n_embd);
    }
    plan_mat(p, &layer->down, "ffn_down", h->n_embd, h->n_ff);
}

/* What belongs to no layer.  The output norm goes with the output layer, its only reader. */
static void plan_globals(planner *p)
{
    model_weights *const w = p->w;
    const size_t n_vocab = p->h->n_vocab, d = p->h->n_embd, half = p->h->n_rot / 2;
    p->is_global = true;
    p->cls = SW_CLASS_EMBEDDING;
    plan_mat(p, &w->embd, "token_embd", n_vocab, d);
    plan_named(p, &w->output, "output", (mat_shape){n_vocab, d, 1}, OPTIONAL);
    plan_norm(p, &w->output_norm, "output_norm");
    p->cls = SW_CLASS_OTHER;
    plan_vector(p, &w->rope_freqs, "rope_freqs", "weight", half, false);
    plan_vector(p, &w->rope_factors_long, "rope_factors_long", "weight", half, false);
    plan_vector(p, &w->rope_factors_short, "rope_factors_short", "weight", half, false);
    p->is_global = false;
}

sw_code weights_plan(const gguf_file *g, const hparams *h, const model_placement *placement, model_weights *out,
                     sw_err *err)
{
    *out = (model_weights){
        .layers = mem_calloc(h->n_layers, sizeof *out->layers), .n_layers = h->n_layers, .placement = placement};
    if (out->layers == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory reading %s", gguf_path(g));
    planner p = {.g = g, .h = h, .w = out, .err = err};
    plan_globals(&p);
    for (; p.layer < h->n_layers && p.code == SW_OK; p.layer++) {
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

static void free_block(weight_block *b)
{
    if (b->data == NULL)
        return;
    if (b->memory.free != NULL)
        b->memory.free(b->memory.ud, b->data, b->n_bytes);
    else
        mem_big_free(b->data, b->n_bytes);
}

void weights_free(model_weights *w)
{
    for (int tier = 0; tier < N_TIERS; tier++)
        free_block(&w->blocks[tier]);
    for (size_t l = 0; w->layers != NULL && l < w->n_layers; l++) {
        mem_free(w->layers[l].gate_exps.split);
        mem_free(w->layers[l].up_exps.split);
        mem_free(w->layers[l].down_exps.split);
    }
    mem_free(w->items);
    mem_free(w->layers);
    *w = (model_weights){0};
}
