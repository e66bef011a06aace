/* watch.c - the sampling thread and what it keeps.
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
    pthread_mutex_t reading; // one thread reads and appends at a time; taken before the other
    pthread_mutex_t mutex;   // guards all below
    int tag;
    watch_sample *kept; // WATCH_KEPT of them, the oldest first
    gpu_values *gpus;   // (WATCH_KEPT, o.n_gpus): of the kept ones
    gpu_values *taken;  // the same of those that were taken last
    gpu_values *latest; // (o.n_gpus): under `reading`
    size_t n;
    unsigned stride, n_skipped; // of `stride` moments one is sampled; how many were not since the last one
};

static gpu_values *gpus_of(memory_watch *w, size_t sample)
{
    return w->gpus + sample * w->o.n_gpus;
}

/* Drops every second sample, with the mutex held. */
static void thin_out(memory_watch *w)
{
    for (size_t i = 0; i < WATCH_KEPT / 2; i++) {
        w->kept[i] = w->kept[2 * i];
        if (w->o.n_gpus > 0)
            memcpy(gpus_of(w, i), gpus_of(w, 2 * i), w->o.n_gpus * sizeof *w->gpus);
    }
    w->n = WATCH_KEPT / 2;
    w->stride *= 2;
}

static int tag_now(memory_watch *w)
{
    pthread_mutex_lock(&w->mutex);
    const int tag = w->tag;
    pthread_mutex_unlock(&w->mutex);
    return tag;
}

static void keep(memory_watch *w, const watch_sample *sample)
{
    pthread_mutex_lock(&w->mutex);
    if (w->n == WATCH_KEPT)
        thin_out(w);
    if (w->o.n_gpus > 0)
        memcpy(gpus_of(w, w->n), w->latest, w->o.n_gpus * sizeof *w->gpus);
    w->kept[w->n++] = *sample;
    pthread_mutex_unlock(&w->mutex);
}

/* A process that has ended or is not visible leaves a gap: that is honest, a zero is not. */
static void sample_now(memory_watch *w)
{
    pthread_mutex_lock(&w->reading);
    watch_sample sample = {.tag = tag_now(w)};
    if (w->o.read(w->o.ud, &sample.values)) {
        sample.t_ns = clock_now_ns(w->o.clock);
        if (w->o.n_gpus > 0)
            w->o.read_gpus(w->o.ud, w->latest);
        keep(w, &sample);
    }
    pthread_mutex_unlock(&w->reading);
}

/* Returns true if this moment of the schedule is to be sampled. */
static bool is_due(memory_watch *w)
{
    pthread_mutex_lock(&w->mutex);
    const bool is_due = ++w->n_skipped >= w->stride;
    w->n_skipped = is_due ? 0 : w->n_skipped;
    pthread_mutex_unlock(&w->mutex);
    return is_due;
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
        if (is_due(w))
            sample_now(w);
        const uint64_t now_ns = clock_now_ns(w->o.clock);
        next_ns += INTERVAL_NS; // from the schedule, so that small delays do not add up
        if (next_ns < now_ns)
            next_ns = now_ns; // after a long one, missed samples are not made up for
    } while (sleep_until(w, next_ns));
    return NULL;
}

static bool allocate(memory_watch *w, const watch_options *options)
{
    w->o = *options;
    w->kept = mem_calloc(WATCH_KEPT, sizeof *w->kept);
    w->gpus = mem_calloc(WATCH_KEPT * options->n_gpus, sizeof *w->gpus);
    w->taken = mem_calloc(WATCH_KEPT * options->n_gpus, sizeof *w->taken);
    w->latest = mem_calloc(options->n_gpus, sizeof *w->latest);
    return w->kept != NULL && w->gpus != NULL && w->taken != NULL && w->latest != NULL;
}

static void free_memory(memory_watch *w)
{
    mem_free(w->kept);
    mem_free(w->gpus);
    mem_free(w->taken);
    mem_free(w->latest);
    mem_free(w);
}

static void free_watch(memory_watch *w)
{
    pthread_mutex_destroy(&w->mutex);
    pthread_mutex_destroy(&w->reading);
    free_memory(w);
}

sw_code watch_start(memory_watch **out, const watch_options *options, sw_err *err)
{
    *out = NULL;
    memory_watch *const w = mem_calloc(1, sizeof *w);
    if (w == NULL || !allocate(w, options)) {
        if (w != NULL)
            free_memory(w);
        return sw_fail(err, SW_ENOMEM, "out of memory for memory samples");
    }
    w->tag = -1;
    w->stride = 1;
    atomic_init(&w->must_stop, false);
    pthread_mutex_init(&w->mutex, NULL);
    pthread_mutex_init(&w->reading, NULL);
    const int status = pthread_create(&w->thread, NULL, run, w);
    if (status != 0) {
        free_watch(w);
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

/* Moves the values of the first n samples to w->taken, with the mutex held; w->n is the number of the others. */
static void take_gpus(memory_watch *w, size_t n)
{
    const size_t size = w->o.n_gpus * sizeof *w->gpus;
    memcpy(w->taken, w->gpus, n * size);
    memmove(w->gpus, gpus_of(w, n), w->n * size);
}

size_t watch_take(memory_watch *w, watch_sample *out, size_t max, const gpu_values **gpus_out)
{
    sample_now(w);
    pthread_mutex_lock(&w->mutex);
    const size_t n = w->n < max ? w->n : max;
    memcpy(out, w->kept, n * sizeof *out);
    w->n -= n;
    memmove(w->kept, w->kept + n, w->n * sizeof *w->kept);
    take_gpus(w, n);
    if (gpus_out != NULL)
        *gpus_out = w->taken;
    if (w->n == 0)
        w->stride = 1;
    pthread_mutex_unlock(&w->mutex);
    return n;
}

size_t watch_n_gpus(const memory_watch *w)
{
    return w->o.n_gpus;
}

void watch_stop(memory_watch *w)
{
    if (w == NULL)
        return;
    atomic_store_explicit(&w->must_stop, true, memory_order_relaxed);
    pthread_join(w->thread, NULL);
    free_watch(w);
}
