/* stress_criteria.h - criteria as data, and their verdicts.
 *
 * A criterion holds conditions on figures.  Some are *needs*: how much must have been measured before anything is said,
 * such as eight hours; a run that falls short of a need is inconclusive and not a failure.  The others decide.  A
 * figure with an interval decides only if the whole interval is on one side of the bound.  A failure that was measured
 * stands, whatever else is missing; so the order is: not met, invalid, inconclusive, met.  Pure.
 */
#ifndef STRESS_STRESS_CRITERIA_H
#define STRESS_STRESS_CRITERIA_H

#include <stdbool.h>

#include "figures/stress/stress_figures.h"

typedef enum bound_side { BOUND_ABOVE, BOUND_AT_LEAST, BOUND_BELOW, BOUND_AT_MOST } bound_side;

const char *bound_side_name(bound_side side); // "above", "at_least", "below", "at_most"
/* The side with that name, or -1. */
int bound_side_from_name(const char *name);

typedef struct stress_condition {
    stress_figure_id figure;
    bound_side side;
    double bound;
    bool is_need;
} stress_condition;

enum { CONDITIONS_MAX = 8 };

typedef struct stress_criterion {
    const char *id;    // "sustained-speed"
    const char *asked; // "more than 10 tok/s in the slowest minute"
    stress_condition conditions[CONDITIONS_MAX];
    size_t n_conditions;
} stress_criterion;

/* What the protocol asks for. */
extern const stress_criterion STRESS_CRITERIA[];
extern const size_t N_STRESS_CRITERIA;

typedef enum stress_verdict { STRESS_MET, STRESS_NOT_MET, STRESS_INCONCLUSIVE, STRESS_INVALID } stress_verdict;

const char *stress_verdict_name(stress_verdict verdict); // "met", "not met", "inconclusive", "invalid"

typedef struct stress_judgement {
    const stress_criterion *criterion;
    stress_verdict verdict;
    const stress_condition *decided_by; // the condition that `found` speaks of: the first with this verdict
    char found[480];                    // one sentence: the figure, its interval and N, or the reason
} stress_judgement;

stress_judgement stress_judge(const stress_criterion *criterion, const stress_figures *figures);

#endif
