/* What is stored comes back, what was interrupted is whole, and what is not ours is left alone. */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/file.h"
#include "figures/run_status.h"
#include "support/store_fixture.h"
#include "support/temp_dir.h"

static resource_sample sample_at(int64_t t_ms, int server, int test_index, double shift)
{
    resource_sample m = {.t_ms = t_ms, .server = server, .test_index = test_index, .values = sample_values_none()};
    for (int i = 0; i < N_SAMPLE_FIGURES; i += 2)
        m.values.v[i] = (double)i * 1e9 + shift;
    return m;
}

static void test_what_is_stored_comes_back(void **state)
{
    (void)state;
    result_store *store = open_store(false);
    const int64_t id = add_run(store);
    add_parts(store, id);
    test_record tests[] = {example_test(), example_test(), example_test()};
    tests[0].is_warmup = true;
    tests[1].stage = 1, tests[1].session = 7, tests[1].turn = 3, tests[1].item = "arithmetic/2/seed=17";
    tests[2].subject = tests[2].server = 1;
    tests[2].mode = MODE_WHOLE;
    tests[2].answer = (answer_record){.status = TEST_TIMEOUT,
                                      .error = "no token in 600 s",
                                      .headers_ns = -1,
                                      .first_event_ns = -1,
                                      .end_ns = 6,
                                      .finish_reason = "",
                                      .model = "",
                                      .fingerprint = "",
                                      .text = "",
                                      .reasoning = "",
                                      .temperature = NAN,
                                      .queue_ms = NAN,
                                      .prompt_ms = NAN,
                                      .decode_ms = NAN,
                                      .seed = -1};
    tests[2].n_checks = 0;
    resource_sample samples[] = {sample_at(10, -1, -1, 0), sample_at(20, 2, 1, 0.5)};
    const gpu_values gpus[2] = {{{1e9, 2e9, NAN, 70}}, {{3e9, 4e9, 99.5, NAN}}};
    gpu_sample gpu_samples[] = {{20, 2, 0, gpus[0]}, {20, 2, 1, gpus[1]}};
    samples[1].gpus = gpus, samples[1].n_gpus = 2;
    for (int i = 0; i < 3; i++)
        assert_int_equal(store_add_test(store, id, &tests[i], samples, i == 1 ? 2 : 0, NULL), SW_OK);
    assert_int_equal(store_finish_run(store, id, "invalid", "a\nb", "sha256:1", 1790000001000, NULL), SW_OK);
    store_close(store);
    run_record wanted = example_parts();
    wanted.info = EXAMPLE_RUN;
    wanted.info.finished_unix_ms = 1790000001000;
    wanted.info.status = "invalid";
    wanted.info.reasons = "a\nb";
    wanted.info.fingerprint = "sha256:1";
    wanted.tests = tests, wanted.n_tests = 3;
    wanted.samples = samples, wanted.n_samples = 2;
    wanted.gpu_samples = gpu_samples, wanted.n_gpu_samples = 2;
    store = open_store(true);
    run_record *const run = load_run(store, 0);
    assert_same_run(run, &wanted);
    run_record_free(run);
    store_close(store);
}

static void test_a_run_has_its_model_and_a_session_more_with_each_resume(void **state)
{
    (void)state;
    result_store *const store = open_store(false);
    const int64_t id = add_run(store);
    assert_int_equal(store_finish_run(store, id, "aborted", "killed", "", 5, NULL), SW_OK);
    assert_int_equal(store_reopen_run(store, id, NULL), SW_OK);
    run_record *const run = load_run(store, id);
    assert_int_equal(run->n_subjects, 1);
    assert_string_equal(run->subjects[0].name, "m/1");
    assert_string_equal(run->subjects[0].family, "");
    assert_int_equal(run->info.n_sessions, 2);
    assert_string_equal(run->info.status, "running");
    assert_string_equal(run->info.reasons, "");
    assert_true(run->info.finished_unix_ms == 0);
    run_record_free(run);
    sw_err err = {0};
    assert_int_equal(store_reopen_run(store, 9, &err), SW_ENOTFOUND);
    assert_non_null(strstr(err.msg, "no run 9"));
    store_close(store);
}

static void test_what_is_known_of_a_model_is_replaced(void **state)
{
    (void)state;
    result_store *const store = open_store(false);
    const int64_t id = add_run(store);
    add_parts(store, id);
    const subject_record better = {.name = "m/2", .family = "phimoe", .n_experts = 16};
    assert_int_equal(store_put_subject(store, id, 1, &better, NULL), SW_OK);
    sw_err err = {0};
    assert_int_equal(store_put_subject(store, id, 3, &better, &err), SW_EINVAL);
    assert_non_null(strstr(err.msg, "model 3"));
    run_record *const run = load_run(store, id);
    assert_int_equal(run->n_subjects, 2);
    assert_int_equal(run->subjects[1].n_experts, 16);
    assert_int_equal(run->n_servers, 3);
    run_record_free(run);
    store_close(store);
}

/* Positions that name nothing, each in another list. */
static void test_what_refers_to_nothing_is_not_stored(void **state)
{
    (void)state;
    result_store *const store = open_store(false);
    const int64_t id = add_run(store);
    add_parts(store, id);
    int position;
    const server_record server = {.subject = 2, .url = "u"};
    assert_int_equal(store_add_server(store, id, &server, &position, NULL), SW_EIO);
    assert_int_equal(position, -1);
    const placement_row row = {.server = 3};
    assert_int_equal(store_add_placement(store, id, &row, 1, NULL), SW_EIO);
    const fact_record facts[] = {{0, 2, FACT_ISA, NAN, "avx2", ""}, {2, -1, FACT_ISA, NAN, "avx2", ""}};
    assert_int_equal(store_add_facts(store, id, facts, 2, NULL), SW_EIO);
    test_record test = example_test();
    test.server = 3;
    assert_int_equal(store_add_test(store, id, &test, NULL, 0, NULL), SW_EIO);
    test = example_test();
    test.subject = 2;
    sw_err err = {0};
    assert_int_equal(store_add_test(store, id, &test, NULL, 0, &err), SW_EIO);
    assert_non_null(strstr(err.msg, "FOREIGN KEY"));
    assert_int_equal(store_add_test(store, 5, &test, NULL, 0, NULL), SW_EIO);
    run_record *const run = load_run(store, id);
    assert_true(run->n_servers == 3 && run->n_placement == 2 && run->n_facts == 3 && run->n_tests == 0);
    run_record_free(run);
    store_close(store);
}

/* A stage is stored when it begins, and again when it ends, with samples of a time without tests. */
static void test_a_stage_is_replaced_and_keeps_its_place(void **state)
{
    (void)state;
    result_store *const store = open_store(false);
    const int64_t id = add_run(store);
    add_parts(store, id);
    stage_record stage = example_parts().stages[1];
    const resource_sample sample = sample_at(100000, 1, -1, 0);
    stage.ending = STAGE_CUT, stage.end_ms = 100001, stage.spent_ms = 10000, stage.reason = "canceled";
    assert_int_equal(store_put_stage(store, id, 1, &stage, &sample, 1, NULL), SW_OK);
    sw_err err = {0};
    assert_int_equal(store_put_stage(store, id, 3, &stage, NULL, 0, &err), SW_EINVAL);
    assert_non_null(strstr(err.msg, "stage 3"));
    run_record *const run = load_run(store, id);
    assert_true(run->n_stages == 2 && run->n_samples == 1);
    assert_int_equal(run->stages[0].ending, STAGE_DONE);
    assert_int_equal(run->stages[1].ending, STAGE_CUT);
    assert_true(run->stages[1].end_ms == 100001 && run->stages[1].spent_ms == 10000);
    assert_string_equal(run->stages[1].reason, "canceled");
    run_record_free(run);
    store_close(store);
}

/* The stage of a test that has none is NULL, and that of another is one of the run's. */
static void test_a_test_of_a_stage_that_is_not_there_is_damage(void **state)
{
    (void)state;
    result_store *store = open_store(false);
    const int64_t id = add_run(store);
    test_record test = example_test();
    test.stage = 0;
    assert_int_equal(store_add_test(store, id, &test, NULL, 0, NULL), SW_OK);
    store_close(store);
    store = open_store(true);
    run_record *run;
    sw_err err = {0};
    assert_int_equal(store_load_run(store, id, &run, &err), SW_EFORMAT);
    assert_non_null(strstr(err.msg, "'stage'"));
    store_close(store);
}

static void test_the_latest_run_is_the_default(void **state)
{
    (void)state;
    result_store *const store = open_store(false);
    const int64_t first = add_run(store);
    const int64_t second = add_run(store);
    run_record *run = load_run(store, 0);
    assert_int_equal(run->info.id, second);
    run_record_free(run);
    run = load_run(store, first);
    assert_int_equal(run->info.id, first);
    run_record_free(run);
    sw_err err = {0};
    assert_int_equal(store_load_run(store, 99, &run, &err), SW_ENOTFOUND);
    assert_null(run);
    store_close(store);
}

/* A process that is killed after its first test has committed, in the middle of everything else. */
static void test_a_killed_writer_loses_nothing_that_was_committed(void **state)
{
    (void)state;
    const pid_t child = fork();
    if (child == 0) {
        result_store *const store = open_store(false);
        const int64_t id = add_run(store);
        const test_record test = example_test();
        if (store_add_test(store, id, &test, NULL, 0, NULL) != SW_OK)
            _exit(1);
        kill(getpid(), SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    result_store *const store = open_store(false);
    run_record *const run = load_run(store, 0);
    assert_int_equal(run->n_tests, 1);
    assert_int_equal(run->tests[0].answer.n_arrivals, 3);
    assert_string_equal(run->info.status, "running");
    run_record_free(run);
    store_close(store);
}

static void test_the_same_test_is_not_stored_twice(void **state)
{
    (void)state;
    result_store *const store = open_store(false);
    const int64_t id = add_run(store);
    test_record test = example_test();
    const resource_sample sample = {.t_ms = 10, .server = -1, .test_index = 1, .values = sample_values_none()};
    assert_int_equal(store_add_test(store, id, &test, NULL, 0, NULL), SW_OK);
    sw_err err = {0};
    assert_int_equal(store_add_test(store, id, &test, &sample, 1, &err), SW_EIO);
    assert_non_null(strstr(err.msg, "UNIQUE"));
    test.repeat = 3;
    assert_int_equal(store_add_test(store, id, &test, NULL, 0, NULL), SW_OK);
    run_record *const run = load_run(store, id);
    assert_int_equal(run->n_tests, 2);
    assert_int_equal(run->n_samples, 0); // the refused test brought nothing with it
    run_record_free(run);
    store_close(store);
}

static void assert_refused(sw_code code, const char *wanted)
{
    for (int read_only = 0; read_only < 2; read_only++) {
        result_store *store;
        sw_err err = {0};
        assert_int_equal(store_open(&store, store_path, read_only != 0, &err), code);
        assert_null(store);
        if (strstr(err.msg, wanted) == NULL)
            fail_msg("'%s' does not say '%s'", err.msg, wanted);
    }
}

static void test_a_newer_store_is_refused(void **state)
{
    (void)state;
    store_close(open_store(false));
    store_sql("PRAGMA user_version = 5");
    assert_refused(SW_EUNSUPPORTED, "schema 5, this spillway reads schemas 1 to 4");
}

static void test_a_database_of_others_is_refused(void **state)
{
    (void)state;
    store_sql("CREATE TABLE t (x)");
    assert_refused(SW_EFORMAT, "not one of spillway");
}

static void test_a_file_that_is_no_database_is_refused(void **state)
{
    (void)state;
    char text[4096];
    memset(text, 'x', sizeof text);
    temp_write(store_path, text, sizeof text);
    assert_refused(SW_EFORMAT, "not a database");
}

static void store_example(void)
{
    result_store *const store = open_store(false);
    const test_record test = example_test();
    assert_int_equal(store_add_test(store, add_run(store), &test, NULL, 0, NULL), SW_OK);
    store_close(store);
}

/* Version 1 of byte 18 is a file without a write-ahead log: SQLite can read it where nothing can be written. */
static void test_a_closed_store_is_one_file(void **state)
{
    (void)state;
    store_example();
    static const char *const SUFFIXES[] = {"-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof SUFFIXES / sizeof *SUFFIXES; i++) {
        char name[600];
        snprintf(name, sizeof name, "%s%s", store_path, SUFFIXES[i]);
        assert_int_not_equal(access(name, F_OK), 0);
    }
    char *data;
    size_t n;
    assert_int_equal(file_slurp(store_path, 1 << 24, &data, &n, NULL), SW_OK);
    assert_int_equal(data[18], 1);
    mem_free(data);
}

/* Sixteen levels of pages that all point to one child: reading its tables alone would take centuries. */
static void test_a_store_of_endless_pages_is_refused(void **state)
{
    (void)state;
    copy_store("endless.sqlite");
    assert_refused(SW_EFORMAT, "is damaged");
}

static void test_reading_creates_nothing(void **state)
{
    (void)state;
    result_store *store;
    assert_int_not_equal(store_open(&store, store_path, true, NULL), SW_OK);
    assert_int_not_equal(access(store_path, F_OK), 0);
}

static const char *status_after(result_store *store, int64_t id, int n_ok, int n_bad)
{
    for (int i = 0; i < n_ok + n_bad; i++) {
        test_record test = example_test();
        test.index = i;
        test.mode = MODE_STREAM;
        test.answer.temperature = test.plan.temperature;
        if (i >= n_ok)
            test.answer.status = TEST_TIMEOUT;
        assert_int_equal(store_add_test(store, id, &test, NULL, 0, NULL), SW_OK);
    }
    run_record *const run = load_run(store, id);
    run_analysis analysis;
    assert_int_equal(run_analysis_of(run, &analysis, NULL), SW_OK);
    assert_int_equal(analysis.subjects[0].modes[MODE_STREAM].n_completed, n_ok);
    buf reasons;
    buf_init(&reasons, 4096);
    const char *const status = run_status_name(run_status_of(&analysis, &reasons));
    buf_free(&reasons);
    run_analysis_free(&analysis);
    run_record_free(run);
    return status;
}

static void test_status_of_a_run(void **state)
{
    (void)state;
    result_store *const store = open_store(false);
    assert_string_equal(status_after(store, add_run(store), 2, 0), "ok");
    assert_string_equal(status_after(store, add_run(store), 1, 1), "failed_threshold");
    assert_string_equal(status_after(store, add_run(store), 0, 2), "invalid");
    assert_string_equal(status_after(store, add_run(store), 1, 0), "aborted");
    store_close(store);
}

static void test_a_store_without_its_tables_is_refused(void **state)
{
    (void)state;
    store_close(open_store(false));
    store_sql("DROP TABLE sample; CREATE VIEW sample AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"
              " SELECT 1 AS run_id, x AS t_ms, NULL AS server, 3 AS test_index FROM c");
    assert_refused(SW_EFORMAT, "its 'sample' is not that of schema 4");
}

static void test_texts_that_are_not_utf8_come_back_as_such(void **state)
{
    (void)state;
    store_example();
    store_sql("UPDATE test SET answer = CAST(x'61ffc3a9c3' AS TEXT)");
    result_store *const store = open_store(true);
    run_record *const run = load_run(store, 0);
    assert_string_equal(run->tests[0].answer.text, "a?\u00e9?");
    run_record_free(run);
    store_close(store);
}

static void test_a_gpu_that_no_machine_has_is_damage(void **state)
{
    (void)state;
    store_example();
    store_sql("INSERT INTO gpu_sample (run_id, t_ms, gpu) SELECT id, 5, 32 FROM run");
    result_store *const store = open_store(true);
    run_record *run;
    sw_err err = {0};
    assert_int_equal(store_load_run(store, 0, &run, &err), SW_EFORMAT);
    assert_non_null(strstr(err.msg, "a GPU has a number that is too high"));
    store_close(store);
}

/* Tables that are not STRICT hold anything in any column. */
static void test_a_table_with_other_columns_is_refused(void **state)
{
    (void)state;
    store_example();
    store_sql("PRAGMA writable_schema = ON;"
              "UPDATE sqlite_schema SET sql = replace(sql, ') STRICT', ')') WHERE name = 'run';");
    assert_refused(SW_EFORMAT, "its 'run' is not that of schema 4");
}

#define STORE_TEST(f) cmocka_unit_test_setup(f, store_setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_what_is_stored_comes_back),
        STORE_TEST(test_a_run_has_its_model_and_a_session_more_with_each_resume),
        STORE_TEST(test_what_is_known_of_a_model_is_replaced),
        STORE_TEST(test_what_refers_to_nothing_is_not_stored),
        STORE_TEST(test_a_stage_is_replaced_and_keeps_its_place),
        STORE_TEST(test_a_test_of_a_stage_that_is_not_there_is_damage),
        STORE_TEST(test_a_gpu_that_no_machine_has_is_damage),
        STORE_TEST(test_the_latest_run_is_the_default),
        STORE_TEST(test_a_killed_writer_loses_nothing_that_was_committed),
        STORE_TEST(test_the_same_test_is_not_stored_twice),
        STORE_TEST(test_a_newer_store_is_refused),
        STORE_TEST(test_a_database_of_others_is_refused),
        STORE_TEST(test_a_file_that_is_no_database_is_refused),
        STORE_TEST(test_a_store_without_its_tables_is_refused),
        STORE_TEST(test_texts_that_are_not_utf8_come_back_as_such),
        STORE_TEST(test_a_table_with_other_columns_is_refused),
        STORE_TEST(test_a_closed_store_is_one_file),
        STORE_TEST(test_a_store_of_endless_pages_is_refused),
        STORE_TEST(test_reading_creates_nothing),
        STORE_TEST(test_status_of_a_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
