/* model_loader.h - the thread that loads one model after another and grants the wishes for it. */
#ifndef SERVING_MODEL_LOADER_H
#define SERVING_MODEL_LOADER_H

#include "serving/model_slots.h"

/* Appends a wish for a model that is not loaded.  With the lock held. */
void model_loader_add(model_pool *p, model_wish *wish);

/* Takes a wish out of the queue; false: it is not there.  With the lock held. */
bool model_loader_remove(model_pool *p, model_wish *wish);

/* The thread; ud is the pool.  Runs until must_end, and drops what is left then. */
void *model_loader_main(void *ud);

#endif
