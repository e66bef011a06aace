/* review_list.c - sorts answers so that equal ones are neighbours, keeps the first of each, and orders what is left. */
#include "review/review_list.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"

/* ---- order ------------------------------------------------------------------------------------------------------ */

typedef const test_record *answer;

static int compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* By test, model, mode, value and repetition: streamed answers come before others. */
static int by_place(const void *a, const void *b)
{
    const test_record *const x = *(const answer *)a, *const y = *(const answer *)b;
    int order = compare(x->index, y->index);
    order = order != 0 ? order : compare(x->subject, y->subject);
    order = order != 0 ? order : compare(x->mode, y->mode);
    order = order != 0 ? order : strcmp(x->variant, y->variant);
    return order != 0 ? order : compare(x->repeat, y->repeat);
}

/* By test, model and text. */
static int by_text(const test_record *x, const test_record *y)
{
    int order = compare(x->index, y->index);
    order = order != 0 ? order : compare(x->subject, y->subject);
    order = order != 0 ? order : compare((int64_t)x->answer.n_text, (int64_t)y->answer.n_text);
    return order != 0 ? order : memcmp(x->answer.text, y->answer.text, x->answer.n_text);
}

/* Equal answers are neighbours, in the order of their places. */
static int by_text_and_place(const void *a, const void *b)
{
    const int order = by_text(*(const answer *)a, *(const answer *)b);
    return order != 0 ? order : by_place(a, b);
}

/* ---- choice ----------------------------------------------------------------------------------------------------- */

static bool is_chosen(const run_record *run, const review_choice *c, const test_record *t)
{
    return !t->is_warmup && t->mode != MODE_COLD && t->answer.status == TEST_COMPLETED && t->answer.n_text > 0 &&
           (c->test == NULL || strcmp(c->test, t->plan.name) == 0) &&
           (c->model == NULL || strcmp(c->model, run->subjects[t->subject].name) == 0);
}

/* Moves the first of equal neighbours to the front; returns their number. */
static size_t keep_different(answer *answers, size_t n)
{
    size_t n_kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (n_kept == 0 || by_text(answers[n_kept - 1], answers[i]) != 0)
            answers[n_kept++] = answers[i];
    }
    return n_kept;
}

/* Fisher and Yates. */
static void shuffle(answer *answers, size_t n, uint64_t seed)
{
    rng_state rng;
    rng_seed(&rng, seed);
    for (size_t i = n; i > 1; i--) {
        const size_t k = (size_t)(rng_next(&rng) % i);
        const answer swapped = answers[i - 1];
        answers[i - 1] = answers[k];
        answers[k] = swapped;
    }
}

/* FNV-1a (Fowler, Noll, Vo) over the moment at which the run began, and the reviewer's name. */
static uint64_t seed_of(const run_record *run, const char *reviewer)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)run->info.started_unix_ms;
    for (const char *p = reviewer; *p != '\0'; p++)
        h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
    return h;
}

static sw_code none(const review_choice *c, sw_err *err)
{
    if (c->test == NULL && c->model == NULL)
        return sw_fail(err, SW_ENOTFOUND, "the run has no complete answer that could be reviewed");
    return sw_fail(err, SW_ENOTFOUND,
                   "the run has no complete answer of%s%.100s%s%s%.100s%s; `spillway report` lists them",
                   c->test != NULL ? " test '" : "", c->test != NULL ? c->test : "", c->test != NULL ? "'" : "",
                   c->model != NULL ? " model '" : "", c->model != NULL ? c->model : "", c->model != NULL ? "'" : "");
}

sw_code review_list_of(const run_record *run, const review_choice *choice, review_list *out, sw_err *err)
{
    *out = (review_list){0};
    answer *const answers = mem_alloc((run->n_tests + 1) * sizeof *answers);
    out->tests = mem_alloc((run->n_tests + 1) * sizeof *out->tests);
    if (answers == NULL || out->tests == NULL) {
        mem_free(answers);
        return sw_fail(err, SW_ENOMEM, "out of memory listing answers");
    }
    size_t n = 0;
    for (size_t i = 0; i < run->n_tests; i++) {
        if (is_chosen(run, choice, &run->tests[i]))
            answers[n++] = &run->tests[i];
    }
    qsort(answers, n, sizeof *answers, by_text_and_place);
    n = keep_different(answers, n);
    qsort(answers, n, sizeof *answers, by_place);
    if (choice->is_blind)
        shuffle(answers, n, seed_of(run, choice->reviewer));
    for (size_t i = 0; i < n; i++)
        out->tests[i] = (int)(answers[i] - run->tests);
    out->n = n;
    mem_free(answers);
    return n > 0 ? SW_OK : none(choice, err);
}

void review_list_free(review_list *list)
{
    mem_free(list->tests);
    *list = (review_list){0};
}
