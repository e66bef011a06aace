/* criterion_row.h - one criterion, what was found, and the verdict. */
#ifndef FIGURES_CRITERION_ROW_H
#define FIGURES_CRITERION_ROW_H

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

/* ---- for those who judge ---- */

/* Sets row->found, valid UTF-8 whatever was cut. */
void criterion_find(criterion_row *row, const char *format, ...) SW_PRINTF(2, 3);
criterion_verdict criterion_verdict_if(bool is_met);
bool criterion_is_completed(const summary_row *row);
/* The streamed tests: what the protocol speaks of. */
const run_summary *criterion_streamed(const subject_analysis *s);

#endif
