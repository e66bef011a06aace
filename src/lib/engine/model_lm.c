/* model_lm.c - a loaded model: owns weights, threads, cache and forward pass, and shows them as an language_model. */
#include "engine/model_lm.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/sysinfo.h"
#include "forward/forward.h"

enum { DEFAULT_SEQS = 4, DEFAULT_BATCH = 256 };

typedef struct model_lm {
    language_model lm; // first: the scheduler sees only this
    hparams h;
    model_weights w;
    thread_pool *pool;
    kv_cache kv;
    forward f;
    uint64_t *router_counts; // (n_layers, n_expert)
    const char *placement_note;
    double load_ms;
} model_lm;

/* ---- the language_model operations
 * ---------------------------------------------------------------------------------------- */

/* Adds the experts that a successful step used to the counts. */
static void count_experts(model_lm *m, size_t n)
{
    const size_t k = (size_t)m->h.n_expert_used, n_expert = (size_t)m->h.n_expert;
    for (int l = m->h.n_layers_dense; l < m->h.n_layers && n_expert > 0; l++) {
        const int *const chosen = m->f.moe.chosen + (size_t)l * (size_t)m->f.n_batch * k;
        for (size_t p = 0; p < n * k; p++)
            __atomic_fetch_add(&m->router_counts[(size_t)l * n_expert + (size_t)chosen[p]], 1, __ATOMIC_RELAXED);
    }
}

static sw_code step(language_model *lm, const batch_token *tokens, size_t n, const float **logits_out,
                    int32_t *bad_seq_out, sw_err *err)
{
    model_lm *const m = (model_lm *)lm;
    const sw_code code = forward_step(&m->f, tokens, n, logits_out, bad_seq_out, err);
    if (code == SW_OK)
        count_experts(m, n);
    return code;
}

static void truncate_seq(language_model *lm, int32_t seq, int32_t n_keep)
{
    model_lm *const m = (model_lm *)lm;
    kv_truncate(&m->kv, seq, n_keep);
    if (n_keep == 0)
        m->f.is_long[seq] = forward_is_long(&m->f, lm->n_ctx);
}

static bool reserve(language_model *lm, int32_t seq, int32_t n_tokens)
{
    return kv_reserve(&((model_lm *)lm)->kv, seq, n_tokens);
}

static int32_t resumable(language_model *lm, int32_t seq, int32_t n_tokens, int32_t n_max)
{
    const model_lm *const m = (const model_lm *)lm;
    return forward_is_long(&m->f, n_max) == m->f.is_long[seq] ? kv_resumable(&m->kv, seq, n_tokens) : 0;
}

static void begin(language_model *lm, int32_t seq, const lm_plan *plan)
{
    model_lm *const m = (model_lm *)lm;
    m->f.is_long[seq] = forward_is_long(&m->f, plan->n_max);
    kv_mark(&m->kv, seq, plan->marks);
}

static void close_model(language_model *lm)
{
    model_lm *const m = (model_lm *)lm;
    forward_free(&m->f);
    kv_free(&m->kv);
    weights_free(&m->w);
    pool_free(m->pool);
    mem_free(m->router_counts);
    mem_free(m);
}

static const lm_ops OPS = {step, truncate_seq, reserve, close_model, resumable, begin};

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static int pick(int wanted, int fallback, int max)
{
    const int n = wanted > 0 ? wanted : fallback;
    return n < max ? n : max;
}

/* An empty cache for n_seqs sequences of n_ctx positions, as `lm` has them.  False when memory is short. */
static bool init_cache(kv_cache *kv, const hparams *h, sw_kv_type type, const language_model *lm)
{
    bool is_windowed[LIMIT_MODEL_LAYERS];
    for (int l = 0; l < h->n_layers; l++)
        is_windowed[l] = hparams_is_windowed(h, l);
    return kv_init(kv, &(kv_options){.n_layers = h->n_layers,
                                     .n_heads = hparams_cache_heads(h),
                                     .d_k = hparams_cache_key(h),
                                     .d_v = hparams_cache_value(h),
                                     .type = type,
                                     .n_seqs = lm->n_seqs,
                                     .n_ctx = lm->n_ctx,
                                     .n_window = h->n_window,
                                     .is_windowed = is_windowed,
                                     .n_batch = lm->n_batch});
}

/* Before anything is read: will it fit?  One full sequence is counted; further ones grow as they are used. */
static sw_code check_memory(const gguf_file *g, const model_lm *m, const kv_cache *kv, sw_err *err)
{
    const uint64_t cache = kv_bytes(kv, m->lm.n_ctx);
    const uint64_t needed = m->w.block_bytes + cache;
    const uint64_t available = sysinfo_memory_available();
    if (needed <= available)
        return SW_OK;
    return sw_fail(
        err, SW_ENOMEM,
        "%s needs %.1f GB for weights and %.1f GB for a context of %d tokens, but only %.1f GB of memory are "
        "available; a smaller --ctx-size, --kv-type q8_0 or a model quantized to fewer bits lowers it",
        gguf_path(g), (double)m->w.block_bytes / 1e9, (double)cache / 1e9, m->lm.n_ctx, (double)available / 1e9);
}

static sw_code prepare(model_lm *m, const gguf_file *g, const sw_engine_options *o, sw_err *err)
{
    sw_code code = kernels_check(err);
    if (code == SW_OK)
        code = hparams_read(g, o->compat == SW_COMPAT_LLAMA_CPP, &m->h, err);
    if (code != SW_OK)
        return code;
    const hparams *const h = &m->h;
    if (o->n_ctx > h->n_ctx_train)
        return sw_fail(err, SW_EINVAL, "a context of %d tokens was asked for; this model was made for at most %d",
                       o->n_ctx, h->n_ctx_train);
    const int n_threads = pick(o->n_threads, sysinfo_n_cores(), LIMIT_THREADS);
    m->lm.ops = &OPS;
    m->lm.n_vocab = h->n_vocab;
    m->lm.n_seqs = pick(o->n_seqs, DEFAULT_SEQS, LIMIT_SEQUENCES);
    m->lm.n_ctx = pick(o->n_ctx, h->n_ctx_train < SW_DEFAULT_CTX ? h->n_ctx_train : SW_DEFAULT_CTX, LIMIT_CTX_TOKENS);
    m->lm.n_batch = pick(o->n_batch, DEFAULT_BATCH, LIMIT_BATCH_TOKENS);
    if (m->lm.n_batch < m->lm.n_seqs)
        m->lm.n_batch = m->lm.n_seqs;
    if (h->n_expert == 0 && (o->cpu_moe || o->n_cpu_moe > 0))
        m->placement_note = "this model has no experts, so --cpu-moe and --n-cpu-moe have no effect";
    code = weights_plan(g, h, &m->w, err);
    if (code != SW_OK)
        return code;
    m->router_counts = mem_calloc((size_t)h->n_layers * (size_t)h->n_expert, sizeof *m->router_counts);
    m->pool = pool_create(n_threads);
    if (m->router_counts == NULL || m->pool == NULL || !init_cache(&m->kv, h, o->kv_type, &m->lm))
        return sw_fail(err, SW_ENOMEM, "out of memory preparing %s", gguf_path(g));
    return check_memory(g, m, &m->kv, err);
}

sw_code model_lm_open(language_model **out, const gguf_file *g, const sw_engine_options *options, sw_err *err)
{
    *out = NULL;
    const sw_clock *const clock = clock_or_system(options->clock);
    const uint64_t start = clock_now_ns(clock);
    model_lm *const m = mem_calloc(1, sizeof *m);
    if (m == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory opening %s", gguf_path(g));
    sw_code code = prepare(m, g, options, err);
    if (code == SW_OK)
        code = weights_load(&m->w, g, m->pool, options->on_load, options->ud, err);
    if (code == SW_OK && !forward_init(&m->f, &m->h, &m->w, m->pool, &m->kv, m->lm.n_batch, m->lm.n_ctx, m->lm.n_seqs,
                                       options->compat == SW_COMPAT_LLAMA_CPP))
        code = sw_fail(err, SW_ENOMEM, "out of memory for the working buffers of %s; a smaller --batch lowers them",
                       gguf_path(g));
    if (code != SW_OK) {
        close_model(&m->lm);
        return code;
    }
    m->load_ms = ns_to_ms(clock_now_ns(clock) - start);
    *out = &m->lm;
    return SW_OK;
}

/* ---- facts ------------------------------------------------------------------------------------------------------- */

void model_lm_state(const language_model *lm, sw_engine_state *state)
{
    const model_lm *const m = (const model_lm *)lm;
    state->n_threads = pool_n_threads(m->pool);
    state->n_ctx = lm->n_ctx;
    state->n_seqs = lm->n_seqs;
    state->isa = m->f.k->name;
    state->backend = "cpu";
    state->weight_bytes_ram = m->w.block_bytes;
    state->expert_bytes_ram = m->w.expert_bytes;
    state->weight_bytes_vram = 0;
    state->kv_bytes_per_token = kv_bytes(&m->kv, lm->n_ctx) / (uint64_t)lm->n_ctx;
    state->kv_bytes_max = kv_bytes(&m->kv, lm->n_ctx) * (uint64_t)lm->n_seqs;
    state->placement_note = m->placement_note;
    state->load_ms = m->load_ms;
}

uint64_t model_lm_kv_bytes_of(const hparams *h, sw_kv_type type, int n_ctx)
{
    kv_cache kv;
    const language_model lm = {.n_seqs = 1, .n_ctx = n_ctx, .n_batch = DEFAULT_BATCH};
    const uint64_t bytes = init_cache(&kv, h, type, &lm) ? kv_bytes(&kv, n_ctx) : 0;
    kv_free(&kv);
    return bytes;
}

uint64_t model_lm_kv_bytes_read(const language_model *lm, int n)
{
    const model_lm *const m = (const model_lm *)lm;
    const uint64_t layer_bytes = m->kv.head_bytes / KV_PAGE * (uint64_t)m->kv.n_heads;
    uint64_t sum = 0;
    for (int l = 0; l < m->h.n_layers; l++)
        sum += layer_bytes * (uint64_t)(hparams_is_windowed(&m->h, l) && n > m->h.n_window ? m->h.n_window : n);
    return sum;
}

bool model_lm_router_counts(const language_model *lm, int layer, uint64_t *counts)
{
    const model_lm *const m = (const model_lm *)lm;
    if (layer < 0 || layer >= m->h.n_layers || !hparams_has_experts(&m->h, layer))
        return false;
    for (int e = 0; e < m->h.n_expert; e++)
        counts[e] =
            __atomic_load_n(&m->router_counts[(size_t)layer * (size_t)m->h.n_expert + (size_t)e], __ATOMIC_RELAXED);
    return true;
}
