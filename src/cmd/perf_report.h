/* perf_report.h - what `spillway perf` measured, on standard output: a table for people, or one JSON document. */
#ifndef CMD_PERF_REPORT_H
#define CMD_PERF_REPORT_H

#include "cmd/perf_measure.h"

/* `e` is any of the engines: facts about its model are the same in all of them. */
void perf_print_table(const perf *p, sw_engine *e);
/* Errors: SW_ENOMEM. */
SW_NODISCARD sw_code perf_print_json(const perf *p, sw_engine *e, sw_err *err);

#endif
