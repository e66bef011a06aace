/* section_reviews.c - what people say of the answers, and how far that agrees with the automatic checks and with each
 * other.  Scores of people and of the program are side by side and never mixed.
 */
#include <math.h>
#include <string.h>

#include "figures/review_figures.h"
#include "report/sections/cells.h"
#include "report/sections/sections.h"

#define SCORE_COLUMNS                                                                                                  \
    {"content", "of 5", "people's score: says what was asked, whole and in order", true, 0},                           \
        {"accuracy", "of 5", "people's score: it is right", true, 0},                                                  \
    {                                                                                                                  \
        "responsiveness", "of 5", "people's score: it came soon and fast enough", true, 0                              \
    }
#define COUNT_COLUMNS                                                                                                  \
    SCORE_COLUMNS, {"automatic", "of 5", "mark of the answers with a content score", true, 1},                         \
        {"repetition", "", "answers with this flag of a person, here and in the next columns", true, 3},               \
        {"wrong", "", "", true, 3}, {"cut", "", "", true, 3},                                                          \
    {                                                                                                                  \
        "odd", "", "", true, 3                                                                                         \
    }

// clang-format off
static const doc_column MODELS[] = {
    {"model", "", "", false, 0},
    {"scored", "", "answers, each counted once for every reviewer", true, 2},
    COUNT_COLUMNS,
};
static const doc_column TESTS[] = {
    {"test", "", "", false, 0},
    {"model", "", "", false, 0},
    {"scored", "", "answers, each counted once for every reviewer", true, 2},
    COUNT_COLUMNS,
};
static const doc_column PROGRAM[] = {
    {"score", "", "mean of people's", false, 0},
    {"beside", "", "figure of the program, on the same scale", false, 0},
    {"answers", "", "that both scored", true, 0},
    {"difference", "", "mean of program - people", true, 0},
    {"95 %", "", "interval of it", false, 1},
    {"rank correlation", "", "Spearman's, of at least 3 pairs; 1: the same order", true, 0},
    {"within 1", "%", "answers for which both are at most 1 apart", true, 0},
};
static const doc_column FLAGS[] = {
    {"flag", "", "of a person", false, 0},
    {"the program's own", "", "what it finds", false, 0},
    {"both", "", "answers", true, 0},
    {"person only", "", "", true, 0},
    {"program only", "", "", true, 0},
    {"neither", "", "", true, 0},
};
static const doc_column PAIRS[] = {
    {"reviewer", "", "", false, 0},
    {"and", "", "", false, 0},
    {"content", "kappa", "Cohen's, with quadratic weights: 1 full agreement, 0 what chance gives", true, 0},
    {"answers", "", "that both scored", true, 1},
    {"accuracy", "kappa", "", true, 0},
    {"answers", "", "", true, 1},
    {"responsiveness", "kappa", "", true, 0},
    {"answers", "", "", true, 1},
};
static const doc_column SCORES[] = {
    {"test", "", "", false, 0},
    {"model", "", "", false, 0},
    {"reviewer", "", "", false, 1},
    SCORE_COLUMNS,
    {"flags", "", "", false, 0},
};
static const doc_column ANSWER[] = {
    {"reviewer", "", "", false, 0},
    SCORE_COLUMNS,
    {"flags", "", "", false, 0},
};
// clang-format on

#define N(columns) ((int)(sizeof(columns) / sizeof *(columns)))

static const char *name_of(const char *reviewer)
{
    return reviewer[0] != '\0' ? reviewer : "not named";
}

/* ---- means ------------------------------------------------------------------------------------------------------- */

/* The cells of COUNT_COLUMNS, and the number of reviews before them. */
static void put_group(document *doc, const review_group *g)
{
    doc_putf(doc, "%zu", g->n);
    for (int i = 0; i < N_REVIEW_SCORES; i++)
        cell_number(doc, g->means[i]);
    cell_number(doc, g->mark);
    for (int i = 0; i < N_REVIEW_FLAGS; i++)
        doc_putf(doc, "%zu", g->n_flags[i]);
}

static const char *model_of(const run_analysis *a, int subject)
{
    return format_model(a->run->subjects[subject].name);
}

static void put_models(document *doc, const run_analysis *a, const review_figures *f)
{
    doc_table(doc, "By model", MODELS, N(MODELS));
    for (size_t i = 0; i < f->n_models; i++) {
        doc_put(doc, model_of(a, f->models[i].subject));
        put_group(doc, &f->models[i]);
    }
}

static void put_tests(document *doc, const run_analysis *a, const review_figures *f)
{
    doc_table(doc, "By test", TESTS, N(TESTS));
    for (size_t i = 0; i < f->n_tests; i++) {
        cell_test(doc, a->run, f->tests[i].test);
        doc_put(doc, model_of(a, f->tests[i].subject));
        put_group(doc, &f->tests[i]);
    }
}

/* ---- agreement --------------------------------------------------------------------------------------------------- */

static void put_agreement(document *doc, const char *score, const char *beside, const agreement *g)
{
    doc_put(doc, score);
    doc_put(doc, beside);
    doc_putf(doc, "%zu", g->n);
    cell_number(doc, g->mean_difference);
    cell_range(doc, g->difference_range.low, g->difference_range.high);
    cell_number(doc, g->rank_correlation);
    cell_percent(doc, g->within_one);
}

static void put_flags_beside(document *doc, const review_figures *f)
{
    doc_table(doc, "Flags beside what the program finds", FLAGS, N(FLAGS));
    for (int i = 0; i < N_REVIEW_FLAGS; i++) {
        const flag_counts *const c = &f->flags[i];
        if (REVIEW_FINDINGS[i][0] == '\0')
            continue;
        doc_put(doc, review_flag_name((review_flag)i));
        doc_put(doc, REVIEW_FINDINGS[i]);
        doc_putf(doc, "%zu", c->n_both);
        doc_putf(doc, "%zu", c->n_person);
        doc_putf(doc, "%zu", c->n_program);
        doc_putf(doc, "%zu", c->n_neither);
    }
}

static void put_pairs(document *doc, const review_figures *f)
{
    doc_table(doc, "Between reviewers", PAIRS, N(PAIRS));
    for (size_t i = 0; i < f->n_pairs; i++) {
        const reviewer_pair *const p = &f->pairs[i];
        doc_put(doc, name_of(p->a));
        doc_put(doc, name_of(p->b));
        for (int k = 0; k < N_REVIEW_SCORES; k++) {
            cell_number(doc, p->kappa[k]);
            doc_putf(doc, "%zu", p->n[k]);
        }
    }
    if (f->n_reviewers > REVIEW_PAIRED_MAX)
        doc_paragraph(doc, "The first %d of %zu reviewers by name.", REVIEW_PAIRED_MAX, f->n_reviewers);
}

static void put_agreements(document *doc, const review_figures *f)
{
    doc_heading(doc, 3, NULL, "Agreement");
    doc_table(doc, "With the automatic checks", PROGRAM, N(PROGRAM));
    put_agreement(doc, "content", "mark", &f->content);
    put_agreement(doc, "accuracy", "1 + 4 x share of technical checks that passed", &f->accuracy);
    put_flags_beside(doc, f);
    put_pairs(doc, f);
}

/* ---- every score ------------------------------------------------------------------------------------------------- */

static void put_flags(document *doc, const review_record *r)
{
    buf flags;
    buf_init(&flags, 256);
    for (int i = 0; i < N_REVIEW_FLAGS; i++) {
        if (r->flags[i])
            buf_printf(&flags, "%s%s", flags.size > 0 ? ", " : "", review_flag_name((review_flag)i));
    }
    doc_put(doc, flags.size > 0 ? doc_str(doc, &flags) : "-");
    buf_free(&flags);
}

/* The scores and flags, and below them the note. */
static void put_review(document *doc, const review_record *r)
{
    for (int i = 0; i < N_REVIEW_SCORES; i++)
        cell_integer(doc, r->scores[i] != 0 ? r->scores[i] : -1);
    put_flags(doc, r);
    if (r->note[0] != '\0')
        doc_row_note(doc, r->note);
}

static void put_scores(document *doc, const run_analysis *a)
{
    doc_group_begin(doc, "Score by score, with notes");
    doc_table(doc, "Every score", SCORES, N(SCORES));
    for (size_t i = 0; i < a->run->n_reviews; i++) {
        const review_record *const r = &a->run->reviews[i];
        const test_record *const test = &a->run->tests[r->test];
        cell_test(doc, a->run, test);
        doc_put(doc, model_of(a, test->subject));
        doc_put(doc, name_of(r->reviewer));
        put_review(doc, r);
    }
    doc_group_end(doc);
}

void section_answer_reviews(document *doc, const run_record *run, const test_record *test)
{
    const int at = (int)(test - run->tests);
    bool has_table = false;
    for (size_t i = 0; i < run->n_reviews; i++) {
        if (run->reviews[i].test != at)
            continue;
        if (!has_table)
            doc_table(doc, "People's scores", ANSWER, N(ANSWER));
        has_table = true;
        doc_put(doc, name_of(run->reviews[i].reviewer));
        put_review(doc, &run->reviews[i]);
    }
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

void section_review_hint(document *doc, const run_record *run)
{
    if (run->n_reviews == 0)
        doc_paragraph(doc, "A person can score these answers too: spillway bench review RUN.");
}

/* A terminal shows the means of models only. */
static void put_all(document *doc, const run_analysis *a, const review_figures *f)
{
    doc->audience = FOR_ALL;
    doc_heading(doc, 2, "reviews", "People's scores");
    put_models(doc, a, f);
    doc->audience = FOR_PAGES;
    doc_paragraph(doc, "%zu %s of %zu %s, given apart from the automatic figures.", a->run->n_reviews,
                  a->run->n_reviews == 1 ? "review" : "reviews", f->n_reviewers,
                  f->n_reviewers == 1 ? "person" : "people");
    put_tests(doc, a, f);
    put_agreements(doc, f);
    put_scores(doc, a);
}

void section_reviews(document *doc, const run_analysis *a)
{
    review_figures f;
    if (a->run->n_reviews == 0)
        return;
    if (review_figures_of(a, &f, NULL) == SW_OK)
        put_all(doc, a, &f);
    else
        doc->has_failed = true;
    review_figures_free(&f);
}
