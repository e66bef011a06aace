/* Names, answers, errors and facts come from outside: in no form of a report are they more than text. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/escape.h"
#include "base/utf8.h"
#include "overview/overview_report.h"
#include "report/report.h"
#include "support/hostile_strings.h"
#include "support/run_fixture.h"

enum { TESTS = 5 }; // the first of the fixture: all rows of tests are made by the same functions

/* ---- what each form may hold --------------------------------------------------------------------------------------
 */

static void assert_nothing_hidden(const buf *out, const char *text, const char *form)
{
    for (size_t i = 0; i < out->size;) {
        uint32_t cp;
        const int n = utf8_decode((const uint8_t *)out->data + i, out->size - i, &cp);
        if (n == 0 || escape_is_hidden(cp) || (cp == '\r' && strcmp(form, "the page") != 0)) // there it breaks a line
            fail_msg("%s has U+%04X at byte %zu with '%.60s'", form, n == 0 ? 0xfffd : (unsigned)cp, i, text);
        i += (size_t)n;
    }
}

/* One tag of a page, from its "<"; returns the character after its ">". */
static const char *assert_own_tag(const char *at, const char *text)
{
    static const char OWN[] =
        " !doctype html head meta title style body main nav ul li a section h1 h2 h3 h4 h5 p span dl "
        "div dt dd small table caption thead tbody tr th td figure details summary article code script ";
    char name[16] = " ";
    size_t n = 1;
    const char *p = at + 1 + (at[1] == '/');
    for (; (isalnum((unsigned char)*p) || *p == '!') && n < sizeof name - 2; p++)
        name[n++] = *p;
    name[n++] = ' ';
    name[n] = '\0';
    if (strstr(OWN, name) == NULL)
        fail_msg("the page has the tag '%.40s' with '%.60s'", at, text);
    for (bool quoted = false; *p != '>' || quoted; p++) {
        if (*p == '\0' || (!quoted && (strncmp(p, " on", 3) == 0 || strncmp(p, " src", 4) == 0 || *p == '<')))
            fail_msg("the page has the attribute '%.40s' in '%.60s' with '%.60s'", p, at, text);
        if (!quoted && strncmp(p, " href=\"", 7) == 0 && p[7] != '#' && strncmp(p + 7, "data:text/csv;", 14) != 0)
            fail_msg("the page has the link '%.60s' with '%.60s'", p, text);
        quoted ^= *p == '"';
    }
    return p + 1;
}

/* The tags of a page after its own style, which is the same in every page; returns how many begin scripts. */
static int assert_tags(const buf *out, const char *text)
{
    const char *p = strstr(out->data, "</style>");
    assert_non_null(p);
    int n_scripts = 0;
    while ((p = strchr(p, '<')) != NULL) {
        n_scripts += strncmp(p, "<script", 7) == 0;
        p = assert_own_tag(p, text);
    }
    assert_nothing_hidden(out, text, "the page");
    return n_scripts;
}

/* Outside of the page's own code, too. */
static void assert_page(buf *out, const char *text)
{
    char *const code = strstr(out->data, "<script nonce=\"");
    assert_non_null(code);
    *code = '\0';
    out->size = (size_t)(code - out->data);
    assert_int_equal(assert_tags(out, text), 1); // the data
}

/* The length of a part of the report's own markup that begins at `at`: an anchor, or the begin or end of a link to one;
 * 0 for any other.  *is_link: a link is under way. */
static size_t own_markup(const char *at, bool *is_link)
{
    static const char NAME[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    static const char *const FORMS[][2] = {{"<a id=\"", "\"></a>"}, {"](#", ")"}};
    if (*at == '[' && !*is_link)
        return *is_link = true;
    for (size_t i = 0; i < 2; i++) {
        const size_t n_before = strlen(FORMS[i][0]), n_after = strlen(FORMS[i][1]);
        const size_t n_name = strncmp(at, FORMS[i][0], n_before) == 0 ? strspn(at + n_before, NAME) : 0;
        if (n_name == 0 || strncmp(at + n_before + n_name, FORMS[i][1], n_after) != 0 || (i == 1 && !*is_link))
            continue;
        *is_link = *is_link && i == 0;
        return n_before + n_name + n_after;
    }
    return 0;
}

/* Outside of fences: characters that make markup are escaped, but for the report's own links. */
static void assert_markdown_line(const char *line, size_t n, const char *text)
{
    bool is_link = false, is_escaped = false;
    for (size_t i = 0; i < n; i++) {
        is_escaped = i > 0 && line[i - 1] == '\\' && !is_escaped; // two are one that is shown
        const bool is_address = n - i > 3 && (strncmp(line + i, "://", 3) == 0 || strncmp(line + i, "www.", 4) == 0);
        const size_t n_own = is_escaped ? 0 : own_markup(line + i, &is_link);
        if (n_own == 0 &&
            (line[i] == '<' || (!is_escaped && (strchr("`[]_~$", line[i]) != NULL || (is_address && line[i] == ':')))))
            fail_msg("report.md has '%.40s' with '%.60s'", line + i, text);
        i += n_own > 0 ? n_own - 1 : 0;
    }
    if (is_link)
        fail_msg("report.md has a link without end in '%.80s' with '%.60s'", line, text);
    if (strncmp(line, "> ", 2) == 0 || line[0] == '#' || line[0] == '|' || n == 0)
        return;
    if (strchr("+-=\t ", line[0]) != NULL)
        fail_msg("report.md has the line '%.60s' with '%.60s'", line, text);
}

static size_t fence_of(const char *line)
{
    const size_t n = strspn(line, "`");
    return n >= 3 ? n : 0;
}

/* Counts cells of a line of a table by its bars that are not escaped. */
static int count_bars(const char *line, size_t n)
{
    int bars = 0;
    for (size_t i = 0; i < n; i++)
        bars += line[i] == '|' && (i == 0 || line[i - 1] != '\\');
    return bars;
}

static void assert_markdown(const buf *out, const char *text)
{
    size_t fence = 0;
    int bars = 0; // of the table under way
    for (const char *line = out->data; *line != '\0';) {
        const char *const end = strchr(line, '\n');
        const size_t n = (size_t)(end - line), f = fence_of(line);
        if (fence > 0)
            fence = f == fence && end == line + f ? 0 : fence;
        else if (f > 0)
            fence = f;
        else {
            assert_markdown_line(line, n, text);
            const int here = line[0] == '|' ? count_bars(line, n) : 0;
            if (bars > 0 && here > 0 && here != bars)
                fail_msg("report.md has a row of %d bars in a table of %d: '%.80s' with '%.60s'", here, bars, line,
                         text);
            bars = here;
        }
        line = end + 1;
    }
    assert_int_equal(fence, 0);
    assert_nothing_hidden(out, text, "report.md");
}

/* Every line has as many fields, and no text begins a formula. */
static void assert_csv(const buf *out, const char *text)
{
    int n_fields = 0, n_expected = 0;
    for (const char *p = out->data; *p != '\0'; p++) {
        const bool is_text = *p == '"';
        if (is_text && strchr("=+-@\t", p[1]) != NULL)
            fail_msg("the CSV has the formula '%.40s' with '%.60s'", p, text);
        for (bool quoted = false; quoted || (*p != ',' && *p != '\n'); p++) {
            if (quoted && strchr(";\t\n", *p) != NULL && strchr("=+-@", p[1]) != NULL)
                fail_msg("the CSV has the formula '%.40s' with '%.60s'", p, text);
            quoted ^= *p == '"';
        }
        n_fields++;
        if (*p != '\n')
            continue;
        n_expected = n_expected == 0 ? n_fields : n_expected;
        assert_int_equal(n_fields, n_expected);
        n_fields = 0;
    }
    assert_nothing_hidden(out, text, "the CSV");
}

static void assert_json(const buf *out, const char *text)
{
    json_t *const root = json_loadb(out->data, out->size, 0, NULL);
    const json_t *const test = json_array_get(json_object_get(root, "tests"), 0);
    assert_string_equal(json_string_value(json_object_get(test, "answer")), text);
    assert_string_equal(json_string_value(json_object_get(test, "name")), text);
    assert_null(memchr(out->data, '<', out->size));
    assert_nothing_hidden(out, text, "the JSON");
    json_decref(root);
}

/* One document on a line for each measured test. */
static void assert_jsonl(buf *out, const char *text)
{
    int n = 0;
    for (char *line = out->data, *end; (end = strchr(line, '\n')) != NULL; line = end + 1, n++) {
        json_t *const test = json_loadb(line, (size_t)(end - line), 0, NULL);
        assert_string_equal(json_string_value(json_object_get(test, "answer")), text);
        json_decref(test);
    }
    assert_true(n > 0 && n <= TESTS);
    assert_nothing_hidden(out, text, "JSON lines");
}

/* ---- tests ------------------------------------------------------------------------------------------------------- */

typedef struct everything {
    run_fixture *fixture;
    run_analysis analysis; // of the fixture, whose texts change
    buf out;
} everything;

/* Figures stay those of the first text: computing them anew for each takes longer than all reports. */
static void say(everything *e, const char *text)
{
    run_fixture_say(e->fixture, text);
    for (size_t i = 0; i < e->analysis.n_subjects; i++) {
        subject_analysis *const s = &e->analysis.subjects[i];
        for (size_t k = 0; k < s->experts.n_tests; k++)
            s->experts.tests[k].name = text;
        for (size_t k = 0; k < s->n_sweep; k++)
            s->sweep[k].variant = text;
    }
}

static void report_everything(const char *text, void *ud)
{
    everything *const e = ud;
    buf *const out = &e->out;
    say(e, text);
    report_text(out, &e->analysis, 80);
    assert_nothing_hidden(out, text, "the terminal's text");
    buf_clear(out);
    report_markdown(out, &e->analysis);
    assert_markdown(out, text);
    buf_clear(out);
    assert_int_equal(report_html(out, &e->analysis, NULL, NULL), SW_OK);
    assert_page(out, text);
    buf_clear(out);
    report_csv(out, &e->analysis);
    assert_csv(out, text);
    buf_clear(out);
    assert_int_equal(report_json(out, &e->analysis, NULL), SW_OK);
    assert_json(out, text);
    buf_clear(out);
    assert_int_equal(report_jsonl(out, &e->analysis, NULL), SW_OK);
    assert_jsonl(out, text);
    assert_int_equal(out->failed, SW_OK);
    buf_clear(out);
}

/* Two runs with that text everywhere, side by side. */
static void show_side_by_side(const char *text, void *ud)
{
    everything *const e = ud;
    buf *const out = &e->out;
    overview page;
    say(e, text);
    assert_int_equal(overview_init(&page, NULL), SW_OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(overview_add(&page, &e->analysis, text, NULL), SW_OK);
    assert_int_equal(overview_lose(&page, text, text, NULL), SW_OK);
    assert_int_equal(overview_judge(&page, NULL, NULL), SW_OK);
    overview_text(out, &page, 80);
    assert_nothing_hidden(out, text, "the terminal's text");
    buf_clear(out);
    overview_markdown(out, &page);
    assert_markdown(out, text);
    buf_clear(out);
    overview_html(out, &page);
    assert_int_equal(assert_tags(out, text), 0);
    buf_clear(out);
    overview_csv(out, &page);
    assert_csv(out, text);
    buf_clear(out);
    assert_int_equal(overview_json(out, &page, NULL), SW_OK);
    assert_null(memchr(out->data, '<', out->size));
    assert_nothing_hidden(out, text, "the JSON");
    assert_int_equal(out->failed, SW_OK);
    buf_clear(out);
    overview_free(&page);
}

static void test_no_text_from_outside_is_more_than_text_side_by_side(void **state)
{
    (void)state;
    everything e = {.fixture = run_fixture_create()};
    buf_init(&e.out, REPORT_BYTES_MAX);
    assert_non_null(e.fixture);
    run_fixture_edit(e.fixture)->n_tests = TESTS;
    assert_int_equal(run_analysis_brief_of(run_fixture_record(e.fixture), &e.analysis, NULL), SW_OK);
    assert_true(hostile_strings_for_each(show_side_by_side, &e) >= 200);
    run_analysis_free(&e.analysis);
    run_fixture_free(e.fixture);
    buf_free(&e.out);
}

static void test_no_text_from_outside_is_more_than_text_in_any_form(void **state)
{
    (void)state;
    everything e = {.fixture = run_fixture_create()};
    buf_init(&e.out, REPORT_BYTES_MAX);
    assert_non_null(e.fixture);
    run_fixture_edit(e.fixture)->n_tests = TESTS;
    run_fixture_review(e.fixture);
    assert_int_equal(run_analysis_of(run_fixture_record(e.fixture), &e.analysis, NULL), SW_OK);
    assert_true(hostile_strings_for_each(report_everything, &e) >= 200);
    run_analysis_free(&e.analysis);
    run_fixture_free(e.fixture);
    buf_free(&e.out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_text_from_outside_is_more_than_text_in_any_form),
        cmocka_unit_test(test_no_text_from_outside_is_more_than_text_side_by_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
