/* warnings.h - what a reader must know before the figures of a model mean anything, as one list for all forms. */
#ifndef REPORT_WARNINGS_H
#define REPORT_WARNINGS_H

#include "figures/analysis.h"

/* Warning number i about a model, one sentence, or NULL past the last. */
const char *warning_of(const run_analysis *a, const subject_analysis *s, int i);

#endif
