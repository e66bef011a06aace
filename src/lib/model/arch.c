/* arch.c - the table of families.  A new one is a row here and a golden model that proves it. */
#include "model/arch.h"

#include <stdio.h>

/* What most families share, written first in every row; a row then overrides what it does differently. */
#define COMMON .ffn_norm = "ffn_norm", .expert_width = "expert_feed_forward_length", .yarn_rounds = true

#if defined(__clang__)
#pragma clang diagnostic ignored "-Winitializer-overrides"
#else
#pragma GCC diagnostic ignored "-Woverride-init"
#endif

static const model_arch ARCHS[] = {
    {COMMON, .name = "gpt-oss", .needs = NEEDS_QKV_BIAS | NEEDS_O_BIAS | NEEDS_SINKS | NEEDS_EXPERT_BIAS | NEEDS_OUTPUT,
     .rope = ROPE_NEOX, .gating = GATE_TOPK_SOFTMAX, .activation = ACT_SWIGLU_OAI, .ffn_norm = "post_attention_norm",
     .window_period = 2, .yarn_rounds = false},
    {COMMON, .name = "phimoe",
     .needs = NEEDS_QKV_BIAS | NEEDS_O_BIAS | NEEDS_NORM_BIAS | NEEDS_OUTPUT | NEEDS_OUTPUT_BIAS | NEEDS_ROPE_FACTORS,
     .norm = NORM_LAYER, .rope = ROPE_NEOX, .gating = GATE_SPARSEMIXER, .expert_width = "feed_forward_length"},
    {COMMON, .name = "deepseek", .rope = ROPE_NORM},
    {COMMON, .name = "llama", .rope = ROPE_NORM, .renormalise = true, .expert_width = "feed_forward_length"},
    {COMMON, .name = "qwen2", .needs = NEEDS_QKV_BIAS, .rope = ROPE_NEOX},
    {COMMON, .name = "qwen2moe", .needs = NEEDS_QKV_BIAS | NEEDS_SHARED_GATE | NEEDS_OUTPUT, .rope = ROPE_NEOX,
     .splits_dense_width = true, .shared_width = "expert_shared_feed_forward_length"},
    {COMMON, .name = "qwen3", .needs = NEEDS_HEAD_NORMS, .rope = ROPE_NEOX},
    {COMMON, .name = "qwen3moe", .needs = NEEDS_HEAD_NORMS, .rope = ROPE_NEOX, .renormalise = true,
     .splits_dense_width = true},
    {COMMON, .name = "olmoe", .needs = NEEDS_HEAD_NORMS | NEEDS_OUTPUT, .rope = ROPE_NEOX,
     .expert_width = "feed_forward_length"},
    {COMMON, .name = "granite", .rope = ROPE_NORM, .has_multipliers = true},
    {COMMON, .name = "granitemoe", .rope = ROPE_NORM, .renormalise = true, .expert_width = "feed_forward_length",
     .shared_width = "expert_shared_feed_forward_length", .has_multipliers = true},
    {COMMON, .name = "deepseek2", .rope = ROPE_NORM, .gating_in_file = true, .has_latent_attention = true},
    {COMMON, .name = "glm4moe", .needs = NEEDS_QKV_BIAS, .rope = ROPE_NEOX, .gating = GATE_SIGMOID,
     .gating_in_file = true, .ffn_norm = "post_attention_norm"},
    {COMMON, .name = "phi3", .rope = ROPE_NEOX, .has_fused_gate_up = true},
};

enum { N_ARCHS = sizeof ARCHS / sizeof ARCHS[0] };

/* Where llama.cpp computes something else than the original model (docs/architecture.md). */
static void imitate_llama_cpp(model_arch *a)
{
    a->yarn_rounds = true;
    a->norm = NORM_RMS;
    a->groups_by_top_two = true;
    if (a->gating == GATE_SPARSEMIXER) {
        a->gating = GATE_SOFTMAX;
        a->renormalise = true;
    }
}

sw_code arch_find(const gguf_file *g, bool as_llama_cpp, model_arch *out, sw_err *err)
{
    str_view name;
    const sw_code code = gguf_str(g, "general.architecture", &name, err);
    if (code != SW_OK)
        return code;
    if (name.data == NULL)
        return sw_fail(err, SW_EFORMAT, "%s has no key 'general.architecture'; it is no model file", gguf_path(g));
    char known[512] = "";
    size_t n = 0;
    for (size_t i = 0; i < N_ARCHS; i++) {
        if (str_view_eq(name, ARCHS[i].name)) {
            *out = ARCHS[i];
            if (as_llama_cpp)
                imitate_llama_cpp(out);
            return SW_OK;
        }
        n += (size_t)snprintf(known + n, sizeof known - n, "%s%s", i > 0 ? ", " : "", ARCHS[i].name);
    }
    return sw_fail(err, SW_EUNSUPPORTED, "%s: architecture '%.*s' is not supported; supported are %s", gguf_path(g),
                   (int)(name.size < 64 ? name.size : 64), name.data, known);
}
