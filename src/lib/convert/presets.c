/* presets.c - one row per model; the tiny- rows are for tests. */
#include "convert/presets.h"

#include <stdio.h>
#include <string.h>

/* Types are those of published files: for gpt-oss MXFP4 experts and Q8_0 for the rest; for the others like "Q4_K_M",
 * where rows whose length is not a multiple of 256 fall back to Q5_0. */
// clang-format off
static const preset PRESETS[] = {
    {.name = "gpt-oss-20b", .arch = "gpt-oss", .n_layers = 24, .n_embd = 2880, .n_head = 64, .n_head_kv = 8,
     .head = 64, .n_expert = 32, .n_expert_used = 4, .n_ff_expert = 2880, .n_vocab = 201088, .n_ctx = 131072,
     .rope_base = 150000, .norm_eps = 1e-5f, .window = 128, .yarn_factor = 32, .ctx_orig = 4096, .has_biases = true,
     .dense = TYPE_Q8_0, .experts = TYPE_MXFP4, .experts_down = TYPE_MXFP4, .embd = TYPE_Q8_0},
    {.name = "gpt-oss-120b", .arch = "gpt-oss", .n_layers = 36, .n_embd = 2880, .n_head = 64, .n_head_kv = 8,
     .head = 64, .n_expert = 128, .n_expert_used = 4, .n_ff_expert = 2880, .n_vocab = 201088, .n_ctx = 131072,
     .rope_base = 150000, .norm_eps = 1e-5f, .window = 128, .yarn_factor = 32, .ctx_orig = 4096, .has_biases = true,
     .dense = TYPE_Q8_0, .experts = TYPE_MXFP4, .experts_down = TYPE_MXFP4, .embd = TYPE_Q8_0},
    {.name = "phi-3.5-moe", .arch = "phimoe", .n_layers = 32, .n_embd = 4096, .n_head = 32, .n_head_kv = 8,
     .head = 128, .n_expert = 16, .n_expert_used = 2, .n_ff_expert = 6400, .n_vocab = 32064, .n_ctx = 131072,
     .rope_base = 10000, .norm_eps = 1e-5f, .ctx_orig = 4096, .has_biases = true, .dense = TYPE_Q4_K,
     .experts = TYPE_Q4_K, .experts_down = TYPE_Q4_K, .embd = TYPE_Q6_K},
    {.name = "deepseek-moe-16b", .arch = "deepseek", .n_layers = 28, .n_embd = 2048, .n_head = 16, .n_head_kv = 16,
     .head = 128, .n_ff = 10944, .n_layers_dense = 1, .n_expert = 64, .n_expert_used = 6, .n_ff_expert = 1408,
     .n_expert_shared = 2, .n_vocab = 102400, .n_ctx = 4096, .rope_base = 10000, .norm_eps = 1e-6f, .dense = TYPE_Q4_K,
     .experts = TYPE_Q4_K, .experts_down = TYPE_Q5_0, .embd = TYPE_Q6_K},
    {.name = "deepseek-v2-lite", .arch = "deepseek2", .n_layers = 27, .n_embd = 2048, .n_head = 16, .head = 192,
     .n_latent = 512, .n_rope = 64, .n_ff = 10944, .n_layers_dense = 1, .n_expert = 64, .n_expert_used = 6,
     .n_ff_expert = 1408, .n_expert_shared = 2, .n_vocab = 102400, .n_ctx = 163840, .rope_base = 10000,
     .norm_eps = 1e-6f, .yarn_factor = 40, .ctx_orig = 4096, .dense = TYPE_Q4_K, .experts = TYPE_Q4_K,
     .experts_down = TYPE_Q5_0, .embd = TYPE_Q6_K},
    {.name = "qwen3-30b-a3b", .arch = "qwen3moe", .n_layers = 48, .n_embd = 2048, .n_head = 32, .n_head_kv = 4,
     .head = 128, .n_expert = 128, .n_expert_used = 8, .n_ff_expert = 768, .n_vocab = 151936, .n_ctx = 40960,
     .rope_base = 1e6f, .norm_eps = 1e-6f, .dense = TYPE_Q4_K, .experts = TYPE_Q4_K, .experts_down = TYPE_Q4_K,
     .embd = TYPE_Q6_K},
    {.name = "olmoe-1b-7b", .arch = "olmoe", .n_layers = 16, .n_embd = 2048, .n_head = 16, .n_head_kv = 16,
     .head = 128, .n_expert = 64, .n_expert_used = 8, .n_ff_expert = 1024, .n_vocab = 50304, .n_ctx = 4096,
     .rope_base = 10000, .norm_eps = 1e-5f, .dense = TYPE_Q4_K, .experts = TYPE_Q4_K, .experts_down = TYPE_Q4_K,
     .embd = TYPE_Q6_K},
    {.name = "mixtral-8x7b", .arch = "llama", .n_layers = 32, .n_embd = 4096, .n_head = 32, .n_head_kv = 8,
     .head = 128, .n_expert = 8, .n_expert_used = 2, .n_ff_expert = 14336, .n_vocab = 32000, .n_ctx = 32768,
     .rope_base = 1e6f, .norm_eps = 1e-5f, .dense = TYPE_Q4_K, .experts = TYPE_Q4_K, .experts_down = TYPE_Q4_K,
     .embd = TYPE_Q6_K},
    {.name = "tiny-gpt-oss", .arch = "gpt-oss", .n_layers = 4, .n_embd = 128, .n_head = 4, .n_head_kv = 2, .head = 32,
     .n_expert = 8, .n_expert_used = 2, .n_ff_expert = 64, .n_vocab = 512, .n_ctx = 4096, .rope_base = 150000,
     .norm_eps = 1e-5f, .window = 128, .yarn_factor = 8, .ctx_orig = 512, .has_biases = true, .dense = TYPE_Q8_0,
     .experts = TYPE_MXFP4, .experts_down = TYPE_MXFP4, .embd = TYPE_Q8_0},
    {.name = "tiny-phimoe", .arch = "phimoe", .n_layers = 4, .n_embd = 256, .n_head = 4, .n_head_kv = 2, .head = 64,
     .n_expert = 8, .n_expert_used = 2, .n_ff_expert = 256, .n_vocab = 512, .n_ctx = 4096, .rope_base = 10000,
     .norm_eps = 1e-5f, .ctx_orig = 512, .has_biases = true, .dense = TYPE_Q4_K, .experts = TYPE_Q4_K,
     .experts_down = TYPE_Q4_K, .embd = TYPE_Q6_K},
    {.name = "tiny-deepseek", .arch = "deepseek", .n_layers = 4, .n_embd = 256, .n_head = 4, .n_head_kv = 4,
     .head = 64, .n_ff = 512, .n_layers_dense = 1, .n_expert = 16, .n_expert_used = 4, .n_ff_expert = 96,
     .n_expert_shared = 2, .n_vocab = 512, .n_ctx = 4096, .rope_base = 10000, .norm_eps = 1e-6f, .dense = TYPE_Q4_K,
     .experts = TYPE_Q4_K, .experts_down = TYPE_Q5_0, .embd = TYPE_Q6_K},
    {.name = "tiny-deepseek2", .arch = "deepseek2", .n_layers = 4, .n_embd = 256, .n_head = 4, .head = 96,
     .n_latent = 128, .n_rope = 32, .n_ff = 512, .n_layers_dense = 1, .n_expert = 16, .n_expert_used = 4,
     .n_ff_expert = 96, .n_expert_shared = 2, .n_vocab = 512, .n_ctx = 4096, .rope_base = 10000, .norm_eps = 1e-6f,
     .yarn_factor = 8, .ctx_orig = 512, .dense = TYPE_Q4_K, .experts = TYPE_Q4_K, .experts_down = TYPE_Q5_0,
     .embd = TYPE_Q6_K},
    {.name = "tiny-qwen3moe", .arch = "qwen3moe", .n_layers = 4, .n_embd = 256, .n_head = 4, .n_head_kv = 2,
     .head = 64, .n_expert = 16, .n_expert_used = 4, .n_ff_expert = 256, .n_vocab = 512, .n_ctx = 4096,
     .rope_base = 1e6f, .norm_eps = 1e-6f, .dense = TYPE_Q4_K, .experts = TYPE_Q4_K, .experts_down = TYPE_Q4_K,
     .embd = TYPE_Q6_K},
};
// clang-format on

enum { N_PRESETS = sizeof PRESETS / sizeof PRESETS[0] };

const preset *preset_find(const char *name)
{
    for (size_t i = 0; i < N_PRESETS; i++) {
        if (strcmp(PRESETS[i].name, name) == 0)
            return &PRESETS[i];
    }
    return NULL;
}

const char *preset_names(void)
{
    static char names[512];
    if (names[0] == '\0') {
        size_t n = 0;
        for (size_t i = 0; i < N_PRESETS; i++)
            n += (size_t)snprintf(names + n, sizeof names - n, "%s%s", i > 0 ? ", " : "", PRESETS[i].name);
    }
    return names;
}
