/* model_admin.c - what a pool does with models by name, and what it says of them. */
#include "base/alloc.h"
#include "base/clock.h"
#include "serving/model_keeper.h"
#include "serving/model_loader.h"
#include "serving/model_loading.h"
#include "serving/model_pool.h"

/* ---- loading and unloading by name ------------------------------------------------------------------------------ */

/* The wish of a load that no request waits for frees itself; the model's state says what became of it. */
static void free_granted(void *wish, model_handle *handle, double load_ms)
{
    (void)load_ms;
    model_handle_release(handle);
    mem_free(wish);
}

static void free_refused(void *wish, model_refusal refusal, const sw_err *why)
{
    (void)refusal, (void)why;
    mem_free(wish);
}

static model_refusal add_wish(model_pool *p, const model_entry *m, sw_err *why)
{
    model_wish *const wish = mem_alloc(sizeof *wish);
    if (wish == NULL) {
        (void)sw_fail(why, SW_ENOMEM, "not enough memory to load the model '%s'", m->id);
        return MODEL_TOO_LARGE;
    }
    *wish = (model_wish){.model = m, .granted = free_granted, .refused = free_refused, .dropped = mem_free, .ud = wish};
    model_loader_add(p, wish);
    return MODEL_AWAITED;
}

/* Returns true if every engine is in use, and no load is under way that could change it. */
static bool is_full(model_pool *p)
{
    return p->loading == NULL && p->first == NULL && model_slots_find(p, NULL) == NULL &&
           model_slots_oldest_idle(p) == NULL && !model_slots_any_leaves(p);
}

model_refusal model_pool_begin_load(model_pool *p, const model_entry *m, sw_err *why)
{
    model_refusal refusal = MODEL_AWAITED;
    pthread_mutex_lock(&p->lock);
    model_handle *const h = model_slots_find(p, m);
    const bool is_lost = h != NULL && model_slots_note_loss(h);
    model_state *const state = model_slots_state(p, m);
    if (is_lost)
        refusal = model_loading_refuse_lost(h, why);
    else if (state->status == MODEL_LOADED)
        refusal = MODEL_ACQUIRED;
    else if (p->must_end)
        refusal = model_loading_refuse_ending(why);
    else if (state->status != MODEL_LOADING) {
        state->lost[0] = '\0'; // its device is tried again
        refusal = is_full(p) ? model_loading_refuse_busy(p, m, why) : add_wish(p, m, why);
    }
    pthread_mutex_unlock(&p->lock);
    return refusal;
}

sw_code model_pool_unload(model_pool *p, const model_entry *m, sw_err *err)
{
    sw_code code = SW_OK;
    pthread_mutex_lock(&p->lock);
    model_handle *const h = model_slots_find(p, m);
    const model_status status = model_slots_state(p, m)->status;
    if (status == MODEL_LOADING)
        code = sw_fail(err, SW_EBUSY, "the model '%s' is being loaded", m->id);
    else if (status != MODEL_LOADED)
        code = sw_fail(err, SW_ENOTFOUND, "the model '%s' is not loaded", m->id);
    else if (h->n_users > 0)
        code = sw_fail(err, SW_EBUSY, "%d requests still use the model '%s'", h->n_users, m->id);
    else
        model_slots_leave(h);
    if (code == SW_OK)
        model_slots_state(p, m)->lost[0] = '\0'; // loaded again, its device is tried
    pthread_mutex_unlock(&p->lock);
    return code;
}

/* ---- facts ------------------------------------------------------------------------------------------------------ */

/* Fills what changes with the use of a loaded model. */
static void fill_use(const model_handle *h, model_state *state)
{
    const uint64_t now = clock_now_ns(h->pool->o.clock), deadline = model_keeper_deadline(h);
    state->n_users = h->n_users;
    state->bytes = h->bytes;
    if (h->keep_ns < 0)
        state->expires_in_s = -1;
    else if (h->n_users > 0)
        state->expires_in_s = (double)h->keep_ns / 1e9;
    else
        state->expires_in_s = deadline > now ? (double)(deadline - now) / 1e9 : 0;
}

model_state model_pool_state(model_pool *p, const model_entry *model)
{
    pthread_mutex_lock(&p->lock);
    model_handle *const h = model_slots_find(p, model);
    if (h != NULL)
        model_slots_note_loss(h);
    model_state state = *model_slots_state(p, model);
    if (state.status == MODEL_LOADED)
        fill_use(h, &state);
    pthread_mutex_unlock(&p->lock);
    return state;
}

model_losses model_pool_losses(model_pool *p)
{
    pthread_mutex_lock(&p->lock);
    for (int i = 0; i < p->o.n_engines_max; i++)
        model_slots_note_loss(&p->slots[i]);
    model_losses losses = {.n_ever = p->n_losses};
    for (size_t i = 0; i < p->n_states; i++)
        losses.n_models += p->states[i].lost[0] != '\0';
    pthread_mutex_unlock(&p->lock);
    return losses;
}

bool model_pool_can_answer(model_pool *p)
{
    pthread_mutex_lock(&p->lock);
    const bool can = p->loading == NULL || model_slots_last_used(p) != NULL;
    pthread_mutex_unlock(&p->lock);
    return can;
}

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
