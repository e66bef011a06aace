/* report.h - a stored run as text, Markdown, HTML and JSON.
 *
 * Every writer takes the analysis of a loaded run, and appends to a buffer; none runs or measures anything.  Texts from
 * outside (answers, names, errors) go through the escaper of the sink.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "base/buf.h"
#include "figures/analysis.h"
#include "spillway/clock.h"

/* Table and totals for a terminal of `width` characters; 0: as wide as they are. */
void report_text(buf *out, const run_analysis *analysis, int width);
void report_markdown(buf *out, const run_analysis *analysis);
/* One page that needs no network: style, script and data are inside.  `entropy` gives the number that only the page's
 * own script has; NULL: the operating system's. */
SW_NODISCARD sw_code report_html(buf *out, const run_analysis *analysis, const sw_entropy *entropy, sw_err *err);
/* One line of comma-separated values for every test, below a line with the names of the figures (RFC 4180). */
void report_csv(buf *out, const run_analysis *analysis);
/* One JSON document with every figure, the definitions of the figures, and the answers. */
SW_NODISCARD sw_code report_json(buf *out, const run_analysis *analysis, sw_err *err);
/* The tests of that document, one on a line. */
SW_NODISCARD sw_code report_jsonl(buf *out, const run_analysis *analysis, sw_err *err);
/* The data of the page's charts: ASCII JSON without "<", which is safe inside a page. */
SW_NODISCARD sw_code report_chart_data(buf *out, const run_analysis *analysis, sw_err *err);

/* Writes report.md and report.html into `dir`, each whole or not at all. */
SW_NODISCARD sw_code report_write(const run_analysis *analysis, const char *dir, const sw_entropy *entropy,
                                  sw_err *err);

enum { REPORT_BYTES_MAX = 512 * 1024 * 1024 };

#endif
