/* watch.c - the sampling thread and its ring.
 *
 * The thread sleeps on the clock that it was given and on nothing else, so that a test's clock can let hours pass at
 * once. It sleeps in slices, because a clock's sleep cannot be broken off when the watch has to stop.
 */
#include "monitor/watch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"

static const uint64_t INTERVAL_NS = WATCH_INTERVAL_MS * 1000000ull;
static const uint64_t SLICE_NS = 50 * 1000000ull; // the longest that watch_stop waits

struct memory_watch {
    pthread_t thread;
    watch_options o;
    atomic_bool must_stop;
    pthread_mutex_t mutex; // guards all below
    int tag;
    watch_sample *ring; // WATCH_KEPT of them, the oldest at `first`
    size_t first, n;
};

/* With the mutex held. */
static void sample_now(memory_watch *w)
{
    sample_values values;
    if (!w->o.read(w->o.ud, &values))
        return; // the process has ended or is not visible; a gap is honest, a zero is not
    const size_t i = (w->first + w->n) % WATCH_KEPT;
    w->ring[i] = (watch_sample){clock_now_ns(w->o.clock), values, w->tag};
    if (w->n < WATCH_KEPT)
        w->n++;
    else
        w->first = (w->first + 1) % WATCH_KEPT;
}

/* Sleeps until the clock shows next_ns; returns false if the watch must stop. */
static bool sleep_until(memory_watch *w, uint64_t next_ns)
{
    bool must_stop;
    uint64_t now_ns;
    while (!(must_stop = atomic_load_explicit(&w->must_stop, memory_order_relaxed)) &&
           (now_ns = clock_now_ns(w->o.clock)) < next_ns) {
        const uint64_t left_ns = next_ns - now_ns;
        clock_sleep_ns(w->o.clock, left_ns < SLICE_NS ? left_ns : SLICE_NS);
    }
    return !must_stop;
}

static void *run(void *arg)
{
    memory_watch *const w = arg;
    uint64_t next_ns = clock_now_ns(w->o.clock);
    do {
        pthread_mutex_lock(&w->mutex);
        sample_now(w);
        pthread_mutex_unlock(&w->mutex);
        const uint64_t now_ns = clock_now_ns(w->o.clock);
        next_ns += INTERVAL_NS; // from the schedule, so that small delays do not add up
        if (next_ns < now_ns)
            next_ns = now_ns; // after a long one, missed samples are not made up for
    } while (sleep_until(w, next_ns));
    return NULL;
}

sw_code watch_start(memory_watch **out, const watch_options *options, sw_err *err)
{
    *out = NULL;
    memory_watch *const w = mem_calloc(1, sizeof *w);
    if (w == NULL || (w->ring = mem_calloc(WATCH_KEPT, sizeof *w->ring)) == NULL) {
        mem_free(w);
        return sw_fail(err, SW_ENOMEM, "out of memory for memory samples");
    }
    w->o = *options;
    w->tag = -1;
    atomic_init(&w->must_stop, false);
    pthread_mutex_init(&w->mutex, NULL);
    const int status = pthread_create(&w->thread, NULL, run, w);
    if (status != 0) {
        pthread_mutex_destroy(&w->mutex);
        mem_free(w->ring);
        mem_free(w);
        return sw_fail(err, SW_EIO, "cannot start the memory watch: %s", strerror(status));
    }
    *out = w;
    return SW_OK;
}

void watch_tag(memory_watch *w, int tag)
{
    pthread_mutex_lock(&w->mutex);
    w->tag = tag;
    pthread_mutex_unlock(&w->mutex);
}

size_t watch_take(memory_watch *w, watch_sample *out, size_t max)
{
    pthread_mutex_lock(&w->mutex);
    sample_now(w);
    const size_t n = w->n < max ? w->n : max;
    for (size_t i = 0; i < n; i++)
        out[i] = w->ring[(w->first + i) % WATCH_KEPT];
    w->first = (w->first + n) % WATCH_KEPT;
    w->n -= n;
    pthread_mutex_unlock(&w->mutex);
    return n;
}

void watch_stop(memory_watch *w)
{
    if (w == NULL)
        return;
    atomic_store_explicit(&w->must_stop, true, memory_order_relaxed);
    pthread_join(w->thread, NULL);
    pthread_mutex_destroy(&w->mutex);
    mem_free(w->ring);
    mem_free(w);
}
