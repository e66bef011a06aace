/* pool.c - workers take task numbers from one counter; `round` opens and closes a region for them. */
#include "base/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/alloc.h"

/* Some ten nanoseconds in which a spinning thread leaves its core to the sibling thread on it. */
#if defined(__x86_64__)
#define relax() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define relax() __asm__ volatile("isb" ::: "memory") // "yield" does not wait on most cores
#else
#define relax() ((void)0)
#endif

enum { SPINS = 2000 }; // about 20 to 50 microseconds

typedef struct worker {
    thread_pool *pool;
    pthread_t thread;
    int index;
} worker;

struct thread_pool {
    int n_threads;
    int n_started; // running threads of `workers`, which do not include the caller
    worker *workers;
    // The current region.  The caller writes these only while no worker is inside.
    pool_task_fn fn;
    void *ud;
    size_t n_tasks;
    _Atomic size_t next_task;
    // Odd while a region is open.  A worker first counts itself in and then checks that the region is still open; the
    // caller first closes the region and then waits for the workers inside.  So a region never waits for a worker that
    // is not running.
    _Atomic uint32_t round;
    _Atomic int n_inside;
    _Atomic bool stop;
    pthread_mutex_t mutex; // guards sleeping only
    pthread_cond_t wake;
    _Atomic int n_sleeping;
};

static void run_tasks(thread_pool *p, int index)
{
    for (;;) {
        const size_t task = atomic_fetch_add_explicit(&p->next_task, 1, memory_order_relaxed);
        if (task >= p->n_tasks)
            return;
        p->fn(p->ud, task, index);
    }
}

/* True if a region other than `seen` is open, or if the pool is being freed. */
static bool has_news(thread_pool *p, uint32_t seen)
{
    const uint32_t round = atomic_load(&p->round);
    return (round % 2 == 1 && round != seen) || atomic_load(&p->stop);
}

static void wait_for_news(thread_pool *p, uint32_t seen)
{
    for (int i = 0; i < SPINS; i++) {
        if (has_news(p, seen))
            return;
        relax();
    }
    pthread_mutex_lock(&p->mutex);
    atomic_fetch_add(&p->n_sleeping, 1);
    while (!has_news(p, seen))
        pthread_cond_wait(&p->wake, &p->mutex);
    atomic_fetch_sub(&p->n_sleeping, 1);
    pthread_mutex_unlock(&p->mutex);
}

static void *worker_main(void *ud)
{
    worker *const w = ud;
    thread_pool *const p = w->pool;
    uint32_t seen = 0;
    for (;;) {
        wait_for_news(p, seen);
        if (atomic_load(&p->stop))
            return NULL;
        seen = atomic_load(&p->round);
        atomic_fetch_add(&p->n_inside, 1);
        if (seen % 2 == 1 && atomic_load(&p->round) == seen)
            run_tasks(p, w->index);
        atomic_fetch_sub(&p->n_inside, 1);
    }
}

/* Wakes sleeping workers.  n_sleeping, `round` and `stop` are sequentially consistent: either the worker sees the new
 * round before it sleeps, or this sees that it sleeps. */
static void wake_sleepers(thread_pool *p)
{
    if (atomic_load(&p->n_sleeping) == 0)
        return;
    pthread_mutex_lock(&p->mutex);
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->mutex);
}

thread_pool *pool_create(int n_threads)
{
    thread_pool *const p = mem_calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    p->n_threads = n_threads;
    pthread_mutex_init(&p->mutex, NULL);
    pthread_cond_init(&p->wake, NULL);
    p->workers = mem_calloc((size_t)n_threads, sizeof *p->workers);
    if (p->workers == NULL) {
        pool_free(p);
        return NULL;
    }
    for (int i = 1; i < n_threads; i++) {
        worker *const w = &p->workers[p->n_started];
        *w = (worker){.pool = p, .index = i};
        if (pthread_create(&w->thread, NULL, worker_main, w) != 0) {
            pool_free(p);
            return NULL;
        }
        p->n_started++;
    }
    return p;
}

void pool_free(thread_pool *p)
{
    if (p == NULL)
        return;
    atomic_store(&p->stop, true);
    wake_sleepers(p);
    for (int i = 0; i < p->n_started; i++)
        pthread_join(p->workers[i].thread, NULL);
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->mutex);
    mem_free(p->workers);
    mem_free(p);
}

int pool_n_threads(const thread_pool *p)
{
    return p->n_threads;
}

void pool_run(thread_pool *p, size_t n_tasks, pool_task_fn fn, void *ud)
{
    if (p->n_started == 0 || n_tasks <= 1) {
        for (size_t i = 0; i < n_tasks; i++)
            fn(ud, i, 0);
        return;
    }
    p->fn = fn;
    p->ud = ud;
    p->n_tasks = n_tasks;
    atomic_store(&p->next_task, 0);
    atomic_fetch_add(&p->round, 1); // opens
    wake_sleepers(p);
    run_tasks(p, 0);
    atomic_fetch_add(&p->round, 1); // closes
    while (atomic_load(&p->n_inside) > 0)
        relax();
}
