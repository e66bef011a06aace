/* model_lm_cache.c - the cache of keys and values that a model's sequences need, and its bytes before it is there. */
#include "base/limits.h"
#include "engine/model_lm.h"
#include "engine/model_lm_state.h"

/* All but the layers. */
static kv_options options_of(const hparams *h, sw_kv_type type, const language_model *lm)
{
    return (kv_options){.n_heads = hparams_cache_heads(h),
                        .d_k = hparams_cache_key(h),
                        .d_v = hparams_cache_value(h),
                        .type = type,
                        .n_seqs = lm->n_seqs,
                        .n_ctx = lm->n_ctx,
                        .n_window = h->n_window,
                        .n_batch = lm->n_batch};
}

/* Memory of pages in VRAM. */
static tier_memory pages_of(const engine_device *d)
{
    return d->pages.alloc != NULL ? d->pages : d->vram;
}

static bool init_cache(kv_cache *kv, const hparams *h, kv_options *o)
{
    bool is_windowed[LIMIT_MODEL_LAYERS];
    for (size_t l = 0; l < h->n_layers; l++)
        is_windowed[l] = hparams_is_windowed(h, l);
    o->n_layers = h->n_layers;
    o->is_windowed = is_windowed;
    return kv_init(kv, o);
}

bool model_lm_init_cache(model_lm *m)
{
    kv_options o = options_of(&m->h, m->kv_type, &m->lm);
    o.tiers = m->placement.attention;
    for (int i = 0; i < m->tiers.n_devices; i++)
        o.memory[tier_of_device(i)] = pages_of(&m->tiers.devices[i]);
    return init_cache(&m->kv, &m->h, &o);
}

/* Of one layer in VRAM, all sequences at full length; 0 when memory is short, which a later call reports. */
static uint64_t layer_bytes(const model_lm *m, bool is_windowed)
{
    static const uint8_t IN_VRAM[] = {TIER_VRAM};
    kv_cache kv;
    kv_options o = options_of(&m->h, m->kv_type, &m->lm);
    o.n_layers = 1;
    o.is_windowed = &is_windowed;
    o.tiers = IN_VRAM;
    o.memory[TIER_VRAM] = pages_of(&m->tiers.devices[0]);
    const uint64_t bytes = kv_init(&kv, &o) ? kv_bytes(&kv, m->lm.n_ctx) * (uint64_t)m->lm.n_seqs : 0;
    kv_free(&kv);
    return bytes;
}

void model_lm_kv_bytes_by_layer(const model_lm *m, uint64_t *out)
{
    const hparams *const h = &m->h;
    const uint64_t full = layer_bytes(m, false);
    const uint64_t windowed = h->n_window > 0 ? layer_bytes(m, true) : full;
    for (size_t l = 0; l < h->n_layers; l++)
        out[l] = hparams_is_windowed(h, l) ? windowed : full;
}

uint64_t model_lm_kv_bytes_of(const hparams *h, sw_kv_type type, int n_ctx)
{
    kv_cache kv;
    const language_model lm = {.n_seqs = 1, .n_ctx = n_ctx, .n_batch = MODEL_LM_BATCH};
    kv_options o = options_of(h, type, &lm);
    const uint64_t bytes = init_cache(&kv, h, &o) ? kv_bytes(&kv, n_ctx) : 0;
    kv_free(&kv);
    return bytes;
}
