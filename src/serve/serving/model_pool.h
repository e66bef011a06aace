/* model_pool.h - loaded engines, shared through counted handles.
 *
 * A request acquires a handle of the model that it names and holds it until its last event.  An engine is closed only
 * if it has no handle left: idle engines, the least recently used first, make room for a model that is requested.  Two
 * bounds decide whether there is room: the number of engines and a memory budget.  The thread that acquires a handle
 * does the loading.
 *
 * All functions but open and close may be called by any thread.  The pool's lock is not held while an engine is opened
 * or closed, so facts about models can be read at any time.
 */
#ifndef SERVING_MODEL_POOL_H
#define SERVING_MODEL_POOL_H

#include "serving/model_state.h"

/* Error: SW_ENOMEM. */
SW_NODISCARD sw_code model_pool_open(model_pool **out, const model_pool_options *options, sw_err *err);
/* Closes every engine.  No handle may be left.  NULL is accepted. */
void model_pool_close(model_pool *pool);

/* ---- handles ---------------------------------------------------------------------------------------------------- */

typedef enum model_refusal {
    MODEL_ACQUIRED = 0,
    MODEL_UNKNOWN,   // no model has this name
    MODEL_NONE,      // none was named, and none is known
    MODEL_BUSY,      // no room, because other models are in use; may be possible later
    MODEL_TOO_LARGE, // more memory than the budget or the machine has
    MODEL_BROKEN,    // the file cannot be loaded
} model_refusal;

/* Acquires a handle of the model `id`, and loads the model if necessary: *load_ms_out is the time that took, or 0.
 * Without an id (NULL), and for an unknown one with any_name, it is the preferred model, else the one used last, else
 * the first of the catalog.  On refusal *out is NULL and *why has a sentence for clients. */
model_refusal model_pool_acquire(model_pool *pool, const char *id, model_handle **out, double *load_ms_out,
                                 sw_err *why);
/* NULL is accepted. */
void model_handle_release(model_handle *handle);

sw_engine *model_handle_engine(const model_handle *handle);
const model_entry *model_handle_model(const model_handle *handle);
/* See engine_fingerprint. */
const char *model_handle_fingerprint(const model_handle *handle);

/* ---- facts ------------------------------------------------------------------------------------------------------ */

model_state model_pool_state(model_pool *pool, const model_entry *model);

/* Returns true while a model is being loaded. */
bool model_pool_is_loading(model_pool *pool);

/* Calls `visit` for every loaded engine, the most recently used first, until it returns false.  Holds the pool's lock,
 * so engines stay open, acquire and release wait, and `visit` must be quick. */
void model_pool_visit(model_pool *pool, bool (*visit)(void *ud, const model_entry *model, sw_engine *engine), void *ud);

#endif
