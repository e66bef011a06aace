/* store_db.h - the part of SQLite that both halves of the store use, reading and writing.
 *
 * A statement is prepared, bound from a list, stepped and finalized.  An error names the store's file and the action
 * that failed.
 */
#ifndef RESULTS_STORE_DB_H
#define RESULTS_STORE_DB_H

#include <sqlite3.h>

#include "spillway/error.h"

typedef struct result_store {
    sqlite3 *db;
    char *path;
} result_store;

/* An error with SQLite's own message; `doing` completes "cannot ...". */
sw_code store_fail(const result_store *store, const char *doing, sw_err *err);

/* Runs SQL text without results. */
SW_NODISCARD sw_code store_exec(result_store *store, const char *sql, const char *doing, sw_err *err);

SW_NODISCARD sw_code store_prepare(result_store *store, const char *sql, sqlite3_stmt **out, sw_err *err);

/* Binds by position with one letter each: 'i' int64_t, 'd' double (NAN becomes NULL), 's' const char *. */
void store_bind(sqlite3_stmt *statement, const char *types, ...);

/* Steps a statement that returns no rows and resets it. */
SW_NODISCARD sw_code store_step(result_store *store, sqlite3_stmt *statement, const char *doing, sw_err *err);

#endif
