/* Links of a report: each leads to one place, figures of the sections that sum up have one, and the raw rows that the
 * report names give its figures. */
#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "report/queries.h"
#include "report/report.h"
#include "report/test_figures.h"
#include "support/run_fixture.h"
#include "support/store_fixture.h"

static run_fixture *fixture;
static run_record *record;
static run_analysis analysis;
static buf out;

static int setup(void **state)
{
    buf_init(&out, REPORT_BYTES_MAX);
    fixture = run_fixture_create();
    record = run_fixture_edit(fixture);
    record->subjects[0].name = "alpha"; // digits are figures
    record->subjects[1].name = "beta";
    record->info.protocol_name = "plain";
    assert_int_equal(run_analysis_of(record, &analysis, NULL), SW_OK);
    return store_setup(state);
}

static int teardown(void **state)
{
    (void)state;
    run_analysis_free(&analysis);
    run_fixture_free(fixture);
    buf_free(&out);
    return 0;
}

static void analyze_again(void)
{
    run_analysis_free(&analysis);
    assert_int_equal(run_analysis_of(record, &analysis, NULL), SW_OK);
}

/* ---- every link -------------------------------------------------------------------------------------------------- */

static int count(const char *needle)
{
    int n = 0;
    for (const char *p = buf_str(&out); (p = strstr(p, needle)) != NULL; p++)
        n++;
    return n;
}

/* Links look like `before` name `after`, and what they lead to like `place` name `place_after`. */
static int assert_links(const char *before, char after, const char *place, const char *place_after)
{
    int n_links = 0;
    char end[2] = {after, '\0'};
    for (const char *p = buf_str(&out); (p = strstr(p, before)) != NULL; n_links++) {
        char target[128];
        p += strlen(before);
        snprintf(target, sizeof target, "%s%.*s%s", place, (int)strcspn(p, end), p, place_after);
        if (count(target) != 1)
            fail_msg("%.*s is there %d times", (int)strcspn(p, end), p, count(target));
    }
    return n_links;
}

static void test_links_of_the_page_lead_to_one_place(void **state)
{
    (void)state;
    assert_int_equal(report_html(&out, &analysis, NULL, NULL), SW_OK);
    assert_true(assert_links("href=\"#", '"', " id=\"", "\"") > 500);
    for (const char *p = strstr(buf_str(&out), "</style>"); (p = strstr(p, " id=\"")) != NULL; p++) {
        char place[128];
        snprintf(place, sizeof place, " id=\"%.*s\"", (int)strcspn(p + 5, "\""), p + 5);
        assert_int_equal(count(place), 1);
    }
}

static void test_links_of_markdown_lead_to_one_place(void **state)
{
    (void)state;
    report_markdown(&out, &analysis);
    assert_true(assert_links("](#", ')', "<a id=\"", "\"></a>") > 300);
}

/* What is not there is not led to: a run without samples, facts, whole documents and references. */
static void test_no_link_leads_to_what_was_not_measured(void **state)
{
    (void)state;
    record->n_facts = record->n_samples = record->n_placement = 0;
    for (size_t i = 0; i < record->n_tests; i++) {
        record->tests[i].is_warmup |= record->tests[i].mode != MODE_STREAM;
        record->tests[i].n_checks = 0;
    }
    analyze_again();
    assert_int_equal(report_html(&out, &analysis, NULL, NULL), SW_OK);
    assert_true(assert_links("href=\"#", '"', " id=\"", "\"") > 200);
    buf_clear(&out);
    report_markdown(&out, &analysis);
    assert_true(assert_links("](#", ')', "<a id=\"", "\"></a>") > 100);
}

/* ---- figures that must have one ---------------------------------------------------------------------------------- */

/* From the heading with that anchor to the end of its section; NULL-terminated. */
static char *section_of(const char *anchor)
{
    char heading[64];
    snprintf(heading, sizeof heading, "id=\"%s\"", anchor);
    char *const begin = strstr(out.data, heading);
    assert_non_null(begin);
    char *const end = strstr(begin, "</section>");
    assert_non_null(end);
    *end = '\0';
    return begin;
}

/* Digits of cells and values outside of links; "-" is no figure. */
static void assert_all_lead(const char *section, const char *element, const char *end_of_element)
{
    int n = 0;
    for (const char *p = section; (p = strstr(p, element)) != NULL; n++) {
        const char *const end = strstr(p, end_of_element);
        bool is_link = false, is_tag = false;
        for (p = strchr(p, '>'); p < end; p++) {
            is_link = strncmp(p, "<a ", 3) == 0 || (is_link && strncmp(p, "</a>", 4) != 0);
            is_tag = *p == '<' || (is_tag && p[-1] != '>');
            if (isdigit((unsigned char)*p) && !is_link && !is_tag)
                fail_msg("a figure leads nowhere: %.*s", (int)(end - p < 80 ? end - p : 80), p);
        }
    }
    assert_true(n > 0);
}

// clang-format off
static const struct {
    const char *section, *element, *end;
} FIGURES[] = {
    {"summary",   "<dd>",                 "</dd>"},
    {"models",    "<td class=\"number\"", "</td>"},
    {"streaming", "<td class=\"number\"", "</td>"},
};
// clang-format on

static void test_figures_of_the_sections_that_sum_up_lead_to_their_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof FIGURES / sizeof *FIGURES; i++) {
        buf_clear(&out);
        assert_int_equal(report_html(&out, &analysis, NULL, NULL), SW_OK);
        assert_all_lead(section_of(FIGURES[i].section), FIGURES[i].element, FIGURES[i].end);
    }
}

/* Rows of tables whose figures lead somewhere: the cell in front of each of these words. */
static void test_criteria_readiness_and_tiles_lead_to_their_rows(void **state)
{
    (void)state;
    report_markdown(&out, &analysis);
    assert_int_equal(count("[all-complete: failed (8 of 9 answers completed)](#criterion-2-all-complete)"), 1);
    assert_int_equal(count("<a id=\"criterion-2-all-complete\"></a>all-complete | beta | failed | "
                           "[8 of 9 answers completed](#tests-2-stream) |"),
                     1);
    assert_int_equal(count("| success | [8 of 9](#modes-2-stream) |"), 1);
    assert_int_equal(count("| memory peak | [78.24 GiB](#model-2-ram) |"), 1);
    assert_int_equal(count("<a id=\"test-2-stream-1-1\"></a>[code generation](#answer-2-stream-1-1) |"), 1);
    assert_int_equal(count("<a id=\"answer-2-stream-1-1\"></a>"), 1);
    assert_int_equal(count("<a id=\"events-2-stream-1-1\"></a>[Row of its figures](#test-2-stream-1-1); 40 "
                           "[events](#query-events): the first after"),
                     1);
}

/* ---- raw rows ---------------------------------------------------------------------------------------------------- */

/* The fixture's run in a store. */
static int64_t store_run(result_store *store)
{
    int64_t id;
    int position;
    assert_int_equal(store_add_run(store, &record->info, &id, NULL), SW_OK);
    for (size_t i = 0; i < record->n_subjects; i++)
        assert_int_equal(store_put_subject(store, id, (int)i, &record->subjects[i], NULL), SW_OK);
    for (size_t i = 0; i < record->n_servers; i++)
        assert_int_equal(store_add_server(store, id, &record->servers[i], &position, NULL), SW_OK);
    assert_int_equal(store_add_placement(store, id, record->placement, record->n_placement, NULL), SW_OK);
    assert_int_equal(store_add_facts(store, id, record->facts, record->n_facts, NULL), SW_OK);
    for (size_t i = 0; i < record->n_tests; i++)
        assert_int_equal(store_add_test(store, id, &record->tests[i], i == 0 ? record->samples : NULL,
                                        i == 0 ? record->n_samples : 0, NULL),
                         SW_OK);
    return id;
}

/* The row of model 2's first streamed test, or of its mode, has the figure in the column of its name. */
static void assert_value(sqlite3_stmt *row, const char *column, double wanted)
{
    for (int c = 0; c < sqlite3_column_count(row); c++) {
        if (strcmp(sqlite3_column_name(row, c), column) == 0) {
            assert_float_equal(sqlite3_column_double(row, c), wanted, 1e-6 * fabs(wanted));
            return;
        }
    }
    fail_msg("no column %s", column);
}

static bool is_of(sqlite3_stmt *row, int model, const char *mode)
{
    return sqlite3_column_int(row, 0) == model && strcmp((const char *)sqlite3_column_text(row, 1), mode) == 0;
}

static double figure_of(const summary_row *row, const char *name)
{
    for (int i = 0; i < N_TEST_FIGURES; i++) {
        if (strcmp(TEST_FIGURES[i].name, name) == 0)
            return TEST_FIGURES[i].value(row);
    }
    return NAN;
}

/* The figures of a test and of a mode that a query gives itself. */
static int compare_row(sqlite3_stmt *row, const char *query)
{
    static const char *const NAMES[] = {"tokens", "ttft_ms", "ttfb_ms", "ttfr_ms", "e2e_ms", "overall_tps"};
    const run_summary *const m = &analysis.subjects[1].modes[MODE_STREAM];
    if (strcmp(query, "tests") == 0 && is_of(row, 2, "stream") && sqlite3_column_int(row, 3) == 1 &&
        sqlite3_column_int(row, 4) == 1) {
        for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
            assert_value(row, NAMES[i], figure_of(&m->rows[0], NAMES[i]));
        return 1;
    }
    if (strcmp(query, "modes") == 0 && is_of(row, 2, "stream")) {
        assert_value(row, "completed", m->n_completed);
        assert_value(row, "tokens", (double)m->n_tokens);
        assert_value(row, "overall_tps", m->overall_tps);
        return 1;
    }
    return 0;
}

/* As the report prints it; returns the number of its rows. */
static size_t run_query(sqlite3 *db, const report_query *query, int64_t run, int *n_compared)
{
    sqlite3_stmt *statement;
    size_t n = 0;
    buf_clear(&out);
    report_query_put(&out, query, run);
    assert_null(strstr(buf_str(&out), ":run"));
    if (sqlite3_prepare_v2(db, buf_str(&out), -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", query->name, sqlite3_errmsg(db));
    for (; sqlite3_step(statement) == SQLITE_ROW; n++)
        *n_compared += compare_row(statement, query->name);
    sqlite3_finalize(statement);
    return n;
}

static void test_the_queries_of_the_report_give_its_figures(void **state)
{
    (void)state;
    result_store *const store = open_store(false);
    const int64_t run = store_run(store);
    store_close(store);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(store_path, &db), SQLITE_OK);
    int n_compared = 0;
    for (int i = 0; i < N_REPORT_QUERIES; i++) {
        if (run_query(db, &REPORT_QUERIES[i], run, &n_compared) == 0)
            fail_msg("the query of %s gives nothing", REPORT_QUERIES[i].name);
    }
    assert_int_equal(n_compared, 2);
    sqlite3_close(db);
}

static bool is_query(const char *name)
{
    for (int i = 0; i < N_REPORT_QUERIES; i++) {
        if (strcmp(REPORT_QUERIES[i].name, name) == 0)
            return true;
    }
    return false;
}

static void test_every_figure_names_a_query(void **state)
{
    (void)state;
    for (int i = 0; i < N_TEST_FIGURES; i++)
        assert_true(is_query(TEST_FIGURES[i].rows));
    for (int i = 0; i < N_MODE_FIGURES; i++)
        assert_true(is_query(MODE_FIGURES[i].rows));
}

/* ---- labels ------------------------------------------------------------------------------------------------------ */

static void test_models_of_one_name_are_told_apart(void **state)
{
    (void)state;
    record->subjects[0].name = "/models/same.gguf";
    record->subjects[1].name = "same.gguf";
    analyze_again();
    assert_string_equal(analysis.subjects[0].label, "same.gguf (MXFP4)");
    assert_string_equal(analysis.subjects[1].label, "same.gguf (F16)");
    report_markdown(&out, &analysis);
    assert_int_equal(count("\n## same.gguf (MXFP4)\n"), 1);
    assert_int_equal(count("\n## same.gguf (F16)\n"), 1);
    assert_int_equal(count("/models"), 0);
}

static void test_models_that_nothing_tells_apart_are_numbered(void **state)
{
    (void)state;
    record->subjects[1] = record->subjects[0];
    record->servers[2].software = record->servers[0].software;
    analyze_again();
    assert_string_equal(analysis.subjects[0].label, "alpha (model 1)");
    assert_string_equal(analysis.subjects[1].label, "alpha (model 2)");
    record->servers[2].software = "llama-server b9999";
    analyze_again();
    assert_string_equal(analysis.subjects[1].label, "alpha on llama-server b9999");
    for (size_t i = 0; i < record->n_facts; i++) {
        if (record->facts[i].name == FACT_N_THREADS && record->facts[i].server == 2)
            record->facts[i].number = 1;
    }
    record->servers[2].software = record->servers[0].software;
    analyze_again();
    assert_string_equal(analysis.subjects[0].label, "alpha (16 threads)");
    assert_string_equal(analysis.subjects[1].label, "alpha (1 thread)");
    record->subjects[1].name = "";
    analyze_again();
    assert_string_equal(analysis.subjects[1].label, "model 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_links_of_the_page_lead_to_one_place, setup, teardown),
        cmocka_unit_test_setup_teardown(test_links_of_markdown_lead_to_one_place, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_link_leads_to_what_was_not_measured, setup, teardown),
        cmocka_unit_test_setup_teardown(test_figures_of_the_sections_that_sum_up_lead_to_their_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(test_criteria_readiness_and_tiles_lead_to_their_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_queries_of_the_report_give_its_figures, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_figure_names_a_query, setup, teardown),
        cmocka_unit_test_setup_teardown(test_models_of_one_name_are_told_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_models_that_nothing_tells_apart_are_numbered, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
