/* criteria.h - the success criteria of the streaming protocol as rows of data: what is asked, what was found, and the
 * verdict.  A criterion is met or failed only if it was measured; else it is inconclusive, with the reason.  Pure.
 */
#ifndef FIGURES_CRITERIA_H
#define FIGURES_CRITERIA_H

#include "figures/criterion_row.h"

typedef struct criteria_list {
    criterion_row *rows; // (n)
    size_t n;
} criteria_list;

/* Free it with criteria_free, also after an error.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code criteria_of(const run_analysis *analysis, criteria_list *out, sw_err *err);
void criteria_free(criteria_list *list);

#endif
