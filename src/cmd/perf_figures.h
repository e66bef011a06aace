/* perf_figures.h - a row of `spillway perf` summed up over its repetitions: medians and spread, for every output. */
#ifndef CMD_PERF_FIGURES_H
#define CMD_PERF_FIGURES_H

#include <stddef.h>

#include "cmd/perf_measure.h"
#include "figures/stats.h"

/* Figures of a row, one per repetition, in order. */
typedef struct perf_figures {
    size_t n;
    double rate[PERF_REPEAT_MAX];  // tokens/s
    double used[PERF_REPEAT_MAX];  // work per second; NAN: not known
    double limit[PERF_REPEAT_MAX]; // work per second that the machine could have done
    double share[PERF_REPEAT_MAX]; // used / limit
} perf_figures;

typedef struct perf_spread {
    sample_stats rate, used, limit, share; // used and share without values (n is 0) if the work is not known
} perf_spread;

perf_figures perf_figures_of(const perf *p, const perf_row *row);
perf_spread perf_spread_of(const perf *p, const perf_row *row);
/* What used and limit count, in billions: "GB/s read". */
const char *perf_unit(const perf_row *row);
const char *perf_test_name(const perf_row *row);

typedef char perf_bytes_text[16];
/* "12.345 MB", "1.234 GB"; powers of 1000.  Returns `out`. */
const char *perf_show_bytes(double n, perf_bytes_text out);

#endif
