/* criteria.h - the success criteria of the streaming protocol as rows of data: what is asked, what was found, and the
 * verdict.  A criterion is met or failed only if it was measured; else it is inconclusive, with the reason.  Pure.
 */
#ifndef FIGURES_CRITERIA_H
#define FIGURES_CRITERIA_H

#include "figures/analysis.h"

typedef enum criterion_verdict { CRITERION_MET, CRITERION_FAILED, CRITERION_INCONCLUSIVE } criterion_verdict;

const char *criterion_verdict_name(criterion_verdict verdict); // "met", "failed", "inconclusive"

typedef struct criterion_row {
    const char *id;    // "steady-speed"
    const char *group; // of the protocol: "streaming performance", "memory", "quality", "expectation"
    const char *asked; // "last quarter at least 0.9 of the first"
    int subject;       // the model, or -1: the whole run
    criterion_verdict verdict;
    double figure, low, high; // found, with its interval; NAN: none
    double threshold;         // NAN: it is not a number
    const char *unit;
    const char *source;  // of the criterion: which document asks for it
    char found[256];     // one sentence: what was found, or why it is inconclusive
    bool is_expectation; // of the protocol's authors: shown beside what was found, decides nothing
} criterion_row;

typedef struct criteria_list {
    criterion_row *rows; // (n)
    size_t n;
} criteria_list;

/* Free it with criteria_free, also after an error.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code criteria_of(const run_analysis *analysis, criteria_list *out, sw_err *err);
void criteria_free(criteria_list *list);

#endif
