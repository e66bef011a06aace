/* stress_criteria.c - the verdict of each condition, the worst of them, and its sentence. */
#include "figures/stress/stress_criteria.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/size_text.h"

// clang-format off
const stress_criterion STRESS_CRITERIA[] = {
    {"sustained-speed", "more than 10 tok/s in the slowest minute of work", {
        {FIGURE_SUSTAINED_TPS, BOUND_ABOVE, 10, false}}, 1},
    {"gpu-memory", "less than 5 GB of GPU memory", {
        {FIGURE_GPU_BYTES, BOUND_BELOW, 5e9, false}}, 1},
    {"endurance", "eight hours of operation: 1 % of requests fail at most, and time per token grows by less than 1 % an hour", {
        {FIGURE_RUN_S, BOUND_AT_LEAST, 8 * 3600, true},
        {FIGURE_FAILED_SHARE, BOUND_AT_MOST, 0.01, false},
        {FIGURE_HOURLY_CHANGE, BOUND_BELOW, 0.01, false}}, 3},
    {"consistency", "more than 95 % of tokens are those that the model chooses without offloading", {
        {FIGURE_TOP_AGREEMENT, BOUND_ABOVE, 0.95, false}}, 1},
    {"sessions", "three sessions or more without degradation: together not slower than one, none below 0.8 of the mean, p95 of the first token at most doubled, none fails", {
        {FIGURE_SESSIONS, BOUND_AT_LEAST, 3, true},
        {FIGURE_SESSIONS_TOTAL, BOUND_AT_LEAST, 1, false},
        {FIGURE_SESSIONS_LEAST, BOUND_AT_LEAST, 0.8, false},
        {FIGURE_SESSIONS_TTFT, BOUND_AT_MOST, 2, false},
        {FIGURE_SESSIONS_FAILED, BOUND_AT_MOST, 0, false}}, 5},
    {"linear-memory", "memory grows with the context along a line, by the bytes per token of the plan", {
        {FIGURE_CONTEXT_R2, BOUND_ABOVE, 0.99, false},
        {FIGURE_CONTEXT_PLAN, BOUND_AT_LEAST, 0.98, false},
        {FIGURE_CONTEXT_PLAN, BOUND_AT_MOST, 1.02, false}}, 3},
    {"no-leak", "memory does not rise by more than 16 MiB an hour", {
        {FIGURE_HOST_SLOPE, BOUND_AT_MOST, 16 << 20, false}}, 1},
    {"expert-use", "more than 70 % of experts are used", {
        {FIGURE_EXPERT_COVERAGE, BOUND_ABOVE, 0.7, false}}, 1},
};
// clang-format on
const size_t N_STRESS_CRITERIA = sizeof STRESS_CRITERIA / sizeof *STRESS_CRITERIA;

static const char *const SIDE_NAMES[] = {"above", "at_least", "below", "at_most"};

const char *bound_side_name(bound_side side)
{
    return SIDE_NAMES[side];
}

int bound_side_from_name(const char *name)
{
    for (int i = 0; i <= BOUND_AT_MOST; i++) {
        if (strcmp(name, SIDE_NAMES[i]) == 0)
            return i;
    }
    return -1;
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

static void tell_measured(const stress_condition *c, const stress_figure *f, stress_judgement *j)
{
    static const char *const ASKED[] = {"more than", "at least", "less than", "at most"};
    const stress_figure_row *const row = &STRESS_FIGURE_ROWS[c->figure];
    char range[96] = "";
    if (!isnan(f->range.low) && !isnan(f->range.high))
        snprintf(range, sizeof range, "95 %%: %s to %s, ", value_text_of(f->range.low, row->unit).text,
                 value_text_of(f->range.high, row->unit).text);
    const char *const why = j->verdict != STRESS_INCONCLUSIVE ? "" : c->is_need ? "too little: " : "not sure enough: ";
    snprintf(j->found, sizeof j->found, "%s%s: %s (%s%zu %s); asked: %s %s%s%s", why, row->meaning,
             value_text_of(f->value, row->unit).text, range, f->n, f->n_unit, ASKED[c->side],
             value_text_of(c->bound, row->unit).text, f->reason[0] != '\0' ? "; " : "", f->reason);
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
