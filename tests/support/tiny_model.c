#include "support/tiny_model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

static const char *const NAMES[TINY_N_ARCHS] = {"gpt-oss", "phimoe", "deepseek"};

const char *tiny_name(tiny_arch arch)
{
    return NAMES[arch];
}

typedef struct maker {
    gguf_builder *b;
    tiny_arch arch;
    const tiny_options *options;
    rng_state rng;
    int layer; // -1: global
} maker;

/* A float32 tensor of values uniform in centre +- spread. */
static void tensor(maker *m, const char *base, uint64_t n0, uint64_t n1, uint64_t n2, float centre, float spread)
{
    char name[64];
    if (m->layer < 0)
        snprintf(name, sizeof name, "%s", base);
    else
        snprintf(name, sizeof name, "blk.%d.%s", m->layer, base);
    const uint64_t ne[4] = {n0, n1, n2, 0};
    const size_t n = (size_t)(n0 * (n1 > 0 ? n1 : 1) * (n2 > 0 ? n2 : 1));
    float *const values = malloc(n * sizeof *values);
    if (values == NULL)
        abort();
    for (size_t i = 0; i < n; i++)
        values[i] = centre + spread * (2 * rng_float(&m->rng) - 1);
    builder_tensor(m->b, name, TYPE_F32, ne, values, n * sizeof *values);
    free(values);
}

static void matrix(maker *m, const char *base, uint64_t n_cols, uint64_t n_rows, uint64_t n_stacked)
{
    tensor(m, base, n_cols, n_rows, n_stacked, 0, 2 / sqrtf((float)n_cols));
}

static void vector(maker *m, const char *base, uint64_t n, float centre)
{
    tensor(m, base, n, 0, 0, centre, 0.25f);
}

static void attention(maker *m)
{
    const bool has_bias = m->arch != TINY_DEEPSEEK;
    const uint64_t q = TINY_HEADS * TINY_HEAD, kv = TINY_HEADS_KV * TINY_HEAD;
    vector(m, "attn_norm.weight", TINY_EMBD, 1);
    matrix(m, "attn_q.weight", TINY_EMBD, q, 0);
    matrix(m, "attn_k.weight", TINY_EMBD, kv, 0);
    matrix(m, "attn_v.weight", TINY_EMBD, kv, 0);
    matrix(m, "attn_output.weight", q, TINY_EMBD, 0);
    if (has_bias) {
        vector(m, "attn_q.bias", q, 0);
        vector(m, "attn_k.bias", kv, 0);
        vector(m, "attn_v.bias", kv, 0);
        vector(m, "attn_output.bias", TINY_EMBD, 0);
    }
    if (m->arch == TINY_PHIMOE)
        vector(m, "attn_norm.bias", TINY_EMBD, 0);
    if (m->arch == TINY_GPT_OSS)
        vector(m, "attn_sinks.weight", TINY_HEADS, 0);
}

static void experts(maker *m)
{
    matrix(m, "ffn_gate_inp.weight", TINY_EMBD, TINY_EXPERTS, 0);
    matrix(m, "ffn_gate_exps.weight", TINY_EMBD, TINY_FF, TINY_EXPERTS);
    matrix(m, "ffn_up_exps.weight", TINY_EMBD, TINY_FF, TINY_EXPERTS);
    matrix(m, "ffn_down_exps.weight", TINY_FF, TINY_EMBD, TINY_EXPERTS);
    if (m->arch == TINY_GPT_OSS) {
        vector(m, "ffn_gate_inp.bias", TINY_EXPERTS, 0);
        tensor(m, "ffn_gate_exps.bias", TINY_FF, TINY_EXPERTS, 0, 0, 0.25f);
        tensor(m, "ffn_up_exps.bias", TINY_FF, TINY_EXPERTS, 0, 0, 0.25f);
        tensor(m, "ffn_down_exps.bias", TINY_EMBD, TINY_EXPERTS, 0, 0, 0.25f);
    }
    if (m->arch == TINY_DEEPSEEK) {
        matrix(m, "ffn_gate_shexp.weight", TINY_EMBD, TINY_FF, 0);
        matrix(m, "ffn_up_shexp.weight", TINY_EMBD, TINY_FF, 0);
        matrix(m, "ffn_down_shexp.weight", TINY_FF, TINY_EMBD, 0);
    }
}

static void feed_forward(maker *m)
{
    vector(m, m->arch == TINY_GPT_OSS ? "post_attention_norm.weight" : "ffn_norm.weight", TINY_EMBD, 1);
    if (m->arch == TINY_PHIMOE)
        vector(m, "ffn_norm.bias", TINY_EMBD, 0);
    if (m->arch == TINY_DEEPSEEK && m->layer == 0) {
        matrix(m, "ffn_gate.weight", TINY_EMBD, TINY_FF, 0);
        matrix(m, "ffn_up.weight", TINY_EMBD, TINY_FF, 0);
        matrix(m, "ffn_down.weight", TINY_FF, TINY_EMBD, 0);
    } else {
        experts(m);
    }
}

static void arch_u32(maker *m, const char *key, uint32_t v)
{
    char full[96];
    snprintf(full, sizeof full, "%s.%s", NAMES[m->arch], key);
    builder_u32(m->b, full, v);
}

static void arch_f32(maker *m, const char *key, float v)
{
    char full[96];
    snprintf(full, sizeof full, "%s.%s", NAMES[m->arch], key);
    builder_f32(m->b, full, v);
}

static void dimensions(maker *m)
{
    builder_str(m->b, "general.architecture", NAMES[m->arch]);
    builder_str(m->b, "general.name", "tiny");
    arch_u32(m, "block_count", (uint32_t)m->options->n_layers);
    arch_u32(m, "context_length", (uint32_t)m->options->n_ctx);
    if (m->options->n_ctx_original > 0)
        arch_u32(m, "rope.scaling.original_context_length", (uint32_t)m->options->n_ctx_original);
    arch_u32(m, "embedding_length", TINY_EMBD);
    arch_u32(m, "attention.head_count", TINY_HEADS);
    arch_u32(m, "attention.head_count_kv", TINY_HEADS_KV);
    arch_u32(m, "expert_count", TINY_EXPERTS);
    arch_u32(m, "expert_used_count", TINY_USED);
    arch_u32(m, "feed_forward_length", TINY_FF);
    arch_f32(m, "attention.layer_norm_rms_epsilon", 1e-5f);
    if (m->arch != TINY_PHIMOE)
        arch_u32(m, "expert_feed_forward_length", TINY_FF);
    if (m->arch == TINY_GPT_OSS) {
        arch_u32(m, "attention.sliding_window", 8);
        arch_u32(m, "rope.scaling.original_context_length", 32);
        arch_f32(m, "rope.scaling.factor", 4);
        builder_str(m->b, "gpt-oss.rope.scaling.type", "yarn");
    }
    if (m->arch == TINY_DEEPSEEK) {
        arch_u32(m, "expert_shared_count", 1);
        arch_u32(m, "leading_dense_block_count", 1);
    }
}

/* The vocabulary is letters, digits and a few ends; it merges nothing. */
static void vocabulary(maker *m)
{
    char texts[TINY_VOCAB][8];
    const char *pointers[TINY_VOCAB];
    int32_t types[TINY_VOCAB];
    for (int i = 0; i < TINY_VOCAB; i++) {
        if (i < 26)
            snprintf(texts[i], sizeof texts[i], "%c", 'a' + i);
        else
            snprintf(texts[i], sizeof texts[i], i < 36 ? "%d" : "<s%d>", i - 26);
        pointers[i] = texts[i];
        types[i] = i < 36 ? 1 : 3;
    }
    builder_str(m->b, "tokenizer.ggml.model", "gpt2");
    builder_strings(m->b, "tokenizer.ggml.tokens", pointers, TINY_VOCAB);
    builder_array(m->b, "tokenizer.ggml.token_type", GGUF_I32, TINY_VOCAB, types, sizeof types);
    builder_strings(m->b, "tokenizer.ggml.merges", pointers, 0);
    builder_u32(m->b, "tokenizer.ggml.eos_token_id", TINY_VOCAB - 1);
}

static void build(gguf_builder *b, const tiny_options *o, int inf_token)
{
    const tiny_arch arch = o->arch;
    maker m = {.b = b, .arch = arch, .options = o, .layer = -1};
    rng_seed(&m.rng, 42);
    dimensions(&m);
    vocabulary(&m);
    const size_t embd_at = b->data.size;
    tensor(&m, "token_embd.weight", TINY_EMBD, TINY_VOCAB, 0, 0, 1);
    if (inf_token >= 0) {
        const float inf = INFINITY;
        memcpy(b->data.data + embd_at + (size_t)inf_token * TINY_EMBD * sizeof inf, &inf, sizeof inf);
    }
    matrix(&m, "output.weight", TINY_EMBD, TINY_VOCAB, 0);
    vector(&m, "output_norm.weight", TINY_EMBD, 1);
    if (arch == TINY_PHIMOE) {
        vector(&m, "output_norm.bias", TINY_EMBD, 0);
        vector(&m, "output.bias", TINY_VOCAB, 0);
        vector(&m, "rope_factors_long.weight", TINY_HEAD / 2, 2);
        vector(&m, "rope_factors_short.weight", TINY_HEAD / 2, 1);
    }
    for (m.layer = 0; m.layer < o->n_layers; m.layer++) {
        attention(&m);
        feed_forward(&m);
    }
}

void tiny_build(gguf_builder *b, tiny_arch arch, int inf_token)
{
    build(b, &(tiny_options){.arch = arch, .n_layers = TINY_LAYERS, .n_ctx = TINY_CTX}, inf_token);
}

void tiny_write(const char *path, tiny_arch arch, int inf_token)
{
    gguf_builder b;
    builder_begin(&b);
    tiny_build(&b, arch, inf_token);
    builder_write(&b, path);
    builder_end(&b);
}

void tiny_write_as(const char *path, const tiny_options *options)
{
    gguf_builder b;
    builder_begin(&b);
    build(&b, options, TINY_NO_TOKEN);
    builder_write(&b, path);
    builder_end(&b);
}
