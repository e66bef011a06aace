/* stress_criteria.c - the verdict of each condition, the worst of them, and its sentence. */
#include "figures/stress/stress_criteria.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/size_text.h"

const char *bound_side_name(bound_side side)
{
    static const char *const NAMES[] = {"above", "at_least", "below", "at_most"};
    return NAMES[side];
}

const char *stress_verdict_name(stress_verdict verdict)
{
    static const char *const NAMES[] = {"met", "not met", "inconclusive", "invalid"};
    return NAMES[verdict];
}

/* ---- one condition ----------------------------------------------------------------------------------------------- */

static bool holds(double value, bound_side side, double bound)
{
    switch (side) {
    case BOUND_ABOVE: return value > bound;
    case BOUND_AT_LEAST: return value >= bound;
    case BOUND_BELOW: return value < bound;
    default: return value <= bound;
    }
}

static stress_verdict judge_condition(const stress_condition *c, const stress_figure *f)
{
    if (f->state != FIGURE_MEASURED)
        return f->state == FIGURE_VOID ? STRESS_INVALID : STRESS_INCONCLUSIVE;
    const bool is_estimate = !isnan(f->range.low) && !isnan(f->range.high);
    const bool low = holds(is_estimate ? f->range.low : f->value, c->side, c->bound);
    const bool high = holds(is_estimate ? f->range.high : f->value, c->side, c->bound);
    if (low && high)
        return STRESS_MET;
    return low != high || c->is_need ? STRESS_INCONCLUSIVE : STRESS_NOT_MET;
}

/* ---- sentences --------------------------------------------------------------------------------------------------- */

typedef struct value_text {
    char text[40];
} value_text;

static value_text value_text_of(double value, const char *unit)
{
    value_text t;
    const double size = fabs(value);
    if (unit[0] == 'B' && size < 1e18)
        snprintf(t.text, sizeof t.text, "%s%s%s", value < 0 ? "-" : "", size_text_of((uint64_t)size).text, unit + 1);
    else
        snprintf(t.text, sizeof t.text, size >= 1000 ? "%.0f%s%s" : "%.4g%s%s", value, unit[0] != '\0' ? " " : "",
                 unit);
    return t;
}

stress_bound_text stress_bound_text_of(const stress_condition *c)
{
    static const char *const ASKED[] = {"more than", "at least", "less than", "at most"};
    stress_bound_text t;
    snprintf(t.text, sizeof t.text, "%s %s", ASKED[c->side],
             value_text_of(c->bound, STRESS_FIGURE_ROWS[c->figure].unit).text);
    return t;
}

static void tell_measured(const stress_condition *c, const stress_figure *f, stress_judgement *j)
{
    const stress_figure_row *const row = &STRESS_FIGURE_ROWS[c->figure];
    char range[96] = "";
    if (!isnan(f->range.low) && !isnan(f->range.high))
        snprintf(range, sizeof range, "95 %%: %s to %s, ", value_text_of(f->range.low, row->unit).text,
                 value_text_of(f->range.high, row->unit).text);
    const char *const why = j->verdict != STRESS_INCONCLUSIVE ? "" : c->is_need ? "too little: " : "not sure enough: ";
    snprintf(j->found, sizeof j->found, "%s%s: %s (%s%zu %s); asked: %s%s%s", why, row->meaning,
             value_text_of(f->value, row->unit).text, range, f->n, f->n_unit, stress_bound_text_of(c).text,
             f->reason[0] != '\0' ? "; " : "", f->reason);
}

static void tell(const stress_condition *c, const stress_figure *f, stress_judgement *j)
{
    if (f->state == FIGURE_MEASURED)
        tell_measured(c, f, j);
    else
        snprintf(j->found, sizeof j->found, "%s: %s: %s", STRESS_FIGURE_ROWS[c->figure].meaning,
                 f->state == FIGURE_VOID ? "nothing was compared" : "not measured", f->reason);
}

/* The gravest verdict; of conditions that all hold, the first that is no need speaks for them. */
static const stress_condition *deciding(const stress_criterion *c, const stress_figures *figures,
                                        stress_verdict *verdict)
{
    static const int GRAVITY[] = {
        [STRESS_MET] = 0, [STRESS_INCONCLUSIVE] = 1, [STRESS_INVALID] = 2, [STRESS_NOT_MET] = 3};
    const stress_condition *found = NULL;
    *verdict = STRESS_MET;
    for (size_t i = 0; i < c->n_conditions; i++) {
        const stress_condition *const condition = &c->conditions[i];
        const stress_verdict v = judge_condition(condition, &figures->v[condition->figure]);
        const bool is_first_met = v == STRESS_MET && *verdict == STRESS_MET && (found == NULL || found->is_need);
        if (GRAVITY[v] > GRAVITY[*verdict] || is_first_met) {
            found = condition;
            *verdict = v;
        }
    }
    return found;
}

stress_judgement stress_judge(const stress_criterion *criterion, const stress_figures *figures)
{
    stress_judgement j = {.criterion = criterion};
    j.decided_by = deciding(criterion, figures, &j.verdict);
    if (j.decided_by == NULL) { // a criterion without conditions says nothing
        j.verdict = STRESS_INCONCLUSIVE;
        snprintf(j.found, sizeof j.found, "it has no condition");
        return j;
    }
    tell(j.decided_by, &figures->v[j.decided_by->figure], &j);
    return j;
}
