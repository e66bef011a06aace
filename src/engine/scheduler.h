/* scheduler.h - many jobs, one model: continuous batching on one engine thread.
 *
 * Every step evaluates one token of each sequence that is generating plus a chunk of the prompts that wait, sized so
 * that a step takes about 100 ms and a cancelled job ends within one step.  The scheduler knows token ids only: text,
 * end tokens and stop strings live above it and end a task through the return value of its callback.
 *
 * A task takes the idle slot (sequence) whose cached tokens share the longest prefix with its prompt and evaluates only
 * what differs; at least the last prompt token is always evaluated, since its logits are needed.
 */
#ifndef SW_SCHEDULER_H
#define SW_SCHEDULER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "engine/lm.h"
#include "engine/sampler.h"
#include "spillway.h"

typedef enum sw_task_event_type {
    SW_TASK_ACCEPTED, // the task has its slot; n_prompt_done tokens came from the cache
    SW_TASK_PROGRESS, // n_prompt_done prompt tokens are evaluated
    SW_TASK_TOKEN,    // token
    SW_TASK_END,      // last event: finish and timings, or error; the scheduler no longer touches the task
} sw_task_event_type;

typedef struct sw_task_event {
    sw_task_event_type type;
    int32_t token;
    const sw_logprobs *logprobs; // TOKEN: NULL unless asked for; its texts are left empty
    int n_prompt, n_prompt_done;
    sw_finish finish;
    sw_timings timings;
    const sw_err *error; // END: NULL unless the task failed
} sw_task_event;

/* Called from the engine's thread, no lock held.  The result matters for SW_TASK_TOKEN only: false ends the task with
 * SW_FINISH_STOP. */
typedef bool (*sw_task_fn)(void *ud, const sw_task_event *event);

typedef struct sw_task_request {
    const int32_t *prompt; // copied
    size_t n_prompt;       // 1 .. n_ctx - 1
    int max_tokens;        // 0: until the context is full
    sw_sampling sampling;  // copied
    bool wants_logprobs;
    int n_top_logprobs;
    sw_task_fn on_event;
    void *ud;
} sw_task_request;

/* Owned by the caller, who keeps it alive from submit to SW_TASK_END.  Only `is_canceled` is for others to set. */
typedef struct sw_task {
    atomic_bool is_canceled;
    struct sw_task *next; // in the queue
    sw_task_fn on_event;
    void *ud;
    sw_sampler sampler;
    bool wants_logprobs;
    int n_top_logprobs;
    int32_t *tokens; // prompt, then what was sampled; room for n_max
    int32_t n_prompt, n_tokens, n_max;
    int32_t n_done;                        // tokens[0..n_done) are evaluated
    uint64_t submit_ns, slot_ns, first_ns; // when it was submitted, got its slot, had its first token
    sw_timings timings;
} sw_task;

typedef struct sw_scheduler sw_scheduler;

/* Starts the engine thread.  `lm` and `clock` must outlive the scheduler; all calls to the lm come from its thread. */
SW_NODISCARD sw_code sw_scheduler_create(sw_scheduler **out, sw_lm *lm, const sw_clock *clock, sw_err *err);
/* Cancels every task (each gets its last event), joins the thread.  NULL is accepted. */
void sw_scheduler_free(sw_scheduler *s);

/* Queues a task, whose fields this fills.  Any thread.  Errors: SW_ELIMIT (prompt and context in the message),
 * SW_EBUSY (the queue is full), SW_ENOMEM; then no event follows. */
SW_NODISCARD sw_code sw_scheduler_submit(sw_scheduler *s, sw_task *task, const sw_task_request *request, sw_err *err);

/* Takes the lm from the engine thread, for the caller alone, until sw_scheduler_give_back.  Tasks that are submitted
 * meanwhile wait.  Errors: SW_EBUSY when there are tasks. */
SW_NODISCARD sw_code sw_scheduler_borrow(sw_scheduler *s, sw_err *err);
/* Forgets every cached sequence and goes on. */
void sw_scheduler_give_back(sw_scheduler *s);

typedef struct sw_scheduler_stats {
    int n_running, n_waiting;
    uint64_t kv_tokens_used; // evaluated tokens that slots hold, those of ended tasks included
} sw_scheduler_stats;

/* As of the last step.  Any thread. */
sw_scheduler_stats sw_scheduler_get_stats(sw_scheduler *s);

#endif
