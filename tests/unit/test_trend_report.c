/* A trend in every form: golden files of a history with a step, a change of version and runs that are left out; hostile
 * texts; the page. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/rng.h"
#include "base/utf8.h"
#include "compare/trend_report.h"
#include "report/render.h"
#include "support/golden_text.h"
#include "support/hostile_strings.h"
#include "support/record_maker.h"

enum { N_RUNS = 12, N_TESTS = 4, STEP_AT = 7, DAY_MS = 86400000 };

static const int64_t FIRST_MS = 1790000000000;

/* Texts that come from outside. */
typedef struct texts {
    const char *model, *name, *version, *newer, *cpu;
    int changed_at; // the run that has the newer version
} texts;

static const texts USUAL = {"m", "results/a", "0.1.0", "0.2.0", "another CPU", STEP_AT};

/* The answers of a run, which are made once: the times of all answers are kept. */
static test_record *answers_of(int i)
{
    static test_record tests[N_RUNS][N_TESTS];
    rng_state rng;
    rng_seed(&rng, (uint64_t)i);
    for (int k = 0; tests[i][N_TESTS - 1].plan.name == NULL; k++) {
        tests[i][k] = record_test(MODE_STREAM, 0, k);
        record_pace(&tests[i][k], (i < STEP_AT ? 10 : 12) * (0.99 + 0.02 * (double)rng_float(&rng)), 1);
    }
    return tests[i];
}

static void add_run(run_trend *t, const texts *say, int i)
{
    run_record run;
    run_analysis analysis;
    run_difference changed = {"version", "", ""};
    const run_differences differences = {&changed, i == say->changed_at};
    char name[6000];
    snprintf(changed.a, sizeof changed.a, "%.*s",
             (int)utf8_complete_prefix(say->version, strnlen(say->version, sizeof changed.a - 1)), say->version);
    snprintf(changed.b, sizeof changed.b, "%.*s",
             (int)utf8_complete_prefix(say->newer, strnlen(say->newer, sizeof changed.b - 1)), say->newer);
    run = record_run(answers_of(i), N_TESTS);
    run.subjects[0].name = say->model;
    run.info.started_unix_ms = FIRST_MS + i * (int64_t)DAY_MS;
    run.info.version = i < say->changed_at ? say->version : say->newer;
    run.info.status = "ok";
    snprintf(name, sizeof name, "%s:%d", say->name, i + 1);
    assert_int_equal(run_analysis_of(&run, &analysis, NULL), SW_OK);
    assert_int_equal(run_trend_add(t, &analysis, name, &differences, NULL), SW_OK);
    run_analysis_free(&analysis);
}

static void make(run_trend *t, const texts *say, int n_runs)
{
    assert_int_equal(run_trend_init(t, NULL), SW_OK);
    for (int i = 0; i < n_runs; i++)
        add_run(t, say, i);
    assert_int_equal(run_trend_leave_out(t, say->name, FIRST_MS, true, say->cpu, NULL), SW_OK);
    assert_int_equal(run_trend_leave_out(t, say->name, FIRST_MS, false, "aborted", NULL), SW_OK);
    assert_int_equal(run_trend_judge(t, NULL, -1, NULL), SW_OK);
}

static void put_markdown(buf *out, const run_trend *t)
{
    document doc;
    document_init(&doc);
    trend_document(&doc, t, "version");
    render_markdown(out, &doc);
    document_free(&doc);
}

static void test_the_forms_are_those_of_the_golden_files(void **state)
{
    (void)state;
    run_trend t;
    buf out;
    make(&t, &USUAL, N_RUNS);
    buf_init(&out, 1 << 24);
    put_markdown(&out, &t);
    golden_text_assert("trend.md", buf_str(&out), out.size);
    buf_clear(&out);
    trend_csv(&out, &t);
    golden_text_assert("trend.csv", buf_str(&out), out.size);
    buf_clear(&out);
    assert_int_equal(trend_json(&out, &t, NULL), SW_OK);
    golden_text_assert("trend.json", buf_str(&out), out.size);
    buf_clear(&out);
    trend_chart(&out, &t, &t.rows[0]);
    golden_text_assert("trend.svg", buf_str(&out), out.size);
    buf_free(&out);
    run_trend_free(&t);
}

static void test_too_few_runs_are_said_to_be_too_few(void **state)
{
    (void)state;
    run_trend t;
    buf out;
    buf_init(&out, 1 << 24);
    for (int n_runs = 0; n_runs < TREND_RUNS_MIN; n_runs++) {
        make(&t, &USUAL, n_runs);
        buf_clear(&out);
        put_markdown(&out, &t);
        assert_non_null(strstr(buf_str(&out), "**too few runs**"));
        assert_null(strstr(buf_str(&out), "Steady"));
        buf_clear(&out);
        assert_int_equal(trend_html(&out, &t, "version", NULL, NULL), SW_OK);
        assert_null(strstr(buf_str(&out), "nan\""));
        assert_null(strstr(buf_str(&out), "inf\""));
        run_trend_free(&t);
    }
    buf_free(&out);
}

/* ---- hostile texts ----------------------------------------------------------------------------------------------- */

static void assert_visible(const buf *text, const char *what)
{
    assert_int_equal(text->failed, SW_OK);
    for (size_t i = 0; i < text->size; i++) {
        const unsigned char c = (unsigned char)text->data[i];
        if ((c < 0x20 && strchr("\n\t\r", c) == NULL) || c == 0x7f)
            fail_msg("%s holds byte %d at %zu", what, c, i);
    }
}

static void say_hostile(const char *text, void *ud)
{
    (void)ud;
    if (strlen(text) > 4096) // the escapers have tests of their own for long ones
        return;
    const texts say = {text, text, text, text, text, TREND_RUNS_MIN - 1};
    run_trend t;
    buf out;
    make(&t, &say, TREND_RUNS_MIN);
    buf_init(&out, 1 << 24);
    put_markdown(&out, &t);
    assert_visible(&out, "Markdown");
    assert_null(strstr(buf_str(&out), "<script"));
    buf_clear(&out);
    trend_csv(&out, &t);
    assert_visible(&out, "CSV");
    buf_clear(&out);
    assert_int_equal(trend_json(&out, &t, NULL), SW_OK);
    assert_visible(&out, "JSON");
    json_t *const j = json_loadb(out.data, out.size, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(j);
    json_decref(j);
    buf_clear(&out);
    assert_int_equal(trend_html(&out, &t, text, NULL, NULL), SW_OK);
    assert_visible(&out, "HTML");
    const char *const first = strstr(buf_str(&out), "<script");
    assert_non_null(first);
    assert_null(strstr(first + 1, "<script")); // the page's own alone
    assert_null(strstr(buf_str(&out), "<img"));
    buf_free(&out);
    run_trend_free(&t);
}

static void test_hostile_texts_are_escaped_in_every_form(void **state)
{
    (void)state;
    say_hostile("\x1b[2J\xe2\x80\xae</title><script>alert(1)</script><img src=x>\"'&|`", NULL);
    assert_true(hostile_strings_for_each(say_hostile, NULL) > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_forms_are_those_of_the_golden_files),
        cmocka_unit_test(test_too_few_runs_are_said_to_be_too_few),
        cmocka_unit_test(test_hostile_texts_are_escaped_in_every_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
