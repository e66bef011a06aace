/* criteria_quality.c - whether answers repeat themselves, and what their checks say. */
#include <math.h>
#include <string.h>

#include "figures/criteria_judges.h"

const double CRITERION_REPETITION_MAX = 0.1, CRITERION_MARK_MIN = 3.5, CRITERION_ACCURACY_MIN = 0.8;

enum { TECHNICAL_MIN = 8 };
static const double NARRATIVE_MIN = 0.75;
void judge_repetition(const run_analysis *a, const subject_analysis *s, criterion_row *row)
{
    (void)a;
    const run_summary *const m = criterion_streamed(s);
    int n = 0, n_degenerate = 0;
    double sum = 0;
    for (size_t i = 0; i < m->n_rows; i++) {
        if (!criterion_is_completed(&m->rows[i]) || m->rows[i].test->plan.temperature != 0.3)
            continue;
        n++;
        sum += m->rows[i].metrics.repetition.score;
        n_degenerate += m->rows[i].metrics.repetition.verdict == REPETITION_DEGENERATE;
    }
    if (n == 0) {
        criterion_find(row, "no completed answer at temperature 0.3");
        return;
    }
    row->figure = sum / n;
    row->verdict = criterion_verdict_if(row->figure < CRITERION_REPETITION_MAX && n_degenerate == 0);
    criterion_find(row, "mean %.3f over %d answers, %d degenerate", row->figure, n, n_degenerate);
}

void judge_loops(const run_analysis *a, const subject_analysis *s, criterion_row *row)
{
    (void)a;
    const run_summary *const m = criterion_streamed(s);
    if (m->n_completed == 0) {
        criterion_find(row, "no answer completed");
        return;
    }
    row->figure = m->n_degenerate;
    row->verdict = criterion_verdict_if(m->n_degenerate == 0);
    criterion_find(row, "%d of %d answers loop", m->n_degenerate, m->n_completed);
}

void judge_coherence(const run_analysis *a, const subject_analysis *s, criterion_row *row)
{
    (void)a;
    row->figure = s->mark_mean;
    if (isnan(s->mark_mean)) {
        criterion_find(row, "no answer was marked: the protocol has no checks");
        return;
    }
    row->verdict = criterion_verdict_if(s->mark_mean >= CRITERION_MARK_MIN);
    criterion_find(row, "mean content mark %.2f of 5", s->mark_mean);
}

void judge_accuracy(const run_analysis *a, const subject_analysis *s, criterion_row *row)
{
    (void)a;
    row->figure = s->technical_accuracy;
    if (s->n_technical_run < TECHNICAL_MIN) {
        row->figure = NAN;
        criterion_find(row, "%d technical checks ran, at least %d are needed", s->n_technical_run, TECHNICAL_MIN);
        return;
    }
    row->verdict = criterion_verdict_if(row->figure >= CRITERION_ACCURACY_MIN);
    criterion_find(row, "%d of %d technical checks passed", s->n_technical_passed, s->n_technical_run);
}

/* A test asks for a story if its checks look for characters. */
static bool is_story(const test_record *t)
{
    for (size_t i = 0; i < t->n_checks; i++) {
        if (strcmp(t->checks[i].kind, "characters") == 0)
            return true;
    }
    return false;
}

/* Characters stay and sentences are in order, and most of what else its checks look for (a beginning, a turn, an end).
 */
void judge_narrative(const run_analysis *a, const subject_analysis *s, criterion_row *row)
{
    (void)a;
    const run_summary *const m = criterion_streamed(s);
    int n = 0, n_passed = 0;
    bool holds = true;
    for (size_t i = 0; i < m->n_rows; i++) {
        const test_record *const t = m->rows[i].test;
        for (size_t k = 0; criterion_is_completed(&m->rows[i]) && is_story(t) && k < t->n_checks; k++) {
            const check_record *const c = &t->checks[k];
            const bool is_structure = strcmp(c->kind, "characters") == 0 || strcmp(c->kind, "order") == 0;
            n += c->outcome != CHECK_NOT_RUN;
            n_passed += c->outcome == CHECK_PASSED;
            holds &= !is_structure || c->outcome == CHECK_PASSED;
        }
    }
    if (n == 0) {
        criterion_find(row, "no story was checked");
        return;
    }
    row->figure = (double)n_passed / n;
    row->verdict = criterion_verdict_if(holds && row->figure >= NARRATIVE_MIN);
    criterion_find(row, "%d of %d checks of stories passed%s", n_passed, n,
                   holds ? "" : ", but not those of characters and order");
}

/* Not of the protocol, but of what offloading is for: it may not cost quality. */
void judge_preservation(const run_analysis *a, const subject_analysis *s, criterion_row *row)
{
    (void)a;
    const preservation *const p = &s->preserved[PRESERVES_OFFLOADED];
    row->source = "spillway, quality preservation";
    row->figure = p->mark.difference;
    row->low = p->mark.range.low;
    row->high = p->mark.range.high;
    if (p->verdict == PRESERVED_IDENTICAL || p->verdict == PRESERVED_NO_LOSS || p->verdict == PRESERVED_LOST)
        row->verdict = criterion_verdict_if(p->verdict != PRESERVED_LOST);
    criterion_find(row, "%s", p->words);
}
