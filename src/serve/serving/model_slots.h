/* model_slots.h - the inside of a model pool: its slots, and questions about them.  All with the pool's lock held. */
#ifndef SERVING_MODEL_SLOTS_H
#define SERVING_MODEL_SLOTS_H

#include <pthread.h>

#include "serving/model_state.h"

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

/* The slot of a model, loaded or being loaded; m NULL: a free one.  NULL: there is none. */
model_handle *model_slots_find(model_pool *p, const model_entry *m);
/* Returns true if all engines and `bytes` more are above the budget. */
bool model_slots_over_budget(const model_pool *p, uint64_t bytes);
/* Returns true if another engine of `bytes` fits beside those that are loaded. */
bool model_slots_have_room(model_pool *p, uint64_t bytes);
/* Of the loaded engines without users the one that has been unused for longest; NULL: all are in use. */
model_handle *model_slots_oldest_idle(model_pool *p);
/* The loaded engine that was acquired last; NULL: none is loaded. */
model_handle *model_slots_last_used(model_pool *p);

#endif
