/* run_warnings.h - what a reader must know before the figures of a run mean what they seem to.
 *
 * A warning appears only if a figure that is shown would mislead without it, and its sentence says which and how far.
 * Pure.
 */
#ifndef FIGURES_RUN_WARNINGS_H
#define FIGURES_RUN_WARNINGS_H

#include "figures/analysis.h"

typedef struct run_warning {
    const char *id;     // "events-are-not-tokens": for programs
    int subject;        // the model, or -1: the whole run, or all models alike
    char sentence[400]; // with full stop
} run_warning;

typedef struct run_warnings {
    run_warning *items; // (n), in the order in which a reader should see them
    size_t n;
} run_warnings;

/* Free it with run_warnings_free, also after an error.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code run_warnings_of(const run_analysis *analysis, run_warnings *out, sw_err *err);
void run_warnings_free(run_warnings *warnings);

#endif
