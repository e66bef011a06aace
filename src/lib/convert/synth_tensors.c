/* synth_tensors.c - the tensors of each family, as conversion scripts name and shape them. */
#include "convert/synth_tensors.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

static void add(synth_tensors *s, const synth_tensor *i)
{
    if (!mem_grow(&s->items, &s->cap, s->n + 1, sizeof *s->items)) {
        s->failed = true;
        return;
    }
    s->items[s->n++] = *i;
    uint64_t rows = 1;
    for (int d = 1; d < i->n_dims; d++)
        rows *= i->ne[d];
    s->bytes += rows * type_row_bytes(i->type, i->ne[0]);
}

static void name_item(synth_tensor *i, int layer, const char *base, const char *suffix)
{
    if (layer >= 0)
        snprintf(i->name, sizeof i->name, "blk.%d.%s.%s", layer, base, suffix);
    else
        snprintf(i->name, sizeof i->name, "%s.%s", base, suffix);
}

/* A matrix, or a stack of n_stacked (> 0) matrices.  The deviation keeps the variance of the input in the output. */
static void add_mat(synth_tensors *s, int layer, const char *base, tensor_type type, int cols, int rows, int n_stacked)
{
    synth_tensor i = {.type = type_fitting(type, (uint64_t)cols),
                      .n_dims = n_stacked > 0 ? 3 : 2,
                      .ne = {(uint64_t)cols, (uint64_t)rows, (uint64_t)(n_stacked > 0 ? n_stacked : 1)},
                      .deviation = 1.0f / sqrtf((float)cols)};
    name_item(&i, layer, base, "weight");
    add(s, &i);
}

/* The distribution of the values of a plain F32 tensor. */
typedef struct spread {
    float mean, deviation;
} spread;

static const spread BIAS = {0, 0.1f}, NORM = {1, 0.1f};

/* A vector of n floats, or n_stacked (> 0) of them. */
static void add_floats(synth_tensors *s, int layer, const char *base, const char *suffix, int n, int n_stacked,
                       spread values)
{
    synth_tensor i = {.type = TYPE_F32,
                      .n_dims = n_stacked > 0 ? 2 : 1,
                      .ne = {(uint64_t)n, (uint64_t)(n_stacked > 0 ? n_stacked : 1), 1},
                      .mean = values.mean,
                      .deviation = values.deviation};
    name_item(&i, layer, base, suffix);
    add(s, &i);
}

/* phimoe is the one family here with LayerNorm, so its norms have a bias. */
static void add_norm(synth_tensors *s, int layer, const char *base, int n)
{
    add_floats(s, layer, base, "weight", n, 0, NORM);
    if (strcmp(s->p->arch, "phimoe") == 0)
        add_floats(s, layer, base, "bias", n, 0, BIAS);
}

/* DeepSeek's latent attention, with keys and values as absorbed matrices per head. */
static void add_latent(synth_tensors *s, int l)
{
    const preset *const p = s->p;
    const int nope = p->head - p->n_rope;
    add_norm(s, l, "attn_norm", p->n_embd);
    add_mat(s, l, "attn_q", p->dense, p->n_embd, p->n_head * p->head, 0);
    add_mat(s, l, "attn_kv_a_mqa", p->dense, p->n_embd, p->n_latent + p->n_rope, 0);
    add_norm(s, l, "attn_kv_a_norm", p->n_latent);
    add_mat(s, l, "attn_k_b", p->dense, nope, p->n_latent, p->n_head);
    add_mat(s, l, "attn_v_b", p->dense, p->n_latent, nope, p->n_head);
    add_mat(s, l, "attn_output", p->dense, p->n_head * nope, p->n_embd, 0);
    add_norm(s, l, "ffn_norm", p->n_embd);
}

/* Attention with grouped queries: q has n_head heads, k and v have n_head_kv. */
static void add_attention(synth_tensors *s, int l)
{
    const preset *const p = s->p;
    const int q = p->n_head * p->head, kv = p->n_head_kv * p->head;
    const bool is_oss = strcmp(p->arch, "gpt-oss") == 0;
    add_norm(s, l, "attn_norm", p->n_embd);
    add_mat(s, l, "attn_q", p->dense, p->n_embd, q, 0);
    add_mat(s, l, "attn_k", p->dense, p->n_embd, kv, 0);
    add_mat(s, l, "attn_v", p->dense, p->n_embd, kv, 0);
    add_mat(s, l, "attn_output", p->dense, q, p->n_embd, 0);
    if (p->has_biases) {
        add_floats(s, l, "attn_q", "bias", q, 0, BIAS);
        add_floats(s, l, "attn_k", "bias", kv, 0, BIAS);
        add_floats(s, l, "attn_v", "bias", kv, 0, BIAS);
        add_floats(s, l, "attn_output", "bias", p->n_embd, 0, BIAS);
    }
    if (is_oss)
        add_floats(s, l, "attn_sinks", "weight", p->n_head, 0, (spread){0, 1.0f});
    if (strcmp(p->arch, "qwen3moe") == 0) {
        add_floats(s, l, "attn_q_norm", "weight", p->head, 0, NORM);
        add_floats(s, l, "attn_k_norm", "weight", p->head, 0, NORM);
    }
    if (strcmp(p->arch, "olmoe") == 0) {
        add_floats(s, l, "attn_q_norm", "weight", q, 0, NORM);
        add_floats(s, l, "attn_k_norm", "weight", kv, 0, NORM);
    }
    add_norm(s, l, is_oss ? "post_attention_norm" : "ffn_norm", p->n_embd);
}

static void add_dense(synth_tensors *s, int l)
{
    const preset *const p = s->p;
    add_mat(s, l, "ffn_gate", p->dense, p->n_embd, p->n_ff, 0);
    add_mat(s, l, "ffn_up", p->dense, p->n_embd, p->n_ff, 0);
    add_mat(s, l, "ffn_down", p->dense, p->n_ff, p->n_embd, 0);
}

/* The router in F32, all experts of a layer as one tensor per matrix, and the shared experts as one wide expert. */
static void add_experts(synth_tensors *s, int l)
{
    const preset *const p = s->p;
    add_mat(s, l, "ffn_gate_inp", TYPE_F32, p->n_embd, p->n_expert, 0);
    add_mat(s, l, "ffn_gate_exps", p->experts, p->n_embd, p->n_ff_expert, p->n_expert);
    add_mat(s, l, "ffn_up_exps", p->experts, p->n_embd, p->n_ff_expert, p->n_expert);
    add_mat(s, l, "ffn_down_exps", p->experts_down, p->n_ff_expert, p->n_embd, p->n_expert);
    if (strcmp(p->arch, "gpt-oss") == 0) {
        add_floats(s, l, "ffn_gate_inp", "bias", p->n_expert, 0, BIAS);
        add_floats(s, l, "ffn_gate_exps", "bias", p->n_ff_expert, p->n_expert, BIAS);
        add_floats(s, l, "ffn_up_exps", "bias", p->n_ff_expert, p->n_expert, BIAS);
        add_floats(s, l, "ffn_down_exps", "bias", p->n_embd, p->n_expert, BIAS);
    }
    const int shared = p->n_expert_shared * p->n_ff_expert;
    if (shared > 0) {
        add_mat(s, l, "ffn_gate_shexp", p->dense, p->n_embd, shared, 0);
        add_mat(s, l, "ffn_up_shexp", p->dense, p->n_embd, shared, 0);
        add_mat(s, l, "ffn_down_shexp", p->dense, shared, p->n_embd, 0);
    }
}

bool synth_tensors_list(const preset *p, synth_tensors *s)
{
    *s = (synth_tensors){.p = p};
    add_mat(s, -1, "token_embd", p->embd, p->n_embd, p->n_vocab, 0);
    s->items[0].deviation = 1.0f;
    for (int l = 0; l < p->n_layers && !s->failed; l++) {
        if (p->n_latent > 0)
            add_latent(s, l);
        else
            add_attention(s, l);
        if (l < p->n_layers_dense)
            add_dense(s, l);
        else
            add_experts(s, l);
    }
    add_norm(s, -1, "output_norm", p->n_embd);
    add_mat(s, -1, "output", p->embd, p->n_embd, p->n_vocab, 0);
    if (strcmp(p->arch, "phimoe") == 0) {
        add_floats(s, -1, "output", "bias", p->n_vocab, 0, BIAS);
        add_floats(s, -1, "rope_factors_short", "weight", p->head / 2, 0, (spread){1.0f, 0.01f});
        add_floats(s, -1, "rope_factors_long", "weight", p->head / 2, 0, (spread){4.0f, 0.5f});
    }
    return !s->failed;
}
