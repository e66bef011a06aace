/* warmup.h - whether a server had its final speed when the tests began.  Pure. */
#ifndef FIGURES_WARMUP_H
#define FIGURES_WARMUP_H

#include "results/record.h"

enum { WARMUP_REQUESTS_MIN = 6 }; // fewer have no thirds that could be compared

/* The median rate of the last third of a model's warm-up requests, over that of the third before, less 1.  NAN if there
 * are fewer than WARMUP_REQUESTS_MIN in the latest session, or if they overlap. */
double warmup_difference(const run_record *run, int subject);

#endif
