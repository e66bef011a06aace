/* stress_print.h - what `spillway stress` prints: the lists of suites and criteria, and the stages of a run. */
#ifndef CMD_STRESS_PRINT_H
#define CMD_STRESS_PRINT_H

#include "base/buf.h"
#include "figures/analysis.h"
#include "stress/stress_protocol.h"

/* A table of the suites and their stages, with how long they take. */
void stress_put_list(buf *out, const stress_protocol *protocol, int width);

/* A table of criteria with their bounds; a need is how much must have been measured before anything is said. */
void stress_put_criteria(buf *out, const stress_criteria *criteria, int width);

/* The stages of a run, and its status: for a terminal, and as one JSON document. */
void stress_put_text(buf *out, const run_analysis *analysis, int width);
SW_NODISCARD sw_code stress_put_json(buf *out, const run_analysis *analysis, sw_err *err);

#endif
