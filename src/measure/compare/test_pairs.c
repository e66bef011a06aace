/* test_pairs.c - both runs as sorted lists of their tests, which are merged. */
#include "compare/test_pairs.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* A measured test with what it is found by. */
typedef struct keyed {
    int subject; // of a
    int stage;   // of a, or -1
    bool is_loose;
    const summary_row *row;
} keyed;

typedef struct keyed_list {
    keyed *items;
    size_t n;
} keyed_list;

/* ---- models ------------------------------------------------------------------------------------------------------ */

/* From the surest to the weakest sign that both are one model. */
typedef enum model_sign { SIGN_BOTH, SIGN_NAME, SIGN_FILE, N_SIGNS } model_sign;

static bool is_same_model(const subject_record *a, const subject_record *b, model_sign sign)
{
    const bool is_name = strcmp(a->name, b->name) == 0;
    const bool is_file = a->file_hash[0] != '\0' && strcmp(a->file_hash, b->file_hash) == 0;
    return (is_name || sign == SIGN_FILE) && (is_file || sign == SIGN_NAME);
}

/* The first of a's models of which the sign says so and that is nobody's yet, or -1. */
static int find_subject(const run_record *a, const subject_record *b, model_sign sign, const bool *is_taken)
{
    for (size_t i = 0; i < a->n_subjects; i++) {
        if (!is_taken[i] && is_same_model(&a->subjects[i], b, sign))
            return (int)i;
    }
    return -1;
}

/* Each of a's models is of one of b's at most; several may have one name. */
static void pair_models(const run_record *a, const run_record *b, int *subject_of_a, bool *is_taken)
{
    for (size_t i = 0; i < b->n_subjects; i++)
        subject_of_a[i] = -1;
    for (int sign = 0; sign < N_SIGNS; sign++) {
        for (size_t i = 0; i < b->n_subjects; i++) {
            if (subject_of_a[i] < 0)
                subject_of_a[i] = find_subject(a, &b->subjects[i], (model_sign)sign, is_taken);
            if (subject_of_a[i] >= 0)
                is_taken[subject_of_a[i]] = true;
        }
    }
    if (a->n_subjects == 1 && b->n_subjects == 1)
        subject_of_a[0] = 0;
}

/* ---- tests ------------------------------------------------------------------------------------------------------- */

static int order(double x, double y)
{
    return (x > y) - (x < y);
}

/* What is asked.  The requests of stages have items: the words of a later turn hold earlier answers, and may differ. */
static int by_question(const test_record *a, const test_record *b)
{
    const char *const of_a = a->item != NULL ? a->item : "", *const of_b = b->item != NULL ? b->item : "";
    int found = strcmp(of_a, of_b);
    if (found != 0 || of_a[0] != '\0')
        return found;
    found = strcmp(a->plan.name, b->plan.name);
    return found != 0 ? found : strcmp(a->plan.prompt, b->plan.prompt);
}

/* By everything but the repetition. */
static int by_test(const keyed *x, const keyed *y)
{
    const test_record *const a = x->row->test, *const b = y->row->test;
    const bool is_loose = x->is_loose;
    int found = x->subject != y->subject ? x->subject - y->subject : x->stage - y->stage;
    found = found != 0 ? found : (int)a->mode - (int)b->mode;
    found = found != 0 ? found : strcmp(a->variant, b->variant);
    found = found != 0 ? found : by_question(a, b);
    found = found != 0 ? found : a->plan.max_tokens - b->plan.max_tokens;
    found = found != 0 || is_loose ? found : order(a->plan.temperature, b->plan.temperature);
    return found;
}

static int by_key(const void *x, const void *y)
{
    const keyed *const a = x, *const b = y;
    int found = by_test(a, b);
    found = found != 0 ? found : a->row->test->repeat - b->row->test->repeat;
    if (a->stage >= 0) {
        found = found != 0 ? found : a->row->test->session - b->row->test->session;
        found = found != 0 ? found : a->row->test->turn - b->row->test->turn;
    }
    if (found != 0 || a->is_loose)
        return found;
    const int64_t seed_a = a->row->test->plan.seed, seed_b = b->row->test->plan.seed;
    return (seed_a > seed_b) - (seed_a < seed_b);
}

/* The stage of the test as a has it: -1 of a benchmark, -2 if a has none of that name. */
static int find_stage(const run_record *run, const run_record *a, int subject, const test_record *t)
{
    if (t->stage < 0 || (size_t)t->stage >= run->n_stages)
        return -1;
    const stage_record *const s = &run->stages[t->stage];
    for (size_t i = 0; i < a->n_stages; i++) {
        const stage_record *const of_a = &a->stages[i];
        if (of_a->subject == subject && strcmp(of_a->suite, s->suite) == 0 && strcmp(of_a->name, s->name) == 0)
            return (int)i;
    }
    return -2;
}

/* Without tests of models that the other run does not have; *n_out counts these. */
static sw_code list_tests(const run_analysis *run, const run_record *a, const int *subject_of_a, bool is_loose,
                          keyed_list *out, size_t *n_without, sw_err *err)
{
    size_t n = 0;
    for (size_t s = 0; s < run->n_subjects; s++) {
        for (int m = 0; m < N_TEST_MODES; m++)
            n += run->subjects[s].modes[m].n_rows;
    }
    out->items = mem_calloc(n + 1, sizeof *out->items);
    if (out->items == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory comparing %zu tests", n);
    for (size_t s = 0; s < run->n_subjects; s++) {
        const int subject = subject_of_a != NULL ? subject_of_a[s] : (int)s;
        for (int m = 0; m < N_TEST_MODES; m++) {
            const run_summary *const summary = &run->subjects[s].modes[m];
            *n_without += subject < 0 ? summary->n_rows : 0;
            for (size_t i = 0; subject >= 0 && i < summary->n_rows; i++) {
                const int stage = find_stage(run->run, a, subject, summary->rows[i].test);
                if (stage >= -1)
                    out->items[out->n++] = (keyed){subject, stage, is_loose, &summary->rows[i]};
                else
                    ++*n_without;
            }
        }
    }
    qsort(out->items, out->n, sizeof *out->items, by_key);
    return SW_OK;
}

static void merge(const keyed_list *a, const keyed_list *b, test_pairs *out)
{
    const keyed *last = NULL;
    size_t i = 0, k = 0;
    while (i < a->n && k < b->n) {
        const int found = by_key(&a->items[i], &b->items[k]);
        out->n_only_a += found < 0;
        out->n_only_b += found > 0;
        if (found == 0) {
            out->n_tests += last == NULL || by_test(last, &a->items[i]) != 0;
            out->items[out->n++] =
                (test_pair){a->items[i].subject, a->items[i].stage, out->n_tests - 1, a->items[i].row, b->items[k].row};
            last = &a->items[i];
        }
        i += found <= 0;
        k += found >= 0;
    }
    out->n_only_a += a->n - i;
    out->n_only_b += b->n - k;
}

sw_code test_pairs_of(const run_analysis *a, const run_analysis *b, bool is_loose, test_pairs *out, sw_err *err)
{
    keyed_list of_a = {0}, of_b = {0};
    *out = (test_pairs){.subject_of_a = mem_calloc(b->n_subjects + 1, sizeof *out->subject_of_a)};
    bool *const is_taken = mem_calloc(a->n_subjects + 1, sizeof *is_taken);
    if (out->subject_of_a == NULL || is_taken == NULL) {
        mem_free(is_taken);
        return sw_fail(err, SW_ENOMEM, "out of memory comparing %zu models", b->n_subjects);
    }
    pair_models(a->run, b->run, out->subject_of_a, is_taken);
    mem_free(is_taken);
    sw_code code = list_tests(a, a->run, NULL, is_loose, &of_a, &out->n_only_a, err);
    if (code == SW_OK)
        code = list_tests(b, a->run, out->subject_of_a, is_loose, &of_b, &out->n_only_b, err);
    if (code == SW_OK && (out->items = mem_calloc(of_a.n + 1, sizeof *out->items)) == NULL)
        code = sw_fail(err, SW_ENOMEM, "out of memory comparing %zu tests", of_a.n);
    if (code == SW_OK)
        merge(&of_a, &of_b, out);
    mem_free(of_a.items);
    mem_free(of_b.items);
    return code;
}

void test_pairs_free(test_pairs *pairs)
{
    mem_free(pairs->items);
    mem_free(pairs->subject_of_a);
    *pairs = (test_pairs){0};
}
