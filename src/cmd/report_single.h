/* report_single.h - `spillway report RUN`: one stored run, as files, on standard output or as a file to share. */
#ifndef CMD_REPORT_SINGLE_H
#define CMD_REPORT_SINGLE_H

#include <stdbool.h>

#include "cmd/report_args.h"
#include "spillway/error.h"

/* Returns true for the formats of --format. */
bool report_is_format(const char *name);

/* `named`: a run as in run_names.h.  Prints the files' paths, or the run.  Errors: SW_EINVAL, SW_ENOTFOUND, and those
 * of stores and of writing. */
SW_NODISCARD sw_code report_single(const report_args *a, const char *named, sw_err *err);

#endif
