/* engine_options.c - the first option out of range is the error. */
#include "public/engine_options.h"

#include "base/limits.h"
#include "public/request.h"

static sw_code check_range(const char *name, int value, int max, sw_err *err)
{
    if (value < 0 || value > max)
        return sw_fail(err, SW_EINVAL, "%s: %d is not between 0 and %d", name, value, max);
    return SW_OK;
}

sw_code engine_options_check(const sw_engine_options *o, sw_err *err)
{
    sw_code code = check_range("n_threads", o->n_threads, LIMIT_THREADS, err);
    if (code == SW_OK)
        code = check_range("n_ctx", o->n_ctx, LIMIT_CTX_TOKENS, err);
    if (code == SW_OK)
        code = check_range("n_seqs", o->n_seqs, LIMIT_SEQUENCES, err);
    if (code == SW_OK)
        code = check_range("n_batch", o->n_batch, LIMIT_BATCH_TOKENS, err);
    if (code == SW_OK)
        code = check_range("n_cpu_moe", o->n_cpu_moe, LIMIT_MODEL_LAYERS, err);
    if (code == SW_OK)
        code = check_range("n_gpu_layers", o->n_gpu_layers == -1 ? 0 : o->n_gpu_layers, LIMIT_MODEL_LAYERS + 1, err);
    if (code == SW_OK)
        code = check_range("stream_tokens", o->stream_tokens == -1 ? 0 : o->stream_tokens, LIMIT_BATCH_TOKENS, err);
    if (code == SW_OK)
        code = check_range("kv_type", (int)o->kv_type, SW_KV_Q8_0, err);
    if (code == SW_OK)
        code = check_range("compat", (int)o->compat, SW_COMPAT_LLAMA_CPP, err);
    if (code == SW_OK)
        code = check_range("n_vram", o->n_vram, LIMIT_DEVICES, err);
    if (code == SW_OK)
        code = check_range("device_check", (int)o->device_check, SW_DEVICE_CHECK_OFF, err);
    if (code == SW_OK)
        code = check_range("expert_trace", o->expert_trace, LIMIT_EXPERT_TRACE_ROWS, err);
    if (code == SW_OK && o->date != NULL)
        code = request_check_date(o->date, err);
    if (code != SW_OK)
        return code;
    if (o->expert_cache_bytes < SW_EXPERT_CACHE_OFF)
        return sw_fail(err, SW_EINVAL, "expert_cache_bytes: %lld is no number of bytes",
                       (long long)o->expert_cache_bytes);
    if (o->cpu_moe && o->n_cpu_moe > 0)
        return sw_fail(err, SW_EINVAL, "n_cpu_moe: not together with cpu_moe, which means all layers");
    if (o->stub_tokens_per_s != 0 && !(o->stub_tokens_per_s >= 0.01 && o->stub_tokens_per_s <= 1e6))
        return sw_fail(err, SW_EINVAL, "stub_tokens_per_s: %g is not 0 and not between 0.01 and 1e6",
                       o->stub_tokens_per_s);
    return SW_OK;
}
