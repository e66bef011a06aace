/* trend_format.c - slopes as text. */
#include <math.h>
#include <stdio.h>

#include "compare/trend_report.h"
#include "report/format.h"

void trend_format_slope(char out[CELL_BYTES], const trend_row *row)
{
    if (!row->is_judged)
        snprintf(out, CELL_BYTES, "-");
    else
        snprintf(out, CELL_BYTES, COMPARE_METRIC_ROWS[row->metric].is_relative ? "%+.2f%%" : "%+.3g", row->slope);
}

void trend_format_range(char out[CELL_BYTES], const trend_row *row)
{
    if (!row->is_judged || isnan(row->range.low))
        snprintf(out, CELL_BYTES, "-");
    else
        snprintf(out, CELL_BYTES, COMPARE_METRIC_ROWS[row->metric].is_relative ? "%+.2f to %+.2f" : "%+.3g to %+.3g",
                 row->range.low, row->range.high);
}
