/* The data of a white paper: in no form is a text from outside more than text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/escape.h"
#include "base/utf8.h"
#include "support/hostile_strings.h"
#include "support/paper_fixture.h"

enum { TESTS = 5 }; // the first of the fixture: all rows of tests are made by the same functions

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

/* The length of the command at p that a table may have, or 0. */
static size_t latex_command(const char *p)
{
    static const char *const COMMANDS[] = {"\\textbackslash{}",
                                           "\\textasciicircum{}",
                                           "\\textasciitilde{}",
                                           "\\textless{}",
                                           "\\textgreater{}",
                                           "\\textbar{}",
                                           "\\textasciigrave{}",
                                           "{\\char34}",
                                           "{-}",
                                           "\\{",
                                           "\\}",
                                           "\\$",
                                           "\\&",
                                           "\\#",
                                           "\\%",
                                           "\\_"};
    for (size_t i = 0; i < sizeof COMMANDS / sizeof *COMMANDS; i++) {
        if (strncmp(p, COMMANDS[i], strlen(COMMANDS[i])) == 0)
            return strlen(COMMANDS[i]);
    }
    return 0;
}

/* A row of n cells: every & is between two of them, every command is ours, and its end is a line break. */
static void assert_latex_row(const char *line, const char *end, size_t n_cells, const char *text)
{
    assert_true(end - line >= 3 && strncmp(end - 3, " \\\\", 3) == 0);
    assert_true(strchr("[*", *line) == NULL); // would belong to the line break before
    size_t n = 1;
    for (const char *p = line; p < end - 3;) {
        const size_t n_command = latex_command(p);
        n += *p == '&';
        if (n_command == 0 && strchr("\\{}$#%_^~<>|`\"\r\t-", *p) != NULL)
            fail_msg("LaTeX has '%.40s' with '%.60s'", p, text);
        p += n_command > 0 ? n_command : 1;
    }
    assert_int_equal(n, n_cells);
}

/* The whole of a table: a comment, the environment with a letter for every column, rules, and rows. */
static void assert_latex_table(const buf *out, const char *text)
{
    static const char BEGIN[] = "\\begin{tabular}{", END[] = "\\hline\n\\end{tabular}\n";
    const char *line = out->data;
    assert_true(line[0] == '%' && out->size > strlen(END));
    line = strchr(line, '\n') + 1;
    assert_int_equal(strncmp(line, BEGIN, strlen(BEGIN)), 0);
    line += strlen(BEGIN);
    const size_t n_columns = strspn(line, "lr");
    assert_true(n_columns > 0 && strncmp(line + n_columns, "}\n\\hline\n", 9) == 0);
    const char *const end = out->data + out->size - strlen(END);
    assert_string_equal(end, END);
    for (line += n_columns + 9; line < end; line = strchr(line, '\n') + 1) {
        if (strncmp(line, "\\hline\n", 7) != 0)
            assert_latex_row(line, strchr(line, '\n'), n_columns, text);
    }
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

/* ---- tests ------------------------------------------------------------------------------------------------------- */

static void put_in(buf *out, const paper_table *table, void (*write)(buf *, const paper_table *))
{
    buf_clear(out);
    write(out, table);
    assert_int_equal(out->failed, SW_OK);
}

static void check_tables(paper_fixture *e, const char *text)
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
        assert_latex_table(out, text);
        assert_nothing_hidden(out, text, "LaTeX");
        paper_table_free(&table);
    }
}

static void check_figures(paper_fixture *e, const char *text)
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
    paper_fixture *const e = ud;
    run_fixture_say(e->fixture, text);
    for (size_t i = 0; i < e->analysis.n_subjects; i++) {
        expert_figures *const experts = &e->analysis.subjects[i].experts;
        for (size_t k = 0; k < experts->n_tests; k++)
            experts->tests[k].name = text;
    }
    check_tables(e, text);
    check_figures(e, text);
}

static void test_no_text_from_outside_is_more_than_text_in_any_form(void **state)
{
    (void)state;
    paper_fixture e;
    paper_fixture_start(&e, TESTS);
    assert_true(hostile_strings_for_each(check_text, &e) >= 200);
    check_text("\uffff\ufffe", &e); // valid UTF-8, not valid XML
    paper_fixture_end(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_text_from_outside_is_more_than_text_in_any_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
