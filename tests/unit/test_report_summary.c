/* Every sentence of a report's summary is made of stored figures: when two models' figures change places or a column is
 * lost, each sentence that used them changes or is gone. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "report/report.h"
#include "support/run_fixture.h"

static const char *const TOPICS[] = {"measured",  "speed",      "memory", "quality",
                                     "streaming", "offloading", "limit",  "criteria"};
enum { N_TOPICS = sizeof TOPICS / sizeof *TOPICS, SENTENCE_MAX = 2048 };

typedef char sentences[N_TOPICS][SENTENCE_MAX]; // "": there is none

/* The sentences of the page, by their topics. */
static void read_summary(const run_record *run, sentences out)
{
    buf page;
    run_analysis analysis;
    buf_init(&page, REPORT_BYTES_MAX);
    assert_int_equal(run_analysis_of(run, &analysis, NULL), SW_OK);
    report_markdown(&page, &analysis);
    assert_int_equal(page.failed, SW_OK);
    const char *const end = strstr(buf_str(&page), "## The model");
    for (int i = 0; i < N_TOPICS; i++) {
        char start[32];
        snprintf(start, sizeof start, "\n| %s | ", TOPICS[i]);
        const char *const row = strstr(buf_str(&page), start);
        out[i][0] = '\0';
        if (row != NULL && row < end) {
            const char *const text = row + strlen(start);
            snprintf(out[i], SENTENCE_MAX, "%.*s", (int)strcspn(text, "|"), text);
        }
    }
    run_analysis_free(&analysis);
    buf_free(&page);
}

static void test_a_run_with_everything_has_all_sentences(void **state)
{
    (void)state;
    sentences s;
    run_fixture *const fixture = run_fixture_create();
    read_summary(run_fixture_record(fixture), s);
    for (int i = 0; i < N_TOPICS; i++)
        assert_true(s[i][0] != '\0');
    run_fixture_free(fixture);
}

/* Of two models; what is about the run stays. */
static void exchange(int *subject)
{
    *subject = *subject >= 0 ? 1 - *subject : *subject;
}

static void test_figures_that_change_places_change_all_sentences_about_models(void **state)
{
    (void)state;
    sentences before, after;
    run_fixture *const fixture = run_fixture_create();
    run_record *const run = run_fixture_edit(fixture);
    read_summary(run, before);
    for (size_t i = 0; i < run->n_tests; i++)
        exchange(&run->tests[i].subject);
    for (size_t i = 0; i < run->n_servers; i++)
        exchange(&run->servers[i].subject);
    for (size_t i = 0; i < run->n_facts; i++)
        exchange(&run->facts[i].subject);
    read_summary(run, after);
    for (int i = 1; i < N_TOPICS; i++) { // "measured" counts the answers of all
        assert_true(after[i][0] != '\0');
        assert_string_not_equal(before[i], after[i]);
    }
    run_fixture_free(fixture);
}

/* ---- columns that are lost --------------------------------------------------------------------------------------- */

static void lose_ends(run_record *run)
{
    for (size_t i = 0; i < run->n_tests; i++)
        run->tests[i].answer.end_ns = -1;
}

static void lose_arrivals(run_record *run)
{
    for (size_t i = 0; i < run->n_tests; i++)
        run->tests[i].answer.n_arrivals = 0;
}

static void lose_texts(run_record *run)
{
    for (size_t i = 0; i < run->n_tests; i++)
        run->tests[i].answer.n_text = 0;
}

static void lose_checks(run_record *run)
{
    for (size_t i = 0; i < run->n_tests; i++)
        run->tests[i].n_checks = 0;
}

/* Whole documents are as if they had never been asked for. */
static void lose_documents(run_record *run)
{
    for (size_t i = 0; i < run->n_tests; i++)
        run->tests[i].is_warmup |= run->tests[i].mode == MODE_WHOLE;
}

/* The un-offloaded side is as if it had never been asked. */
static void lose_reference(run_record *run)
{
    for (size_t i = 0; i < run->n_tests; i++)
        run->tests[i].is_warmup |= run->tests[i].mode == MODE_REFERENCE;
}

static void lose_tokens(run_record *run)
{
    for (size_t i = 0; i < run->n_tests; i++)
        run->tests[i].answer.token_ids = NULL;
}

static void lose_facts(run_record *run)
{
    run->n_facts = 0;
}

static void lose_samples(run_record *run)
{
    run->n_samples = 0;
}

static void lose_facts_and_samples(run_record *run)
{
    run->n_facts = run->n_samples = 0;
}

static void lose_tests(run_record *run)
{
    run->n_tests = 0;
}

static void lose_processor(run_record *run)
{
    run->info.cpu = "";
}

// clang-format off
static const struct {
    const char *column;
    void (*lose)(run_record *run);
    const char *gone, *changed; // topics, blanks around each
} LOSSES[] = {
    {"ends",              lose_ends,              " speed streaming ",                      ""},
    {"arrivals",          lose_arrivals,          " streaming limit ",                      " speed "},
    {"texts",             lose_texts,             " streaming ",                            " quality "},
    {"checks",            lose_checks,            "",                                       " quality criteria offloading "},
    {"documents",         lose_documents,         " streaming ",                            ""},
    {"the reference",     lose_reference,         " offloading ",                           ""},
    {"tokens",            lose_tokens,            "",                                       " offloading "},
    {"facts",             lose_facts,             " limit ",                                " memory criteria "},
    {"samples",           lose_samples,           "",                                       " memory "},
    {"facts and samples", lose_facts_and_samples, " memory limit ",                         ""},
    {"the processor",     lose_processor,         "",                                       " measured "},
    {"tests",             lose_tests,             " measured speed quality streaming offloading limit criteria ", ""},
};
// clang-format on

static bool lists(const char *topics, const char *topic)
{
    char word[32];
    snprintf(word, sizeof word, " %s ", topic);
    return strstr(topics, word) != NULL;
}

static void test_a_lost_column_takes_its_sentences_along(void **state)
{
    (void)state;
    sentences before, after;
    for (size_t k = 0; k < sizeof LOSSES / sizeof *LOSSES; k++) {
        run_fixture *const fixture = run_fixture_create();
        run_record *const run = run_fixture_edit(fixture);
        read_summary(run, before);
        LOSSES[k].lose(run);
        read_summary(run, after);
        for (int i = 0; i < N_TOPICS; i++) {
            if (lists(LOSSES[k].gone, TOPICS[i]) && after[i][0] != '\0')
                fail_msg("without %s there is still the sentence '%s'", LOSSES[k].column, after[i]);
            if (lists(LOSSES[k].changed, TOPICS[i]) && strcmp(before[i], after[i]) == 0)
                fail_msg("without %s the sentence is the same: '%s'", LOSSES[k].column, after[i]);
            if (strstr(after[i], "nan") != NULL || strstr(after[i], " - ") != NULL)
                fail_msg("without %s a figure is missing in '%s'", LOSSES[k].column, after[i]);
        }
        run_fixture_free(fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_run_with_everything_has_all_sentences),
        cmocka_unit_test(test_figures_that_change_places_change_all_sentences_about_models),
        cmocka_unit_test(test_a_lost_column_takes_its_sentences_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
