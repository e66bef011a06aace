/* Reports show texts that a model wrote: none of them may become markup, and no figure may be invented. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "report/format.h"
#include "report/report.h"

#define HOSTILE "</script><script>alert(1)</script><!-- ``` | \x1b[2J \u2028"

static subject_record SUBJECT = {.name = "m", .family = "", .file_name = "", .file_hash = "", .quantization = ""};
static const arrival ARRIVALS[] = {{100000000, 3, 0, false}, {200000000, 4, 0, false}, {300000000, 4, 0, false}};

static test_record TESTS[] = {
    {.is_warmup = true, .plan = {.name = "never shown", .group = "", .prompt = ""}},
    {.plan = {.name = HOSTILE, .group = HOSTILE, .prompt = HOSTILE, .max_tokens = 50},
     .answer = {.status = TEST_COMPLETED,
                .error = "",
                .end_ns = 400000000,
                .headers_ns = 1,
                .first_event_ns = 1,
                .finish_reason = HOSTILE,
                .fingerprint = HOSTILE,
                .model = "",
                .prompt_tokens = -1,
                .completion_tokens = 3,
                .text = HOSTILE,
                .n_text = sizeof HOSTILE - 1,
                .reasoning = HOSTILE,
                .n_reasoning = sizeof HOSTILE - 1,
                .arrivals = ARRIVALS,
                .n_arrivals = 3}},
    {.plan = {.name = "failing", .group = "g", .prompt = "p", .max_tokens = 50},
     .answer = {.status = TEST_HTTP_ERROR,
                .error = HOSTILE,
                .end_ns = -1,
                .headers_ns = -1,
                .first_event_ns = -1,
                .finish_reason = "",
                .fingerprint = "",
                .model = "",
                .completion_tokens = -1,
                .text = "",
                .reasoning = ""}},
};

static const run_record RUN = {
    .info = {.status = HOSTILE,
             .version = "1",
             .url = HOSTILE,
             .model = HOSTILE,
             .protocol_name = HOSTILE,
             .protocol_hash = "h",
             .protocol_json = "{}",
             .options_json = "{}",
             .command = HOSTILE,
             .cpu = "c",
             .os = "o",
             .n_planned = 2,
             .started_unix_ms = 1790000000000},
    .subjects = &SUBJECT,
    .n_subjects = 1,
    .tests = TESTS,
    .n_tests = 3,
};

static run_analysis analysis;
static buf out;

static int setup(void **state)
{
    (void)state;
    for (size_t i = 0; i < RUN.n_tests; i++) {
        answer_record *const a = &TESTS[i].answer;
        const char **const strings[] = {&a->error, &a->finish_reason, &a->fingerprint,
                                        &a->model, &a->text,          &a->reasoning};
        for (size_t k = 0; k < sizeof strings / sizeof strings[0]; k++)
            *strings[k] = *strings[k] != NULL ? *strings[k] : "";
    }
    buf_init(&out, REPORT_BYTES_MAX);
    return run_analysis_of(&RUN, &analysis, NULL);
}

static int teardown(void **state)
{
    (void)state;
    run_analysis_free(&analysis);
    buf_free(&out);
    return 0;
}

static int count(const char *needle)
{
    int n = 0;
    for (const char *p = buf_str(&out); (p = strstr(p, needle)) != NULL; p++)
        n++;
    return n;
}

static void test_hostile_text_is_text_in_html(void **state)
{
    (void)state;
    assert_int_equal(report_html(&out, &analysis, NULL, NULL), SW_OK);
    assert_int_equal(count("<script"), 2); // data and code
    assert_int_equal(count("</script"), 2);
    assert_int_equal(count("<!--"), 0);
    assert_true(count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 5);
    assert_int_equal(count("never shown"), 0);
    assert_int_equal(count("<tr><th scope=\"row\">"), 2);
}

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
    assert_int_equal(report_chart_data(&out, &analysis, NULL), SW_OK);
    for (size_t i = 0; i < out.size; i++)
        assert_true((unsigned char)out.data[i] < 0x80 && out.data[i] != '<');
    json_t *const root = json_loadb(out.data, out.size, 0, NULL);
    const json_t *const test = json_array_get(json_object_get(root, "tests"), 0);
    assert_string_equal(json_string_value(json_object_get(test, "name")), HOSTILE);
    assert_int_equal(json_array_size(json_object_get(test, "times")), 3);
    assert_true(json_is_null(json_object_get(json_array_get(json_object_get(root, "tests"), 1), "decode")));
    json_decref(root);
}

static void test_a_number_that_is_none_is_null_and_no_error(void **state)
{
    (void)state;
    TESTS[1].plan.temperature = NAN;
    assert_int_equal(report_json(&out, &analysis, NULL), SW_OK);
    TESTS[1].plan.temperature = 0;
    assert_non_null(strstr(buf_str(&out), "\"temperature\": null"));
}

static void test_json_says_null_for_what_was_not_measured(void **state)
{
    (void)state;
    assert_int_equal(report_json(&out, &analysis, NULL), SW_OK);
    json_t *const root = json_loadb(out.data, out.size, 0, NULL);
    const json_t *const totals = json_object_get(root, "totals");
    assert_true(json_is_null(json_object_get(totals, "memory_private_peak_bytes")));
    assert_true(json_real_value(json_object_get(totals, "success_rate")) == 0.5);
    assert_true(json_is_null(json_object_get(json_object_get(root, "run"), "load_ms")));
    const json_t *const failed = json_array_get(json_object_get(root, "tests"), 1);
    assert_true(json_is_null(json_object_get(json_object_get(failed, "metrics"), "ttft_ms")));
    assert_string_equal(json_string_value(json_object_get(failed, "status")), "http_error");
    const json_t *const metrics = json_object_get(json_array_get(json_object_get(root, "tests"), 0), "metrics");
    assert_true(json_is_null(json_object_get(metrics, "decode_tps"))); // three arrival times
    assert_string_equal(json_string_value(json_object_get(metrics, "decode_missing")),
                        "fewer than 20 different arrival times");
    assert_true(json_is_null(json_object_get(totals, "decode_tps")));
    assert_true(json_is_null(json_object_get(json_object_get(totals, "test_decode_tps"), "p50")));
    assert_int_equal(json_integer_value(json_object_get(totals, "without_decode")), 1);
    assert_string_equal(json_string_value(json_object_get(failed, "error")), HOSTILE);
    json_decref(root);
}

static void test_a_terminal_gets_no_escape_sequences(void **state)
{
    (void)state;
    report_text(&out, &analysis, 0);
    assert_int_equal(count("\x1b"), 0);
    assert_true(count("<U+001B>") >= 1);
    assert_int_equal(count("memory peak  -\n"), 1);
    assert_int_equal(count("success      1 of 2\n"), 1);
}

static void test_markdown_tables_and_fences_hold(void **state)
{
    (void)state;
    report_markdown(&out, &analysis);
    const char *const answers = strstr(buf_str(&out), "\n## Answers\n");
    assert_non_null(answers);
    assert_non_null(strstr(answers, "\n````text\n"));
    const char *const script = strstr(buf_str(&out), "<script>");
    assert_true(script == NULL || script > answers); // above them only tables, where all of it is escaped
}

static void test_a_rate_that_was_not_measured_is_a_dash_everywhere(void **state)
{
    (void)state;
    report_text(&out, &analysis, 0);
    assert_int_equal(count("\ndecode       - tok/s\n"), 1);
    assert_int_equal(count("\ndecode/test  - tok/s\n"), 1);
    assert_int_equal(count("no decode rate (-)"), 1);
    buf_clear(&out);
    report_markdown(&out, &analysis);
    assert_int_equal(count("| decode | - tok/s |"), 1);
    assert_int_equal(count("| decode/test | - tok/s |"), 1);
    buf_clear(&out);
    assert_int_equal(report_html(&out, &analysis, NULL, NULL), SW_OK);
    assert_int_equal(count("<dt>decode</dt><dd>- <small>"), 1);
    assert_int_equal(count("no decode rate (fewer than 20 different arrival times)"), 1);
}

static void test_the_rates_of_a_run_are_its_rate_and_its_tests(void **state)
{
    (void)state;
    subject_analysis changed = analysis.subjects[0];
    run_summary *const s = &changed.modes[MODE_STREAM];
    s->decode_tps = 96.77;
    s->test_decode_tps = (sample_stats){.n = 3, .p50 = 100, .min = 50, .max = 1000};
    report_text(&out, &(run_analysis){&RUN, &changed, 1}, 0);
    assert_int_equal(count("\ndecode       96.8 tok/s\n"), 1);
    assert_int_equal(count("\ndecode/test  100 tok/s (50.0 to 1000)\n"), 1);
}

static void format_rate(double value, const char *wanted)
{
    char cell[CELL_BYTES];
    format_number(cell, value);
    assert_string_equal(cell, wanted);
}

static void test_numbers_have_about_three_digits(void **state)
{
    (void)state;
    format_rate(0.01234, "0.012");
    format_rate(1.2345, "1.23");
    format_rate(12.345, "12.3");
    format_rate(912.3, "912");
    format_rate(0, "0");
    format_rate(NAN, "-");
    format_rate(INFINITY, "-");
}

static void test_few_gaps_show_their_maximum(void **state)
{
    (void)state;
    report_text(&out, &analysis, 0);
    assert_int_equal(count("max 100"), 1);
}

#define REPORT_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        REPORT_TEST(test_hostile_text_is_text_in_html),
        REPORT_TEST(test_only_scripts_with_the_number_of_this_page_run),
        REPORT_TEST(test_the_page_loads_nothing),
        REPORT_TEST(test_chart_data_is_ascii_json_without_markup),
        REPORT_TEST(test_a_number_that_is_none_is_null_and_no_error),
        REPORT_TEST(test_json_says_null_for_what_was_not_measured),
        REPORT_TEST(test_a_terminal_gets_no_escape_sequences),
        REPORT_TEST(test_markdown_tables_and_fences_hold),
        REPORT_TEST(test_a_rate_that_was_not_measured_is_a_dash_everywhere),
        REPORT_TEST(test_the_rates_of_a_run_are_its_rate_and_its_tests),
        REPORT_TEST(test_numbers_have_about_three_digits),
        REPORT_TEST(test_few_gaps_show_their_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
