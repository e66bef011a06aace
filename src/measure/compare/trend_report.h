/* trend_report.h - a trend that was judged, for a reader and for programs.  Texts from outside are escaped for their
 * form.
 */
#ifndef COMPARE_TREND_REPORT_H
#define COMPARE_TREND_REPORT_H

#include "compare/run_trend.h"
#include "report/document.h"
#include "spillway/clock.h"

/* Appends all blocks; `knob` is the part in which the runs may differ. */
void trend_document(document *doc, const run_trend *t, const char *knob);
/* Appends that document as one page that needs no network.  `entropy` as for page_nonce.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code trend_html(buf *out, const run_trend *t, const char *knob, const sw_entropy *entropy, sw_err *err);
/* Appends one document, schema 1.  Errors: SW_ENOMEM, SW_ELIMIT. */
SW_NODISCARD sw_code trend_json(buf *out, const run_trend *t, sw_err *err);
/* Appends a line for each run of each figure. */
void trend_csv(buf *out, const run_trend *t);

/* "-1.02% per run"; the interval as "-1.1 to -0.9"; "-" without one. */
void trend_format_slope(char out[48], const trend_row *row);
void trend_format_range(char out[48], const trend_row *row);
/* Appends the chart of a row as SVG, coloured by the classes of web/src/trend.css. */
void trend_chart(buf *out, const run_trend *t, const trend_row *row);

#endif
