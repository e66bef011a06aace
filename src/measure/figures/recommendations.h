/* recommendations.h - what to change about a model's server or its measurement, by rules over what was measured: the
 * change, what it is expected to do, and the evidence.  Pure.
 */
#ifndef FIGURES_RECOMMENDATIONS_H
#define FIGURES_RECOMMENDATIONS_H

#include "figures/recommendation.h"

enum { RECOMMENDATIONS_MAX = 16 };

typedef struct recommendation_list {
    recommendation items[RECOMMENDATIONS_MAX]; // (n), what matters most first
    size_t n;
} recommendation_list;

/* Of one model; a rule whose figures were not measured says nothing. */
void recommendations_of(const run_analysis *analysis, const criteria_list *criteria, int subject,
                        recommendation_list *out);

#endif
