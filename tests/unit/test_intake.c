/* The queue before the engines: its bound, its order, and its end. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/limits.h"
#include "serving/intake.h"

/* What was called for a job, letter by letter: Prepare, Refused, Admitted, sTopped, Finished. */
typedef struct fake_job {
    intake_place place;
    const char *model;
    bool is_unwanted;
    bool waits_for_the_gate; // is_large_gate_shut
    char calls[16];
    model_refusal refusal;
    model_handle *handle;
} fake_job;

static atomic_bool is_gate_shut;       // prepare waits while it is
static atomic_bool is_large_gate_shut; // the same for some jobs
static _Atomic int n_prepared, n_finished;
static atomic_bool has_started;

static void pause_a_little(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static fake_job *call(void *job, const char *letter)
{
    fake_job *const j = job;
    strcat(j->calls, letter);
    return j;
}

static bool prepare(void *job, const char **model_out)
{
    fake_job *const j = call(job, "P");
    atomic_fetch_add(&n_prepared, 1);
    while (atomic_load(&is_gate_shut) || (j->waits_for_the_gate && atomic_load(&is_large_gate_shut)))
        pause_a_little();
    *model_out = j->model;
    return !j->is_unwanted;
}

static void refused(void *job, model_refusal refusal, const sw_err *why)
{
    call(job, "R")->refusal = refusal;
    assert_true(why->msg[0] != '\0');
}

static void admitted(void *job, model_handle *handle, double load_ms)
{
    assert_true(load_ms >= 0);
    call(job, "A")->handle = handle;
}

static void stopped(void *job)
{
    call(job, "T");
}

static void finished(void *job)
{
    call(job, "F");
    atomic_fetch_add(&n_finished, 1);
}

static const intake_steps STEPS = {prepare, refused, admitted, stopped, finished};

static void note_start(void *ud, const sw_err *err)
{
    *(sw_err *)ud = *err;
    atomic_store(&has_started, true);
}

typedef struct fixture {
    model_catalog catalog;
    model_pool *pool;
    intake *intake;
    sw_err started;
} fixture;

static void start(fixture *f, const char *first)
{
    sw_err err = {0};
    *f = (fixture){0};
    atomic_store(&n_prepared, 0);
    atomic_store(&n_finished, 0);
    atomic_store(&has_started, false);
    atomic_store(&is_gate_shut, false);
    assert_int_equal(model_catalog_add(&f->catalog, "stub:", &err), SW_OK);
    assert_int_equal(model_pool_open(&f->pool, &(model_pool_options){.catalog = &f->catalog}, &err), SW_OK);
    const intake_options options = {.pool = f->pool, .first = first, .on_started = note_start, .ud = &f->started};
    assert_int_equal(intake_start(&f->intake, &options, &err), SW_OK);
}

static void stop(fixture *f)
{
    assert_true(model_pool_end(f->pool));
    intake_stop(f->intake);
    model_pool_close(f->pool);
    model_catalog_free(&f->catalog);
}

static bool put(fixture *f, fake_job *j)
{
    j->place = (intake_place){.n_bytes = j->place.n_bytes, .steps = &STEPS, .job = j};
    return intake_put(f->intake, &j->place);
}

static void until(_Atomic int *count, int n)
{
    for (int i = 0; i < 20000 && atomic_load(count) < n; i++)
        pause_a_little();
    assert_int_equal(atomic_load(count), n);
}

static void free_job(fake_job *j)
{
    model_handle_release(j->handle);
}

static void test_takes_jobs_through_their_steps(void **state)
{
    (void)state;
    fixture f;
    fake_job served = {.model = "stub"}, unknown = {.model = "nothing"}, unwanted = {.is_unwanted = true};
    start(&f, "stub");
    assert_true(put(&f, &served) && put(&f, &unknown) && put(&f, &unwanted));
    until(&n_finished, 3);
    assert_string_equal(served.calls, "PAF");
    assert_non_null(served.handle);
    assert_string_equal(unknown.calls, "PRF");
    assert_int_equal(unknown.refusal, MODEL_UNKNOWN);
    assert_string_equal(unwanted.calls, "PF");
    assert_int_equal(f.started.code, SW_OK);
    free_job(&served);
    stop(&f);
}

static void test_holds_as_many_jobs_as_the_limit_says(void **state)
{
    (void)state;
    fixture f;
    fake_job *const jobs = calloc(LIMIT_QUEUE_JOBS + 2, sizeof *jobs);
    assert_non_null(jobs);
    start(&f, NULL);
    atomic_store(&is_gate_shut, true);
    assert_true(put(&f, &jobs[0]));
    until(&n_prepared, 1); // taken from the queue
    for (int i = 1; i <= LIMIT_QUEUE_JOBS; i++)
        assert_true(put(&f, &jobs[i]));
    assert_false(put(&f, &jobs[LIMIT_QUEUE_JOBS + 1]));
    atomic_store(&is_gate_shut, false);
    until(&n_finished, LIMIT_QUEUE_JOBS + 1);
    for (int i = 0; i <= LIMIT_QUEUE_JOBS; i++)
        free_job(&jobs[i]);
    stop(&f);
    free(jobs);
}

static void test_counts_the_bytes_that_wait(void **state)
{
    (void)state;
    fixture f;
    fake_job jobs[4] = {{.model = "stub"}, {.model = "stub"}, {.model = "stub"}, {.model = "stub"}};
    start(&f, NULL);
    atomic_store(&is_gate_shut, true);
    jobs[0].place.n_bytes = jobs[1].place.n_bytes = LIMIT_QUEUE_BYTES;
    assert_true(put(&f, &jobs[0])); // one alone always has a place
    until(&n_prepared, 1);
    assert_true(put(&f, &jobs[1]));
    jobs[2].place.n_bytes = 1;
    assert_false(put(&f, &jobs[2]));
    jobs[3].place.n_bytes = 0;
    assert_true(put(&f, &jobs[3]));
    atomic_store(&is_gate_shut, false);
    until(&n_finished, 3);
    assert_true(put(&f, &jobs[2]));
    until(&n_finished, 4);
    for (int i = 0; i < 4; i++)
        free_job(&jobs[i]);
    stop(&f);
}

static void test_a_large_job_does_not_hold_up_small_ones(void **state)
{
    (void)state;
    fixture f;
    fake_job large = {.model = "stub", .waits_for_the_gate = true, .place.n_bytes = INTAKE_LARGE_BYTES};
    fake_job small = {.model = "stub", .place.n_bytes = INTAKE_LARGE_BYTES - 1};
    start(&f, NULL);
    atomic_store(&is_large_gate_shut, true);
    assert_true(put(&f, &large));
    until(&n_prepared, 1);
    assert_true(put(&f, &small));
    until(&n_finished, 1);
    assert_string_equal(small.calls, "PAF");
    assert_string_equal(large.calls, "P");
    atomic_store(&is_large_gate_shut, false);
    until(&n_finished, 2);
    assert_string_equal(large.calls, "PAF");
    free_job(&large);
    free_job(&small);
    stop(&f);
}

static void *open_gate(void *ud)
{
    (void)ud;
    for (int i = 0; i < 50; i++) // until the intake is told to end
        pause_a_little();
    atomic_store(&is_gate_shut, false);
    return NULL;
}

static void test_stops_the_jobs_that_wait_at_the_end(void **state)
{
    (void)state;
    fixture f;
    fake_job first = {.model = "stub"}, second = {.model = "stub"};
    pthread_t opener;
    start(&f, NULL);
    atomic_store(&is_gate_shut, true);
    assert_true(put(&f, &first) && put(&f, &second));
    until(&n_prepared, 1);
    assert_int_equal(pthread_create(&opener, NULL, open_gate, NULL), 0);
    stop(&f);
    pthread_join(opener, NULL);
    assert_string_equal(first.calls, "PTF"); // no model is loaded for it any more
    assert_string_equal(second.calls, "TF");
}

/* ---- jobs that wait for a load ------------------------------------------------------------------------------------
 */

static atomic_bool is_load_gate_shut;

static void wait_at_load_gate(void *ud, const model_entry *model, const sw_engine_state *state)
{
    (void)ud, (void)state;
    while (strcmp(model->id, "stub") != 0 && atomic_load(&is_load_gate_shut))
        pause_a_little();
}

/* With a second model, whose load ends when the gate is opened. */
static void start_with_gate(fixture *f, const char *first)
{
    sw_err err = {0};
    *f = (fixture){0};
    atomic_store(&n_finished, 0);
    atomic_store(&has_started, false);
    atomic_store(&is_gate_shut, false);
    atomic_store(&is_load_gate_shut, true);
    assert_int_equal(model_catalog_add(&f->catalog, "stub:", &err), SW_OK);
    assert_int_equal(model_catalog_add(&f->catalog, SPILLWAY_SOURCE_DIR "/models/demo-gpt-oss.gguf", &err), SW_OK);
    const model_pool_options pool = {.catalog = &f->catalog,
                                     .n_engines_max = 2,
                                     .engine = {.n_threads = 1, .n_ctx = 256, .n_seqs = 1},
                                     .on_loaded = wait_at_load_gate};
    assert_int_equal(model_pool_open(&f->pool, &pool, &err), SW_OK);
    const intake_options options = {.pool = f->pool, .first = first, .on_started = note_start, .ud = &f->started};
    assert_int_equal(intake_start(&f->intake, &options, &err), SW_OK);
}

static void test_a_load_parks_only_the_jobs_that_need_it(void **state)
{
    (void)state;
    fixture f;
    fake_job slow = {.model = "demo-gpt-oss"}, unnamed = {0}, fast = {.model = "stub"};
    fake_job large = {.model = "demo-gpt-oss", .place.n_bytes = INTAKE_LARGE_BYTES};
    start_with_gate(&f, "demo-gpt-oss");
    assert_true(put(&f, &slow) && put(&f, &unnamed) && put(&f, &large));
    assert_true(put(&f, &fast)); // waits for its own load, which comes after the first
    pause_a_little();
    assert_int_equal(atomic_load(&n_finished), 0);
    atomic_store(&is_load_gate_shut, false);
    until(&n_finished, 4);
    assert_string_equal(slow.calls, "PAF");
    assert_string_equal(large.calls, "PAF");
    assert_string_equal(model_handle_model(unnamed.handle)->id, "demo-gpt-oss"); // the first
    assert_string_equal(model_handle_model(fast.handle)->id, "stub");
    free_job(&slow);
    free_job(&unnamed);
    free_job(&fast);
    free_job(&large);
    stop(&f);
}

static void test_a_loaded_model_answers_while_another_is_loaded(void **state)
{
    (void)state;
    fixture f;
    fake_job slow = {.model = "demo-gpt-oss"}, fast[3] = {{.model = "stub"}, {.model = "stub"}, {.model = NULL}};
    start_with_gate(&f, "stub");
    while (!atomic_load(&has_started))
        pause_a_little();
    assert_true(put(&f, &slow) && put(&f, &fast[0]) && put(&f, &fast[1]) && put(&f, &fast[2]));
    until(&n_finished, 3); // in the same lane, after a job that waits
    assert_string_equal(slow.calls, "P");
    for (int i = 0; i < 3; i++) {
        assert_string_equal(model_handle_model(fast[i].handle)->id, "stub");
        free_job(&fast[i]);
    }
    atomic_store(&is_load_gate_shut, false);
    until(&n_finished, 4);
    assert_string_equal(slow.calls, "PAF");
    free_job(&slow);
    stop(&f);
}

static void test_parked_jobs_count_as_waiting(void **state)
{
    (void)state;
    enum { N_PARKED = LIMIT_QUEUE_JOBS - 1 };
    fixture f;
    fake_job *const jobs = calloc(N_PARKED, sizeof *jobs);
    fake_job fast = {.model = "stub"}, held = {.model = "stub"}, last = {.model = "stub"}, refused = {0};
    assert_non_null(jobs);
    start_with_gate(&f, "stub");
    for (int i = 0; i < N_PARKED; i++) {
        jobs[i].model = "demo-gpt-oss";
        assert_true(put(&f, &jobs[i]));
    }
    assert_true(put(&f, &fast));
    until(&n_finished, 1); // so those before it are parked
    atomic_store(&n_prepared, 0);
    atomic_store(&is_gate_shut, true);
    assert_true(put(&f, &held));
    until(&n_prepared, 1); // taken from the queue
    assert_true(put(&f, &last));
    assert_false(put(&f, &refused));
    atomic_store(&is_gate_shut, false);
    atomic_store(&is_load_gate_shut, false);
    until(&n_finished, N_PARKED + 3);
    for (int i = 0; i < N_PARKED; i++) {
        assert_string_equal(jobs[i].calls, "PAF");
        free_job(&jobs[i]);
    }
    free_job(&fast);
    free_job(&held);
    free_job(&last);
    stop(&f);
    free(jobs);
}

static void test_an_abandoned_job_leaves_its_place(void **state)
{
    (void)state;
    fixture f;
    fake_job left = {.model = "demo-gpt-oss"}, stays = {.model = "demo-gpt-oss"}, fast = {.model = "stub"};
    start_with_gate(&f, "stub");
    assert_true(put(&f, &left) && put(&f, &stays) && put(&f, &fast));
    until(&n_finished, 1); // so the others are parked
    assert_int_equal(intake_n_waiting(f.intake), 2);
    intake_abandon(&left.place);
    assert_string_equal(left.calls, "PTF");
    assert_int_equal(intake_n_waiting(f.intake), 1);
    atomic_store(&is_load_gate_shut, false);
    until(&n_finished, 3);
    assert_string_equal(stays.calls, "PAF");
    intake_abandon(&stays.place); // too late
    assert_string_equal(stays.calls, "PAF");
    free_job(&stays);
    free_job(&fast);
    stop(&f);
}

static void *open_load_gate(void *ud)
{
    for (int i = 0; i < 50; i++) // until the pool is told to end
        pause_a_little();
    atomic_store(&is_load_gate_shut, false);
    return ud;
}

static void test_parked_jobs_are_stopped_at_the_end(void **state)
{
    (void)state;
    fixture f;
    fake_job parked = {.model = "stub"};
    pthread_t opener;
    start_with_gate(&f, "demo-gpt-oss");
    atomic_store(&n_prepared, 0);
    assert_true(put(&f, &parked)); // its load comes after the one at the gate
    until(&n_prepared, 1);
    assert_int_equal(pthread_create(&opener, NULL, open_load_gate, NULL), 0);
    stop(&f);
    pthread_join(opener, NULL);
    assert_string_equal(parked.calls, "PTF");
    assert_false(atomic_load(&has_started) && f.started.code != SW_OK);
}

static void test_says_that_the_first_model_cannot_be_loaded(void **state)
{
    (void)state;
    fixture f;
    start(&f, "nothing");
    while (!atomic_load(&has_started))
        pause_a_little();
    stop(&f);
    assert_int_equal(f.started.code, SW_ENOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_takes_jobs_through_their_steps),
        cmocka_unit_test(test_holds_as_many_jobs_as_the_limit_says),
        cmocka_unit_test(test_counts_the_bytes_that_wait),
        cmocka_unit_test(test_a_large_job_does_not_hold_up_small_ones),
        cmocka_unit_test(test_stops_the_jobs_that_wait_at_the_end),
        cmocka_unit_test(test_a_load_parks_only_the_jobs_that_need_it),
        cmocka_unit_test(test_a_loaded_model_answers_while_another_is_loaded),
        cmocka_unit_test(test_parked_jobs_count_as_waiting),
        cmocka_unit_test(test_an_abandoned_job_leaves_its_place),
        cmocka_unit_test(test_parked_jobs_are_stopped_at_the_end),
        cmocka_unit_test(test_says_that_the_first_model_cannot_be_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
