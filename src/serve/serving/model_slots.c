/* model_slots.c - searches over the few slots of a pool, and their changes. */
#include "serving/model_slots.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/clock.h"

/* ---- searches --------------------------------------------------------------------------------------------------- */

model_handle *model_slots_find(model_pool *p, const model_entry *m)
{
    for (int i = 0; i < p->o.n_engines_max; i++) {
        if (p->slots[i].model == m)
            return &p->slots[i];
    }
    return NULL;
}

bool model_slots_over_budget(const model_pool *p, uint64_t bytes)
{
    for (int i = 0; i < p->o.n_engines_max; i++)
        bytes += p->slots[i].bytes;
    return p->o.memory_bytes_max > 0 && bytes > p->o.memory_bytes_max;
}

bool model_slots_alone(const model_pool *p, const model_handle *but)
{
    for (int i = 0; i < p->o.n_engines_max; i++) {
        if (&p->slots[i] != but && p->slots[i].model != NULL)
            return false;
    }
    return true;
}

bool model_slots_have_room(model_pool *p, uint64_t bytes)
{
    const bool is_first = p->o.is_budget_soft && model_slots_alone(p, NULL);
    return model_slots_find(p, NULL) != NULL && (is_first || !model_slots_over_budget(p, bytes));
}

bool model_slots_any_leaves(const model_pool *p)
{
    for (int i = 0; i < p->o.n_engines_max; i++) {
        if (p->slots[i].leaving != NULL)
            return true;
    }
    return false;
}

model_handle *model_slots_oldest_idle(model_pool *p)
{
    model_handle *oldest = NULL;
    for (int i = 0; i < p->o.n_engines_max; i++) {
        model_handle *const h = &p->slots[i];
        if (h->engine != NULL && h->n_users == 0 && (oldest == NULL || h->used_at < oldest->used_at))
            oldest = h;
    }
    return oldest;
}

model_handle *model_slots_last_used(model_pool *p)
{
    model_handle *last = NULL;
    for (int i = 0; i < p->o.n_engines_max; i++) {
        model_handle *const h = &p->slots[i];
        if (h->engine != NULL && (last == NULL || h->used_at > last->used_at))
            last = h;
    }
    return last;
}

/* ---- changes ---------------------------------------------------------------------------------------------------- */

void model_slots_leave(model_handle *h)
{
    h->leaving = h->engine;
    h->engine = NULL;
    model_slots_set_state(h->pool, h->model, MODEL_UNLOADED, "");
    pthread_cond_signal(&h->pool->due);
}

bool model_slots_note_loss(model_handle *h)
{
    const char *const why = h->engine != NULL ? sw_engine_get_state(h->engine).device_lost : NULL;
    if (why == NULL)
        return false;
    if (!h->is_lost) {
        model_state *const s = model_slots_state(h->pool, h->model);
        snprintf(s->lost, sizeof s->lost, "%s", why);
        h->is_lost = true;
        h->pool->n_losses++;
    }
    if (h->n_users == 0)
        model_slots_leave(h);
    return h->n_users > 0;
}

void model_slots_empty(model_handle *h)
{
    model_pool *const p = h->pool;
    *h = (model_handle){.pool = p};
    pthread_cond_broadcast(&p->changed);
}

void model_slots_use(model_handle *h)
{
    h->n_users++;
    h->used_at = ++h->pool->n_uses;
    h->keep_ns = h->pool->keep_ns;
}

void model_slots_release(model_handle *h)
{
    if (--h->n_users > 0)
        return;
    h->idle_since_ns = clock_now_ns(h->pool->o.clock);
    model_slots_note_loss(h);
    if (h->keep_ns >= 0)
        pthread_cond_signal(&h->pool->due);
}

/* ---- states ----------------------------------------------------------------------------------------------------- */

model_state *model_slots_state(model_pool *p, const model_entry *m)
{
    if (m->index >= p->n_states && !mem_grow(&p->states, &p->states_cap, m->index + 1, sizeof *p->states))
        return &p->spare;
    for (; p->n_states <= m->index; p->n_states++) {
        const model_entry *const new = p->o.catalog->entries[p->n_states];
        model_state *const s = &p->states[p->n_states];
        *s = (model_state){.status = new->error[0] != '\0' ? MODEL_FAILED : MODEL_UNLOADED};
        snprintf(s->error, sizeof s->error, "%s", new->error);
    }
    return &p->states[m->index];
}

void model_slots_set_state(model_pool *p, const model_entry *m, model_status status, const char *error)
{
    model_state *const s = model_slots_state(p, m);
    s->status = status;
    s->progress = status == MODEL_LOADED ? 1 : 0;
    s->n_ctx = 0;
    model_entry_hide_path(m, error, s->error, sizeof s->error);
}
