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
#include "public/handle.h"
#include "public/request.h"
#include "public/stop.h"

enum { TEXT_FIRST_BYTES = 4096 }; // room for text, allocated at submit so that decoding allocates nothing

struct sw_job {
    sched_task task;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    int n_owners;
    bool has_ended;
    bool is_released;

    // The engine thread's own.
    const vocabulary *vocab;
    chat_parser *parser;
    stop_matcher stop;
    buf text; // known text of `kind`, not yet delivered
    sw_text_kind kind;
    bool ignore_eos;
    int n_cached, n_predicted, n_reasoning;
    sw_err error;

    sw_event_fn on_event;
    bool (*has_room)(void *ud); // or NULL
    void *ud;
};

/* ---- from tokens to text
 * --------------------------------------------------------------------------------------------------- */

/* Delivers an event unless the caller has released the job.  The engine thread holds the lock. */
static void deliver(sw_job *j, const sw_event *e)
{
    if (!j->is_released)
        j->on_event(j->ud, e);
}

/* Delivers the known text, which may be empty, as one event. */
static void deliver_text(sw_job *j, int n_tokens, const sw_logprobs *logprobs)
{
    if (j->text.failed != SW_OK)
        (void)sw_fail(&j->error, j->text.failed, "job: out of memory for the answer's text");
    const sw_event e = {.type = SW_EVENT_TOKEN,
                        .kind = j->kind,
                        .text = buf_str(&j->text),
                        .n_bytes = j->text.size,
                        .n_tokens = n_tokens,
                        .logprobs = logprobs};
    deliver(j, &e);
    buf_clear(&j->text);
}

/* An event has one kind, so text of the other kind is delivered first. */
static void set_kind(sw_job *j, sw_text_kind kind)
{
    if (kind != j->kind && j->text.size > 0)
        deliver_text(j, 0, NULL);
    j->kind = kind;
}

/* Called by the parser.  Stop strings are looked for in content only. */
static void on_text(void *ud, sw_text_kind kind, const char *text, size_t n)
{
    sw_job *const j = ud;
    set_kind(j, kind);
    if (kind == SW_TEXT_REASONING)
        buf_append(&j->text, text, n);
    else
        stop_feed(&j->stop, text, n, &j->text);
}

/* Texts are views into the vocabulary, which outlives the event. */
static void spell(const vocabulary *vocab, sw_token_logprob *t)
{
    const str_view piece = vocab_piece(vocab, t->id, /*render_special=*/true);
    t->text = piece.data;
    t->n_bytes = piece.size;
}

/* The scheduler's probabilities, with the texts of their tokens. */
static sw_logprobs with_texts(const sw_job *j, const sw_logprobs *figures, bool is_content)
{
    sw_logprobs logprobs = *figures;
    logprobs.is_content = is_content;
    spell(j->vocab, &logprobs.sampled);
    for (int i = 0; i < logprobs.n_top; i++)
        spell(j->vocab, &logprobs.top[i]);
    return logprobs;
}

/* True if the parser is inside the content, neither in reasoning nor in the frame of a message. */
static bool is_in_content(const sw_job *j)
{
    return chat_parser_kind(j->parser) == SW_TEXT_CONTENT && chat_parser_is_in_text(j->parser);
}

/* Handles one sampled token; false ends the answer.  The parser sees end tokens too, but they are not counted. */
static bool on_token(sw_job *j, int32_t id, const sw_logprobs *figures)
{
    const bool is_end = vocab_is_eog(j->vocab, id) && !j->ignore_eos;
    const bool was_in_content = is_in_content(j);
    const bool is_reasoning = chat_parser_kind(j->parser) == SW_TEXT_REASONING;
    if (chat_parser_feed(j->parser, id, on_text, j) != SW_OK)
        (void)sw_fail(&j->error, SW_ENOMEM, "job: out of memory for the answer's text");
    if (is_end)
        return false;
    j->n_predicted++;
    j->n_reasoning += is_reasoning;
    sw_logprobs logprobs;
    if (figures != NULL)
        logprobs = with_texts(j, figures, was_in_content && is_in_content(j));
    deliver_text(j, 1, figures != NULL ? &logprobs : NULL);
    return !j->stop.has_matched && j->error.code == SW_OK;
}

/* Delivers the text that was held back, which is certain now that the answer is over. */
static void flush_text(sw_job *j)
{
    if (j->stop.has_matched)
        return;
    if (chat_parser_finish(j->parser, on_text, j) != SW_OK)
        (void)sw_fail(&j->error, SW_ENOMEM, "job: out of memory for the answer's text");
    set_kind(j, SW_TEXT_CONTENT); // only content is ever held back
    stop_flush(&j->stop, &j->text);
    if (j->text.size > 0)
        deliver_text(j, 0, NULL);
}

/* ---- events from the scheduler ------------------------------------------------------------------------------ */

/* The last event.  An error of the job itself (memory) counts more than the way its task ended. */
static void end_job(sw_job *j, const task_event *e)
{
    if (e->error == NULL)
        flush_text(j);
    else
        (void)sw_fail(&j->error, e->error->code, "%s", e->error->msg);
    const bool has_failed = j->error.code != SW_OK;
    const sw_event last = {.type = has_failed ? SW_EVENT_ERROR : SW_EVENT_DONE,
                           .n_prompt = e->n_prompt,
                           .n_cached = j->n_cached,
                           .n_predicted = j->n_predicted,
                           .n_reasoning = j->n_reasoning,
                           .finish = j->stop.has_matched ? SW_FINISH_STOP : e->finish,
                           .timings = e->timings,
                           .error = has_failed ? &j->error : NULL};
    deliver(j, &last);
    j->has_ended = true;
    pthread_cond_broadcast(&j->ended);
}

static void free_job(sw_job *j)
{
    chat_parser_free(j->parser);
    stop_clear(&j->stop);
    buf_free(&j->text);
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
    if (e->type == TASK_ACCEPTED)
        j->n_cached = e->n_prompt_done;
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
    case TASK_TOKEN: goes_on = on_token(j, e->token, e->logprobs); break;
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

/* A raw prompt is continued as plain text, whatever the model's chat format. */
static chat_format answer_format(const sw_engine *engine, const sw_request *r)
{
    return r->prompt != NULL ? CHAT_PLAIN : engine->context.format;
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
    j->vocab = engine->context.vocab;
    j->ignore_eos = r->ignore_eos;
    j->on_event = r->on_event;
    j->has_room = r->has_room;
    j->ud = r->ud;
    buf_init(&j->text, LIMIT_ANSWER_BYTES);
    buf_printf(&j->text, "%*s", TEXT_FIRST_BYTES, "");
    buf_clear(&j->text);
    j->parser = chat_parser_create(answer_format(engine, r), engine->context.vocab);
    sw_code code = stop_init(&j->stop, r->stop, r->n_stop, err);
    if (code == SW_OK && j->parser == NULL)
        code = sw_fail(err, SW_ENOMEM, "job: out of memory");
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
                                   .sampling = request->sampling,
                                   .wants_logprobs = request->logprobs,
                                   .n_top_logprobs = request->n_top_logprobs,
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
    sw_job_cancel(job);
    pthread_mutex_lock(&job->lock);
    job->is_released = true;
    unlock_and_leave(job);
}

void sw_job_wait(sw_job *job)
{
    pthread_mutex_lock(&job->lock);
    while (!job->has_ended)
        pthread_cond_wait(&job->ended, &job->lock);
    pthread_mutex_unlock(&job->lock);
}
