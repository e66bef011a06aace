/* What a report says of a stress run: verdicts at the top, then stages, sessions and lengths of each model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "figures/stress/stress_analysis.h"
#include "report/report.h"
#include "support/record_maker.h"

enum { N_TESTS = 40 };

static test_record tests[N_TESTS];
static stage_record stages[] = {
    {.suite = "concurrent",
     .work = "sessions",
     .name = "1 session",
     .spent_ms = 5000,
     .end_ms = 5000,
     .ending = STAGE_DONE,
     .reason = ""},
    {.suite = "concurrent",
     .work = "sessions",
     .name = "3 sessions",
     .spent_ms = 5000,
     .end_ms = 10000,
     .ending = STAGE_DONE,
     .reason = ""},
    {.suite = "context",
     .work = "ladder",
     .name = "ladder",
     .spent_ms = 2000,
     .end_ms = -1,
     .ending = STAGE_CUT,
     .reason = "canceled"},
};
static buf out;

/* Ten requests alone, 24 of three sessions, six lengths. */
static run_record make_run(void)
{
    for (int i = 0; i < N_TESTS; i++) {
        tests[i] = record_test(MODE_STREAM, i, 0);
        tests[i].stage = i < 10 ? 0 : i < 34 ? 1 : 2;
        tests[i].session = tests[i].stage == 1 ? i % 3 : 0;
        tests[i].start_ms = i < 10 ? 500 * i : i < 34 ? 5000 + 500 * ((i - 10) / 3) : 10000 + 500 * (i - 34);
        tests[i].plan.seed = i < 34 ? 1 : i;
        tests[i].answer.prompt_tokens = i < 34 ? 20 : 128 << (i - 34);
    }
    run_record run = record_run(tests, N_TESTS);
    run.stages = stages;
    run.n_stages = 3;
    return run;
}

static void write_markdown(const run_record *run)
{
    run_analysis analysis;
    buf_clear(&out);
    assert_int_equal(run_analysis_of(run, &analysis, NULL), SW_OK);
    report_markdown(&out, &analysis);
    run_analysis_free(&analysis);
}

static void assert_says(const char *text)
{
    if (strstr(buf_str(&out), text) == NULL)
        fail_msg("the report does not say \"%s\"", text);
}

static void test_verdicts_say_what_was_found(void **state)
{
    (void)state;
    const run_record run = make_run();
    write_markdown(&run);
    assert_says("| sessions | met | rate of all sessions over that of one alone: 3 (24 requests); asked: at least 1; 3 "
                "sessions: 82 tok/s each");
    assert_says("| gpu-memory | inconclusive | ");
    assert_says("| expert-use | inconclusive | experts that were chosen at all, mean over the layers: not measured: ");
    assert_says("| leak | - | not judged: ");
    assert_says("| usage | no | answers whose usage contradicts their tokens: 0 (p 1, 40 looked at) |");
}

static void test_stages_sessions_and_lengths_have_tables(void **state)
{
    (void)state;
    const run_record run = make_run();
    write_markdown(&run);
    assert_says("| context | ladder | 6 | 0 | 2.00 | cut: canceled |");
    assert_says("Each further session costs a session 0 of its time alone");
    assert_says("| 4096 | ladder | 1 | ");
}

static json_t *read_json(const run_record *run)
{
    run_analysis analysis;
    buf_clear(&out);
    assert_int_equal(run_analysis_of(run, &analysis, NULL), SW_OK);
    assert_int_equal(report_json(&out, &analysis, NULL), SW_OK);
    run_analysis_free(&analysis);
    json_t *const report = json_loads(buf_str(&out), 0, NULL);
    assert_non_null(report);
    return report;
}

static void test_json_has_every_figure_and_verdict(void **state)
{
    (void)state;
    run_record run = make_run();
    json_t *report = read_json(&run);
    const json_t *const stress = json_object_get(json_array_get(json_object_get(report, "models"), 0), "stress");
    const json_t *const figures = json_object_get(stress, "figures");
    assert_int_equal(json_object_size(figures), N_STRESS_FIGURES);
    const json_t *const total = json_object_get(figures, "sessions_total");
    assert_true(json_real_value(json_object_get(total, "value")) == 3);
    assert_string_equal(json_string_value(json_object_get(total, "state")), "measured");
    assert_true(json_is_null(json_object_get(json_object_get(figures, "gpu_bytes"), "value")));
    assert_int_equal(json_array_size(json_object_get(stress, "criteria")), 8);
    assert_int_equal(json_object_size(json_object_get(stress, "faults")), N_FAULTS);
    assert_int_equal(json_array_size(json_object_get(stress, "contexts")), 6);
    json_decref(report);
    run.n_stages = 0;
    report = read_json(&run);
    assert_null(json_object_get(json_array_get(json_object_get(report, "models"), 0), "stress"));
    json_decref(report);
}

static void test_a_benchmark_has_none_of_it(void **state)
{
    (void)state;
    run_record run = make_run();
    run.n_stages = 0;
    write_markdown(&run);
    assert_null(strstr(buf_str(&out), "Faults that show"));
    assert_null(strstr(buf_str(&out), "Stages"));
}

int main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_verdicts_say_what_was_found),
        cmocka_unit_test(test_stages_sessions_and_lengths_have_tables),
        cmocka_unit_test(test_json_has_every_figure_and_verdict),
        cmocka_unit_test(test_a_benchmark_has_none_of_it),
    };
    buf_init(&out, REPORT_BYTES_MAX);
    const int status = cmocka_run_group_tests(all, NULL, NULL);
    buf_free(&out);
    return status;
}
