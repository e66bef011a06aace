/* perf_report.h - what `spillway perf` measured, on standard output: a table for people, or a document. */
#ifndef CMD_PERF_REPORT_H
#define CMD_PERF_REPORT_H

#include <stdbool.h>

#include "base/buf.h"
#include "cmd/perf_measure.h"

typedef enum perf_format { PERF_TABLE, PERF_MARKDOWN, PERF_CSV, PERF_JSON, PERF_JSON_LINES } perf_format;

/* Returns false if no format has that name: "table", "md", "csv", "json" or "jsonl". */
bool perf_format_from_name(const char *name, perf_format *out);

/* Prints the results.  `e` is any of the engines: facts about its model are the same in all of them.  Errors:
 * SW_ENOMEM.
 */
SW_NODISCARD sw_code perf_print(const perf *p, sw_engine *e, perf_format format, sw_err *err);

/* Appends what a GPU that did a part of the work means for the figures; nothing without one. */
void perf_put_device_note(buf *out, sw_engine *e, int width);

/* One format each.  `width` is that of the terminal; 0: any.  A buffer fails when memory is short. */
void perf_put_table(buf *out, const perf *p, sw_engine *e, int width);
void perf_put_markdown(buf *out, const perf *p, sw_engine *e);
void perf_put_csv(buf *out, const perf *p, sw_engine *e);
void perf_put_json(buf *out, const perf *p, sw_engine *e);
void perf_put_json_lines(buf *out, const perf *p); // the rows of that document

#endif
