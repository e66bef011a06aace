/* runs_print.h - stored runs on standard output: a list of them, and one with what identifies it. */
#ifndef CMD_RUNS_PRINT_H
#define CMD_RUNS_PRINT_H

#include <jansson.h>

#include "base/buf.h"
#include "figures/analysis.h"
#include "report/text_table.h"
#include "results/store.h"

/* "stress" or "bench": the command that made it. */
const char *run_entry_kind(const run_entry *entry);

/* The table of runs; NULL when memory is short, which all functions accept. */
text_table *runs_table_create(void);
/* Appends a row. */
void runs_table_put(text_table *table, const char *store, const run_entry *entry);

/* One element of the JSON list; NULL when memory is short. */
json_t *runs_json(const char *store, const run_entry *entry);

/* Appends what identifies the run, its models, servers and facts, each on a line. */
void runs_put_identity(buf *out, const char *store, const run_record *run);

#endif
