/* pool.h - a fixed set of threads that run ranges of independent tasks.
 *
 * The caller takes part as worker 0.  Idle workers spin for some microseconds and then sleep, so that the many short
 * regions of a decode step do not pay for waking.  Nothing allocates after creation.
 */
#ifndef SW_POOL_H
#define SW_POOL_H

#include <stddef.h>

typedef struct sw_pool sw_pool;

/* task: 0 .. n_tasks-1; worker: 0 .. n_threads-1. */
typedef void (*sw_task_fn)(void *ud, size_t task, int worker);

/* NULL when memory or threads are short.  n_threads >= 1, the caller included. */
sw_pool *sw_pool_create(int n_threads);
void sw_pool_free(sw_pool *p);
int sw_pool_n_threads(const sw_pool *p);

/* Runs fn for every task and returns when all are done.  One caller at a time; not from inside a task. */
void sw_pool_run(sw_pool *p, size_t n_tasks, sw_task_fn fn, void *ud);

#endif
