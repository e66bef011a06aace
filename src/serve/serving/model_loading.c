/* model_loading.c - makes room for a model and opens its engine.
 *
 * The lock is released only while a header is read, while an engine is opened, and while the keeper closes one.  The
 * slots may have changed afterwards and must be looked at again.  A slot whose engine is still being opened is kept by
 * naming its model.
 */
#include "serving/model_loading.h"

#include "base/clock.h"
#include "serving/engine_facts.h"

/* ---- refusals --------------------------------------------------------------------------------------------------- */

model_refusal model_loading_refuse_busy(model_pool *p, const model_entry *m, sw_err *why)
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

model_refusal model_loading_refuse_lost(const model_handle *h, sw_err *why)
{
    (void)sw_fail(why, SW_EBUSY,
                  "the device of the model '%s' is lost; it is loaded without it after the %d requests that "
                  "still use it",
                  h->model->id, h->n_users);
    return MODEL_BUSY;
}

model_refusal model_loading_refuse_ending(sw_err *why)
{
    (void)sw_fail(why, SW_EBUSY, "the server is shutting down");
    return MODEL_STOPPED;
}

static model_refusal refuse_too_large(const model_pool *p, const model_entry *m, uint64_t bytes, sw_err *why)
{
    (void)sw_fail(why, SW_ENOMEM, "the model '%s' takes %.1f MB, and the server may use %.1f MB for models", m->id,
                  (double)bytes / 1e6, (double)p->o.memory_bytes_max / 1e6);
    return MODEL_TOO_LARGE;
}

/* The options say that a model is where they say or nowhere. */
static model_refusal refuse_strict(model_pool *p, const model_entry *m, sw_err *why)
{
    (void)sw_fail(why, SW_EIO,
                  "%.300s; with --strict the model '%s' is not loaded without its device: loading it by name, or a "
                  "restart of the server, tries the device again",
                  model_slots_state(p, m)->lost, m->id);
    model_slots_set_state(p, m, MODEL_FAILED, why->msg);
    return MODEL_LOST;
}

/* Returns true if a model of `bytes` can never be loaded. */
static bool is_too_large(const model_pool *p, uint64_t bytes)
{
    return p->o.memory_bytes_max > 0 && !p->o.is_budget_soft && bytes > p->o.memory_bytes_max;
}

/* ---- room ------------------------------------------------------------------------------------------------------- */

/* Waits until the keeper has closed what leaves.  Returns false if the pool ends. */
static bool await_leaving(model_pool *p)
{
    while (!p->must_end && model_slots_any_leaves(p))
        pthread_cond_wait(&p->changed, &p->lock);
    return !p->must_end;
}

/* Closes the engine that has been idle for longest.  Returns false if there is none, or the pool ends. */
static bool make_way(model_pool *p)
{
    model_handle *const idle = model_slots_oldest_idle(p);
    if (idle != NULL)
        model_slots_leave(idle);
    return idle != NULL && await_leaving(p);
}

/* Makes room for an engine of `bytes` and reserves a slot for it. */
static model_refusal reserve(model_pool *p, const model_entry *m, uint64_t bytes, model_handle **out, sw_err *why)
{
    if (is_too_large(p, bytes))
        return refuse_too_large(p, m, bytes, why);
    bool goes_on = await_leaving(p); // m itself may be among them
    while (goes_on && !model_slots_have_room(p, bytes))
        goes_on = make_way(p);
    if (!goes_on)
        return p->must_end ? MODEL_STOPPED : model_loading_refuse_busy(p, m, why);
    *out = model_slots_find(p, NULL);
    (*out)->model = m;
    (*out)->bytes = bytes;
    model_slots_use(*out);
    return MODEL_ACQUIRED;
}

/* ---- the engine ------------------------------------------------------------------------------------------------- */

static void on_load(void *ud, uint64_t done, uint64_t total)
{
    const model_handle *const h = ud;
    pthread_mutex_lock(&h->pool->lock);
    model_slots_state(h->pool, h->model)->progress = total > 0 ? (double)done / (double)total : 0;
    pthread_mutex_unlock(&h->pool->lock);
}

static void on_notice(void *ud, const char *text)
{
    const model_handle *const h = ud;
    const model_pool_options *const o = &h->pool->o;
    if (o->on_notice != NULL)
        o->on_notice(o->ud, h->model, text);
}

/* A device that was lost is not used again: what was computed there goes on here. */
static sw_engine_options options_of(model_pool *p, const model_entry *m)
{
    sw_engine_options options = p->o.engine;
    if (model_slots_state(p, m)->lost[0] != '\0')
        options.devices = "none";
    return options;
}

static sw_code open_engine(model_pool *p, model_handle *h, sw_engine_state *state, sw_engine **out, sw_err *err)
{
    sw_engine_options options = options_of(p, h->model);
    options.clock = p->o.clock;
    options.on_load = on_load;
    options.on_notice = on_notice;
    options.ud = h;
    pthread_mutex_unlock(&p->lock);
    const sw_code code = sw_engine_open(out, h->model->path, &options, err);
    if (code == SW_OK) {
        *state = sw_engine_get_state(*out);
        if (p->o.on_loaded != NULL)
            p->o.on_loaded(p->o.ud, h->model, state);
    }
    pthread_mutex_lock(&p->lock);
    return code;
}

static void take_engine(model_pool *p, model_handle *h, sw_engine *engine, const sw_engine_state *state)
{
    h->engine = engine;
    engine_fingerprint(h->fingerprint, sizeof h->fingerprint, sw_engine_info(engine), state, &p->o.engine);
    model_slots_set_state(p, h->model, MODEL_LOADED, "");
    model_slots_state(p, h->model)->n_ctx = state->n_ctx;
}

/* Opens the engine of a reserved slot; if memory is short, idle ones make way. */
static sw_code open_or_make_way(model_pool *p, model_handle *h, sw_engine_state *state, sw_engine **out, sw_err *err)
{
    for (;;) {
        const sw_code code = open_engine(p, h, state, out, err);
        if (code != SW_ENOMEM || !make_way(p))
            return code;
        sw_err_clear(err);
    }
}

/* An engine's real size is known only after it was opened: closes idle engines beside it if all together exceed the
 * budget.  Returns false if that is not enough. */
static bool fits(model_pool *p, model_handle *h, uint64_t bytes)
{
    h->bytes = bytes;
    while (model_slots_over_budget(p, 0) && make_way(p))
        ;
    return !model_slots_over_budget(p, 0) || (p->o.is_budget_soft && model_slots_alone(p, h));
}

/* No request has seen the engine: the keeper closes it. */
static model_refusal give_up(model_pool *p, model_handle *h, sw_engine *engine, sw_err *why)
{
    const model_entry *const m = h->model;
    const uint64_t bytes = h->bytes;
    h->n_users = 0;
    h->engine = engine;
    model_slots_leave(h);
    return is_too_large(p, bytes) ? refuse_too_large(p, m, bytes, why) : model_loading_refuse_busy(p, m, why);
}

static model_refusal say_broken(model_pool *p, model_handle *h, const sw_err *err, sw_err *why)
{
    const model_entry *const m = h->model;
    model_slots_set_state(p, m, MODEL_FAILED, err->msg);
    model_slots_empty(h);
    (void)sw_fail(why, err->code, "the model '%s' could not be loaded: %.300s", m->id, model_slots_state(p, m)->error);
    return err->code == SW_ENOMEM ? MODEL_TOO_LARGE : MODEL_BROKEN;
}

/* Fills a reserved slot; on failure it is free again, or leaves. */
static model_refusal load(model_pool *p, model_handle *h, sw_err *why)
{
    sw_engine *engine;
    sw_engine_state state;
    sw_err err = {0};
    if (open_or_make_way(p, h, &state, &engine, &err) != SW_OK)
        return say_broken(p, h, &err, why);
    if (!fits(p, h, engine_bytes_taken(&state)))
        return give_up(p, h, engine, why);
    take_engine(p, h, engine, &state);
    return MODEL_ACQUIRED;
}

model_refusal model_loading_run(model_pool *p, const model_entry *m, model_handle **out, double *load_ms_out,
                                sw_err *why)
{
    const uint64_t start = clock_now_ns(p->o.clock);
    model_handle *h = NULL;
    *out = NULL;
    *load_ms_out = 0;
    const sw_engine_options options = options_of(p, m);
    if (options.is_strict && model_slots_state(p, m)->lost[0] != '\0')
        return refuse_strict(p, m, why);
    pthread_mutex_unlock(&p->lock);
    const uint64_t bytes = p->o.memory_bytes_max > 0 ? engine_bytes_needed(m, &options) : 0;
    pthread_mutex_lock(&p->lock);
    model_refusal refusal = reserve(p, m, bytes, &h, why);
    if (refusal == MODEL_ACQUIRED)
        refusal = load(p, h, why);
    if (refusal != MODEL_ACQUIRED && model_slots_state(p, m)->status != MODEL_FAILED)
        model_slots_set_state(p, m, MODEL_UNLOADED, why->msg);
    *out = refusal == MODEL_ACQUIRED ? h : NULL;
    *load_ms_out = ns_to_ms(clock_now_ns(p->o.clock) - start);
    return refusal;
}
