/* alike_runs.h - whether runs may be compared, where one part may differ on purpose.  Pure. */
#ifndef COMPARE_ALIKE_RUNS_H
#define COMPARE_ALIKE_RUNS_H

#include <stdbool.h>

#include "figures/run_alike.h"

/* Returns true if all servers of the run were spillway. */
bool is_served_by_spillway(const run_record *run);

/* "stress run" or "benchmark": unlike things, which are never compared. */
const char *run_kind_name(const run_record *run);

/* As run_alike.  With the knob "version" the software of the servers may differ too, if spillway served both runs: it
 * has the version in its name. */
SW_NODISCARD sw_code alike_runs(const run_record *a, const run_record *b, const char *knob, run_differences *out,
                                sw_err *err);

/* All that differs, but for what follows from the version. */
SW_NODISCARD sw_code changes_of_runs(const run_record *a, const run_record *b, run_differences *out, sw_err *err);

/* Of runs that are made of shared files: whether their fingerprints differ, although nothing does that such a file
 * holds, and `knob` (NULL: none) cannot be the reason.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code differ_unseen(const run_record *a, const run_record *b, const char *knob, bool *out, sw_err *err);

#endif
