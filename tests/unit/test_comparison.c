/* Two runs compared: what is refused, what is paired, what changed exactly, and every form of the result with hostile
 * texts. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/alloc.h"
#include "compare/comparison_report.h"
#include "report/render.h"
#include "support/golden_text.h"
#include "support/hostile_strings.h"
#include "support/record_maker.h"
#include "support/run_fixture.h"

enum { N_TESTS = 3, N_REPEATS = 8, N = N_TESTS * N_REPEATS };

static const char *const NAMES[N_TESTS] = {"greeting", "jugs", "code"};

/* A run of three tests, eight times each; gaps in ms. */
typedef struct side {
    test_record tests[N];
    run_record run;
    run_analysis analysis;
} side;

/* An answer with gaps of that length and a little more or less, which is made once: the times of all answers are kept.
 */
static const test_record *answer_of(double gap_ms, int noise)
{
    enum { N_GAPS = 4, N_NOISES = 5 };
    static double gaps[N_GAPS];
    static test_record answers[N_GAPS][N_NOISES];
    int i = 0;
    while (i < N_GAPS - 1 && gaps[i] != 0 && gaps[i] != gap_ms)
        i++;
    for (int k = 0; gaps[i] != gap_ms && k < N_NOISES; k++) {
        answers[i][k] = record_test(MODE_STREAM, 0, 0);
        record_pace(&answers[i][k], gap_ms * (1 + 0.01 * (k - 2)), 1);
    }
    gaps[i] = gap_ms;
    return &answers[i][noise];
}

static void make_side(side *s, double gap_ms)
{
    *s = (side){0};
    for (int i = 0; i < N; i++) {
        s->tests[i] = *answer_of(gap_ms, (i * 7) % 5);
        s->tests[i].index = i / N_REPEATS;
        s->tests[i].repeat = i % N_REPEATS;
        s->tests[i].plan.name = NAMES[i / N_REPEATS];
    }
    s->run = record_run(s->tests, N);
    s->run.info.status = "ok";
}

static comparison compare(side *a, side *b, const comparison_options *options)
{
    comparison c;
    assert_int_equal(run_analysis_of(&a->run, &a->analysis, NULL), SW_OK);
    assert_int_equal(run_analysis_of(&b->run, &b->analysis, NULL), SW_OK);
    assert_int_equal(comparison_of(&a->analysis, &b->analysis, options, &c, NULL), SW_OK);
    return c;
}

static void end(comparison *c, side *a, side *b)
{
    comparison_free(c);
    run_analysis_free(&a->analysis);
    run_analysis_free(&b->analysis);
}

static comparison_options usual(void)
{
    return (comparison_options){.limits = compare_limits_default(), .n_draws = 200};
}

static const change_row *find_row(const comparison *c, compare_metric metric, bool of_test)
{
    for (size_t i = 0; i < c->n_rows; i++) {
        if (c->rows[i].metric == metric && (c->rows[i].test != NULL) == of_test)
            return &c->rows[i];
    }
    fail_msg("there is no row of metric %d", (int)metric);
    return NULL;
}

static side a, b;

/* ---- outcomes ---------------------------------------------------------------------------------------------------- */

static void test_equal_runs_have_no_regression(void **state)
{
    (void)state;
    make_side(&a, 10);
    make_side(&b, 10);
    const comparison_options options = usual();
    comparison c = compare(&a, &b, &options);
    assert_int_equal(c.outcome, COMPARISON_OK);
    assert_int_equal(c.pairs.n, N);
    assert_int_equal(c.exact.n, 0);
    assert_int_equal(c.exact.n_compared[COMPARE_OUTPUTS], N_TESTS);
    assert_int_equal(find_row(&c, COMPARE_DECODE, false)->verdict, CHANGE_SAME);
    end(&c, &a, &b);
}

static void test_a_slower_run_is_a_regression_unless_it_is_allowed(void **state)
{
    (void)state;
    make_side(&a, 10);
    make_side(&b, 12.5);
    comparison_options options = usual();
    comparison c = compare(&a, &b, &options);
    assert_int_equal(c.outcome, COMPARISON_REGRESSED);
    const change_row *const rate = find_row(&c, COMPARE_DECODE, false);
    assert_true(rate->is_regression && rate->verdict == CHANGE_WORSE);
    assert_true(fabs(rate->change.difference + 0.2) < 0.005);
    assert_true(find_row(&c, COMPARE_DECODE, true)->is_regression); // in each test, too
    assert_int_equal(find_row(&c, COMPARE_TTFT, false)->verdict, CHANGE_SAME);
    end(&c, &a, &b);
    for (int m = 0; m < N_COMPARE_METRICS; m++)
        options.limits.allowed[m] = 30;
    c = compare(&a, &b, &options);
    assert_int_equal(c.outcome, COMPARISON_OK);
    end(&c, &a, &b);
    c = compare(&b, &a, &options);
    assert_int_equal(find_row(&c, COMPARE_DECODE, false)->verdict, CHANGE_BETTER);
    assert_int_equal(c.outcome, COMPARISON_OK);
    end(&c, &b, &a);
}

static void test_unlike_runs_are_refused_but_for_the_knob(void **state)
{
    (void)state;
    make_side(&a, 10);
    make_side(&b, 10);
    b.run.info.n_cores++;
    comparison_options options = usual();
    comparison c = compare(&a, &b, &options);
    assert_int_equal(c.outcome, COMPARISON_REFUSED);
    assert_non_null(strstr(buf_str(&c.reasons), "they differ in cores: "));
    assert_int_equal(c.n_rows, 0);
    end(&c, &a, &b);
    options.knob = "cores";
    c = compare(&a, &b, &options);
    assert_int_equal(c.outcome, COMPARISON_OK);
    end(&c, &a, &b);
    options.knob = "os";
    c = compare(&a, &b, &options);
    assert_int_equal(c.outcome, COMPARISON_REFUSED);
    end(&c, &a, &b);
    options.is_forced = true;
    c = compare(&a, &b, &options);
    assert_int_equal(c.outcome, COMPARISON_OK);
    assert_true(c.reasons.size > 0);
    end(&c, &a, &b);
}

/* A newer spillway differs in its servers, too; another server is another thing. */
static void test_the_version_as_the_knob_allows_its_servers(void **state)
{
    (void)state;
    static server_record newer = {.side = SIDE_OFFLOADED, .url = "", .software = "spillway 2", .command = ""};
    comparison_options options = usual();
    options.knob = "version";
    make_side(&a, 10);
    make_side(&b, 10);
    b.run.info.version = "2";
    b.run.servers = &newer;
    comparison c = compare(&a, &b, &options);
    assert_int_equal(c.outcome, COMPARISON_OK);
    end(&c, &a, &b);
    newer.software = "llama-server b1";
    c = compare(&a, &b, &options);
    assert_int_equal(c.outcome, COMPARISON_REFUSED);
    end(&c, &a, &b);
}

static void test_invalid_aborted_and_unfinished_runs_are_refused(void **state)
{
    (void)state;
    static const char *const STATUSES[] = {"invalid", "aborted", "running", "nonsense"};
    const comparison_options options = usual();
    for (size_t i = 0; i < sizeof STATUSES / sizeof *STATUSES; i++) {
        make_side(&a, 10);
        make_side(&b, 10);
        b.run.info.status = STATUSES[i];
        b.run.info.reasons = "the placement was not the requested one\nand more";
        comparison c = compare(&a, &b, &options);
        assert_int_equal(c.outcome, COMPARISON_REFUSED);
        assert_non_null(strstr(buf_str(&c.reasons), ": the placement was not the requested one\n"));
        end(&c, &a, &b);
    }
}

static void test_times_of_an_emulated_gpu_are_not_compared(void **state)
{
    (void)state;
    fact_record emulated = {0, 0, FACT_DEVICE_EMULATED, NAN, "yes", ""};
    comparison_options options = usual();
    options.is_forced = true;
    make_side(&a, 10);
    make_side(&b, 20);
    b.run.facts = &emulated;
    b.run.n_facts = 1;
    comparison c = compare(&a, &b, &options);
    assert_int_equal(c.outcome, COMPARISON_OK);
    assert_int_equal(c.exact.n_compared[COMPARE_OUTPUTS], N_TESTS);
    assert_int_equal(find_row(&c, COMPARE_REPETITION, false)->verdict, CHANGE_SAME);
    for (size_t i = 0; i < c.n_rows; i++)
        assert_false(COMPARE_METRIC_ROWS[c.rows[i].metric].scope == SCOPE_TEST &&
                     COMPARE_METRIC_ROWS[c.rows[i].metric].is_relative);
    end(&c, &a, &b);
    b.tests[0].answer.status = TEST_SERVER_ERROR;
    c = compare(&a, &b, &options);
    assert_int_equal(c.outcome, COMPARISON_REGRESSED); // what is correct still counts
    end(&c, &a, &b);
}

static void test_too_few_pairs_are_inconclusive(void **state)
{
    (void)state;
    const comparison_options options = usual();
    make_side(&a, 10);
    make_side(&b, 12);
    a.run.n_tests = b.run.n_tests = 2;
    comparison c = compare(&a, &b, &options);
    assert_int_equal(c.pairs.n, 2);
    assert_int_equal(c.outcome, COMPARISON_INCONCLUSIVE);
    end(&c, &a, &b);
    make_side(&b, 10);
    for (int i = 0; i < N; i++)
        b.tests[i].plan.prompt = "another prompt";
    c = compare(&a, &b, &options);
    assert_int_equal(c.pairs.n, 0);
    assert_int_equal(c.pairs.n_only_a, 2);
    assert_int_equal(c.pairs.n_only_b, N);
    assert_int_equal(c.outcome, COMPARISON_INCONCLUSIVE);
    end(&c, &a, &b);
}

/* Other temperatures are other tests, unless settings are what is compared. */
static void test_settings_as_the_knob_pair_tests_of_other_temperatures(void **state)
{
    (void)state;
    make_side(&a, 10);
    make_side(&b, 10);
    for (int i = 0; i < N; i++)
        b.tests[i].plan.temperature = 0.9;
    comparison_options options = usual();
    comparison c = compare(&a, &b, &options);
    assert_int_equal(c.pairs.n, 0);
    end(&c, &a, &b);
    options.knob = "settings";
    c = compare(&a, &b, &options);
    assert_int_equal(c.pairs.n, N);
    assert_int_equal(c.exact.n_compared[COMPARE_OUTPUTS], 0);
    end(&c, &a, &b);
}

/* The runs may have their tests in any order. */
static void test_pairs_do_not_depend_on_the_order(void **state)
{
    (void)state;
    make_side(&a, 10);
    make_side(&b, 10);
    for (int i = 0; i < N / 2; i++) {
        const test_record test = b.tests[i];
        b.tests[i] = b.tests[N - 1 - i];
        b.tests[N - 1 - i] = test;
    }
    const comparison_options options = usual();
    comparison c = compare(&a, &b, &options);
    assert_int_equal(c.pairs.n, N);
    for (size_t i = 0; i < c.pairs.n; i++) {
        const test_pair *const p = &c.pairs.items[i];
        assert_string_equal(p->a->test->plan.name, p->b->test->plan.name);
        assert_int_equal(p->a->test->repeat, p->b->test->repeat);
    }
    end(&c, &a, &b);
}

/* ---- exact changes ----------------------------------------------------------------------------------------------- */

/* Two models of one name; the second run has them in the other order. */
static void name_twins(side *s, subject_record twins[2], bool is_turned)
{
    for (int i = 0; i < 2; i++) {
        twins[i] = s->run.subjects[0];
        twins[i].file_hash = i == (int)is_turned ? "hash a" : "hash b";
        twins[i].quantization = i == (int)is_turned ? "F16" : "MXFP4";
    }
    s->run.subjects = twins;
    s->run.n_subjects = 2;
    for (int i = 0; i < N; i++)
        s->tests[i].subject = (i % N_REPEATS < N_REPEATS / 2) == is_turned;
}

static void test_models_of_one_name_are_paired_by_their_files_and_told_apart(void **state)
{
    (void)state;
    subject_record of_a[2], of_b[2];
    comparison_options options = usual();
    options.is_forced = true;
    make_side(&a, 10);
    make_side(&b, 10);
    name_twins(&a, of_a, false);
    name_twins(&b, of_b, true);
    comparison c = compare(&a, &b, &options);
    assert_int_equal(c.pairs.subject_of_a[0], 1);
    assert_int_equal(c.pairs.subject_of_a[1], 0);
    assert_int_equal(c.pairs.n, N);
    buf out;
    buf_init(&out, 1 << 24);
    comparison_markdown(&out, &c, (comparison_names){"a", "b"});
    assert_non_null(strstr(buf_str(&out), "### m (F16)\n"));
    assert_non_null(strstr(buf_str(&out), "### m (MXFP4)\n"));
    buf_clear(&out);
    assert_int_equal(comparison_json(&out, &c, (comparison_names){"a", "b"}, NULL), SW_OK);
    assert_non_null(strstr(buf_str(&out), "\"label\": \"m (F16)\""));
    buf_free(&out);
    end(&c, &a, &b);
    // Nothing but their order tells them apart.
    for (int i = 0; i < 2; i++)
        of_a[i].file_hash = of_b[i].file_hash = "";
    c = compare(&a, &b, &options);
    assert_int_equal(c.pairs.subject_of_a[0], 0);
    assert_int_equal(c.pairs.subject_of_a[1], 1);
    end(&c, &a, &b);
}

static void assert_count(const comparison *c, compare_metric metric, size_t n)
{
    assert_int_equal(c->n_exact[metric], n);
    assert_int_equal(comparison_count_is_regression(c, metric), n > 0);
    assert_int_equal(c->outcome, n > 0 ? COMPARISON_REGRESSED : COMPARISON_OK);
}

static void test_a_test_that_fails_now_is_a_regression(void **state)
{
    (void)state;
    const comparison_options options = usual();
    make_side(&a, 10);
    make_side(&b, 10);
    b.tests[3].answer.status = TEST_TIMEOUT;
    comparison c = compare(&a, &b, &options);
    assert_count(&c, COMPARE_FAILED, 1);
    end(&c, &a, &b);
    a.tests[3].answer.status = TEST_TIMEOUT; // as before
    c = compare(&a, &b, &options);
    assert_count(&c, COMPARE_FAILED, 0);
    end(&c, &a, &b);
}

static void test_a_check_that_passed_always_and_fails_mostly_is_a_regression(void **state)
{
    (void)state;
    static const check_record PASSED = {"c", "contains", false, 1, CHECK_PASSED, ""},
                              FAILED = {"c", "contains", false, 1, CHECK_FAILED, ""};
    const comparison_options options = usual();
    for (int n_failed = 3; n_failed <= 4; n_failed++) { // of eight
        make_side(&a, 10);
        make_side(&b, 10);
        for (int i = 0; i < N_REPEATS; i++) {
            a.tests[i].checks = &PASSED;
            b.tests[i].checks = i < n_failed ? &FAILED : &PASSED;
            a.tests[i].n_checks = b.tests[i].n_checks = 1;
        }
        comparison c = compare(&a, &b, &options);
        assert_count(&c, COMPARE_CHECKS, n_failed == 4);
        assert_int_equal(c.exact.n_compared[COMPARE_CHECKS], 1);
        end(&c, &a, &b);
        a.tests[7].checks = &FAILED; // it did not pass always before
        c = compare(&a, &b, &options);
        assert_count(&c, COMPARE_CHECKS, 0);
        end(&c, &a, &b);
    }
}

static void test_an_answer_that_was_repeatable_must_not_change(void **state)
{
    (void)state;
    static server_record foreign = {.side = SIDE_OFFLOADED, .url = "", .software = "other 1", .command = ""};
    comparison_options options = usual();
    make_side(&a, 10);
    make_side(&b, 10);
    b.tests[1].answer.text = "Another answer.";
    b.tests[1].answer.n_text = 15;
    comparison c = compare(&a, &b, &options);
    assert_count(&c, COMPARE_OUTPUTS, 1);
    end(&c, &a, &b);
    options.limits.allowed[COMPARE_OUTPUTS] = NAN;
    c = compare(&a, &b, &options);
    assert_int_equal(c.outcome, COMPARISON_OK);
    end(&c, &a, &b);
    options = usual(); // another server's answers vary with the repetition: nothing is known of them
    a.run.servers = b.run.servers = &foreign;
    c = compare(&a, &b, &options);
    assert_count(&c, COMPARE_OUTPUTS, 0);
    assert_int_equal(c.exact.n_compared[COMPARE_OUTPUTS], N_TESTS - 1);
    end(&c, &a, &b);
    for (int i = 0; i < N_REPEATS; i++)
        b.tests[i].answer = b.tests[1].answer; // repeated, and another one
    c = compare(&a, &b, &options);
    assert_int_equal(c.n_exact[COMPARE_OUTPUTS], 1);
    end(&c, &a, &b);
}

/* ---- forms ------------------------------------------------------------------------------------------------------- */

static bool is_hidden_byte(char byte)
{
    const unsigned char c = (unsigned char)byte;
    return (c < 0x20 && strchr("\n\t\r", c) == NULL) || c == 0x7f;
}

static void assert_visible(const buf *text, const char *what)
{
    assert_int_equal(text->failed, SW_OK);
    for (size_t i = 0; i < text->size; i++) {
        if (is_hidden_byte(text->data[i]))
            fail_msg("%s holds byte %d at %zu", what, text->data[i], i);
    }
    assert_null(strstr(buf_str(text), "\xe2\x80\xae")); // a change of direction
}

/* Tags are those of the writer: the text has as many as its own shape needs, and every other < is an entity. */
static void assert_xml(const buf *text)
{
    static const char *const TAGS[] = {"<?xml ",     "<testsuites", "</testsuites", "<testsuite ", "</testsuite",
                                       "<testcase ", "</testcase",  "<failure ",    "</failure",   "<error ",
                                       "</error",    "<skipped ",   "</skipped"};
    for (const char *p = buf_str(text); (p = strchr(p, '<')) != NULL; p++) {
        size_t i = 0;
        while (i < sizeof TAGS / sizeof *TAGS && strncmp(p, TAGS[i], strlen(TAGS[i])) != 0)
            i++;
        if (i == sizeof TAGS / sizeof *TAGS)
            fail_msg("unknown tag: %.40s", p);
    }
    assert_null(strstr(buf_str(text), "\xef\xbf\xbf"));
    assert_null(strstr(buf_str(text), "\xef\xbf\xbe"));
}

static void assert_json(const buf *text, const char *outcome)
{
    json_t *const j = json_loadb(text->data, text->size, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(j);
    assert_string_equal(json_string_value(json_object_get(j, "outcome")), outcome);
    json_decref(j);
}

/* The page has one script, its own, and no picture that could be fetched. */
static void assert_page(const buf *text)
{
    const char *const script = strstr(buf_str(text), "<script");
    assert_non_null(script);
    assert_null(strstr(script + 1, "<script"));
    assert_null(strstr(buf_str(text), "<img"));
}

static void write_all(const comparison *c, const char *name)
{
    const comparison_names names = {name, name};
    buf out;
    document doc;
    buf_init(&out, 1 << 26);
    document_init(&doc);
    comparison_document(&doc, c, names);
    render_text(&out, &doc, 80);
    assert_visible(&out, "text");
    buf_clear(&out);
    render_markdown(&out, &doc);
    assert_visible(&out, "Markdown");
    assert_null(strstr(buf_str(&out), "<script"));
    document_free(&doc);
    buf_clear(&out);
    comparison_markdown(&out, c, names);
    assert_visible(&out, "Markdown of a comment");
    assert_null(strstr(buf_str(&out), "<script"));
    buf_clear(&out);
    assert_int_equal(comparison_html(&out, c, names, NULL, NULL), SW_OK);
    assert_visible(&out, "HTML");
    assert_page(&out);
    buf_clear(&out);
    comparison_junit(&out, c, names);
    assert_visible(&out, "XML");
    assert_xml(&out);
    buf_clear(&out);
    assert_int_equal(comparison_json(&out, c, names, NULL), SW_OK);
    assert_visible(&out, "JSON");
    assert_json(&out, comparison_outcome_name(c->outcome));
    buf_free(&out);
}

/* Two runs of everything, of which the second lost a test.  Their analyses look at the records, which are given other
 * texts one after another. */
typedef struct hostile_case {
    run_fixture *fixtures[2];
    run_analysis analyses[2];
} hostile_case;

static void say_hostile(const char *text, void *ud)
{
    hostile_case *const h = ud;
    if (strlen(text) > 4096) // the escapers have tests of their own for long ones
        return;
    for (int i = 0; i < 2; i++) {
        run_fixture_say(h->fixtures[i], text);
        for (size_t k = 0; k < h->analyses[i].n_subjects; k++)
            mem_free(h->analyses[i].subjects[k].label);
        assert_int_equal(run_analysis_label(h->analyses[i].run, &h->analyses[i], NULL), SW_OK);
    }
    for (int is_forced = 0; is_forced < 2; is_forced++) {
        comparison_options options = usual();
        options.is_forced = is_forced != 0;
        options.n_draws = 2;
        comparison c;
        assert_int_equal(comparison_of(&h->analyses[0], &h->analyses[1], &options, &c, NULL), SW_OK);
        write_all(&c, text);
        comparison_free(&c);
    }
}

static void test_hostile_texts_are_escaped_in_every_form(void **state)
{
    (void)state;
    hostile_case h;
    for (int i = 0; i < 2; i++) {
        h.fixtures[i] = run_fixture_create();
        run_record *const run = run_fixture_edit(h.fixtures[i]);
        if (i == 1)
            run->tests[run->n_tests - 1].answer.status = TEST_TIMEOUT;
        assert_int_equal(run_analysis_of(run, &h.analyses[i], NULL), SW_OK);
    }
    say_hostile("\x1b[2J\xe2\x80\xae</failure><script>\"'&|`\xef\xbf\xbf\xef\xbf\xbe", &h);
    say_hostile("=1+1\n\n# x\n| a |", &h);
    assert_true(hostile_strings_for_each(say_hostile, &h) > 100);
    for (int i = 0; i < 2; i++) {
        run_analysis_free(&h.analyses[i]);
        run_fixture_free(h.fixtures[i]);
    }
}

static void test_each_form_says_what_regressed(void **state)
{
    (void)state;
    make_side(&a, 10);
    make_side(&b, 12.5);
    b.tests[0].answer.status = TEST_TIMEOUT;
    const comparison_options options = usual();
    comparison c = compare(&a, &b, &options);
    const comparison_names names = {"base", "new"};
    buf out;
    document doc;
    buf_init(&out, 1 << 20);
    document_init(&doc);
    comparison_document(&doc, &c, names);
    render_text(&out, &doc, 80);
    for (const char *line = buf_str(&out), *next; *line != '\0'; line = next) {
        next = line + strcspn(line, "\n") + 1;
        assert_true(next - line <= 81);
    }
    assert_non_null(strstr(buf_str(&out), "REGRESSION"));
    assert_non_null(strstr(buf_str(&out), "failed: greeting (m, stream) completed, and is now timeout"));
    assert_null(strstr(buf_str(&out), "have all columns"));
    document_free(&doc);
    buf_clear(&out);
    comparison_junit(&out, &c, names);
    assert_non_null(
        strstr(buf_str(&out), "<testcase classname=\"m.stream\" name=\"decode_tps\"><failure message=\"worse: "));
    assert_non_null(strstr(buf_str(&out), "<testcase classname=\"answers\" name=\"failed\"><failure "));
    buf_free(&out);
    end(&c, &a, &b);
}

static void test_the_forms_are_those_of_the_golden_files(void **state)
{
    (void)state;
    static server_record newer = {.side = SIDE_OFFLOADED, .url = "", .software = "spillway 2", .command = ""};
    make_side(&a, 10);
    make_side(&b, 12.5);
    b.tests[0].answer.status = TEST_TIMEOUT;
    b.run.info.version = "2";
    b.run.servers = &newer;
    comparison_options options = usual();
    options.knob = "version";
    comparison c = compare(&a, &b, &options);
    const comparison_names names = {"results/base:1", "results/new:1"};
    buf out;
    buf_init(&out, 1 << 20);
    comparison_markdown(&out, &c, names);
    golden_text_assert("comparison.md", buf_str(&out), out.size);
    buf_clear(&out);
    assert_int_equal(comparison_json(&out, &c, names, NULL), SW_OK);
    golden_text_assert("comparison.json", buf_str(&out), out.size);
    buf_clear(&out);
    comparison_junit(&out, &c, names);
    golden_text_assert("comparison.xml", buf_str(&out), out.size);
    buf_free(&out);
    end(&c, &a, &b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_runs_have_no_regression),
        cmocka_unit_test(test_a_slower_run_is_a_regression_unless_it_is_allowed),
        cmocka_unit_test(test_unlike_runs_are_refused_but_for_the_knob),
        cmocka_unit_test(test_the_version_as_the_knob_allows_its_servers),
        cmocka_unit_test(test_invalid_aborted_and_unfinished_runs_are_refused),
        cmocka_unit_test(test_times_of_an_emulated_gpu_are_not_compared),
        cmocka_unit_test(test_too_few_pairs_are_inconclusive),
        cmocka_unit_test(test_settings_as_the_knob_pair_tests_of_other_temperatures),
        cmocka_unit_test(test_pairs_do_not_depend_on_the_order),
        cmocka_unit_test(test_models_of_one_name_are_paired_by_their_files_and_told_apart),
        cmocka_unit_test(test_a_test_that_fails_now_is_a_regression),
        cmocka_unit_test(test_a_check_that_passed_always_and_fails_mostly_is_a_regression),
        cmocka_unit_test(test_an_answer_that_was_repeatable_must_not_change),
        cmocka_unit_test(test_each_form_says_what_regressed),
        cmocka_unit_test(test_the_forms_are_those_of_the_golden_files),
        cmocka_unit_test(test_hostile_texts_are_escaped_in_every_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
