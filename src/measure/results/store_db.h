/* store_db.h - the part of SQLite that both halves of the store use, reading and writing.
 *
 * A statement is prepared, bound from a list, stepped and finalized.  An error names the store's file and the action
 * that failed.
 */
#ifndef RESULTS_STORE_DB_H
#define RESULTS_STORE_DB_H

#include <sqlite3.h>
#include <stdbool.h>

#include "spillway/error.h"

typedef struct result_store {
    sqlite3 *db;
    char *path;
    bool is_writer; // it was opened for writing, without an error
} result_store;

/* An error with SQLite's own message; `doing` completes "cannot ...". */
sw_code store_fail(const result_store *store, const char *doing, sw_err *err);

/* Runs SQL text without results. */
SW_NODISCARD sw_code store_exec(result_store *store, const char *sql, const char *doing, sw_err *err);

SW_NODISCARD sw_code store_prepare(result_store *store, const char *sql, sqlite3_stmt **out, sw_err *err);

/* Binds by position with one letter each:
 *   'i' int64_t
 *   'n' int
 *   'u' uint64_t, at most INT64_MAX is stored
 *   'p' int, a position; -1 becomes NULL
 *   'd' double; NAN becomes NULL
 *   's' const char *; NULL becomes ""
 *   't' const char *, size_t: a text of that many bytes
 *   'b' const void *, size_t: a blob; NULL becomes NULL */
void store_bind(sqlite3_stmt *statement, const char *types, ...);

/* Steps a statement that returns no rows and resets it. */
SW_NODISCARD sw_code store_step(result_store *store, sqlite3_stmt *statement, const char *doing, sw_err *err);
/* The same for a statement that is used once: it is finalized. */
SW_NODISCARD sw_code store_finish(result_store *store, sqlite3_stmt *statement, const char *doing, sw_err *err);

/* Begins a transaction that writes.  It takes the write lock at once, so that a busy store is waited for here and not
 * in the middle. */
SW_NODISCARD sw_code store_begin(result_store *store, const char *doing, sw_err *err);
/* Commits if `code` is SW_OK; else, and if that fails, nothing of the transaction remains.  Returns the first error. */
SW_NODISCARD sw_code store_end(result_store *store, sw_code code, const char *doing, sw_err *err);

#endif
