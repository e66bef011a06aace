/* Several engines behind counted handles: who stays, who makes room, and what is said when there is none. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/sysinfo.h"
#include "serving/engine_facts.h"
#include "serving/model_pool.h"
#include "support/pool_fixture.h"
#include "support/temp_dir.h"

#define GPT_OSS  SPILLWAY_SOURCE_DIR "/models/demo-gpt-oss.gguf"
#define DEEPSEEK SPILLWAY_SOURCE_DIR "/models/demo-deepseek.gguf"

static model_catalog catalog;

static const model_entry *preferred; // of the pools that are opened
static bool any_name;

static model_pool *open_with(model_pool_options options)
{
    options.catalog = &catalog;
    options.engine = (sw_engine_options){.n_threads = 1, .n_ctx = 256, .n_seqs = 1};
    model_pool *pool;
    sw_err err = {0};
    assert_int_equal(model_pool_open(&pool, &options, &err), SW_OK);
    return pool;
}

static model_pool *open_pool(int n_engines_max, uint64_t memory_bytes_max)
{
    return open_with((model_pool_options){.preferred = preferred,
                                          .any_name = any_name,
                                          .n_engines_max = n_engines_max,
                                          .memory_bytes_max = memory_bytes_max});
}

static model_handle *get(model_pool *pool, const char *id)
{
    model_handle *handle;
    sw_err why = {0};
    if (pool_acquire(pool, id, &handle, &why) != MODEL_ACQUIRED)
        fail_msg("%s", why.msg);
    return handle;
}

static void assert_refused(model_pool *pool, const char *id, model_refusal expected, const char *words)
{
    model_handle *handle;
    sw_err why = {0};
    const model_refusal refusal = pool_acquire(pool, id, &handle, &why);
    assert_null(handle);
    if (refusal != expected || strstr(why.msg, words) == NULL)
        fail_msg("%d, not %d: '%s' does not say '%s'", (int)refusal, (int)expected, why.msg, words);
}

static model_status status_of(model_pool *pool, const char *id)
{
    return model_pool_state(pool, model_catalog_find(&catalog, id)).status;
}

/* What an engine takes in these tests: weights, and caches of one sequence of 256 tokens. */
static uint64_t bytes_of(const char *id)
{
    model_pool *const pool = open_pool(1, 0);
    model_handle *const h = get(pool, id);
    const sw_engine_state state = sw_engine_get_state(model_handle_engine(h));
    model_handle_release(h);
    model_pool_close(pool);
    return engine_bytes_taken(&state);
}

static void ignore_event(void *ud, const sw_event *event)
{
    (void)ud, (void)event;
}

/* A job that generates one token. */
static void generate(model_handle *h)
{
    const sw_message message = {.role = SW_ROLE_USER, .content = "Hi"};
    const sw_request request = {.messages = &message, .n_messages = 1, .max_tokens = 1, .on_event = ignore_event};
    sw_job *job;
    sw_err err = {0};
    assert_int_equal(sw_engine_submit(model_handle_engine(h), &request, &job, &err), SW_OK);
    sw_job_wait(job);
    sw_job_release(job);
}

static bool note_visit(void *ud, const model_entry *model, sw_engine *engine)
{
    assert_non_null(engine);
    strcat(ud, model->id);
    strcat(ud, " ");
    return true;
}

static void assert_visits(model_pool *pool, const char *expected)
{
    char ids[200] = "";
    model_pool_visit(pool, note_visit, ids);
    assert_string_equal(ids, expected);
}

static void test_two_engines_serve_at_once(void **state)
{
    (void)state;
    model_pool *const pool = open_pool(2, 0);
    model_handle *const a = get(pool, "demo-gpt-oss"), *const b = get(pool, "stub");
    assert_true(model_handle_engine(a) != model_handle_engine(b));
    assert_string_not_equal(model_handle_fingerprint(a), model_handle_fingerprint(b));
    generate(a);
    generate(b);
    assert_visits(pool, "stub demo-gpt-oss ");
    model_handle *const again = get(pool, "demo-gpt-oss.gguf");
    assert_ptr_equal(model_handle_engine(again), model_handle_engine(a));
    assert_visits(pool, "demo-gpt-oss stub ");
    model_handle *const unnamed = get(pool, NULL); // the one used last
    assert_ptr_equal(model_handle_engine(unnamed), model_handle_engine(a));
    assert_int_equal(status_of(pool, "stub"), MODEL_LOADED);
    assert_refused(pool, "demo-deepseek", MODEL_BUSY, "requests still use the model");
    model_handle_release(a);
    model_handle_release(again);
    model_handle_release(unnamed);
    model_handle_release(b);
    model_pool_close(pool);
}

static void test_what_is_idle_longest_makes_room(void **state)
{
    (void)state;
    model_pool *const pool = open_pool(2, 0);
    model_handle *const a = get(pool, "demo-gpt-oss");
    model_handle_release(get(pool, "stub"));
    model_handle_release(a);
    model_handle_release(get(pool, "stub")); // now demo-gpt-oss is idle for longer
    model_handle *const c = get(pool, "demo-deepseek");
    assert_int_equal(status_of(pool, "demo-gpt-oss"), MODEL_UNLOADED);
    assert_int_equal(status_of(pool, "stub"), MODEL_LOADED);
    assert_visits(pool, "demo-deepseek stub ");
    model_handle_release(c);
    model_pool_close(pool);
}

static void test_an_engine_in_use_stays_until_its_last_handle_is_released(void **state)
{
    (void)state;
    model_pool *const pool = open_pool(1, 0);
    model_handle *const a = get(pool, "stub"), *const b = get(pool, "stub");
    assert_refused(pool, "demo-gpt-oss", MODEL_BUSY, "2 requests still use the model 'stub'");
    model_handle_release(a);
    assert_refused(pool, "demo-gpt-oss", MODEL_BUSY, "1 requests still use the model 'stub'");
    model_handle_release(b);
    model_handle *const c = get(pool, "demo-gpt-oss");
    assert_int_equal(status_of(pool, "stub"), MODEL_UNLOADED);
    generate(c);
    model_handle_release(c);
    model_pool_close(pool);
}

static void test_engines_stay_within_the_budget(void **state)
{
    (void)state;
    const uint64_t a_bytes = bytes_of("demo-gpt-oss"), b_bytes = bytes_of("demo-deepseek");
    model_pool *pool = open_pool(3, a_bytes + b_bytes);
    model_handle *a = get(pool, "demo-gpt-oss"), *b = get(pool, "demo-deepseek"); // both fit
    model_handle_release(a);
    model_handle_release(b);
    model_pool_close(pool);

    pool = open_pool(3, a_bytes + b_bytes - 1);
    a = get(pool, "demo-gpt-oss");
    assert_refused(pool, "demo-deepseek", MODEL_BUSY, "1 requests still use the model 'demo-gpt-oss'");
    model_handle_release(a);
    b = get(pool, "demo-deepseek");
    assert_int_equal(status_of(pool, "demo-gpt-oss"), MODEL_UNLOADED);
    model_handle_release(b);
    model_pool_close(pool);

    pool = open_pool(3, a_bytes - 1);
    assert_refused(pool, "demo-gpt-oss", MODEL_TOO_LARGE, "the server may use");
    assert_visits(pool, "");
    model_pool_close(pool);
    pool = open_pool(3, 1000);
    assert_refused(pool, "demo-gpt-oss", MODEL_TOO_LARGE, "the server may use");
    assert_int_equal(status_of(pool, "demo-gpt-oss"), MODEL_UNLOADED);
    model_pool_close(pool);
}

static void test_says_why_there_is_no_engine(void **state)
{
    (void)state;
    model_pool *const pool = open_pool(1, 0);
    assert_refused(pool, "nothing", MODEL_UNKNOWN,
                   "'nothing' is not known here; known are demo-gpt-oss, demo-deepseek, stub, broken");
    assert_refused(pool, "broken", MODEL_BROKEN, "could not be loaded: broken");
    const model_state broken = model_pool_state(pool, model_catalog_find(&catalog, "broken"));
    assert_int_equal(broken.status, MODEL_FAILED);
    assert_null(strchr(broken.error, '/'));
    assert_true(model_pool_can_answer(pool));
    model_pool_close(pool);
    const model_catalog nothing = {0};
    model_pool *empty;
    sw_err err = {0};
    assert_int_equal(model_pool_open(&empty, &(model_pool_options){.catalog = &nothing}, &err), SW_OK);
    assert_refused(empty, NULL, MODEL_NONE, "no model was found");
    assert_refused(empty, "a", MODEL_UNKNOWN, "'a' is not known here; no model was found");
    model_pool_close(empty);
}

static void assert_gets(model_pool *pool, const char *id, const char *expected)
{
    model_handle *const h = get(pool, id);
    assert_string_equal(model_handle_model(h)->id, expected);
    model_handle_release(h);
}

static void test_a_request_without_a_name_gets_the_preferred_the_loaded_or_the_first_model(void **state)
{
    (void)state;
    model_pool *pool = open_pool(1, 0);
    assert_gets(pool, NULL, "demo-gpt-oss");
    assert_gets(pool, "stub", "stub");
    assert_gets(pool, NULL, "stub");
    model_pool_close(pool);
    preferred = model_catalog_find(&catalog, "demo-deepseek");
    pool = open_pool(1, 0);
    assert_gets(pool, "stub", "stub");
    assert_gets(pool, NULL, "demo-deepseek");
    assert_refused(pool, "gpt-none", MODEL_UNKNOWN, "gpt-none");
    model_pool_close(pool);
    any_name = true;
    pool = open_pool(1, 0);
    assert_gets(pool, "gpt-none", "demo-deepseek");
    assert_gets(pool, "stub", "stub");
    model_pool_close(pool);
    preferred = NULL;
    any_name = false;
}

static void *acquire_and_generate(void *ud)
{
    model_handle *const h = get(ud, "demo-gpt-oss");
    generate(h);
    return h;
}

static void test_threads_that_ask_for_one_model_share_one_engine(void **state)
{
    (void)state;
    enum { N_THREADS = 4 };
    model_pool *const pool = open_pool(2, 0);
    pthread_t threads[N_THREADS];
    void *handles[N_THREADS];
    for (int i = 0; i < N_THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, acquire_and_generate, pool), 0);
    for (int i = 0; i < N_THREADS; i++)
        pthread_join(threads[i], &handles[i]);
    assert_visits(pool, "demo-gpt-oss ");
    for (int i = 0; i < N_THREADS; i++) {
        assert_ptr_equal(handles[i], handles[0]);
        model_handle_release(handles[i]);
    }
    model_pool_close(pool);
}

/* ---- what is loaded while a gate is shut --------------------------------------------------------------------------
 */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    const char *model; // its load does not end while this names it
    bool is_reached;   // by the loader
} gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void shut_gate(const char *model)
{
    pthread_mutex_lock(&gate.lock);
    gate.model = model;
    gate.is_reached = false;
    pthread_cond_broadcast(&gate.changed);
    pthread_mutex_unlock(&gate.lock);
}

static void open_gate(void)
{
    shut_gate(NULL);
}

static void await_at_gate(void)
{
    pthread_mutex_lock(&gate.lock);
    while (!gate.is_reached)
        pthread_cond_wait(&gate.changed, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
}

static void wait_at_gate(void *ud, const model_entry *model, const sw_engine_state *state)
{
    (void)ud, (void)state;
    pthread_mutex_lock(&gate.lock);
    while (gate.model != NULL && strcmp(gate.model, model->id) == 0) {
        gate.is_reached = true;
        pthread_cond_broadcast(&gate.changed);
        pthread_cond_wait(&gate.changed, &gate.lock);
    }
    pthread_mutex_unlock(&gate.lock);
}

/* A wish that only notes what became of it. */
typedef struct noted_wish {
    model_wish wish;
    model_handle *handle;
    _Atomic char call; // Granted, Refused, Dropped; 0: it waits
} noted_wish;

static void note_granted(void *ud, model_handle *handle, double load_ms)
{
    noted_wish *const w = ud;
    (void)load_ms;
    w->handle = handle;
    atomic_store(&w->call, 'G');
}

static void note_refused(void *ud, model_refusal refusal, const sw_err *why)
{
    (void)refusal;
    assert_true(why->msg[0] != '\0');
    atomic_store(&((noted_wish *)ud)->call, 'R');
}

static void note_dropped(void *ud)
{
    atomic_store(&((noted_wish *)ud)->call, 'D');
}

static void assert_ends(noted_wish *w, char call)
{
    for (int i = 0; i < 20000 && atomic_load(&w->call) == 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    assert_int_equal(atomic_load(&w->call), call);
}

static model_refusal wish_for(model_pool *pool, const char *id, noted_wish *w)
{
    sw_err why = {0};
    *w = (noted_wish){.wish = {.granted = note_granted, .refused = note_refused, .dropped = note_dropped, .ud = w}};
    return model_pool_ask(pool, id, &w->wish, &w->handle, &why);
}

static void test_a_load_holds_up_only_those_who_wait_for_it(void **state)
{
    (void)state;
    model_pool *const pool = open_with((model_pool_options){.n_engines_max = 3, .on_loaded = wait_at_gate});
    noted_wish slow, again, other, broken;
    model_handle_release(get(pool, "stub"));
    shut_gate("demo-gpt-oss");
    assert_int_equal(wish_for(pool, "demo-gpt-oss", &slow), MODEL_AWAITED);
    await_at_gate();
    assert_int_equal(status_of(pool, "demo-gpt-oss"), MODEL_LOADING);
    assert_int_equal(wish_for(pool, "broken", &broken), MODEL_AWAITED);
    assert_int_equal(wish_for(pool, "demo-deepseek", &other), MODEL_AWAITED);
    assert_int_equal(wish_for(pool, "demo-gpt-oss", &again), MODEL_AWAITED);
    assert_int_equal(status_of(pool, "demo-deepseek"), MODEL_LOADING); // it has its place in the queue
    model_handle *const free_to_go = get(pool, "stub");
    generate(free_to_go); // nothing of it waits for the load
    model_handle_release(free_to_go);
    model_handle_release(get(pool, NULL)); // the model used last, not the one that is loaded
    assert_true(model_pool_can_answer(pool));
    assert_int_equal(atomic_load(&slow.call), 0);
    open_gate();
    assert_ends(&slow, 'G');
    assert_ends(&again, 'G');
    assert_ends(&broken, 'R'); // the failure is only its own
    assert_ends(&other, 'G');
    assert_ptr_equal(slow.handle, again.handle);
    model_handle_release(slow.handle);
    model_handle_release(again.handle);
    model_handle_release(other.handle);
    model_pool_close(pool);
}

static void test_a_wish_is_taken_back(void **state)
{
    (void)state;
    model_pool *const pool = open_with((model_pool_options){.n_engines_max = 3, .on_loaded = wait_at_gate});
    noted_wish loading, other, gone;
    shut_gate("stub");
    assert_int_equal(wish_for(pool, "stub", &loading), MODEL_AWAITED);
    await_at_gate();
    assert_int_equal(wish_for(pool, "demo-gpt-oss", &other), MODEL_AWAITED);
    assert_int_equal(wish_for(pool, "demo-gpt-oss", &gone), MODEL_AWAITED);
    assert_true(model_pool_withdraw(pool, &gone.wish));
    assert_false(model_pool_withdraw(pool, &gone.wish));
    assert_int_equal(status_of(pool, "demo-gpt-oss"), MODEL_LOADING); // there is another wish for it
    assert_true(model_pool_withdraw(pool, &other.wish));
    assert_int_equal(status_of(pool, "demo-gpt-oss"), MODEL_UNLOADED);
    assert_true(model_pool_withdraw(pool, &loading.wish)); // its load goes on
    assert_int_equal(wish_for(pool, NULL, &other), MODEL_AWAITED);
    open_gate();
    assert_ends(&other, 'G');
    assert_string_equal(model_handle_model(other.handle)->id, "stub");
    assert_int_equal(atomic_load(&loading.call), 0);
    assert_int_equal(atomic_load(&gone.call), 0);
    assert_false(model_pool_withdraw(pool, &other.wish));
    model_handle_release(other.handle);
    model_pool_close(pool);
}

static void test_a_request_without_a_name_waits_for_the_first_load(void **state)
{
    (void)state;
    model_pool *const pool = open_with((model_pool_options){.n_engines_max = 2, .on_loaded = wait_at_gate});
    noted_wish first, unnamed;
    shut_gate("stub");
    assert_int_equal(wish_for(pool, "stub", &first), MODEL_AWAITED);
    await_at_gate();
    assert_false(model_pool_can_answer(pool));
    assert_int_equal(wish_for(pool, NULL, &unnamed), MODEL_AWAITED);
    open_gate();
    assert_ends(&first, 'G');
    assert_ends(&unnamed, 'G');
    assert_ptr_equal(first.handle, unnamed.handle);
    model_handle_release(first.handle);
    model_handle_release(unnamed.handle);
    model_pool_close(pool);
}

static void *open_gate_soon(void *ud)
{
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL); // until the pool was told to end
    open_gate();
    return ud;
}

static void test_wishes_are_dropped_at_the_end(void **state)
{
    (void)state;
    model_pool *const pool = open_with((model_pool_options){.n_engines_max = 2, .on_loaded = wait_at_gate});
    noted_wish loading, waiting, late;
    pthread_t opener;
    shut_gate("stub");
    assert_int_equal(wish_for(pool, "stub", &loading), MODEL_AWAITED);
    await_at_gate();
    assert_int_equal(wish_for(pool, "demo-gpt-oss", &waiting), MODEL_AWAITED);
    assert_int_equal(pthread_create(&opener, NULL, open_gate_soon, NULL), 0);
    assert_true(model_pool_end(pool));
    pthread_join(opener, NULL);
    assert_ends(&waiting, 'D');
    assert_int_equal(wish_for(pool, "demo-gpt-oss", &late), MODEL_STOPPED);
    sw_err why = {0};
    assert_int_equal(model_pool_begin_load(pool, model_catalog_find(&catalog, "demo-gpt-oss"), &why), MODEL_STOPPED);
    assert_non_null(strstr(why.msg, "shutting down"));
    assert_ends(&loading, 'G'); // its load was over in time
    model_handle_release(loading.handle);
    model_pool_close(pool);
}

static void test_the_end_does_not_wait_for_a_load_that_takes_long(void **state)
{
    (void)state;
    fake_clock clock; // five seconds of it pass in an instant
    fake_clock_init(&clock);
    model_pool *const pool =
        open_with((model_pool_options){.n_engines_max = 2, .on_loaded = wait_at_gate, .clock = &clock.clock});
    noted_wish loading;
    shut_gate("stub");
    assert_int_equal(wish_for(pool, "stub", &loading), MODEL_AWAITED);
    await_at_gate();
    assert_false(model_pool_end(pool));
    assert_true(clock_now_ns(&clock.clock) >= 5000000000u);
    open_gate();
    assert_ends(&loading, 'G');
    model_handle_release(loading.handle);
    model_pool_close(pool);
}

/* ---- by name, and by time --------------------------------------------------------------------------------------- */

static const model_entry *entry(const char *id)
{
    const model_entry *const m = model_catalog_find(&catalog, id);
    assert_non_null(m);
    return m;
}

static void test_loads_and_unloads_by_name(void **state)
{
    (void)state;
    model_pool *const pool = open_pool(1, 0);
    sw_err err = {0};
    assert_int_equal(model_pool_unload(pool, entry("stub"), &err), SW_ENOTFOUND);
    assert_int_equal(model_pool_begin_load(pool, entry("stub"), &err), MODEL_AWAITED);
    pool_await_status(pool, entry("stub"), MODEL_LOADED);
    assert_int_equal(model_pool_begin_load(pool, entry("stub"), &err), MODEL_ACQUIRED);
    model_handle *const h = get(pool, "stub");
    assert_int_equal(model_pool_state(pool, entry("stub")).n_users, 1);
    sw_err_clear(&err);
    assert_int_equal(model_pool_unload(pool, entry("stub"), &err), SW_EBUSY);
    assert_non_null(strstr(err.msg, "1 requests still use the model 'stub'"));
    sw_err_clear(&err);
    assert_int_equal(model_pool_begin_load(pool, entry("demo-gpt-oss"), &err), MODEL_BUSY);
    model_handle_release(h);
    assert_int_equal(model_pool_unload(pool, entry("stub"), NULL), SW_OK);
    assert_int_equal(status_of(pool, "stub"), MODEL_UNLOADED);
    model_handle_release(get(pool, "stub")); // it can come back at once
    assert_int_equal(model_pool_begin_load(pool, entry("broken"), &err), MODEL_AWAITED);
    pool_await_status(pool, entry("broken"), MODEL_FAILED);
    model_pool_close(pool);
}

static void test_the_memory_of_an_unloaded_model_goes_back(void **state)
{
    (void)state;
    model_pool *const pool = open_pool(1, 0);
    model_handle *const h = get(pool, "demo-gpt-oss");
    const uint64_t weights = sw_engine_get_state(model_handle_engine(h)).weight_bytes_ram;
    const uint64_t loaded = sysinfo_memory_of(0).anon;
    assert_true(weights > 1000000);
    model_handle_release(h);
    assert_int_equal(model_pool_unload(pool, entry("demo-gpt-oss"), NULL), SW_OK);
    model_handle_release(get(pool, "stub")); // in the only slot, so the first engine is closed now
    assert_true(sysinfo_memory_of(0).anon + weights / 2 < loaded);
    model_pool_close(pool);
}

static void test_an_idle_model_is_kept_for_its_time(void **state)
{
    (void)state;
    fake_clock clock;
    fake_clock_init(&clock);
    model_pool *const pool = open_with(
        (model_pool_options){.n_engines_max = 2, .has_keep_alive = true, .keep_alive_s = 300, .clock = &clock.clock});
    model_handle *h = get(pool, "stub");
    fake_clock_advance(&clock, 1000u * 1000000000ull); // it is in use
    assert_float_equal(model_pool_state(pool, entry("stub")).expires_in_s, 300, 1e-9);
    model_handle_release(h);
    fake_clock_advance(&clock, 299u * 1000000000ull);
    assert_float_equal(model_pool_state(pool, entry("stub")).expires_in_s, 1, 1e-9);
    h = get(pool, "stub");
    model_handle_keep_alive(h, -1);
    model_handle_release(h);
    fake_clock_advance(&clock, 100000u * 1000000000ull);
    assert_true(model_pool_state(pool, entry("stub")).expires_in_s < 0);
    h = get(pool, "stub"); // the next request's time is the pool's again
    model_handle_release(h);
    assert_float_equal(model_pool_state(pool, entry("stub")).expires_in_s, 300, 1e-9);
    fake_clock_advance(&clock, 300u * 1000000000ull);
    pool_await_status(pool, entry("stub"), MODEL_UNLOADED);
    h = get(pool, "stub");
    model_handle_keep_alive(h, 0);
    assert_int_equal(status_of(pool, "stub"), MODEL_LOADED);
    model_handle_release(h);
    pool_await_status(pool, entry("stub"), MODEL_UNLOADED);
    model_pool_close(pool);
}

static void test_a_soft_budget_bounds_only_what_is_beside_others(void **state)
{
    (void)state;
    model_pool *const pool =
        open_with((model_pool_options){.n_engines_max = 3, .memory_bytes_max = 1000, .is_budget_soft = true});
    model_handle *const a = get(pool, "demo-gpt-oss");
    assert_refused(pool, "demo-deepseek", MODEL_BUSY, "still use the model 'demo-gpt-oss'");
    model_handle_release(a);
    model_handle_release(get(pool, "demo-deepseek"));
    assert_visits(pool, "demo-deepseek ");
    model_pool_close(pool);
}

static void test_a_model_that_is_added_later_is_known(void **state)
{
    (void)state;
    model_catalog growing = {0};
    model_pool *pool;
    sw_err err = {0};
    assert_int_equal(model_catalog_add(&growing, "stub:", &err), SW_OK);
    assert_int_equal(model_pool_open(&pool, &(model_pool_options){.catalog = &growing}, &err), SW_OK);
    model_handle *const h = get(pool, "stub");
    const model_entry *const stub = model_handle_model(h);
    assert_int_equal(model_catalog_add(&growing, GPT_OSS, &err), SW_OK);
    assert_ptr_equal(model_catalog_find(&growing, "stub"), stub); // entries stay where they are
    const model_entry *const added = model_catalog_find(&growing, "demo-gpt-oss");
    assert_int_equal(model_pool_state(pool, added).status, MODEL_UNLOADED);
    model_handle_release(h);
    model_handle_release(get(pool, "demo-gpt-oss"));
    assert_int_equal(model_pool_state(pool, added).status, MODEL_LOADED);
    model_pool_close(pool);
    model_catalog_free(&growing);
}

static int fill_catalog(void **state)
{
    (void)state;
    const temp_path broken = temp_file("broken.gguf");
    temp_write(broken.s, "not a model", 11);
    const char *const paths[] = {GPT_OSS, DEEPSEEK, "stub:", broken.s};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        if (model_catalog_add(&catalog, paths[i], NULL) != SW_OK)
            return -1;
    }
    return 0;
}

static int empty_catalog(void **state)
{
    (void)state;
    model_catalog_free(&catalog);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_engines_serve_at_once),
        cmocka_unit_test(test_what_is_idle_longest_makes_room),
        cmocka_unit_test(test_an_engine_in_use_stays_until_its_last_handle_is_released),
        cmocka_unit_test(test_engines_stay_within_the_budget),
        cmocka_unit_test(test_says_why_there_is_no_engine),
        cmocka_unit_test(test_a_request_without_a_name_gets_the_preferred_the_loaded_or_the_first_model),
        cmocka_unit_test(test_threads_that_ask_for_one_model_share_one_engine),
        cmocka_unit_test(test_a_load_holds_up_only_those_who_wait_for_it),
        cmocka_unit_test(test_a_wish_is_taken_back),
        cmocka_unit_test(test_a_request_without_a_name_waits_for_the_first_load),
        cmocka_unit_test(test_wishes_are_dropped_at_the_end),
        cmocka_unit_test(test_the_end_does_not_wait_for_a_load_that_takes_long),
        cmocka_unit_test(test_loads_and_unloads_by_name),
        cmocka_unit_test(test_the_memory_of_an_unloaded_model_goes_back),
        cmocka_unit_test(test_an_idle_model_is_kept_for_its_time),
        cmocka_unit_test(test_a_soft_budget_bounds_only_what_is_beside_others),
        cmocka_unit_test(test_a_model_that_is_added_later_is_known),
    };
    return cmocka_run_group_tests(tests, fill_catalog, empty_catalog);
}
