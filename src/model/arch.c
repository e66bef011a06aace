#include "model/arch.h"

#include <stdio.h>

static const sw_arch ARCHS[] = {
    {
        .name = "gpt-oss",
        .norm = SW_NORM_RMS,
        .rope = SW_ROPE_NEOX,
        .gating = SW_GATE_TOPK_SOFTMAX,
        .activation = SW_ACT_SWIGLU_OAI,
        .ffn_norm = "post_attention_norm",
        .expert_width = "expert_feed_forward_length",
        .window_period = 2,
        .yarn_rounds = false,
    },
    {
        .name = "phimoe",
        .norm = SW_NORM_LAYER,
        .rope = SW_ROPE_NEOX,
        .gating = SW_GATE_SPARSEMIXER,
        .activation = SW_ACT_SWIGLU,
        .ffn_norm = "ffn_norm",
        .expert_width = "feed_forward_length",
        .yarn_rounds = true,
    },
    {
        .name = "deepseek",
        .norm = SW_NORM_RMS,
        .rope = SW_ROPE_NORM,
        .gating = SW_GATE_SOFTMAX,
        .activation = SW_ACT_SWIGLU,
        .ffn_norm = "ffn_norm",
        .expert_width = "expert_feed_forward_length",
        .yarn_rounds = true,
    },
};

enum { N_ARCHS = sizeof ARCHS / sizeof ARCHS[0] };

/* Where llama.cpp computes something else than the original model (architectures.md, "DIVERGENCE"). */
static void imitate_llama_cpp(sw_arch *a)
{
    a->yarn_rounds = true;
    a->norm = SW_NORM_RMS;
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
    char known[256] = "";
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
