/* queue.h - tasks that wait for a slot, first come, first served.
 *
 * Every function takes the scheduler's lock itself.  Only the engine thread takes tasks out, so a task that it has
 * looked at stays valid without the lock.
 */
#ifndef ENGINE_QUEUE_H
#define ENGINE_QUEUE_H

#include "engine/scheduler_state.h"

/* Appends a task and wakes the engine thread.  False if LIMIT_QUEUE_JOBS tasks wait already.  Any thread. */
bool queue_push(scheduler *s, sched_task *t);
/* The oldest task, which stays in the queue.  NULL if none waits or nothing may start (the lm is borrowed). */
sched_task *queue_peek(scheduler *s);
/* Removes the oldest task; with `runs` it counts as running from then on. */
void queue_take(scheduler *s, bool runs);
/* Removes the oldest task that was canceled; NULL if there is none. */
sched_task *queue_take_canceled(scheduler *s);

#endif
