#include "convert/synth.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "convert/random_blocks.h"
#include "gguf/writer.h"

enum { CHUNK_BYTES = 4 << 20, N_BYTES = 256, N_MERGES = 64, N_CONTROLS = 4 };

/* One tensor to write. */
typedef struct item {
    char name[64];
    sw_type type;
    int n_dims;
    uint64_t ne[3];
    float mean, deviation;
} item;

typedef struct synth {
    const sw_preset *p;
    item *items;
    size_t n, cap;
    uint64_t bytes;
    bool failed;
} synth;

/* ---- the list of tensors ----------------------------------------------------------------------------------------- */

static void add(synth *s, const item *i)
{
    if (!sw_grow(&s->items, &s->cap, s->n + 1, sizeof *s->items)) {
        s->failed = true;
        return;
    }
    s->items[s->n++] = *i;
    uint64_t rows = 1;
    for (int d = 1; d < i->n_dims; d++)
        rows *= i->ne[d];
    s->bytes += rows * sw_type_row_bytes(i->type, i->ne[0]);
}

static void name_item(item *i, int layer, const char *base, const char *suffix)
{
    if (layer >= 0)
        snprintf(i->name, sizeof i->name, "blk.%d.%s.%s", layer, base, suffix);
    else
        snprintf(i->name, sizeof i->name, "%s.%s", base, suffix);
}

/* A matrix, or a stack of them when n_stacked > 0; values keep the variance of what goes in. */
static void add_mat(synth *s, int layer, const char *base, sw_type type, int cols, int rows, int n_stacked)
{
    item i = {.type = sw_type_fitting(type, (uint64_t)cols),
              .n_dims = n_stacked > 0 ? 3 : 2,
              .ne = {(uint64_t)cols, (uint64_t)rows, (uint64_t)(n_stacked > 0 ? n_stacked : 1)},
              .deviation = 1.0f / sqrtf((float)cols)};
    name_item(&i, layer, base, "weight");
    add(s, &i);
}

static void add_floats(synth *s, int layer, const char *base, const char *suffix, int n, int n_stacked, float mean,
                       float deviation)
{
    item i = {.type = SW_F32,
              .n_dims = n_stacked > 0 ? 2 : 1,
              .ne = {(uint64_t)n, (uint64_t)(n_stacked > 0 ? n_stacked : 1), 1},
              .mean = mean,
              .deviation = deviation};
    name_item(&i, layer, base, suffix);
    add(s, &i);
}

static void add_norm(synth *s, int layer, const char *base, int n)
{
    add_floats(s, layer, base, "weight", n, 0, 1.0f, 0.1f);
    if (strcmp(s->p->arch, "phimoe") == 0)
        add_floats(s, layer, base, "bias", n, 0, 0.0f, 0.1f);
}

static void add_attention(synth *s, int l)
{
    const sw_preset *const p = s->p;
    const int q = p->n_head * p->head, kv = p->n_head_kv * p->head;
    const bool is_oss = strcmp(p->arch, "gpt-oss") == 0;
    add_norm(s, l, "attn_norm", p->n_embd);
    add_mat(s, l, "attn_q", p->dense, p->n_embd, q, 0);
    add_mat(s, l, "attn_k", p->dense, p->n_embd, kv, 0);
    add_mat(s, l, "attn_v", p->dense, p->n_embd, kv, 0);
    add_mat(s, l, "attn_output", p->dense, q, p->n_embd, 0);
    if (p->has_biases) {
        add_floats(s, l, "attn_q", "bias", q, 0, 0, 0.1f);
        add_floats(s, l, "attn_k", "bias", kv, 0, 0, 0.1f);
        add_floats(s, l, "attn_v", "bias", kv, 0, 0, 0.1f);
        add_floats(s, l, "attn_output", "bias", p->n_embd, 0, 0, 0.1f);
    }
    if (is_oss)
        add_floats(s, l, "attn_sinks", "weight", p->n_head, 0, 0, 1.0f);
    if (strcmp(p->arch, "qwen3moe") == 0) {
        add_floats(s, l, "attn_q_norm", "weight", p->head, 0, 1.0f, 0.1f);
        add_floats(s, l, "attn_k_norm", "weight", p->head, 0, 1.0f, 0.1f);
    }
    if (strcmp(p->arch, "olmoe") == 0) {
        add_floats(s, l, "attn_q_norm", "weight", q, 0, 1.0f, 0.1f);
        add_floats(s, l, "attn_k_norm", "weight", kv, 0, 1.0f, 0.1f);
    }
    add_norm(s, l, is_oss ? "post_attention_norm" : "ffn_norm", p->n_embd);
}

static void add_dense(synth *s, int l)
{
    const sw_preset *const p = s->p;
    add_mat(s, l, "ffn_gate", p->dense, p->n_embd, p->n_ff, 0);
    add_mat(s, l, "ffn_up", p->dense, p->n_embd, p->n_ff, 0);
    add_mat(s, l, "ffn_down", p->dense, p->n_ff, p->n_embd, 0);
}

static void add_experts(synth *s, int l)
{
    const sw_preset *const p = s->p;
    add_mat(s, l, "ffn_gate_inp", SW_F32, p->n_embd, p->n_expert, 0);
    add_mat(s, l, "ffn_gate_exps", p->experts, p->n_embd, p->n_ff_expert, p->n_expert);
    add_mat(s, l, "ffn_up_exps", p->experts, p->n_embd, p->n_ff_expert, p->n_expert);
    add_mat(s, l, "ffn_down_exps", p->experts_down, p->n_ff_expert, p->n_embd, p->n_expert);
    if (strcmp(p->arch, "gpt-oss") == 0) {
        add_floats(s, l, "ffn_gate_inp", "bias", p->n_expert, 0, 0, 0.1f);
        add_floats(s, l, "ffn_gate_exps", "bias", p->n_ff_expert, p->n_expert, 0, 0.1f);
        add_floats(s, l, "ffn_up_exps", "bias", p->n_ff_expert, p->n_expert, 0, 0.1f);
        add_floats(s, l, "ffn_down_exps", "bias", p->n_embd, p->n_expert, 0, 0.1f);
    }
    const int shared = p->n_expert_shared * p->n_ff_expert;
    if (shared > 0) {
        add_mat(s, l, "ffn_gate_shexp", p->dense, p->n_embd, shared, 0);
        add_mat(s, l, "ffn_up_shexp", p->dense, p->n_embd, shared, 0);
        add_mat(s, l, "ffn_down_shexp", p->dense, shared, p->n_embd, 0);
    }
}

static void list_tensors(synth *s)
{
    const sw_preset *const p = s->p;
    add_mat(s, -1, "token_embd", p->embd, p->n_embd, p->n_vocab, 0);
    s->items[0].deviation = 1.0f;
    for (int l = 0; l < p->n_layers && !s->failed; l++) {
        add_attention(s, l);
        if (l < p->n_layers_dense)
            add_dense(s, l);
        else
            add_experts(s, l);
    }
    add_norm(s, -1, "output_norm", p->n_embd);
    add_mat(s, -1, "output", p->embd, p->n_embd, p->n_vocab, 0);
    if (strcmp(p->arch, "phimoe") == 0) {
        add_floats(s, -1, "output", "bias", p->n_vocab, 0, 0, 0.1f);
        add_floats(s, -1, "rope_factors_short", "weight", p->head / 2, 0, 1.0f, 0.01f);
        add_floats(s, -1, "rope_factors_long", "weight", p->head / 2, 0, 4.0f, 0.5f);
    }
}

/* ---- metadata ---------------------------------------------------------------------------------------------------- */

static void put_arch_u32(sw_gguf_writer *w, const sw_preset *p, const char *key, int value)
{
    char name[96];
    snprintf(name, sizeof name, "%s.%s", p->arch, key);
    sw_gguf_put_u32(w, name, (uint32_t)value);
}

static void put_arch_f32(sw_gguf_writer *w, const sw_preset *p, const char *key, float value)
{
    char name[96];
    snprintf(name, sizeof name, "%s.%s", p->arch, key);
    sw_gguf_put_f32(w, name, value);
}

static void put_dimensions(sw_gguf_writer *w, const sw_preset *p)
{
    put_arch_u32(w, p, "block_count", p->n_layers);
    put_arch_u32(w, p, "context_length", p->n_ctx);
    put_arch_u32(w, p, "embedding_length", p->n_embd);
    put_arch_u32(w, p, "feed_forward_length", p->n_ff > 0 ? p->n_ff : p->n_ff_expert);
    put_arch_u32(w, p, "attention.head_count", p->n_head);
    put_arch_u32(w, p, "attention.head_count_kv", p->n_head_kv);
    put_arch_u32(w, p, "attention.key_length", p->head);
    put_arch_u32(w, p, "attention.value_length", p->head);
    put_arch_f32(w, p, "attention.layer_norm_rms_epsilon", p->norm_eps);
    put_arch_f32(w, p, "rope.freq_base", p->rope_base);
    put_arch_u32(w, p, "rope.dimension_count", p->head);
    put_arch_u32(w, p, "expert_count", p->n_expert);
    put_arch_u32(w, p, "expert_used_count", p->n_expert_used);
    put_arch_u32(w, p, "expert_feed_forward_length", p->n_ff_expert);
    if (p->n_expert_shared > 0)
        put_arch_u32(w, p, "expert_shared_count", p->n_expert_shared);
    if (p->n_layers_dense > 0)
        put_arch_u32(w, p, "leading_dense_block_count", p->n_layers_dense);
    if (strcmp(p->arch, "deepseek") == 0)
        put_arch_f32(w, p, "expert_weights_scale", 1.0f);
    if (p->window > 0)
        put_arch_u32(w, p, "attention.sliding_window", p->window);
    if (p->ctx_orig > 0)
        put_arch_u32(w, p, "rope.scaling.original_context_length", p->ctx_orig);
    if (p->yarn_factor > 0) {
        char name[96];
        snprintf(name, sizeof name, "%s.rope.scaling.type", p->arch);
        sw_gguf_put_str(w, name, "yarn");
        put_arch_f32(w, p, "rope.scaling.factor", p->yarn_factor);
    }
}

/* The spelling of byte b in byte-level vocabularies: itself where it prints, else a code
 * point from U+0100 on. */
static size_t spell_byte(int b, int *n_shifted, char out[4])
{
    const bool is_itself = (b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
    const unsigned cp = is_itself ? (unsigned)b : 0x100u + (unsigned)(*n_shifted)++;
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    out[0] = (char)(0xc0 | cp >> 6);
    out[1] = (char)(0x80 | (cp & 0x3f));
    return 2;
}

typedef struct spelling {
    char s[24];
} spelling;

/* Bytes, a few letter pairs with their merges, fillers, and control tokens at the end; some loaders look for the first
 * three by their text. */
static bool put_vocabulary(sw_gguf_writer *w, int n)
{
    static const char *const CONTROLS[N_CONTROLS] = {"<unk>", "<s>", "</s>", "<|endoftext|>"};
    sw_str *const tokens = sw_calloc((size_t)n, sizeof *tokens);
    int32_t *const types = sw_calloc((size_t)n, sizeof *types);
    spelling *const text = sw_calloc((size_t)n + N_MERGES, sizeof *text);
    sw_str merges[N_MERGES];
    const bool ok = tokens != NULL && types != NULL && text != NULL;
    for (int i = 0, n_shifted = 0; ok && i < n; i++) {
        size_t size;
        if (i < N_BYTES)
            size = spell_byte(i, &n_shifted, text[i].s);
        else if (i < N_BYTES + N_MERGES)
            size = (size_t)snprintf(text[i].s, sizeof text[i].s, "%c%c", 'a' + (i - N_BYTES) % 26,
                                    "aeiou"[(i - N_BYTES) / 26]);
        else
            size = (size_t)snprintf(text[i].s, sizeof text[i].s, "<filler%d>", i);
        tokens[i] = (sw_str){text[i].s, size};
        types[i] = 1;
    }
    for (int c = 0; ok && c < N_CONTROLS; c++) {
        const int i = n - N_CONTROLS + c;
        tokens[i] = (sw_str){CONTROLS[c], strlen(CONTROLS[c])};
        types[i] = 3;
    }
    for (int m = 0; ok && m < N_MERGES; m++) {
        const size_t size =
            (size_t)snprintf(text[n + m].s, sizeof text[n + m].s, "%c %c", 'a' + m % 26, "aeiou"[m / 26]);
        merges[m] = (sw_str){text[n + m].s, size};
    }
    if (ok) {
        sw_gguf_put_str(w, "tokenizer.ggml.model", "gpt2");
        sw_gguf_put_str(w, "tokenizer.ggml.pre", "gpt-2");
        sw_gguf_put_strs(w, "tokenizer.ggml.tokens", tokens, (size_t)n);
        sw_gguf_put_i32s(w, "tokenizer.ggml.token_type", types, (size_t)n);
        sw_gguf_put_strs(w, "tokenizer.ggml.merges", merges, N_MERGES);
        sw_gguf_put_u32(w, "tokenizer.ggml.eos_token_id", (uint32_t)n - 1);
        sw_gguf_put_bool(w, "tokenizer.ggml.add_bos_token", false);
    }
    sw_free(tokens);
    sw_free(types);
    sw_free(text);
    return ok;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static void put_item(sw_gguf_writer *w, const item *i, sw_rng *rng, uint8_t *chunk, uint64_t *done, uint64_t total,
                     sw_progress_fn on_progress, void *ud)
{
    const sw_type_traits *const k = sw_type_get((uint32_t)i->type);
    uint64_t left = i->ne[0] / k->block_elems * i->ne[1] * i->ne[2];
    while (left > 0) {
        const uint64_t room = CHUNK_BYTES / k->block_bytes;
        const size_t n = (size_t)(left < room ? left : room);
        sw_random_blocks(i->type, rng, i->deviation, n, chunk);
        for (size_t e = 0; i->mean != 0 && e < n; e++) { // plain types only
            float v;
            memcpy(&v, chunk + e * sizeof v, sizeof v);
            v += i->mean;
            memcpy(chunk + e * sizeof v, &v, sizeof v);
        }
        sw_gguf_put_data(w, chunk, n * k->block_bytes);
        left -= n;
        *done += n * k->block_bytes;
        if (on_progress != NULL)
            on_progress(ud, *done, total);
    }
}

static sw_code write_model(synth *s, uint64_t seed, const char *path, sw_progress_fn on_progress, void *ud, sw_err *err)
{
    sw_gguf_writer *w;
    const sw_code code = sw_gguf_writer_open(&w, path, err);
    if (code != SW_OK)
        return code;
    uint8_t *const chunk = sw_alloc(CHUNK_BYTES);
    sw_gguf_put_str(w, "general.architecture", s->p->arch);
    sw_gguf_put_str(w, "general.name", s->p->name);
    sw_gguf_put_str(w, "general.description", "random weights at true dimensions, for measuring speed");
    sw_gguf_put_u32(w, "general.quantization_version", 2);
    put_dimensions(w, s->p);
    if (chunk == NULL || !put_vocabulary(w, s->p->n_vocab)) {
        sw_free(chunk);
        sw_gguf_abandon(w);
        return sw_fail(err, SW_ENOMEM, "out of memory writing %s", path);
    }
    for (size_t i = 0; i < s->n; i++)
        sw_gguf_announce(w, (sw_str){s->items[i].name, strlen(s->items[i].name)}, s->items[i].type, s->items[i].n_dims,
                         s->items[i].ne);
    sw_gguf_begin(w);
    sw_rng rng;
    sw_rng_seed(&rng, seed);
    uint64_t done = 0;
    for (size_t i = 0; i < s->n; i++)
        put_item(w, &s->items[i], &rng, chunk, &done, s->bytes, on_progress, ud);
    sw_free(chunk);
    return sw_gguf_commit(w, err);
}

sw_code sw_synth_write(const sw_preset *p, uint64_t seed, const char *path, sw_progress_fn on_progress, void *ud,
                       sw_err *err)
{
    if (p->n_vocab < N_BYTES + N_MERGES + N_CONTROLS)
        return sw_fail(err, SW_EINVAL, "a vocabulary needs at least %d tokens", N_BYTES + N_MERGES + N_CONTROLS);
    synth s = {.p = p};
    list_tensors(&s);
    const sw_code code = s.failed ? sw_fail(err, SW_ENOMEM, "out of memory writing %s", path)
                                  : write_model(&s, seed, path, on_progress, ud, err);
    sw_free(s.items);
    return code;
}

sw_code sw_synth(const sw_synth_options *o, const char *path, sw_err *err)
{
    const sw_preset *const found = o->preset != NULL ? sw_preset_find(o->preset) : NULL;
    if (found == NULL)
        return sw_fail(err, SW_EINVAL, "there is no preset '%s'; there are %s", o->preset != NULL ? o->preset : "",
                       sw_preset_names());
    sw_preset p = *found;
    if (o->n_layers < 0 || o->n_layers > p.n_layers)
        return sw_fail(err, SW_EINVAL, "%s has 1 to %d layers, not %d", p.name, p.n_layers, o->n_layers);
    if (o->n_vocab < 0 || o->n_vocab > SW_LIMIT_VOCAB_TOKENS)
        return sw_fail(err, SW_EINVAL, "the vocabulary must have 1 to %d tokens", SW_LIMIT_VOCAB_TOKENS);
    p.n_layers = o->n_layers > 0 ? o->n_layers : p.n_layers;
    p.n_vocab = o->n_vocab > 0 ? o->n_vocab : p.n_vocab;
    return sw_synth_write(&p, o->seed, path, o->on_progress, o->ud, err);
}
