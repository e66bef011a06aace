/* task.h - one generation as the scheduler sees it: token ids in, token ids out, events on the way.
 *
 * The lowest file of the scheduler: the queue, the slots and the step all work on tasks and know nothing of one another
 * beyond what their headers say.
 */
#ifndef ENGINE_TASK_H
#define ENGINE_TASK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/expert_log.h"
#include "engine/sampler.h"
#include "spillway.h"

/* ---- events ---- */

typedef enum task_event_type {
    TASK_ACCEPTED,     // the task has its slot; n_prompt_done tokens came from the cache
    TASK_PROGRESS,     // n_prompt_done prompt tokens are evaluated
    TASK_PROMPT_TOKEN, // token of the prompt, if requested
    TASK_EMBEDDING,    // embedding, if requested; TASK_END follows
    TASK_TOKEN,        // token
    TASK_END,          // last event: finish and timings, or error; the scheduler no longer uses the task
} task_event_type;

typedef struct task_event {
    task_event_type type;
    int32_t token;
    const sw_logprobs *logprobs; // PROMPT_TOKEN, TOKEN: NULL unless requested; its texts are empty
    const float *embedding;      // EMBEDDING: (n_embd), valid during the call only
    int n_embd;
    int n_prompt, n_prompt_done;
    sw_finish finish;
    sw_timings timings;  // TOKEN: so far; END
    const sw_err *error; // END: NULL unless the task failed
} task_event;

/* Called from the engine's thread without a lock held.  The result matters for TASK_TOKEN only: false ends the task
 * with SW_FINISH_STOP. */
typedef bool (*task_event_fn)(void *ud, const task_event *event);

/* Called from the engine's thread before each step that may give a token of the prompt or the answer.  False: the task
 * pauses. */
typedef bool (*task_room_fn)(void *ud);

/* ---- tasks ---- */

typedef struct task_request {
    const int32_t *prompt; // (n_prompt), copied
    size_t n_prompt;       // 1 .. n_ctx - 1, or n_ctx if nothing is sampled
    uint64_t client;       // see sw_request
    int max_tokens;        // of the answer; 0: until the context is full
    bool is_fresh;         // the prompt is evaluated from its start
    bool is_prompt_only;   // the task ends when its prompt is evaluated
    bool wants_embedding;  // of the whole prompt, which is evaluated from its start; needs is_prompt_only
    sw_sampling sampling;  // copied
    bool wants_logprobs;
    bool wants_prompt_logprobs; // a TASK_PROMPT_TOKEN for each token of the prompt, which is evaluated from its start
    int n_top_logprobs;
    uint64_t tag;                              // see sw_request
    sw_expert_use *prompt_use, *generated_use; // to be added to until the last event; or NULL
    task_event_fn on_event;
    task_room_fn has_room; // or NULL
    void *ud;
} task_request;

/* The caller owns it and keeps it alive from scheduler_submit to TASK_END.  Only `is_canceled` may be set from outside,
 * by any thread. */
typedef struct sched_task {
    atomic_bool is_canceled;
    struct sched_task *next; // in the queue
    uint64_t client;
    task_event_fn on_event;
    task_room_fn has_room; // or NULL
    void *ud;
    sampler sampler;
    bool is_fresh, is_prompt_only, wants_embedding;
    bool wants_logprobs, wants_prompt_logprobs;
    int n_top_logprobs;
    expert_owner owner;
    int32_t *tokens; // (n_tokens): prompt, then what was sampled; room for n_max; the slot owns it once the task runs
    int32_t n_prompt, n_tokens, n_max;
    int32_t n_done;                        // tokens[0..n_done) are evaluated
    uint64_t submit_ns, slot_ns, first_ns; // on the engine's clock: submitted, got its slot, had its first token
    sw_timings timings;
} sched_task;

/* What the tasks of an engine took in one phase, prompts or generation: a step that has tokens of both counts for both.
 */
typedef struct step_counts {
    uint64_t n_steps, n_tokens;
} step_counts;

#endif
