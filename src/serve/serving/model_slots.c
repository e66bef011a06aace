/* model_slots.c - searches over the few slots of a pool. */
#include "serving/model_slots.h"

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

bool model_slots_have_room(model_pool *p, uint64_t bytes)
{
    return model_slots_find(p, NULL) != NULL && !model_slots_over_budget(p, bytes);
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
