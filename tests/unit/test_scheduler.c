/* The scheduler over a language model of the test's own, which counts (the next token is the last one plus one), takes
 * 1 ms of a test clock per token, checks what it is asked, and can be held at a gate between steps. */
#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "engine/scheduler.h"
#include "engine/scheduler_prompt.h"

enum {
    N_VOCAB = 5000,
    N_CTX = 1200,
    N_BATCH = 128,
    N_EMBD = 2,
    MAX_SEQS = 4,
    TOKEN_NS = 1000000,
    ID_BAD = 4000, // its sequence is reported as not finite
    ID_NAN = 4001, // its logits hold a NaN
    ID_EIO = 4003, // the whole step fails
};

/* ---- the model under test's control ------------------------------------------------------------------------- */

typedef struct fixture {
    language_model lm;
    sw_clock clock;
    scheduler *s;
    atomic_uint_fast64_t now;
    float *logits; // (N_BATCH, N_VOCAB)
    int32_t n_seen[MAX_SEQS];
    int32_t n_states[MAX_SEQS]; // tokens that wanted theirs
    int32_t n_reserved[MAX_SEQS];
    bool has_no_embedding;
    int32_t kv_max;      // positions of all sequences together
    int32_t n_resumable; // what the first sequence can go on from at most
    lm_plan plan;        // the last one
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_held;        // step waits at the gate
    int n_at_gate;       // steps that have come to the gate
    int n_steps;         // done
    int n_tokens;        // evaluated
    int n_rows;          // of logits
    int max_rows;        // of one step
    uint64_t max_ns;     // longest step after the first ten
    uint64_t all_max_ns; // longest step of all
    uint64_t token_ns;   // what a token takes; 0: TOKEN_NS
    uint64_t last_ns;    // last step with a prompt in it
} fixture;

static uint64_t test_now(void *ud)
{
    return atomic_load(&((fixture *)ud)->now);
}

static void test_sleep(void *ud, uint64_t ns)
{
    atomic_fetch_add(&((fixture *)ud)->now, ns);
}

static void pass_gate(fixture *f)
{
    pthread_mutex_lock(&f->lock);
    f->n_at_gate++;
    pthread_cond_broadcast(&f->changed);
    while (f->is_held)
        pthread_cond_wait(&f->changed, &f->lock);
    pthread_mutex_unlock(&f->lock);
}

static sw_code lm_step(language_model *lm, const batch_token *tokens, size_t n, const float **logits_out,
                       int32_t *bad_seq_out, sw_err *err)
{
    fixture *const f = (fixture *)lm;
    pass_gate(f);
    assert(n > 0 && n <= (size_t)lm->n_batch);
    for (size_t i = 0; i < n; i++) {
        *bad_seq_out = tokens[i].seq;
        if (tokens[i].id == ID_BAD)
            return sw_fail(err, SW_ENUMERIC, "layer 3, expert 5: not finite");
        if (tokens[i].id == ID_EIO)
            return sw_fail(err, SW_EIO, "the disk is gone");
    }
    size_t n_rows = 0;
    for (size_t i = 0; i < n; i++) {
        assert(tokens[i].pos == f->n_seen[tokens[i].seq] && tokens[i].pos < f->n_reserved[tokens[i].seq]);
        f->n_seen[tokens[i].seq]++;
        f->n_states[tokens[i].seq] += tokens[i].wants_state;
        if (!tokens[i].wants_logits)
            continue;
        float *const row = f->logits + n_rows++ * N_VOCAB;
        memset(row, 0, N_VOCAB * sizeof *row);
        row[(tokens[i].id + 1) % N_VOCAB] = tokens[i].id == ID_NAN ? (float)(0.0 / 0.0) : 50;
    }
    const uint64_t took_ns = n * (f->token_ns > 0 ? f->token_ns : TOKEN_NS);
    test_sleep(f, took_ns);
    f->n_tokens += (int)n;
    f->n_rows += (int)n_rows;
    f->max_rows = (int)n_rows > f->max_rows ? (int)n_rows : f->max_rows;
    f->all_max_ns = took_ns > f->all_max_ns ? took_ns : f->all_max_ns;
    if (++f->n_steps > 10 && took_ns > f->max_ns)
        f->max_ns = took_ns;
    *logits_out = f->logits;
    return SW_OK;
}

static void lm_truncate(language_model *lm, int32_t seq, int32_t n_keep)
{
    fixture *const f = (fixture *)lm;
    assert(n_keep <= f->n_seen[seq]);
    f->n_seen[seq] = n_keep;
    f->n_reserved[seq] = n_keep;
}

static bool lm_reserve(language_model *lm, int32_t seq, int32_t n_tokens)
{
    fixture *const f = (fixture *)lm;
    int32_t others = 0;
    for (int i = 0; i < lm->n_seqs; i++)
        others += i != seq ? f->n_reserved[i] : 0;
    if (n_tokens > f->kv_max - others)
        return false;
    f->n_reserved[seq] = n_tokens;
    return true;
}

static int32_t lm_resumable(language_model *lm, int32_t seq, int32_t n, int32_t n_max)
{
    (void)n_max; // where nothing is asserted
    const fixture *const f = (const fixture *)lm;
    assert(n <= f->n_seen[seq] && n_max <= N_CTX);
    return seq == 0 && n > f->n_resumable ? f->n_resumable : n;
}

static void lm_begin(language_model *lm, int32_t seq, const lm_plan *plan)
{
    ((fixture *)lm)->n_states[seq] = 0;
    ((fixture *)lm)->plan = *plan;
}

/* The number of states, and of positions. */
static sw_code lm_embedding(language_model *lm, int32_t seq, float *out, sw_err *err)
{
    const fixture *const f = (const fixture *)lm;
    if (f->has_no_embedding)
        return sw_fail(err, SW_ENUMERIC, "no direction");
    out[0] = (float)f->n_states[seq];
    out[1] = (float)f->n_seen[seq];
    return SW_OK;
}

static void set_up(fixture *f, int n_seqs)
{
    static const lm_ops OPS = {.step = lm_step,
                               .truncate = lm_truncate,
                               .reserve = lm_reserve,
                               .resumable = lm_resumable,
                               .begin = lm_begin,
                               .embedding = lm_embedding};
    *f = (fixture){
        .lm = {.ops = &OPS, .n_vocab = N_VOCAB, .n_ctx = N_CTX, .n_seqs = n_seqs, .n_batch = N_BATCH, .n_embd = N_EMBD},
        .clock = {.now_ns = test_now, .sleep_ns = test_sleep, .ud = f},
        .kv_max = INT32_MAX,
        .n_resumable = INT32_MAX};
    f->logits = mem_calloc((size_t)N_BATCH * N_VOCAB, sizeof *f->logits);
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->changed, NULL);
    sw_err err = {0};
    assert_int_equal(scheduler_create(&f->s, &f->lm, &f->clock, &err), SW_OK);
}

static void open_gate(fixture *f)
{
    pthread_mutex_lock(&f->lock);
    f->is_held = false;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

/* From now on steps wait at the gate. */
static void close_gate(fixture *f)
{
    pthread_mutex_lock(&f->lock);
    f->is_held = true;
    f->n_at_gate = 0;
    pthread_mutex_unlock(&f->lock);
}

static void wait_at_gate(fixture *f)
{
    pthread_mutex_lock(&f->lock);
    while (f->n_at_gate == 0)
        pthread_cond_wait(&f->changed, &f->lock);
    pthread_mutex_unlock(&f->lock);
}

static void tear_down(fixture *f)
{
    open_gate(f);
    scheduler_free(f->s);
    mem_free(f->logits);
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->lock);
}

/* ---- a task and what became of it --------------------------------------------------------------------------- */

typedef struct record {
    sched_task task;
    fixture *f;
    int n_accepted, n_progress, n_tokens, n_ends; // events
    int n_reused;
    int32_t tokens[N_CTX];
    task_event end;
    sw_err err;
    task_event_type cancel_on; // cancels itself at the first event of this type ...
    bool cancels;              // ... when set
    int32_t stop_at;           // ends itself at this token
    long n_allocations;        // by this task's tokens, from the first to the end
    uint64_t client;
    bool is_prompt_only, wants_prompt_logprobs;
    bool wants_embedding;
    float embedding[N_EMBD];
    int n_embeddings;
    int n_prompt_tokens;
    float least_prompt_logprob;
    atomic_bool is_full; // it pauses
    atomic_int n_asked;  // for room
} record;

static atomic_long n_allocations;

static void note_end(record *r, const task_event *e)
{
    pthread_mutex_lock(&r->f->lock);
    r->end = *e;
    if (e->error != NULL)
        r->err = *e->error;
    r->n_allocations = atomic_load(&n_allocations) - r->n_allocations;
    r->n_ends++;
    pthread_cond_broadcast(&r->f->changed);
    pthread_mutex_unlock(&r->f->lock);
}

/* The model expects that a prompt counts. */
static void note_prompt_token(record *r, const task_event *e)
{
    const float logprob = e->logprobs->sampled.logprob;
    assert(r->n_tokens == 0 && e->logprobs->sampled.id == e->token && isnan(logprob) == (r->n_prompt_tokens == 0));
    if (logprob < r->least_prompt_logprob)
        r->least_prompt_logprob = logprob;
    r->n_prompt_tokens++;
}

static void note_embedding(record *r, const task_event *e)
{
    assert(e->n_embd == N_EMBD);
    memcpy(r->embedding, e->embedding, sizeof r->embedding);
    r->n_embeddings++;
}

static bool on_event(void *ud, const task_event *e)
{
    record *const r = ud;
    assert(r->n_ends == 0);
    if (r->cancels && e->type == r->cancel_on)
        atomic_store(&r->task.is_canceled, true);
    switch (e->type) {
    case TASK_ACCEPTED:
        r->n_accepted++;
        r->n_reused = e->n_prompt_done;
        break;
    case TASK_PROGRESS: r->n_progress++; break;
    case TASK_PROMPT_TOKEN: note_prompt_token(r, e); break;
    case TASK_EMBEDDING: note_embedding(r, e); break;
    case TASK_TOKEN:
        if (r->n_tokens == 0)
            r->n_allocations = atomic_load(&n_allocations);
        r->tokens[r->n_tokens++] = e->token;
        return e->token != r->stop_at;
    case TASK_END: note_end(r, e); break;
    }
    return true;
}

static bool has_room(void *ud)
{
    record *const r = ud;
    atomic_fetch_add(&r->n_asked, 1);
    return !atomic_load(&r->is_full);
}

/* Submits a prompt that counts from `first`. */
static sw_code submit(fixture *f, record *r, int32_t first, size_t n_prompt, int max_tokens, sw_err *err)
{
    int32_t prompt[N_CTX + 1];
    assert_true(n_prompt <= N_CTX + 1);
    for (size_t i = 0; i < n_prompt; i++)
        prompt[i] = first + (int32_t)i;
    r->f = f;
    if (r->stop_at == 0)
        r->stop_at = -1;
    const task_request request = {.prompt = prompt,
                                  .n_prompt = n_prompt,
                                  .client = r->client,
                                  .max_tokens = max_tokens,
                                  .is_prompt_only = r->is_prompt_only,
                                  .wants_embedding = r->wants_embedding,
                                  .wants_prompt_logprobs = r->wants_prompt_logprobs,
                                  .on_event = on_event,
                                  .has_room = has_room,
                                  .ud = r};
    return scheduler_submit(f->s, &r->task, &request, err);
}

static void start(fixture *f, record *r, int32_t first, size_t n_prompt, int max_tokens)
{
    sw_err err = {0};
    assert_int_equal(submit(f, r, first, n_prompt, max_tokens, &err), SW_OK);
}

static void wait_end(record *r)
{
    pthread_mutex_lock(&r->f->lock);
    while (r->n_ends == 0)
        pthread_cond_wait(&r->f->changed, &r->f->lock);
    pthread_mutex_unlock(&r->f->lock);
}

static void check_counted(const record *r, int32_t first, int n)
{
    assert_int_equal(r->n_tokens, n);
    for (int i = 0; i < n; i++)
        assert_int_equal(r->tokens[i], first + i);
}

/* ---- the life of one task ----------------------------------------------------------------------------------- */

static void test_a_task_reports_slot_prompt_tokens_and_end_with_timings(void **state)
{
    (void)state;
    fixture f;
    record r = {0};
    set_up(&f, 2);
    start(&f, &r, 100, 10, 5);
    wait_end(&r);
    check_counted(&r, 110, 5);
    assert_int_equal(r.n_accepted, 1);
    assert_int_equal(r.n_progress, 2); // the first chunk is of 8 tokens
    assert_int_equal(r.end.finish, SW_FINISH_LENGTH);
    assert_int_equal(r.end.n_prompt, 10);
    assert_null(r.end.error);
    assert_true(r.end.timings.queue_ms == 0 && r.end.timings.prompt_ms == 10 && r.end.timings.ttft_ms == 10 &&
                r.end.timings.predict_ms == 4);
    assert_int_equal(scheduler_get_stats(f.s).n_running, 0);
    const scheduler_stats stats = scheduler_get_stats(f.s);
    assert_int_equal(stats.kv_tokens_used, 14); // the last token was never evaluated
    assert_int_equal(stats.prompts.n_steps, 2);
    assert_int_equal(stats.prompts.n_tokens, 10);
    assert_int_equal(stats.generation.n_steps, 4);
    assert_int_equal(stats.generation.n_tokens, 4);
    tear_down(&f);
}

static void assert_slot(const sw_slot *slot, bool is_running, int n_evaluated, int n_prompt)
{
    assert_int_equal(slot->is_running, is_running);
    assert_int_equal(slot->n_evaluated, n_evaluated);
    assert_int_equal(slot->n_prompt, n_prompt);
    assert_int_equal(slot->n_generated, 0);
}

static void test_slots_show_who_runs_and_what_is_kept(void **state)
{
    (void)state;
    fixture f;
    record r = {0};
    sw_slot slots[3];
    set_up(&f, 2);
    close_gate(&f);
    start(&f, &r, 100, 10, 5);
    wait_at_gate(&f);
    assert_int_equal(scheduler_get_slots(f.s, slots, 3), 2);
    assert_slot(&slots[0], /*is_running=*/true, 0, 10);
    assert_slot(&slots[1], /*is_running=*/false, 0, 0);
    open_gate(&f);
    wait_end(&r);
    assert_int_equal(scheduler_get_slots(f.s, slots, 1), 1);
    assert_slot(&slots[0], /*is_running=*/false, 14, 0);
    tear_down(&f);
}

static void test_a_task_of_the_prompt_alone_samples_nothing_and_may_fill_the_context(void **state)
{
    (void)state;
    fixture f;
    record r = {.is_prompt_only = true}, again = {.is_prompt_only = true}, longer = {.is_prompt_only = true};
    set_up(&f, 1);
    f.kv_max = N_CTX;
    start(&f, &r, 0, N_CTX, 0);
    wait_end(&r);
    check_counted(&r, 0, 0);
    assert_int_equal(f.n_rows, 0); // no logits were computed
    assert_int_equal(r.end.finish, SW_FINISH_LENGTH);
    assert_null(r.end.error);
    assert_true(r.end.timings.prompt_ms == N_CTX && r.end.timings.ttft_ms == N_CTX && r.end.timings.predict_ms == 0);
    start(&f, &again, 0, N_CTX, 0); // the same from the cache, but for its last token
    wait_end(&again);
    assert_int_equal(again.n_reused, N_CTX - 1);
    assert_int_equal(again.end.finish, SW_FINISH_LENGTH);
    sw_err err = {0};
    assert_int_equal(submit(&f, &longer, 0, N_CTX + 1, 0, &err), SW_ELIMIT);
    assert_non_null(strstr(err.msg, "1201 tokens, and at most 1200 fit"));
    tear_down(&f);
}

static void test_the_probabilities_of_prompts_take_few_rows_a_step_and_every_position(void **state)
{
    (void)state;
    enum { N = 500 };
    fixture f;
    record plain = {0},
           scored[2] = {{.wants_prompt_logprobs = true}, {.wants_prompt_logprobs = true, .is_prompt_only = true}};
    set_up(&f, 2);
    start(&f, &plain, 0, N, 3);
    wait_end(&plain);
    for (int i = 0; i < 2; i++)
        start(&f, &scored[i], 0, N, i == 0 ? 3 : 0);
    for (int i = 0; i < 2; i++) {
        wait_end(&scored[i]);
        assert_int_equal(scored[i].n_reused, 0); // although a slot holds this prompt
        assert_int_equal(scored[i].n_prompt_tokens, N);
        assert_true(scored[i].least_prompt_logprob > -1e-6f);
    }
    check_counted(&scored[0], N, 3);
    check_counted(&scored[1], N, 0);
    assert_int_equal(f.n_rows, 3 + N + 2 + N - 1);
    assert_in_range(f.max_rows, STEP_SCORED_MAX, STEP_SCORED_MAX + 2);
    tear_down(&f);
}

static void test_a_prompt_whose_probabilities_are_not_read_waits_and_others_go_on(void **state)
{
    (void)state;
    fixture f;
    record slow = {.wants_prompt_logprobs = true, .is_full = true}, other = {.client = 1};
    set_up(&f, 2);
    start(&f, &slow, 0, 200, 1);
    while (atomic_load(&slow.n_asked) < 5)
        sched_yield();
    start(&f, &other, 1000, 50, 10);
    wait_end(&other);
    check_counted(&other, 1050, 10);
    assert_int_equal(slow.n_progress, 0);
    atomic_store(&slow.is_full, false);
    wait_end(&slow);
    assert_int_equal(slow.n_prompt_tokens, 200);
    tear_down(&f);
}

static void test_clients_share_the_rows_for_the_probabilities_of_prompts(void **state)
{
    (void)state;
    fixture f;
    record large = {.client = 1, .wants_prompt_logprobs = true}, small = {.client = 2, .wants_prompt_logprobs = true};
    set_up(&f, 2);
    close_gate(&f);
    start(&f, &large, 0, 1000, 1);
    wait_at_gate(&f);
    start(&f, &small, 2000, 60, 1);
    open_gate(&f);
    wait_end(&small);
    wait_end(&large);
    assert_true(small.end.timings.ttft_ms < 200); // of 1060
    assert_int_equal(large.n_prompt_tokens, 1000);
    tear_down(&f);
}

static void test_a_prompt_with_a_logit_that_is_not_finite_has_no_probabilities(void **state)
{
    (void)state;
    fixture f;
    record bad = {.wants_prompt_logprobs = true}, good = {.wants_prompt_logprobs = true};
    set_up(&f, 2);
    start(&f, &good, 100, 50, 1);
    start(&f, &bad, ID_NAN, 2, 1);
    wait_end(&bad);
    wait_end(&good);
    assert_int_equal(bad.err.code, SW_ENUMERIC);
    assert_int_equal(bad.n_prompt_tokens, 1);
    assert_int_equal(good.n_prompt_tokens, 50);
    assert_null(good.end.error);
    tear_down(&f);
}

static void test_an_embedding_is_of_every_position_and_comes_before_the_end(void **state)
{
    (void)state;
    enum { N = 300 };
    fixture f;
    record plain = {0}, embeds[3];
    set_up(&f, 2);
    start(&f, &plain, 0, N, 3);
    wait_end(&plain);
    for (int i = 0; i < 3; i++) {
        embeds[i] = (record){.wants_embedding = true, .is_prompt_only = true};
        start(&f, &embeds[i], 0, N, 0);
    }
    for (int i = 0; i < 3; i++) {
        wait_end(&embeds[i]);
        assert_int_equal(embeds[i].n_reused, 0); // although a slot holds this prompt
        assert_int_equal(embeds[i].n_embeddings, 1);
        assert_true(embeds[i].embedding[0] == N && embeds[i].embedding[1] == N);
        assert_int_equal(embeds[i].end.finish, SW_FINISH_LENGTH);
    }
    assert_int_equal(f.n_rows, 3); // of logits, for the one that generates
    record later = {0};
    start(&f, &later, 0, N, 1); // what an embedding has evaluated is there for others
    wait_end(&later);
    assert_int_equal(later.n_reused, N - 1);
    tear_down(&f);
}

static void test_an_embedding_that_was_canceled_or_has_no_direction_does_not_come(void **state)
{
    (void)state;
    fixture f;
    record canceled = {.wants_embedding = true, .is_prompt_only = true, .cancels = true, .cancel_on = TASK_PROGRESS};
    record zero = {.wants_embedding = true, .is_prompt_only = true};
    set_up(&f, 1);
    start(&f, &canceled, 0, 1000, 0);
    wait_end(&canceled);
    assert_int_equal(canceled.n_embeddings, 0);
    assert_int_equal(canceled.end.finish, SW_FINISH_CANCELED);
    f.has_no_embedding = true;
    start(&f, &zero, 0, 10, 0);
    wait_end(&zero);
    assert_int_equal(zero.n_embeddings, 0);
    assert_int_equal(zero.err.code, SW_ENUMERIC);
    tear_down(&f);
}

static void test_the_callback_ends_a_task(void **state)
{
    (void)state;
    fixture f;
    record r = {.stop_at = 13};
    set_up(&f, 1);
    start(&f, &r, 0, 10, 0);
    wait_end(&r);
    check_counted(&r, 10, 4);
    assert_int_equal(r.end.finish, SW_FINISH_STOP);
    tear_down(&f);
}

static void test_a_full_context_ends_a_task_and_refuses_a_prompt_without_room(void **state)
{
    (void)state;
    fixture f;
    record a = {0}, b = {0}, c = {0};
    set_up(&f, 1);
    start(&f, &a, 0, N_CTX - 3, 0);
    wait_end(&a);
    check_counted(&a, N_CTX - 3, 3);
    assert_int_equal(a.end.finish, SW_FINISH_LENGTH);
    start(&f, &b, 0, N_CTX - 1, 10);
    wait_end(&b);
    check_counted(&b, N_CTX - 1, 1);
    sw_err err = {0};
    assert_int_equal(submit(&f, &c, 0, N_CTX, 10, &err), SW_ELIMIT);
    assert_non_null(strstr(err.msg, "1200 tokens"));
    tear_down(&f);
}

static void test_decoding_allocates_nothing(void **state)
{
    (void)state;
    fixture f;
    record r = {0};
    set_up(&f, 1);
    start(&f, &r, 0, 10, 500);
    wait_end(&r);
    assert_int_equal(r.n_tokens, 500);
    assert_int_equal(r.n_allocations, 0);
    tear_down(&f);
}

/* ---- cancelling --------------------------------------------------------------------------------------------- */

static void test_cancel_takes_effect_while_waiting_in_the_prompt_and_while_generating(void **state)
{
    (void)state;
    fixture f;
    record running = {0}, waiting = {0}, prompt = {.cancels = true, .cancel_on = TASK_PROGRESS},
           generating = {.cancels = true, .cancel_on = TASK_TOKEN};
    set_up(&f, 1);
    close_gate(&f);
    start(&f, &running, 0, 10, 20);
    wait_at_gate(&f);
    start(&f, &waiting, 0, 10, 20);
    atomic_store(&waiting.task.is_canceled, true);
    open_gate(&f);
    wait_end(&waiting);
    assert_int_equal(waiting.end.finish, SW_FINISH_CANCELED);
    assert_int_equal(waiting.n_accepted, 0);
    wait_end(&running);
    check_counted(&running, 10, 20);

    start(&f, &prompt, 500, 1000, 20);
    wait_end(&prompt);
    assert_int_equal(prompt.end.finish, SW_FINISH_CANCELED);
    assert_int_equal(prompt.n_progress, 1);
    assert_int_equal(prompt.n_tokens, 0);

    start(&f, &generating, 2000, 10, 20);
    wait_end(&generating);
    assert_int_equal(generating.end.finish, SW_FINISH_CANCELED);
    assert_int_equal(generating.n_tokens, 1);
    tear_down(&f);
}

static void test_closing_cancels_everything_and_ends_each_task_once(void **state)
{
    (void)state;
    enum { N = 20 };
    fixture f;
    record *const all = mem_calloc(N, sizeof *all);
    set_up(&f, 2);
    close_gate(&f);
    for (int i = 0; i < N; i++)
        start(&f, &all[i], 10 * i, 10, 0);
    wait_at_gate(&f);
    tear_down(&f);
    for (int i = 0; i < N; i++) {
        assert_int_equal(all[i].n_ends, 1);
        assert_int_equal(all[i].end.finish, all[i].n_tokens == N_CTX - 10 ? SW_FINISH_LENGTH : SW_FINISH_CANCELED);
    }
    mem_free(all);
}

/* ---- the queue ---------------------------------------------------------------------------------------------- */

/* One slot, held at the gate by a task of client 1; three more of client 1 wait, then one of client 2. */
static void test_clients_take_turns(void **state)
{
    (void)state;
    fixture f;
    record r[6] = {0};
    set_up(&f, 2);
    close_gate(&f);
    for (int i = 0; i < 6; i++) {
        r[i].client = i < 5 ? 1 : 2;
        start(&f, &r[i], 700 * i, 10, 5 + i);
        if (i == 0)
            wait_at_gate(&f);
    }
    open_gate(&f);
    for (int i = 0; i < 6; i++)
        wait_end(&r[i]);
    // Task 0 has a slot before the others come; of the rest the one of client 2 is first, and so it waits for nothing.
    assert_true(r[5].end.timings.queue_ms < r[2].end.timings.queue_ms);
    assert_true(r[1].end.timings.queue_ms <= r[2].end.timings.queue_ms); // of one client the first comes first
    assert_true(r[2].end.timings.queue_ms <= r[3].end.timings.queue_ms);
    assert_true(r[3].end.timings.queue_ms <= r[4].end.timings.queue_ms);
    tear_down(&f);
}

static void test_a_short_prompt_does_not_wait_for_the_long_ones_of_another_client(void **state)
{
    (void)state;
    fixture f;
    record long_prompts[2] = {{.client = 1}, {.client = 1}}, short_prompt = {.client = 2};
    set_up(&f, 3);
    close_gate(&f);
    start(&f, &long_prompts[0], 0, 1100, 5);
    wait_at_gate(&f);
    start(&f, &long_prompts[1], 1500, 1100, 5);
    start(&f, &short_prompt, 3000, 10, 5);
    open_gate(&f);
    wait_end(&short_prompt);
    for (int i = 0; i < 2; i++)
        wait_end(&long_prompts[i]);
    check_counted(&short_prompt, 3010, 5);
    check_counted(&long_prompts[0], 1100, 5);
    check_counted(&long_prompts[1], 2600, 5);
    assert_true(short_prompt.end.timings.ttft_ms < 300); // two steps, where the long prompts need 22
    tear_down(&f);
}

static void wait_until_asked(record *r)
{
    const int n = atomic_load(&r->n_asked);
    while (atomic_load(&r->n_asked) < n + 2)
        sched_yield();
}

static void test_a_task_without_room_pauses_alone_and_can_be_canceled(void **state)
{
    (void)state;
    fixture f;
    record full = {.is_full = true}, other = {0};
    set_up(&f, 2);
    start(&f, &full, 0, 10, 100);
    wait_until_asked(&full);
    start(&f, &other, 1000, 10, 50);
    wait_end(&other);
    check_counted(&other, 1010, 50);
    wait_until_asked(&full);
    assert_int_equal(full.n_ends, 0);
    atomic_store(&full.is_full, false);
    wait_end(&full);
    check_counted(&full, 10, 100); // nothing is missing
    record canceled = {.is_full = true};
    start(&f, &canceled, 2000, 10, 100);
    wait_until_asked(&canceled);
    atomic_store(&canceled.task.is_canceled, true);
    wait_end(&canceled);
    assert_int_equal(canceled.end.finish, SW_FINISH_CANCELED);
    assert_int_equal(canceled.n_tokens, 1); // the prompt gave it
    tear_down(&f);
}

static void test_the_queue_takes_its_limit_and_not_one_more(void **state)
{
    (void)state;
    fixture f;
    record *const all = mem_calloc(LIMIT_QUEUE_JOBS + 2, sizeof *all);
    set_up(&f, 1);
    close_gate(&f);
    start(&f, &all[0], 0, 10, 1);
    wait_at_gate(&f);
    for (int i = 1; i <= LIMIT_QUEUE_JOBS; i++)
        start(&f, &all[i], 0, 10, 1);
    assert_int_equal(scheduler_get_stats(f.s).n_running, 1);
    assert_int_equal(scheduler_get_stats(f.s).n_waiting, LIMIT_QUEUE_JOBS);
    sw_err err = {0};
    assert_int_equal(submit(&f, &all[LIMIT_QUEUE_JOBS + 1], 0, 10, 1, &err), SW_EBUSY);
    open_gate(&f);
    wait_end(&all[LIMIT_QUEUE_JOBS]);
    for (int i = 0; i <= LIMIT_QUEUE_JOBS; i++)
        check_counted(&all[i], 10, 1); // first come, first served: all before the last one have ended
    tear_down(&f);
    mem_free(all);
}

/* ---- errors ------------------------------------------------------------------------------------------------- */

static void test_a_sequence_that_is_not_finite_ends_alone(void **state)
{
    (void)state;
    fixture f;
    record good = {0}, bad = {0}, nan = {0};
    set_up(&f, 3);
    close_gate(&f);
    start(&f, &good, 100, 10, 50);
    wait_at_gate(&f);
    start(&f, &bad, ID_BAD - 15, 10, 50);
    start(&f, &nan, ID_NAN - 30, 20, 50);
    open_gate(&f);
    wait_end(&good);
    wait_end(&bad);
    wait_end(&nan);
    check_counted(&good, 110, 50);
    assert_int_equal(bad.err.code, SW_ENUMERIC);
    check_counted(&bad, ID_BAD - 5, 6);
    assert_int_equal(nan.err.code, SW_ENUMERIC);
    tear_down(&f);
}

static void test_a_step_that_fails_for_nobody_in_particular_ends_all_and_leaves_no_cache(void **state)
{
    (void)state;
    fixture f;
    record a = {0}, b = {0}, again = {0};
    set_up(&f, 2);
    close_gate(&f);
    start(&f, &a, 100, 10, 0);
    wait_at_gate(&f);
    start(&f, &b, ID_EIO, 1, 50);
    open_gate(&f);
    wait_end(&a);
    wait_end(&b);
    assert_int_equal(a.err.code, SW_EIO);
    assert_int_equal(b.err.code, SW_EIO);
    start(&f, &again, 100, 10, 5);
    wait_end(&again);
    assert_int_equal(again.n_reused, 0);
    check_counted(&again, 110, 5);
    tear_down(&f);
}

/* ---- reuse of prefixes -------------------------------------------------------------------------------------- */

static void test_the_longest_cached_prefix_is_reused(void **state)
{
    (void)state;
    fixture f;
    record first = {0}, same = {0}, longer = {0}, other = {0}, back = {0};
    set_up(&f, 2);
    start(&f, &first, 100, 50, 11);
    wait_end(&first);
    start(&f, &same, 100, 50, 11); // all but the last prompt token
    wait_end(&same);
    assert_int_equal(same.n_reused, 49);
    check_counted(&same, 150, 11);
    start(&f, &longer, 100, 70, 5); // prompt and what was evaluated of the answer
    wait_end(&longer);
    assert_int_equal(longer.n_reused, 60);
    check_counted(&longer, 170, 5);
    start(&f, &other, 900, 50, 5); // shares nothing: takes the slot that was never used
    wait_end(&other);
    assert_int_equal(other.n_reused, 0);
    start(&f, &back, 100, 71, 5);
    wait_end(&back);
    assert_int_equal(back.n_reused, 70);
    check_counted(&back, 171, 5);
    tear_down(&f);
}

/* ---- batching ----------------------------------------------------------------------------------------------- */

static void test_a_prefix_that_the_model_has_dropped_is_not_reused(void **state)
{
    (void)state;
    fixture f;
    record first = {0}, same = {0}, longer = {0};
    set_up(&f, 2);
    start(&f, &first, 100, 50, 10);
    wait_end(&first);
    assert_int_equal(f.plan.n_max, 60);
    assert_int_equal(f.plan.marks[0], -1); // nothing shared
    assert_int_equal(f.plan.marks[1], 49);
    f.n_resumable = 30;
    start(&f, &same, 100, 50, 5);
    wait_end(&same);
    assert_int_equal(same.n_reused, 30);
    check_counted(&same, 150, 5);
    assert_int_equal(f.plan.n_max, 55);
    assert_int_equal(f.plan.marks[0], 49); // where the two part, though it had to begin before
    f.n_resumable = 0;
    start(&f, &longer, 100, 54, 1); // the other sequence has nothing better
    wait_end(&longer);
    assert_int_equal(longer.n_reused, 0);
    check_counted(&longer, 154, 1);
    tear_down(&f);
}

static void test_a_long_prompt_is_cut_so_that_steps_stay_below_their_target(void **state)
{
    (void)state;
    fixture f;
    record talker = {0}, long_prompt = {0};
    set_up(&f, 2);
    close_gate(&f);
    start(&f, &talker, 0, 10, 1000);
    wait_at_gate(&f);
    start(&f, &long_prompt, 2000, N_CTX - 10, 5);
    open_gate(&f);
    wait_end(&long_prompt);
    wait_end(&talker);
    check_counted(&talker, 10, 1000);
    check_counted(&long_prompt, 2000 + N_CTX - 10, 5);
    assert_in_range(f.max_ns, 90 * TOKEN_NS, 100 * TOKEN_NS);
    tear_down(&f);
}

/* Whatever the model's speed, no step takes much longer than its target: not even the first, of which nothing is known.
 */
static void test_a_slow_model_gets_small_chunks_from_the_first_step_on(void **state)
{
    (void)state;
    static const uint64_t TOKEN_MS[] = {1, 4, 12, 50};
    for (size_t i = 0; i < sizeof TOKEN_MS / sizeof *TOKEN_MS; i++) {
        fixture f;
        record prompt = {0};
        set_up(&f, 1);
        f.token_ns = TOKEN_MS[i] * 1000000;
        start(&f, &prompt, 0, 400, 1);
        wait_end(&prompt);
        check_counted(&prompt, 400, 1);
        const uint64_t least = 8 * f.token_ns; // the smallest chunk
        assert_in_range(f.all_max_ns, 0, least > 100000000 ? least : 100000000);
        tear_down(&f);
    }
}

static void test_sequences_that_generate_share_steps(void **state)
{
    (void)state;
    fixture f;
    record all[MAX_SEQS] = {0};
    set_up(&f, MAX_SEQS);
    close_gate(&f);
    for (int i = 0; i < MAX_SEQS; i++)
        start(&f, &all[i], 1000 * i, 1, 100);
    wait_at_gate(&f);
    open_gate(&f);
    for (int i = 0; i < MAX_SEQS; i++)
        wait_end(&all[i]);
    for (int i = 0; i < MAX_SEQS; i++)
        check_counted(&all[i], 1000 * i + 1, 100);
    assert_int_equal(f.n_tokens, 100 * MAX_SEQS);
    assert_in_range(f.n_steps, 100, 101); // the first may have started before the others came
    tear_down(&f);
}

/* ---- memory for keys and values ----------------------------------------------------------------------------- */

static void test_idle_caches_give_way_when_memory_is_short(void **state)
{
    (void)state;
    fixture f;
    record a = {0}, b = {0};
    set_up(&f, 2);
    f.kv_max = 100;
    start(&f, &a, 100, 60, 5);
    wait_end(&a);
    start(&f, &b, 900, 60, 5);
    wait_end(&b);
    check_counted(&b, 960, 5);
    assert_null(b.end.error);
    tear_down(&f);
}

static void test_a_task_waits_for_memory_that_a_running_one_holds(void **state)
{
    (void)state;
    fixture f;
    record a = {0}, b = {0}, c = {0};
    set_up(&f, 2);
    f.kv_max = 100;
    close_gate(&f);
    start(&f, &a, 100, 60, 20);
    wait_at_gate(&f);
    start(&f, &b, 900, 60, 20);
    start(&f, &c, 2000, 100, 20); // can never fit, with its first token
    open_gate(&f);
    wait_end(&a);
    wait_end(&b);
    wait_end(&c);
    check_counted(&a, 160, 20);
    check_counted(&b, 960, 20);
    assert_int_equal(c.err.code, SW_ELIMIT);
    tear_down(&f);
}

static void test_memory_that_runs_out_while_generating_ends_with_length(void **state)
{
    (void)state;
    fixture f;
    record a = {0};
    set_up(&f, 1);
    f.kv_max = 50;
    start(&f, &a, 100, 40, 0);
    wait_end(&a);
    check_counted(&a, 140, 11); // ten more positions, and the last token is not evaluated
    assert_int_equal(a.end.finish, SW_FINISH_LENGTH);
    assert_null(a.end.error);
    tear_down(&f);
}

/* ---- lending the model -------------------------------------------------------------------------------------- */

static void test_the_model_is_lent_only_while_there_are_no_tasks(void **state)
{
    (void)state;
    fixture f;
    record a = {0}, b = {0};
    sw_err err = {0};
    set_up(&f, 1);
    close_gate(&f);
    start(&f, &a, 100, 10, 5);
    assert_int_equal(scheduler_borrow(f.s, &err), SW_EBUSY);
    open_gate(&f);
    wait_end(&a);
    assert_int_equal(scheduler_borrow(f.s, NULL), SW_OK);
    assert_int_equal(scheduler_borrow(f.s, NULL), SW_EBUSY);
    start(&f, &b, 100, 10, 5);
    assert_int_equal(scheduler_get_stats(f.s).n_waiting, 1);
    scheduler_give_back(f.s);
    wait_end(&b);
    assert_int_equal(b.n_reused, 0);
    check_counted(&b, 110, 5);
    tear_down(&f);
}

/* ---- counting allocations ----------------------------------------------------------------------------------- */

static void *counting_resize(void *ud, void *p, size_t size)
{
    (void)ud;
    if (size == 0) {
        free(p);
        return NULL;
    }
    atomic_fetch_add(&n_allocations, 1);
    return realloc(p, size);
}

int main(void)
{
    const mem_allocator counting = {counting_resize, NULL};
    mem_set_allocator(&counting);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_task_reports_slot_prompt_tokens_and_end_with_timings),
        cmocka_unit_test(test_slots_show_who_runs_and_what_is_kept),
        cmocka_unit_test(test_a_task_of_the_prompt_alone_samples_nothing_and_may_fill_the_context),
        cmocka_unit_test(test_the_probabilities_of_prompts_take_few_rows_a_step_and_every_position),
        cmocka_unit_test(test_a_prompt_whose_probabilities_are_not_read_waits_and_others_go_on),
        cmocka_unit_test(test_clients_share_the_rows_for_the_probabilities_of_prompts),
        cmocka_unit_test(test_a_prompt_with_a_logit_that_is_not_finite_has_no_probabilities),
        cmocka_unit_test(test_an_embedding_is_of_every_position_and_comes_before_the_end),
        cmocka_unit_test(test_an_embedding_that_was_canceled_or_has_no_direction_does_not_come),
        cmocka_unit_test(test_the_callback_ends_a_task),
        cmocka_unit_test(test_a_full_context_ends_a_task_and_refuses_a_prompt_without_room),
        cmocka_unit_test(test_decoding_allocates_nothing),
        cmocka_unit_test(test_cancel_takes_effect_while_waiting_in_the_prompt_and_while_generating),
        cmocka_unit_test(test_closing_cancels_everything_and_ends_each_task_once),
        cmocka_unit_test(test_clients_take_turns),
        cmocka_unit_test(test_a_short_prompt_does_not_wait_for_the_long_ones_of_another_client),
        cmocka_unit_test(test_a_task_without_room_pauses_alone_and_can_be_canceled),
        cmocka_unit_test(test_the_queue_takes_its_limit_and_not_one_more),
        cmocka_unit_test(test_a_sequence_that_is_not_finite_ends_alone),
        cmocka_unit_test(test_a_step_that_fails_for_nobody_in_particular_ends_all_and_leaves_no_cache),
        cmocka_unit_test(test_the_longest_cached_prefix_is_reused),
        cmocka_unit_test(test_a_prefix_that_the_model_has_dropped_is_not_reused),
        cmocka_unit_test(test_a_long_prompt_is_cut_so_that_steps_stay_below_their_target),
        cmocka_unit_test(test_a_slow_model_gets_small_chunks_from_the_first_step_on),
        cmocka_unit_test(test_sequences_that_generate_share_steps),
        cmocka_unit_test(test_idle_caches_give_way_when_memory_is_short),
        cmocka_unit_test(test_a_task_waits_for_memory_that_a_running_one_holds),
        cmocka_unit_test(test_memory_that_runs_out_while_generating_ends_with_length),
        cmocka_unit_test(test_the_model_is_lent_only_while_there_are_no_tasks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
