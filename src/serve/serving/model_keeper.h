/* model_keeper.h - the thread that closes engines: those that make way, and those that were idle for too long. */
#ifndef SERVING_MODEL_KEEPER_H
#define SERVING_MODEL_KEEPER_H

#include "serving/model_slots.h"

/* When an idle engine is to be closed, in nanoseconds of the pool's clock; UINT64_MAX: it is in use, or kept for ever.
 * With the lock held. */
uint64_t model_keeper_deadline(const model_handle *h);

/* The thread; ud is the pool.  Runs until must_end. */
void *model_keeper_main(void *ud);

#endif
