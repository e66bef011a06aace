/* exact_changes.c - walks over the pairs, test by test. */
#include "compare/exact_changes.h"

#include "base/alloc.h"
#include "compare/alike_runs.h"
#include "figures/equality.h"

/* The pairs of one test. */
typedef struct test_group {
    const test_pair *pairs;
    size_t n;
} test_group;

static bool is_completed(const summary_row *row)
{
    return row->test->answer.status == TEST_COMPLETED;
}

static sw_code add(exact_changes *out, compare_metric metric, const test_pair *pair, const char *check, sw_err *err)
{
    if (!mem_grow(&out->items, &out->cap, out->n + 1, sizeof *out->items))
        return sw_fail(err, SW_ENOMEM, "out of memory comparing answers");
    out->items[out->n++] = (exact_change){metric, pair->subject, pair, check};
    return SW_OK;
}

static sw_code find_failures(const test_group *g, exact_changes *out, sw_err *err)
{
    sw_code code = SW_OK;
    for (size_t i = 0; code == SW_OK && i < g->n; i++) {
        out->n_compared[COMPARE_FAILED] += is_completed(g->pairs[i].a);
        if (is_completed(g->pairs[i].a) && !is_completed(g->pairs[i].b))
            code = add(out, COMPARE_FAILED, &g->pairs[i], "", err);
    }
    return code;
}

/* ---- checks ------------------------------------------------------------------------------------------------------ */

static sw_code find_checks(const test_group *g, exact_changes *out, sw_err *err)
{
    const test_record *const first = g->pairs[0].a->test;
    sw_code code = SW_OK;
    for (size_t i = 0; code == SW_OK && i < first->n_checks; i++) {
        const char *const name = first->checks[i].name;
        size_t n_passed = 0, n_run = 0, n_failed = 0;
        for (size_t k = 0; k < g->n; k++) {
            const check_outcome b = answer_check(g->pairs[k].b->test, name);
            n_passed += answer_check(g->pairs[k].a->test, name) == CHECK_PASSED;
            n_run += b != CHECK_NOT_RUN;
            n_failed += b == CHECK_FAILED;
        }
        if (n_passed < g->n || n_run == 0)
            continue;
        out->n_compared[COMPARE_CHECKS]++;
        if (2 * n_failed >= n_run)
            code = add(out, COMPARE_CHECKS, g->pairs, name, err);
    }
    return code;
}

/* ---- answers ----------------------------------------------------------------------------------------------------- */

static bool is_same_question(const summary_row *a, const summary_row *b)
{
    return is_completed(a) && is_completed(b) && answer_is_known(&a->test->answer) &&
           answer_is_known(&b->test->answer) && a->test->plan.seed == b->test->plan.seed &&
           a->test->plan.temperature == b->test->plan.temperature;
}

/* Returns true if each run has two answers or more of this seed, which are equal. */
static bool is_repeated(const test_group *g)
{
    for (size_t i = 1; i < g->n; i++) {
        const test_pair *const p = &g->pairs[i], *const first = &g->pairs[0];
        if (!is_same_question(first->a, p->a) || !is_same_question(first->b, p->b) ||
            !answers_are_equal(&first->a->test->answer, &p->a->test->answer) ||
            !answers_are_equal(&first->b->test->answer, &p->b->test->answer))
            return false;
    }
    return g->n >= 2;
}

static sw_code find_outputs(const test_group *g, bool is_exact, exact_changes *out, sw_err *err)
{
    if (!is_exact && !is_repeated(g))
        return SW_OK;
    bool is_counted = false;
    for (size_t i = 0; i < g->n; i++) {
        const test_pair *const p = &g->pairs[i];
        if (!is_same_question(p->a, p->b))
            continue;
        out->n_compared[COMPARE_OUTPUTS] += !is_counted;
        is_counted = true;
        if (!answers_are_equal(&p->a->test->answer, &p->b->test->answer))
            return add(out, COMPARE_OUTPUTS, p, "", err);
    }
    return SW_OK;
}

sw_code exact_changes_of(const test_pairs *pairs, const run_record *a, const run_record *b, exact_changes *out,
                         sw_err *err)
{
    const bool is_exact = is_served_by_spillway(a) && is_served_by_spillway(b);
    *out = (exact_changes){0};
    sw_code code = SW_OK;
    for (size_t begin = 0, end; code == SW_OK && begin < pairs->n; begin = end) {
        for (end = begin; end < pairs->n && pairs->items[end].test == pairs->items[begin].test; end++) {
        }
        const test_group group = {pairs->items + begin, end - begin};
        code = find_failures(&group, out, err);
        if (code == SW_OK)
            code = find_checks(&group, out, err);
        if (code == SW_OK)
            code = find_outputs(&group, is_exact, out, err);
    }
    return code;
}

void exact_changes_free(exact_changes *changes)
{
    mem_free(changes->items);
    *changes = (exact_changes){0};
}
