/* preservation_parts.h - between the files of preservation. */
#ifndef FIGURES_PRESERVATION_PARTS_H
#define FIGURES_PRESERVATION_PARTS_H

#include "figures/equality.h"
#include "figures/preservation.h"

/* Answers to one question: `a` is the base. */
typedef struct preserved_pair {
    const summary_row *a, *b;
    answer_agreement agreement;
    int n_checks, n_won, n_lost;
    double mark_a, mark_b; // NAN: not marked
} preserved_pair;

/* Sets verdict and words from all else. */
SW_NODISCARD sw_code preservation_judge(const run_record *run, int subject, const run_summary *modes,
                                        const preserved_pair *pairs, preservation *p, sw_err *err);

#endif
