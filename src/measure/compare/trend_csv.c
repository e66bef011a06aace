/* trend_csv.c - a line for each value. */
#include "compare/trend_report.h"
#include "report/csv.h"

static void put_row(buf *out, const run_trend *t, const trend_row *row)
{
    const compare_metric_row *const metric = &COMPARE_METRIC_ROWS[row->metric];
    for (size_t i = 0; i < t->n_runs; i++) {
        const trend_value v = run_trend_value(row, i);
        csv_text(out, row->model);
        csv_text(out, row->label);
        csv_text(out, metric->scope == SCOPE_MODEL ? "" : run_trend_place(row));
        csv_text(out, metric->name);
        csv_text(out, metric->unit);
        csv_text(out, t->runs[i].name);
        csv_integer(out, t->runs[i].started_unix_ms);
        csv_text(out, t->runs[i].version);
        csv_text(out, t->runs[i].changed);
        csv_number(out, v.value);
        csv_number(out, v.low);
        csv_number(out, v.high);
        csv_end_line(out);
    }
}

void trend_csv(buf *out, const run_trend *t)
{
    static const char *const NAMES[] = {"model",        "label",           "mode",     "metric",  "unit",
                                        "run",          "started_unix_ms", "spillway", "changed", "value",
                                        "low_quartile", "high_quartile"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        csv_text(out, NAMES[i]);
    csv_end_line(out);
    for (size_t i = 0; i < t->n_rows; i++)
        put_row(out, t, &t->rows[i]);
}
