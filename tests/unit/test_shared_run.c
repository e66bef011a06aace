/* Shared files as runs: their figures are those of the file, they compare like the stored runs that they are of, and
 * what they do not hold is never taken for equal. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "compare/comparison_report.h"
#include "report/render.h"
#include "results/store.h"
#include "share/shared_run.h"
#include "support/run_fixture.h"

/* A run, and the same after it was shared. */
typedef struct side {
    run_fixture *fixture;
    run_analysis stored;
    share_file *file;
    run_record *run;
    run_analysis shared;
} side;

static void start(side *s)
{
    *s = (side){.fixture = run_fixture_create()};
    run_record *const run = run_fixture_edit(s->fixture);
    run->info.status = "ok";
}

static void share(side *s)
{
    assert_int_equal(run_analysis_of(run_fixture_record(s->fixture), &s->stored, NULL), SW_OK);
    assert_int_equal(shared_again(&s->stored, &s->file, NULL), SW_OK);
    assert_int_equal(shared_run_of(s->file, &s->run, &s->shared, NULL), SW_OK);
}

static void end(side *s)
{
    run_analysis_free(&s->shared);
    run_record_free(s->run);
    share_free(s->file);
    run_analysis_free(&s->stored);
    run_fixture_free(s->fixture);
}

static comparison compare(const side *a, const side *b, const char *knob)
{
    const comparison_options options = {
        .knob = knob, .is_shared = true, .limits = compare_limits_default(), .n_draws = 200};
    comparison c;
    assert_int_equal(comparison_of(&a->shared, &b->shared, &options, &c, NULL), SW_OK);
    return c;
}

/* ---- the run ----------------------------------------------------------------------------------------------------- */

static const summary_row *find_row(const run_summary *s, const test_record *test)
{
    for (size_t i = 0; i < s->n_rows; i++) {
        const test_record *const t = s->rows[i].test;
        if (t->index == test->index && t->repeat == test->repeat && strcmp(t->variant, test->variant) == 0)
            return &s->rows[i];
    }
    fail_msg("answer %d.%d is not there", test->index, test->repeat);
    return NULL;
}

static void assert_same(double a, double b)
{
    assert_true((isnan(a) && isnan(b)) || fabs(a - b) <= 1e-9 * fabs(a));
}

static void test_every_answer_has_the_figures_that_were_shared(void **state)
{
    (void)state;
    side s;
    int n_failed = 0;
    start(&s);
    share(&s);
    assert_int_equal(s.shared.n_subjects, s.stored.n_subjects);
    for (size_t i = 0; i < s.stored.n_subjects; i++) {
        for (int mode = 0; mode < N_TEST_MODES; mode++) {
            const run_summary *const before = &s.stored.subjects[i].modes[mode];
            const run_summary *const after = &s.shared.subjects[i].modes[mode];
            assert_int_equal(after->n_rows, before->n_rows);
            for (size_t k = 0; k < before->n_rows; k++) {
                const summary_row *const row = &before->rows[k];
                if (row->test->answer.status != TEST_COMPLETED) {
                    n_failed++;
                    continue;
                }
                const summary_row *const found = find_row(after, row->test);
                assert_int_equal(found->test->answer.status, TEST_COMPLETED);
                for (int m = 0; m < N_SHARE_METRICS; m++)
                    assert_same(share_metric_of((share_metric)m, found), share_metric_of((share_metric)m, row));
            }
        }
    }
    assert_true(n_failed > 0); // the fixture has such
    end(&s);
}

static void test_the_run_has_its_machine_and_its_time(void **state)
{
    (void)state;
    side s;
    start(&s);
    share(&s);
    const run_info *const before = &run_fixture_record(s.fixture)->info, *const after = &s.run->info;
    assert_int_equal(after->started_unix_ms, before->started_unix_ms / 1000 * 1000);
    assert_int_equal(after->n_cores, before->n_cores);
    assert_string_equal(after->fingerprint, before->fingerprint);
    assert_string_equal(after->version, before->version);
    assert_true(s.run->n_servers > 0 && s.run->servers[0].software[0] != '\0');
    end(&s);
}

static void test_more_answers_than_can_be_compared_are_refused(void **state)
{
    (void)state;
    side s;
    run_record *run;
    run_analysis analysis;
    sw_err err = {0};
    start(&s);
    share(&s);
    s.file->tests[0].n_asked = 2147483647;
    s.file->tests[1].n_asked = 2147483647;
    assert_int_equal(shared_run_of(s.file, &run, &analysis, &err), SW_ELIMIT);
    assert_non_null(strstr(err.msg, "4294967"));
    run_analysis_free(&analysis);
    run_record_free(run);
    end(&s);
}

/* ---- comparisons ------------------------------------------------------------------------------------------------- */

static void test_a_run_equals_itself_and_says_what_is_not_known(void **state)
{
    (void)state;
    side s;
    start(&s);
    share(&s);
    comparison c = compare(&s, &s, NULL);
    assert_int_equal(c.outcome, COMPARISON_OK);
    assert_true(c.pairs.n > 10);
    assert_int_equal(c.exact.n, 0);
    assert_int_equal(c.exact.n_compared[COMPARE_OUTPUTS], 0);
    assert_int_equal(c.exact.n_compared[COMPARE_CHECKS], 0);
    for (size_t i = 0; i < c.n_rows; i++)
        assert_true(c.rows[i].metric != COMPARE_CONSISTENCY);
    document doc;
    buf out;
    buf_init(&out, 1 << 20);
    document_init(&doc);
    comparison_document(&doc, &c, (comparison_names){"a", "b"});
    render_markdown(&out, &doc);
    assert_non_null(strstr(buf_str(&out), "not in a shared file, and not compared: answers, checks"));
    assert_non_null(strstr(buf_str(&out), "Their fingerprints are equal"));
    document_free(&doc);
    buf_free(&out);
    comparison_free(&c);
    end(&s);
}

/* Whether a pair is found does not depend on the order in a file. */
static void test_a_lost_answer_is_a_failure(void **state)
{
    (void)state;
    side a, b;
    start(&a);
    start(&b);
    share(&a);
    run_record *const run = run_fixture_edit(b.fixture);
    for (size_t i = 0; i < run->n_tests; i++) {
        if (!run->tests[i].is_warmup && run->tests[i].answer.status == TEST_COMPLETED) {
            run->tests[i].answer.status = TEST_TIMEOUT;
            break;
        }
    }
    share(&b);
    comparison c = compare(&a, &b, NULL);
    assert_int_equal(c.n_exact[COMPARE_FAILED], 1);
    assert_int_equal(c.outcome, COMPARISON_REGRESSED);
    comparison_free(&c);
    end(&a);
    end(&b);
}

static void test_a_difference_that_a_file_does_not_hold_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *knob;
        comparison_outcome outcome;
    } CASES[] = {{NULL, COMPARISON_REFUSED}, {"cpu", COMPARISON_REFUSED}, {"n_threads", COMPARISON_OK}};
    side a, b;
    start(&a);
    start(&b);
    run_fixture_edit(b.fixture)->info.fingerprint = "sha256:another";
    share(&a);
    share(&b);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        comparison c = compare(&a, &b, CASES[i].knob);
        assert_int_equal(c.outcome, CASES[i].outcome);
        assert_int_equal(c.reasons.size > 0, CASES[i].outcome == COMPARISON_REFUSED);
        comparison_free(&c);
    }
    end(&b);
    start(&b);
    run_fixture_edit(b.fixture)->info.fingerprint = "sha256:another";
    run_fixture_edit(b.fixture)->info.cpu = "another CPU"; // the knob explains the fingerprint
    share(&b);
    comparison c = compare(&a, &b, "cpu");
    assert_int_equal(c.outcome, COMPARISON_OK);
    comparison_free(&c);
    c = compare(&a, &b, NULL);
    assert_int_equal(c.outcome, COMPARISON_REFUSED);
    comparison_free(&c);
    end(&a);
    end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_answer_has_the_figures_that_were_shared),
        cmocka_unit_test(test_the_run_has_its_machine_and_its_time),
        cmocka_unit_test(test_more_answers_than_can_be_compared_are_refused),
        cmocka_unit_test(test_a_run_equals_itself_and_says_what_is_not_known),
        cmocka_unit_test(test_a_lost_answer_is_a_failure),
        cmocka_unit_test(test_a_difference_that_a_file_does_not_hold_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
