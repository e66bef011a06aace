/* recommendation_quality.c - rules about criteria that failed. */
#include <math.h>
#include <string.h>

#include "figures/criteria_judges.h"
#include "figures/recommendation_rules.h"

static const double MARK_STEP = 0.5; // marks are in halves

/* ---- what failed ------------------------------------------------------------------------------------------------- */

bool advise_offloading(const situation *s, recommendation *r)
{
    const criterion_row *const row = situation_failed(s, "loads-offloaded");
    if (row == NULL || s->subject->modes[MODE_STREAM].n_completed == 0)
        return false;
    SAY(r->change, "serve --cpu-moe");
    SAY(r->effect, "all experts are in RAM, and the GPU holds the rest");
    SAY(r->evidence, "%s", row->found);
    return true;
}

/* Of the temperatures that were tried; NULL: none is without fault, or none was tried. */
static const sweep_point *calm_point(const subject_analysis *s)
{
    for (size_t i = 0; i < s->n_sweep; i++) {
        const sweep_point *const p = &s->sweep[i];
        if (p->n > 0 && p->n_degenerate == 0 && p->repetition_mean < CRITERION_REPETITION_MAX)
            return p;
    }
    return NULL;
}

bool advise_penalty(const situation *s, recommendation *r)
{
    const criterion_row *row = situation_failed(s, "no-loops");
    row = row != NULL ? row : situation_failed(s, "no-repetition");
    if (row == NULL)
        return false;
    const sweep_point *const calm = calm_point(s->subject);
    SAY(r->evidence, "%s: %s", row->id, row->found);
    if (calm != NULL) {
        SAY(r->change, "run --temperature %.3g, or temperature %.3g in requests to the server", calm->value,
            calm->value);
        SAY(r->effect, "repetition of %.3f and no degenerate answer, as the sweep found (%d answers, mean mark %.2f)",
            calm->repetition_mean, calm->n, calm->mark_mean);
    } else {
        SAY(r->change, "run --repeat-penalty 1.1, or repeat_penalty 1.1 in requests to the server");
        SAY(r->effect, "tokens of the last sentences become less likely; whether marks suffer, the checks show");
    }
    return true;
}

/* Offloading moves weights and changes no arithmetic, so that a loss is a fault, or another sampling. */
bool advise_no_loss(const situation *s, recommendation *r)
{
    const criterion_row *const row = situation_failed(s, "preserves-quality");
    if (row == NULL)
        return false;
    SAY(r->change, "do not offload until the loss is explained: bench --temperature 0 --modes stream,reference");
    SAY(r->effect, "without chance in the sampling, the first token that differs shows whether the arithmetic does");
    SAY(r->evidence, "%s", row->found);
    return true;
}

static int count_cut(const run_summary *m)
{
    int n = 0;
    for (size_t i = 0; i < m->n_rows; i++)
        n += criterion_is_completed(&m->rows[i]) && strcmp(m->rows[i].test->answer.finish_reason, "length") == 0;
    return n;
}

/* The temperature of the sweep with the best marks, if they are better than those of the tests; NULL. */
static const sweep_point *best_point(const subject_analysis *s)
{
    const sweep_point *best = NULL;
    double mark = s->mark_mean + MARK_STEP;
    for (size_t i = 0; i < s->n_sweep; i++) {
        if (s->sweep[i].mark_mean >= mark) {
            best = &s->sweep[i];
            mark = best->mark_mean;
        }
    }
    return best;
}

/* What would raise the marks: an answer that was cut has a mark of at most 2, whatever it says. */
bool advise_quality(const situation *s, recommendation *r)
{
    const run_summary *const m = &s->subject->modes[MODE_STREAM];
    const sweep_point *const best = best_point(s->subject);
    const criterion_row *row = situation_failed(s, "coherent");
    row = row != NULL ? row : situation_failed(s, "accurate");
    if (row == NULL)
        return false;
    const int n_cut = count_cut(m);
    SAY(r->evidence, "%s: %s; %d of %d answers were cut at max_tokens", row->id, row->found, n_cut, m->n_completed);
    if (2 * n_cut > m->n_completed) {
        SAY(r->change, "bench --protocol with a larger max_tokens");
        SAY(r->effect, "answers end by themselves; one that is cut has a mark of at most 2");
    } else if (best != NULL) {
        SAY(r->change, "run --temperature %.3g, or temperature %.3g in requests to the server", best->value,
            best->value);
        SAY(r->effect, "a mean mark of %.2f, as the sweep found (%d answers)", best->mark_mean, best->n);
    } else {
        SAY(r->change, "another model, or a file of this one with larger weights");
        SAY(r->effect, "higher marks; bench with both files shows by how much");
    }
    return true;
}
