/* export.h - a run in a form that other programs and documents take. */
#ifndef REPORT_EXPORT_H
#define REPORT_EXPORT_H

#include <stdbool.h>

#include "base/buf.h"
#include "figures/analysis.h"

/* Returns true for "json", "csv" and "md". */
bool export_is_format(const char *name);
/* Appends the run.  Errors: SW_ENOMEM, SW_ELIMIT (the buffer is too small). */
SW_NODISCARD sw_code export_run(buf *out, const char *format, const run_analysis *analysis, sw_err *err);

#endif
