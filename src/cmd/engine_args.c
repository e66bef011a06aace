#include "cmd/engine_args.h"

#include <string.h>

/* The index of `word` among two choices; `fallback` when it is NULL. */
static sw_code choose(const char *option, const char *word, const char *const choices[2], int fallback, int *out,
                      sw_err *err)
{
    *out = fallback;
    if (word == NULL)
        return SW_OK;
    for (int i = 0; i < 2; i++) {
        if (strcmp(word, choices[i]) == 0) {
            *out = i;
            return SW_OK;
        }
    }
    return sw_fail(err, SW_EINVAL, "%s takes %s or %s, not '%s'", option, choices[0], choices[1], word);
}

sw_code sw_engine_args_resolve(const sw_engine_args *args, sw_engine_options *out, sw_err *err)
{
    static const char *const KV[2] = {[SW_KV_F16] = "f16", [SW_KV_F32] = "f32"};
    static const char *const COMPAT[2] = {[SW_COMPAT_ORIGINAL] = "original", [SW_COMPAT_LLAMA_CPP] = "llama.cpp"};
    int kv_type = SW_KV_F16, compat = SW_COMPAT_ORIGINAL;
    sw_code code = choose("--kv-type", args->kv_type, KV, SW_KV_F16, &kv_type, err);
    if (code == SW_OK)
        code = choose("--compat", args->compat, COMPAT, SW_COMPAT_ORIGINAL, &compat, err);
    if (code == SW_OK && args->cpu_moe && args->n_cpu_moe > 0)
        code = sw_fail(err, SW_EINVAL, "--cpu-moe means all layers: give it or --n-cpu-moe, not both");
    *out = (sw_engine_options){
        .n_threads = (int)args->n_threads,
        .n_ctx = (int)args->n_ctx,
        .n_batch = (int)args->n_batch,
        .kv_type = (sw_kv_type)kv_type,
        .compat = (sw_compat)compat,
        .cpu_moe = args->cpu_moe,
        .n_cpu_moe = (int)args->n_cpu_moe,
    };
    return code;
}
