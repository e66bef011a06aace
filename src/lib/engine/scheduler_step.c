/* scheduler_step.c - builds a batch of all sequences that generate and a chunk of the prompts, has it evaluated,
 * samples and delivers.  Nothing here allocates.
 */
#include "engine/scheduler_step.h"

#include "engine/logprobs.h"
#include "engine/scheduler_prompt.h"
#include "engine/scheduler_slots.h"

enum {
    STEP_TARGET_NS = 100000000, // 100 ms: a cancel takes effect after one step and should feel immediate
};

/* ---- the batch ---- */

/* The contents of the batch. */
typedef struct step {
    int n, n_rows;
    int n_prompt; // of the n tokens
    int n_scored; // of them, from tasks that want their probabilities
    int n_paused; // sequences whose receivers have no room for a token
} step;

static bool is_generating(const seq_slot *sl)
{
    return sl->task != NULL && sl->task->n_done >= sl->task->n_prompt;
}

/* The last known token's logits give the next one; those of the others are wanted for the probabilities of the prompt.
 */
static bool wants_logits(const sched_task *t, int32_t position)
{
    return position == t->n_tokens - 1 ? !t->is_prompt_only : t->wants_prompt_logprobs;
}

/* Adds the next n tokens of a slot to the batch. */
static void add_tokens(scheduler *s, seq_slot *sl, int32_t n, step *st)
{
    const sched_task *const t = sl->task;
    sl->first_row = st->n_rows;
    for (int32_t i = t->n_done; i < t->n_done + n; i++) {
        const bool wants = wants_logits(t, i);
        s->batch[st->n++] = (batch_token){.id = t->tokens[i],
                                          .pos = i,
                                          .seq = scheduler_seq_of(s, sl),
                                          .wants_logits = wants,
                                          .wants_state = t->wants_embedding};
        st->n_rows += wants;
    }
    sl->n_step = n;
    sl->n_rows = st->n_rows - sl->first_row;
}

static bool is_prompt(const seq_slot *sl)
{
    return sl->task != NULL && !is_generating(sl) && !sl->is_paused;
}

/* Returns true if a prompt of the client is in the batch. */
static bool is_served(const scheduler *s, uint64_t client)
{
    for (int i = 0; i < s->lm->n_seqs; i++) {
        if (is_prompt(&s->slots[i]) && s->slots[i].n_step > 0 && s->slots[i].task->client == client)
            return true;
    }
    return false;
}

/* Returns true if the step takes no more tokens of a task, because it has enough of those whose probabilities are
 * wanted. */
static bool is_over(const step *st, const sched_task *t)
{
    return t->wants_prompt_logprobs && st->n_scored == STEP_SCORED_MAX;
}

/* The slot with the prompt that comes next, of those not in the batch yet: first of clients that have none there, then
 * the one that has waited longest; or NULL. */
static seq_slot *next_prompt(scheduler *s, const step *st)
{
    seq_slot *first = NULL;
    bool is_first_served = false;
    for (int i = 0; i < s->lm->n_seqs; i++) {
        seq_slot *const sl = &s->slots[i];
        if (!is_prompt(sl) || sl->n_step > 0 || is_over(st, sl->task))
            continue;
        const bool is_client_served = is_served(s, sl->task->client);
        if (first == NULL || is_client_served < is_first_served ||
            (is_client_served == is_first_served && sl->used < first->used)) {
            first = sl;
            is_first_served = is_client_served;
        }
    }
    return first;
}

/* How many clients have a prompt that is being evaluated. */
static int count_prompt_clients(const scheduler *s)
{
    int n = 0;
    for (int i = 0; i < s->lm->n_seqs; i++) {
        bool is_new = is_prompt(&s->slots[i]);
        for (int k = 0; is_new && k < i; k++)
            is_new = !is_prompt(&s->slots[k]) || s->slots[k].task->client != s->slots[i].task->client;
        n += is_new;
    }
    return n;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Adds a chunk of at most `left` prompt tokens: an equal share for each client, and within a client the oldest prompt
 * first, so that the long prompts of one client do not hold up the short one of another. */
static void add_prompts(scheduler *s, int left, step *st)
{
    int n_clients = count_prompt_clients(s);
    for (seq_slot *sl; left > 0 && (sl = next_prompt(s, st)) != NULL; left -= sl->n_step) {
        const sched_task *const t = sl->task;
        const int room = t->wants_prompt_logprobs ? least(left, STEP_SCORED_MAX - st->n_scored) : left;
        const int share = n_clients > 1 ? (room + n_clients - 1) / n_clients : room;
        add_tokens(s, sl, least(t->n_prompt - t->n_done, share), st);
        st->n_prompt += sl->n_step;
        st->n_scored += t->wants_prompt_logprobs ? sl->n_step : 0;
        n_clients--;
    }
}

/* Returns true if a step would report a token to a slot's task and its receiver has no room for one. */
static bool must_pause(const seq_slot *sl)
{
    const sched_task *const t = sl->task;
    return t != NULL && (is_generating(sl) || t->wants_prompt_logprobs) && t->has_room != NULL && !t->has_room(t->ud);
}

/* All sequences that generate, then a chunk of the prompts. */
static step build_batch(scheduler *s)
{
    step st = {0};
    for (int i = 0; i < s->lm->n_seqs; i++) {
        seq_slot *const sl = &s->slots[i];
        sl->n_step = 0;
        sl->is_paused = must_pause(sl);
        st.n_paused += sl->is_paused;
        if (sl->is_paused || !is_generating(sl))
            continue;
        if (slot_reserve(s, sl, sl->task->n_done + 1))
            add_tokens(s, sl, 1, &st);
        else
            slot_end_task(s, sl, SW_FINISH_LENGTH, NULL);
    }
    int left = s->lm->n_batch - st.n;
    if (left > s->chunk)
        left = s->chunk;
    add_prompts(s, left, &st);
    return st;
}

/* Sizes the next chunk from what this one took: at most doubled or halved, since a single measurement is noisy. */
static void adapt_chunk(scheduler *s, int n_prompt, uint64_t took_ns)
{
    const bool was_full = n_prompt >= s->chunk;
    if (n_prompt == 0 || (took_ns <= STEP_TARGET_NS && !was_full))
        return;
    const uint64_t fits = took_ns > 0 ? (uint64_t)n_prompt * STEP_TARGET_NS / took_ns : UINT64_MAX;
    const int lo = s->chunk / 2, hi = s->chunk * 2;
    s->chunk = fits > (uint64_t)hi ? hi : fits < (uint64_t)lo ? lo : (int)fits;
    if (s->chunk < STEP_CHUNK_MIN)
        s->chunk = STEP_CHUNK_MIN;
    if (s->chunk > s->lm->n_batch)
        s->chunk = s->lm->n_batch;
}

/* ---- its results ---- */

/* After a failed step: ends the sequence at fault, or every sequence of the batch if none is named. */
static void end_failed(scheduler *s, int32_t bad_seq, const sw_err *err)
{
    const bool is_one = err->code == SW_ENUMERIC && bad_seq >= 0 && bad_seq < s->lm->n_seqs &&
                        s->slots[bad_seq].task != NULL && s->slots[bad_seq].n_step > 0;
    for (int i = 0; i < s->lm->n_seqs; i++) {
        seq_slot *const sl = &s->slots[i];
        if (sl->task != NULL && sl->n_step > 0 && (!is_one || i == bad_seq))
            slot_end_task(s, sl, SW_FINISH_STOP, err);
    }
}

static void note_times(scheduler *s, sched_task *t)
{
    const uint64_t now = clock_now_ns(s->clock);
    if (t->n_tokens == t->n_prompt) {
        t->first_ns = now;
        t->timings.prompt_ms = ns_to_ms(now - t->slot_ns);
        t->timings.ttft_ms = ns_to_ms(now - t->submit_ns);
    }
    t->timings.predict_ms = ns_to_ms(now - t->first_ns);
}

/* Samples the next token of a slot and ends the task if it was the last one. */
static void sample(scheduler *s, seq_slot *sl, const float *logits)
{
    sched_task *const t = sl->task;
    const sampler_input input = {logits, s->lm->n_vocab, t->tokens, t->n_prompt, t->n_tokens};
    sw_err err = {0};
    int32_t id;
    if (sampler_pick(&t->sampler, &input, &s->scratch, &id, &err) != SW_OK) {
        slot_end_task(s, sl, SW_FINISH_STOP, &err);
        return;
    }
    note_times(s, t);
    t->tokens[t->n_tokens++] = id;
    sw_logprobs logprobs;
    if (t->wants_logprobs)
        logprobs_fill(&logprobs, logits, s->lm->n_vocab, id, t->n_top_logprobs);
    const task_event e = {.type = TASK_TOKEN,
                          .token = id,
                          .logprobs = t->wants_logprobs ? &logprobs : NULL,
                          .n_prompt = t->n_prompt,
                          .timings = t->timings};
    if (!t->on_event(t->ud, &e))
        slot_end_task(s, sl, SW_FINISH_STOP, NULL);
    else if (t->n_tokens == t->n_max)
        slot_end_task(s, sl, SW_FINISH_LENGTH, NULL);
}

/* Ends a task of which nothing but the prompt is evaluated. */
static void end_prompt(scheduler *s, seq_slot *sl)
{
    sw_err err = {0};
    note_times(s, sl->task);
    const bool is_sent = !sl->task->wants_embedding || prompt_send_embedding(s, sl, &err) == SW_OK;
    slot_end_task(s, sl, SW_FINISH_LENGTH, is_sent ? NULL : &err);
}

/* Delivers the results of a step to one of its slots. */
static void deliver(scheduler *s, seq_slot *sl, const float *logits)
{
    sched_task *const t = sl->task;
    const size_t n_vocab = (size_t)s->lm->n_vocab;
    const float *const rows = logits != NULL ? logits + (size_t)sl->first_row * n_vocab : NULL;
    const int32_t begin = t->n_done;
    const bool was_prompt = !is_generating(sl);
    t->n_done += sl->n_step;
    sw_err err = {0};
    if (was_prompt && prompt_report(s, sl, begin, rows, &err) != SW_OK)
        slot_end_task(s, sl, SW_FINISH_STOP, &err);
    else if (t->is_prompt_only && is_generating(sl))
        end_prompt(s, sl);
    else if (t->n_done == t->n_tokens)
        sample(s, sl, rows + (size_t)(sl->n_rows - 1) * n_vocab);
}

static void count(step_counts *phase, int n_tokens)
{
    phase->n_steps += n_tokens > 0;
    phase->n_tokens += (uint64_t)n_tokens;
}

static void count_step(scheduler *s, const step *st)
{
    pthread_mutex_lock(&s->lock);
    count(&s->prompts, st->n_prompt);
    count(&s->generation, st->n - st->n_prompt);
    pthread_mutex_unlock(&s->lock);
}

bool scheduler_run_step(scheduler *s)
{
    const step st = build_batch(s);
    if (st.n == 0)
        return st.n_paused == 0;
    const uint64_t before = clock_now_ns(s->clock);
    const float *logits = NULL;
    int32_t bad_seq = -1;
    sw_err err = {0};
    if (s->lm->ops->step(s->lm, s->batch, (size_t)st.n, &logits, &bad_seq, &err) != SW_OK) {
        end_failed(s, bad_seq, &err);
        return true;
    }
    count_step(s, &st);
    adapt_chunk(s, st.n_prompt, clock_now_ns(s->clock) - before);
    for (int i = 0; i < s->lm->n_seqs; i++) {
        if (s->slots[i].task != NULL && s->slots[i].n_step > 0)
            deliver(s, &s->slots[i], logits);
    }
    slots_publish(s, 0);
    return true;
}
