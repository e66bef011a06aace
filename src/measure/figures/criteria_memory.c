/* criteria_memory.c - where the experts are, and what that saves. */
#include <math.h>
#include <string.h>

#include "figures/criteria_judges.h"

static const double SAVING_POINTS = 5;
/* The word of FACT_EXPERTS_VERIFIED of the model's latest server that has one; NULL. */
static const char *experts_place(const run_record *run, int subject, const char **evidence)
{
    for (size_t i = run->n_servers; i-- > 0;) {
        const fact_record *const f = run_fact(run, subject, (int)i, FACT_EXPERTS_VERIFIED);
        const fact_record *const e = run_fact(run, subject, (int)i, FACT_EXPERTS_EVIDENCE);
        if (f != NULL && run->servers[i].side != SIDE_REFERENCE) {
            *evidence = e != NULL ? e->text : "";
            return f->text;
        }
    }
    return NULL;
}

void judge_loads(const run_analysis *a, const subject_analysis *s, criterion_row *row)
{
    const char *evidence;
    const char *const place = experts_place(a->run, s->index, &evidence);
    if (criterion_streamed(s)->n_rows == 0)
        criterion_find(row, "no test was asked");
    else if (criterion_streamed(s)->n_completed == 0) {
        row->verdict = CRITERION_FAILED;
        criterion_find(row, "no test completed");
    } else if (place == NULL || strcmp(place, "not known") == 0)
        criterion_find(row, "it answers; where its experts are is not known");
    else {
        row->verdict = criterion_verdict_if(strcmp(place, "in RAM") == 0);
        criterion_find(row, "experts %.20s: %.200s", place, evidence);
    }
}

void judge_saving(const run_analysis *a, const subject_analysis *s, criterion_row *row)
{
    (void)a;
    const memory_figures *const m = &s->memory;
    row->threshold = m->claim_low_pct - SAVING_POINTS;
    row->figure = m->saved_pct;
    if (isnan(m->claim_low_pct)) {
        criterion_find(row, "nobody published a saving for this architecture");
    } else if (m->kind == SAVING_MEASURED) {
        row->verdict =
            criterion_verdict_if(m->saved_pct >= row->threshold && m->saved_pct <= m->claim_high_pct + SAVING_POINTS);
        criterion_find(row, "%.1f %% measured, %.0f to %.0f %% claimed", m->saved_pct, m->claim_low_pct,
                       m->claim_high_pct);
    } else if (m->kind == SAVING_COMPUTED) {
        criterion_find(row, "not measured: %.120s; arithmetic allows %.1f %%", m->note, m->saved_pct);
    } else {
        criterion_find(row, "not measured: %.120s", m->note);
    }
}

void judge_expected_saving(const run_analysis *a, const subject_analysis *s, criterion_row *row)
{
    (void)a;
    const memory_figures *const m = &s->memory;
    row->figure = m->saved_pct;
    if (m->kind == SAVING_NONE || isnan(m->claim_low_pct)) {
        row->figure = NAN;
        criterion_find(row, "nothing to compare");
        return;
    }
    if (m->kind == SAVING_MEASURED)
        row->verdict = criterion_verdict_if(m->saved_pct >= m->claim_low_pct);
    criterion_find(row, "expected %.0f to %.0f %%, found %.1f %% (%s); the ceiling by arithmetic is %.1f %%",
                   m->claim_low_pct, m->claim_high_pct, m->saved_pct,
                   m->kind == SAVING_MEASURED ? "measured" : "computed", m->ceiling_pct);
}
