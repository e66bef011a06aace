/* temperature_used.h - the sampling temperature that a request had in effect, and how it is known.  Pure. */
#ifndef FIGURES_TEMPERATURE_USED_H
#define FIGURES_TEMPERATURE_USED_H

#include "results/record.h"

typedef struct temperature_used {
    double value;         // as the answer says it, else as draws from its server show; NAN: not known
    const char *interval; // of draws: "0.28 to 0.35"; else ""
    const char *source;   // "answer", "draws", "not verified"
} temperature_used;

temperature_used temperature_used_of(const run_record *run, const test_record *test);

#endif
