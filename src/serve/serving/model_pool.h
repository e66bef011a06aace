/* model_pool.h - loaded engines, shared through counted handles.
 *
 * A request acquires a handle of the model that it names and holds it until its last event.  If the model is not
 * loaded, its wish waits, and nothing else does: one thread of the pool, the *loader*, loads one model after another
 * and grants the wishes for it, in their order.  An engine is closed only if it has no handle left: idle engines, the
 * least recently used first, make room for a model that is wished for, and the *keeper*, another thread, closes those
 * that were idle for as long as they are kept.  An engine whose device is lost is closed after the requests that used
 * it, and the next request loads its model without the device.  Two bounds decide whether there is room: the number of
 * engines and a memory budget.
 *
 * All functions but open, end and close may be called by any thread.  The pool's lock is not held while an engine is
 * opened or closed, so none of them waits for that.
 */
#ifndef SERVING_MODEL_POOL_H
#define SERVING_MODEL_POOL_H

#include "serving/model_state.h"

/* Starts the pool's threads.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code model_pool_open(model_pool **out, const model_pool_options *options, sw_err *err);
/* Drops all wishes and ends the threads; later wishes are refused as MODEL_STOPPED.  A load cannot be interrupted: if
 * it lasts for more than a few seconds, returns false, and nothing that the loader uses may be freed.  NULL is
 * accepted. */
bool model_pool_end(model_pool *pool);
/* Ends the threads and closes every engine.  No handle may be left.  NULL is accepted. */
void model_pool_close(model_pool *pool);

/* ---- handles ---------------------------------------------------------------------------------------------------- */

/* Acquires a handle of the model `id` if it is loaded.  Otherwise *out is NULL, and *wish waits for it
 * (MODEL_AWAITED), or there is a refusal and *why has a sentence for clients.  Without an id (NULL), and for an unknown
 * one with any_name, it is the preferred model, else the one used last, else the one that is loaded next, else the
 * first of the catalog. */
model_refusal model_pool_ask(model_pool *pool, const char *id, model_wish *wish, model_handle **out, sw_err *why);
/* Takes back a wish that waits.  Returns false if it does not wait (any more): one of its functions was or is called.
 */
bool model_pool_withdraw(model_pool *pool, model_wish *wish);
/* NULL is accepted. */
void model_handle_release(model_handle *handle);

/* How long the model is kept once it is idle, instead of the pool's keep_alive_s: in seconds; 0: it is closed with its
 * last handle; negative: for ever.  Holds until the next handle is acquired. */
void model_handle_keep_alive(model_handle *handle, double seconds);

sw_engine *model_handle_engine(const model_handle *handle);
const model_entry *model_handle_model(const model_handle *handle);
/* See engine_fingerprint. */
const char *model_handle_fingerprint(const model_handle *handle);

/* ---- by name ---------------------------------------------------------------------------------------------------- */

/* Begins to load a model of the catalog, if it is not loaded.  Returns MODEL_ACQUIRED (it is loaded), MODEL_AWAITED
 * (its state says how far it is, and why it failed), or MODEL_BUSY, MODEL_TOO_LARGE, MODEL_STOPPED with a sentence in
 * *why. */
model_refusal model_pool_begin_load(model_pool *pool, const model_entry *model, sw_err *why);

/* Unloads a model; its memory is returned soon.  Errors: SW_ENOTFOUND (it is not loaded), SW_EBUSY (requests use it, or
 * it is being loaded). */
SW_NODISCARD sw_code model_pool_unload(model_pool *pool, const model_entry *model, sw_err *err);

/* ---- facts ------------------------------------------------------------------------------------------------------ */

model_state model_pool_state(model_pool *pool, const model_entry *model);

/* Devices that were lost while the server ran, and models that are without theirs now. */
typedef struct model_losses {
    uint64_t n_ever;
    size_t n_models;
} model_losses;

model_losses model_pool_losses(model_pool *pool);

/* Returns false while a model is being loaded and no other is loaded. */
bool model_pool_can_answer(model_pool *pool);

/* Calls `visit` for every loaded engine, the most recently used first, until it returns false.  Holds the pool's lock,
 * so engines stay open, acquire and release wait, and `visit` must be quick. */
void model_pool_visit(model_pool *pool, bool (*visit)(void *ud, const model_entry *model, sw_engine *engine), void *ud);

#endif
