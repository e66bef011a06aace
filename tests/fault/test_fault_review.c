/* People's scores when memory is short: every allocation fails once, is reported, and loses nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "figures/review_figures.h"
#include "report/report.h"
#include "review/review_file.h"
#include "review/review_list.h"
#include "review/review_page.h"
#include "support/faults.h"
#include "support/run_fixture.h"

enum { N_TESTS = 5 }; // of the fixture; more are handled alike

static run_analysis analysis;
static sw_err err;

static sw_code list(const run_record *run)
{
    review_list answers;
    const review_choice choice = {.reviewer = "Ada", .is_blind = true};
    const sw_code code = review_list_of(run, &choice, &answers, &err);
    review_list_free(&answers);
    return code;
}

static sw_code compare(const run_record *run)
{
    (void)run;
    review_figures figures;
    const sw_code code = review_figures_of(&analysis, &figures, &err);
    review_figures_free(&figures);
    return code;
}

/* Writes a file and reads it. */
static sw_code exchange(const run_record *run)
{
    buf text;
    review_file file = {0};
    buf_init(&text, LIMIT_REVIEW_FILE_BYTES);
    sw_code code = review_file_write(&text, run, run->reviews, run->n_reviews, &err);
    if (code == SW_OK)
        code = review_file_read(run, buf_str(&text), text.size, "file", &file, &err);
    review_file_free(&file);
    buf_free(&text);
    return code;
}

static sw_code write_page(const run_record *run)
{
    (void)run;
    buf page;
    buf_init(&page, REPORT_BYTES_MAX);
    const review_choice choice = {.reviewer = ""};
    const sw_code code = review_page(&page, &analysis, &choice, NULL, &err);
    buf_free(&page);
    return code;
}

/* Each part by itself: what is before it need not be done again for each of its allocations. */
static void fail_each_allocation(const char *name, sw_code (*part)(const run_record *run), const run_record *run)
{
    long n_live;
    faults_alloc_begin(FAULTS_NONE);
    assert_int_equal(part(run), SW_OK);
    const long n = faults_alloc_end(&n_live);
    assert_int_equal(n_live, 0);
    assert_true(n >= 2);
    for (long i = 0; i < n; i++) {
        sw_err_clear(&err);
        faults_alloc_begin(i);
        const sw_code code = part(run);
        faults_alloc_end(&n_live);
        if (code != SW_ENOMEM || n_live != 0)
            fail_msg("%s: allocation %ld of %ld: code %d, %ld blocks are not freed: %s", name, i, n, (int)code, n_live,
                     err.msg);
    }
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    run_fixture *const fixture = run_fixture_create();
    run_record *const run = run_fixture_edit(fixture);
    run->n_tests = N_TESTS;
    run_fixture_review(fixture);
    assert_int_equal(run_analysis_of(run, &analysis, &err), SW_OK);
    fail_each_allocation("list", list, run);
    fail_each_allocation("compare", compare, run);
    fail_each_allocation("exchange", exchange, run);
    fail_each_allocation("page", write_page, run);
    run_analysis_free(&analysis);
    run_fixture_free(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
