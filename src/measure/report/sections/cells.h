/* cells.h - figures as cells of the table under way; one that does not exist is "-". */
#ifndef REPORT_CELLS_H
#define REPORT_CELLS_H

#include "figures/preservation_verdict.h"
#include "report/document.h"
#include "report/format.h"

void cell_number(document *doc, double value);
/* A score from 0 to 1, where 0 is common and small differences count: "0.000". */
void cell_score(document *doc, double value);
void cell_percent(document *doc, double share); // 0 to 1
void cell_bytes(document *doc, double bytes);
void cell_integer(document *doc, int64_t value); // negative: not known
void cell_range(document *doc, double low, double high);
void cell_by_unit(document *doc, double value, const char *unit);
/* "3/4"; "-" of none. */
void cell_ratio(document *doc, int n, int n_all);
doc_tone preservation_tone(preservation_verdict verdict);
/* The test's name with its repetition, leading to its answer. */
void cell_test(document *doc, const run_record *run, const test_record *test);

#endif
