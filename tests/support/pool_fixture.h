/* pool_fixture.h - waits for what a model pool does on its own threads. */
#ifndef TEST_POOL_FIXTURE_H
#define TEST_POOL_FIXTURE_H

#include "serving/model_pool.h"

/* Acquires a handle of the model `id`, and waits for the load if there is one. */
model_refusal pool_acquire(model_pool *pool, const char *id, model_handle **out, sw_err *why);

/* Waits until the model has that status; what does not come in twenty seconds fails the test. */
void pool_await_status(model_pool *pool, const model_entry *model, model_status status);

#endif
