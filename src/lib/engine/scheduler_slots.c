/* scheduler_slots.c - starts a task in the slot with the longest cached prefix, ends tasks, and makes room.
 *
 * A slot keeps the tokens of its last task, so the next one that shares their beginning evaluates only the rest.
 */
#include "engine/scheduler_slots.h"

#include "base/alloc.h"
#include "engine/queue.h"

/* ---- figures for other threads ---- */

static sw_slot figures_of(const seq_slot *sl)
{
    const sched_task *const t = sl->task;
    if (t == NULL)
        return (sw_slot){.n_evaluated = sl->n_cached};
    return (sw_slot){true, t->n_done, t->n_prompt, t->n_tokens - t->n_prompt};
}

void slots_publish(scheduler *s, int n_left)
{
    uint64_t used = 0;
    pthread_mutex_lock(&s->lock);
    for (int i = 0; i < s->lm->n_seqs; i++) {
        s->figures[i] = figures_of(&s->slots[i]);
        used += (uint64_t)s->figures[i].n_evaluated;
    }
    s->kv_tokens_used = used;
    s->n_running -= n_left;
    pthread_mutex_unlock(&s->lock);
}

/* ---- ending ---- */

/* The owner may free the task as soon as it has this event. */
static void send_end(sched_task *t, sw_finish finish, const sw_err *error)
{
    sampler_free(&t->sampler);
    const task_event e = {
        .type = TASK_END, .n_prompt = t->n_prompt, .finish = finish, .timings = t->timings, .error = error};
    t->on_event(t->ud, &e);
}

/* Ends a task that never had a slot. */
static void end_waiting(scheduler *s, sched_task *t, const sw_err *error)
{
    t->timings.queue_ms = ns_to_ms(clock_now_ns(s->clock) - t->submit_ns);
    mem_free(t->tokens);
    t->tokens = NULL;
    send_end(t, SW_FINISH_CANCELED, error);
}

void slot_forget(scheduler *s, seq_slot *sl)
{
    sl->n_cached = 0;
    s->lm->ops->truncate(s->lm, scheduler_seq_of(s, sl), 0);
}

/* The slot is freed first, so that the receiver of the last event finds it free.  The cache of a failed task is not
 * trusted. */
void slot_end_task(scheduler *s, seq_slot *sl, sw_finish finish, const sw_err *error)
{
    sched_task *const t = sl->task;
    sl->task = NULL;
    sl->n_cached = t->n_done;
    if (error != NULL)
        slot_forget(s, sl);
    slots_publish(s, 1);
    send_end(t, finish, error);
}

/* ---- choosing a slot ---- */

static int32_t common_prefix(const seq_slot *sl, const sched_task *t)
{
    int32_t n = 0;
    while (n < sl->n_cached && n < t->n_prompt && sl->tokens[n] == t->tokens[n])
        n++;
    return n;
}

/* The number of cached tokens that a task can use; *n_common_out is the number that are equal.  The last prompt token
 * is always evaluated, since its logits are needed, and all are for what comes of every position. */
static int32_t usable_prefix(scheduler *s, const seq_slot *sl, const sched_task *t, int32_t *n_common_out)
{
    int32_t n = t->is_fresh ? 0 : common_prefix(sl, t);
    if (n > t->n_prompt - 1)
        n = t->n_prompt - 1;
    *n_common_out = n;
    return s->lm->ops->resumable != NULL ? s->lm->ops->resumable(s->lm, scheduler_seq_of(s, sl), n, t->n_max) : n;
}

/* The idle slot with the longest prefix that the task can use, of equal ones the least recently used; or NULL. */
static seq_slot *choose_slot(scheduler *s, const sched_task *t, int32_t *n_shared_out, int32_t *n_common_out)
{
    seq_slot *best = NULL;
    for (int i = 0; i < s->lm->n_seqs; i++) {
        seq_slot *const sl = &s->slots[i];
        if (sl->task != NULL)
            continue;
        int32_t n_common;
        const int32_t n = usable_prefix(s, sl, t, &n_common);
        if (best == NULL || n > *n_shared_out || (n == *n_shared_out && sl->used < best->used)) {
            best = sl;
            *n_shared_out = n;
            *n_common_out = n_common;
        }
    }
    return best;
}

bool slot_reserve(scheduler *s, const seq_slot *sl, int32_t n)
{
    const int32_t seq = scheduler_seq_of(s, sl);
    if (s->lm->ops->reserve(s->lm, seq, n))
        return true;
    for (int i = 0; i < s->lm->n_seqs; i++) {
        if (s->slots[i].task == NULL && i != seq)
            slot_forget(s, &s->slots[i]);
    }
    return s->lm->ops->reserve(s->lm, seq, n);
}

/* Announces to the lm the positions that later tasks will probably continue from.  A task that repeats or continues
 * this one's prompt branches off at the end of the prompt; one that shares the first part, as this one does with the
 * last task of the slot, branches off at the end of that part. */
static void announce(scheduler *s, const seq_slot *sl, const sched_task *t, int32_t n_common)
{
    const lm_plan plan = {
        .n_max = t->n_max, .marks = {n_common > 0 ? n_common : -1, t->n_prompt - 1}, .owner = t->owner};
    if (s->lm->ops->begin != NULL)
        s->lm->ops->begin(s->lm, scheduler_seq_of(s, sl), &plan);
}

/* ---- starting ---- */

static void start(scheduler *s, seq_slot *sl, sched_task *t, int32_t n_shared)
{
    queue_take(s, t, /*runs=*/true);
    mem_free(sl->tokens);
    sl->tokens = t->tokens;
    sl->task = t;
    sl->used = ++s->n_started;
    t->n_done = n_shared;
    t->slot_ns = clock_now_ns(s->clock);
    t->timings.queue_ms = ns_to_ms(t->slot_ns - t->submit_ns);
    slots_publish(s, 0);
    const task_event e = {.type = TASK_ACCEPTED, .n_prompt = t->n_prompt, .n_prompt_done = n_shared};
    t->on_event(t->ud, &e);
}

/* Ends a task that does not fit even with every other cache empty. */
static void refuse(scheduler *s, sched_task *t)
{
    queue_take(s, t, /*runs=*/false);
    sw_err err = {0};
    (void)sw_fail(&err, SW_ELIMIT, "prompt: its %d tokens do not fit the memory set aside for keys and values",
                  t->n_prompt);
    end_waiting(s, t, &err);
}

static bool has_running_tasks(const scheduler *s)
{
    for (int i = 0; i < s->lm->n_seqs; i++) {
        if (s->slots[i].task != NULL)
            return true;
    }
    return false;
}

static bool has_idle_slot(const scheduler *s)
{
    for (int i = 0; i < s->lm->n_seqs; i++) {
        if (s->slots[i].task == NULL)
            return true;
    }
    return false;
}

void slots_admit(scheduler *s)
{
    sched_task *t;
    while (has_idle_slot(s) && (t = queue_peek(s)) != NULL) {
        int32_t n_shared = 0, n_common = 0;
        seq_slot *const sl = choose_slot(s, t, &n_shared, &n_common);
        if (sl == NULL)
            return;
        s->lm->ops->truncate(s->lm, scheduler_seq_of(s, sl), n_shared);
        sl->n_cached = n_shared;
        announce(s, sl, t, n_common);
        if (slot_reserve(s, sl, t->is_prompt_only ? t->n_prompt : t->n_prompt + 1))
            start(s, sl, t, n_shared);
        else if (has_running_tasks(s))
            return; // memory comes back when one of them ends
        else
            refuse(s, t);
    }
}

void slots_end_canceled(scheduler *s)
{
    sched_task *t;
    while ((t = queue_take_canceled(s)) != NULL)
        end_waiting(s, t, NULL);
    for (int i = 0; i < s->lm->n_seqs; i++) {
        if (s->slots[i].task != NULL && scheduler_is_canceled(s, s->slots[i].task))
            slot_end_task(s, &s->slots[i], SW_FINISH_CANCELED, NULL);
    }
}
