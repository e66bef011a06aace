/* model_keeper.c - closes one engine after another, without the lock. */
#include "serving/model_keeper.h"

#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"

/* While an engine has a deadline the clock is looked at so often, at least: a test's clock moves on its own. */
static const uint64_t LOOK_NS = 100000000;

uint64_t model_keeper_deadline(const model_handle *h)
{
    if (h->engine == NULL || h->n_users > 0 || h->keep_ns < 0)
        return UINT64_MAX;
    return h->idle_since_ns + (uint64_t)h->keep_ns;
}

/* Takes engines whose time has come away from requests.  Returns how long until the next one's; UINT64_MAX: there is
 * none. */
static uint64_t expire(model_pool *p)
{
    const uint64_t now = clock_now_ns(p->o.clock);
    uint64_t next = UINT64_MAX;
    for (int i = 0; i < p->o.n_engines_max; i++) {
        const uint64_t deadline = model_keeper_deadline(&p->slots[i]);
        if (deadline <= now)
            model_slots_leave(&p->slots[i]);
        else if (deadline != UINT64_MAX && deadline - now < next)
            next = deadline - now;
    }
    return next;
}

static model_handle *find_leaving(model_pool *p)
{
    for (int i = 0; i < p->o.n_engines_max; i++) {
        if (p->slots[i].leaving != NULL)
            return &p->slots[i];
    }
    return NULL;
}

/* The slot and its bytes stay taken until the memory is free. */
static void close_engine(model_pool *p, model_handle *h)
{
    const char *const lost = sw_engine_get_state(h->leaving).device_lost;
    pthread_mutex_unlock(&p->lock);
    if (lost != NULL && p->o.on_lost != NULL)
        p->o.on_lost(p->o.ud, h->model, lost);
    sw_engine_close(h->leaving);
    mem_trim();
    pthread_mutex_lock(&p->lock);
    model_slots_empty(h);
}

static void wait_until_due(model_pool *p, uint64_t ns)
{
    struct timespec until;
    if (ns == UINT64_MAX) {
        pthread_cond_wait(&p->due, &p->lock);
        return;
    }
    ns = ns < LOOK_NS ? ns : LOOK_NS;
    clock_gettime(CLOCK_MONOTONIC, &until);
    const uint64_t nanoseconds = (uint64_t)until.tv_nsec + ns;
    until.tv_sec += (time_t)(nanoseconds / 1000000000u);
    until.tv_nsec = (long)(nanoseconds % 1000000000u);
    pthread_cond_timedwait(&p->due, &p->lock, &until);
}

void *model_keeper_main(void *ud)
{
    model_pool *const p = ud;
    pthread_mutex_lock(&p->lock);
    while (!p->must_end) {
        const uint64_t ns = expire(p);
        model_handle *const h = find_leaving(p);
        if (h != NULL)
            close_engine(p, h);
        else
            wait_until_due(p, ns);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}
