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

typedef struct stress_condition {
    stress_figure_id figure;
    bound_side side;
    double bound;
    bool is_need;
} stress_condition;

/* "at least 28800 s" */
typedef struct stress_bound_text {
    char text[64];
} stress_bound_text;

stress_bound_text stress_bound_text_of(const stress_condition *condition);

enum { CONDITIONS_MAX = 8, STRESS_CRITERIA_MAX = 64, CRITERION_ID_BYTES = 64, CRITERION_ASKED_BYTES = 240 };

typedef struct stress_criterion {
    char id[CRITERION_ID_BYTES];       // "sustained-speed"
    char asked[CRITERION_ASKED_BYTES]; // "more than 10 tok/s in the slowest minute"
    stress_condition conditions[CONDITIONS_MAX];
    size_t n_conditions;
} stress_criterion;

/* What a run is judged by; criteria_file.h reads them. */
typedef struct stress_criteria {
    stress_criterion items[STRESS_CRITERIA_MAX]; // (n)
    size_t n;
} stress_criteria;

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
