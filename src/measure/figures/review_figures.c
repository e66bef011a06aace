/* review_figures.c - one pass over the reviews for each figure. */
#include "figures/review_figures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

const summary_row *analysis_row(const run_analysis *analysis, const test_record *test)
{
    const run_summary *const m = &analysis->subjects[test->subject].modes[test->mode];
    for (size_t i = 0; i < m->n_rows; i++) {
        if (m->rows[i].test == test)
            return &m->rows[i];
    }
    return NULL;
}

/* 1 + 4 x passed / run of the technical checks; NAN if none ran. */
static double technical_score(const content_score *content)
{
    return content->n_technical_run > 0 ? 1 + 4.0 * content->n_technical_passed / content->n_technical_run : NAN;
}

/* A review with the figures of its answer. */
typedef struct reviewed {
    const review_record *review;
    const test_record *test;
    const summary_row *row; // NULL: the analysis has none
    content_score content;
} reviewed;

/* ---- groups ----------------------------------------------------------------------------------------------------- */

/* Sums until close_group. */
static void add_to_group(review_group *g, const reviewed *r)
{
    g->n++;
    for (int i = 0; i < N_REVIEW_SCORES; i++) {
        g->n_scores[i] += r->review->scores[i] != 0;
        g->means[i] += r->review->scores[i];
    }
    for (int i = 0; i < N_REVIEW_FLAGS; i++)
        g->n_flags[i] += r->review->flags[i];
}

/* Means of sums, and that of the marks beside the content scores. */
static void close_group(review_group *g, double marks, size_t n_marks)
{
    for (int i = 0; i < N_REVIEW_SCORES; i++)
        g->means[i] = g->n_scores[i] > 0 ? g->means[i] / (double)g->n_scores[i] : NAN;
    g->mark = n_marks > 0 ? marks / (double)n_marks : NAN;
}

/* The group of n reviews; `test` as in review_group. */
static review_group group_of(const reviewed *all, size_t n, const test_record *test)
{
    review_group g = {.subject = all[0].test->subject, .test = test};
    double marks = 0;
    size_t n_marks = 0;
    for (size_t i = 0; i < n; i++) {
        add_to_group(&g, &all[i]);
        if (all[i].review->scores[SCORE_CONTENT] != 0 && !isnan(all[i].content.mark)) {
            marks += all[i].content.mark;
            n_marks++;
        }
    }
    close_group(&g, marks, n_marks);
    return g;
}

static int compare(int a, int b)
{
    return (a > b) - (a < b);
}

static int by_model(const void *a, const void *b)
{
    const reviewed *const x = a, *const y = b;
    return compare(x->test->subject, y->test->subject);
}

static int by_test(const void *a, const void *b)
{
    const reviewed *const x = a, *const y = b;
    const int order = compare(x->test->index, y->test->index);
    return order != 0 ? order : by_model(a, b);
}

/* Sorts the reviews and makes a group of each run of equal ones; *out has room for n. */
static size_t put_groups(reviewed *all, size_t n, int (*order)(const void *, const void *), review_group *out)
{
    size_t n_groups = 0;
    qsort(all, n, sizeof *all, order);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && order(&all[i], &all[end]) == 0;)
            end++;
        out[n_groups++] = group_of(all + i, end - i, order == by_test ? all[i].test : NULL);
    }
    return n_groups;
}

/* ---- with the program ------------------------------------------------------------------------------------------- */

const char *const REVIEW_FINDINGS[N_REVIEW_FLAGS] = {
    [FLAG_REPETITION] = "repetition is suspicious or degenerate",
    [FLAG_WRONG] = "a technical check failed",
    [FLAG_CUT] = "it ended by length, or the check of its end failed",
    [FLAG_ODD] = "",
};

static bool is_cut(const test_record *t)
{
    bool is_failed = strcmp(t->answer.finish_reason, "length") == 0;
    for (size_t i = 0; i < t->n_checks; i++)
        is_failed |= t->checks[i].outcome == CHECK_FAILED && strcmp(t->checks[i].kind, "complete") == 0;
    return is_failed;
}

bool program_finds(review_flag flag, const summary_row *row)
{
    if (flag == FLAG_REPETITION)
        return row->metrics.repetition.verdict != REPETITION_NONE;
    if (flag == FLAG_CUT)
        return is_cut(row->test);
    const content_score c = content_score_of(row->test, &row->metrics.repetition);
    return flag == FLAG_WRONG && c.n_technical_passed < c.n_technical_run;
}

static void count_flags(flag_counts counts[N_REVIEW_FLAGS], const reviewed *r)
{
    for (int i = 0; i < N_REVIEW_FLAGS; i++) {
        flag_counts *const c = &counts[i];
        const bool person = r->review->flags[i], program = program_finds((review_flag)i, r->row);
        c->n_both += person && program;
        c->n_person += person && !program;
        c->n_program += !person && program;
        c->n_neither += !person && !program;
    }
}

/* The mean of what people gave the answer of all[0], whose reviews are neighbours; their number is in *n_out.  NAN: no
 * score. */
static double mean_score(const reviewed *all, size_t n, review_score score, size_t *n_out)
{
    double sum = 0;
    size_t n_given = 0, i = 0;
    for (; i < n && all[i].test == all[0].test; i++) {
        sum += all[i].review->scores[score];
        n_given += all[i].review->scores[score] != 0;
    }
    *n_out = i;
    return n_given > 0 ? sum / (double)n_given : NAN;
}

/* Compares one score of people with the program's own, a pair for each answer; `pairs` has room for 2n. */
static sw_code compare_with_program(const reviewed *all, size_t n, review_score score, double *pairs, agreement *out,
                                    sw_err *err)
{
    size_t n_pairs = 0, n_same;
    for (size_t i = 0; i < n; i += n_same) {
        const double own = score == SCORE_CONTENT ? all[i].content.mark : technical_score(&all[i].content);
        const double mean = mean_score(all + i, n - i, score, &n_same);
        if (isnan(mean) || isnan(own))
            continue;
        pairs[n_pairs] = mean;
        pairs[n + n_pairs++] = own;
    }
    return agreement_of(pairs, pairs + n, n_pairs, out, err);
}

/* ---- with each other -------------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The review of the same test by a reviewer whose name comes later; NULL. */
static const review_record *find_next(const run_record *run, size_t i, const char *reviewer)
{
    for (size_t k = i + 1; k < run->n_reviews && run->reviews[k].test == run->reviews[i].test; k++) {
        if (strcmp(run->reviews[k].reviewer, reviewer) == 0)
            return &run->reviews[k];
    }
    return NULL;
}

/* The kappa of one score; `scores` has room for 2n.  Reviews of one test are neighbours, by name. */
static void pair_score(const run_record *run, review_score score, int *scores, reviewer_pair *p)
{
    const size_t n = run->n_reviews;
    for (size_t i = 0; i < n; i++) {
        const review_record *const a = &run->reviews[i];
        const review_record *const b = strcmp(a->reviewer, p->a) == 0 ? find_next(run, i, p->b) : NULL;
        if (b == NULL || a->scores[score] == 0 || b->scores[score] == 0)
            continue;
        scores[p->n[score]] = a->scores[score];
        scores[n + p->n[score]++] = b->scores[score];
    }
    p->kappa[score] = weighted_kappa(scores, scores + n, p->n[score]);
}

static sw_code pair_reviewers(const run_record *run, review_figures *out, sw_err *err)
{
    const size_t n = run->n_reviews;
    const char **const names = mem_calloc(n + 1, sizeof *names);
    int *const scores = mem_calloc(2 * n + 1, sizeof *scores);
    out->pairs = mem_calloc(REVIEW_PAIRED_MAX * REVIEW_PAIRED_MAX, sizeof *out->pairs);
    const bool ok = names != NULL && scores != NULL && out->pairs != NULL;
    for (size_t i = 0; ok && i < n; i++)
        names[i] = run->reviews[i].reviewer;
    if (ok)
        qsort(names, n, sizeof *names, by_name);
    for (size_t i = 0; ok && i < n; i++) {
        if (out->n_reviewers == 0 || strcmp(names[out->n_reviewers - 1], names[i]) != 0)
            names[out->n_reviewers++] = names[i];
    }
    const size_t n_paired = out->n_reviewers < REVIEW_PAIRED_MAX ? out->n_reviewers : REVIEW_PAIRED_MAX;
    for (size_t a = 0; a < n_paired; a++) {
        for (size_t b = a + 1; b < n_paired; b++) {
            reviewer_pair *const p = &out->pairs[out->n_pairs++];
            *p = (reviewer_pair){.a = names[a], .b = names[b]};
            for (int score = 0; score < N_REVIEW_SCORES; score++)
                pair_score(run, (review_score)score, scores, p);
        }
    }
    mem_free(names);
    mem_free(scores);
    return ok ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory comparing %zu reviews", n);
}

/* ---- all of it -------------------------------------------------------------------------------------------------- */

/* Returns how many reviews are in all[0..n_reviews). */
static size_t collect(const run_analysis *a, reviewed *all)
{
    size_t n = 0;
    for (size_t i = 0; i < a->run->n_reviews; i++) {
        const review_record *const review = &a->run->reviews[i];
        const test_record *const test = &a->run->tests[review->test];
        const summary_row *const row = analysis_row(a, test);
        if (row != NULL)
            all[n++] = (reviewed){review, test, row, content_score_of(test, &row->metrics.repetition)};
    }
    return n;
}

static sw_code measure(const run_analysis *a, reviewed *all, double *pairs, review_figures *out, sw_err *err)
{
    const size_t n = collect(a, all);
    for (size_t i = 0; i < n; i++)
        count_flags(out->flags, &all[i]);
    sw_code code = compare_with_program(all, n, SCORE_CONTENT, pairs, &out->content, err);
    if (code == SW_OK)
        code = compare_with_program(all, n, SCORE_ACCURACY, pairs, &out->accuracy, err);
    out->n_models = put_groups(all, n, by_model, out->models);
    out->n_tests = put_groups(all, n, by_test, out->tests);
    return code == SW_OK ? pair_reviewers(a->run, out, err) : code;
}

sw_code review_figures_of(const run_analysis *analysis, review_figures *out, sw_err *err)
{
    const size_t n = analysis->run->n_reviews;
    *out = (review_figures){.models = mem_calloc(n + 1, sizeof *out->models),
                            .tests = mem_calloc(n + 1, sizeof *out->tests)};
    reviewed *const all = mem_calloc(n + 1, sizeof *all);
    double *const pairs = mem_calloc(2 * n + 1, sizeof *pairs);
    sw_code code = SW_OK;
    if (out->models == NULL || out->tests == NULL || all == NULL || pairs == NULL)
        code = sw_fail(err, SW_ENOMEM, "out of memory for %zu reviews", n);
    if (code == SW_OK)
        code = measure(analysis, all, pairs, out, err);
    mem_free(all);
    mem_free(pairs);
    return code;
}

void review_figures_free(review_figures *figures)
{
    mem_free(figures->models);
    mem_free(figures->tests);
    mem_free(figures->pairs);
    *figures = (review_figures){0};
}
