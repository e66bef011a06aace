/* Figures when memory is short: every allocation of an analysis fails once, is reported, and loses nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "figures/run_alike.h"
#include "figures/run_warnings.h"
#include "figures/stress/fault_world.h"
#include "figures/stress/stress_faults.h"
#include "figures/stress/stress_findings.h"
#include "support/faults.h"
#include "support/record_maker.h"

enum { N_TESTS = 8 };

/* Streamed twice, whole and swept, with experts. */
static run_record make_run(test_record tests[N_TESTS])
{
    static const test_mode MODES[] = {MODE_STREAM, MODE_STREAM, MODE_WHOLE, MODE_SWEEP};
    static const uint64_t COUNTS[][4] = {{5, 1, 1, 1}, {1, 5, 1, 1}};
    for (int i = 0; i < N_TESTS; i++) {
        tests[i] = record_test(MODES[i % 4], i / 4, i % 4 == 1);
        tests[i].variant = MODES[i % 4] == MODE_SWEEP ? "temperature=0.1" : "";
        tests[i].answer.experts = (expert_counts){1, 4, 1, 8, COUNTS[i / 4]};
    }
    return record_run(tests, N_TESTS);
}

static sw_code analyze(const run_record *run)
{
    run_analysis a;
    run_warnings w = {0};
    run_differences d = {0};
    sw_code code = run_analysis_of(run, &a, NULL);
    if (code == SW_OK)
        code = run_warnings_of(&a, &w, NULL);
    if (code == SW_OK)
        code = run_alike(run, run, NULL, &d, NULL);
    run_differences_free(&d);
    run_warnings_free(&w);
    run_analysis_free(&a);
    return code;
}

/* Figures, verdicts and faults of a stress run. */
static sw_code search(const run_record *run)
{
    stress_rows rows;
    stress_figures figures;
    stress_faults faults;
    fault_record record = {0};
    sw_code code = stress_rows_of(run, 0, &rows, NULL);
    if (code == SW_OK)
        code = stress_findings_of(&rows, &figures, NULL);
    if (code == SW_OK)
        code = fault_record_of(&rows, &record, NULL);
    if (code == SW_OK)
        code = stress_faults_of(&record.world, &faults, NULL);
    fault_record_free(&record);
    stress_rows_free(&rows);
    return code;
}

static void fail_each_allocation(sw_code (*all)(const run_record *), const run_record *run)
{
    long n_live;
    faults_alloc_begin(FAULTS_NONE);
    assert_int_equal(all(run), SW_OK);
    const long n = faults_alloc_end(&n_live);
    assert_int_equal(n_live, 0);
    assert_true(n > 20);
    for (long i = 0; i < n; i++) {
        faults_alloc_begin(i);
        const sw_code code = all(run);
        faults_alloc_end(&n_live);
        if (code != SW_ENOMEM || n_live != 0)
            fail_msg("allocation %ld of %ld: code %d, %ld blocks are not freed", i, n, (int)code, n_live);
    }
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    static test_record tests[N_TESTS];
    const run_record run = make_run(tests);
    fail_each_allocation(analyze, &run);
}

static void test_every_allocation_of_stress_figures_may_fail(void **state)
{
    (void)state;
    static test_record tests[N_TESTS];
    static resource_sample samples[12];
    static stage_record stages[] = {{.suite = "concurrent", .work = "sessions", .end_ms = 20000, .spent_ms = 1000},
                                    {.suite = "concurrent", .work = "sessions", .end_ms = 20000, .spent_ms = 1000}};
    run_record run = make_run(tests);
    for (int i = 0; i < N_TESTS; i++) {
        tests[i].stage = i % 2;
        tests[i].session = i / 2 * (i % 2);
        tests[i].mode = i % 4 == 0 ? MODE_REFERENCE : MODE_STREAM;
        tests[i].plan.seed = i / 4;
    }
    for (int i = 0; i < 12; i++) {
        samples[i] = (resource_sample){.t_ms = 1000 * i, .test_index = -1, .values = sample_values_none()};
        samples[i].values.v[SAMPLE_PRIVATE] = 1e9 + i;
    }
    run.samples = samples;
    run.n_samples = 12;
    run.stages = stages;
    run.n_stages = 2;
    fail_each_allocation(search, &run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_allocation_may_fail),
        cmocka_unit_test(test_every_allocation_of_stress_figures_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
