/* scheduler.c - the engine thread's loop, and what other threads may ask of it.
 *
 * The lm belongs to the engine thread while is_awake is set.  scheduler_borrow waits until the thread sleeps and keeps
 * it asleep, which is how another thread gets the lm for itself.
 */
#include "engine/scheduler.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "engine/queue.h"
#include "engine/scheduler_slots.h"
#include "engine/scheduler_step.h"

enum { PAUSE_NS = 2000000 }; // between two looks at tasks of which every one pauses

/* ---- the engine thread -------------------------------------------------------------------------------------- */

/* Sleeps while there is nothing to do.  False when the thread shall end: it is stopping and every task has ended. */
static bool wait_for_work(scheduler *s)
{
    pthread_mutex_lock(&s->lock);
    while (s->is_borrowed || (!atomic_load(&s->is_stopping) && s->n_waiting == 0 && s->n_running == 0)) {
        if (s->is_awake) {
            s->is_awake = false;
            pthread_cond_broadcast(&s->changed);
        }
        pthread_cond_wait(&s->changed, &s->lock);
    }
    s->is_awake = true;
    const bool has_tasks = s->n_waiting > 0 || s->n_running > 0;
    pthread_mutex_unlock(&s->lock);
    return has_tasks;
}

static void *engine_thread(void *ud)
{
    scheduler *const s = ud;
    while (wait_for_work(s)) {
        slots_end_canceled(s);
        slots_admit(s);
        if (!scheduler_run_step(s))
            clock_sleep_ns(s->clock, PAUSE_NS);
    }
    return NULL;
}

/* ---- creation -------------------------------------------------------------------------------------- */

static bool allocate(scheduler *s)
{
    s->slots = mem_calloc((size_t)s->lm->n_seqs, sizeof *s->slots);
    s->figures = mem_calloc((size_t)s->lm->n_seqs, sizeof *s->figures);
    s->batch = mem_calloc((size_t)s->lm->n_batch, sizeof *s->batch);
    s->embedding = mem_calloc((size_t)s->lm->n_embd, sizeof *s->embedding);
    return s->slots != NULL && s->figures != NULL && s->batch != NULL && s->embedding != NULL &&
           sampler_scratch_init(&s->scratch, s->lm->n_vocab);
}

static void free_memory(scheduler *s)
{
    for (int i = 0; s->slots != NULL && i < s->lm->n_seqs; i++)
        mem_free(s->slots[i].tokens);
    mem_free(s->slots);
    mem_free(s->figures);
    mem_free(s->batch);
    mem_free(s->embedding);
    sampler_scratch_free(&s->scratch);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    mem_free(s);
}

sw_code scheduler_create(scheduler **out, language_model *lm, const sw_clock *clock, sw_err *err)
{
    assert(lm->n_batch >= lm->n_seqs);
    *out = NULL;
    scheduler *const s = mem_calloc(1, sizeof *s);
    if (s == NULL)
        return sw_fail(err, SW_ENOMEM, "scheduler: out of memory");
    s->lm = lm;
    s->clock = clock;
    s->chunk = STEP_CHUNK_MIN < lm->n_batch ? STEP_CHUNK_MIN : lm->n_batch;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->changed, NULL);
    if (!allocate(s)) {
        free_memory(s);
        return sw_fail(err, SW_ENOMEM, "scheduler: out of memory for %d sequences", lm->n_seqs);
    }
    const int failed = pthread_create(&s->thread, NULL, engine_thread, s);
    if (failed != 0) {
        free_memory(s);
        return sw_fail(err, SW_EIO, "scheduler: cannot start a thread: %s", strerror(failed));
    }
    *out = s;
    return SW_OK;
}

void scheduler_free(scheduler *s)
{
    if (s == NULL)
        return;
    pthread_mutex_lock(&s->lock);
    atomic_store(&s->is_stopping, true);
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    free_memory(s);
}

/* ---- for other threads -------------------------------------------------------------------------------------- */

static sw_code check_length(const task_request *r, int n_ctx, sw_err *err)
{
    if (r->n_prompt == 0)
        return sw_fail(err, SW_EINVAL, "prompt: it has no tokens");
    if (r->is_prompt_only && r->n_prompt > (size_t)n_ctx)
        return sw_fail(err, SW_ELIMIT, "prompt: it has %zu tokens, and at most %d fit", r->n_prompt, n_ctx);
    if (!r->is_prompt_only && r->n_prompt >= (size_t)n_ctx)
        return sw_fail(err, SW_ELIMIT, "prompt: it has %zu tokens, and with one token of answer at most %d fit",
                       r->n_prompt, n_ctx);
    return SW_OK;
}

/* Fills the task and copies the prompt into a buffer with room for the answer. */
static sw_code prepare(scheduler *s, sched_task *t, const task_request *r, sw_err *err)
{
    const int n_ctx = s->lm->n_ctx;
    const sw_code fits = check_length(r, n_ctx, err);
    if (fits != SW_OK)
        return fits;
    const int32_t n_prompt = (int32_t)r->n_prompt;
    const int32_t room = r->is_prompt_only ? 0 : n_ctx - n_prompt;
    *t = (sched_task){.on_event = r->on_event,
                      .has_room = r->has_room,
                      .client = r->client,
                      .ud = r->ud,
                      .is_fresh = r->is_fresh || r->wants_prompt_logprobs || r->wants_embedding,
                      .is_prompt_only = r->is_prompt_only,
                      .wants_embedding = r->wants_embedding,
                      .wants_logprobs = r->wants_logprobs,
                      .wants_prompt_logprobs = r->wants_prompt_logprobs,
                      .n_top_logprobs = r->n_top_logprobs,
                      .owner = {r->tag, n_prompt, r->prompt_use, r->generated_use},
                      .n_prompt = n_prompt,
                      .n_tokens = n_prompt};
    t->n_max = n_prompt + (r->max_tokens > 0 && r->max_tokens < room ? r->max_tokens : room);
    t->tokens = mem_alloc((size_t)t->n_max * sizeof *t->tokens); // not zeroed: pages that are not used cost nothing
    if (t->tokens == NULL)
        return sw_fail(err, SW_ENOMEM, "job: out of memory for %d tokens", t->n_max);
    memcpy(t->tokens, r->prompt, r->n_prompt * sizeof *t->tokens);
    const sw_code code = sampler_init(&t->sampler, &r->sampling, t->n_max, err);
    if (code != SW_OK) {
        mem_free(t->tokens);
        return code;
    }
    t->submit_ns = clock_now_ns(s->clock);
    return SW_OK;
}

sw_code scheduler_submit(scheduler *s, sched_task *task, const task_request *request, sw_err *err)
{
    const sw_code code = prepare(s, task, request, err);
    if (code != SW_OK)
        return code;
    if (queue_push(s, task))
        return SW_OK;
    sampler_free(&task->sampler);
    mem_free(task->tokens);
    task->tokens = NULL;
    return sw_fail(err, SW_EBUSY, "job: %d jobs are already waiting; try again later", LIMIT_QUEUE_JOBS);
}

sw_code scheduler_borrow(scheduler *s, sw_err *err)
{
    pthread_mutex_lock(&s->lock);
    const int n_tasks = s->n_running + s->n_waiting;
    const bool is_free = n_tasks == 0 && !s->is_borrowed;
    if (is_free) {
        s->is_borrowed = true; // nothing starts from here on, so the thread sleeps soon
        while (s->is_awake)
            pthread_cond_wait(&s->changed, &s->lock);
    }
    pthread_mutex_unlock(&s->lock);
    return is_free ? SW_OK : sw_fail(err, SW_EBUSY, "engine: it is busy with %d jobs", n_tasks);
}

void scheduler_give_back(scheduler *s)
{
    for (int i = 0; i < s->lm->n_seqs; i++)
        slot_forget(s, &s->slots[i]);
    slots_publish(s, 0);
    pthread_mutex_lock(&s->lock);
    s->is_borrowed = false;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

scheduler_stats scheduler_get_stats(scheduler *s)
{
    pthread_mutex_lock(&s->lock);
    const scheduler_stats stats = {s->n_running, s->n_waiting, s->kv_tokens_used, s->prompts, s->generation};
    pthread_mutex_unlock(&s->lock);
    return stats;
}

size_t scheduler_get_slots(scheduler *s, sw_slot *slots, size_t n_max)
{
    const size_t n_seqs = (size_t)s->lm->n_seqs, n = n_seqs < n_max ? n_seqs : n_max;
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < n; i++)
        slots[i] = s->figures[i];
    pthread_mutex_unlock(&s->lock);
    return n;
}
