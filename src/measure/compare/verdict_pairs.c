/* verdict_pairs.c - finds criteria by their names. */
#include "compare/verdict_pairs.h"

#include <string.h>

#include "base/alloc.h"
#include "figures/stress/stress_analysis.h"

static const stress_judgement *find(const stress_analysis *x, const char *id)
{
    for (size_t i = 0; i < x->n_judgements; i++) {
        if (strcmp(x->judgements[i].criterion->id, id) == 0)
            return &x->judgements[i];
    }
    return NULL;
}

static sw_code pair_model(const stress_analysis *a, const stress_analysis *b, int subject, verdict_pairs *out,
                          sw_err *err)
{
    for (size_t i = 0; i < b->n_judgements; i++) {
        const stress_judgement *const before = find(a, b->judgements[i].criterion->id);
        if (before == NULL)
            continue;
        if (!mem_grow(&out->items, &out->cap, out->n + 1, sizeof *out->items))
            return sw_fail(err, SW_ENOMEM, "out of memory comparing verdicts");
        out->items[out->n++] = (verdict_pair){subject, before, &b->judgements[i]};
    }
    return SW_OK;
}

sw_code verdict_pairs_of(const run_analysis *a, const run_analysis *b, const int *subject_of_a, verdict_pairs *out,
                         sw_err *err)
{
    sw_code code = SW_OK;
    *out = (verdict_pairs){0};
    for (size_t i = 0; code == SW_OK && i < b->n_subjects; i++) {
        const int subject = subject_of_a[i];
        const stress_analysis *const of_a = subject >= 0 ? a->subjects[subject].stress : NULL;
        if (of_a != NULL && b->subjects[i].stress != NULL)
            code = pair_model(of_a, b->subjects[i].stress, subject, out, err);
    }
    return code;
}

void verdict_pairs_free(verdict_pairs *pairs)
{
    mem_free(pairs->items);
    *pairs = (verdict_pairs){0};
}

sw_code verdict_changes_of(const verdict_pairs *pairs, exact_changes *out, sw_err *err)
{
    for (size_t i = 0; i < pairs->n; i++) {
        const verdict_pair *const p = &pairs->items[i];
        if (p->a->verdict != STRESS_MET)
            continue;
        out->n_compared[COMPARE_VERDICTS]++;
        if (p->b->verdict != STRESS_NOT_MET)
            continue;
        if (!mem_grow(&out->items, &out->cap, out->n + 1, sizeof *out->items))
            return sw_fail(err, SW_ENOMEM, "out of memory comparing verdicts");
        out->items[out->n++] = (exact_change){COMPARE_VERDICTS, p->subject, NULL, p->b->criterion->id};
    }
    return SW_OK;
}
