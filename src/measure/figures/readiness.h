/* readiness.h - whether a model is ready for use as it was measured: a rule over the criteria, which is printed with
 * every verdict.  Pure.
 */
#ifndef FIGURES_READINESS_H
#define FIGURES_READINESS_H

#include "figures/criteria.h"

typedef enum readiness_verdict { READINESS_READY, READINESS_WITH_LIMITS, READINESS_NOT_READY } readiness_verdict;

const char *readiness_name(readiness_verdict verdict); // "ready", "ready with limits", "not ready"

/* The rule, as a reader sees it. */
extern const char READINESS_RULE[];

typedef struct readiness {
    readiness_verdict verdict;
    const char *why;               // the run's state, if it decided alone; else ""
    const criterion_row *rows[16]; // (n_rows) that decided, in the order of the criteria
    size_t n_rows;
} readiness;

/* Of one model.  The rows are those of `criteria`. */
readiness readiness_of(const run_record *run, const criteria_list *criteria, int subject);

#endif
