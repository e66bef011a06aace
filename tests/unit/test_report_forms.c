/* CSV, JSON lines and JSON of runs that are not as they should be: answers that failed in every way, no figures at all,
 * a store of schema 1.  Golden files; SPILLWAY_UPDATE_GOLDEN=1 writes them anew. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "report/report.h"
#include "results/store.h"
#include "support/golden_text.h"
#include "support/run_fixture.h"

static void assert_form(buf *out, const char *name, const char *ext)
{
    char path[128];
    snprintf(path, sizeof path, "%s.%s", name, ext);
    assert_int_equal(out->failed, SW_OK);
    golden_text_assert(path, buf_str(out), out->size);
    buf_clear(out);
}

/* Meanings of facts and samples, at the end, are texts of other modules. */
static void cut_definitions(buf *out)
{
    const char *const definitions = strstr(buf_str(out), ",\n  \"definitions\": {");
    assert_non_null(definitions);
    out->size = (size_t)(definitions - out->data);
    out->data[out->size] = '\0';
}

static void assert_forms(const run_record *run, const char *name)
{
    run_analysis analysis;
    buf out;
    buf_init(&out, REPORT_BYTES_MAX);
    assert_int_equal(run_analysis_of(run, &analysis, NULL), SW_OK);
    report_csv(&out, &analysis);
    assert_form(&out, name, "csv");
    assert_int_equal(report_jsonl(&out, &analysis, NULL), SW_OK);
    assert_form(&out, name, "jsonl");
    assert_int_equal(report_json(&out, &analysis, NULL), SW_OK);
    cut_definitions(&out);
    assert_form(&out, name, "json");
    run_analysis_free(&analysis);
    buf_free(&out);
}

/* What a request has that never got an answer. */
static answer_record no_answer(test_status status, const char *error)
{
    return (answer_record){.status = status,
                           .error = error,
                           .headers_ns = -1,
                           .first_event_ns = -1,
                           .end_ns = -1,
                           .finish_reason = "",
                           .model = "",
                           .fingerprint = "",
                           .prompt_tokens = -1,
                           .cached_tokens = -1,
                           .completion_tokens = -1,
                           .reasoning_tokens = -1,
                           .text = "",
                           .reasoning = "",
                           .temperature = NAN,
                           .queue_ms = NAN,
                           .prompt_ms = NAN,
                           .decode_ms = NAN,
                           .seed = -1};
}

/* One model, a warm-up, a good answer, one of half its events, and one of every way to fail. */
static void test_answers_that_failed_in_every_way(void **state)
{
    (void)state;
    run_fixture *const fixture = run_fixture_create();
    assert_non_null(fixture);
    run_record *const run = run_fixture_edit(fixture);
    run->n_subjects = 1;
    run->n_servers = run->n_samples = run->n_facts = run->n_placement = 0;
    run->n_tests = 3;
    run->tests[2].answer.status = TEST_INCOMPLETE;
    run->tests[2].answer.error = "the connection was closed before the answer's end";
    run->tests[2].answer.n_arrivals = 20;
    for (int status = 0; status < N_TEST_STATUS; status++) {
        if (status == TEST_COMPLETED || status == TEST_INCOMPLETE)
            continue;
        test_record *const t = &run->tests[run->n_tests++];
        t->answer = no_answer((test_status)status, "why it failed");
        t->server = -1;
        t->n_checks = 0;
    }
    for (size_t i = 0; i < run->n_tests; i++)
        run->tests[i].server = -1;
    assert_forms(run, "failures");
    run_fixture_free(fixture);
}

static void test_a_run_that_was_killed_before_its_first_test(void **state)
{
    (void)state;
    run_fixture *const fixture = run_fixture_create();
    assert_non_null(fixture);
    run_record *const run = run_fixture_edit(fixture);
    run->n_subjects = 1;
    run->n_tests = run->n_servers = run->n_facts = run->n_placement = run->n_samples = 0;
    run->info.status = "aborted";
    run->info.reasons = "";
    run->info.finished_unix_ms = 0;
    assert_forms(run, "nothing");
    run_fixture_free(fixture);
}

static void test_a_run_of_schema_1(void **state)
{
    (void)state;
    result_store *store;
    run_record *run;
    assert_int_equal(store_open(&store, SPILLWAY_TEST_DATA "/stores/schema1-resumed.sqlite", /*read_only=*/true, NULL),
                     SW_OK);
    assert_int_equal(store_load_run(store, 1, &run, NULL), SW_OK);
    assert_forms(run, "schema1");
    run_record_free(run);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_that_failed_in_every_way),
        cmocka_unit_test(test_a_run_that_was_killed_before_its_first_test),
        cmocka_unit_test(test_a_run_of_schema_1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
