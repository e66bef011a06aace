/* scheduler_state.h - what the parts of the scheduler share.
 *
 * scheduler.c talks to other threads and runs the loop, scheduler_slots.c starts and ends tasks, scheduler_step.c
 * builds a batch, has it evaluated and samples.  All three run on the engine thread, but for the functions of
 * scheduler.h.
 */
#ifndef ENGINE_SCHEDULER_STATE_H
#define ENGINE_SCHEDULER_STATE_H

#include <pthread.h>

#include "engine/scheduler.h"

/* A sequence of the lm and what its cache holds. */
typedef struct seq_slot {
    sched_task *task; // NULL when idle
    int32_t *tokens;  // the running task's tokens, or those of the last one; owned
    int32_t n_cached; // evaluated tokens while idle
    uint64_t used;    // number of the task that used it last; 0: never
    int32_t n_step;   // tokens in the batch that is being built
    int row;          // of the step's logits, or -1
} seq_slot;

struct scheduler {
    language_model *lm;
    const sw_clock *clock;
    pthread_t thread;

    // Shared with other threads, under the lock.
    pthread_mutex_t lock;
    pthread_cond_t changed;
    sched_task *head, *tail; // tasks that wait for a slot
    int n_running, n_waiting;
    uint64_t kv_tokens_used;
    bool is_borrowed;
    bool is_awake;           // the engine thread may touch the lm
    atomic_bool is_stopping; // also read without the lock, once per task and step

    // The engine thread's own.
    seq_slot *slots;    // (n_seqs)
    batch_token *batch; // (n_batch)
    sampler_scratch scratch;
    uint64_t n_started;
    int chunk; // prompt tokens of the next step
};

static inline bool scheduler_is_canceled(scheduler *s, sched_task *t)
{
    return atomic_load(&s->is_stopping) || atomic_load(&t->is_canceled);
}

/* The oldest task that waits; it stays in the queue.  NULL when there is none or nothing may start. */
sched_task *queue_peek(scheduler *s);
/* Takes the oldest task out of the queue; from then on it counts as running when `runs`. */
void queue_take(scheduler *s, bool runs);
/* The first waiting task that was cancelled, taken out of the queue; or NULL. */
sched_task *queue_take_canceled(scheduler *s);
/* Tells other threads how much is cached; `n_left` running tasks have just left their slot. */
void scheduler_publish(scheduler *s, int n_left);

/* Gives slots to waiting tasks, first come, first served. */
void scheduler_admit(scheduler *s);
/* Ends what was cancelled since the last step, waiting or running. */
void scheduler_end_canceled(scheduler *s);
/* Ends a task that has a slot, which is free when its last event is sent. */
void scheduler_end_running(scheduler *s, seq_slot *sl, sw_finish finish, const sw_err *error);
/* Makes sure that a slot can hold n tokens; caches of idle slots give way when memory is short. */
bool slot_reserve(scheduler *s, const seq_slot *sl, int32_t n);
/* Empties the cache of a slot. */
void slot_forget(scheduler *s, seq_slot *sl);

/* Prompt tokens of the first step, before anything was measured. */
enum { CHUNK_FIRST = 32 };
/* Evaluates and samples once; does nothing when no slot has a task. */
void scheduler_run_step(scheduler *s);

#endif
