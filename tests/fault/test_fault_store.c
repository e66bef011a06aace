/* A store on storage that is full, or whose process is killed, at any point: what was stored is there, whole, and the
 * run can be continued. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/store_faults.h"
#include "support/store_fixture.h"

enum { N_TESTS = 2, N_TESTS_OF_SCHEMA_2 = 8, STEP_BYTES = 4096 };

/* How far a run came.  Shared with a child that is killed. */
typedef struct progress {
    int64_t run_id;
    int n_tests;
} progress;

/* A test that takes several pages. */
static test_record large_test(int index)
{
    static char text[6000];
    static arrival arrivals[200];
    memset(text, 'x', sizeof text - 1);
    for (int i = 0; i < 200; i++)
        arrivals[i] = (arrival){.t_ns = i * 1000003, .n_bytes = 15};
    test_record test = example_test();
    test.index = index;
    test.answer.text = text, test.answer.n_text = sizeof text - 1;
    test.answer.arrivals = arrivals, test.answer.n_arrivals = 200;
    return test;
}

/* Goes on with a run from where `p` says, as a benchmark does; ends at the first error. */
static sw_code run_on(progress *p, sw_err *err)
{
    result_store *store;
    sw_code code = store_open(&store, store_path, false, err);
    if (code == SW_OK && p->run_id == 0)
        code = store_add_run(store, &EXAMPLE_RUN, &p->run_id, err);
    const resource_sample sample = {.t_ms = 1, .server = -1, .test_index = 1, .values = sample_values_none()};
    while (code == SW_OK && p->n_tests < N_TESTS) {
        const test_record test = large_test(p->n_tests);
        code = store_add_test(store, p->run_id, &test, &sample, 1, err);
        p->n_tests += code == SW_OK;
    }
    if (code == SW_OK)
        code = store_finish_run(store, p->run_id, "ok", "", "", 9, err);
    store_close(store);
    return code;
}

/* The run in the store has its first n tests, whole, and as many samples. */
static void assert_stored(const progress *p, int n)
{
    result_store *const store = open_store(false); // SQLite checks every page here
    run_record *const run = load_run(store, p->run_id);
    assert_int_equal(run->n_tests, n);
    assert_int_equal(run->n_samples, n);
    for (int i = 0; i < n; i++) {
        const test_record wanted = large_test(i);
        assert_same_test(&run->tests[i], &wanted);
    }
    run_record_free(run);
    store_close(store);
}

/* ---- full storage ----------------------------------------------------------------------------------------------- */

static void test_a_full_disk_at_each_step_loses_only_the_test_under_way(void **state)
{
    progress p = {0};
    int n_failed = 0;
    for (long step = 0;; step++) {
        store_setup(state);
        p = (progress){0};
        sw_err err = {0};
        store_faults_full(step * STEP_BYTES);
        const sw_code code = run_on(&p, &err);
        store_faults_end();
        if (code == SW_OK)
            break;
        n_failed++;
        assert_int_equal(code, SW_EIO);
        if (strstr(err.msg, store_path) == NULL || strstr(err.msg, "full") == NULL)
            fail_msg("step %ld: %s", step, err.msg);
        if (p.run_id != 0)
            assert_stored(&p, p.n_tests);
        assert_int_equal(run_on(&p, NULL), SW_OK); // there is room again
        assert_stored(&p, N_TESTS);
    }
    assert_true(n_failed > 20); // or the steps were none
}

/* Returns how many steps failed while the store, with so many tests, was brought to the newest schema. */
static int fill_while_migrating(const char *name, size_t n_tests)
{
    int n_failed = 0;
    for (long step = 0;; step++) {
        store_setup(NULL);
        copy_store(name);
        sw_err err = {0};
        result_store *store;
        store_faults_full(step * STEP_BYTES);
        const sw_code code = store_open(&store, store_path, false, &err);
        if (code == SW_OK)
            store_close(store);
        store_faults_end();
        if (code == SW_OK)
            break;
        n_failed++;
        assert_int_equal(code, SW_EIO);
        for (int i = 0; i < 2; i++) {
            store = open_store(i == 0);
            run_record *const run = load_run(store, 0);
            assert_true(run->n_tests == n_tests && run->n_samples > 0);
            run_record_free(run);
            store_close(store);
        }
    }
    return n_failed;
}

static void test_a_full_disk_while_migrating_leaves_the_old_store(void **state)
{
    (void)state;
    assert_true(fill_while_migrating("schema1-resumed.sqlite", 4) > 5);
    assert_true(fill_while_migrating("schema2.sqlite", N_TESTS_OF_SCHEMA_2) > 1);
    assert_true(fill_while_migrating("schema3.sqlite", N_TESTS_OF_SCHEMA_2) > 1);
}

/* Gives each test of the run a score, and a note that takes a page. */
static sw_code review_all(int score, sw_err *err)
{
    static char note[STEP_BYTES];
    result_store *store;
    run_record *run = NULL;
    review_record reviews[N_TESTS];
    memset(note, 'n', sizeof note - 1);
    sw_code code = store_open(&store, store_path, false, err);
    if (code == SW_OK)
        code = store_load_run(store, 0, &run, err);
    for (int i = 0; i < N_TESTS; i++)
        reviews[i] = (review_record){.test = i, .reviewer = "A", .scores = {score}, .note = note};
    if (code == SW_OK)
        code = store_put_reviews(store, run, reviews, N_TESTS, err);
    run_record_free(run);
    store_close(store);
    return code;
}

static void assert_reviewed(int score)
{
    result_store *const store = open_store(true);
    run_record *const run = load_run(store, 0);
    assert_int_equal(run->n_reviews, N_TESTS);
    for (int i = 0; i < N_TESTS; i++)
        assert_int_equal(run->reviews[i].scores[SCORE_CONTENT], score);
    run_record_free(run);
    store_close(store);
}

static void test_a_full_disk_while_reviews_are_stored_leaves_those_before(void **state)
{
    int n_failed = 0;
    for (long step = 0;; step++) {
        store_setup(state);
        progress p = {0};
        assert_int_equal(run_on(&p, NULL), SW_OK);
        assert_int_equal(review_all(1, NULL), SW_OK);
        store_faults_full(step * STEP_BYTES);
        const sw_code code = review_all(2, NULL);
        store_faults_end();
        assert_reviewed(code == SW_OK ? 2 : 1);
        if (code == SW_OK)
            break;
        n_failed++;
    }
    assert_true(n_failed > 1);
}

/* ---- killed ----------------------------------------------------------------------------------------------------- */

/* Runs in a child that is killed at that write; returns true if it was. */
static bool is_killed(long n_writes, progress *shared)
{
    const pid_t child = fork();
    if (child == 0) {
        store_faults_kill(n_writes);
        _exit(run_on(shared, NULL) == SW_OK ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
}

/* A test may have been committed before the process could say so. */
static void test_a_process_killed_at_each_write_loses_only_the_test_under_way(void **state)
{
    progress *const p = mmap(NULL, sizeof *p, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(p, MAP_FAILED);
    int n_killed = 0;
    for (long n_writes = 0;; n_writes++) {
        store_setup(state);
        *p = (progress){0};
        if (!is_killed(n_writes, p))
            break;
        n_killed++;
        if (p->run_id == 0)
            continue;
        result_store *const store = open_store(false);
        run_record *const run = load_run(store, p->run_id);
        assert_in_range(run->n_tests, (size_t)p->n_tests, (size_t)p->n_tests + 1);
        p->n_tests = (int)run->n_tests;
        run_record_free(run);
        store_close(store);
        assert_stored(p, p->n_tests);
        assert_int_equal(run_on(p, NULL), SW_OK);
        assert_stored(p, N_TESTS);
    }
    assert_true(n_killed > 20);
    munmap(p, sizeof *p);
}

static void test_a_process_killed_while_migrating_leaves_a_whole_store(void **state)
{
    int n_killed = 0;
    for (long n_writes = 0;; n_writes++) {
        store_setup(state);
        copy_store("schema1-resumed.sqlite");
        const pid_t child = fork();
        if (child == 0) {
            store_faults_kill(n_writes);
            store_close(open_store(false));
            _exit(0);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        if (!WIFSIGNALED(status))
            break;
        n_killed++;
        result_store *const store = open_store(n_writes % 2 == 0);
        run_record *const run = load_run(store, 0);
        assert_true(run->n_tests == 4 && run->n_samples == 7 && run->info.n_sessions == 2);
        run_record_free(run);
        store_close(store);
    }
    assert_true(n_killed > 5);
}

/* ---- no permission ---------------------------------------------------------------------------------------------- */

static void assert_fails(bool read_only, const char *wanted)
{
    result_store *store;
    sw_err err = {0};
    assert_int_equal(store_open(&store, store_path, read_only, &err), SW_EIO);
    assert_null(store);
    if (strstr(err.msg, wanted) == NULL || strstr(err.msg, store_path) == NULL)
        fail_msg("'%s' does not say '%s'", err.msg, wanted);
}

static void test_a_store_without_permission_says_so(void **state)
{
    (void)state;
    store_close(open_store(false));
    store_faults_forbid(true);
    assert_fails(true, "Permission denied");
    assert_fails(false, "Permission denied");
    store_faults_forbid(false); // what can be read is read
    result_store *const store = open_store(true);
    run_list list;
    assert_int_equal(store_list_runs(store, &list, NULL), SW_OK);
    run_list_free(&list);
    store_close(store);
    assert_fails(false, "write-protected");
    store_faults_end();
}

#define STORE_TEST(f) cmocka_unit_test_setup(f, store_setup)

/* Thousands of commits: in memory, where there is such a folder. */
int main(void)
{
    if (access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 0);
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_a_full_disk_at_each_step_loses_only_the_test_under_way),
        STORE_TEST(test_a_full_disk_while_migrating_leaves_the_old_store),
        STORE_TEST(test_a_full_disk_while_reviews_are_stored_leaves_those_before),
        STORE_TEST(test_a_process_killed_at_each_write_loses_only_the_test_under_way),
        STORE_TEST(test_a_process_killed_while_migrating_leaves_a_whole_store),
        STORE_TEST(test_a_store_without_permission_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
