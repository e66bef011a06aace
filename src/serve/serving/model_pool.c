/* model_pool.c - slots of loaded engines, and the choice of which one makes room. */
#include "serving/model_pool.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

enum { DEFAULT_SEQS = 4 }; // of sw_engine_options.n_seqs

struct model_handle {
    model_pool *pool;
    const model_entry *model; // NULL: the slot is free
    sw_engine *engine;        // NULL while it is loaded
    int n_users;              // handles given out
    uint64_t used_at;         // the pool's count of uses when it was last acquired
    uint64_t bytes;           // weights and full caches; while loading an estimate
    char fingerprint[40];
};

struct model_pool {
    model_pool_options o;
    pthread_mutex_t lock;
    pthread_cond_t changed; // an engine was loaded, or failed to
    model_handle *slots;    // (o.n_engines_max)
    model_state *states;    // (o.catalog->n), in the catalog's order
    uint64_t n_uses;
};

/* ---- life ----------------------------------------------------------------------------------------------------------
 */

sw_code model_pool_open(model_pool **out, const model_pool_options *options, sw_err *err)
{
    model_pool *const p = mem_calloc(1, sizeof *p);
    *out = p;
    if (p == NULL)
        return sw_fail(err, SW_ENOMEM, "not enough memory for the models");
    p->o = *options;
    p->o.clock = clock_or_system(options->clock);
    p->o.n_engines_max = options->n_engines_max > 0 ? options->n_engines_max : 1;
    p->slots = mem_calloc((size_t)p->o.n_engines_max, sizeof *p->slots);
    p->states = mem_calloc(p->o.catalog->n + 1, sizeof *p->states); // + 1: an empty catalog is no failure
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->changed, NULL);
    if (p->slots == NULL || p->states == NULL) {
        model_pool_close(p);
        *out = NULL;
        return sw_fail(err, SW_ENOMEM, "not enough memory for the models");
    }
    for (size_t i = 0; i < p->o.catalog->n; i++) {
        const char *const error = p->o.catalog->entries[i].error;
        p->states[i].status = error[0] != '\0' ? MODEL_FAILED : MODEL_UNLOADED;
        snprintf(p->states[i].error, sizeof p->states[i].error, "%s", error);
    }
    return SW_OK;
}

void model_pool_close(model_pool *p)
{
    if (p == NULL)
        return;
    for (int i = 0; p->slots != NULL && i < p->o.n_engines_max; i++)
        sw_engine_close(p->slots[i].engine);
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->lock);
    mem_free(p->slots);
    mem_free(p->states);
    mem_free(p);
}

/* ---- states: all under the lock ------------------------------------------------------------------------------------
 */

static model_state *state_of(model_pool *p, const model_entry *m)
{
    return &p->states[m - p->o.catalog->entries];
}

static void set_state(model_pool *p, const model_entry *m, model_status status, int n_ctx, const char *error)
{
    model_state *const s = state_of(p, m);
    s->status = status;
    s->progress = status == MODEL_LOADED ? 1 : 0;
    s->n_ctx = n_ctx;
    model_entry_hide_path(m, error, s->error, sizeof s->error);
}

static void on_load(void *ud, uint64_t done, uint64_t total)
{
    const model_handle *const h = ud;
    pthread_mutex_lock(&h->pool->lock);
    state_of(h->pool, h->model)->progress = total > 0 ? (double)done / (double)total : 0;
    pthread_mutex_unlock(&h->pool->lock);
}

model_state model_pool_state(model_pool *p, const model_entry *model)
{
    pthread_mutex_lock(&p->lock);
    const model_state state = *state_of(p, model);
    pthread_mutex_unlock(&p->lock);
    return state;
}

bool model_pool_is_loading(model_pool *p)
{
    bool is_loading = false;
    pthread_mutex_lock(&p->lock);
    for (int i = 0; i < p->o.n_engines_max; i++)
        is_loading = is_loading || (p->slots[i].model != NULL && p->slots[i].engine == NULL);
    pthread_mutex_unlock(&p->lock);
    return is_loading;
}

/* ---- making room: all under the lock -------------------------------------------------------------------------------
 */

static model_handle *slot_of(model_pool *p, const model_entry *m)
{
    for (int i = 0; i < p->o.n_engines_max; i++) {
        if (p->slots[i].model == m)
            return &p->slots[i];
    }
    return NULL;
}

/* Returns true if all engines and `bytes` more are above the budget. */
static bool is_over_budget(const model_pool *p, uint64_t bytes)
{
    for (int i = 0; i < p->o.n_engines_max; i++)
        bytes += p->slots[i].bytes;
    return p->o.memory_bytes_max > 0 && bytes > p->o.memory_bytes_max;
}

/* Returns true if another engine of `bytes` fits beside those that are loaded. */
static bool has_room(model_pool *p, uint64_t bytes)
{
    return slot_of(p, NULL) != NULL && !is_over_budget(p, bytes);
}

/* The loaded engine without users that was not used for the longest time; NULL: all are in use. */
static model_handle *oldest_idle(model_pool *p)
{
    model_handle *oldest = NULL;
    for (int i = 0; i < p->o.n_engines_max; i++) {
        model_handle *const h = &p->slots[i];
        if (h->engine != NULL && h->n_users == 0 && (oldest == NULL || h->used_at < oldest->used_at))
            oldest = h;
    }
    return oldest;
}

static void empty_slot(model_handle *h)
{
    *h = (model_handle){.pool = h->pool};
}

static model_refusal refuse_busy(model_pool *p, const model_entry *m, sw_err *why)
{
    for (int i = 0; i < p->o.n_engines_max; i++) {
        const model_handle *const h = &p->slots[i];
        if (h->engine != NULL && h->n_users > 0) {
            (void)sw_fail(why, SW_EBUSY, "%d requests still use the model '%s'; '%s' can be loaded after them",
                          h->n_users, h->model->id, m->id);
            return MODEL_BUSY;
        }
    }
    (void)sw_fail(why, SW_EBUSY, "another model is being loaded; '%s' can be loaded after it", m->id);
    return MODEL_BUSY;
}

/* Closes an idle engine; the lock is released meanwhile, so the slots must be looked at again. */
static void close_idle(model_pool *p, model_handle *idle)
{
    sw_engine *const engine = idle->engine;
    set_state(p, idle->model, MODEL_UNLOADED, 0, "");
    empty_slot(idle);
    pthread_mutex_unlock(&p->lock);
    sw_engine_close(engine);
    pthread_mutex_lock(&p->lock);
}

static model_refusal refuse_too_large(const model_pool *p, const model_entry *m, uint64_t bytes, sw_err *why)
{
    (void)sw_fail(why, SW_ENOMEM, "the model '%s' takes %.1f MB, and the server may use %.1f MB for models", m->id,
                  (double)bytes / 1e6, (double)p->o.memory_bytes_max / 1e6);
    return MODEL_TOO_LARGE;
}

/* ---- loading -------------------------------------------------------------------------------------------------------
 */

/* FNV-1a (Fowler, Noll, Vo): a short name for a configuration, not a defence against forgery. */
static uint32_t hash_bytes(uint32_t h, const void *data, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h = (h ^ ((const unsigned char *)data)[i]) * 16777619u;
    return h;
}

void engine_fingerprint(char *out, size_t size, const sw_model_info *info, const sw_engine_state *state,
                        const sw_engine_options *options)
{
    char text[512];
    // Threads and instruction set are left out: they do not change an answer.
    snprintf(text, sizeof text, "%s|%s|%s|%s|%llu|%llu|%llu|%llu|%d|%d", SPILLWAY_VERSION, info->name, info->arch,
             info->quant, (unsigned long long)info->file_bytes, (unsigned long long)info->n_params,
             (unsigned long long)state->weight_bytes_vram, (unsigned long long)state->expert_bytes_ram,
             (int)options->kv_type, (int)options->compat);
    snprintf(out, size, "sw-%s-%08x", SPILLWAY_VERSION, hash_bytes(2166136261u, text, strlen(text)));
}

static void take_engine(model_pool *p, model_handle *h, sw_engine *engine, const sw_engine_state *state)
{
    h->engine = engine;
    h->bytes = state->weight_bytes_ram + state->weight_bytes_vram + state->kv_bytes_max;
    engine_fingerprint(h->fingerprint, sizeof h->fingerprint, sw_engine_info(engine), state, &p->o.engine);
    set_state(p, h->model, MODEL_LOADED, state->n_ctx, "");
}

/* Opens the engine of a reserved slot, without the lock while it takes long.  On failure the slot is free again. */
static sw_code load(model_pool *p, model_handle *h, sw_err *err)
{
    const model_entry *const m = h->model;
    sw_engine_options options = p->o.engine;
    sw_engine *engine;
    options.on_load = on_load;
    options.ud = h;
    options.clock = p->o.clock;
    set_state(p, m, MODEL_LOADING, 0, "");
    pthread_mutex_unlock(&p->lock);
    const sw_code code = sw_engine_open(&engine, m->path, &options, err);
    const sw_engine_state state = code == SW_OK ? sw_engine_get_state(engine) : (sw_engine_state){0};
    if (code == SW_OK && p->o.on_loaded != NULL)
        p->o.on_loaded(p->o.ud, m, &state);
    pthread_mutex_lock(&p->lock);
    if (code == SW_OK) {
        take_engine(p, h, engine, &state);
    } else {
        set_state(p, m, MODEL_FAILED, 0, err->msg);
        empty_slot(h);
    }
    pthread_cond_broadcast(&p->changed);
    return code;
}

/* What an engine really takes is known after it was opened: closes idle ones beside it if all are too much together,
 * and the new one if that is not enough. */
static model_refusal settle(model_pool *p, model_handle *h, sw_err *why)
{
    const model_entry *const m = h->model;
    const uint64_t bytes = h->bytes;
    h->n_users++; // keeps it from being the idle one
    for (model_handle *idle; is_over_budget(p, 0) && (idle = oldest_idle(p)) != NULL;)
        close_idle(p, idle);
    h->n_users--;
    if (!is_over_budget(p, 0))
        return MODEL_ACQUIRED;
    close_idle(p, h);
    return bytes > p->o.memory_bytes_max ? refuse_too_large(p, m, bytes, why) : refuse_busy(p, m, why);
}

static model_refusal load_new(model_pool *p, const model_entry *m, uint64_t bytes, model_handle **out, sw_err *why)
{
    sw_err err = {0};
    model_handle *const h = slot_of(p, NULL);
    *h = (model_handle){.pool = p, .model = m, .bytes = bytes};
    if (load(p, h, &err) == SW_OK) {
        *out = h;
        return settle(p, h, why);
    }
    (void)sw_fail(why, err.code, "the model '%s' could not be loaded: %.300s", m->id, state_of(p, m)->error);
    return err.code == SW_ENOMEM ? MODEL_TOO_LARGE : MODEL_BROKEN;
}

/* ---- handles -------------------------------------------------------------------------------------------------------
 */

static model_handle *last_used(model_pool *p)
{
    model_handle *last = NULL;
    for (int i = 0; i < p->o.n_engines_max; i++) {
        model_handle *const h = &p->slots[i];
        if (h->engine != NULL && (last == NULL || h->used_at > last->used_at))
            last = h;
    }
    return last;
}

static model_refusal pick(model_pool *p, const char *id, const model_entry **out, sw_err *why)
{
    const model_handle *const last = last_used(p);
    const model_catalog *const c = p->o.catalog;
    if (id != NULL)
        *out = model_catalog_find(c, id);
    else if (last != NULL)
        *out = last->model;
    else
        *out = c->n == 1 ? &c->entries[0] : NULL;
    if (*out != NULL)
        return MODEL_ACQUIRED;
    if (id != NULL)
        (void)sw_fail(why, SW_ENOTFOUND, "the model '%.100s' is not known here", id);
    else
        (void)sw_fail(why, SW_EINVAL,
                      c->n == 0 ? "no model was found at start" : "several models are known; name one of them");
    return id != NULL ? MODEL_UNKNOWN : c->n == 0 ? MODEL_NONE : MODEL_UNNAMED;
}

/* About what an engine of m will take, from its file's header: the weights that this build uses, and full caches.  0
 * without a budget, where it is of no use. */
static uint64_t needed_bytes(const model_pool *p, const model_entry *m)
{
    const sw_engine_options *const e = &p->o.engine;
    const int n_train = m->facts.n_ctx_train, n_seqs = e->n_seqs > 0 ? e->n_seqs : DEFAULT_SEQS;
    const int n_ctx = e->n_ctx > 0 ? e->n_ctx : n_train < SW_DEFAULT_CTX ? n_train : SW_DEFAULT_CTX;
    sw_model_file *file;
    if (p->o.memory_bytes_max == 0 || !m->has_facts || sw_model_file_open(&file, m->path, NULL) != SW_OK)
        return 0;
    uint64_t bytes = sw_model_file_kv_bytes(file, e->kv_type, n_ctx) * (uint64_t)n_seqs;
    for (int c = 0; c < SW_N_CLASSES; c++)
        bytes += c != SW_CLASS_OTHER ? sw_model_file_info(file)->bytes_by_class[c] : 0;
    sw_model_file_close(file);
    return bytes;
}

static model_refusal acquire(model_pool *p, const model_entry *m, model_handle **out, double *load_ms_out, sw_err *why)
{
    const uint64_t start = clock_now_ns(p->o.clock), bytes = needed_bytes(p, m);
    if (p->o.memory_bytes_max > 0 && bytes > p->o.memory_bytes_max)
        return refuse_too_large(p, m, bytes, why);
    for (;;) {
        model_handle *const h = slot_of(p, m), *const idle = oldest_idle(p);
        if (h != NULL && h->engine != NULL) {
            *out = h;
            return MODEL_ACQUIRED;
        }
        if (h != NULL) {
            pthread_cond_wait(&p->changed, &p->lock); // another thread loads it
        } else if (has_room(p, bytes)) {
            const model_refusal refusal = load_new(p, m, bytes, out, why);
            *load_ms_out = ns_to_ms(clock_now_ns(p->o.clock) - start);
            return refusal;
        } else if (idle != NULL) {
            close_idle(p, idle);
        } else {
            return refuse_busy(p, m, why);
        }
    }
}

model_refusal model_pool_acquire(model_pool *p, const char *id, model_handle **out, double *load_ms_out, sw_err *why)
{
    *out = NULL;
    *load_ms_out = 0;
    pthread_mutex_lock(&p->lock);
    model_handle *h = NULL;
    const model_entry *m;
    model_refusal refusal = pick(p, id, &m, why);
    if (refusal == MODEL_ACQUIRED)
        refusal = acquire(p, m, &h, load_ms_out, why);
    if (refusal == MODEL_ACQUIRED) {
        h->n_users++;
        h->used_at = ++p->n_uses;
        *out = h;
    }
    pthread_mutex_unlock(&p->lock);
    return refusal;
}

void model_handle_release(model_handle *handle)
{
    if (handle == NULL)
        return;
    pthread_mutex_lock(&handle->pool->lock);
    handle->n_users--;
    pthread_mutex_unlock(&handle->pool->lock);
}

sw_engine *model_handle_engine(const model_handle *handle)
{
    return handle->engine;
}

const model_entry *model_handle_model(const model_handle *handle)
{
    return handle->model;
}

const char *model_handle_fingerprint(const model_handle *handle)
{
    return handle->fingerprint;
}

/* ---- visits --------------------------------------------------------------------------------------------------------
 */

void model_pool_visit(model_pool *p, bool (*visit)(void *ud, const model_entry *model, sw_engine *engine), void *ud)
{
    pthread_mutex_lock(&p->lock);
    uint64_t before = UINT64_MAX; // engines used after this were visited
    for (bool goes_on = true; goes_on;) {
        const model_handle *next = NULL;
        for (int i = 0; i < p->o.n_engines_max; i++) {
            const model_handle *const h = &p->slots[i];
            if (h->engine != NULL && h->used_at < before && (next == NULL || h->used_at > next->used_at))
                next = h;
        }
        goes_on = next != NULL && visit(ud, next->model, next->engine);
        before = next != NULL ? next->used_at : 0;
    }
    pthread_mutex_unlock(&p->lock);
}
