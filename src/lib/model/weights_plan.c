/* weights_plan.c - which tensors a model must have, in which shapes, and which classes they belong to.
 *
 * The order of the planning is the order in memory, layer by layer, so that loading reads the file from front to back.
 */
#include "base/alloc.h"
#include "model/planner.h"

/* What of a matrix a family needs if the bias is one of its needs. */
static unsigned weight_and(const planner *p, arch_need bias)
{
    return (p->h->arch.needs & bias) != 0 ? MAT_WEIGHT | MAT_BIAS : MAT_WEIGHT;
}

/* Returns true if the file has one of two tensors that only make sense together. */
static bool has_either(planner *p, const char *a, const char *b)
{
    return planner_find(p, a, "weight") != NULL || planner_find(p, b, "weight") != NULL;
}

/* Query, key and value: three tensors, or one that holds the rows of all. */
static void plan_qkv(planner *p, layer_weights *layer)
{
    const hparams *const h = p->h;
    const size_t rows[3] = {h->n_head * h->head_k, h->n_head_kv * h->head_k, h->n_head_kv * h->head_v};
    mat *const mats[3] = {&layer->q, &layer->k, &layer->v};
    const gguf_tensor *const fused = planner_find(p, "attn_qkv", "weight");
    if (fused == NULL) {
        static const char *const NAMES[3] = {"attn_q", "attn_k", "attn_v"};
        for (int i = 0; i < 3; i++)
            planner_mats(p, mats[i], NAMES[i], (mat_shape){rows[i], h->n_embd, 1}, weight_and(p, NEEDS_QKV_BIAS));
        return;
    }
    const size_t all = rows[0] + rows[1] + rows[2];
    planner_expect(p, fused, h->n_embd, all, 1);
    const gguf_tensor *const bias = planner_find(p, "attn_qkv", "bias");
    if (bias == NULL && weight_and(p, NEEDS_QKV_BIAS) != MAT_WEIGHT)
        planner_fail_missing(p);
    if (bias != NULL)
        planner_expect(p, bias, all, 1, 1);
    for (size_t i = 0, row = 0; i < 3; row += rows[i++]) {
        planner_rows(p, mats[i], fused, row, rows[i]);
        planner_bias(p, mats[i], bias, row, 1);
    }
}

/* A norm of queries or keys: as wide as one head, or as all of them. */
static void plan_head_norm(planner *p, float **target, size_t *width, const char *base, size_t n_heads)
{
    const bool is_needed = (p->h->arch.needs & NEEDS_HEAD_NORMS) != 0 || has_either(p, "attn_q_norm", "attn_k_norm");
    const gguf_tensor *const t = planner_find(p, base, "weight");
    if (t == NULL && is_needed)
        planner_fail_missing(p);
    if (t == NULL)
        return;
    const size_t head = p->h->head_k, all = head * n_heads;
    *width = t->ne[0] == all ? all : head;
    planner_vector(p, target, base, "weight", *width, true);
}

/* Per head, k_b (n_latent, nope) turns a query into the latent space and v_b (head_v, n_latent) an answer out of it.
 * Older files hold both in one tensor, made to expand the keys and values: per head the nope columns of k_b and then
 * the rows of v_b. */
static void plan_absorbed(planner *p, layer_weights *layer)
{
    const hparams *const h = p->h;
    const size_t nope = h->head_k - h->n_rot;
    const gguf_tensor *const both = planner_find(p, "attn_kv_b", "weight");
    if (both == NULL || planner_find(p, "attn_k_b", "weight") != NULL) {
        planner_mats(p, &layer->k_b, "attn_k_b", (mat_shape){h->n_latent, nope, h->n_head}, MAT_WEIGHT);
        planner_mats(p, &layer->v_b, "attn_v_b", (mat_shape){h->head_v, h->n_latent, h->n_head}, MAT_WEIGHT);
        return;
    }
    const size_t per_head = nope + h->head_v;
    planner_find(p, "attn_kv_b", "weight"); // the name for messages
    planner_expect(p, both, h->n_latent, h->n_head * per_head, 1);
    const stack_rows k_b = {
        .n_rows = h->n_latent, .n_cols = nope, .n_stacked = h->n_head, .rows_apart = per_head, .is_turned = true};
    const stack_rows v_b = {
        .row = nope, .n_rows = h->head_v, .n_cols = h->n_latent, .n_stacked = h->n_head, .rows_apart = per_head};
    planner_stack(p, &layer->k_b, both, &k_b);
    planner_stack(p, &layer->v_b, both, &v_b);
}

static void plan_latent(planner *p, layer_weights *layer)
{
    const hparams *const h = p->h;
    const size_t q_rows = h->n_head * h->head_k;
    if (h->n_latent_q > 0 && planner_find(p, "attn_q", "weight") == NULL) {
        planner_mat(p, &layer->q_a, "attn_q_a", h->n_latent_q, h->n_embd);
        planner_vector(p, &layer->q_a_norm, "attn_q_a_norm", "weight", h->n_latent_q, true);
        planner_mat(p, &layer->q, "attn_q_b", q_rows, h->n_latent_q);
    } else {
        planner_mat(p, &layer->q, "attn_q", q_rows, h->n_embd);
    }
    planner_mat(p, &layer->kv_a, "attn_kv_a_mqa", h->n_latent + h->n_rot, h->n_embd);
    planner_vector(p, &layer->kv_a_norm, "attn_kv_a_norm", "weight", h->n_latent, true);
    plan_absorbed(p, layer);
}

static void plan_attention(planner *p, layer_weights *layer)
{
    const hparams *const h = p->h;
    p->cls = SW_CLASS_ATTENTION;
    planner_norm(p, &layer->attn_norm, "attn_norm");
    if (h->n_latent > 0)
        plan_latent(p, layer);
    else
        plan_qkv(p, layer);
    planner_mats(p, &layer->o, "attn_output", (mat_shape){h->n_embd, h->n_head * h->head_v, 1},
                 weight_and(p, NEEDS_O_BIAS));
    planner_vector(p, &layer->sinks, "attn_sinks", "weight", h->n_head, (h->arch.needs & NEEDS_SINKS) != 0);
    plan_head_norm(p, &layer->q_norm, &layer->q_norm_width, "attn_q_norm", h->n_head);
    plan_head_norm(p, &layer->k_norm, &layer->k_norm_width, "attn_k_norm", h->n_head_kv);
}

/* One tensor for all experts, for gate and up together, or for every expert: the first that the file has. */
static void plan_routed(planner *p, layer_weights *layer)
{
    const hparams *const h = p->h;
    const mat_shape in = {h->n_ff_expert, h->n_embd, h->n_expert}, out = {h->n_embd, h->n_ff_expert, h->n_expert};
    const unsigned needs = weight_and(p, NEEDS_EXPERT_BIAS);
    p->cls = SW_CLASS_EXPERTS;
    const gguf_tensor *const fused = planner_find(p, "ffn_gate_up_exps", "weight");
    if (needs == MAT_WEIGHT && planner_find(p, "ffn_gate.0", "weight") != NULL) {
        planner_mats_apart(p, &layer->gate_exps, "ffn_gate", in);
        planner_mats_apart(p, &layer->up_exps, "ffn_up", in);
        planner_mats_apart(p, &layer->down_exps, "ffn_down", out);
        return;
    }
    if (needs == MAT_WEIGHT && fused != NULL) {
        planner_find(p, "ffn_gate_up_exps", "weight"); // the name for messages
        planner_expect(p, fused, in.n_cols, 2 * in.n_rows, in.n_stacked);
        planner_rows(p, &layer->gate_exps, fused, 0, in.n_rows);
        planner_rows(p, &layer->up_exps, fused, in.n_rows, in.n_rows);
    } else {
        planner_mats(p, &layer->gate_exps, "ffn_gate_exps", in, needs);
        planner_mats(p, &layer->up_exps, "ffn_up_exps", in, needs);
    }
    planner_mats(p, &layer->down_exps, "ffn_down_exps", out, needs);
}

static void plan_shared(planner *p, layer_weights *layer)
{
    const size_t width = p->h->n_ff_shared, d = p->h->n_embd;
    if (width == 0)
        return;
    p->cls = SW_CLASS_FFN;
    planner_mat(p, &layer->gate_shared, "ffn_gate_shexp", width, d);
    planner_mat(p, &layer->up_shared, "ffn_up_shexp", width, d);
    planner_mat(p, &layer->down_shared, "ffn_down_shexp", d, width);
    planner_mats(p, &layer->shared_gate, "ffn_gate_inp_shexp", (mat_shape){1, d, 1},
                 (p->h->arch.needs & NEEDS_SHARED_GATE) != 0 ? MAT_WEIGHT : MAT_OPTIONAL);
}

static void plan_experts(planner *p, layer_weights *layer)
{
    p->cls = SW_CLASS_ATTENTION;
    const hparams *const h = p->h;
    planner_mats(p, &layer->router, "ffn_gate_inp", (mat_shape){h->n_expert, h->n_embd, 1},
                 weight_and(p, NEEDS_EXPERT_BIAS));
    if (h->is_masked != NULL)
        planner_switch_off(p, &layer->router, h->is_masked + p->layer * h->n_expert);
    plan_routed(p, layer);
    p->cls = SW_CLASS_ATTENTION;
    // Models that score experts by sigmoids were trained to choose them with this bias.
    planner_vector(p, &layer->selection_bias, "exp_probs_b", "bias", h->n_expert, h->arch.gating == GATE_SIGMOID);
    plan_shared(p, layer);
}

static void plan_dense(planner *p, layer_weights *layer)
{
    const hparams *const h = p->h;
    p->cls = SW_CLASS_FFN;
    const bool is_fused = h->arch.has_fused_gate_up && planner_find(p, "ffn_gate", "weight") == NULL;
    const gguf_tensor *const up = planner_find(p, "ffn_up", "weight");
    if (up == NULL) {
        planner_fail_missing(p);
    } else if (is_fused) {
        planner_expect(p, up, h->n_embd, 2 * h->n_ff, 1);
        planner_rows(p, &layer->gate, up, 0, h->n_ff);
        planner_rows(p, &layer->up, up, h->n_ff, h->n_ff);
    } else {
        planner_mat(p, &layer->gate, "ffn_gate", h->n_ff, h->n_embd);
        planner_mat(p, &layer->up, "ffn_up", h->n_ff, h->n_embd);
    }
    planner_mat(p, &layer->down, "ffn_down", h->n_embd, h->n_ff);
}

/* What belongs to no layer.  The output norm goes with the output layer, its only reader. */
static void plan_globals(planner *p)
{
    model_weights *const w = p->w;
    const size_t n_vocab = p->h->n_vocab, d = p->h->n_embd, half = p->h->n_rot / 2;
    const unsigned needs = p->h->arch.needs;
    p->is_global = true;
    const bool needs_factors =
        (needs & NEEDS_ROPE_FACTORS) != 0 || has_either(p, "rope_factors_long", "rope_factors_short");
    p->cls = SW_CLASS_EMBEDDING;
    planner_mat(p, &w->embd, "token_embd", n_vocab, d);
    p->cls = SW_CLASS_OUTPUT;
    planner_mats(p, &w->output, "output", (mat_shape){n_vocab, d, 1},
                 ((needs & NEEDS_OUTPUT) != 0 ? MAT_WEIGHT : 0) | ((needs & NEEDS_OUTPUT_BIAS) != 0 ? MAT_BIAS : 0));
    planner_norm(p, &w->output_norm, "output_norm");
    p->cls = SW_CLASS_OTHER;
    planner_vector(p, &w->rope_freqs, "rope_freqs", "weight", half, false);
    planner_vector(p, &w->rope_factors_long, "rope_factors_long", "weight", half, needs_factors);
    planner_vector(p, &w->rope_factors_short, "rope_factors_short", "weight", half, needs_factors);
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
        if (!hparams_has_experts(h, p.layer))
            p.cls = SW_CLASS_FFN; // the norm goes with its only reader: the dense block, or the router
        planner_norm(&p, &layer->ffn_norm, h->arch.ffn_norm);
        if (hparams_has_experts(h, p.layer))
            plan_experts(&p, layer);
        else
            plan_dense(&p, layer);
    }
    planner_expect_all_used(&p);
    return p.code;
}

void weights_free(model_weights *w)
{
    for (int tier = 0; tier < N_TIERS; tier++)
        tier_free(&w->blocks[tier].memory, w->blocks[tier].data, w->blocks[tier].n_bytes);
    for (size_t l = 0; w->layers != NULL && l < w->n_layers; l++) {
        mem_free(w->layers[l].gate_exps.split);
        mem_free(w->layers[l].up_exps.split);
        mem_free(w->layers[l].down_exps.split);
    }
    mem_free(w->items);
    mem_free(w->layers);
    *w = (model_weights){0};
}
