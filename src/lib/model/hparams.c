/* hparams.c - reads every dimension with its bounds, so that nothing after it has to check one again. */
#include "model/hparams.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"

/* Reads keys under the architecture's prefix; the first error sticks, so that callers check once. */
typedef struct reader {
    const gguf_file *g;
    const char *arch;
    sw_code code;
    sw_err *err;
    char key[160];
} reader;

static const char *key_of(reader *r, const char *name)
{
    snprintf(r->key, sizeof r->key, "%s.%s", r->arch, name);
    return r->key;
}

static void fail_range(reader *r, const char *name, long long value, long long lo, long long hi)
{
    if (r->code == SW_OK)
        r->code = sw_fail(r->err, SW_EFORMAT, "%s: key '%s' is %lld; %lld to %lld are possible", gguf_path(r->g),
                          key_of(r, name), value, lo, hi);
}

/* True if the key holds an array: one value per layer, of which the first is used.  They must be equal. */
static bool is_uniform_array(reader *r, const char *name, gguf_array *a)
{
    sw_err ignored = {0};
    if (gguf_get_array(r->g, key_of(r, name), a, &ignored) != SW_OK || a->n == 0 || a->type == GGUF_STRING)
        return false;
    const size_t size = gguf_value_bytes(a->type);
    for (size_t i = 1; i < a->n; i++) {
        if (memcmp(a->data, a->data + i * size, size) == 0)
            continue;
        r->code = sw_fail(r->err, SW_EUNSUPPORTED, "%s: key '%s' differs between layers, which is not supported",
                          gguf_path(r->g), r->key);
        break;
    }
    return true;
}

static void fail_type(reader *r, const char *what)
{
    if (r->code == SW_OK)
        r->code = sw_fail(r->err, SW_EFORMAT, "%s: key '%s' must be %s", gguf_path(r->g), r->key, what);
}

static int64_t read_int(reader *r, const char *name)
{
    gguf_array a;
    int64_t v = 0;
    if (is_uniform_array(r, name, &a)) {
        if (!gguf_array_int(&a, 0, &v))
            fail_type(r, "a whole number");
        return v;
    }
    uint32_t scalar = 0;
    r->code = gguf_u32(r->g, r->key, 0, &scalar, r->err);
    return scalar;
}

/* A whole number in [lo, hi]; `fallback` when absent (and then unchecked). */
static int get_int(reader *r, const char *name, int fallback, int lo, int hi)
{
    if (r->code != SW_OK || !gguf_has(r->g, key_of(r, name)))
        return fallback;
    const int64_t v = read_int(r, name);
    if (v < lo || v > hi)
        fail_range(r, name, v, lo, hi);
    return r->code == SW_OK ? (int)v : fallback;
}

static void need(reader *r, const char *name)
{
    if (r->code == SW_OK && !gguf_has(r->g, key_of(r, name)))
        r->code = sw_fail(r->err, SW_EFORMAT, "%s: key '%s' is missing", gguf_path(r->g), r->key);
}

/* The same for a width or count: no limit of base/limits.h is above INT_MAX. */
static size_t get_size(reader *r, const char *name, size_t fallback, size_t lo, size_t hi)
{
    return (size_t)get_int(r, name, (int)fallback, (int)lo, (int)hi);
}

static size_t need_size(reader *r, const char *name, size_t lo, size_t hi)
{
    need(r, name);
    return get_size(r, name, lo, lo, hi);
}

static float get_real(reader *r, const char *name, float fallback)
{
    gguf_array a;
    float v = fallback;
    if (r->code != SW_OK)
        return fallback;
    if (!is_uniform_array(r, name, &a)) {
        r->code = gguf_f32(r->g, r->key, fallback, &v, r->err);
        return v;
    }
    double first;
    if (!gguf_array_real(&a, 0, &first) || !isfinite((float)first)) {
        fail_type(r, "a finite number");
        return fallback;
    }
    return (float)first;
}

static bool get_flag(reader *r, const char *name, bool fallback)
{
    gguf_array a;
    int64_t first;
    bool v = fallback;
    if (r->code != SW_OK)
        return fallback;
    if (!is_uniform_array(r, name, &a))
        r->code = gguf_bool(r->g, r->key, fallback, &v, r->err);
    else if (gguf_array_int(&a, 0, &first))
        v = first != 0;
    else
        fail_type(r, "true or false");
    return v;
}

static float get_positive(reader *r, const char *name, float fallback)
{
    const float v = get_real(r, name, fallback);
    if (r->code == SW_OK && !(v > 0))
        r->code = sw_fail(r->err, SW_EFORMAT, "%s: key '%s' must be above zero", gguf_path(r->g), key_of(r, name));
    return v;
}

static void check(reader *r, bool ok, const char *what)
{
    if (r->code == SW_OK && !ok)
        r->code = sw_fail(r->err, SW_EFORMAT, "%s: %s", gguf_path(r->g), what);
}

/* Head sizes of MLA are those of the expanded form; the cache holds one latent vector and the rotated part.  Older
 * files have no keys of their own for these sizes and use the ordinary ones. */
static void read_latent(reader *r, hparams *h)
{
    if (!h->arch.has_latent_attention)
        return;
    h->n_latent = need_size(r, "attention.kv_lora_rank", 16, LIMIT_HEAD - 16);
    h->n_latent_q = get_size(r, "attention.q_lora_rank", 0, 0, LIMIT_MODEL_DIM);
    h->head_k = get_size(r, "attention.key_length_mla", h->head_k, 8, LIMIT_HEAD);
    h->head_v = get_size(r, "attention.value_length_mla", h->head_v, 1, LIMIT_HEAD);
    h->n_rot = need_size(r, "rope.dimension_count", 2, h->head_k - 1);
    check(r, h->n_latent % 16 == 0, "the rank of the compressed keys and values is no multiple of 16");
    check(r, h->n_latent + h->n_rot <= LIMIT_HEAD, "the compressed keys are too long");
}

static void read_sizes(reader *r, hparams *h)
{
    h->n_layers = need_size(r, "block_count", 1, LIMIT_MODEL_LAYERS);
    h->n_layers_stored = h->n_layers;
    // The last layers may predict further tokens; the model answers without them.
    h->n_layers -= get_size(r, "nextn_predict_layers", 0, 0, h->n_layers - 1);
    h->n_embd = need_size(r, "embedding_length", 1, LIMIT_MODEL_DIM);
    need(r, "context_length");
    h->n_ctx_train = get_int(r, "context_length", 1, 1, INT32_MAX);
    h->n_head = get_size(r, "attention.head_count", 0, 1, LIMIT_MODEL_HEADS);
    check(r, h->n_head > 0, "the number of attention heads is missing");
    h->n_head_kv = get_size(r, "attention.head_count_kv", h->n_head, 1, LIMIT_MODEL_HEADS);
    check(r, h->n_head_kv > 0 && h->n_head % h->n_head_kv == 0,
          "the number of attention heads is no multiple of the number of key heads");
    const size_t head = h->n_head > 0 ? h->n_embd / h->n_head : 1;
    h->head_k = get_size(r, "attention.key_length", head, 1, LIMIT_HEAD);
    h->head_v = get_size(r, "attention.value_length", head, 1, LIMIT_HEAD);
    read_latent(r, h);
    check(r, h->n_latent > 0 || h->head_v % 8 == 0, "the size of a head's values is no multiple of 8");
    h->norm_eps =
        get_positive(r, "attention.layer_norm_rms_epsilon", get_real(r, "attention.layer_norm_epsilon", 1e-5f));
    const gguf_tensor *const embd = gguf_find_tensor(r->g, "token_embd.weight");
    check(r, embd != NULL, "tensor 'token_embd.weight' is missing; the file holds no weights that can run");
    check(r, embd == NULL || embd->ne[1] <= LIMIT_VOCAB_TOKENS, "the vocabulary is too large");
    h->n_vocab = embd != NULL ? embd->ne[1] : 0;
}

/* expert_gating_func and expert_weights_norm, where the file decides. */
static void read_gating(reader *r, hparams *h)
{
    if (!h->arch.gating_in_file)
        return;
    static const gating_kind BY_ID[4] = {0, GATE_SOFTMAX, GATE_SIGMOID, GATE_TOPK_SOFTMAX};
    const int id = get_int(r, "expert_gating_func", 0, 0, 3);
    if (id > 0)
        h->arch.gating = BY_ID[id];
    h->arch.groups_by_top_two = h->arch.groups_by_top_two || h->arch.gating == GATE_SIGMOID;
    h->arch.renormalise = get_flag(r, "expert_weights_norm", h->arch.renormalise);
}

static void read_groups(reader *r, hparams *h)
{
    h->n_groups = get_size(r, "expert_group_count", 1, 0, LIMIT_MODEL_EXPERT_GROUPS);
    if (h->n_groups < 1)
        h->n_groups = 1;
    check(r, h->n_expert % h->n_groups == 0, "the experts cannot be divided evenly into expert_group_count groups");
    h->n_groups_used = get_size(r, "expert_group_used_count", h->n_groups, 0, h->n_groups);
    if (h->n_groups_used < 1)
        h->n_groups_used = h->n_groups;
    check(r, h->n_expert / h->n_groups * h->n_groups_used >= h->n_expert_used,
          "the expert groups kept hold fewer experts than a token uses");
}

static void read_experts(reader *r, hparams *h)
{
    h->n_expert = get_size(r, "expert_count", 0, 0, LIMIT_MODEL_EXPERTS);
    h->n_ff = get_size(r, "feed_forward_length", 0, 0, LIMIT_MODEL_DIM);
    h->expert_scale = 1;
    h->n_groups = h->n_groups_used = 1;
    if (h->n_expert == 0)
        return;
    h->n_expert_used = need_size(r, "expert_used_count", 1,
                                 h->n_expert < LIMIT_MODEL_EXPERTS_USED ? h->n_expert : LIMIT_MODEL_EXPERTS_USED);
    if (h->arch.splits_dense_width && !gguf_has(r->g, key_of(r, h->arch.expert_width)))
        h->n_ff_expert = h->n_ff / h->n_expert_used;
    else
        h->n_ff_expert = need_size(r, h->arch.expert_width, 1, LIMIT_MODEL_DIM);
    check(r, h->n_ff_expert > 0, "the width of an expert is missing");
    h->n_expert_shared = get_size(r, "expert_shared_count", 0, 0, LIMIT_MODEL_EXPERTS_SHARED);
    h->n_ff_shared = h->n_expert_shared * h->n_ff_expert;
    if (h->arch.shared_width != NULL)
        h->n_ff_shared =
            get_size(r, h->arch.shared_width, h->arch.splits_dense_width ? h->n_ff : 0, 0, LIMIT_MODEL_DIM);
    h->n_layers_dense = get_size(r, "leading_dense_block_count", 0, 0, h->n_layers);
    const float scale = get_real(r, "expert_weights_scale", 1);
    h->expert_scale = scale != 0 ? scale : 1;
    read_gating(r, h);
    read_groups(r, h);
    check(r, h->arch.gating != GATE_SPARSEMIXER || h->n_expert_used == 2,
          "this family's router chooses exactly two experts; use --compat llama.cpp for other numbers");
}

/* A factor whose value 0 means "none". */
static float get_scale(reader *r, const char *name, float none)
{
    const float v = get_real(r, name, 0);
    return v != 0 ? v : none;
}

static void read_multipliers(reader *r, hparams *h)
{
    h->embd_scale = h->residual_scale = h->logit_divisor = 1;
    h->attn_scale = 1.0f / sqrtf((float)h->head_k);
    if (!h->arch.has_multipliers)
        return;
    h->embd_scale = get_scale(r, "embedding_scale", 1);
    h->residual_scale = get_scale(r, "residual_scale", 1);
    h->logit_divisor = get_scale(r, "logit_scale", 1);
    h->attn_scale = get_scale(r, "attention.scale", h->attn_scale);
}

static void read_rope(reader *r, hparams *h)
{
    h->n_rot = get_size(r, "rope.dimension_count", h->head_k, 2, h->head_k);
    check(r, h->n_rot % 2 == 0, "the number of rotated elements is odd");
    h->rope_base = get_positive(r, "rope.freq_base", 10000);
    h->rope_factor = get_real(r, "rope.scaling.factor", get_real(r, "rope.scale_linear", 1));
    if (!(h->rope_factor > 0))
        h->rope_factor = 1;
    h->rope_ctx_orig = get_int(r, "rope.scaling.original_context_length", h->n_ctx_train, 1, INT32_MAX);
    h->rope_attn_factor = get_positive(r, "rope.scaling.attn_factor", 1);
    str_view type = {NULL, 0};
    if (r->code == SW_OK)
        r->code = gguf_str(r->g, key_of(r, "rope.scaling.type"), &type, r->err);
    if (type.data == NULL || str_view_eq(type, "linear") || str_view_eq(type, "longrope"))
        h->rope_scaling = SCALING_LINEAR;
    else if (str_view_eq(type, "yarn"))
        h->rope_scaling = SCALING_YARN;
    else if (str_view_eq(type, "none"))
        h->rope_scaling = SCALING_NONE;
    else
        check(r, false, "the rope scaling type is unknown; none, linear, yarn and longrope are supported");
    // DeepSeek: with this key YaRN's magnitude goes into the scores alone: they are scaled by its square.
    const float log_multiplier = h->n_latent > 0 ? get_real(r, "rope.scaling.yarn_log_multiplier", 0) : 0;
    if (log_multiplier != 0 && h->rope_scaling == SCALING_YARN && h->rope_factor > 1) {
        const float m = log_multiplier * logf(h->rope_factor) + 1; // 0.1 m_all ln s + 1, and the key is 0.1 m_all
        h->attn_scale *= m * m;
        h->yarn_keeps_magnitude = true;
    }
    // This family says with this key whether it rotates at all.
    if (h->arch.has_multipliers && !get_flag(r, "rope.scaling.finetuned", true))
        h->n_rot = 0;
}

static void read_window(reader *r, hparams *h)
{
    if (h->arch.window_period == 0)
        return;
    h->n_window = get_int(r, "attention.sliding_window", 0, 0, INT32_MAX);
    // An array here belongs to other families; the architecture's own pattern is then used.
    gguf_array a;
    sw_err ignored = {0};
    h->window_period = h->arch.window_period;
    if (gguf_get_array(r->g, key_of(r, "attention.sliding_window_pattern"), &a, &ignored) != SW_OK || a.n == 0)
        h->window_period = get_size(r, "attention.sliding_window_pattern", h->arch.window_period, 0, 1024);
}

sw_code hparams_read(const gguf_file *g, bool as_llama_cpp, hparams *out, sw_err *err)
{
    memset(out, 0, sizeof *out);
    sw_code code = arch_find(g, as_llama_cpp, &out->arch, err);
    if (code != SW_OK)
        return code;
    reader r = {.g = g, .arch = out->arch.name, .err = err};
    read_sizes(&r, out);
    read_experts(&r, out);
    read_multipliers(&r, out);
    read_rope(&r, out);
    read_window(&r, out);
    out->ties_output = gguf_find_tensor(g, "output.weight") == NULL;
    return r.code;
}
