/* store_db.c - statements: every failure is named by the store's file, the action and SQLite's own message. */
#include "results/store_db.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What SQLite's codes are here, and what a user can do about each. */
static const struct {
    int sqlite;
    sw_code code;
    const char *remedy;
} REMEDIES[] = {
    {SQLITE_NOMEM, SW_ENOMEM, ""},
    {SQLITE_NOTADB, SW_EFORMAT, "; name a store that spillway made"},
    {SQLITE_CORRUPT, SW_EFORMAT, "; use a copy of the file, or save what can be read: sqlite3 FILE .recover"},
    {SQLITE_INTERRUPT, SW_EFORMAT,
     ": it is damaged; use a copy of the file"}, // it has more to read than its size allows
    {SQLITE_BUSY, SW_EBUSY, "; another program is writing to it: wait until that ends, and try again"},
    {SQLITE_FULL, SW_EIO, "; free some storage, and try again"},
    {SQLITE_IOERR, SW_EIO, "; the file is at its largest size, over a quota, or its storage fails"},
    {SQLITE_CANTOPEN, SW_EIO,
     "; a run that was ended left a journal beside it: copy both to a folder that can be written"},
    {SQLITE_READONLY, SW_EIO, "; it is write-protected: allow writing to the file and its folder, or copy it"},
};

sw_code store_fail(const result_store *store, const char *doing, sw_err *err)
{
    const int found = sqlite3_errcode(store->db);
    sw_code code = SW_EIO;
    const char *remedy = "";
    for (size_t i = 0; i < sizeof REMEDIES / sizeof *REMEDIES; i++) {
        if (REMEDIES[i].sqlite == found) {
            code = REMEDIES[i].code;
            remedy = REMEDIES[i].remedy;
        }
    }
    return sw_fail(err, code, "%s: cannot %s: %s%s", store->path, doing, sqlite3_errmsg(store->db), remedy);
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

/* A failed bind (memory) leaves NULL, which the NOT NULL columns refuse when the statement is stepped. */
static void bind_text(sqlite3_stmt *statement, int at, const char *text, size_t n)
{
    sqlite3_bind_text64(statement, at, text != NULL ? text : "", text != NULL ? n : 0, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static int64_t as_signed(uint64_t value)
{
    return value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

void store_bind(sqlite3_stmt *statement, const char *types, ...)
{
    va_list args;
    va_start(args, types);
    for (int at = 1; types[at - 1] != '\0'; at++) {
        const char type = types[at - 1];
        if (type == 'i') {
            sqlite3_bind_int64(statement, at, va_arg(args, int64_t));
        } else if (type == 'n') {
            sqlite3_bind_int(statement, at, va_arg(args, int));
        } else if (type == 'u') {
            sqlite3_bind_int64(statement, at, as_signed(va_arg(args, uint64_t)));
        } else if (type == 'd') {
            sqlite3_bind_double(statement, at, va_arg(args, double));
        } else if (type == 'p') {
            const int position = va_arg(args, int);
            if (position < 0)
                sqlite3_bind_null(statement, at);
            else
                sqlite3_bind_int(statement, at, position);
        } else if (type == 's') {
            const char *const text = va_arg(args, const char *);
            bind_text(statement, at, text, text != NULL ? strlen(text) : 0);
        } else if (type == 't') {
            const char *const text = va_arg(args, const char *);
            bind_text(statement, at, text, va_arg(args, size_t));
        } else {
            const void *const blob = va_arg(args, const void *);
            sqlite3_bind_blob64(statement, at, blob, va_arg(args, size_t), SQLITE_TRANSIENT);
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

sw_code store_finish(result_store *store, sqlite3_stmt *statement, const char *doing, sw_err *err)
{
    const sw_code code = store_step(store, statement, doing, err);
    sqlite3_finalize(statement);
    return code;
}

sw_code store_begin(result_store *store, const char *doing, sw_err *err)
{
    return store_exec(store, "BEGIN IMMEDIATE", doing, err);
}

sw_code store_end(result_store *store, sw_code code, const char *doing, sw_err *err)
{
    if (code == SW_OK)
        code = store_exec(store, "COMMIT", doing, err);
    if (code != SW_OK)
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return code;
}
