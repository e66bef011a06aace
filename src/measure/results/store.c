/* store.c - opens a store: for writing as the newest schema, for reading as whatever it is. */
#include "results/store.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "results/store_db.h"
#include "results/store_migrate.h"
#include "results/store_schema.h"

enum {
    BUSY_WAIT_MS = 5000, // another spillway may be writing
    STEPS = 100000,      // of SQLite, between two calls of count_steps
    CALLS_MIN = 10,      // that opening a store may take, and one more for so many bytes of it: several times the need
    BYTES_PER_CALL = 5000,
};

/* ---- opening the file ------------------------------------------------------------------------------------------- */

/* Why the file cannot be opened: SQLite says no more than that it cannot. */
static sw_code open_error(const result_store *store, const char *path, sw_err *err)
{
    struct stat st;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return sw_fail(err, SW_EIO, "%s is a folder, and results are stored in a file; name a file in it", path);
    if (store->db == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory opening %s", path);
    const int number = sqlite3_system_errno(store->db);
    return sw_fail(err, number == ENOENT ? SW_ENOTFOUND : SW_EIO, "cannot open the results in %s: %s", path,
                   number != 0 ? strerror(number) : sqlite3_errmsg(store->db));
}

/* Nothing in the file may run: no trigger, no view, no function of its own. */
static void distrust(sqlite3 *db)
{
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
}

static sw_code open_file(result_store *store, const char *path, bool read_only, sw_err *err)
{
    // Also for reading: the journal that a killed run left must be merged.
    const int flags = SQLITE_OPEN_READWRITE | (read_only ? 0 : SQLITE_OPEN_CREATE);
    if (sqlite3_open_v2(path, &store->db, flags, NULL) != SQLITE_OK)
        return open_error(store, path, err);
    distrust(store->db);
    sqlite3_busy_timeout(store->db, BUSY_WAIT_MS);
    return SW_OK;
}

/* ---- opening the store ------------------------------------------------------------------------------------------ */

/* Stops SQLite (with a true value) in a file whose pages refer to each other without end. */
static int count_steps(void *ud)
{
    int64_t *const n_left = ud;
    return --*n_left < 0;
}

/* Replaces the file by a copy of the newest schema in memory: what is only read is not changed. */
static sw_code migrate_copy(result_store *store, int version, sw_err *err)
{
    sqlite3 *memory;
    if (sqlite3_open(":memory:", &memory) != SQLITE_OK) {
        sqlite3_close(memory);
        return sw_fail(err, SW_ENOMEM, "out of memory opening %s", store->path);
    }
    sqlite3_backup *const backup = sqlite3_backup_init(memory, "main", store->db, "main");
    const int copied = backup != NULL ? sqlite3_backup_step(backup, -1) : SQLITE_ERROR;
    sqlite3_backup_finish(backup);
    if (copied != SQLITE_DONE) {
        sqlite3_close(memory);
        return sw_fail(err, SW_EIO, "%s cannot be read: %s", store->path, sqlite3_errstr(copied));
    }
    sqlite3_close(store->db);
    store->db = memory;
    distrust(memory);
    const sw_code code = store_begin(store, "read it", err);
    return code == SW_OK ? store_end(store, store_migrate(store, version, err), "read it", err) : code;
}

/* Bytes of the store, or of the journal beside it; 0 if there is none. */
static int64_t file_bytes(const result_store *store, const char *suffix)
{
    struct stat st;
    char *const path = sqlite3_mprintf("%s%s", store->path, suffix);
    const int64_t n = path != NULL && stat(path, &st) == 0 ? st.st_size : 0;
    sqlite3_free(path);
    return n;
}

/* Checks the file, with work that is bounded by its size. */
static sw_code check(result_store *store, int *version_out, sw_err *err)
{
    int64_t n_left = CALLS_MIN + (file_bytes(store, "") + file_bytes(store, "-wal")) / BYTES_PER_CALL;
    sqlite3_progress_handler(store->db, STEPS, count_steps, &n_left);
    const sw_code code = schema_check(store, version_out, err);
    sqlite3_progress_handler(store->db, 0, NULL, NULL);
    return code;
}

/* For writing, in one transaction: two programs may open a new store at the same moment, and a crash leaves what was
 * there.  A file without objects and marks is new. */
static sw_code bring_to_newest(result_store *store, sw_err *err)
{
    int version;
    sw_code code = store_begin(store, "open it", err);
    if (code != SW_OK)
        return code;
    code = check(store, &version, err);
    if (code == SW_OK && version == 0)
        code = schema_create(store, version, err);
    else if (code == SW_OK && version < STORE_SCHEMA_VERSION)
        code = store_migrate(store, version, err);
    return store_end(store, code, "open it", err);
}

static sw_code check_for_reading(result_store *store, sw_err *err)
{
    int version;
    const sw_code code = check(store, &version, err);
    if (code == SW_OK && version == 0)
        return sw_fail(err, SW_EFORMAT, "%s is empty; name a store that `spillway bench` has written", store->path);
    return code == SW_OK && version < STORE_SCHEMA_VERSION ? migrate_copy(store, version, err) : code;
}

sw_code store_open(result_store **out, const char *path, bool read_only, sw_err *err)
{
    *out = NULL;
    result_store *const store = mem_calloc(1, sizeof *store);
    if (store == NULL || (store->path = mem_strdup(path)) == NULL) {
        mem_free(store);
        return sw_fail(err, SW_ENOMEM, "out of memory opening %s", path);
    }
    sw_code code = open_file(store, path, read_only, err);
    if (code == SW_OK)
        code = read_only ? check_for_reading(store, err) : bring_to_newest(store, err);
    if (code == SW_OK)
        code = store_exec(store, "PRAGMA foreign_keys = ON", "set it up", err);
    if (code == SW_OK && !read_only) // FULL: a committed test survives a power failure, too
        code = store_exec(store, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", "set it up", err);
    store->is_writer = code == SW_OK && !read_only;
    if (code != SW_OK) {
        store_close(store);
        return code;
    }
    *out = store;
    return SW_OK;
}

/* A store that is closed is one file, which can be read in a folder that cannot be written.  If another program reads
 * it now, its journal remains beside it, which is as good. */
void store_close(result_store *store)
{
    if (store == NULL)
        return;
    if (store->is_writer) {
        sqlite3_busy_timeout(store->db, 0);
        sqlite3_exec(store->db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
    }
    sqlite3_close(store->db);
    mem_free(store->path);
    mem_free(store);
}
