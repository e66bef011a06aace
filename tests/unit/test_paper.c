/* The data of a white paper: tables and figures say what the run says, and texts from outside are only text in each. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/escape.h"
#include "base/file.h"
#include "base/utf8.h"
#include "report/paper/paper.h"
#include "report/paper/paper_parts.h"
#include "support/hostile_strings.h"
#include "support/run_fixture.h"
#include "support/temp_dir.h"

enum { TESTS = 5, OUT_BYTES_MAX = 1 << 26 };

/* ---- what each form may hold ------------------------------------------------------------------------------------- */

static void assert_nothing_hidden(const buf *out, const char *text, const char *form)
{
    const bool is_xml = strcmp(form, "a drawing") == 0; // line breaks are spaces in it
    for (size_t i = 0; i < out->size;) {
        uint32_t cp;
        const int n = utf8_decode((const uint8_t *)out->data + i, out->size - i, &cp);
        const bool is_wrong = is_xml ? cp == 0xfffe || cp == 0xffff : cp == '\r';
        if (n == 0 || escape_is_hidden(cp) || is_wrong)
            fail_msg("%s has U+%04X at byte %zu with '%.60s'", form, n == 0 ? 0xfffdu : (unsigned)cp, i, text);
        i += (size_t)n;
    }
}

/* Returns true if s begins with one of the words, which end at a space. */
static bool begins_with_one(const char *s, const char *words)
{
    for (const char *word = words; *word != '\0';) {
        const size_t n = strcspn(word, " ");
        if (strncmp(s, word, n) == 0)
            return true;
        word += n + (word[n] == ' ');
    }
    return false;
}

static void assert_svg(const buf *out, const char *text)
{
    if (out->size == 0)
        return;
    for (const char *p = out->data; (p = strpbrk(p, "<&")) != NULL; p++) {
        if (!begins_with_one(
                p, "<svg </svg> <title> </title> <desc> </desc> <rect <text </text> <line <polyline &amp; &lt; &gt; "
                   "&quot; &#39;"))
            fail_msg("a drawing has '%.40s' with '%.60s'", p, text);
    }
}

/* After everything that LaTeX reads as a character is taken away, no character that it reads as more is left. */
static void assert_latex(const char *text)
{
    static const char OURS[] =
        "\\textbackslash{} \\textasciicircum{} \\textasciitilde{} \\textless{} \\textgreater{} \\textbar{} "
        "\\textasciigrave{} {\\char34} {-} \\{ \\} \\$ \\& \\# \\% \\_";
    buf out;
    buf_init(&out, OUT_BYTES_MAX);
    paper_latex_text(&out, text);
    for (const char *p = buf_str(&out); *p != '\0'; p++) {
        size_t n = 0;
        for (const char *word = OURS; n == 0 && *word != '\0'; word += *word == ' ') {
            const size_t n_word = strcspn(word, " ");
            n = strncmp(p, word, n_word) == 0 ? n_word : 0;
            word += n_word;
        }
        if (n == 0 && strchr("\\{}$&#%_^~<>|`\"\n\r\t-", *p) != NULL)
            fail_msg("LaTeX has '%.40s' with '%.60s'", p, text);
        p += n > 0 ? n - 1 : 0;
    }
    buf_free(&out);
}

/* Every line has as many cells, and none has markup. */
static void assert_markdown(const buf *out, const char *text)
{
    int n_expected = 0, n_bars = 0;
    for (const char *p = out->data; *p != '\0'; p++) {
        const bool is_escaped = p > out->data && p[-1] == '\\';
        n_bars += *p == '|' && !is_escaped;
        if (*p == '<' || (!is_escaped && strchr("`[]~$", *p) != NULL))
            fail_msg("Markdown has '%.40s' with '%.60s'", p, text);
        if (*p != '\n')
            continue;
        n_expected = n_expected == 0 ? n_bars : n_expected;
        assert_int_equal(n_bars, n_expected);
        n_bars = 0;
    }
}

/* Every line has as many fields, and no text begins a formula. */
static void assert_csv(const buf *out, const char *text)
{
    int n_fields = 1, n_expected = 0;
    bool is_quoted = false;
    for (const char *p = out->data; *p != '\0'; p++) {
        const bool is_begin = *p == '"' && !is_quoted && (p == out->data || strchr(",\n", p[-1]) != NULL);
        if (is_begin && strchr("=+-@\t", p[1]) != NULL)
            fail_msg("the CSV has the formula '%.40s' with '%.60s'", p, text);
        is_quoted ^= *p == '"';
        n_fields += *p == ',' && !is_quoted;
        if (*p != '\n' || is_quoted)
            continue;
        n_expected = n_expected == 0 ? n_fields : n_expected;
        assert_int_equal(n_fields, n_expected);
        n_fields = 1;
    }
}

/* ---- a run ------------------------------------------------------------------------------------------------------- */

typedef struct everything {
    run_fixture *fixture;
    run_analysis analysis;
    paper_model models[8];
    paper_models list;
    buf out;
} everything;

static void start(everything *e)
{
    *e = (everything){.fixture = run_fixture_create()};
    buf_init(&e->out, OUT_BYTES_MAX);
    assert_non_null(e->fixture);
    run_fixture_edit(e->fixture)->n_tests = TESTS;
    assert_int_equal(run_analysis_of(run_fixture_record(e->fixture), &e->analysis, NULL), SW_OK);
    for (size_t i = 0; i < e->analysis.n_subjects; i++)
        e->models[i] = (paper_model){0, (int)i + 1, &e->analysis, &e->analysis.subjects[i]};
    e->list = (paper_models){e->models, e->analysis.n_subjects};
}

static void end(everything *e)
{
    run_analysis_free(&e->analysis);
    run_fixture_free(e->fixture);
    buf_free(&e->out);
}

static void put_in(buf *out, const paper_table *table, void (*write)(buf *, const paper_table *))
{
    buf_clear(out);
    write(out, table);
    assert_int_equal(out->failed, SW_OK);
}

static void check_tables(everything *e, const char *text)
{
    buf *const out = &e->out;
    for (size_t i = 0; i < N_PAPER_TABLES; i++) {
        paper_table table;
        paper_table_init(&table, &PAPER_TABLES[i].about);
        PAPER_TABLES[i].fill(&table, &e->list);
        assert_false(table.has_failed);
        assert_true(table.n_columns > 0 && table.n_cells % table.n_columns == 0);
        put_in(out, &table, paper_table_csv);
        assert_csv(out, text);
        assert_nothing_hidden(out, text, "the CSV");
        put_in(out, &table, paper_table_markdown);
        assert_markdown(out, text);
        assert_nothing_hidden(out, text, "Markdown");
        put_in(out, &table, paper_table_latex);
        assert_nothing_hidden(out, text, "LaTeX");
        paper_table_free(&table);
    }
}

static void check_figures(everything *e, const char *text)
{
    for (size_t i = 0; i < N_PAPER_FIGURES; i++) {
        for (size_t k = 0; k < (PAPER_FIGURES[i].is_per_model ? e->list.n : 1); k++) {
            buf_clear(&e->out);
            assert_int_equal(PAPER_FIGURES[i].draw(&e->out, &PAPER_FIGURES[i].about, &e->list, &e->models[k], NULL),
                             SW_OK);
            assert_int_equal(e->out.failed, SW_OK);
            assert_svg(&e->out, text);
            assert_nothing_hidden(&e->out, text, "a drawing");
        }
    }
}

static void check_text(const char *text, void *ud)
{
    everything *const e = ud;
    run_fixture_say(e->fixture, text);
    for (size_t i = 0; i < e->analysis.n_subjects; i++) {
        expert_figures *const experts = &e->analysis.subjects[i].experts;
        for (size_t k = 0; k < experts->n_tests; k++)
            experts->tests[k].name = text;
    }
    assert_latex(text);
    check_tables(e, text);
    check_figures(e, text);
}

static void test_no_text_from_outside_is_more_than_text_in_any_form(void **state)
{
    (void)state;
    everything e;
    start(&e);
    assert_true(hostile_strings_for_each(check_text, &e) >= 200);
    check_text("\uffff\ufffe", &e); // valid UTF-8, not valid XML
    end(&e);
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

static char *slurp(const char *dir, const char *name)
{
    buf path;
    char *text;
    size_t n;
    buf_init(&path, 4096);
    buf_printf(&path, "%s/%s", dir, name);
    assert_int_equal(file_slurp(buf_str(&path), OUT_BYTES_MAX, &text, &n, NULL), SW_OK);
    buf_free(&path);
    return text;
}

static void assert_file_has(const char *dir, const char *name, const char *part)
{
    char *const text = slurp(dir, name);
    if (strstr(text, part) == NULL)
        fail_msg("%s does not have '%s': %.400s", name, part, text);
    mem_free(text);
}

static void test_every_table_and_figure_has_its_files_a_definition_and_a_query(void **state)
{
    (void)state;
    everything e;
    start(&e);
    const temp_path dir = temp_file("paper");
    assert_int_equal(paper_write(&e.analysis, 1, dir.s, NULL), SW_OK);
    assert_int_equal(paper_write(&e.analysis, 1, dir.s, NULL), SW_OK); // again, over the files
    for (size_t i = 0; i < N_PAPER_TABLES; i++) {
        const paper_about *const about = &PAPER_TABLES[i].about;
        char name[64];
        snprintf(name, sizeof name, "%s.sql", about->name);
        assert_file_has(dir.s, name, about->query);
        snprintf(name, sizeof name, "%s.tex", about->name);
        assert_file_has(dir.s, name, "\\begin{tabular}");
        assert_file_has(dir.s, "data.md", about->definition);
        assert_file_has(dir.s, "data.md", about->query);
    }
    for (size_t i = 0; i < N_PAPER_FIGURES; i++) {
        assert_file_has(dir.s, "data.md", PAPER_FIGURES[i].about.definition);
        assert_non_null(strstr(PAPER_FIGURES[i].about.query, ":run"));
    }
    assert_file_has(dir.s, "token-time-1.svg", "<polyline");
    assert_file_has(dir.s, "latency.svg", "</svg>");
    end(&e);
}

static void test_two_runs_have_their_models_numbered_through(void **state)
{
    (void)state;
    everything e;
    start(&e);
    const temp_path dir = temp_file("two");
    const run_analysis runs[] = {e.analysis, e.analysis};
    assert_int_equal(paper_write(runs, 2, dir.s, NULL), SW_OK);
    assert_int_equal(e.analysis.n_subjects, 2);
    assert_file_has(dir.s, "data.md", "\n| 3 | 2 | 0 | ");
    assert_file_has(dir.s, "architecture.csv", "\n4,");
    end(&e);
}

static void test_a_folder_that_cannot_be_made_is_an_error(void **state)
{
    (void)state;
    everything e;
    sw_err err = {0};
    start(&e);
    const temp_path dir = temp_file("missing/paper");
    assert_int_equal(paper_write(&e.analysis, 1, dir.s, &err), SW_EIO);
    assert_non_null(strstr(err.msg, "cannot be made"));
    end(&e);
}

static void test_whole_numbers_keep_their_digits_in_csv(void **state)
{
    (void)state;
    static const paper_about ABOUT = {"t", "t", "t", "t"};
    paper_table table;
    buf out;
    buf_init(&out, OUT_BYTES_MAX);
    paper_table_init(&table, &ABOUT);
    paper_table_column(&table, (paper_column){"bytes", "B", "", true});
    paper_table_number(&table, 12345678901.0);
    paper_table_number(&table, 0.5);
    paper_table_number(&table, NAN);
    paper_table_csv(&out, &table);
    assert_string_equal(buf_str(&out), "\"bytes\"\n12345678901\n0.5\n\n");
    buf_clear(&out);
    paper_table_latex(&out, &table);
    assert_non_null(strstr(buf_str(&out), "\n11.50 GiB \\\\\n0 B \\\\\n{-} \\\\\n"));
    paper_table_free(&table);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_text_from_outside_is_more_than_text_in_any_form),
        cmocka_unit_test(test_every_table_and_figure_has_its_files_a_definition_and_a_query),
        cmocka_unit_test(test_two_runs_have_their_models_numbered_through),
        cmocka_unit_test(test_a_folder_that_cannot_be_made_is_an_error),
        cmocka_unit_test(test_whole_numbers_keep_their_digits_in_csv),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
