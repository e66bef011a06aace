/* trace_row.h - one line of a trace of experts, as JSON or CSV. */
#ifndef CACHE_TRACE_ROW_H
#define CACHE_TRACE_ROW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/limits.h"
#include "spillway/error.h"

/* The members that matter; the others are checked. */
typedef struct trace_row {
    int layer, n_used;
    int experts[LIMIT_MODEL_EXPERTS_USED]; // (n_used), all different
    int n_weights;
} trace_row;

/* Returns true if the first line is the head of the CSV form. */
bool trace_row_is_csv(const char *text, size_t n);
/* Read one line without its line break.  Errors: SW_EFORMAT (names source, line and member), SW_ENOMEM. */
SW_NODISCARD sw_code trace_row_csv(trace_row *out, const char *line, size_t n, const char *source, size_t number,
                                   sw_err *err);
SW_NODISCARD sw_code trace_row_json(trace_row *out, const char *line, size_t n, const char *source, size_t number,
                                    sw_err *err);

#endif
