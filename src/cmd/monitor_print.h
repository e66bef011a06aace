/* monitor_print.h - what `spillway monitor` prints where there is no screen. */
#ifndef CMD_MONITOR_PRINT_H
#define CMD_MONITOR_PRINT_H

#include "base/buf.h"
#include "cmd/monitor_history.h"
#include "monitor/gpu.h"
#include "monitor/recording.h"

/* All figures of one sample, totals as they are, with unit and meaning; width 0: lines of any length.  allocated: VRAM
 * by the server's own word; NAN: not told. */
void monitor_print_sample(buf *out, const recording_head *head, const sample_values *values, double allocated,
                          int width);
/* The figures of each GPU, where there are several. */
void monitor_print_gpus(buf *out, const gpu *g, int width);
/* {"head": {...}, "sample": {...}, "gpus": [...], "vram_allocated_bytes": ...} */
void monitor_print_json(buf *out, const recording_head *head, const sample_values *values, const gpu *g,
                        double allocated);
/* The names of the columns of a line, and a line for the latest sample; with "\n". */
void monitor_print_names(buf *out);
void monitor_print_line(buf *out, const monitor_history *h, int64_t unix_s);

#endif
