/* Reports: what they say of a run with everything, of one without anything, and of one that is invalid. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/alloc.h"
#include "base/file.h"
#include "report/csv.h"
#include "report/format.h"
#include "report/report.h"
#include "report/test_figures.h"
#include "support/faults.h"
#include "support/golden_text.h"
#include "support/run_fixture.h"

static run_fixture *fixture;
static run_record *record;
static run_analysis analysis;
static buf out;

static int setup(void **state)
{
    (void)state;
    buf_init(&out, REPORT_BYTES_MAX);
    fixture = run_fixture_create();
    record = run_fixture_edit(fixture);
    return run_analysis_of(record, &analysis, NULL);
}

static int teardown(void **state)
{
    (void)state;
    run_analysis_free(&analysis);
    run_fixture_free(fixture);
    buf_free(&out);
    return 0;
}

/* After the record was changed. */
static void analyze_again(void)
{
    run_analysis_free(&analysis);
    assert_int_equal(run_analysis_of(record, &analysis, NULL), SW_OK);
}

static int count(const char *needle)
{
    int n = 0;
    for (const char *p = buf_str(&out); (p = strstr(p, needle)) != NULL; p++)
        n++;
    return n;
}

/* ---- golden files ------------------------------------------------------------------------------------------------ */

static void assert_golden(const char *name)
{
    assert_int_equal(out.failed, SW_OK);
    golden_text_assert(name, buf_str(&out), out.size);
}

static void test_two_models_as_text_of_80_columns(void **state)
{
    (void)state;
    report_text(&out, &analysis, 80);
    assert_golden("two_models.80.txt");
}

static void test_two_models_as_text_of_any_width(void **state)
{
    (void)state;
    report_text(&out, &analysis, 0);
    assert_golden("two_models.txt");
}

static void test_two_models_as_markdown(void **state)
{
    (void)state;
    report_markdown(&out, &analysis);
    assert_golden("two_models.md");
}

static void test_two_models_as_csv(void **state)
{
    (void)state;
    report_csv(&out, &analysis);
    assert_golden("two_models.csv");
}

static void test_two_models_as_json(void **state)
{
    (void)state;
    assert_int_equal(report_json(&out, &analysis, NULL), SW_OK);
    // Meanings of facts and samples, at the end, are texts of other modules.
    const char *const definitions = strstr(buf_str(&out), ",\n  \"definitions\": {");
    assert_non_null(definitions);
    out.size = (size_t)(definitions - out.data);
    out.data[out.size] = '\0';
    assert_golden("two_models.json");
}

/* ---- the page ---------------------------------------------------------------------------------------------------- */

static uint64_t count_up(void *ud)
{
    return ++*(uint64_t *)ud;
}

static void test_only_scripts_with_the_number_of_this_page_run(void **state)
{
    (void)state;
    uint64_t n = 0xab;
    assert_int_equal(report_html(&out, &analysis, &(sw_entropy){count_up, &n}, NULL), SW_OK);
    assert_int_equal(count("script-src 'nonce-00000000000000ac00000000000000ad'"), 1);
    assert_int_equal(count("nonce=\"00000000000000ac00000000000000ad\""), 2);
    buf_clear(&out);
    assert_int_equal(report_html(&out, &analysis, &(sw_entropy){count_up, &n}, NULL), SW_OK);
    assert_int_equal(count("00000000000000ac"), 0);
}

static void test_the_page_loads_nothing(void **state)
{
    (void)state;
    assert_int_equal(report_html(&out, &analysis, NULL, NULL), SW_OK);
    static const char *const LOADERS[] = {" src=", "<link", "<img", "<iframe", "@import", "url("};
    for (size_t i = 0; i < sizeof LOADERS / sizeof LOADERS[0]; i++) {
        const char *const markup_end = strstr(buf_str(&out), "<script");
        const char *const found = strstr(buf_str(&out), LOADERS[i]);
        if (found != NULL && found < markup_end)
            fail_msg("the page has '%s'", LOADERS[i]);
    }
    assert_int_equal(count("default-src 'none'"), 1);
}

static void test_chart_data_is_ascii_json_without_markup(void **state)
{
    (void)state;
    record->tests[1].plan.name = "</script>\u2028";
    assert_int_equal(report_chart_data(&out, &analysis, NULL), SW_OK);
    for (size_t i = 0; i < out.size; i++)
        assert_true((unsigned char)out.data[i] < 0x80 && out.data[i] != '<');
    json_t *const root = json_loadb(out.data, out.size, 0, NULL);
    const json_t *const model = json_array_get(json_object_get(root, "models"), 0);
    const json_t *const test = json_array_get(json_object_get(model, "tests"), 0);
    assert_string_equal(json_string_value(json_object_get(test, "name")), "</script>\u2028");
    assert_int_equal(json_array_size(json_object_get(test, "times")), 40);
    json_decref(root);
}

/* ---- what is not there ------------------------------------------------------------------------------------------- */

/* A run of one model that was killed before its first test. */
static void test_a_run_without_anything_has_a_report(void **state)
{
    (void)state;
    record->n_subjects = 1;
    record->n_tests = record->n_servers = record->n_facts = record->n_placement = record->n_samples = 0;
    record->info.status = "aborted";
    record->info.finished_unix_ms = 0;
    analyze_again();
    report_text(&out, &analysis, 80);
    assert_int_equal(count("Benchmark of gpt-oss-demo\n"), 1);
    assert_int_equal(count("nan"), 0);
    assert_int_equal(count("The run is not complete"), 1);
    report_markdown(&out, &analysis);
    assert_int_equal(report_html(&out, &analysis, NULL, NULL), SW_OK);
    buf_clear(&out);
    assert_int_equal(report_json(&out, &analysis, NULL), SW_OK);
    assert_int_equal(count(",\n  \"tests\": []"), 1);
}

static void test_json_says_null_for_what_was_not_measured(void **state)
{
    (void)state;
    record->tests[1].plan.temperature = NAN;
    assert_int_equal(report_json(&out, &analysis, NULL), SW_OK);
    json_t *const root = json_loadb(out.data, out.size, 0, NULL);
    const json_t *const tests = json_object_get(root, "tests");
    const json_t *failed = NULL;
    for (size_t i = 0; i < json_array_size(tests) && failed == NULL; i++) {
        const json_t *const test = json_array_get(tests, i);
        failed = strcmp(json_string_value(json_object_get(test, "status")), "http_error") == 0 ? test : NULL;
    }
    assert_true(json_is_null(json_object_get(json_object_get(failed, "metrics"), "ttft_ms")));
    assert_true(json_is_null(json_object_get(json_object_get(failed, "metrics"), "prompt_tokens")));
    assert_true(json_is_null(json_object_get(json_array_get(tests, 0), "temperature")));
    assert_int_equal(json_integer_value(json_object_get(root, "schema")), 3);
    json_decref(root);
}

static void test_an_invalid_run_says_so_first_and_last_and_why(void **state)
{
    (void)state;
    record->info.status = "invalid";
    record->info.reasons = "gpt-oss-demo: experts are in VRAM\nphi-3.5-moe-demo: zero tokens\n";
    report_text(&out, &analysis, 80);
    const char *const models = strstr(buf_str(&out), "\nThe models\n");
    assert_true(strstr(buf_str(&out), "INVALID") < models);
    assert_non_null(strstr(models, "INVALID"));
    assert_int_equal(count("!! phi-3.5-moe-demo: zero tokens\n"), 2);
    buf_clear(&out);
    report_markdown(&out, &analysis);
    assert_true(strstr(buf_str(&out), "INVALID") < strstr(buf_str(&out), "## The models"));
}

static void test_a_rate_that_was_not_measured_is_a_dash_with_its_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < record->n_tests; i++)
        record->tests[i].answer.n_arrivals = 3;
    record->n_subjects = 1;
    analyze_again();
    report_text(&out, &analysis, 0);
    assert_int_equal(count("\ndecode          -\n"), 1);
    assert_int_equal(count("no decode rate (-)"), 1);
    buf_clear(&out);
    report_markdown(&out, &analysis);
    assert_true(count("no decode rate (fewer events than half the tokens)") > 0);
}

static void test_a_model_that_is_called_by_its_path_is_headed_by_its_file(void **state)
{
    (void)state;
    assert_string_equal(format_model("/srv/models/a.gguf"), "a.gguf");
    assert_string_equal(format_model("C:\\models\\a.gguf"), "a.gguf");
    assert_string_equal(format_model("org/model"), "org/model");
    assert_string_equal(format_model("/"), "/");
    assert_string_equal(format_model(""), "");
    record->subjects[0].name = "/srv/models/a.gguf";
    analyze_again();
    report_markdown(&out, &analysis);
    assert_int_equal(count("\n## a.gguf\n"), 1);
    assert_int_equal(count("/srv/models"), 0);
}

static void test_a_temperature_that_draws_show_has_its_interval(void **state)
{
    (void)state;
    for (size_t i = 0; i < record->n_tests; i++)
        record->tests[i].answer.temperature = NAN;
    record->facts[record->n_facts - 1] = (fact_record){1, 2, FACT_TEMPERATURE_FOUND, 0.31, "0.28 to 0.35", "measured"};
    report_markdown(&out, &analysis);
    assert_int_equal(count("| temperature found | 0.310 (0.28 to 0.35) |"), 1);
    assert_int_equal(count("| 0.3 | 0.31 | 0.28 to 0.35 |"), 9);
}

/* Makes every 41st allocation of a report fail, one at a time. */
static void report_without_memory(sw_code (*report)(void))
{
    buf_clear(&out);
    assert_int_equal(report(), SW_OK);
    const size_t n_whole = out.size;
    long n_allocations = 1;
    for (long n = 0; n < n_allocations; n += 41) {
        long n_live;
        buf_free(&out);
        faults_alloc_begin(n);
        const sw_code code = report();
        const bool is_whole = code == SW_OK && out.failed == SW_OK && out.size == n_whole;
        const bool is_refused = code == SW_ENOMEM || out.failed == SW_ENOMEM;
        buf_free(&out);
        n_allocations = faults_alloc_end(&n_live);
        if (n_live != 0 || (!is_whole && !is_refused && n < n_allocations))
            fail_msg("allocation %ld of %ld: %ld blocks are left, code %d", n, n_allocations, n_live, (int)code);
    }
    buf_init(&out, REPORT_BYTES_MAX);
}

static sw_code text_report(void)
{
    buf_init(&out, REPORT_BYTES_MAX);
    report_text(&out, &analysis, 80);
    return SW_OK;
}

static sw_code markdown_report(void)
{
    buf_init(&out, REPORT_BYTES_MAX);
    report_markdown(&out, &analysis);
    return SW_OK;
}

static sw_code page_report(void)
{
    buf_init(&out, REPORT_BYTES_MAX);
    return report_html(&out, &analysis, NULL, NULL);
}

static void test_a_report_is_whole_or_fails_for_want_of_memory(void **state)
{
    (void)state;
    report_without_memory(text_report);
    report_without_memory(markdown_report);
    report_without_memory(page_report);
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

static void assert_named(const char *document, const char *name)
{
    char quoted[80];
    snprintf(quoted, sizeof quoted, "`%s`", name);
    if (strstr(document, quoted) == NULL)
        fail_msg("docs/benchmark.md does not name the figure %s", name);
}

static void test_the_names_of_figures_are_documented(void **state)
{
    (void)state;
    char *text;
    size_t n;
    assert_int_equal(file_slurp(SPILLWAY_SOURCE_DIR "/docs/benchmark.md", 1 << 20, &text, &n, NULL), SW_OK);
    for (int i = 0; i < N_TEST_FIGURES; i++)
        assert_named(text, TEST_FIGURES[i].name);
    for (int i = 0; i < N_MODE_FIGURES; i++)
        assert_named(text, MODE_FIGURES[i].name);
    mem_free(text);
}

/* ---- figures ----------------------------------------------------------------------------------------------------- */

static void assert_number(double value, const char *wanted)
{
    char cell[CELL_BYTES];
    format_number(cell, value);
    assert_string_equal(cell, wanted);
}

static void test_numbers_have_about_three_digits(void **state)
{
    (void)state;
    assert_number(0.01234, "0.012");
    assert_number(1.2345, "1.23");
    assert_number(12.345, "12.3");
    assert_number(912.3, "912");
    assert_number(0, "0");
    assert_number(1e300, "1e+300");
    assert_number(NAN, "-");
    assert_number(INFINITY, "-");
}

static void test_sizes_and_counts_have_their_unit(void **state)
{
    (void)state;
    char cell[CELL_BYTES];
    format_bytes(cell, 12109566976.0);
    assert_string_equal(cell, "11.28 GiB");
    format_bytes(cell, NAN);
    assert_string_equal(cell, "-");
    format_count(cell, 20914757184.0);
    assert_string_equal(cell, "20.9B");
    format_count(cell, 0);
    assert_string_equal(cell, "-");
    format_by_unit(cell, 61.5e9, "B/s");
    assert_string_equal(cell, "61.5 GB/s");
    format_by_unit(cell, 4200, "ms");
    assert_string_equal(cell, "4.20 s");
}

static void assert_csv_field(const char *text, const char *wanted)
{
    buf field;
    buf_init(&field, 4096);
    csv_text(&field, text);
    assert_string_equal(buf_str(&field), wanted);
    buf_free(&field);
}

static void test_a_field_begins_no_formula_for_any_reader(void **state)
{
    (void)state;
    assert_csv_field("=1+1", "\"'=1+1\"");
    assert_csv_field(" \"=1+1", "\" \"\"'=1+1\"");
    assert_csv_field("x;-1", "\"x;'-1\"");
    assert_csv_field("\uff1d1", "\"'\uff1d1\"");
    assert_csv_field("1-1=0, a", "\"1-1=0, a\"");
}

#define REPORT_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        REPORT_TEST(test_two_models_as_text_of_80_columns),
        REPORT_TEST(test_two_models_as_text_of_any_width),
        REPORT_TEST(test_two_models_as_markdown),
        REPORT_TEST(test_two_models_as_csv),
        REPORT_TEST(test_two_models_as_json),
        REPORT_TEST(test_only_scripts_with_the_number_of_this_page_run),
        REPORT_TEST(test_the_page_loads_nothing),
        REPORT_TEST(test_chart_data_is_ascii_json_without_markup),
        REPORT_TEST(test_a_run_without_anything_has_a_report),
        REPORT_TEST(test_json_says_null_for_what_was_not_measured),
        REPORT_TEST(test_an_invalid_run_says_so_first_and_last_and_why),
        REPORT_TEST(test_a_rate_that_was_not_measured_is_a_dash_with_its_reason),
        REPORT_TEST(test_a_model_that_is_called_by_its_path_is_headed_by_its_file),
        REPORT_TEST(test_a_temperature_that_draws_show_has_its_interval),
        REPORT_TEST(test_a_report_is_whole_or_fails_for_want_of_memory),
        cmocka_unit_test(test_the_names_of_figures_are_documented),
        cmocka_unit_test(test_numbers_have_about_three_digits),
        cmocka_unit_test(test_sizes_and_counts_have_their_unit),
        cmocka_unit_test(test_a_field_begins_no_formula_for_any_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
