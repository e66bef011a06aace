#include "monitor/watch.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"

enum { INTERVAL_MS = 200 };

struct memory_watch {
    pthread_t thread;
    pthread_mutex_t mutex; // guards all below
    pthread_cond_t wake;   // stop at once, not at the next sample
    bool must_stop;
    int tag;
    long pid;
    const sw_clock *clock;
    watch_sample *ring;
    size_t first, n;
};

/* With the mutex held. */
static void sample_now(memory_watch *s)
{
    const process_memory memory = sysinfo_memory_of(s->pid);
    if (memory.rss == 0)
        return; // the process has ended or may not be seen; a gap is honest, a zero is not
    const size_t i = (s->first + s->n) % WATCH_KEPT;
    s->ring[i] = (watch_sample){clock_now_ns(s->clock), memory, s->tag};
    if (s->n < WATCH_KEPT)
        s->n++;
    else
        s->first = (s->first + 1) % WATCH_KEPT;
}

static void *run(void *arg)
{
    memory_watch *const s = arg;
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    pthread_mutex_lock(&s->mutex);
    while (!s->must_stop) {
        sample_now(s);
        next.tv_nsec += INTERVAL_MS * 1000000L;
        next.tv_sec += next.tv_nsec / 1000000000L;
        next.tv_nsec %= 1000000000L;
        while (!s->must_stop && pthread_cond_timedwait(&s->wake, &s->mutex, &next) != ETIMEDOUT) {
        }
    }
    pthread_mutex_unlock(&s->mutex);
    return NULL;
}

sw_code watch_start(memory_watch **out, long pid, const sw_clock *clock, sw_err *err)
{
    *out = NULL;
    memory_watch *const s = mem_calloc(1, sizeof *s);
    if (s == NULL || (s->ring = mem_calloc(WATCH_KEPT, sizeof *s->ring)) == NULL) {
        mem_free(s);
        return sw_fail(err, SW_ENOMEM, "out of memory for memory samples");
    }
    s->pid = pid;
    s->clock = clock;
    s->tag = -1;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&s->mutex, NULL);
    pthread_cond_init(&s->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    const int status = pthread_create(&s->thread, NULL, run, s);
    if (status != 0) {
        pthread_mutex_destroy(&s->mutex);
        pthread_cond_destroy(&s->wake);
        mem_free(s->ring);
        mem_free(s);
        return sw_fail(err, SW_EIO, "cannot start the memory watch: %s", strerror(status));
    }
    *out = s;
    return SW_OK;
}

void watch_tag(memory_watch *s, int tag)
{
    pthread_mutex_lock(&s->mutex);
    s->tag = tag;
    pthread_mutex_unlock(&s->mutex);
}

size_t watch_take(memory_watch *s, watch_sample *out, size_t max)
{
    pthread_mutex_lock(&s->mutex);
    sample_now(s);
    const size_t n = s->n < max ? s->n : max;
    for (size_t i = 0; i < n; i++)
        out[i] = s->ring[(s->first + i) % WATCH_KEPT];
    s->first = (s->first + n) % WATCH_KEPT;
    s->n -= n;
    pthread_mutex_unlock(&s->mutex);
    return n;
}

void watch_stop(memory_watch *s)
{
    if (s == NULL)
        return;
    pthread_mutex_lock(&s->mutex);
    s->must_stop = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->mutex);
    pthread_join(s->thread, NULL);
    pthread_mutex_destroy(&s->mutex);
    pthread_cond_destroy(&s->wake);
    mem_free(s->ring);
    mem_free(s);
}
