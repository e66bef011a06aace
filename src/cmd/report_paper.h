/* report_paper.h - `spillway report RUN... --paper DIR`: the data of a white paper about stored runs. */
#ifndef CMD_REPORT_PAPER_H
#define CMD_REPORT_PAPER_H

#include <stddef.h>

#include "spillway/error.h"

enum { PAPER_RUNS_MAX = 64 }; // all are in memory at once

/* Names of runs as in run_names.h; prints the path of the guide to the files.  Errors: SW_EINVAL, SW_ENOTFOUND, and
 * those of stores and of writing. */
SW_NODISCARD sw_code report_paper(const char *const *names, size_t n, const char *dir, sw_err *err);

#endif
