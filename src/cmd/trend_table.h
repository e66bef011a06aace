/* trend_table.h - what `spillway trend` shows on a terminal. */
#ifndef CMD_TREND_TABLE_H
#define CMD_TREND_TABLE_H

#include "base/buf.h"
#include "compare/run_trend.h"

/* Appends the runs that were left out, what changed on the way, and a table for each model.  `width` in characters; 0:
 * any. */
void trend_table_put(buf *out, const run_trend *t, const char *knob, int width, bool is_ascii);

#endif
