/* slowest_window.h - the speed that a server sustains: the slowest stretch of a given length.
 *
 * A mean over a run hides minutes in which nothing came.  Time is *busy time*: it passes while at least one request is
 * under way, so that a pause in which nothing was asked is not held against the server, and the evaluation of a prompt
 * is.  Every window of that length counts, wherever it begins.  Pure.
 */
#ifndef STRESS_SLOWEST_WINDOW_H
#define STRESS_SLOWEST_WINDOW_H

#include <stddef.h>

#include "spillway/error.h"

/* Tokens that arrived at a time. */
typedef struct token_arrival {
    double t_s;
    double n;
} token_arrival;

/* A request, from its first byte to the end of its answer. */
typedef struct work_span {
    double begin_s, end_s;
} work_span;

typedef struct slowest_window {
    double busy_s;   // time in which anything was under way
    double mean_tps; // over all of it; NAN of none
    double tps;      // of the slowest window; NAN if busy_s is shorter than a window
    double begin_s;  // where that window begins, on the clock of the spans
} slowest_window;

/* Tokens ascend in time; spans are in any order and may overlap.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code slowest_window_of(const token_arrival *tokens, size_t n_tokens, const work_span *spans,
                                       size_t n_spans, double window_s, slowest_window *out, sw_err *err);

#endif
