/* scheduler.h - many jobs, one model: continuous batching on one engine thread.
 *
 * Every step evaluates one token of each sequence that is generating plus a chunk of the prompts that wait, sized so
 * that a step takes about 100 ms and a cancelled job ends within one step.  The scheduler knows token ids only: text,
 * end tokens and stop strings live above it and end a task through the return value of its callback.
 *
 * A task takes the idle slot (sequence) whose cached tokens share the longest prefix with its prompt and evaluates only
 * what differs; at least the last prompt token is always evaluated, since its logits are needed.
 */
#ifndef ENGINE_SCHEDULER_H
#define ENGINE_SCHEDULER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "engine/lm.h"
#include "engine/sampler.h"
#include "spillway.h"

typedef enum task_event_type {
    TASK_ACCEPTED, // the task has its slot; n_prompt_done tokens came from the cache
    TASK_PROGRESS, // n_prompt_done prompt tokens are evaluated
    TASK_TOKEN,    // token
    TASK_END,      // last event: finish and timings, or error; the scheduler no longer touches the task
} task_event_type;

typedef struct task_event {
    task_event_type type;
    int32_t token;
    const sw_logprobs *logprobs; // TOKEN: NULL unless asked for; its texts are left empty
    int n_prompt, n_prompt_done;
    sw_finish finish;
    sw_timings timings;
    const sw_err *error; // END: NULL unless the task failed
} task_event;

/* Called from the engine's thread, no lock held.  The result matters for TASK_TOKEN only: false ends the task with
 * SW_FINISH_STOP. */
typedef bool (*task_event_fn)(void *ud, const task_event *event);

typedef struct task_request {
    const int32_t *prompt; // copied
    size_t n_prompt;       // 1 .. n_ctx - 1
    int max_tokens;        // 0: until the context is full
    sw_sampling sampling;  // copied
    bool wants_logprobs;
    int n_top_logprobs;
    task_event_fn on_event;
    void *ud;
} task_request;

/* Owned by the caller, who keeps it alive from submit to TASK_END.  Only `is_canceled` is for others to set. */
typedef struct sched_task {
    atomic_bool is_canceled;
    struct sched_task *next; // in the queue
    task_event_fn on_event;
    void *ud;
    sampler sampler;
    bool wants_logprobs;
    int n_top_logprobs;
    int32_t *tokens; // prompt, then what was sampled; room for n_max
    int32_t n_prompt, n_tokens, n_max;
    int32_t n_done;                        // tokens[0..n_done) are evaluated
    uint64_t submit_ns, slot_ns, first_ns; // when it was submitted, got its slot, had its first token
    sw_timings timings;
} sched_task;

typedef struct scheduler scheduler;

/* Starts the engine thread.  `lm` and `clock` must outlive the scheduler; all calls to the lm come from its thread. */
SW_NODISCARD sw_code scheduler_create(scheduler **out, language_model *lm, const sw_clock *clock, sw_err *err);
/* Cancels every task (each gets its last event), joins the thread.  NULL is accepted. */
void scheduler_free(scheduler *s);

/* Queues a task, whose fields this fills.  Any thread.  Errors: SW_ELIMIT (prompt and context in the message),
 * SW_EBUSY (the queue is full), SW_ENOMEM; then no event follows. */
SW_NODISCARD sw_code scheduler_submit(scheduler *s, sched_task *task, const task_request *request, sw_err *err);

/* Takes the lm from the engine thread, for the caller alone, until scheduler_give_back.  Tasks that are submitted
 * meanwhile wait.  Errors: SW_EBUSY when there are tasks. */
SW_NODISCARD sw_code scheduler_borrow(scheduler *s, sw_err *err);
/* Forgets every cached sequence and goes on. */
void scheduler_give_back(scheduler *s);

typedef struct scheduler_stats {
    int n_running, n_waiting;
    uint64_t kv_tokens_used; // evaluated tokens that slots hold, those of ended tasks included
} scheduler_stats;

/* As of the last step.  Any thread. */
scheduler_stats scheduler_get_stats(scheduler *s);

#endif
