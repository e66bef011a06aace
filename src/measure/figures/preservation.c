/* preservation.c - pairs, what they count to, and the differences of the distinct ones. */
#include "figures/preservation.h"

#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "figures/compare.h"
#include "figures/content.h"

enum { SIGN_DRAWS = 9999, CHECKS_SEED = 18 };

// What is new, and its base.
static const struct {
    test_mode base, mode;
} SIDES[N_PRESERVATIONS] = {
    [PRESERVES_OFFLOADED] = {MODE_REFERENCE, MODE_STREAM},
    [PRESERVES_OFFLOADED_WHOLE] = {MODE_REFERENCE, MODE_WHOLE},
    [PRESERVES_STREAMED] = {MODE_WHOLE, MODE_STREAM},
    [PRESERVES_REPEATED] = {MODE_STREAM, MODE_STREAM},
};

/* ---- pairs ------------------------------------------------------------------------------------------------------- */

static void compare_checks(preserved_pair *p)
{
    const test_record *const a = p->a->test;
    for (size_t i = 0; i < a->n_checks; i++) {
        const check_outcome was = a->checks[i].outcome, is = answer_check(p->b->test, a->checks[i].name);
        if (was == CHECK_NOT_RUN || is == CHECK_NOT_RUN)
            continue;
        p->n_checks++;
        p->n_won += is == CHECK_PASSED && was == CHECK_FAILED;
        p->n_lost += is == CHECK_FAILED && was == CHECK_PASSED;
    }
}

static preserved_pair pair_of(const summary_row *a, const summary_row *b)
{
    preserved_pair p = {.a = a, .b = b, .agreement = answer_agreement_of(&a->test->answer, &b->test->answer)};
    p.mark_a = content_score_of(a->test, &a->metrics.repetition).mark;
    p.mark_b = content_score_of(b->test, &b->metrics.repetition).mark;
    compare_checks(&p);
    return p;
}

/* Writes the pairs of the new side's completed answers; returns how many there are. */
static size_t collect(const run_summary *modes, preservation_kind kind, preserved_pair *out)
{
    const run_summary *const base = &modes[SIDES[kind].base], *const asked = &modes[SIDES[kind].mode];
    size_t n = 0;
    for (size_t i = 0; i < asked->n_rows; i++) {
        const test_record *const t = asked->rows[i].test;
        if (t->answer.status != TEST_COMPLETED || (kind == PRESERVES_REPEATED && t->repeat == 0))
            continue;
        const summary_row *const partner = answer_partner(base, t, kind == PRESERVES_REPEATED ? 0 : t->repeat);
        if (partner != NULL && answer_is_known(&t->answer) && answer_is_known(&partner->test->answer))
            out[n++] = pair_of(partner, &asked->rows[i]);
    }
    return n;
}

static int by_test(const void *a, const void *b)
{
    const test_record *const x = ((const preserved_pair *)a)->b->test, *const y = ((const preserved_pair *)b)->b->test;
    return x->index != y->index ? (x->index > y->index) - (x->index < y->index)
                                : (x->repeat > y->repeat) - (x->repeat < y->repeat);
}

/* ---- counts ------------------------------------------------------------------------------------------------------ */

static double mean_of(double sum, int n)
{
    return n > 0 ? sum / n : NAN;
}

static preserved_counts count(const preserved_pair *pairs, size_t n)
{
    preserved_counts c = {.n_pairs = (int)n, .first_difference = NAN};
    double shares = 0, marks = 0, repetitions = 0;
    int n_marks = 0;
    for (size_t i = 0; i < n; i++) {
        const preserved_pair *const p = &pairs[i];
        const answer_agreement *const g = &p->agreement;
        c.n_equal += g->is_equal;
        c.n_by_tokens += g->by_tokens;
        if (!g->is_equal)
            c.first_difference = fmin(c.first_difference, (double)g->first_difference); // fmin ignores a NAN
        shares += g->length > 0 ? (double)g->first_difference / (double)g->length : 1;
        c.n_checks += p->n_checks;
        c.n_won += p->n_won;
        c.n_lost += p->n_lost;
        const double mark = p->mark_b - p->mark_a;
        n_marks += !isnan(mark);
        marks += isnan(mark) ? 0 : mark;
        repetitions += p->b->metrics.repetition.score - p->a->metrics.repetition.score;
    }
    c.common_share = mean_of(shares, c.n_pairs);
    c.mark_change = mean_of(marks, n_marks);
    c.repetition_change = mean_of(repetitions, c.n_pairs);
    return c;
}

/* The pairs are sorted by test. */
static sw_code count_tests(const preserved_pair *pairs, size_t n, preservation *out, sw_err *err)
{
    out->tests = mem_calloc(n + 1, sizeof *out->tests);
    if (out->tests == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory comparing %zu answers", n);
    for (size_t begin = 0, end; begin < n; begin = end) {
        const test_record *const test = pairs[begin].b->test;
        for (end = begin; end < n && pairs[end].b->test->index == test->index; end++) {
        }
        out->tests[out->n_tests++] = (preserved_test){test, count(pairs + begin, end - begin)};
    }
    return SW_OK;
}

/* ---- differences ------------------------------------------------------------------------------------------------- */

/* Moves the pairs that differ from every earlier one of their test to the front; returns how many there are. */
static size_t keep_distinct(preserved_pair *pairs, size_t n)
{
    size_t n_kept = 0;
    for (size_t i = 0; i < n; i++) {
        bool is_new = true;
        for (size_t k = n_kept; is_new && k-- > 0 && pairs[k].b->test->index == pairs[i].b->test->index;)
            is_new = !answers_are_equal(&pairs[k].a->test->answer, &pairs[i].a->test->answer) ||
                     !answers_are_equal(&pairs[k].b->test->answer, &pairs[i].b->test->answer);
        if (is_new)
            pairs[n_kept++] = pairs[i];
    }
    return n_kept;
}

/* Checks of one answer stand or fall together, which McNemar's test does not know. */
static double checks_p_value(const preserved_pair *pairs, size_t n, double *scratch)
{
    size_t n_won = 0, n_lost = 0;
    for (size_t i = 0; i < n; i++) {
        n_won += (size_t)pairs[i].n_won;
        n_lost += (size_t)pairs[i].n_lost;
        scratch[i] = pairs[i].n_won - pairs[i].n_lost;
    }
    return n > 0 ? fmax(mcnemar_p_value(n_won, n_lost), permutation_paired_p_value(scratch, n, SIGN_DRAWS, CHECKS_SEED))
                 : NAN;
}

static sw_code measure(const preserved_pair *pairs, size_t n, preservation *out, sw_err *err)
{
    value_pair *const values = mem_calloc(n + 1, sizeof *values);
    double *const scratch = mem_calloc(n + 1, sizeof *scratch);
    sw_code code = SW_OK;
    if (values == NULL || scratch == NULL)
        code = sw_fail(err, SW_ENOMEM, "out of memory comparing %zu answers", n);
    for (size_t i = 0; code == SW_OK && i < n; i++)
        values[i] = (value_pair){pairs[i].mark_a, pairs[i].mark_b, pairs[i].b->test->index};
    if (code == SW_OK)
        code = paired_change_of(values, n, /*is_relative=*/false, 0, &out->mark, err);
    for (size_t i = 0; code == SW_OK && i < n; i++)
        values[i] = (value_pair){pairs[i].a->metrics.repetition.score, pairs[i].b->metrics.repetition.score,
                                 pairs[i].b->test->index};
    if (code == SW_OK)
        code = paired_change_of(values, n, /*is_relative=*/false, 0, &out->repetition, err);
    if (code == SW_OK)
        out->checks_p_value = checks_p_value(pairs, n, scratch);
    mem_free(values);
    mem_free(scratch);
    return code;
}

sw_code preservation_of(const run_record *run, int subject, const run_summary *modes, preservation_kind kind,
                        preservation *out, sw_err *err)
{
    *out = (preservation){.kind = kind};
    preserved_pair *const pairs = mem_calloc(modes[SIDES[kind].mode].n_rows + 1, sizeof *pairs);
    if (pairs == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory comparing answers");
    const size_t n = collect(modes, kind, pairs);
    qsort(pairs, n, sizeof *pairs, by_test);
    out->all = count(pairs, n);
    sw_code code = count_tests(pairs, n, out, err);
    out->n_distinct = keep_distinct(pairs, n);
    if (code == SW_OK)
        code = measure(pairs, out->n_distinct, out, err);
    if (code == SW_OK)
        code = preservation_judge(run, subject, modes, pairs, out, err);
    mem_free(pairs);
    return code;
}

void preservation_free(preservation *p)
{
    mem_free(p->tests);
    *p = (preservation){0};
}
