/* model_pool.c - a pool's life, its handles, and what it says of its models. */
#include "serving/model_pool.h"

#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "serving/model_keeper.h"
#include "serving/model_loader.h"
#include "serving/model_loading.h"

enum { END_WAIT_MS = 5000, END_LOOK_MS = 5 }; // for a model that is being loaded at the end, and how often to look

/* Negative: for ever. */
static int64_t keep_ns(double seconds)
{
    return seconds < 0 || seconds > 1e9 ? -1 : (int64_t)(seconds * 1e9);
}

/* ---- life ------------------------------------------------------------------------------------------------------- */

static void init_conditions(model_pool *p)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&p->changed, NULL);
    pthread_cond_init(&p->due, &attributes);
    pthread_condattr_destroy(&attributes);
}

sw_code model_pool_open(model_pool **out, const model_pool_options *options, sw_err *err)
{
    model_pool *const p = mem_calloc(1, sizeof *p);
    *out = p;
    if (p == NULL)
        return sw_fail(err, SW_ENOMEM, "not enough memory for the models");
    p->o = *options;
    p->o.clock = clock_or_system(options->clock);
    p->o.n_engines_max = options->n_engines_max > 0 ? options->n_engines_max : 1;
    p->keep_ns = options->has_keep_alive ? keep_ns(options->keep_alive_s) : -1;
    p->end = &p->first;
    p->slots = mem_calloc((size_t)p->o.n_engines_max, sizeof *p->slots);
    pthread_mutex_init(&p->lock, NULL);
    init_conditions(p);
    for (int i = 0; p->slots != NULL && i < p->o.n_engines_max; i++)
        p->slots[i].pool = p;
    p->has_loader = p->slots != NULL && pthread_create(&p->loader, NULL, model_loader_main, p) == 0;
    p->has_keeper = p->has_loader && pthread_create(&p->keeper, NULL, model_keeper_main, p) == 0;
    if (p->has_keeper)
        return SW_OK;
    model_pool_close(p);
    *out = NULL;
    return sw_fail(err, SW_ENOMEM, "not enough memory for the models");
}

/* Waits until nothing is being loaded, END_WAIT_MS at most; returns false if something still is. */
static bool await_loading(model_pool *p)
{
    const uint64_t deadline = clock_now_ns(p->o.clock) + END_WAIT_MS * 1000000ull;
    for (;;) {
        pthread_mutex_lock(&p->lock);
        const bool is_free = p->loading == NULL;
        pthread_mutex_unlock(&p->lock);
        if (is_free || clock_now_ns(p->o.clock) >= deadline)
            return is_free;
        clock_sleep_ns(p->o.clock, END_LOOK_MS * 1000000ull);
    }
}

static void tell_to_end(model_pool *p)
{
    pthread_mutex_lock(&p->lock);
    p->must_end = true;
    pthread_cond_broadcast(&p->changed);
    pthread_cond_broadcast(&p->due);
    pthread_mutex_unlock(&p->lock);
}

static void join(bool *has_thread, pthread_t thread)
{
    if (*has_thread)
        pthread_join(thread, NULL);
    *has_thread = false;
}

bool model_pool_end(model_pool *p)
{
    if (p == NULL)
        return true;
    tell_to_end(p);
    if (!await_loading(p))
        return false;
    join(&p->has_loader, p->loader);
    join(&p->has_keeper, p->keeper);
    return true;
}

void model_pool_close(model_pool *p)
{
    if (p == NULL)
        return;
    tell_to_end(p);
    join(&p->has_loader, p->loader);
    join(&p->has_keeper, p->keeper);
    for (int i = 0; p->slots != NULL && i < p->o.n_engines_max; i++) {
        sw_engine_close(p->slots[i].engine);
        sw_engine_close(p->slots[i].leaving);
    }
    pthread_cond_destroy(&p->due);
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->lock);
    mem_free(p->slots);
    mem_free(p->states);
    mem_free(p);
}

/* ---- handles ---------------------------------------------------------------------------------------------------- */

/* The first model whose header could be read, else the first. */
static const model_entry *first_of(const model_catalog *c)
{
    const size_t n = model_catalog_n(c);
    for (size_t i = 0; i < n; i++) {
        if (c->entries[i]->error[0] == '\0')
            return c->entries[i];
    }
    return n > 0 ? c->entries[0] : NULL;
}

/* The model of a request that names none. */
static const model_entry *unnamed(model_pool *p)
{
    const model_handle *const last = model_slots_last_used(p);
    if (p->o.preferred != NULL)
        return p->o.preferred;
    if (last != NULL)
        return last->model;
    if (p->loading != NULL)
        return p->loading;
    return p->first != NULL ? p->first->model : first_of(p->o.catalog);
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

model_refusal model_pool_ask(model_pool *p, const char *id, model_wish *wish, model_handle **out, sw_err *why)
{
    *out = NULL;
    pthread_mutex_lock(&p->lock);
    model_refusal refusal = pick(p, id, &wish->model, why);
    model_handle *const h = refusal == MODEL_ACQUIRED ? model_slots_find(p, wish->model) : NULL;
    if (h != NULL && model_slots_note_loss(h)) {
        refusal = model_loading_refuse_lost(h, why);
    } else if (h != NULL && h->engine != NULL) {
        model_slots_use(h);
        *out = h;
    } else if (refusal == MODEL_ACQUIRED && p->must_end) {
        refusal = model_loading_refuse_ending(why);
    } else if (refusal == MODEL_ACQUIRED) {
        refusal = MODEL_AWAITED;
        model_loader_add(p, wish);
    }
    pthread_mutex_unlock(&p->lock);
    return refusal;
}

bool model_pool_withdraw(model_pool *p, model_wish *wish)
{
    pthread_mutex_lock(&p->lock);
    const bool is_removed = model_loader_remove(p, wish);
    pthread_mutex_unlock(&p->lock);
    return is_removed;
}

void model_handle_release(model_handle *h)
{
    if (h == NULL)
        return;
    pthread_mutex_lock(&h->pool->lock);
    model_slots_release(h);
    pthread_mutex_unlock(&h->pool->lock);
}

void model_handle_keep_alive(model_handle *h, double seconds)
{
    pthread_mutex_lock(&h->pool->lock);
    h->keep_ns = keep_ns(seconds);
    pthread_mutex_unlock(&h->pool->lock);
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
