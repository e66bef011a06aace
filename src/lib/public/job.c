/* job.c - one generation: a scheduler task below, text and events above.
 *
 * The engine thread turns token ids into text (chat parser), watches for end tokens and stop strings, and delivers
 * events.  A job has two owners, the engine until the last event and the caller until sw_job_release; the last one
 * frees it.  Events are delivered under the job's lock, so sw_job_release can promise that none follows.
 */
#include <pthread.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "public/answer_text.h"
#include "public/handle.h"
#include "public/request.h"

struct sw_job {
    sched_task task;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    int n_owners;
    bool has_ended;
    bool is_released;

    // The engine thread's own.
    answer_text answer;
    int n_prompt, n_cached;
    sw_timings timings; // as of the last sampled token
    int32_t *ids;       // (answer.n_predicted) sampled tokens; NULL unless the request asked for them
    sw_expert_use *prompt_use, *generated_use; // NULL unless the request asked for them

    sw_event_fn on_event;
    bool (*has_room)(void *ud); // or NULL
    void *ud;
};

/* Delivers an event unless the caller has released the job.  The engine thread holds the lock. */
static void deliver(void *ud, const sw_event *e)
{
    sw_job *const j = ud;
    if (!j->is_released)
        j->on_event(j->ud, e);
}

/* The same for an event of the answer's text, which says how far the answer is. */
static void deliver_text(void *ud, const sw_event *e)
{
    const sw_job *const j = ud;
    sw_event event = *e;
    event.n_prompt = j->n_prompt;
    event.n_cached = j->n_cached;
    event.n_predicted = j->answer.n_predicted;
    event.n_reasoning = j->answer.n_reasoning;
    event.timings = j->timings;
    deliver(ud, &event);
}

/* False ends the task. */
static bool take_token(sw_job *j, const task_event *e)
{
    j->timings = e->timings;
    if (j->ids != NULL)
        j->ids[j->answer.n_predicted] = e->token; // counted by the next line, unless it is the end token
    return answer_text_take(&j->answer, e->token, e->logprobs);
}

/* ---- events from the scheduler ------------------------------------------------------------------------------ */

/* The last event.  An error of the job itself (memory) counts more than the way its task ended. */
static void end_job(sw_job *j, const task_event *e)
{
    if (e->error == NULL)
        answer_text_end(&j->answer);
    else
        (void)sw_fail(&j->answer.error, e->error->code, "%s", e->error->msg);
    const bool has_failed = j->answer.error.code != SW_OK;
    const sw_event last = {.type = has_failed ? SW_EVENT_ERROR : SW_EVENT_DONE,
                           .n_prompt = e->n_prompt,
                           .n_cached = j->n_cached,
                           .n_predicted = j->answer.n_predicted,
                           .n_reasoning = j->answer.n_reasoning,
                           .finish = j->answer.stop.has_matched ? SW_FINISH_STOP : e->finish,
                           .stop_index = j->answer.stop.has_matched ? (int)j->answer.stop.which : -1,
                           .timings = e->timings,
                           .error = has_failed ? &j->answer.error : NULL};
    deliver(j, &last);
    j->has_ended = true;
    pthread_cond_broadcast(&j->ended);
}

static void free_job(sw_job *j)
{
    answer_text_free(&j->answer);
    sw_expert_use_free(j->prompt_use);
    sw_expert_use_free(j->generated_use);
    mem_free(j->ids);
    pthread_cond_destroy(&j->ended);
    pthread_mutex_destroy(&j->lock);
    mem_free(j);
}

/* Ends one ownership and unlocks; the caller holds the lock. */
static void unlock_and_leave(sw_job *j)
{
    const bool is_last = --j->n_owners == 0;
    pthread_mutex_unlock(&j->lock);
    if (is_last)
        free_job(j);
}

/* From the scheduler, on the engine thread.  False ends the task. */
static bool on_task_event(void *ud, const task_event *e)
{
    sw_job *const j = ud;
    bool goes_on = true;
    pthread_mutex_lock(&j->lock);
    if (e->type == TASK_ACCEPTED) {
        j->n_prompt = e->n_prompt;
        j->n_cached = e->n_prompt_done;
    }
    sw_event progress = {.n_prompt = e->n_prompt, .n_cached = j->n_cached, .n_prompt_done = e->n_prompt_done};
    switch (e->type) {
    case TASK_ACCEPTED:
        progress.type = SW_EVENT_ACCEPTED;
        deliver(j, &progress);
        break;
    case TASK_PROGRESS:
        progress.type = SW_EVENT_PROGRESS;
        deliver(j, &progress);
        break;
    case TASK_PROMPT_TOKEN: answer_text_prompt(&j->answer, e->logprobs); break;
    case TASK_EMBEDDING: {
        const sw_event embedding = {.type = SW_EVENT_EMBEDDING, .embedding = e->embedding, .n_embd = e->n_embd};
        deliver(j, &embedding);
        break;
    }
    case TASK_TOKEN: goes_on = take_token(j, e); break;
    case TASK_END:
        end_job(j, e);
        unlock_and_leave(j);
        return false;
    }
    pthread_mutex_unlock(&j->lock);
    return goes_on;
}

/* From the scheduler, on the engine thread, before each token.  A released job is canceled and need not pause. */
static bool has_room(void *ud)
{
    sw_job *const j = ud;
    pthread_mutex_lock(&j->lock);
    const bool has = j->is_released || j->has_room(j->ud);
    pthread_mutex_unlock(&j->lock);
    return has;
}

/* ---- for callers -------------------------------------------------------------------------------------------- */

/* A raw prompt, text or tokens, is continued as plain text, whatever the model's chat format. */
static chat_format answer_format(const sw_engine *engine, const sw_request *r)
{
    return r->messages == NULL ? CHAT_PLAIN : engine->context.format;
}

/* False when memory is short. */
static bool init_expert_use(sw_job *j, const sw_engine *engine)
{
    static const expert_dims NONE;
    const expert_log *const log = engine->lm->experts;
    const expert_dims *const dims = log != NULL ? expert_log_dims(log) : &NONE;
    j->prompt_use = expert_tally_create(dims, /*with_pairs=*/false);
    j->generated_use = expert_tally_create(dims, /*with_pairs=*/false);
    return j->prompt_use != NULL && j->generated_use != NULL;
}

/* Room for the longest answer; what is not used of it costs nothing.  False when memory is short. */
static bool init_ids(sw_job *j, const sw_engine *engine, int max_tokens)
{
    const int n_ctx = engine->lm->n_ctx;
    j->ids = mem_alloc((size_t)(max_tokens > 0 && max_tokens < n_ctx ? max_tokens : n_ctx) * sizeof *j->ids);
    return j->ids != NULL;
}

/* Everything that the job will need is allocated here; the caller and the engine own it together. */
static sw_code create_job(const sw_engine *engine, const sw_request *r, sw_job **out, sw_err *err)
{
    *out = NULL;
    sw_job *const j = mem_calloc(1, sizeof *j);
    if (j == NULL)
        return sw_fail(err, SW_ENOMEM, "job: out of memory");
    pthread_mutex_init(&j->lock, NULL);
    pthread_cond_init(&j->ended, NULL);
    j->n_owners = 2;
    j->on_event = r->on_event;
    j->has_room = r->has_room;
    j->ud = r->ud;
    const answer_options answer = {.vocab = engine->context.vocab,
                                   .format = answer_format(engine, r),
                                   .stop = r->stop,
                                   .n_stop = r->n_stop,
                                   .wants_logprobs = r->logprobs,
                                   .ignore_eos = r->ignore_eos,
                                   .on_event = deliver_text,
                                   .ud = j};
    sw_code code = answer_text_init(&j->answer, &answer, err);
    if (code == SW_OK && r->count_experts && !init_expert_use(j, engine))
        code = sw_fail(err, SW_ENOMEM, "job: out of memory for the use of its experts");
    if (code == SW_OK && r->keep_tokens && !init_ids(j, engine, r->max_tokens))
        code = sw_fail(err, SW_ENOMEM, "job: out of memory for the ids of its tokens");
    if (code != SW_OK) {
        free_job(j);
        return code;
    }
    *out = j;
    return SW_OK;
}

sw_code sw_engine_submit(sw_engine *engine, const sw_request *request, sw_job **out, sw_err *err)
{
    *out = NULL;
    if (request->on_event == NULL)
        return sw_fail(err, SW_EINVAL, "on_event: it is missing");
    token_list prompt = {0};
    sw_job *job = NULL;
    sw_code code = request_check(request, vocab_size(engine->context.vocab), err);
    if (code == SW_OK)
        code = request_tokens(request, &engine->context, &prompt, err);
    if (code == SW_OK)
        code = create_job(engine, request, &job, err);
    if (code == SW_OK) {
        const task_request task = {.client = request->client,
                                   .prompt = prompt.ids,
                                   .n_prompt = prompt.n,
                                   .max_tokens = request->max_tokens,
                                   .is_fresh = request->fresh_prompt,
                                   .is_prompt_only = request->prompt_only || request->embed,
                                   .wants_embedding = request->embed,
                                   .sampling = request->sampling,
                                   .wants_logprobs = request->logprobs,
                                   .wants_prompt_logprobs = request->prompt_logprobs,
                                   .n_top_logprobs = request->n_top_logprobs,
                                   .tag = request->tag,
                                   .prompt_use = job->prompt_use,
                                   .generated_use = job->generated_use,
                                   .on_event = on_task_event,
                                   .has_room = request->has_room != NULL ? has_room : NULL,
                                   .ud = job};
        code = scheduler_submit(engine->scheduler, &job->task, &task, err);
        if (code == SW_OK)
            *out = job;
        else
            free_job(job);
    }
    token_list_clear(&prompt);
    return code;
}

void sw_job_cancel(sw_job *job)
{
    atomic_store(&job->task.is_canceled, true);
}

void sw_job_release(sw_job *job)
{
    if (job == NULL)
        return;
    pthread_mutex_lock(&job->lock);
    job->is_released = true; // before it is canceled, so that it does not report that
    sw_job_cancel(job);
    unlock_and_leave(job);
}

void sw_job_wait(sw_job *job)
{
    pthread_mutex_lock(&job->lock);
    while (!job->has_ended)
        pthread_cond_wait(&job->ended, &job->lock);
    pthread_mutex_unlock(&job->lock);
}

/* A copy of a job's sums; NULL when memory is short. */
static sw_expert_use *copy_use(const sw_expert_use *use)
{
    const expert_dims dims = {use->first_layer, use->n_layers, use->n_experts, use->n_used};
    sw_expert_use *const copy = expert_tally_create(&dims, /*with_pairs=*/false);
    if (copy != NULL)
        expert_tally_sum(copy, use);
    return copy;
}

/* Checks that everything about the job is known. */
static sw_code check_ended(sw_job *job, const char *what, sw_err *err)
{
    pthread_mutex_lock(&job->lock);
    const bool has_ended = job->has_ended;
    pthread_mutex_unlock(&job->lock);
    return has_ended ? SW_OK : sw_fail(err, SW_EBUSY, "the job has not ended; %s known after its last event", what);
}

sw_code sw_job_tokens(sw_job *job, const int32_t **ids_out, size_t *n_out, sw_err *err)
{
    *ids_out = NULL;
    *n_out = 0;
    if (job->ids == NULL)
        return sw_fail(err, SW_EINVAL, "keep_tokens: the request of this job did not set it");
    const sw_code code = check_ended(job, "its tokens are", err);
    if (code == SW_OK) {
        *ids_out = job->ids;
        *n_out = (size_t)job->answer.n_predicted;
    }
    return code;
}

sw_code sw_job_expert_use(sw_job *job, sw_expert_use **prompt_out, sw_expert_use **generated_out, sw_err *err)
{
    *prompt_out = *generated_out = NULL;
    if (job->prompt_use == NULL)
        return sw_fail(err, SW_EINVAL, "count_experts: the request of this job did not set it");
    const sw_code code = check_ended(job, "its use of experts is", err);
    if (code != SW_OK)
        return code;
    *prompt_out = copy_use(job->prompt_use);
    *generated_out = copy_use(job->generated_use);
    if (*prompt_out != NULL && *generated_out != NULL)
        return SW_OK;
    sw_expert_use_free(*prompt_out);
    sw_expert_use_free(*generated_out);
    *prompt_out = *generated_out = NULL;
    return sw_fail(err, SW_ENOMEM, "out of memory for the use of experts");
}
