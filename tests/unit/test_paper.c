/* The data of a white paper: its files, and what tables and figures say. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <dirent.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/file.h"
#include "figures/review_figures.h"
#include "report/paper/paper.h"
#include "support/golden_text.h"
#include "support/paper_fixture.h"
#include "support/temp_dir.h"

enum { TESTS = 5 };

/* ---- files ------------------------------------------------------------------------------------------------------- */

static char *slurp(const char *dir, const char *name)
{
    buf path;
    char *text;
    size_t n;
    buf_init(&path, 4096);
    buf_printf(&path, "%s/%s", dir, name);
    assert_int_equal(file_slurp(buf_str(&path), PAPER_OUT_BYTES_MAX, &text, &n, NULL), SW_OK);
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
    paper_fixture e;
    paper_fixture_start(&e, TESTS);
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
    paper_fixture_end(&e);
}

static size_t count_files(const char *dir)
{
    DIR *const stream = opendir(dir);
    size_t n = 0;
    assert_non_null(stream);
    for (const struct dirent *entry; (entry = readdir(stream)) != NULL;)
        n += entry->d_name[0] != '.';
    closedir(stream);
    return n;
}

static void test_scores_of_people_are_columns_if_there_are_any(void **state)
{
    (void)state;
    paper_fixture e;
    paper_fixture_start(&e, TESTS);
    const temp_path dir = temp_file("people");
    assert_int_equal(paper_write(&e.analysis, 1, dir.s, NULL), SW_OK);
    char *before = slurp(dir.s, "quality.csv");
    assert_null(strstr(before, "people"));
    run_fixture_review(e.fixture);
    assert_int_equal(paper_write(&e.analysis, 1, dir.s, NULL), SW_OK);
    assert_file_has(dir.s, "quality.csv",
                    ",\"people_scored\",\"people_content\",\"people_accuracy\",\"people_responsiveness\"\n");
    review_figures f;
    char wanted[128];
    assert_int_equal(review_figures_of(&e.analysis, &f, NULL), SW_OK);
    snprintf(wanted, sizeof wanted, ",%zu,%.9g,%.9g,%.9g\n", f.models[0].n, f.models[0].means[SCORE_CONTENT],
             f.models[0].means[SCORE_ACCURACY], f.models[0].means[SCORE_RESPONSIVENESS]);
    assert_file_has(dir.s, "quality.csv", wanted);
    assert_file_has(dir.s, "quality.sql", "FROM review");
    review_figures_free(&f);
    mem_free(before);
    paper_fixture_end(&e);
}

/* Every file, of all tests of the fixture, and no other. */
static void test_the_data_of_a_paper_is_that_of_the_golden_files(void **state)
{
    (void)state;
    paper_fixture e;
    paper_fixture_start(&e, 0);
    const temp_path dir = temp_file("golden");
    assert_int_equal(paper_write(&e.analysis, 1, dir.s, NULL), SW_OK);
    DIR *const stream = opendir(dir.s);
    assert_non_null(stream);
    for (const struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        char name[300];
        if (entry->d_name[0] == '.')
            continue;
        char *const text = slurp(dir.s, entry->d_name);
        snprintf(name, sizeof name, "paper/%s", entry->d_name);
        golden_text_assert(name, text, strlen(text));
        mem_free(text);
    }
    closedir(stream);
    assert_int_equal(count_files(dir.s), count_files(SPILLWAY_TEST_DATA "/reports/paper"));
    paper_fixture_end(&e);
}

static void test_two_runs_have_their_models_numbered_through(void **state)
{
    (void)state;
    paper_fixture e;
    paper_fixture_start(&e, TESTS);
    const temp_path dir = temp_file("two");
    const run_analysis runs[] = {e.analysis, e.analysis};
    assert_int_equal(paper_write(runs, 2, dir.s, NULL), SW_OK);
    assert_int_equal(e.analysis.n_subjects, 2);
    assert_file_has(dir.s, "data.md", "\n| 3 | 2 | 0 | ");
    assert_file_has(dir.s, "architecture.csv", "\n4,");
    paper_fixture_end(&e);
}

static void test_a_folder_that_cannot_be_made_is_an_error(void **state)
{
    (void)state;
    paper_fixture e;
    sw_err err = {0};
    paper_fixture_start(&e, TESTS);
    const temp_path file = temp_file("no_folder"), dir = temp_file("no_folder/paper");
    temp_write(file.s, "", 0);
    assert_int_equal(paper_write(&e.analysis, 1, dir.s, &err), SW_EIO);
    assert_non_null(strstr(err.msg, "cannot create the folder"));
    paper_fixture_end(&e);
}

static void test_whole_numbers_keep_their_digits_in_csv(void **state)
{
    (void)state;
    static const paper_about ABOUT = {"t", "t", "t", "t"};
    paper_table table;
    buf out;
    buf_init(&out, PAPER_OUT_BYTES_MAX);
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
        cmocka_unit_test(test_every_table_and_figure_has_its_files_a_definition_and_a_query),
        cmocka_unit_test(test_scores_of_people_are_columns_if_there_are_any),
        cmocka_unit_test(test_the_data_of_a_paper_is_that_of_the_golden_files),
        cmocka_unit_test(test_two_runs_have_their_models_numbered_through),
        cmocka_unit_test(test_a_folder_that_cannot_be_made_is_an_error),
        cmocka_unit_test(test_whole_numbers_keep_their_digits_in_csv),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
