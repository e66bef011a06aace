/* Figures over many runs: which rows there are, runs without a figure, and what is said of flat, drifting and stepping
 * histories. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/rng.h"
#include "compare/run_trend.h"
#include "support/record_maker.h"

enum { N_EVENTS = 41 };

/* Adds a run of one test whose gaps are that long; 0: the test failed, and has no figures. */
static void add_run(run_trend *t, double gap_ms)
{
    static arrival arrivals[N_EVENTS];
    static test_record test;
    if (test.plan.name == NULL)
        test = record_test(MODE_STREAM, 0, 0);
    for (int i = 0; i < N_EVENTS; i++)
        arrivals[i] = (arrival){.t_ns = 100000000 + (int64_t)(i * gap_ms * 1e6), .n_bytes = 1, .n_tokens = 1};
    test.answer.arrivals = arrivals;
    test.answer.end_ns = arrivals[N_EVENTS - 1].t_ns;
    test.answer.status = gap_ms > 0 ? TEST_COMPLETED : TEST_TIMEOUT;
    run_record run = record_run(&test, 1);
    run.info.started_unix_ms = (int64_t)t->n_runs;
    run_analysis analysis;
    char name[32];
    snprintf(name, sizeof name, "run %zu", t->n_runs);
    assert_int_equal(run_analysis_of(&run, &analysis, NULL), SW_OK);
    assert_int_equal(run_trend_add(t, &analysis, name, NULL, NULL), SW_OK);
    run_analysis_free(&analysis);
}

static const trend_row *find_row(const run_trend *t, compare_metric metric)
{
    for (size_t i = 0; i < t->n_rows; i++) {
        if (t->rows[i].metric == metric)
            return &t->rows[i];
    }
    return NULL;
}

static void judge(run_trend *t)
{
    assert_int_equal(run_trend_judge(t, NULL, -1, NULL), SW_OK);
}

static void init(run_trend *t)
{
    assert_int_equal(run_trend_init(t, NULL), SW_OK);
}

static void test_a_drift_is_found_with_its_slope(void **state)
{
    (void)state;
    run_trend t;
    init(&t);
    for (int i = 0; i < 9; i++)
        add_run(&t, 10 * (1 + 0.01 * i + (i % 2 == 0 ? 0.002 : -0.002)));
    judge(&t);
    const trend_row *const rate = find_row(&t, COMPARE_DECODE), *const first = find_row(&t, COMPARE_TTFT);
    assert_int_equal(rate->verdict, CHANGE_WORSE);
    assert_true(fabs(rate->slope + 1) < 0.1 && rate->range.low <= rate->slope && rate->slope <= rate->range.high);
    assert_true(rate->p_value < 0.05 && rate->test.is_exact);
    assert_int_equal(find_row(&t, COMPARE_ITL_P95)->verdict, CHANGE_WORSE); // it rises
    assert_int_equal(first->verdict, CHANGE_UNCLEAR);                       // it is the same in every run
    assert_true(first->p_value == 1 && first->n_steps == 0);
    run_trend_free(&t);
}

static void test_a_step_is_found_in_its_run(void **state)
{
    (void)state;
    rng_state rng;
    rng_seed(&rng, 7);
    run_trend t;
    init(&t);
    for (int i = 0; i < 14; i++) {
        if (i == 3)
            add_run(&t, 0); // a run without figures does not move it
        add_run(&t, (i < 7 ? 10 : 11) * (0.99 + 0.02 * (double)rng_float(&rng)));
    }
    judge(&t);
    const trend_row *const rate = find_row(&t, COMPARE_DECODE);
    assert_int_equal(rate->n, 14);
    assert_true(isnan(rate->values[3].value));
    assert_int_equal(rate->n_steps, 1);
    assert_int_equal(rate->steps[0].at, 8);
    assert_true(fabs(rate->steps[0].before - 100) < 1 && fabs(rate->steps[0].after - 100 / 1.1) < 1);
    assert_string_equal(t.runs[rate->steps[0].at].name, "run 8");
    run_trend_free(&t);
}

static void test_a_flat_history_shows_nothing(void **state)
{
    (void)state;
    rng_state rng;
    rng_seed(&rng, 8);
    run_trend t;
    init(&t);
    for (int i = 0; i < 20; i++)
        add_run(&t, 10 * (0.95 + 0.1 * (double)rng_float(&rng)));
    judge(&t);
    for (size_t i = 0; i < t.n_rows; i++)
        assert_true(t.rows[i].verdict == CHANGE_UNCLEAR && t.rows[i].n_steps == 0);
    run_trend_free(&t);
}

static void test_rows_need_five_runs_and_can_be_chosen(void **state)
{
    (void)state;
    run_trend t;
    init(&t);
    for (int i = 0; i < 4; i++)
        add_run(&t, 10);
    add_run(&t, 0);
    judge(&t);
    assert_int_equal(run_trend_count_judged(&t), 0);
    for (size_t i = 0; i < t.n_rows; i++) {
        assert_string_equal(run_trend_direction(&t.rows[i]), "too few runs");
        assert_true(isnan(t.rows[i].p_value) && t.rows[i].verdict == CHANGE_UNCLEAR);
    }
    run_trend_free(&t);
    const struct {
        const char *model;
        int metric;
        size_t n_rows;
    } cases[] = {{NULL, COMPARE_TTFT, 1}, {"m", COMPARE_TTFT, 1}, {"other", -1, 0}, {NULL, COMPARE_VRAM, 0}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        init(&t);
        for (int i = 0; i < 5; i++)
            add_run(&t, 10 + i);
        assert_int_equal(run_trend_judge(&t, cases[k].model, cases[k].metric, NULL), SW_OK);
        assert_int_equal(t.n_rows, cases[k].n_rows);
        assert_int_equal(run_trend_count_judged(&t), cases[k].n_rows);
        run_trend_free(&t);
    }
    init(&t);
    judge(&t); // no runs at all
    assert_int_equal(t.n_rows, 0);
    run_trend_free(&t);
}

/* A run of two models that have one name. */
static void add_twins(run_trend *t)
{
    test_record tests[2] = {record_test(MODE_STREAM, 0, 0), record_test(MODE_STREAM, 0, 0)};
    tests[1].subject = 1;
    run_record run = record_run(tests, 2);
    subject_record twins[2] = {run.subjects[0], run.subjects[0]};
    twins[1].quantization = "F16";
    run.subjects = twins;
    run.n_subjects = 2;
    run_analysis analysis;
    assert_int_equal(run_analysis_of(&run, &analysis, NULL), SW_OK);
    assert_int_equal(run_trend_add(t, &analysis, "run", NULL, NULL), SW_OK);
    run_analysis_free(&analysis);
}

static void test_models_of_one_name_have_rows_of_their_own(void **state)
{
    (void)state;
    run_trend t;
    init(&t);
    for (int i = 0; i < TREND_RUNS_MIN; i++)
        add_twins(&t);
    assert_int_equal(run_trend_judge(&t, NULL, COMPARE_TTFT, NULL), SW_OK);
    assert_int_equal(t.n_rows, 2);
    for (int i = 0; i < 2; i++) {
        assert_string_equal(t.rows[i].model, "m");
        assert_string_equal(t.rows[i].label, i == 0 ? "m (MXFP4)" : "m (F16)");
        assert_int_equal(t.rows[i].n, TREND_RUNS_MIN);
    }
    assert_int_equal(run_trend_judge(&t, "m (F16)", COMPARE_TTFT, NULL), SW_OK);
    assert_int_equal(t.n_rows, 1);
    run_trend_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_drift_is_found_with_its_slope),
        cmocka_unit_test(test_a_step_is_found_in_its_run),
        cmocka_unit_test(test_a_flat_history_shows_nothing),
        cmocka_unit_test(test_models_of_one_name_have_rows_of_their_own),
        cmocka_unit_test(test_rows_need_five_runs_and_can_be_chosen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
