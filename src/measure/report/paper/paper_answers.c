/* paper_answers.c - tables of the answers: speed, quality and use of experts. */
#include <math.h>
#include <string.h>

#include "figures/review_figures.h"
#include "report/paper/paper_fill.h"
#include "report/run_objectives.h"
#include "report/test_figures.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* ---- streaming --------------------------------------------------------------------------------------------------- */

/* Returns true if the word is in a list of words with a space on both sides of each. */
static bool is_in(const char *list, const char *word)
{
    const size_t n = strlen(word);
    for (const char *p = list; (p = strstr(p, word)) != NULL; p += n) {
        if (p[-1] == ' ' && p[n] == ' ')
            return true;
    }
    return false;
}

// clang-format off
static const paper_column GOODPUT[] = {
    {"good", "", "requests that completed and met every objective; empty without objectives", false},
    {"attainment", "", "good / requests", false},
    {"attainment_low", "", "lower end of its 95 % interval (Wilson)", false},
    {"attainment_high", "", "upper end", false},
    {"good_per_s", "1/s", "good ones that ended in the steady window, per second", false},
};
// clang-format on

static void put_goodput(paper_table *t, const paper_model *model, const run_summary *s)
{
    const objectives slo = run_objectives(model->analysis->run);
    const bool is_asked = objectives_are_set(&slo);
    const goodput g = is_asked ? goodput_of(s, &slo) : (goodput){.attainment = NAN, .range = {NAN, NAN}, .per_s = NAN};
    paper_table_number(t, is_asked ? g.n_good : NAN);
    paper_table_number(t, g.attainment);
    paper_table_number(t, g.range.low);
    paper_table_number(t, g.range.high);
    paper_table_number(t, g.per_s);
}

void paper_fill_streaming(paper_table *t, const paper_models *models)
{
    static const char BRIEF[] =
        " completed decode_tps decode_low_tps decode_high_tps overall_tps ttft_p50_ms itl_p50_ms "
        "itl_p95_ms ";
    paper_put_columns(t, NULL, 0);
    paper_table_column(t, (paper_column){"mode", "text", "how the tests were asked", true});
    for (int f = 0; f < N_MODE_FIGURES; f++)
        paper_table_column(t, (paper_column){MODE_FIGURES[f].name, MODE_FIGURES[f].unit, MODE_FIGURES[f].definition,
                                             is_in(BRIEF, MODE_FIGURES[f].name)});
    for (size_t i = 0; i < COUNT(GOODPUT); i++)
        paper_table_column(t, GOODPUT[i]);
    for (size_t i = 0; i < models->n; i++) {
        for (int mode = 0; mode < N_TEST_MODES; mode++) {
            const run_summary *const s = &models->items[i].subject->modes[mode];
            if (s->n_rows == 0)
                continue;
            paper_put_model(t, &models->items[i]);
            paper_table_text(t, test_mode_name((test_mode)mode));
            for (int f = 0; f < N_MODE_FIGURES; f++)
                paper_table_number(t, MODE_FIGURES[f].value(s));
            put_goodput(t, &models->items[i], s);
        }
    }
}

// clang-format off
static const paper_column ANSWER[] = {
    {"mode", "text", "how the test was asked", true},
    {"variant", "text", "what is varied", false},
    {"test", "text", "name in the protocol", true},
    {"repeat", "", "from 0", true},
    {"status", "text", "how the request ended", true},
};
// clang-format on

static void put_answer(paper_table *t, const paper_model *model, const summary_row *row)
{
    paper_put_model(t, model);
    paper_table_text(t, test_mode_name(row->test->mode));
    paper_table_text(t, row->test->variant);
    paper_table_text(t, row->test->plan.name);
    paper_table_number(t, row->test->repeat);
    paper_table_text(t, test_status_name(row->test->answer.status));
    for (int f = 0; f < N_TEST_FIGURES; f++)
        paper_table_number(t, TEST_FIGURES[f].value(row));
}

void paper_fill_answers(paper_table *t, const paper_models *models)
{
    static const char BRIEF[] = " tokens ttft_ms decode_tps overall_tps repetition mark ";
    paper_put_columns(t, ANSWER, COUNT(ANSWER));
    for (int f = 0; f < N_TEST_FIGURES; f++)
        paper_table_column(t, (paper_column){TEST_FIGURES[f].name, TEST_FIGURES[f].unit, TEST_FIGURES[f].definition,
                                             is_in(BRIEF, TEST_FIGURES[f].name)});
    for (size_t i = 0; i < models->n; i++) {
        for (int mode = 0; mode < N_TEST_MODES; mode++) {
            const run_summary *const s = &models->items[i].subject->modes[mode];
            for (size_t r = 0; r < s->n_rows; r++)
                put_answer(t, &models->items[i], &s->rows[r]);
        }
    }
}

/* ---- quality ----------------------------------------------------------------------------------------------------- */

// clang-format off
static const paper_column QUALITY[] = {
    {"completed", "", "streamed answers", true},
    {"mark_mean", "", "content marks, 1 to 5, by the rubric", true},
    {"technical_passed", "", "technical checks that passed", true},
    {"technical_run", "", "technical checks that ran", true},
    {"technical_accuracy", "", "technical_passed / technical_run", false},
    {"repetition_mean", "", "repeated word triples / all word triples, mean over the answers", true},
    {"degenerate", "", "answers that loop", true},
    {"equal_to_reference", "", "answers with the text of the un-offloaded side, same prompt and seed", true},
    {"reference_pairs", "", "answers that both sides gave", true},
    {"equal_streamed", "", "answers with the same text streamed and not", false},
    {"streamed_pairs", "", "answers that both modes gave", false},
};
// clang-format on

// Only where there are any.
static const paper_column PEOPLE[] = {
    {"people_scored", "", "answers that people scored, each counted once for every reviewer", true},
    {"people_content", "", "people's score, 1 to 5: says what was asked, whole and in order; mean", true},
    {"people_accuracy", "", "people's score, 1 to 5: it is right; mean", true},
    {"people_responsiveness", "", "people's score, 1 to 5: it came soon and fast enough; mean", false},
};

static bool has_reviews(const paper_models *models)
{
    for (size_t i = 0; i < models->n; i++) {
        if (models->items[i].analysis->run->n_reviews > 0)
            return true;
    }
    return false;
}

static void put_people(paper_table *t, const paper_model *model)
{
    review_figures f;
    review_group group = {.means = {NAN, NAN, NAN}}; // of a model that nobody scored
    t->has_failed |= review_figures_of(model->analysis, &f, NULL) != SW_OK;
    for (size_t i = 0; i < f.n_models; i++)
        group = f.models[i].subject == model->subject->index ? f.models[i] : group;
    review_figures_free(&f);
    paper_table_number(t, (double)group.n);
    for (int i = 0; i < N_REVIEW_SCORES; i++)
        paper_table_number(t, group.means[i]);
}

static void put_equal(paper_table *t, const preserved_counts *c)
{
    paper_table_number(t, c->n_pairs > 0 ? c->n_equal : NAN);
    paper_table_number(t, c->n_pairs);
}

void paper_fill_quality(paper_table *t, const paper_models *models)
{
    const bool has_people = has_reviews(models);
    paper_put_columns(t, QUALITY, COUNT(QUALITY));
    for (size_t i = 0; has_people && i < COUNT(PEOPLE); i++)
        paper_table_column(t, PEOPLE[i]);
    for (size_t i = 0; i < models->n; i++) {
        const subject_analysis *const s = models->items[i].subject;
        const run_summary *const m = &s->modes[MODE_STREAM];
        paper_put_model(t, &models->items[i]);
        paper_table_number(t, m->n_completed);
        paper_table_number(t, s->mark_mean);
        paper_table_number(t, s->n_technical_passed);
        paper_table_number(t, s->n_technical_run);
        paper_table_number(t, s->technical_accuracy);
        paper_table_number(t, m->mean_repetition);
        paper_table_number(t, m->n_degenerate);
        put_equal(t, &s->preserved[PRESERVES_OFFLOADED].all);
        put_equal(t, &s->preserved[PRESERVES_STREAMED].all);
        if (has_people)
            put_people(t, &models->items[i]);
    }
}

/* ---- experts ----------------------------------------------------------------------------------------------------- */

// clang-format off
static const paper_column EXPERTS[] = {
    {"test", "text", "name in the protocol; \"all tests\"", true},
    {"tokens", "tok", "", true},
    {"coverage", "", "share of the experts that were chosen at all, mean over the layers", true},
    {"expected_coverage", "", "that so many tokens would reach if every expert were as likely", true},
    {"entropy_ratio", "", "1: all experts as often", true},
    {"effective_experts", "", "e^entropy", true},
    {"top_share", "", "of as many most chosen experts as one token uses", true},
    {"hot_50", "", "fewest experts with half of the choices, largest over the layers", false},
    {"hot_80", "", "with 80 %", true},
    {"hot_95", "", "with 95 %", false},
};
// clang-format on

static void put_experts(paper_table *t, const paper_model *model, const expert_use_figures *e)
{
    paper_put_model(t, model);
    paper_table_text(t, e->name);
    paper_table_number(t, (double)e->n_tokens);
    paper_table_number(t, e->coverage);
    paper_table_number(t, e->expected_coverage);
    paper_table_number(t, e->entropy_ratio);
    paper_table_number(t, e->effective_experts);
    paper_table_number(t, e->top_share);
    paper_table_number(t, e->hot_50);
    paper_table_number(t, e->hot_80);
    paper_table_number(t, e->hot_95);
}

void paper_fill_experts(paper_table *t, const paper_models *models)
{
    paper_put_columns(t, EXPERTS, COUNT(EXPERTS));
    for (size_t i = 0; i < models->n; i++) {
        const expert_figures *const e = &models->items[i].subject->experts;
        if (e->n_tests > 0)
            put_experts(t, &models->items[i], &e->all);
        for (size_t k = 0; k < e->n_tests; k++)
            put_experts(t, &models->items[i], &e->tests[k]);
    }
}
