/* info.c - counts over the tensors of a header; a tensor's class comes from its name alone. */
#include "model/info.h"

#include <string.h>

const char *sw_tensor_class_name(sw_tensor_class c)
{
    static const char *const NAMES[SW_N_CLASSES] = {"experts", "attention", "ffn", "embedding", "output", "other"};
    return NAMES[c];
}

static bool contains(str_view name, const char *part)
{
    const size_t n = strlen(part);
    for (size_t i = 0; i + n <= name.size; i++) {
        if (memcmp(name.data + i, part, n) == 0)
            return true;
    }
    return false;
}

/* "ffn_gate.3.weight": one expert's matrix in files that do not stack them. */
static bool is_one_expert(str_view name)
{
    static const char *const BASES[] = {".ffn_gate.", ".ffn_up.", ".ffn_down."};
    for (size_t b = 0; b < sizeof BASES / sizeof *BASES; b++) {
        const size_t n = strlen(BASES[b]);
        for (size_t i = 0; i + n < name.size; i++) {
            if (memcmp(name.data + i, BASES[b], n) == 0)
                return name.data[i + n] >= '0' && name.data[i + n] <= '9';
        }
    }
    return false;
}

sw_tensor_class info_classify_tensor(str_view name)
{
    if (is_one_expert(name))
        return SW_CLASS_EXPERTS;
    // The first match counts, so that routers and expert stacks are not counted as dense layers.
    static const struct {
        const char *part;
        sw_tensor_class cls;
    } RULES[] = {
        {"_exps.", SW_CLASS_EXPERTS},        {"ffn_gate_inp", SW_CLASS_ATTENTION},
        {"exp_probs_b", SW_CLASS_ATTENTION}, {"ffn_norm", SW_CLASS_ATTENTION},
        {"attn_", SW_CLASS_ATTENTION},       {"post_attention_norm", SW_CLASS_ATTENTION},
        {"rope_f", SW_CLASS_ATTENTION},      {"ffn_", SW_CLASS_FFN},
        {"token_embd", SW_CLASS_EMBEDDING},  {"output", SW_CLASS_OUTPUT},
    };
    for (size_t i = 0; i < sizeof RULES / sizeof RULES[0]; i++) {
        if (contains(name, RULES[i].part))
            return RULES[i].cls;
    }
    return SW_CLASS_OTHER;
}

/* Returns true if every token that uses it is multiplied with it: not for vectors, biases, and what is counted on its
 * own. */
static bool is_layer_matrix(const gguf_tensor *t, sw_tensor_class cls)
{
    static const char WEIGHT[] = ".weight";
    const size_t n = sizeof WEIGHT - 1;
    return t->n_dims >= 2 && cls != SW_CLASS_EMBEDDING && cls != SW_CLASS_OUTPUT && cls != SW_CLASS_OTHER &&
           t->name.size >= n && memcmp(t->name.data + t->name.size - n, WEIGHT, n) == 0;
}

/* The differences that --compat chooses between, for a model that has them (docs/architecture.md). */
static const char *compat_difference(const gguf_file *g, const hparams *h)
{
    if (h->arch.gating == GATE_SPARSEMIXER)
        return "layer norms, the choice of experts and long contexts";
    if (!h->arch.yarn_rounds && h->rope_scaling == SCALING_YARN)
        return "the range in which YaRN stretches positions";
    if (h->n_groups > 1 && !h->arch.groups_by_top_two)
        return "the ranking of groups of experts";
    return gguf_find_tensor(g, "rope_factors_long.weight") != NULL ? "long contexts" : NULL;
}

void info_count(const gguf_file *g, const hparams *h, sw_model_info *info)
{
    uint64_t bytes_by_type[TYPE_N] = {0};
    info->n_tensors = gguf_n_tensors(g);
    for (size_t i = 0; i < info->n_tensors; i++) {
        const gguf_tensor *const t = gguf_tensor_at(g, i);
        const sw_tensor_class cls = info_classify_tensor(t->name);
        const uint64_t elems = t->ne[0] * t->ne[1] * t->ne[2] * t->ne[3];
        info->bytes_by_class[cls] += t->bytes;
        bytes_by_type[t->type] += t->bytes;
        info->n_params += elems;
        const bool is_routed = cls == SW_CLASS_EXPERTS && h->n_expert > 0;
        const uint64_t used = is_routed ? elems / h->n_expert * h->n_expert_used : elems;
        info->multiply_adds_per_token += is_layer_matrix(t, cls) ? used : 0;
        if (is_routed) {
            info->n_params_active += used;
            info->bytes_per_token += t->bytes / h->n_expert * h->n_expert_used;
        } else if (!str_view_eq(t->name, "token_embd.weight") || gguf_find_tensor(g, "output.weight") == NULL) {
            info->n_params_active += used; // of a table for look-up alone a token uses one row: not counted
            info->bytes_per_token += t->bytes;
        }
    }
    int most = 0;
    for (int t = 0; t < TYPE_N; t++)
        most = bytes_by_type[t] > bytes_by_type[most] ? t : most;
    info->quant = type_name((tensor_type)most);
    info->compat_difference = compat_difference(g, h);
    info->n_layers = (int)h->n_layers;
    info->n_embd = (int)h->n_embd;
    info->n_vocab = (int)h->n_vocab;
    info->n_ctx_train = h->n_ctx_train;
    info->n_experts = (int)h->n_expert;
    info->n_experts_used = (int)h->n_expert_used;
    info->n_experts_shared = (int)h->n_expert_shared;
}
