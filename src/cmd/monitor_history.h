/* monitor_history.h - the last samples that `spillway monitor` took, for its graphs. */
#ifndef CMD_MONITOR_HISTORY_H
#define CMD_MONITOR_HISTORY_H

#include <stddef.h>

#include "cmd/monitor_rows.h"

enum {
    MONITOR_HISTORY = 2048,
    MONITOR_BINS_MAX = 256, // of a graph
};

/* A structure of zeros is empty; n_cores must be set. */
typedef struct monitor_history {
    long n_cores;
    size_t n; // samples ever added; the last MONITOR_HISTORY of them are kept
    double t_s[MONITOR_HISTORY];
    sample_values values[MONITOR_HISTORY];
} monitor_history;

/* t_s: since the start. */
void monitor_history_add(monitor_history *h, double t_s, const sample_values *values);
/* The figure of the latest sample; NAN if there is none. */
double monitor_history_latest(const monitor_history *h, const monitor_row *row);
/* The figure in the last `n_bins` bins of `n_per_bin` samples each, the highest of each bin; NAN: not known.  Bins
 * begin at fixed samples, so that a graph moves by whole bins. */
void monitor_history_bins(const monitor_history *h, const monitor_row *row, size_t n_per_bin, size_t n_bins,
                          double out[MONITOR_BINS_MAX]);

#endif
