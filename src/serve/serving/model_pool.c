/* model_pool.c - loads engines, gives out handles of them, and closes what makes room.
 *
 * The lock is released only while an engine is opened or closed.  The slots may have changed afterwards and must be
 * looked at again.  A slot whose engine is still being opened is kept by naming its model.
 */
#include "serving/model_pool.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "serving/engine_facts.h"
#include "serving/model_slots.h"

/* ---- life ------------------------------------------------------------------------------------------------------- */

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

/* ---- states: all under the lock --------------------------------------------------------------------------------- */

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

/* ---- making room: all under the lock ---------------------------------------------------------------------------- */

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

/* ---- loading ---------------------------------------------------------------------------------------------------- */

static void take_engine(model_pool *p, model_handle *h, sw_engine *engine, const sw_engine_state *state)
{
    h->engine = engine;
    h->bytes = engine_bytes_taken(state);
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

/* An engine's real size is known only after it was opened: closes idle engines beside it if all together exceed the
 * budget, and the new one if that is not enough. */
static model_refusal settle(model_pool *p, model_handle *h, sw_err *why)
{
    const model_entry *const m = h->model;
    const uint64_t bytes = h->bytes;
    h->n_users++; // keeps it from being the idle one
    for (model_handle *idle; model_slots_over_budget(p, 0) && (idle = model_slots_oldest_idle(p)) != NULL;)
        close_idle(p, idle);
    h->n_users--;
    if (!model_slots_over_budget(p, 0))
        return MODEL_ACQUIRED;
    close_idle(p, h);
    return bytes > p->o.memory_bytes_max ? refuse_too_large(p, m, bytes, why) : refuse_busy(p, m, why);
}

static model_refusal load_new(model_pool *p, const model_entry *m, uint64_t bytes, model_handle **out, sw_err *why)
{
    sw_err err = {0};
    model_handle *const h = model_slots_find(p, NULL);
    *h = (model_handle){.pool = p, .model = m, .bytes = bytes};
    if (load(p, h, &err) == SW_OK) {
        *out = h;
        return settle(p, h, why);
    }
    (void)sw_fail(why, err.code, "the model '%s' could not be loaded: %.300s", m->id, state_of(p, m)->error);
    return err.code == SW_ENOMEM ? MODEL_TOO_LARGE : MODEL_BROKEN;
}

/* ---- handles ---------------------------------------------------------------------------------------------------- */

/* The first model whose header could be read, else the first. */
static const model_entry *first_of(const model_catalog *c)
{
    for (size_t i = 0; i < c->n; i++) {
        if (c->entries[i].error[0] == '\0')
            return &c->entries[i];
    }
    return c->n > 0 ? &c->entries[0] : NULL;
}

/* The model of a request that names none. */
static const model_entry *unnamed(model_pool *p)
{
    const model_handle *const last = model_slots_last_used(p);
    if (p->o.preferred != NULL)
        return p->o.preferred;
    return last != NULL ? last->model : first_of(p->o.catalog);
}

static model_refusal pick(model_pool *p, const char *id, const model_entry **out, sw_err *why)
{
    *out = id != NULL ? model_catalog_find(p->o.catalog, id) : NULL;
    if (*out == NULL && (id == NULL || p->o.any_name))
        *out = unnamed(p);
    if (*out != NULL)
        return MODEL_ACQUIRED;
    if (id != NULL && !p->o.any_name) {
        model_catalog_say_unknown(p->o.catalog, id, why);
        return MODEL_UNKNOWN;
    }
    (void)sw_fail(why, SW_EINVAL, "no model was found at start");
    return MODEL_NONE;
}

static model_refusal acquire(model_pool *p, const model_entry *m, model_handle **out, double *load_ms_out, sw_err *why)
{
    const uint64_t start = clock_now_ns(p->o.clock);
    const uint64_t bytes = p->o.memory_bytes_max > 0 ? engine_bytes_needed(m, &p->o.engine) : 0;
    if (p->o.memory_bytes_max > 0 && bytes > p->o.memory_bytes_max)
        return refuse_too_large(p, m, bytes, why);
    for (;;) {
        model_handle *const h = model_slots_find(p, m), *const idle = model_slots_oldest_idle(p);
        if (h != NULL && h->engine != NULL) {
            *out = h;
            return MODEL_ACQUIRED;
        }
        if (h != NULL) {
            pthread_cond_wait(&p->changed, &p->lock); // another thread loads it
        } else if (model_slots_have_room(p, bytes)) {
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

/* ---- visits ----------------------------------------------------------------------------------------------------- */

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
