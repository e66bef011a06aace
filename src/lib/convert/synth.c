#include "convert/synth.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "convert/random_blocks.h"
#include "convert/synth_tensors.h"
#include "convert/synth_vocab.h"
#include "gguf/gguf_writer.h"

enum { CHUNK_BYTES = 4 << 20 };

/* ---- metadata ---------------------------------------------------------------------------------------------------- */

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

/* What is cached of a token is one latent vector and the rotated part of the key. */
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

static void put_item(gguf_writer *w, const synth_tensor *i, rng_state *rng, uint8_t *chunk, uint64_t *done,
                     uint64_t total, sw_progress_fn on_progress, void *ud)
{
    const type_traits *const k = type_get((uint32_t)i->type);
    uint64_t left = i->ne[0] / k->block_elems * i->ne[1] * i->ne[2];
    while (left > 0) {
        const uint64_t room = CHUNK_BYTES / k->block_bytes;
        const size_t n = (size_t)(left < room ? left : room);
        random_blocks_fill(i->type, rng, i->deviation, n, chunk);
        for (size_t e = 0; i->mean != 0 && e < n; e++) { // plain types only
            float v;
            memcpy(&v, chunk + e * sizeof v, sizeof v);
            v += i->mean;
            memcpy(chunk + e * sizeof v, &v, sizeof v);
        }
        gguf_put_data(w, chunk, n * k->block_bytes);
        left -= n;
        *done += n * k->block_bytes;
        if (on_progress != NULL)
            on_progress(ud, *done, total);
    }
}

static sw_code write_model(const synth_tensors *s, uint64_t seed, const char *path, sw_progress_fn on_progress,
                           void *ud, sw_err *err)
{
    gguf_writer *w;
    const sw_code code = gguf_writer_open(&w, path, err);
    if (code != SW_OK)
        return code;
    uint8_t *const chunk = mem_alloc(CHUNK_BYTES);
    gguf_put_str(w, "general.architecture", s->p->arch);
    gguf_put_str(w, "general.name", s->p->name);
    gguf_put_str(w, "general.description", "random weights at true dimensions, for measuring speed");
    gguf_put_u32(w, "general.quantization_version", 2);
    put_dimensions(w, s->p);
    if (chunk == NULL || !synth_put_vocabulary(w, s->p->n_vocab)) {
        mem_free(chunk);
        gguf_abandon(w);
        return sw_fail(err, SW_ENOMEM, "out of memory writing %s", path);
    }
    for (size_t i = 0; i < s->n; i++)
        gguf_announce(w, (str_view){s->items[i].name, strlen(s->items[i].name)}, s->items[i].type, s->items[i].n_dims,
                      s->items[i].ne);
    gguf_begin(w);
    rng_state rng;
    rng_seed(&rng, seed);
    uint64_t done = 0;
    for (size_t i = 0; i < s->n; i++)
        put_item(w, &s->items[i], &rng, chunk, &done, s->bytes, on_progress, ud);
    mem_free(chunk);
    return gguf_commit(w, err);
}

sw_code synth_write(const preset *p, uint64_t seed, const char *path, sw_progress_fn on_progress, void *ud, sw_err *err)
{
    if (p->n_vocab < SYNTH_VOCAB_MIN)
        return sw_fail(err, SW_EINVAL, "a vocabulary needs at least %d tokens", SYNTH_VOCAB_MIN);
    synth_tensors s;
    const sw_code code = synth_tensors_list(p, &s) ? write_model(&s, seed, path, on_progress, ud, err)
                                                   : sw_fail(err, SW_ENOMEM, "out of memory writing %s", path);
    mem_free(s.items);
    return code;
}

sw_code sw_synth(const sw_synth_options *o, const char *path, sw_err *err)
{
    const preset *const found = o->preset != NULL ? preset_find(o->preset) : NULL;
    if (found == NULL)
        return sw_fail(err, SW_EINVAL, "there is no preset '%s'; there are %s", o->preset != NULL ? o->preset : "",
                       preset_names());
    preset p = *found;
    if (o->n_layers < 0 || o->n_layers > p.n_layers)
        return sw_fail(err, SW_EINVAL, "%s has 1 to %d layers, not %d", p.name, p.n_layers, o->n_layers);
    if (o->n_vocab < 0 || o->n_vocab > LIMIT_VOCAB_TOKENS)
        return sw_fail(err, SW_EINVAL, "the vocabulary must have 1 to %d tokens", LIMIT_VOCAB_TOKENS);
    p.n_layers = o->n_layers > 0 ? o->n_layers : p.n_layers;
    p.n_vocab = o->n_vocab > 0 ? o->n_vocab : p.n_vocab;
    return synth_write(&p, o->seed, path, o->on_progress, o->ud, err);
}
