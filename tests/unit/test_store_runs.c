/* Runs are listed, deleted with all that belongs to them, and copied between stores without a difference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "support/store_fixture.h"

/* A run with everything, started at that time. */
static int64_t add_whole_run(result_store *store, int64_t started_unix_ms)
{
    run_info info = EXAMPLE_RUN;
    info.started_unix_ms = started_unix_ms;
    int64_t id;
    assert_int_equal(store_add_run(store, &info, &id, NULL), SW_OK);
    add_parts(store, id);
    resource_sample sample = {.t_ms = 10, .server = 1, .test_index = 1, .values = sample_values_none()};
    sample.values.v[SAMPLE_GPU_USED] = 7;
    test_record test = example_test();
    assert_int_equal(store_add_test(store, id, &test, &sample, 1, NULL), SW_OK);
    test.is_warmup = true;
    assert_int_equal(store_add_test(store, id, &test, NULL, 0, NULL), SW_OK);
    test.is_warmup = false, test.index = 2, test.stage = 0, test.turn = 1, test.item = "units/1/seed=4",
    test.answer.status = TEST_TIMEOUT, test.server = 2;
    assert_int_equal(store_add_test(store, id, &test, &sample, 1, NULL), SW_OK);
    run_record *const run = load_run(store, id);
    const review_record reviews[] = {
        {.test = 2, .reviewer = "b", .scores = {5, 0, 1}, .flags = {[FLAG_ODD] = true}, .note = "so\nso", .unix_ms = 8},
        {.test = 0, .reviewer = "", .scores = {1, 2, 3}, .note = "", .unix_ms = 9},
    };
    assert_int_equal(store_put_reviews(store, run, reviews, 2, NULL), SW_OK);
    run_record_free(run);
    return id;
}

static int64_t count_rows(const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *s;
    assert_int_equal(sqlite3_open(store_path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    const int64_t n = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(db);
    return n;
}

static void test_runs_are_listed(void **state)
{
    (void)state;
    result_store *const store = open_store(false);
    run_list list;
    assert_int_equal(store_list_runs(store, &list, NULL), SW_OK);
    assert_int_equal(list.n, 0);
    run_list_free(&list);
    add_whole_run(store, 5);
    const int64_t second = add_whole_run(store, 6);
    assert_int_equal(store_finish_run(store, second, "failed_threshold", "", "sha256:9", 700, NULL), SW_OK);
    assert_int_equal(store_list_runs(store, &list, NULL), SW_OK);
    assert_int_equal(list.n, 2);
    const run_entry *const e = &list.entries[1];
    assert_true(list.entries[0].started_unix_ms == 5 && list.entries[0].finished_unix_ms == 0);
    assert_true(e->id == second && e->started_unix_ms == 6 && e->finished_unix_ms == 700);
    assert_string_equal(e->status, "failed_threshold");
    assert_string_equal(e->fingerprint, "sha256:9");
    assert_string_equal(e->model, "m/1");
    assert_string_equal(e->command, "spillway bench");
    assert_true(e->n_models == 2 && e->n_sessions == 1);
    assert_true(e->n_planned == 2 && e->n_measured == 2 && e->n_completed == 1);
    run_list_free(&list);
    store_close(store);
}

static void test_a_deleted_run_leaves_nothing_and_the_others_whole(void **state)
{
    (void)state;
    result_store *store = open_store(false);
    const int64_t first = add_whole_run(store, 5);
    const int64_t second = add_whole_run(store, 6);
    run_record *const before = load_run(store, second);
    assert_int_equal(store_delete_run(store, first, NULL), SW_OK);
    run_record *const after = load_run(store, second);
    assert_same_run(before, after);
    sw_err err = {0};
    assert_int_equal(store_delete_run(store, first, &err), SW_ENOTFOUND);
    assert_non_null(strstr(err.msg, "no run 1"));
    assert_int_equal(store_delete_run(store, second, NULL), SW_OK);
    store_close(store);
    static const char *const TABLES[] = {"run",   "subject",    "server", "placement", "fact",  "test",
                                         "event", "test_check", "expert", "sample",    "review"};
    for (size_t i = 0; i < sizeof TABLES / sizeof *TABLES; i++) {
        char sql[64];
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", TABLES[i]);
        if (count_rows(sql) != 0)
            fail_msg("%s has rows of a deleted run", TABLES[i]);
    }
    run_record_free(before);
    run_record_free(after);
}

static void test_a_merged_run_is_the_same_and_merged_once(void **state)
{
    (void)state;
    result_store *const from = open_store(false);
    add_whole_run(from, 5);
    const int64_t id = add_whole_run(from, 6);
    assert_int_equal(store_finish_run(from, id, "ok", "", "sha256:9", 700, NULL), SW_OK);
    run_record *const wanted = load_run(from, id);
    store_setup(NULL);
    result_store *const into = open_store(false);
    int64_t new_id, again;
    bool was_there;
    assert_int_equal(store_merge_run(into, from, id, &new_id, &was_there, NULL), SW_OK);
    assert_true(!was_there && new_id == 1 && id == 2);
    run_record *const found = load_run(into, new_id);
    assert_same_run(found, wanted);
    assert_int_equal(found->n_reviews, 2);
    assert_int_equal(store_merge_run(into, from, id, &again, &was_there, NULL), SW_OK);
    assert_true(was_there && again == new_id);
    assert_int_equal(store_merge_run(into, from, 1, &again, &was_there, NULL), SW_OK);
    assert_true(!was_there && again == 2);
    sw_err err = {0};
    assert_int_equal(store_merge_run(into, from, 3, &again, &was_there, &err), SW_ENOTFOUND);
    run_record_free(wanted);
    run_record_free(found);
    store_close(into);
    store_close(from);
}

static void test_a_run_of_schema_1_merges_as_it_reads(void **state)
{
    (void)state;
    copy_store("schema1.sqlite");
    result_store *const from = open_store(true);
    store_setup(NULL);
    result_store *const into = open_store(false);
    int64_t id;
    bool was_there;
    assert_int_equal(store_merge_run(into, from, 0, &id, &was_there, NULL), SW_OK);
    run_record *const a = load_run(from, 0);
    run_record *const b = load_run(into, id);
    assert_same_run(a, b);
    run_record_free(a);
    run_record_free(b);
    store_close(into);
    store_close(from);
}

#define STORE_TEST(f) cmocka_unit_test_setup(f, store_setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_runs_are_listed),
        STORE_TEST(test_a_deleted_run_leaves_nothing_and_the_others_whole),
        STORE_TEST(test_a_merged_run_is_the_same_and_merged_once),
        STORE_TEST(test_a_run_of_schema_1_merges_as_it_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
