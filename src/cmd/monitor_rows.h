/* monitor_rows.h - the figures that `spillway monitor` shows, made from samples: amounts as they are, totals as rates.
 */
#ifndef CMD_MONITOR_ROWS_H
#define CMD_MONITOR_ROWS_H

#include <stdbool.h>

#include "report/format.h"
#include "results/sample_figures.h"

typedef enum monitor_group {
    MONITOR_MEMORY,
    MONITOR_CGROUP,
    MONITOR_STORAGE,
    MONITOR_PROCESSOR,
    MONITOR_PRESSURE,
    MONITOR_GPU,
    N_MONITOR_GROUPS
} monitor_group;

extern const char *const MONITOR_GROUPS[N_MONITOR_GROUPS];

typedef enum monitor_kind {
    MONITOR_BYTES,
    MONITOR_MARK,  // bytes that change seldom: without a graph
    MONITOR_COUNT, // the same of a number
    MONITOR_PERCENT,
    MONITOR_MHZ,
    MONITOR_CELSIUS,
    MONITOR_WATT,
    MONITOR_BYTES_FLOW, // bytes per second that were measured as such
    // of totals
    MONITOR_BYTES_RATE, // per second
    MONITOR_RATE,       // per second
    MONITOR_CORES,      // processor seconds per second
    MONITOR_SHARE,      // the same as a share of all cores, in percent
} monitor_kind;

typedef struct monitor_row {
    monitor_group group;
    sample_figure figure;
    monitor_kind kind;
    const char *label; // in its group
    const char *name;  // in JSON
    double alarm;      // from here on it is shown as a warning; 0: never
} monitor_row;

enum { N_MONITOR_ROWS = N_SAMPLE_FIGURES }; // one for each figure
extern const monitor_row MONITOR_ROWS[N_MONITOR_ROWS];

/* The figure of a row between two samples that are dt_s apart.  `before` NULL: there is none, and rates are NAN. */
double monitor_row_value(const monitor_row *row, const sample_values *before, const sample_values *now, double dt_s,
                         long n_cores);
enum { MONITOR_VALUE_COLUMNS = 12 }; // that a figure of any size takes at most, or almost
/* "812.4 MiB", "3.2 MiB/s", "1.83 cores"; "-" for NAN. */
void monitor_row_format(char out[CELL_BYTES], const monitor_row *row, double value);
/* "B", "B/s", "cores", "%", ... */
const char *monitor_row_unit(const monitor_row *row);

#endif
