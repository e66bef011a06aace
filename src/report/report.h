/* report.h - a stored run as something to read.
 *
 * Every writer takes a loaded run and its summary, and appends to a buffer; none runs or measures anything.  Texts from
 * outside (answers, names, errors) go through the escaper of the sink.
 */
#ifndef SW_REPORT_H
#define SW_REPORT_H

#include "base/buf.h"
#include "results/summary.h"

/* Table and totals for a terminal. */
void sw_report_text(sw_buf *out, const sw_run *run, const sw_summary *summary);
void sw_report_markdown(sw_buf *out, const sw_run *run, const sw_summary *summary);
/* One page that needs no network: style, script and data are inside. */
SW_NODISCARD sw_code sw_report_html(sw_buf *out, const sw_run *run, const sw_summary *summary, sw_err *err);
/* One JSON document with every figure, the definitions of the figures, and the answers. */
SW_NODISCARD sw_code sw_report_json(sw_buf *out, const sw_run *run, const sw_summary *summary, sw_err *err);
/* The data that the page's charts are drawn from: JSON without "<", so that it can stand inside a page. */
SW_NODISCARD sw_code sw_report_chart_data(sw_buf *out, const sw_run *run, const sw_summary *summary, sw_err *err);

/* Writes report.md and report.html into `dir`, each whole or not at all. */
SW_NODISCARD sw_code sw_report_write(const sw_run *run, const sw_summary *summary, const char *dir, sw_err *err);

enum { SW_REPORT_BYTES_MAX = 512 * 1024 * 1024 };

#endif
