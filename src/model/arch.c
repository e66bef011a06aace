#include "model/arch.h"

#include <stdio.h>

/* What most families share, written first in every row; a row then overrides what it does differently. */
#define COMMON .ffn_norm = "ffn_norm", .expert_width = "expert_feed_forward_length", .yarn_rounds = true

#if defined(__clang__)
#pragma clang diagnostic ignored "-Winitializer-overrides"
#else
#pragma GCC diagnostic ignored "-Woverride-init"
#endif

static const sw_arch ARCHS[] = {
    {COMMON, .name = "gpt-oss", .rope = SW_ROPE_NEOX, .gating = SW_GATE_TOPK_SOFTMAX, .activation = SW_ACT_SWIGLU_OAI,
     .ffn_norm = "post_attention_norm", .window_period = 2, .yarn_rounds = false},
    {COMMON, .name = "phimoe", .norm = SW_NORM_LAYER, .rope = SW_ROPE_NEOX, .gating = SW_GATE_SPARSEMIXER,
     .expert_width = "feed_forward_length"},
    {COMMON, .name = "deepseek", .rope = SW_ROPE_NORM},
    {COMMON, .name = "llama", .rope = SW_ROPE_NORM, .renormalise = true, .expert_width = "feed_forward_length"},
    {COMMON, .name = "qwen2", .rope = SW_ROPE_NEOX},
    {COMMON, .name = "qwen2moe", .rope = SW_ROPE_NEOX, .splits_dense_width = true,
     .shared_width = "expert_shared_feed_forward_length"},
    {COMMON, .name = "qwen3", .rope = SW_ROPE_NEOX},
    {COMMON, .name = "qwen3moe", .rope = SW_ROPE_NEOX, .renormalise = true, .splits_dense_width = true},
    {COMMON, .name = "olmoe", .rope = SW_ROPE_NEOX, .expert_width = "feed_forward_length"},
    {COMMON, .name = "granite", .rope = SW_ROPE_NORM, .has_multipliers = true},
    {COMMON, .name = "granitemoe", .rope = SW_ROPE_NORM, .renormalise = true, .expert_width = "feed_forward_length",
     .shared_width = "expert_shared_feed_forward_length", .has_multipliers = true},
    {COMMON, .name = "deepseek2", .rope = SW_ROPE_NORM, .gating_in_file = true, .has_latent_attention = true},
    {COMMON, .name = "glm4moe", .rope = SW_ROPE_NEOX, .gating = SW_GATE_SIGMOID, .gating_in_file = true,
     .ffn_norm = "post_attention_norm"},
    {COMMON, .name = "phi3", .rope = SW_ROPE_NEOX, .has_fused_gate_up = true},
};

enum { N_ARCHS = sizeof ARCHS / sizeof ARCHS[0] };

/* Where llama.cpp computes something else than the original model (docs/architecture.md). */
static void imitate_llama_cpp(sw_arch *a)
{
    a->yarn_rounds = true;
    a->norm = SW_NORM_RMS;
    a->groups_by_top_two = true;
    if (a->gating == SW_GATE_SPARSEMIXER) {
        a->gating = SW_GATE_SOFTMAX;
        a->renormalise = true;
    }
}

sw_code sw_arch_find(const sw_gguf *g, bool as_llama_cpp, sw_arch *out, sw_err *err)
{
    sw_str name;
    const sw_code code = sw_gguf_str(g, "general.architecture", &name, err);
    if (code != SW_OK)
        return code;
    if (name.data == NULL)
        return sw_fail(err, SW_EFORMAT, "%s has no key 'general.architecture'; it is no model file", sw_gguf_path(g));
    char known[512] = "";
    size_t n = 0;
    for (size_t i = 0; i < N_ARCHS; i++) {
        if (sw_str_eq(name, ARCHS[i].name)) {
            *out = ARCHS[i];
            if (as_llama_cpp)
                imitate_llama_cpp(out);
            return SW_OK;
        }
        n += (size_t)snprintf(known + n, sizeof known - n, "%s%s", i > 0 ? ", " : "", ARCHS[i].name);
    }
    return sw_fail(err, SW_EUNSUPPORTED, "%s: architecture '%.*s' is not supported; supported are %s", sw_gguf_path(g),
                   (int)(name.size < 64 ? name.size : 64), name.data, known);
}
