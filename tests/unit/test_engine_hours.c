/* test_engine_hours.c - eight hours of generation in seconds: the stub engine on a clock that moves only when a thread
 * sleeps on it or the test advances it.
 *
 * The engine thread moves the clock, one step of the stub's pace at a time, and this test moves it between bursts of
 * jobs.  So every duration is known exactly: a job's own timings must add up to what the clock says, and the bytes that
 * are allocated must be the same at the end of every hour.
 */
#include <malloc.h> // malloc_usable_size
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/rng.h"
#include "spillway.h"

enum {
    N_HOURS = 8,
    N_SEQS = 4,
    BURST_MAX = 9,     // jobs at once: more than there are sequences
    IDLE_S_MAX = 120,  // between bursts
    STEPS_PER_S = 10,  // of the stub
    LONG_PROMPT = 600, // bytes, and so tokens: longer than any other job's
    ANSWER_MAX = 201,  // tokens: the stub's longest answer and its end
};

/* ---- live memory -------------------------------------------------------------------------------------------- */

static atomic_llong live_bytes;

static void *counted_resize(void *ud, void *p, size_t size)
{
    (void)ud;
    const long long before = p != NULL ? (long long)malloc_usable_size(p) : 0;
    if (size == 0) {
        free(p);
        atomic_fetch_sub(&live_bytes, before);
        return NULL;
    }
    void *const grown = realloc(p, size);
    if (grown != NULL)
        atomic_fetch_add(&live_bytes, (long long)malloc_usable_size(grown) - before);
    return grown;
}

/* ---- one job ------------------------------------------------------------------------------------------------ */

typedef struct watched {
    const fake_clock *clock;
    sw_job *job;
    uint64_t before_ns, after_ns; // around sw_engine_submit
    uint64_t done_ns;             // at the last event
    int n_tokens;                 // counted by TOKEN events
    sw_event last;
} watched;

static void on_event(void *ud, const sw_event *e)
{
    watched *const w = ud;
    if (e->type == SW_EVENT_TOKEN)
        w->n_tokens += e->n_tokens;
    w->last = *e;
    if (e->type == SW_EVENT_DONE)
        w->done_ns = atomic_load(&w->clock->now);
}

static void submit(sw_engine *engine, const fake_clock *clock, watched *w, const sw_request *shape)
{
    sw_request r = *shape;
    sw_err err = {0};
    *w = (watched){.clock = clock};
    r.on_event = on_event;
    r.ud = w;
    w->before_ns = atomic_load(&clock->now);
    if (sw_engine_submit(engine, &r, &w->job, &err) != SW_OK)
        fail_msg("%s", err.msg);
    w->after_ns = atomic_load(&clock->now);
}

static void assert_close(double a, double b)
{
    if (!(fabs(a - b) < 1e-6 * (fabs(b) + 1)))
        fail_msg("%.9f is not %.9f", a, b);
}

/* Checks a job that ran to its end: its parts add up to the time that passed, and a generating sequence gets
 * a token in every step. */
static void check_timings(const watched *w)
{
    const sw_timings t = w->last.timings;
    assert_int_equal(w->last.type, SW_EVENT_DONE);
    assert_true(t.queue_ms >= 0 && t.prompt_ms > 0 && t.predict_ms >= 0);
    assert_close(t.ttft_ms, t.queue_ms + t.prompt_ms);
    const double submitted_ms = ns_to_ms(w->done_ns) - t.ttft_ms - t.predict_ms;
    assert_true(submitted_ms > ns_to_ms(w->before_ns) - 1e-3 && submitted_ms < ns_to_ms(w->after_ns) + 1e-3);
    const int n_sampled = w->last.n_predicted + (w->last.finish == SW_FINISH_STOP); // and the end token
    assert_close(t.predict_ms, (n_sampled - 1) * 1000.0 / STEPS_PER_S);
    assert_int_equal(w->n_tokens, w->last.n_predicted);
}

/* Waits for the last event; returns the number of tokens. */
static int finish(watched *w, bool is_canceled)
{
    sw_job_wait(w->job);
    if (is_canceled && w->last.finish == SW_FINISH_CANCELED)
        assert_true(w->done_ns >= w->before_ns);
    else
        check_timings(w);
    sw_job_release(w->job);
    return w->last.n_predicted;
}

/* ---- the hours ---------------------------------------------------------------------------------------------- */

/* Gives every sequence the longest history that it will ever have, so that nothing grows later. */
static void fill_sequences(sw_engine *engine, const fake_clock *clock)
{
    for (int i = 0; i < N_SEQS; i++) {
        char prompt[LONG_PROMPT + 1];
        memset(prompt, 'a' + i, LONG_PROMPT); // no two share a prefix, so each takes another sequence
        prompt[LONG_PROMPT] = '\0';
        watched w;
        submit(engine, clock, &w, &(sw_request){.prompt = prompt});
        finish(&w, false);
    }
}

/* A burst of chats, of which every fifth is canceled at once and every third samples. */
static long run_burst(sw_engine *engine, const fake_clock *clock, rng_state *rng, int n)
{
    watched jobs[BURST_MAX];
    bool is_canceled[BURST_MAX];
    long n_tokens = 0;
    for (int i = 0; i < n; i++) {
        const uint64_t draw = rng_next(rng);
        char text[64];
        snprintf(text, sizeof text, "Question %u of today?", (unsigned)(draw % 1000));
        const sw_message message = {.role = SW_ROLE_USER, .content = text};
        sw_request r = {.messages = &message, .n_messages = 1, .max_tokens = 0};
        if (draw % 3 == 0)
            r.sampling = (sw_sampling){.temperature = 0.8f, .seed = draw};
        submit(engine, clock, &jobs[i], &r);
        is_canceled[i] = draw % 5 == 0;
        if (is_canceled[i])
            sw_job_cancel(jobs[i].job);
    }
    for (int i = 0; i < n; i++)
        n_tokens += finish(&jobs[i], is_canceled[i]);
    return n_tokens;
}

static void check_idle(sw_engine *engine)
{
    const sw_engine_state s = sw_engine_get_state(engine);
    assert_int_equal(s.n_jobs_running, 0);
    assert_int_equal(s.n_jobs_waiting, 0);
    assert_in_range(s.kv_tokens_used, 1, N_SEQS * (LONG_PROMPT + ANSWER_MAX));
}

static void test_eight_hours_of_jobs_leave_nothing_behind_and_their_times_add_up(void **state)
{
    (void)state;
    fake_clock clock;
    fake_clock_init(&clock);
    rng_state rng;
    rng_seed(&rng, 8);
    sw_engine *engine;
    sw_err err = {0};
    const sw_engine_options options = {.clock = &clock.clock, .n_seqs = N_SEQS, .stub_tokens_per_s = STEPS_PER_S};
    assert_int_equal(sw_engine_open(&engine, "stub:", &options, &err), SW_OK);
    fill_sequences(engine, &clock);
    const long long live = atomic_load(&live_bytes);
    long n_jobs = 0, n_tokens = 0;
    for (int hour = 1; hour <= N_HOURS; hour++) {
        while (atomic_load(&clock.now) < (uint64_t)hour * 3600 * 1000000000u) {
            const int n = 1 + (int)(rng_next(&rng) % BURST_MAX);
            n_tokens += run_burst(engine, &clock, &rng, n);
            n_jobs += n;
            check_idle(engine);
            fake_clock_advance(&clock, (1 + rng_next(&rng) % IDLE_S_MAX) * 1000000000u);
        }
        assert_int_equal(atomic_load(&live_bytes), live);
    }
    print_message("%ld jobs, %ld tokens, %lld bytes live\n", n_jobs, n_tokens, live);
    assert_true(n_jobs > 1000 && n_tokens > 50000);
    sw_engine_close(engine);
    assert_int_equal(atomic_load(&live_bytes), 0);
}

int main(void)
{
    mem_set_allocator(&(mem_allocator){counted_resize, NULL});
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_eight_hours_of_jobs_leave_nothing_behind_and_their_times_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
