/* model_loading.h - how a model gets into a slot of the pool: room, the load itself, and refusals. */
#ifndef SERVING_MODEL_LOADING_H
#define SERVING_MODEL_LOADING_H

#include "serving/model_slots.h"

/* Loads a model that has no slot, on the loader's thread, with the lock held; releases it while that takes long.  On
 * success *out has one user, the caller.  Otherwise the model has no slot, and *why has a sentence for clients. */
model_refusal model_loading_run(model_pool *p, const model_entry *m, model_handle **out, double *load_ms_out,
                                sw_err *why);

/* Fills *why: jobs of a lost engine still end, and the model can be loaded after them.  With the lock held. */
model_refusal model_loading_refuse_lost(const model_handle *h, sw_err *why);

/* Fills *why: which requests keep room from m.  With the lock held. */
model_refusal model_loading_refuse_busy(model_pool *p, const model_entry *m, sw_err *why);

/* Fills *why: the server ends. */
model_refusal model_loading_refuse_ending(sw_err *why);

#endif
