/* report_several.h - `spillway report RUN RUN...`: stored runs side by side. */
#ifndef CMD_REPORT_SEVERAL_H
#define CMD_REPORT_SEVERAL_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/report_args.h"
#include "spillway/error.h"

/* Returns true for "STORE:all", unless a file has the whole name. */
bool report_names_all(const char *text);

/* Runs as in run_names.h, or "STORE:all": every run of it.  Prints the files' paths, or the page.  Errors: SW_EINVAL
 * (no such knob or run, nothing left), SW_ENOTFOUND, SW_ELIMIT (more than LIMIT_OVERVIEW_RUNS), those of stores and of
 * writing. */
SW_NODISCARD sw_code report_several(const report_args *a, const char *const *texts, size_t n, sw_err *err);

#endif
