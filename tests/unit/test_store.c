/* What is stored comes back, what was interrupted is whole, and what is not ours is left alone. */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/file.h"
#include "figures/run_status.h"
#include "results/store.h"

static char folder[64];
static char path[128];

static int setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/spillway-store-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/results.sqlite", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    static const char *const SUFFIXES[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof SUFFIXES / sizeof SUFFIXES[0]; i++) {
        char file[160];
        snprintf(file, sizeof file, "%s%s", path, SUFFIXES[i]);
        unlink(file);
    }
    return rmdir(folder);
}

static const run_info INFO = {.started_unix_ms = 1790000000123,
                              .version = "1",
                              .url = "http://x",
                              .model = "m/1",
                              .protocol_name = "p",
                              .protocol_hash = "h",
                              .protocol_json = "{}",
                              .options_json = "[]",
                              .command = "spillway bench",
                              .cpu = "cpu",
                              .os = "os",
                              .n_cores = 3,
                              .memory_bytes = 1ull << 40,
                              .n_planned = 2};

static const arrival ARRIVALS[] = {{100, 3, 0, true}, {200, 4, 0, false}, {4000000000000, 5, 0, false}};

static test_record example_test(void)
{
    return (test_record){.plan = {.name = "n",
                                  .group = "g",
                                  .prompt = "p'\"\n",
                                  .form = FORM_CODE,
                                  .max_tokens = 9,
                                  .temperature = 0.3,
                                  .seed = 42},
                         .index = 1,
                         .repeat = 2,
                         .start_ms = 77,
                         .answer = {.status = TEST_COMPLETED,
                                    .error = "",
                                    .http_status = 200,
                                    .connect_ns = 1,
                                    .headers_ns = 2,
                                    .first_event_ns = 3,
                                    .end_ns = 4,
                                    .finish_reason = "stop",
                                    .model = "m",
                                    .fingerprint = "f",
                                    .prompt_tokens = 5,
                                    .cached_tokens = -1,
                                    .completion_tokens = 7,
                                    .reasoning_tokens = 8,
                                    .text = "answer \u65e5",
                                    .n_text = 10,
                                    .reasoning = "why",
                                    .n_reasoning = 3,
                                    .arrivals = ARRIVALS,
                                    .n_arrivals = 3}};
}

static result_store *open_store(bool read_only)
{
    result_store *store;
    sw_err err = {0};
    if (store_open(&store, path, read_only, &err) != SW_OK)
        fail_msg("%s", err.msg);
    return store;
}

static int64_t add_run(result_store *store)
{
    int64_t id;
    assert_int_equal(store_add_run(store, &INFO, &id, NULL), SW_OK);
    return id;
}

static run_record *load(result_store *store, int64_t id)
{
    run_record *run;
    sw_err err = {0};
    if (store_load_run(store, id, &run, &err) != SW_OK)
        fail_msg("%s", err.msg);
    return run;
}

static void test_what_is_stored_comes_back(void **state)
{
    (void)state;
    result_store *store = open_store(false);
    const int64_t id = add_run(store);
    const test_record test = example_test();
    resource_sample samples[2] = {{.t_ms = 10, .server = -1, .test_index = -1, .values = sample_values_none()},
                                  {.t_ms = 20, .server = -1, .test_index = 1, .values = sample_values_none()}};
    samples[0].values.v[SAMPLE_PRIVATE] = (double)(1ull << 33);
    assert_int_equal(store_add_test(store, id, &test, samples, 2, NULL), SW_OK);
    assert_int_equal(store_finish_run(store, id, "ok", "", "", 1790000001000, NULL), SW_OK);
    store_close(store);
    store = open_store(true);
    run_record *const run = load(store, 0);
    assert_string_equal(run->info.status, "ok");
    assert_true(run->info.started_unix_ms == INFO.started_unix_ms && run->info.finished_unix_ms == 1790000001000);
    assert_string_equal(run->info.model, INFO.model);
    assert_string_equal(run->info.command, INFO.command);
    assert_true(run->info.memory_bytes == INFO.memory_bytes && run->info.n_planned == 2);
    assert_int_equal(run->n_tests, 1);
    const test_record *const t = &run->tests[0];
    assert_string_equal(t->plan.prompt, test.plan.prompt);
    assert_true(t->plan.form == FORM_CODE && t->plan.temperature == 0.3 && t->plan.seed == 42 && !t->is_warmup);
    assert_true(t->index == 1 && t->repeat == 2 && t->start_ms == 77 && t->plan.max_tokens == 9);
    assert_true(t->answer.status == TEST_COMPLETED && t->answer.http_status == 200 && t->answer.end_ns == 4);
    assert_true(t->answer.cached_tokens == -1 && t->answer.reasoning_tokens == 8);
    assert_string_equal(t->answer.text, test.answer.text);
    assert_true(t->answer.n_text == 10 && t->answer.n_reasoning == 3);
    assert_int_equal(t->answer.n_arrivals, 3);
    assert_true(t->answer.arrivals[0].is_reasoning && !t->answer.arrivals[2].is_reasoning);
    assert_true(t->answer.arrivals[2].t_ns == 4000000000000 && t->answer.arrivals[2].n_bytes == 5);
    assert_int_equal(run->n_samples, 2);
    assert_true(run->samples[0].values.v[SAMPLE_PRIVATE] == (double)(1ull << 33) && run->samples[1].test_index == 1);
    run_record_free(run);
    store_close(store);
}

static void test_the_latest_run_is_the_default(void **state)
{
    (void)state;
    result_store *const store = open_store(false);
    const int64_t first = add_run(store);
    const int64_t second = add_run(store);
    run_record *run = load(store, 0);
    assert_int_equal(run->info.id, second);
    run_record_free(run);
    run = load(store, first);
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
    run_record *const run = load(store, 0);
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
    run_record *const run = load(store, id);
    assert_int_equal(run->n_tests, 2);
    assert_int_equal(run->n_samples, 0); // the refused test brought nothing with it
    run_record_free(run);
    store_close(store);
}

static void test_a_test_needs_its_run(void **state)
{
    (void)state;
    result_store *const store = open_store(false);
    const test_record test = example_test();
    sw_err err = {0};
    assert_int_equal(store_add_test(store, 5, &test, NULL, 0, &err), SW_EIO);
    assert_non_null(strstr(err.msg, "FOREIGN KEY"));
    store_close(store);
}

static void run_sql(const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void assert_refused(sw_code code, const char *wanted)
{
    for (int read_only = 0; read_only < 2; read_only++) {
        result_store *store;
        sw_err err = {0};
        assert_int_equal(store_open(&store, path, read_only != 0, &err), code);
        assert_null(store);
        if (strstr(err.msg, wanted) == NULL)
            fail_msg("'%s' does not say '%s'", err.msg, wanted);
    }
}

static void test_a_newer_store_is_refused(void **state)
{
    (void)state;
    store_close(open_store(false));
    run_sql("PRAGMA user_version = 2");
    assert_refused(SW_EUNSUPPORTED, "schema 2");
}

static void test_a_database_of_others_is_refused(void **state)
{
    (void)state;
    run_sql("CREATE TABLE t (x)");
    assert_refused(SW_EFORMAT, "not one of spillway");
}

static void test_a_file_that_is_no_database_is_refused(void **state)
{
    (void)state;
    char text[4096];
    memset(text, 'x', sizeof text);
    assert_int_equal(file_put(path, text, sizeof text, NULL), SW_OK);
    assert_refused(SW_EFORMAT, "not a database");
}

static void test_reading_creates_nothing(void **state)
{
    (void)state;
    result_store *store;
    assert_int_not_equal(store_open(&store, path, true, NULL), SW_OK);
    assert_int_not_equal(access(path, F_OK), 0);
}

static const char *status_after(result_store *store, int64_t id, int n_ok, int n_bad)
{
    for (int i = 0; i < n_ok + n_bad; i++) {
        test_record test = example_test();
        test.index = i;
        if (i >= n_ok)
            test.answer.status = TEST_TIMEOUT;
        assert_int_equal(store_add_test(store, id, &test, NULL, 0, NULL), SW_OK);
    }
    run_record *const run = load(store, id);
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
    run_sql("DROP TABLE sample; CREATE VIEW sample AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"
            " SELECT 1 AS run_id, x AS t_ms, 3 AS test_index, 4 AS private_bytes, 5 AS rss_bytes, 6 AS peak_rss_bytes"
            " FROM c");
    assert_refused(SW_EFORMAT, "3 of the 4 tables");
}

static void store_example(void)
{
    result_store *const store = open_store(false);
    const test_record test = example_test();
    assert_int_equal(store_add_test(store, add_run(store), &test, NULL, 0, NULL), SW_OK);
    store_close(store);
}

static void test_texts_that_are_not_utf8_come_back_as_such(void **state)
{
    (void)state;
    store_example();
    run_sql("UPDATE test SET answer = CAST(x'61ffc3a9c3' AS TEXT)");
    result_store *const store = open_store(true);
    run_record *const run = load(store, 0);
    assert_string_equal(run->tests[0].answer.text, "a?\u00e9?");
    run_record_free(run);
    store_close(store);
}

static void test_a_column_that_holds_no_text_is_damage_and_not_short_memory(void **state)
{
    (void)state;
    store_example();
    run_sql("PRAGMA writable_schema = ON;"
            "UPDATE sqlite_schema SET sql = replace(replace(sql, 'NOT NULL', ''), 'STRICT', '') WHERE name = 'run';");
    run_sql("UPDATE run SET model = NULL");
    result_store *const store = open_store(true);
    run_record *run;
    sw_err err = {0};
    assert_int_equal(store_load_run(store, 0, &run, &err), SW_EFORMAT);
    assert_null(run);
    assert_non_null(strstr(err.msg, "is damaged"));
    store_close(store);
}

#define STORE_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_what_is_stored_comes_back),
        STORE_TEST(test_the_latest_run_is_the_default),
        STORE_TEST(test_a_killed_writer_loses_nothing_that_was_committed),
        STORE_TEST(test_the_same_test_is_not_stored_twice),
        STORE_TEST(test_a_test_needs_its_run),
        STORE_TEST(test_a_newer_store_is_refused),
        STORE_TEST(test_a_database_of_others_is_refused),
        STORE_TEST(test_a_file_that_is_no_database_is_refused),
        STORE_TEST(test_a_store_without_its_tables_is_refused),
        STORE_TEST(test_texts_that_are_not_utf8_come_back_as_such),
        STORE_TEST(test_a_column_that_holds_no_text_is_damage_and_not_short_memory),
        STORE_TEST(test_reading_creates_nothing),
        STORE_TEST(test_status_of_a_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
