/* queue.h - tasks that wait for a slot: clients take turns, and of one client the first comes first.
 *
 * Every function takes the scheduler's lock itself.  Only the engine thread takes tasks out, so a task that it has
 * looked at stays valid without the lock.
 */
#ifndef ENGINE_QUEUE_H
#define ENGINE_QUEUE_H

#include "engine/scheduler_state.h"

/* Appends a task and wakes the engine thread.  False if LIMIT_QUEUE_JOBS tasks wait already.  Any thread. */
bool queue_push(scheduler *s, sched_task *t);
/* The next task, which stays in the queue: of the clients with the fewest running tasks, the oldest.  NULL if none
 * waits or nothing may start (the lm is borrowed).  Engine thread. */
sched_task *queue_peek(scheduler *s);
/* Removes a task; with `runs` it counts as running from then on. */
void queue_take(scheduler *s, sched_task *t, bool runs);
/* Removes the oldest task that was canceled; NULL if there is none. */
sched_task *queue_take_canceled(scheduler *s);

#endif
