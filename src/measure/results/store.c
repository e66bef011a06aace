/* store.c - opens a store: its tables, the marks that identify it, and the statements of store_db.h. */
#include "results/store.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "results/store_db.h"

/* ---- tables: a later version adds its changes as a further step and a higher number, and never edits these ------ */

enum {
    APPLICATION_ID = 0x73706c77, // "splw" at byte 68 of the file
    SCHEMA_VERSION = 1,
};

static const char SCHEMA[] =
    "CREATE TABLE run ("
    "  id INTEGER PRIMARY KEY,"
    "  started_unix_ms INTEGER NOT NULL,"
    "  finished_unix_ms INTEGER NOT NULL DEFAULT 0,"
    "  status TEXT NOT NULL DEFAULT 'running',"
    "  version TEXT NOT NULL, url TEXT NOT NULL, model TEXT NOT NULL,"
    "  protocol_name TEXT NOT NULL, protocol_hash TEXT NOT NULL, protocol_json TEXT NOT NULL,"
    "  options_json TEXT NOT NULL, command TEXT NOT NULL,"
    "  cpu TEXT NOT NULL, os TEXT NOT NULL, n_cores INTEGER NOT NULL, memory_bytes INTEGER NOT NULL,"
    "  load_ms REAL,"
    "  n_planned INTEGER NOT NULL"
    ") STRICT;"
    "CREATE TABLE test ("
    "  id INTEGER PRIMARY KEY,"
    "  run_id INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,"
    "  phase TEXT NOT NULL CHECK (phase IN ('warmup', 'measure')),"
    "  test_index INTEGER NOT NULL, repeat INTEGER NOT NULL, start_ms INTEGER NOT NULL,"
    "  name TEXT NOT NULL, grp TEXT NOT NULL, prompt TEXT NOT NULL, kind TEXT NOT NULL,"
    "  max_tokens INTEGER NOT NULL, temperature REAL NOT NULL, seed INTEGER NOT NULL,"
    "  status TEXT NOT NULL, error TEXT NOT NULL, http_status INTEGER NOT NULL,"
    "  connect_ns INTEGER NOT NULL, headers_ns INTEGER NOT NULL, first_event_ns INTEGER NOT NULL,"
    "  end_ns INTEGER NOT NULL,"
    "  finish_reason TEXT NOT NULL, model TEXT NOT NULL, fingerprint TEXT NOT NULL,"
    "  prompt_tokens INTEGER NOT NULL, cached_tokens INTEGER NOT NULL,"
    "  completion_tokens INTEGER NOT NULL, reasoning_tokens INTEGER NOT NULL,"
    "  answer TEXT NOT NULL, reasoning TEXT NOT NULL,"
    "  UNIQUE (run_id, phase, test_index, repeat)"
    ") STRICT;"
    "CREATE TABLE event ("
    "  test_id INTEGER NOT NULL REFERENCES test(id) ON DELETE CASCADE,"
    "  i INTEGER NOT NULL, t_ns INTEGER NOT NULL, n_bytes INTEGER NOT NULL, is_reasoning INTEGER NOT NULL,"
    "  PRIMARY KEY (test_id, i)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE sample ("
    "  run_id INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,"
    "  t_ms INTEGER NOT NULL, test_index INTEGER NOT NULL,"
    "  private_bytes INTEGER NOT NULL, rss_bytes INTEGER NOT NULL, peak_rss_bytes INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX sample_by_run ON sample(run_id, t_ms);";

/* ---- opening ---------------------------------------------------------------------------------------------------- */

/* Reads a pragma, or a query, whose value is one number. */
static sw_code read_pragma(result_store *store, const char *sql, int64_t *out, sw_err *err)
{
    sqlite3_stmt *statement;
    sw_code code = store_prepare(store, sql, &statement, err);
    if (code != SW_OK)
        return code;
    if (sqlite3_step(statement) == SQLITE_ROW)
        *out = sqlite3_column_int64(statement, 0);
    else
        code = store_fail(store, "read it", err);
    sqlite3_finalize(statement);
    return code;
}

/* In one transaction: a crash leaves an empty file, which the next start takes as new. */
static sw_code create_schema(result_store *store, sw_err *err)
{
    char pragmas[96];
    sqlite3_snprintf(sizeof pragmas, pragmas, "PRAGMA application_id = %d; PRAGMA user_version = %d;",
                     (int)APPLICATION_ID, (int)SCHEMA_VERSION);
    sw_code code = store_exec(store, "BEGIN IMMEDIATE", "create it", err);
    if (code == SW_OK)
        code = store_exec(store, SCHEMA, "create its tables", err);
    if (code == SW_OK)
        code = store_exec(store, pragmas, "mark it", err);
    if (code == SW_OK)
        return store_exec(store, "COMMIT", "create it", err);
    sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return code;
}

/* A file may say that it is ours and not be: a view in the place of a table can compute for ever. */
static sw_code check_tables(result_store *store, sw_err *err)
{
    int64_t n_tables = 0;
    const sw_code code = read_pragma(store,
                                     "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND rootpage > 0"
                                     " AND name IN ('run', 'test', 'event', 'sample')",
                                     &n_tables, err);
    if (code == SW_OK && n_tables != 4)
        return sw_fail(err, SW_EFORMAT, "%s is damaged: it has %" PRId64 " of the 4 tables of spillway results",
                       store->path, n_tables);
    return code;
}

/* A file without objects and marks is new; a file with other marks belongs to another program and is not touched. */
static sw_code check_or_create_schema(result_store *store, bool read_only, sw_err *err)
{
    int64_t application = 0, version = 0, n_objects = 0;
    sw_code code = read_pragma(store, "PRAGMA application_id", &application, err);
    if (code == SW_OK)
        code = read_pragma(store, "PRAGMA user_version", &version, err);
    if (code == SW_OK)
        code = read_pragma(store, "SELECT count(*) FROM sqlite_schema", &n_objects, err);
    if (code != SW_OK)
        return code;
    if (n_objects == 0 && application == 0 && !read_only)
        return create_schema(store, err);
    if (application != APPLICATION_ID)
        return sw_fail(err, SW_EFORMAT, "%s is a database, but not one of spillway results; name another file",
                       store->path);
    if (version != SCHEMA_VERSION)
        return sw_fail(err, SW_EUNSUPPORTED,
                       "%s has schema %" PRId64 ", this spillway reads schema %d; use the spillway that made it",
                       store->path, version, (int)SCHEMA_VERSION);
    return check_tables(store, err);
}

sw_code store_open(result_store **out, const char *path, bool read_only, sw_err *err)
{
    *out = NULL;
    result_store *const store = mem_calloc(1, sizeof *store);
    if (store == NULL || (store->path = mem_strdup(path)) == NULL) {
        mem_free(store);
        return sw_fail(err, SW_ENOMEM, "out of memory opening %s", path);
    }
    // Also for reading: the journal that a killed run left must be merged.
    const int flags = SQLITE_OPEN_READWRITE | (read_only ? 0 : SQLITE_OPEN_CREATE);
    sw_code code = SW_OK;
    if (sqlite3_open_v2(path, &store->db, flags, NULL) != SQLITE_OK)
        code = sw_fail(err, SW_EIO, "cannot open the results in %s: %s", path,
                       store->db != NULL ? sqlite3_errmsg(store->db) : "out of memory");
    if (code == SW_OK) {
        sqlite3_busy_timeout(store->db, 5000); // ms: another spillway may be writing
        code = check_or_create_schema(store, read_only, err);
    }
    if (code == SW_OK)
        code = store_exec(store, "PRAGMA foreign_keys = ON", "set it up", err);
    if (code == SW_OK && !read_only) // FULL: a committed test survives a power failure, too
        code = store_exec(store, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", "set it up", err);
    if (code != SW_OK) {
        store_close(store);
        return code;
    }
    *out = store;
    return SW_OK;
}

void store_close(result_store *store)
{
    if (store == NULL)
        return;
    sqlite3_close(store->db);
    mem_free(store->path);
    mem_free(store);
}
