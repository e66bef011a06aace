/* Words that a newer spillway of the same schema wrote: what they mean to this one, and what it refuses. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/report.h"
#include "support/store_fixture.h"

/* A run with everything and one measured test. */
static void write_run(void)
{
    result_store *const store = open_store(false);
    const int64_t run = add_run(store);
    add_parts(store, run);
    const test_record test = example_test();
    assert_int_equal(store_add_test(store, run, &test, NULL, 0, NULL), SW_OK);
    store_close(store);
}

static run_record *read_run(void)
{
    result_store *const store = open_store(true);
    run_record *const run = load_run(store, 0);
    store_close(store);
    return run;
}

static void test_an_unknown_fact_is_left_out(void **state)
{
    (void)state;
    write_run();
    run_record *const before = read_run();
    store_sql("INSERT INTO fact SELECT run_id, NULL, NULL, 'flux', 1.21e9, '', 'newer' FROM fact LIMIT 1;");
    run_record *const after = read_run();
    assert_same_run(before, after);
    run_record_free(before);
    run_record_free(after);
}

static void test_an_unknown_status_is_no_success(void **state)
{
    (void)state;
    write_run();
    store_sql("UPDATE test SET status = 'teleported';");
    run_record *const run = read_run();
    assert_int_equal(run->tests[0].answer.status, TEST_INCOMPLETE);
    run_record_free(run);
}

static void test_an_unknown_outcome_of_a_check_counts_for_nothing(void **state)
{
    (void)state;
    write_run();
    store_sql("UPDATE test_check SET outcome = 'perhaps', kind = 'newer';");
    run_record *const run = read_run();
    assert_int_equal(run->tests[0].checks[0].outcome, CHECK_NOT_RUN);
    run_record_free(run);
}

static void test_an_unknown_side_is_a_server_that_was_given(void **state)
{
    (void)state;
    write_run();
    store_sql("UPDATE server SET side = 'floating';");
    run_record *const run = read_run();
    assert_int_equal(run->servers[0].side, SIDE_GIVEN);
    run_record_free(run);
}

/* Figures of it would be those of another question. */
static void test_an_unknown_mode_is_refused(void **state)
{
    (void)state;
    write_run();
    store_sql("UPDATE test SET mode = 'dreamt';");
    result_store *const store = open_store(true);
    run_record *run = NULL;
    sw_err err = {0};
    assert_int_equal(store_load_run(store, 0, &run, &err), SW_EFORMAT);
    assert_non_null(strstr(err.msg, "a test has a mode that this spillway does not know"));
    store_close(store);
}

/* Every form is made of a run with all of these words. */
static void test_a_report_is_made_of_unknown_words(void **state)
{
    (void)state;
    write_run();
    store_sql("UPDATE run SET status = 'superseded'; UPDATE server SET side = 'floating';"
              "UPDATE test SET status = 'teleported', kind = 'limerick', finish_reason = 'bored';"
              "UPDATE placement SET tier = 'tape', tensor_class = 'gravity', source = 'newer';");
    run_record *const run = read_run();
    run_analysis analysis;
    buf out;
    buf_init(&out, REPORT_BYTES_MAX);
    assert_int_equal(run_analysis_of(run, &analysis, NULL), SW_OK);
    report_text(&out, &analysis, 80);
    assert_non_null(strstr(buf_str(&out), "superseded"));
    report_markdown(&out, &analysis);
    report_csv(&out, &analysis);
    assert_int_equal(report_html(&out, &analysis, NULL, NULL), SW_OK);
    assert_int_equal(report_json(&out, &analysis, NULL), SW_OK);
    assert_int_equal(out.failed, SW_OK);
    buf_free(&out);
    run_analysis_free(&analysis);
    run_record_free(run);
}

#define STORE_TEST(f) cmocka_unit_test_setup(f, store_setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_an_unknown_fact_is_left_out),
        STORE_TEST(test_an_unknown_status_is_no_success),
        STORE_TEST(test_an_unknown_outcome_of_a_check_counts_for_nothing),
        STORE_TEST(test_an_unknown_side_is_a_server_that_was_given),
        STORE_TEST(test_an_unknown_mode_is_refused),
        STORE_TEST(test_a_report_is_made_of_unknown_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
