#include "engine/scheduler.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"

enum {
    STEP_TARGET_NS = 100000000, // a cancel takes effect within one step, and 100 ms still feels immediate
    CHUNK_FIRST = 32,           // prompt tokens of the first step, before anything was measured
    CHUNK_MIN = 8,              // below this a step costs about the same whatever the chunk
};

/* A sequence of the lm and what its cache holds. */
typedef struct slot {
    sw_task *task;   // NULL when idle
    int32_t *tokens; // the running task's tokens, or those of the last one; owned
    int32_t n_cached; // evaluated tokens while idle
    uint64_t used;    // number of the task that used it last; 0: never
    int32_t n_step;   // tokens in the batch that is being built
    int row;          // of the step's logits, or -1
} slot;

struct sw_scheduler {
    sw_lm *lm;
    const sw_clock *clock;
    pthread_t thread;

    // Shared with other threads, under the lock.
    pthread_mutex_t lock;
    pthread_cond_t changed;
    sw_task *head, *tail; // tasks that wait for a slot
    int n_running, n_waiting;
    uint64_t kv_tokens_used;
    bool is_borrowed;
    bool is_awake; // the engine thread may touch the lm
    atomic_bool is_stopping; // also read without the lock, once per task and step

    // The engine thread's own.
    slot *slots;              // (n_seqs)
    sw_lm_token *batch;       // (n_batch)
    sw_candidate *candidates; // (n_vocab)
    uint64_t n_started;
    int chunk; // prompt tokens of the next step
};

/* What a batch holds. */
typedef struct step {
    int n, n_rows;
    int n_prompt; // of the n tokens
} step;

/* ---- the queue ---------------------------------------------------------------------------------------------- */

static void enqueue(sw_scheduler *s, sw_task *t)
{
    t->next = NULL;
    if (s->tail != NULL)
        s->tail->next = t;
    else
        s->head = t;
    s->tail = t;
    s->n_waiting++;
}

static bool is_canceled(sw_scheduler *s, sw_task *t)
{
    return atomic_load(&s->is_stopping) || atomic_load(&t->is_canceled);
}

/* Takes the task that follows `before` (NULL: the first one) out of the queue. */
static sw_task *unlink_after(sw_scheduler *s, sw_task *before)
{
    sw_task **const link = before != NULL ? &before->next : &s->head;
    sw_task *const t = *link;
    *link = t->next;
    if (s->tail == t)
        s->tail = before;
    s->n_waiting--;
    return t;
}

/* The first waiting task that was cancelled, taken out of the queue; or NULL. */
static sw_task *take_canceled(sw_scheduler *s)
{
    sw_task *found = NULL;
    pthread_mutex_lock(&s->lock);
    for (sw_task *before = NULL, *t = s->head; t != NULL && found == NULL; before = t, t = t->next) {
        if (is_canceled(s, t))
            found = unlink_after(s, before);
    }
    pthread_mutex_unlock(&s->lock);
    return found;
}

/* The oldest task that waits, which stays in the queue: only the engine thread takes tasks out. */
static sw_task *peek_head(sw_scheduler *s)
{
    pthread_mutex_lock(&s->lock);
    sw_task *const t = s->is_borrowed ? NULL : s->head;
    pthread_mutex_unlock(&s->lock);
    return t;
}

/* ---- starting and ending tasks ------------------------------------------------------------------------------ */

static void send_end(sw_task *t, sw_finish finish, const sw_err *error)
{
    const sw_task_event e = {.type = SW_TASK_END,
                             .n_prompt = t->n_prompt,
                             .finish = finish,
                             .timings = t->timings,
                             .error = error};
    t->on_event(t->ud, &e);
}

/* Ends a task that never had a slot. */
static void end_waiting(sw_scheduler *s, sw_task *t, const sw_err *error)
{
    t->timings.queue_ms = sw_ms(sw_now_ns(s->clock) - t->submit_ns);
    sw_free(t->tokens);
    t->tokens = NULL;
    send_end(t, SW_FINISH_CANCELED, error);
}

static int32_t n_cached(const slot *sl)
{
    return sl->task != NULL ? sl->task->n_done : sl->n_cached;
}

/* Publishes what other threads may ask; `n_left` running tasks have just left their slot. */
static void publish(sw_scheduler *s, int n_left)
{
    uint64_t used = 0;
    for (int i = 0; i < s->lm->n_seqs; i++)
        used += (uint64_t)n_cached(&s->slots[i]);
    pthread_mutex_lock(&s->lock);
    s->kv_tokens_used = used;
    s->n_running -= n_left;
    pthread_mutex_unlock(&s->lock);
}

static void forget(sw_scheduler *s, slot *sl)
{
    sl->n_cached = 0;
    s->lm->ops->truncate(s->lm, (int32_t)(sl - s->slots), 0);
}

/* Frees the slot first, so that whoever reacts to the last event finds it free.  What a failed task left in the cache
 * is not trusted. */
static void end_running(sw_scheduler *s, slot *sl, sw_finish finish, const sw_err *error)
{
    sw_task *const t = sl->task;
    sl->task = NULL;
    sl->n_cached = t->n_done;
    if (error != NULL)
        forget(s, sl);
    publish(s, 1);
    send_end(t, finish, error);
}

static int32_t common_prefix(const slot *sl, const sw_task *t)
{
    int32_t n = 0;
    while (n < sl->n_cached && n < t->n_prompt && sl->tokens[n] == t->tokens[n])
        n++;
    return n;
}

/* The idle slot that shares the longest prefix with the task, among equals the one unused for longest; or NULL. */
static slot *choose_slot(sw_scheduler *s, const sw_task *t, int32_t *n_shared_out)
{
    slot *best = NULL;
    for (int i = 0; i < s->lm->n_seqs; i++) {
        slot *const sl = &s->slots[i];
        if (sl->task != NULL)
            continue;
        const int32_t n = common_prefix(sl, t);
        if (best == NULL || n > *n_shared_out || (n == *n_shared_out && sl->used < best->used)) {
            best = sl;
            *n_shared_out = n;
        }
    }
    return best;
}

/* Makes sure that a slot can hold n tokens; caches of idle slots give way when memory is short. */
static bool reserve(sw_scheduler *s, const slot *sl, int32_t n)
{
    const int32_t seq = (int32_t)(sl - s->slots);
    if (s->lm->ops->reserve(s->lm, seq, n))
        return true;
    for (int i = 0; i < s->lm->n_seqs; i++) {
        if (s->slots[i].task == NULL && i != seq)
            forget(s, &s->slots[i]);
    }
    return s->lm->ops->reserve(s->lm, seq, n);
}

static void start(sw_scheduler *s, slot *sl, sw_task *t, int32_t n_shared)
{
    pthread_mutex_lock(&s->lock);
    unlink_after(s, NULL);
    s->n_running++;
    pthread_mutex_unlock(&s->lock);

    sw_free(sl->tokens);
    sl->tokens = t->tokens;
    sl->task = t;
    sl->used = ++s->n_started;
    t->n_done = n_shared;
    t->slot_ns = sw_now_ns(s->clock);
    t->timings.queue_ms = sw_ms(t->slot_ns - t->submit_ns);
    const sw_task_event e = {.type = SW_TASK_ACCEPTED, .n_prompt = t->n_prompt, .n_prompt_done = n_shared};
    t->on_event(t->ud, &e);
}

static void refuse(sw_scheduler *s, sw_task *t)
{
    pthread_mutex_lock(&s->lock);
    unlink_after(s, NULL);
    pthread_mutex_unlock(&s->lock);
    sw_err err = {0};
    (void)sw_fail(&err, SW_ELIMIT, "prompt: its %d tokens do not fit the memory set aside for keys and values",
                  t->n_prompt);
    end_waiting(s, t, &err);
}

static bool has_running_tasks(const sw_scheduler *s)
{
    for (int i = 0; i < s->lm->n_seqs; i++) {
        if (s->slots[i].task != NULL)
            return true;
    }
    return false;
}

/* Gives slots to waiting tasks, first come, first served. */
static void admit(sw_scheduler *s)
{
    sw_task *t;
    while ((t = peek_head(s)) != NULL) {
        int32_t n_shared = 0;
        slot *const sl = choose_slot(s, t, &n_shared);
        if (sl == NULL)
            return;
        if (n_shared > t->n_prompt - 1)
            n_shared = t->n_prompt - 1;
        s->lm->ops->truncate(s->lm, (int32_t)(sl - s->slots), n_shared);
        sl->n_cached = n_shared;
        if (reserve(s, sl, t->n_prompt + 1))
            start(s, sl, t, n_shared);
        else if (has_running_tasks(s))
            return; // memory comes back when one of them ends
        else
            refuse(s, t);
    }
}

/* Ends what was cancelled since the last step, waiting or running. */
static void end_canceled(sw_scheduler *s)
{
    sw_task *t;
    while ((t = take_canceled(s)) != NULL)
        end_waiting(s, t, NULL);
    for (int i = 0; i < s->lm->n_seqs; i++) {
        if (s->slots[i].task != NULL && is_canceled(s, s->slots[i].task))
            end_running(s, &s->slots[i], SW_FINISH_CANCELED, NULL);
    }
}

/* ---- one step ----------------------------------------------------------------------------------------------- */

static bool is_generating(const slot *sl)
{
    return sl->task != NULL && sl->task->n_done >= sl->task->n_prompt;
}

/* Adds the next n tokens of a slot to the batch; logits are wanted of the last known token only. */
static void add_tokens(sw_scheduler *s, slot *sl, int32_t n, step *st)
{
    const sw_task *const t = sl->task;
    const bool is_last = t->n_done + n == t->n_tokens;
    for (int32_t i = t->n_done; i < t->n_done + n; i++) {
        s->batch[st->n++] = (sw_lm_token){.id = t->tokens[i],
                                          .pos = i,
                                          .seq = (int32_t)(sl - s->slots),
                                          .wants_logits = i == t->n_tokens - 1};
    }
    sl->n_step = n;
    sl->row = is_last ? st->n_rows++ : -1;
}

/* The slot whose prompt has waited longest and is not in the batch yet; or NULL. */
static slot *next_prompt(sw_scheduler *s)
{
    slot *first = NULL;
    for (int i = 0; i < s->lm->n_seqs; i++) {
        slot *const sl = &s->slots[i];
        if (sl->task != NULL && !is_generating(sl) && sl->n_step == 0 && (first == NULL || sl->used < first->used))
            first = sl;
    }
    return first;
}

/* All sequences that generate, then a chunk of the prompts. */
static step build_batch(sw_scheduler *s)
{
    step st = {0};
    for (int i = 0; i < s->lm->n_seqs; i++) {
        slot *const sl = &s->slots[i];
        sl->n_step = 0;
        if (!is_generating(sl))
            continue;
        if (reserve(s, sl, sl->task->n_done + 1))
            add_tokens(s, sl, 1, &st);
        else
            end_running(s, sl, SW_FINISH_LENGTH, NULL);
    }
    int left = s->lm->n_batch - st.n;
    if (left > s->chunk)
        left = s->chunk;
    for (slot *sl; left > 0 && (sl = next_prompt(s)) != NULL; left -= sl->n_step) {
        const int n = sl->task->n_prompt - sl->task->n_done;
        add_tokens(s, sl, n < left ? n : left, &st);
        st.n_prompt += sl->n_step;
    }
    return st;
}

/* Sizes the next chunk from what this one took: at most doubled or halved, since a single measurement is noisy. */
static void adapt_chunk(sw_scheduler *s, int n_prompt, uint64_t took_ns)
{
    const bool was_full = n_prompt >= s->chunk;
    if (n_prompt == 0 || (took_ns <= STEP_TARGET_NS && !was_full))
        return;
    const uint64_t fits = took_ns > 0 ? (uint64_t)n_prompt * STEP_TARGET_NS / took_ns : UINT64_MAX;
    const int lo = s->chunk / 2, hi = s->chunk * 2;
    s->chunk = fits > (uint64_t)hi ? hi : fits < (uint64_t)lo ? lo : (int)fits;
    if (s->chunk < CHUNK_MIN)
        s->chunk = CHUNK_MIN;
    if (s->chunk > s->lm->n_batch)
        s->chunk = s->lm->n_batch;
}

/* A step failed: the one sequence to blame ends, or all that took part when nobody can be named. */
static void end_failed(sw_scheduler *s, int32_t bad_seq, const sw_err *err)
{
    const bool is_one = err->code == SW_ENUMERIC && bad_seq >= 0 && bad_seq < s->lm->n_seqs &&
                        s->slots[bad_seq].task != NULL && s->slots[bad_seq].n_step > 0;
    for (int i = 0; i < s->lm->n_seqs; i++) {
        slot *const sl = &s->slots[i];
        if (sl->task != NULL && sl->n_step > 0 && (!is_one || i == bad_seq))
            end_running(s, sl, SW_FINISH_STOP, err);
    }
}

static void note_times(sw_scheduler *s, sw_task *t)
{
    const uint64_t now = sw_now_ns(s->clock);
    if (t->n_tokens == t->n_prompt) {
        t->first_ns = now;
        t->timings.prompt_ms = sw_ms(now - t->slot_ns);
        t->timings.ttft_ms = sw_ms(now - t->submit_ns);
    }
    t->timings.predict_ms = sw_ms(now - t->first_ns);
}

/* Samples the next token of a slot and ends the task when it was the last one. */
static void sample(sw_scheduler *s, slot *sl, const float *logits)
{
    sw_task *const t = sl->task;
    sw_err err = {0};
    int32_t id;
    if (sw_sampler_pick(&t->sampler, logits, s->lm->n_vocab, s->candidates, &id, &err) != SW_OK) {
        end_running(s, sl, SW_FINISH_STOP, &err);
        return;
    }
    note_times(s, t);
    t->tokens[t->n_tokens++] = id;
    const sw_task_event e = {.type = SW_TASK_TOKEN, .token = id, .n_prompt = t->n_prompt};
    if (!t->on_event(t->ud, &e))
        end_running(s, sl, SW_FINISH_STOP, NULL);
    else if (t->n_tokens == t->n_max)
        end_running(s, sl, SW_FINISH_LENGTH, NULL);
}

/* What a step brought to one of its slots. */
static void deliver(sw_scheduler *s, slot *sl, const float *logits)
{
    sw_task *const t = sl->task;
    const bool was_prompt = !is_generating(sl);
    t->n_done += sl->n_step;
    if (was_prompt) {
        const sw_task_event e = {.type = SW_TASK_PROGRESS, .n_prompt = t->n_prompt, .n_prompt_done = t->n_done};
        t->on_event(t->ud, &e);
    }
    if (sl->row >= 0)
        sample(s, sl, logits + (size_t)sl->row * (size_t)s->lm->n_vocab);
}

static void run_step(sw_scheduler *s)
{
    const step st = build_batch(s);
    if (st.n == 0)
        return;
    const uint64_t before = sw_now_ns(s->clock);
    const float *logits = NULL;
    int32_t bad_seq = -1;
    sw_err err = {0};
    if (s->lm->ops->step(s->lm, s->batch, (size_t)st.n, &logits, &bad_seq, &err) != SW_OK) {
        end_failed(s, bad_seq, &err);
        return;
    }
    adapt_chunk(s, st.n_prompt, sw_now_ns(s->clock) - before);
    for (int i = 0; i < s->lm->n_seqs; i++) {
        if (s->slots[i].task != NULL && s->slots[i].n_step > 0)
            deliver(s, &s->slots[i], logits);
    }
    publish(s, 0);
}

/* ---- the engine thread -------------------------------------------------------------------------------------- */

/* Sleeps while there is nothing to do; false when it is time to end the thread. */
static bool wait_for_work(sw_scheduler *s)
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
    sw_scheduler *const s = ud;
    while (wait_for_work(s)) {
        end_canceled(s);
        admit(s);
        run_step(s);
    }
    return NULL;
}

/* ---- for other threads -------------------------------------------------------------------------------------- */

static bool allocate(sw_scheduler *s)
{
    s->slots = sw_calloc((size_t)s->lm->n_seqs, sizeof *s->slots);
    s->batch = sw_calloc((size_t)s->lm->n_batch, sizeof *s->batch);
    s->candidates = sw_calloc((size_t)s->lm->n_vocab, sizeof *s->candidates);
    return s->slots != NULL && s->batch != NULL && s->candidates != NULL;
}

static void free_memory(sw_scheduler *s)
{
    for (int i = 0; s->slots != NULL && i < s->lm->n_seqs; i++)
        sw_free(s->slots[i].tokens);
    sw_free(s->slots);
    sw_free(s->batch);
    sw_free(s->candidates);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    sw_free(s);
}

sw_code sw_scheduler_create(sw_scheduler **out, sw_lm *lm, const sw_clock *clock, sw_err *err)
{
    assert(lm->n_batch >= lm->n_seqs);
    *out = NULL;
    sw_scheduler *const s = sw_calloc(1, sizeof *s);
    if (s == NULL)
        return sw_fail(err, SW_ENOMEM, "scheduler: out of memory");
    s->lm = lm;
    s->clock = clock;
    s->chunk = CHUNK_FIRST < lm->n_batch ? CHUNK_FIRST : lm->n_batch;
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

void sw_scheduler_free(sw_scheduler *s)
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

/* Fills the task and copies the prompt into a buffer that will hold the answer too. */
static sw_code prepare(sw_scheduler *s, sw_task *t, const sw_task_request *r, sw_err *err)
{
    const int n_ctx = s->lm->n_ctx;
    if (r->n_prompt == 0)
        return sw_fail(err, SW_EINVAL, "prompt: it has no tokens");
    if (r->n_prompt >= (size_t)n_ctx)
        return sw_fail(err, SW_ELIMIT, "prompt: it has %zu tokens, and with one token of answer at most %d fit",
                       r->n_prompt, n_ctx);
    const int32_t n_prompt = (int32_t)r->n_prompt;
    const int32_t room = n_ctx - n_prompt;
    *t = (sw_task){.on_event = r->on_event, .ud = r->ud, .n_prompt = n_prompt, .n_tokens = n_prompt};
    t->n_max = n_prompt + (r->max_tokens > 0 && r->max_tokens < room ? r->max_tokens : room);
    t->tokens = sw_calloc((size_t)t->n_max, sizeof *t->tokens);
    if (t->tokens == NULL)
        return sw_fail(err, SW_ENOMEM, "job: out of memory for %d tokens", t->n_max);
    memcpy(t->tokens, r->prompt, r->n_prompt * sizeof *t->tokens);
    sw_sampler_init(&t->sampler, &r->sampling);
    t->submit_ns = sw_now_ns(s->clock);
    return SW_OK;
}

sw_code sw_scheduler_submit(sw_scheduler *s, sw_task *task, const sw_task_request *request, sw_err *err)
{
    const sw_code code = prepare(s, task, request, err);
    if (code != SW_OK)
        return code;
    pthread_mutex_lock(&s->lock);
    const bool is_full = s->n_waiting >= SW_LIMIT_QUEUE_JOBS;
    if (!is_full) {
        enqueue(s, task);
        pthread_cond_broadcast(&s->changed);
    }
    pthread_mutex_unlock(&s->lock);
    if (!is_full)
        return SW_OK;
    sw_free(task->tokens);
    task->tokens = NULL;
    return sw_fail(err, SW_EBUSY, "job: %d jobs wait already; try again later", SW_LIMIT_QUEUE_JOBS);
}

sw_code sw_scheduler_borrow(sw_scheduler *s, sw_err *err)
{
    pthread_mutex_lock(&s->lock);
    const int n_tasks = s->n_running + s->n_waiting;
    const bool is_free = n_tasks == 0 && !s->is_borrowed;
    if (is_free) {
        s->is_borrowed = true; // from here on nothing starts, so the thread falls asleep soon
        while (s->is_awake)
            pthread_cond_wait(&s->changed, &s->lock);
    }
    pthread_mutex_unlock(&s->lock);
    return is_free ? SW_OK : sw_fail(err, SW_EBUSY, "engine: it is busy with %d jobs", n_tasks);
}

void sw_scheduler_give_back(sw_scheduler *s)
{
    for (int i = 0; i < s->lm->n_seqs; i++)
        forget(s, &s->slots[i]);
    publish(s, 0);
    pthread_mutex_lock(&s->lock);
    s->is_borrowed = false;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

sw_scheduler_stats sw_scheduler_get_stats(sw_scheduler *s)
{
    pthread_mutex_lock(&s->lock);
    const sw_scheduler_stats stats = {s->n_running, s->n_waiting, s->kv_tokens_used};
    pthread_mutex_unlock(&s->lock);
    return stats;
}
