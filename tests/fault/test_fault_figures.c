/* Figures when memory is short: every allocation of an analysis fails once, is reported, and loses nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "figures/run_alike.h"
#include "figures/run_warnings.h"
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

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    static test_record tests[N_TESTS];
    const run_record run = make_run(tests);
    long n_live;
    faults_alloc_begin(FAULTS_NONE);
    assert_int_equal(analyze(&run), SW_OK);
    const long n = faults_alloc_end(&n_live);
    assert_int_equal(n_live, 0);
    assert_true(n > 20);
    for (long i = 0; i < n; i++) {
        faults_alloc_begin(i);
        const sw_code code = analyze(&run);
        faults_alloc_end(&n_live);
        if (code != SW_ENOMEM || n_live != 0)
            fail_msg("allocation %ld of %ld: code %d, %ld blocks are not freed", i, n, (int)code, n_live);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
