/* pool.h - a fixed set of threads that run ranges of independent tasks.
 *
 * The calling thread takes part as worker 0.  Idle workers spin for some microseconds before they sleep, so that the
 * many short regions of a decode step do not pay for waking.  Nothing allocates after creation.
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stddef.h>

typedef struct thread_pool thread_pool;

/* Runs task number 0 .. n_tasks-1 on worker 0 .. n_threads-1.  No order is promised. */
typedef void (*pool_task_fn)(void *ud, size_t task, int worker);

/* n_threads >= 1, including the caller.  NULL when memory or threads are short. */
thread_pool *pool_create(int n_threads);
/* NULL is accepted. */
void pool_free(thread_pool *p);
int pool_n_threads(const thread_pool *p);

/* Runs fn for every task and returns when all are done.  One caller at a time; not from inside a task. */
void pool_run(thread_pool *p, size_t n_tasks, pool_task_fn fn, void *ud);

#endif
