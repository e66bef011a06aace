/* content.h - the content of one answer as a mark from 1 to 5, made from its checks and its repetition.
 *
 * Rubric: 1 + 4 * (weight of passed checks / weight of all that ran), rounded to halves; 2 less when the answer repeats
 * itself (degenerate); at most 2 when it is cut short, empty or loops.  The rubric is printed with the mark.  Pure.
 */
#ifndef FIGURES_CONTENT_H
#define FIGURES_CONTENT_H

#include "figures/repetition.h"
#include "results/record.h"

typedef struct content_score {
    double mark; // 1 to 5 in halves; NAN: no check ran
    int n_passed, n_run, n_checks;
    int n_technical_passed, n_technical_run;
    const char *lowered; // why the mark is lower than its checks alone would give, or NULL
} content_score;

content_score content_score_of(const test_record *test, const repetition_score *repetition);

/* The rubric above, as a reader sees it. */
extern const char CONTENT_RUBRIC[];

#endif
