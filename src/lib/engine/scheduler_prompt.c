/* scheduler_prompt.c - the row of logits at a position tells how probable the token after it was. */
#include "engine/scheduler_prompt.h"

#include <math.h>

#include "engine/logprobs.h"
#include "engine/softmax.h"

static void send_token(const sched_task *t, int32_t position, const sw_logprobs *logprobs)
{
    const task_event e = {
        .type = TASK_PROMPT_TOKEN, .token = t->tokens[position], .logprobs = logprobs, .n_prompt = t->n_prompt};
    t->on_event(t->ud, &e);
}

/* Nothing precedes the first token, so it has no probability. */
static void send_first(const sched_task *t)
{
    const sw_logprobs unknown = {.sampled = {.id = t->tokens[0], .logprob = NAN}};
    send_token(t, 0, &unknown);
}

sw_code prompt_report(scheduler *s, const seq_slot *sl, int32_t begin, const float *rows, sw_err *err)
{
    const sched_task *const t = sl->task;
    const task_event progress = {.type = TASK_PROGRESS, .n_prompt = t->n_prompt, .n_prompt_done = t->n_done};
    t->on_event(t->ud, &progress);
    if (!t->wants_prompt_logprobs)
        return SW_OK;
    if (begin == 0)
        send_first(t);
    const int n_vocab = s->lm->n_vocab;
    for (int32_t next = begin + 1; next <= t->n_done && next < t->n_prompt; next++, rows += n_vocab) {
        if (!isfinite(softmax_highest_logit(rows, n_vocab)))
            return softmax_not_finite(rows, err);
        sw_logprobs logprobs;
        logprobs_fill(&logprobs, rows, n_vocab, t->tokens[next], t->n_top_logprobs);
        send_token(t, next, &logprobs);
    }
    return SW_OK;
}

sw_code prompt_send_embedding(scheduler *s, const seq_slot *sl, sw_err *err)
{
    const sched_task *const t = sl->task;
    const sw_code code = s->lm->ops->embedding(s->lm, scheduler_seq_of(s, sl), s->embedding, err);
    if (code != SW_OK)
        return code;
    const task_event e = {
        .type = TASK_EMBEDDING, .embedding = s->embedding, .n_embd = s->lm->n_embd, .n_prompt = t->n_prompt};
    t->on_event(t->ud, &e);
    return SW_OK;
}
