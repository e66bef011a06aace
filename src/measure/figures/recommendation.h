/* recommendation.h - one thing to change, and what the rules that find such things look at. */
#ifndef FIGURES_RECOMMENDATION_H
#define FIGURES_RECOMMENDATION_H

#include "figures/criteria.h"

typedef struct recommendation {
    const char *id;                               // "smaller-weights"
    char change[200], effect[240], evidence[300]; // valid UTF-8
} recommendation;

/* ---- for those who judge ---- */

typedef struct situation {
    const run_analysis *run;
    const subject_analysis *subject;
    const criteria_list *criteria;
    double n_threads; // of the server that answered; NAN: not told
} situation;

/* Sets a text of a recommendation; a name may be cut, but never inside a character. */
#define SAY(field, ...) recommendation_say(field, sizeof(field), __VA_ARGS__)
void recommendation_say(char *out, size_t size, const char *format, ...) SW_PRINTF(3, 4);

/* The row of a criterion that the model failed; NULL: it did not. */
const criterion_row *situation_failed(const situation *s, const char *id);

#endif
