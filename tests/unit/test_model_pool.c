/* Several engines behind counted handles: who stays, who makes room, and what is said when there is none. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "serving/engine_facts.h"
#include "serving/model_pool.h"
#include "support/temp_dir.h"

#define GPT_OSS  SPILLWAY_SOURCE_DIR "/models/demo-gpt-oss.gguf"
#define DEEPSEEK SPILLWAY_SOURCE_DIR "/models/demo-deepseek.gguf"

static model_catalog catalog;

static const model_entry *preferred; // of the pools that are opened
static bool any_name;

static model_pool *open_pool(int n_engines_max, uint64_t memory_bytes_max)
{
    const model_pool_options options = {.catalog = &catalog,
                                        .preferred = preferred,
                                        .any_name = any_name,
                                        .n_engines_max = n_engines_max,
                                        .memory_bytes_max = memory_bytes_max,
                                        .engine = {.n_threads = 1, .n_ctx = 256, .n_seqs = 1}};
    model_pool *pool;
    sw_err err = {0};
    assert_int_equal(model_pool_open(&pool, &options, &err), SW_OK);
    return pool;
}

static model_handle *get(model_pool *pool, const char *id)
{
    model_handle *handle;
    double load_ms;
    sw_err why = {0};
    if (model_pool_acquire(pool, id, &handle, &load_ms, &why) != MODEL_ACQUIRED)
        fail_msg("%s", why.msg);
    return handle;
}

static void assert_refused(model_pool *pool, const char *id, model_refusal expected, const char *words)
{
    model_handle *handle;
    double load_ms;
    sw_err why = {0};
    const model_refusal refusal = model_pool_acquire(pool, id, &handle, &load_ms, &why);
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
    assert_false(model_pool_is_loading(pool));
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
    };
    return cmocka_run_group_tests(tests, fill_catalog, empty_catalog);
}
