/* engine_args.c - words of the command line to values of the public header. */
#include "cmd/engine_args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "cache/expert_profile.h"
#include "cmd/byte_count.h"

enum {
    PROFILE_BYTES_MAX = 64 << 20,
    N_CHOICES_MAX = 3,
    ALL_LAYERS = LIMIT_MODEL_LAYERS + 1 /* and what is beside them */
};

/* Writes the index of `word` among the choices, a list that ends with NULL, to *out; 0, the default, if word is NULL.
 * Errors: SW_EINVAL. */
static sw_code choose(const char *option, const char *word, const char *const choices[N_CHOICES_MAX + 1], int *out,
                      sw_err *err)
{
    char list[64] = "";
    size_t n = 0;
    *out = 0;
    for (int i = 0; choices[i] != NULL; i++) {
        if (word == NULL || strcmp(word, choices[i]) == 0) {
            *out = i;
            return SW_OK;
        }
        n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", i > 0 ? " or " : "", choices[i]);
    }
    return sw_fail(err, SW_EINVAL, "%s takes %s, not '%s'", option, list, word);
}

/* The type of keys and values: from --kv-type, or from llama.cpp's two options, which must agree.  Errors: SW_EINVAL.
 */
static sw_code kv_type_word(const engine_args *a, const char **out, sw_err *err)
{
    const char *const k = a->k_type != NULL ? a->k_type : "f16", *const v = a->v_type != NULL ? a->v_type : "f16";
    *out = a->kv_type;
    if (a->k_type == NULL && a->v_type == NULL)
        return SW_OK;
    if (strcmp(k, v) != 0)
        return sw_fail(err, SW_EINVAL,
                       "--cache-type-k %s with --cache-type-v %s: keys and values have one type here; use --kv-type", k,
                       v);
    *out = k;
    return SW_OK;
}

/* Writes the number of layers that a word means, as in sw_engine_options.  Errors: SW_EINVAL. */
static sw_code gpu_layers_of(const char *word, int *out, sw_err *err)
{
    *out = 0;
    if (word == NULL || strcmp(word, "auto") == 0)
        return SW_OK;
    char *end;
    const long n = strcmp(word, "all") == 0 ? ALL_LAYERS : strtol(word, &end, 10);
    if (n != ALL_LAYERS && (word[0] < '0' || word[0] > '9' || *end != '\0'))
        return sw_fail(err, SW_EINVAL, "--n-gpu-layers takes a number of layers, all or auto, not '%s'", word);
    *out = n == 0 ? -1 : n < ALL_LAYERS ? (int)n : ALL_LAYERS;
    return SW_OK;
}

/* Writes the bytes that a word means, as in sw_engine_options.  Errors: SW_EINVAL. */
static sw_code expert_cache_of(const char *word, int64_t *out, sw_err *err)
{
    uint64_t bytes = 0;
    *out = 0;
    if (word == NULL || strcmp(word, "auto") == 0)
        return SW_OK;
    if (strcmp(word, "off") == 0 || strcmp(word, "all") == 0) {
        *out = strcmp(word, "off") == 0 ? SW_EXPERT_CACHE_OFF : SW_EXPERT_CACHE_ALL;
        return SW_OK;
    }
    if (!byte_count_parse(word, &bytes) || bytes == 0 || bytes >= (uint64_t)SW_EXPERT_CACHE_ALL)
        return sw_fail(err, SW_EINVAL, "--expert-cache takes a size, such as 2G, auto, all or off, not '%s'", word);
    *out = (int64_t)bytes;
    return SW_OK;
}

/* Writes what --stream-tokens means, as in sw_engine_options.  Errors: SW_EINVAL. */
static sw_code stream_tokens_of(const char *word, int *out, sw_err *err)
{
    *out = 0;
    if (word == NULL || strcmp(word, "auto") == 0)
        return SW_OK;
    char *end;
    const long n = strcmp(word, "off") == 0 ? -1 : strtol(word, &end, 10);
    if (n != -1 && (word[0] < '0' || word[0] > '9' || *end != '\0' || n < 1 || n > LIMIT_BATCH_TOKENS))
        return sw_fail(err, SW_EINVAL, "--stream-tokens takes a number of tokens from 1 to %d, auto or off, not '%s'",
                       LIMIT_BATCH_TOKENS, word);
    *out = (int)n;
    return SW_OK;
}

/* "6G", or a list with a size or "auto" for each GPU, which this module keeps as it keeps the profile. */
static sw_code read_vram(const char *text, sw_engine_options *out, sw_err *err)
{
    static uint64_t list[LIMIT_DEVICES];
    int n = 0;
    for (const char *at = text; at != NULL; n++) {
        char word[32];
        const size_t length = strcspn(at, ",");
        snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word), at);
        if (n == LIMIT_DEVICES)
            return sw_fail(err, SW_EINVAL, "--vram: an engine has at most %d devices", (int)LIMIT_DEVICES);
        list[n] = 0;
        if (strcmp(word, "auto") != 0 && !byte_count_parse(word, &list[n]))
            return sw_fail(err, SW_EINVAL, "--vram takes a size, such as 6G, or auto, not '%s'", word);
        at = at[length] == ',' ? at + length + 1 : NULL;
    }
    out->vram_bytes = n == 1 ? list[0] : 0;
    out->vram_list = n > 1 ? list : NULL;
    out->n_vram = n > 1 ? n : 0;
    return SW_OK;
}

/* Reads the profile of experts, if there is one.  One command runs in a process, and its engines are opened with the
 * options of the last call: the table is kept here and not by each command. */
static sw_code read_profile(const char *path, sw_engine_options *out, sw_err *err)
{
    static double *heat;
    char *text;
    size_t n;
    if (path == NULL)
        return SW_OK;
    sw_code code = file_slurp(path, PROFILE_BYTES_MAX, &text, &n, err);
    if (code != SW_OK)
        return code;
    expert_profile profile;
    code = expert_profile_parse(&profile, text, n, path, err);
    mem_free(text);
    mem_free(heat);
    heat = code == SW_OK ? expert_profile_heat(&profile) : NULL;
    if (code == SW_OK && heat == NULL)
        code = sw_fail(err, SW_ENOMEM, "out of memory");
    out->expert_heat = heat;
    out->heat_layers = profile.n_layers;
    out->heat_experts = profile.n_experts;
    expert_profile_free(&profile);
    return code;
}

sw_code engine_args_resolve(const engine_args *args, sw_engine_options *out, sw_err *err)
{
    static const char *const KV[N_CHOICES_MAX + 1] = {[SW_KV_F16] = "f16", [SW_KV_F32] = "f32", [SW_KV_Q8_0] = "q8_0"};
    static const char *const COMPAT[N_CHOICES_MAX + 1] = {
        [SW_COMPAT_ORIGINAL] = "original", [SW_COMPAT_LLAMA_CPP] = "llama.cpp"};
    int64_t expert_cache_bytes = 0;
    static const char *const CHECKS[N_CHOICES_MAX + 1] = {
        [SW_DEVICE_CHECK_AUTO] = "auto", [SW_DEVICE_CHECK_ON] = "on", [SW_DEVICE_CHECK_OFF] = "off"};
    int kv_type = SW_KV_F16, compat = SW_COMPAT_ORIGINAL, check = SW_DEVICE_CHECK_AUTO, n_gpu_layers = 0,
        stream_tokens = 0;
    const char *kv_word;
    sw_code code = kv_type_word(args, &kv_word, err);
    if (code == SW_OK)
        code = choose("--kv-type", kv_word, KV, &kv_type, err);
    if (code == SW_OK)
        code = choose("--compat", args->compat, COMPAT, &compat, err);
    if (code == SW_OK)
        code = choose("--device-check", args->device_check, CHECKS, &check, err);
    if (code == SW_OK)
        code = gpu_layers_of(args->gpu_layers, &n_gpu_layers, err);
    if (code == SW_OK)
        code = expert_cache_of(args->expert_cache, &expert_cache_bytes, err);
    if (code == SW_OK)
        code = stream_tokens_of(args->stream_tokens, &stream_tokens, err);
    if (code == SW_OK && args->cpu_moe && args->n_cpu_moe > 0)
        code = sw_fail(err, SW_EINVAL, "--cpu-moe applies to all layers: give it or --n-cpu-moe, not both");
    *out = (sw_engine_options){
        .n_threads = (int)args->n_threads,
        .n_ctx = (int)args->n_ctx,
        .n_batch = (int)args->n_batch,
        .kv_type = (sw_kv_type)kv_type,
        .compat = (sw_compat)compat,
        .date = args->date,
        .cpu_moe = args->cpu_moe,
        .n_cpu_moe = (int)args->n_cpu_moe,
        .n_gpu_layers = n_gpu_layers,
        .override_tensors = args->override_tensors,
        .mask_experts = args->mask_experts,
        .expert_cache_bytes = expert_cache_bytes,
        .stream_tokens = stream_tokens,
        .devices = args->devices != NULL ? args->devices : "auto",
        .device_check = (sw_device_check)check,
        .is_strict = args->is_strict,
    };
    if (code == SW_OK)
        code = read_vram(args->vram, out, err);
    return code == SW_OK ? read_profile(args->expert_profile, out, err) : code;
}

void engine_args_warn(sw_engine *engine)
{
    const sw_engine_state state = sw_engine_get_state(engine);
    if (state.placement_note != NULL)
        fprintf(stderr, "warning: %s\n", state.placement_note);
}
