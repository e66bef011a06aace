/* pool_fixture.c - a wish that its thread waits for. */
#include "support/pool_fixture.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

typedef struct waiter {
    model_wish wish;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool has_ended;
    model_handle *handle;
    model_refusal refusal;
    sw_err *why;
} waiter;

static void end(waiter *w, model_handle *handle, model_refusal refusal)
{
    pthread_mutex_lock(&w->lock);
    w->handle = handle;
    w->refusal = refusal;
    w->has_ended = true;
    pthread_cond_signal(&w->ended);
    pthread_mutex_unlock(&w->lock);
}

static void granted(void *ud, model_handle *handle, double load_ms)
{
    assert_true(load_ms >= 0);
    end(ud, handle, MODEL_ACQUIRED);
}

static void refused(void *ud, model_refusal refusal, const sw_err *why)
{
    *((waiter *)ud)->why = *why;
    end(ud, NULL, refusal);
}

static void dropped(void *ud)
{
    end(ud, NULL, MODEL_STOPPED);
}

model_refusal pool_acquire(model_pool *pool, const char *id, model_handle **out, sw_err *why)
{
    waiter w = {.lock = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER, .why = why};
    w.wish = (model_wish){.granted = granted, .refused = refused, .dropped = dropped, .ud = &w};
    const model_refusal refusal = model_pool_ask(pool, id, &w.wish, out, why);
    if (refusal != MODEL_AWAITED)
        return refusal;
    pthread_mutex_lock(&w.lock);
    while (!w.has_ended)
        pthread_cond_wait(&w.ended, &w.lock);
    pthread_mutex_unlock(&w.lock);
    *out = w.handle;
    return w.refusal;
}

void pool_await_status(model_pool *pool, const model_entry *model, model_status status)
{
    for (int i = 0; i < 20000 && model_pool_state(pool, model).status != status; i++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    assert_int_equal(model_pool_state(pool, model).status, status);
}
