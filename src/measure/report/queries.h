/* queries.h - SQL over the store that gives the raw rows of a run, and with them what its figures are made of. */
#ifndef REPORT_QUERIES_H
#define REPORT_QUERIES_H

#include <stdint.h>

#include "base/buf.h"

typedef struct report_query {
    const char *name;  // "events": what figures name as their rows
    const char *title; // what a row is
    const char *sql;   // one statement; its parameter :run is the run's number in the store
} report_query;

/* The columns that say which request a row is about count from 1, as the anchors of the report do. */
enum { N_REPORT_QUERIES = 11 };
extern const report_query REPORT_QUERIES[N_REPORT_QUERIES];

/* Appends the statement with the number in place of :run. */
void report_query_put(buf *out, const report_query *query, int64_t run);

#endif
