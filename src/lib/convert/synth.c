/* synth.c - models with random, well-behaved weights at true dimensions, for measuring speed without real weights.
 *
 * The file has every key and tensor that the real model has, so it loads and runs like it; what it says is noise.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "convert/random_blocks.h"
#include "convert/synth_tensors.h"
#include "convert/synth_vocab.h"
#include "gguf/gguf_writer.h"
#include "spillway.h"

enum { CHUNK_BYTES = 4 << 20 };

/* ---- metadata ---------------------------------------------------------------------------------------------------- */

/* Most keys begin with the name of the architecture. */
static void put_arch_u32(gguf_writer *w, const preset *p, const char *key, int value)
{
    char name[96];
    snprintf(name, sizeof name, "%s.%s", p->arch, key);
    gguf_put_u32(w, name, (uint32_t)value);
}

static void put_arch_f32(gguf_writer *w, const preset *p, const char *key, float value)
{
    char name[96];
    snprintf(name, sizeof name, "%s.%s", p->arch, key);
    gguf_put_f32(w, name, value);
}

/* Latent attention caches one latent vector per token and the rotated part of its key. */
static void put_latent(gguf_writer *w, const preset *p)
{
    put_arch_u32(w, p, "attention.head_count_kv", 1);
    put_arch_u32(w, p, "attention.kv_lora_rank", p->n_latent);
    put_arch_u32(w, p, "attention.key_length", p->n_latent + p->n_rope);
    put_arch_u32(w, p, "attention.value_length", p->n_latent);
    put_arch_u32(w, p, "attention.key_length_mla", p->head);
    put_arch_u32(w, p, "attention.value_length_mla", p->head - p->n_rope);
    put_arch_u32(w, p, "rope.dimension_count", p->n_rope);
    put_arch_f32(w, p, "rope.scaling.yarn_log_multiplier", 0.0707f); // a tenth of mscale_all_dim
}

/* The keys that hparams_read needs, with the same names as in published files. */
static void put_dimensions(gguf_writer *w, const preset *p)
{
    put_arch_u32(w, p, "block_count", p->n_layers);
    put_arch_u32(w, p, "context_length", p->n_ctx);
    put_arch_u32(w, p, "embedding_length", p->n_embd);
    put_arch_u32(w, p, "feed_forward_length", p->n_ff > 0 ? p->n_ff : p->n_ff_expert);
    put_arch_u32(w, p, "attention.head_count", p->n_head);
    if (p->n_latent > 0) {
        put_latent(w, p);
    } else {
        put_arch_u32(w, p, "attention.head_count_kv", p->n_head_kv);
        put_arch_u32(w, p, "attention.key_length", p->head);
        put_arch_u32(w, p, "attention.value_length", p->head);
        put_arch_u32(w, p, "rope.dimension_count", p->head);
    }
    put_arch_f32(w, p, "attention.layer_norm_rms_epsilon", p->norm_eps);
    put_arch_f32(w, p, "rope.freq_base", p->rope_base);
    put_arch_u32(w, p, "expert_count", p->n_expert);
    put_arch_u32(w, p, "expert_used_count", p->n_expert_used);
    put_arch_u32(w, p, "expert_feed_forward_length", p->n_ff_expert);
    if (p->n_expert_shared > 0)
        put_arch_u32(w, p, "expert_shared_count", p->n_expert_shared);
    if (p->n_layers_dense > 0)
        put_arch_u32(w, p, "leading_dense_block_count", p->n_layers_dense);
    if (p->n_expert_shared > 0)
        put_arch_f32(w, p, "expert_weights_scale", 1.0f);
    if (p->window > 0)
        put_arch_u32(w, p, "attention.sliding_window", p->window);
    if (p->ctx_orig > 0)
        put_arch_u32(w, p, "rope.scaling.original_context_length", p->ctx_orig);
    if (p->yarn_factor > 0) {
        char name[96];
        snprintf(name, sizeof name, "%s.rope.scaling.type", p->arch);
        gguf_put_str(w, name, "yarn");
        put_arch_f32(w, p, "rope.scaling.factor", p->yarn_factor);
    }
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

/* One model on its way to its file. */
typedef struct synth_run {
    const sw_synth_options *options;
    synth_tensors tensors;
    gguf_writer *w;
    rng_state rng;
    uint8_t *chunk; // (CHUNK_BYTES)
    uint64_t done;  // bytes of tensor data
} synth_run;

/* Adds the mean of a plain F32 tensor to n values of the chunk. */
static void shift_by(float mean, uint8_t *chunk, size_t n)
{
    for (size_t e = 0; e < n; e++) {
        float v;
        memcpy(&v, chunk + e * sizeof v, sizeof v);
        v += mean;
        memcpy(chunk + e * sizeof v, &v, sizeof v);
    }
}

/* Makes the values chunk by chunk, so memory does not grow with the model. */
static void put_tensor(synth_run *r, const synth_tensor *t)
{
    const type_traits *const k = type_get((uint32_t)t->type);
    uint64_t left = t->ne[0] / k->block_elems * t->ne[1] * t->ne[2]; // blocks
    while (left > 0) {
        const uint64_t room = CHUNK_BYTES / k->block_bytes;
        const size_t n = (size_t)(left < room ? left : room);
        random_blocks_fill(t->type, &r->rng, t->deviation, n, r->chunk);
        if (t->mean != 0)
            shift_by(t->mean, r->chunk, n);
        gguf_put_data(r->w, r->chunk, n * k->block_bytes);
        left -= n;
        r->done += n * k->block_bytes;
        if (r->options->on_progress != NULL)
            r->options->on_progress(r->options->ud, r->done, r->tensors.bytes);
    }
}

/* All keys and the list of tensors.  False when memory is short. */
static bool put_header(synth_run *r)
{
    const preset *const p = r->tensors.p;
    gguf_put_str(r->w, "general.architecture", p->arch);
    gguf_put_str(r->w, "general.name", p->name);
    gguf_put_str(r->w, "general.description", "random weights at true dimensions, for measuring speed");
    gguf_put_u32(r->w, "general.quantization_version", 2);
    put_dimensions(r->w, p);
    if (!synth_put_vocabulary(r->w, p->n_vocab))
        return false;
    for (size_t i = 0; i < r->tensors.n; i++) {
        const synth_tensor *const t = &r->tensors.items[i];
        gguf_announce(r->w, (str_view){t->name, strlen(t->name)}, t->type, t->n_dims, t->ne);
    }
    gguf_begin(r->w);
    return true;
}

static sw_code write_model(synth_run *r, const char *path, sw_err *err)
{
    r->chunk = mem_alloc(CHUNK_BYTES);
    if (r->chunk == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory writing %s", path);
    const sw_code code = gguf_writer_open(&r->w, path, err);
    if (code != SW_OK)
        return code;
    if (!put_header(r)) {
        gguf_abandon(r->w);
        return sw_fail(err, SW_ENOMEM, "out of memory writing %s", path);
    }
    rng_seed(&r->rng, r->options->seed);
    for (size_t i = 0; i < r->tensors.n; i++)
        put_tensor(r, &r->tensors.items[i]);
    return gguf_commit(r->w, err);
}

sw_code sw_synth(const sw_synth_options *o, const char *path, sw_err *err)
{
    const preset *const found = o->preset != NULL ? preset_find(o->preset) : NULL;
    if (found == NULL)
        return sw_fail(err, SW_EINVAL, "unknown preset '%s'; the presets are %s", o->preset != NULL ? o->preset : "",
                       preset_names());
    preset p = *found;
    if (o->n_layers < 0 || o->n_layers > p.n_layers)
        return sw_fail(err, SW_EINVAL, "%s has 1 to %d layers, not %d", p.name, p.n_layers, o->n_layers);
    if (o->n_vocab < 0 || o->n_vocab > LIMIT_VOCAB_TOKENS)
        return sw_fail(err, SW_EINVAL, "the vocabulary must have 1 to %d tokens", LIMIT_VOCAB_TOKENS);
    p.n_layers = o->n_layers > 0 ? o->n_layers : p.n_layers;
    p.n_vocab = o->n_vocab > 0 ? o->n_vocab : p.n_vocab;
    if (p.n_vocab < SYNTH_VOCAB_MIN)
        return sw_fail(err, SW_EINVAL, "a vocabulary needs at least %d tokens", SYNTH_VOCAB_MIN);
    synth_run r = {.options = o};
    const sw_code code = synth_tensors_list(&p, &r.tensors) ? write_model(&r, path, err)
                                                            : sw_fail(err, SW_ENOMEM, "out of memory writing %s", path);
    mem_free(r.chunk);
    mem_free(r.tensors.items);
    return code;
}
