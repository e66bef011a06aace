/* store_row.h - reads the rows of a query, column by column.
 *
 * A store is hostile input.  Numbers come back within the bounds that the caller names, whatever is stored; texts are
 * copied and valid UTF-8; what cannot be read at all ends the query with an error that names it.
 */
#ifndef RESULTS_STORE_ROW_H
#define RESULTS_STORE_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "results/store_db.h"

/* Times in ns and ms, and counts of bytes and tokens: sums of a few million of them stay in 64 bits. */
#define ROW_NUMBER_MAX INT64_C(100000000000000000)

typedef struct row {
    result_store *store;
    sqlite3_stmt *statement; // NULL: the query failed
    arena *keep;             // copies of texts
    const char *doing;       // completes "cannot ..."
    int column;              // the next one
    sw_err *err;             // filled with the first error
    sw_code code;            // set by the caller too, if a row cannot be used; ends the query
} row;

/* Starts a query with one number as its parameter.  `doing` completes "cannot ...". */
row row_begin(result_store *store, const char *sql, int64_t id, arena *keep, const char *doing, sw_err *err);
/* Steps to the next row; false after the last one and after an error. */
bool row_next(row *r);
/* Ends the query.  Errors: SW_EFORMAT (damaged), SW_EIO, SW_ENOMEM, or r->code. */
SW_NODISCARD sw_code row_end(row *r);

/* The next column, as the nearest number of min to max. */
int64_t row_integer(row *r, int64_t min, int64_t max);
/* A number of at least `min` that is not large. */
int row_int(row *r, int min);
/* 0 or a count. */
uint64_t row_count(row *r);
/* NULL and what is not finite is NAN. */
double row_double(row *r);
/* A position in a list of n; NULL is -1.  Another value is damage. */
int row_position(row *r, size_t n);
/* Never NULL.  n_out may be NULL. */
const char *row_text(row *r, size_t *n_out);
const char *row_string(row *r);
/* Valid until the next row_next; NULL if it is NULL, or damage. */
const uint8_t *row_blob(row *r, size_t *n_out);

/* Ends the query: the store holds something that it cannot hold; `what` follows "is damaged: ". */
void row_damaged(row *r, const char *what);
/* Ends the query: memory was short. */
void row_out_of_memory(row *r);

#endif
