/* model_lm_open.c - how a model is opened: planned from its header, asked whether it fits, and loaded. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/size_text.h"
#include "base/sysinfo.h"
#include "engine/model_lm.h"
#include "engine/model_lm_state.h"
#include "engine/sampler.h"
#include "engine/tiers_check.h"
#include "forward/cpu_backend.h"
#include "forward/gpu/gpu_backend.h"

enum { DEFAULT_SEQS = 4 };
// Of program, stacks and heap, what only jobs touch: 0.40 to 0.65 MB with the models of tests/data/golden.
enum { LATER_BYTES = 512 << 10 };

/* ---- all that is decided from the header --------------------------------------------------------------------------
 */

static int pick(int wanted, int fallback, int max)
{
    const int n = wanted > 0 ? wanted : fallback;
    return n < max ? n : max;
}

static void set_sizes(language_model *lm, const hparams *h, const sw_engine_options *o)
{
    lm->ops = &MODEL_LM_OPS;
    lm->n_vocab = (int)h->n_vocab;
    lm->n_embd = (int)h->n_embd;
    lm->n_seqs = pick(o->n_seqs, DEFAULT_SEQS, LIMIT_SEQUENCES);
    lm->n_ctx = pick(o->n_ctx, h->n_ctx_train < SW_DEFAULT_CTX ? h->n_ctx_train : SW_DEFAULT_CTX, LIMIT_CTX_TOKENS);
    lm->n_batch = pick(o->n_batch, MODEL_LM_BATCH, LIMIT_BATCH_TOKENS);
    if (lm->n_batch < lm->n_seqs)
        lm->n_batch = lm->n_seqs;
}

static expert_log_options log_options(const model_lm *m, const sw_engine_options *o)
{
    const hparams *const h = &m->h;
    return (expert_log_options){.dims = {.first_layer = (int)h->n_layers_dense,
                                         .n_layers = (int)(h->n_layers - h->n_layers_dense),
                                         .n_experts = (int)h->n_expert,
                                         .n_used = (int)h->n_expert_used},
                                .n_seqs = m->lm.n_seqs,
                                .n_batch = (size_t)m->lm.n_batch,
                                .n_trace_rows = (size_t)o->expert_trace,
                                .clock = clock_or_system(o->clock)};
}

/* Sets lm.experts if the model has routers.  False when memory is short. */
static bool init_experts(model_lm *m, const sw_engine_options *o)
{
    const expert_log_options options = log_options(m, o);
    if (m->h.n_expert == 0 || options.dims.n_layers == 0)
        return true;
    m->lm.experts = expert_log_create(&options);
    return m->lm.experts != NULL;
}

/* All that is decided from the header. */
static sw_code prepare(model_lm *m, const gguf_file *g, const sw_engine_options *o, sw_err *err)
{
    sw_code code = kernels_check(err);
    if (code == SW_OK)
        code = hparams_read(g, o->compat == SW_COMPAT_LLAMA_CPP, &m->h, err);
    if (code != SW_OK)
        return code;
    const hparams *const h = &m->h;
    if (o->n_ctx > h->n_ctx_train)
        return sw_fail(err, SW_EINVAL, "a context of %d tokens is too long: this model was trained for at most %d",
                       o->n_ctx, h->n_ctx_train);
    set_sizes(&m->lm, h, o);
    m->kv_type = o->kv_type;
    code = expert_mask_parse(&m->mask, o->mask_experts, h, err);
    m->h.is_masked = m->mask.is_masked;
    if (code == SW_OK)
        code = tiers_open(&m->tiers, o->devices, err);
    if (code == SW_OK && m->is_loading)
        code = tiers_check(&m->tiers, g, o, err);
    if (code == SW_OK)
        code = model_lm_place(m, g, o, err);
    if (code == SW_OK)
        code = weights_plan(g, h, &m->placement, &m->w, err);
    if (code != SW_OK)
        return code;
    m->pool = pool_create(pick(o->n_threads, sysinfo_n_cores(), LIMIT_THREADS));
    if (m->pool == NULL || !init_experts(m, o) || !model_lm_init_cache(m))
        return sw_fail(err, SW_ENOMEM, "out of memory preparing %s", gguf_path(g));
    return SW_OK;
}

static sw_code no_memory_to_work(const gguf_file *g, sw_err *err)
{
    return sw_fail(err, SW_ENOMEM, "out of memory for the working buffers of %s; a smaller --batch lowers them",
                   gguf_path(g));
}

/* The backend of a tier that has weights. */
static sw_code open_backend(model_lm *m, weight_tier tier, const gguf_file *g, sw_err *err)
{
    const size_t n_batch = (size_t)m->lm.n_batch;
    device *const d = tiers_device(&m->tiers, tier);
    if (d != NULL)
        return gpu_backend_open(&m->backends[tier],
                                &(gpu_backend_options){.h = &m->h,
                                                       .w = &m->w,
                                                       .kv = &m->kv,
                                                       .pool = m->pool,
                                                       .device = d,
                                                       .tier = tier,
                                                       .n_batch = n_batch,
                                                       .n_seqs = (size_t)m->lm.n_seqs,
                                                       .n_ctx = (size_t)m->lm.n_ctx,
                                                       .has_visitors = m->stream.vram_bytes > 0,
                                                       .is_pinned = m->stream.is_pinned},
                                err);
    m->backends[tier] = cpu_backend_open(
        &(cpu_backend_options){.h = &m->h, .w = &m->w, .pool = m->pool, .kv = &m->kv, .n_batch = n_batch});
    return m->backends[tier] != NULL ? SW_OK : no_memory_to_work(g, err);
}

/* The backends and the forward pass over loaded weights. */
static sw_code set_up(model_lm *m, const gguf_file *g, const sw_engine_options *o, sw_err *err)
{
    for (int t = 0; t < N_TIERS; t++) {
        const sw_code code = m->w.blocks[t].n_bytes > 0 ? open_backend(m, (weight_tier)t, g, err) : SW_OK;
        if (code != SW_OK)
            return code;
    }
    forward_options options = {.h = &m->h,
                               .w = &m->w,
                               .kv = &m->kv,
                               .n_batch = (size_t)m->lm.n_batch,
                               .n_seqs = m->lm.n_seqs,
                               .n_ctx = m->lm.n_ctx,
                               .by_context = o->compat == SW_COMPAT_LLAMA_CPP};
    memcpy(options.backends, m->backends, sizeof options.backends);
    return forward_init(&m->f, &options) ? SW_OK : no_memory_to_work(g, err);
}

/* The cache of experts, if one is planned. */
static sw_code open_cache(model_lm *m, const sw_engine_options *o, sw_err *err)
{
    device *const d = tiers_device(&m->tiers, TIER_VRAM);
    if (m->cache_plan.bytes == 0)
        return SW_OK;
    return expert_cache_open(
        &m->cache,
        &(expert_cache_options){.plan = &m->cache_plan,
                                .h = &m->h,
                                .w = &m->w,
                                .device = d,
                                .is_pinned = m->stream.is_pinned,
                                .backend = m->backends[TIER_VRAM],
                                .f = &m->f,
                                .clock = clock_or_system(o->clock),
                                .is_watched = !d->is_emulated || clock_or_system(o->clock) != clock_system(),
                                .on_notice = o->on_notice,
                                .ud = o->ud},
        err);
}

/* ---- does it fit? ------------------------------------------------------------------------------------------------ */

/* Bytes of working memory of all that is set up. */
static void count_buffers(model_lm *m)
{
    m->buffer_bytes[TIER_RAM] =
        m->f.memory.n_bytes + sampler_scratch_bytes(m->lm.n_vocab) + expert_log_bytes(m->lm.experts);
    m->buffer_bytes[TIER_RAM] += expert_cache_ram_bytes(&m->cache_plan, &m->h, m->stream.is_pinned);
    memset(&m->buffer_bytes[TIER_VRAM], 0, LIMIT_DEVICES * sizeof *m->buffer_bytes);
    for (int i = 0; i < m->tiers.n_devices; i++)
        m->buffer_bytes[TIER_RAM] +=
            m->tiers.devices[i].memory != NULL ? vram_pinned_bytes(m->tiers.devices[i].memory) : 0;
    for (int t = 0; t < N_TIERS; t++) {
        const backend *const be = m->backends[t];
        if (be == NULL)
            continue;
        // What tests set as VRAM is this machine's memory.
        m->buffer_bytes[tiers_device(&m->tiers, (weight_tier)t) != NULL ? t : TIER_RAM] += be->n_bytes;
        m->buffer_bytes[TIER_RAM] += be->n_staging_bytes;
    }
}

/* "cpu", "cpu+cuda:0": the tiers that have weights. */
static void name_backends(model_lm *m)
{
    size_t n = 0;
    m->backend_name[0] = '\0';
    for (int t = 0; t < N_TIERS; t++) {
        const bool is_device = tiers_device(&m->tiers, (weight_tier)t) != NULL;
        if (m->backends[t] == NULL || (n > 0 && !is_device))
            continue;
        snprintf(m->backend_name + n, sizeof m->backend_name - n, "%s%s", n > 0 ? "+" : "", m->backends[t]->name);
        n = strlen(m->backend_name);
    }
}

/* Sets what the model takes besides weights and cache.  The backends and the forward pass are set up over weights that
 * are not there yet, and taken down again: memory that is not written takes none, and what they ask for cannot differ
 * from what they will ask for.  By then the process has touched nearly all pages of its program that it ever will. */
static sw_code measure(model_lm *m, const gguf_file *g, const sw_engine_options *o, sw_err *err)
{
    const sw_code code = set_up(m, g, o, err);
    if (code == SW_OK) {
        count_buffers(m);
        name_backends(m);
    }
    model_lm_take_down(m);
    m->loading_bytes = weights_staging_bytes(&m->w, pool_n_threads(m->pool));
    mem_trim(); // what was read to get here and is freed would come and go
    m->process_bytes = sysinfo_memory_of(0).rss + LATER_BYTES;
    return code;
}

/* What a tier must still give: the weights, and the more of what loading takes besides them and what a job takes
 * then.  In RAM one full sequence is counted; further ones grow as they are used.  VRAM holds all of them. */
static uint64_t bytes_needed(const model_lm *m, weight_tier tier)
{
    const uint64_t weights = m->w.blocks[tier].n_bytes, cache = kv_tier_bytes(&m->kv, tier, m->lm.n_ctx);
    const uint64_t copies = tier == TIER_VRAM ? m->cache_plan.bytes : 0;
    if (tier != TIER_RAM)
        return weights + cache * (uint64_t)m->lm.n_seqs + m->buffer_bytes[tier] + copies;
    const uint64_t job = cache + m->buffer_bytes[tier];
    return weights + (m->loading_bytes > job ? m->loading_bytes : job);
}

/* Before anything is read. */
static sw_code check_memory(const gguf_file *g, const model_lm *m, sw_err *err)
{
    const available_memory ram = sysinfo_memory_available();
    const device_names names = tiers_names(&m->tiers);
    uint64_t available[N_TIERS] = {[TIER_RAM] = ram.bytes};
    for (int i = 0; i < m->tiers.n_devices; i++)
        available[tier_of_device(i)] = m->tiers.devices[i].vram_bytes;
    for (int t = 0; t < N_TIERS; t++) {
        const weight_tier tier = (weight_tier)t;
        const bool is_ram = tier == TIER_RAM;
        if (bytes_needed(m, tier) > available[tier])
            return sw_fail(err, SW_ENOMEM,
                           "%s needs %s (weights %s, a context of %d tokens %s, working buffers %s), but "
                           "only %s of %s are available%s; a smaller --ctx-size or --batch, --kv-type q8_0 or "
                           "a model quantized to fewer bits lowers it",
                           gguf_path(g), size_text_of(bytes_needed(m, tier)).text,
                           size_text_of(m->w.blocks[tier].n_bytes).text, m->lm.n_ctx,
                           size_text_of(kv_tier_bytes(&m->kv, tier, m->lm.n_ctx)).text,
                           size_text_of(m->buffer_bytes[tier]).text, size_text_of(available[tier]).text,
                           is_ram ? "memory" : names.names[tier_device(tier)],
                           is_ram && ram.is_limited ? " in the control group of this process" : "");
    }
    return SW_OK;
}

/* All but the weights, and what they need. */
static sw_code plan(model_lm *m, const gguf_file *g, const sw_engine_options *options, sw_err *err)
{
    const sw_code code = prepare(m, g, options, err);
    return code == SW_OK ? measure(m, g, options, err) : code;
}

/* The weights, and on a device the pages of all sequences, so that no job runs out of them. */
static sw_code load_weights(model_lm *m, const gguf_file *g, const sw_engine_options *options, sw_err *err)
{
    weights_load_options loading = {.pool = m->pool, .on_load = options->on_load, .ud = options->ud};
    sw_err why;
    sw_err_clear(&why);
    for (int i = 0; i < m->tiers.n_devices; i++)
        loading.memory[tier_of_device(i)] = m->tiers.devices[i].vram;
    sw_code code = weights_load(&m->w, g, &loading, &why);
    for (int i = 0; i < m->tiers.n_devices; i++) {
        struct vram *const memory = m->tiers.devices[i].memory;
        if (memory != NULL && vram_check(memory, NULL) != SW_OK)
            return vram_check(memory, err); // knows more
    }
    if (code != SW_OK)
        return sw_fail(err, code, "%s", why.msg);
    for (int i = 0; i < m->tiers.n_devices && code == SW_OK; i++) {
        const uint64_t pages = kv_tier_bytes(&m->kv, tier_of_device(i), m->lm.n_ctx) * (uint64_t)m->lm.n_seqs;
        code = tiers_reserve_pages(&m->tiers.devices[i], pages, err);
    }
    return code;
}

static sw_code load(model_lm *m, const gguf_file *g, const sw_engine_options *options, sw_err *err)
{
    sw_code code = check_memory(g, m, err);
    if (code == SW_OK)
        code = load_weights(m, g, options, err);
    if (code != SW_OK)
        return code;
    model_lm_pin_weights(m);
    code = set_up(m, g, options, err);
    if (code == SW_OK)
        code = model_lm_start_stream(m, options, err);
    if (code == SW_OK)
        code = open_cache(m, options, err);
    if (code == SW_OK)
        count_buffers(m); // a buffer in place of pinned weights was not planned
    return code;
}

static sw_code open_as(language_model **out, bool is_loaded, const gguf_file *g, const sw_engine_options *options,
                       sw_err *err)
{
    *out = NULL;
    const sw_clock *const clock = clock_or_system(options->clock);
    const uint64_t start = clock_now_ns(clock);
    model_lm *const m = mem_calloc(1, sizeof *m);
    if (m == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory opening %s", gguf_path(g));
    m->is_loading = is_loaded;
    sw_code code = plan(m, g, options, err);
    if (code == SW_OK && is_loaded)
        code = load(m, g, options, err);
    if (code == SW_OK && !placement_rows_fill(&m->classes, &m->w, &m->requested, SW_PLACEMENT_CLASSES))
        code = sw_fail(err, SW_ENOMEM, "out of memory opening %s", gguf_path(g));
    if (code != SW_OK) {
        model_lm_close(&m->lm);
        return code;
    }
    model_lm_describe_devices(m);
    m->load_ms = is_loaded ? ns_to_ms(clock_now_ns(clock) - start) : 0;
    *out = &m->lm;
    return SW_OK;
}

sw_code model_lm_open(language_model **out, const gguf_file *g, const sw_engine_options *options, sw_err *err)
{
    return open_as(out, /*is_loaded=*/true, g, options, err);
}

sw_code model_lm_plan(language_model **out, const gguf_file *g, const sw_engine_options *options, sw_err *err)
{
    return open_as(out, /*is_loaded=*/false, g, options, err);
}
