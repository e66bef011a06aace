/* scheduler_state.h - the struct that the parts of the scheduler share, and which thread may touch what.
 *
 * scheduler.c talks to other threads and runs the loop; queue.c holds the tasks that wait; scheduler_slots.c starts and
 * ends tasks; scheduler_step.c builds a batch, has it evaluated and samples; scheduler_prompt.c reports what a step
 * told of a prompt.  All run on the engine thread, except the functions of scheduler.h and queue_push.
 */
#ifndef ENGINE_SCHEDULER_STATE_H
#define ENGINE_SCHEDULER_STATE_H

#include <pthread.h>

#include "base/clock.h"
#include "engine/lm.h"
#include "engine/task.h"

/* A sequence of the lm and the contents of its cache. */
typedef struct seq_slot {
    sched_task *task;      // NULL when idle
    int32_t *tokens;       // those of the running task, or of the last one; owned
    int32_t n_cached;      // evaluated tokens while idle
    uint64_t used;         // number of the task that used it last; 0: never
    int32_t n_step;        // its tokens in the batch that is being built
    bool is_paused;        // not in that batch, because its task's receiver has no room
    int first_row, n_rows; // of the step's logits
} seq_slot;

typedef struct scheduler {
    language_model *lm;
    const sw_clock *clock;
    pthread_t thread;

    // Shared with other threads, under the lock.
    pthread_mutex_t lock;
    pthread_cond_t changed;
    sched_task *head, *tail; // tasks that wait for a slot (queue.c)
    int n_running, n_waiting;
    uint64_t kv_tokens_used;
    sw_slot *figures; // (n_seqs): of `slots`
    step_counts prompts, generation;
    bool is_borrowed;
    bool is_awake;           // the engine thread may use the lm
    atomic_bool is_stopping; // also read without the lock, once per task and step

    // The engine thread's own.
    seq_slot *slots;    // (n_seqs)
    batch_token *batch; // (n_batch)
    float *embedding;   // (n_embd): of the task that is being ended
    sampler_scratch scratch;
    uint64_t n_started; // tasks that got a slot
    int chunk;          // prompt tokens of the next step
} scheduler;

static inline bool scheduler_is_canceled(scheduler *s, sched_task *t)
{
    return atomic_load(&s->is_stopping) || atomic_load(&t->is_canceled);
}

/* The lm's number of a slot. */
static inline int32_t scheduler_seq_of(const scheduler *s, const seq_slot *sl)
{
    return (int32_t)(sl - s->slots);
}

#endif
