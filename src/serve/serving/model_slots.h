/* model_slots.h - the inside of a model pool: its slots, and questions about them.  All with the pool's lock held.
 *
 * A slot is free (no model), loading (a model, and no engine yet), loaded (an engine), or leaving: no request gets its
 * engine any more, and the keeper closes it.  An engine whose device is lost leaves with its last user.  Only the
 * loader fills slots, and only the keeper empties them, but for a load that fails.
 */
#ifndef SERVING_MODEL_SLOTS_H
#define SERVING_MODEL_SLOTS_H

#include <pthread.h>

#include "serving/model_state.h"

struct model_handle {
    model_pool *pool;
    const model_entry *model; // NULL: the slot is free
    sw_engine *engine;        // loaded
    sw_engine *leaving;       // to be closed
    int n_users;              // handles given out
    uint64_t used_at;         // the pool's count of uses when it was last acquired
    uint64_t bytes;           // weights and full caches; while loading an estimate
    int64_t keep_ns;          // how long it may be idle; negative: for ever
    uint64_t idle_since_ns;   // without users: since when
    bool is_lost;             // its device's loss is counted
    char fingerprint[40];
};

struct model_pool {
    model_pool_options o;
    int64_t keep_ns; // of the options; negative: for ever
    pthread_t loader, keeper;
    bool has_loader, has_keeper;
    pthread_mutex_t lock;   // of all that follows
    pthread_cond_t changed; // there is a wish, a slot was emptied, or the threads must end: the loader waits for it
    pthread_cond_t due;     // an engine leaves or became idle, or the threads must end: the keeper waits for it
    model_handle *slots;    // (o.n_engines_max)
    model_state *states;    // (n_states), in the catalog's order; of more models nothing is known yet
    size_t n_states, states_cap;
    model_state spare; // written in place of a state that there is no memory for
    uint64_t n_uses;
    model_wish *first, **end;   // wishes, oldest first
    const model_entry *loading; // by the loader, or NULL
    uint64_t n_losses;          // engines whose device was lost
    bool must_end;
};

/* The slot of a model, loaded, being loaded or leaving; m NULL: a free one.  NULL: there is none. */
model_handle *model_slots_find(model_pool *p, const model_entry *m);
/* Returns true if all engines and `bytes` more are above the budget. */
bool model_slots_over_budget(const model_pool *p, uint64_t bytes);
/* Returns true if another engine of `bytes` fits beside those that are loaded. */
bool model_slots_have_room(model_pool *p, uint64_t bytes);
/* Returns true if an engine is on its way out. */
bool model_slots_any_leaves(const model_pool *p);
/* Returns true if no slot but `but`, which may be NULL, holds a model. */
bool model_slots_alone(const model_pool *p, const model_handle *but);
/* Of the loaded engines without users the one that has been unused for longest; NULL: all are in use. */
model_handle *model_slots_oldest_idle(model_pool *p);
/* The loaded engine that was acquired last; NULL: none is loaded. */
model_handle *model_slots_last_used(model_pool *p);

/* Looks whether the engine of a slot computes no more, because its device is lost.  If so, the model's state says why,
 * and without users the engine leaves.  Returns true while it still has users. */
bool model_slots_note_loss(model_handle *h);

/* Takes a loaded engine without users away from requests; the keeper closes it. */
void model_slots_leave(model_handle *h);
void model_slots_empty(model_handle *h);
/* Gives out a handle: counts a use, after which the engine is kept as long as the pool says. */
void model_slots_use(model_handle *h);
void model_slots_release(model_handle *h);

/* What is known of a model, to be changed.  Never NULL. */
model_state *model_slots_state(model_pool *p, const model_entry *m);
/* `error` is for FAILED, and may have the path of m's file. */
void model_slots_set_state(model_pool *p, const model_entry *m, model_status status, const char *error);

#endif
