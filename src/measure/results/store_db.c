/* store_db.c - statements: every failure is named by the store's file, the action and SQLite's own message. */
#include "results/store_db.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* SQLite's codes become ours only where a caller does something different for them. */
sw_code store_fail(const result_store *store, const char *doing, sw_err *err)
{
    const int code = sqlite3_errcode(store->db);
    return sw_fail(err,
                   code == SQLITE_NOMEM    ? SW_ENOMEM
                   : code == SQLITE_NOTADB ? SW_EFORMAT
                                           : SW_EIO,
                   "%s: cannot %s: %s", store->path, doing, sqlite3_errmsg(store->db));
}

sw_code store_exec(result_store *store, const char *sql, const char *doing, sw_err *err)
{
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? SW_OK : store_fail(store, doing, err);
}

sw_code store_prepare(result_store *store, const char *sql, sqlite3_stmt **out, sw_err *err)
{
    const int code = sqlite3_prepare_v2(store->db, sql, -1, out, NULL);
    return code == SQLITE_OK ? SW_OK : store_fail(store, "prepare a statement", err);
}

void store_bind(sqlite3_stmt *statement, const char *types, ...)
{
    va_list args;
    va_start(args, types);
    for (int i = 0; types[i] != '\0'; i++) {
        // A failed bind (memory) leaves NULL, which the NOT NULL columns refuse when the statement is stepped.
        switch (types[i]) {
        case 'i': sqlite3_bind_int64(statement, i + 1, va_arg(args, int64_t)); break;
        case 'd': sqlite3_bind_double(statement, i + 1, va_arg(args, double)); break;
        default: sqlite3_bind_text(statement, i + 1, va_arg(args, const char *), -1, SQLITE_TRANSIENT);
        }
    }
    va_end(args);
}

sw_code store_step(result_store *store, sqlite3_stmt *statement, const char *doing, sw_err *err)
{
    const bool ok = sqlite3_step(statement) == SQLITE_DONE;
    const sw_code code = ok ? SW_OK : store_fail(store, doing, err);
    sqlite3_reset(statement);
    return code;
}
