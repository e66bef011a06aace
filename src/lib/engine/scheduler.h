/* scheduler.h - many jobs, one model: continuous batching on one engine thread.
 *
 * Every step evaluates one token of each sequence that is generating, plus a chunk of the prompts that wait.  The chunk
 * is sized so that a step takes about 100 ms; a canceled job ends within one step.  The scheduler knows token ids only.
 * Text, end tokens and stop strings are handled above it and end a task through the result of its callback.
 *
 * A task takes the idle slot (sequence) whose cached tokens share the longest prefix with its prompt and evaluates only
 * what differs; at least the last prompt token is always evaluated, since its logits are needed.  A task that wants its
 * prompt's probabilities or embedding evaluates all.
 */
#ifndef ENGINE_SCHEDULER_H
#define ENGINE_SCHEDULER_H

#include "base/clock.h"
#include "engine/lm.h"
#include "engine/task.h"

typedef struct scheduler scheduler;

/* Starts the engine thread.  `lm` and `clock` must outlive the scheduler; only its thread calls the lm.  Errors:
 * SW_ENOMEM, SW_EIO (no thread). */
SW_NODISCARD sw_code scheduler_create(scheduler **out, language_model *lm, const sw_clock *clock, sw_err *err);
/* Cancels every task, each of which gets its last event, and joins the thread.  NULL is accepted. */
void scheduler_free(scheduler *s);

/* Fills *task from the request and queues it.  Any thread.  Errors: SW_EINVAL (no tokens), SW_ELIMIT (prompt and
 * context in the message), SW_EBUSY (the queue is full), SW_ENOMEM; then no event follows. */
SW_NODISCARD sw_code scheduler_submit(scheduler *s, sched_task *task, const task_request *request, sw_err *err);

/* Gives the lm to the caller alone until scheduler_give_back.  Tasks that are submitted meanwhile wait.  Errors:
 * SW_EBUSY if there are tasks. */
SW_NODISCARD sw_code scheduler_borrow(scheduler *s, sw_err *err);
/* Ends that: empties every cached sequence and continues with waiting tasks. */
void scheduler_give_back(scheduler *s);

typedef struct scheduler_stats {
    int n_running, n_waiting;
    uint64_t kv_tokens_used; // evaluated tokens in all slots, including those of ended tasks
    step_counts prompts, generation;
} scheduler_stats;

/* As of the last step.  Any thread. */
scheduler_stats scheduler_get_stats(scheduler *s);
/* See sw_engine_slots.  Any thread. */
size_t scheduler_get_slots(scheduler *s, sw_slot *slots, size_t n_max);

#endif
