/* store_schema.c - the tables of all schemas as text, and the check that a file has them.
 *
 * Schema 3 is schema 2, the table of reviews, and more figures in samples; schema 4 adds the stages of stress runs, and
 * samples of each GPU where there are several.
 * Schemas 1 to 3 are never edited; schema 4 changes only until a spillway with it is released, and what comes later is
 * schema 5 with a further step in store_migrate.c.
 */
#include "results/store_schema.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"

enum { FOUND_BYTES_MAX = 65536 };

#define OF_RUN                                   "run_id INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE"
#define OF_TEST                                  "test_id INTEGER NOT NULL REFERENCES test(id) ON DELETE CASCADE"
#define OF_SUBJECT                               "FOREIGN KEY (run_id, subject) REFERENCES subject(run_id, position)"
#define OF_SERVER                                "FOREIGN KEY (run_id, server) REFERENCES server(run_id, position)"
#define SAMPLE_COLUMN(name, text, unit, meaning) "  " text " REAL,"
#define SCORE_COLUMN(name, text)                 "  " text " INTEGER,"
#define FLAG_COLUMN(name, text)                  "  " text " INTEGER NOT NULL,"

#define SAMPLE_TABLE(figures)                                                                                          \
    "CREATE TABLE sample ("                                                                                            \
    "  " OF_RUN ","                                                                                                    \
    "  t_ms INTEGER NOT NULL, server INTEGER, test_index INTEGER NOT NULL," figures(SAMPLE_COLUMN) "  " OF_SERVER      \
                                                                                                   ") STRICT"

/* A table or an index, with the statement that makes it. */
typedef struct schema_object {
    const char *name, *sql;
} schema_object;

/* Of this table alone schema 2 has another one than later schemas. */
static const schema_object SAMPLE_2 = {"sample", SAMPLE_TABLE(SAMPLE_FIGURES_2)};

/* Each schema from 2 on has the first of these; see N_OF_SCHEMA. */
static const schema_object NEWEST[] = {
    {"run", "CREATE TABLE run ("
            "  id INTEGER PRIMARY KEY,"
            "  started_unix_ms INTEGER NOT NULL, finished_unix_ms INTEGER NOT NULL,"
            "  status TEXT NOT NULL, reasons TEXT NOT NULL, fingerprint TEXT NOT NULL,"
            "  version TEXT NOT NULL, url TEXT NOT NULL, model TEXT NOT NULL,"
            "  protocol_name TEXT NOT NULL, protocol_hash TEXT NOT NULL, protocol_json TEXT NOT NULL,"
            "  options_json TEXT NOT NULL, command TEXT NOT NULL,"
            "  cpu TEXT NOT NULL, os TEXT NOT NULL, n_cores INTEGER NOT NULL, memory_bytes INTEGER NOT NULL,"
            "  n_sessions INTEGER NOT NULL, n_planned INTEGER NOT NULL"
            ") STRICT"},
    {"subject", "CREATE TABLE subject ("
                "  " OF_RUN ","
                "  position INTEGER NOT NULL,"
                "  name TEXT NOT NULL, family TEXT NOT NULL, file_name TEXT NOT NULL, file_hash TEXT NOT NULL,"
                "  quantization TEXT NOT NULL, file_bytes INTEGER NOT NULL,"
                "  n_parameters INTEGER NOT NULL, n_active_parameters INTEGER NOT NULL, n_layers INTEGER NOT NULL,"
                "  n_experts INTEGER NOT NULL, n_experts_used INTEGER NOT NULL, n_experts_shared INTEGER NOT NULL,"
                "  n_ctx_train INTEGER NOT NULL,"
                "  PRIMARY KEY (run_id, position)"
                ") STRICT, WITHOUT ROWID"},
    {"server", "CREATE TABLE server ("
               "  " OF_RUN ","
               "  position INTEGER NOT NULL,"
               "  subject INTEGER NOT NULL, side TEXT NOT NULL, session INTEGER NOT NULL,"
               "  url TEXT NOT NULL, software TEXT NOT NULL, command TEXT NOT NULL, started_ms INTEGER NOT NULL,"
               "  PRIMARY KEY (run_id, position), " OF_SUBJECT ") STRICT, WITHOUT ROWID"},
    {"placement", "CREATE TABLE placement ("
                  "  " OF_RUN ","
                  "  server INTEGER NOT NULL, tier TEXT NOT NULL, tensor_class TEXT NOT NULL, bytes INTEGER NOT NULL,"
                  "  requested TEXT NOT NULL, source TEXT NOT NULL, " OF_SERVER ") STRICT"},
    {"fact", "CREATE TABLE fact ("
             "  " OF_RUN ","
             "  subject INTEGER, server INTEGER,"
             "  name TEXT NOT NULL, number REAL, text TEXT NOT NULL, source TEXT NOT NULL,"
             "  " OF_SUBJECT ", " OF_SERVER ") STRICT"},
    {"test", "CREATE TABLE test ("
             "  id INTEGER PRIMARY KEY,"
             "  " OF_RUN ","
             "  subject INTEGER NOT NULL, server INTEGER, mode TEXT NOT NULL, variant TEXT NOT NULL,"
             "  phase TEXT NOT NULL CHECK (phase IN ('warmup', 'measure')),"
             "  test_index INTEGER NOT NULL, repeat INTEGER NOT NULL, start_ms INTEGER NOT NULL,"
             "  name TEXT NOT NULL, grp TEXT NOT NULL, prompt TEXT NOT NULL, kind TEXT NOT NULL,"
             "  max_tokens INTEGER NOT NULL, temperature REAL NOT NULL, seed INTEGER NOT NULL, expected TEXT NOT NULL,"
             "  status TEXT NOT NULL, error TEXT NOT NULL, http_status INTEGER NOT NULL,"
             "  scheduled_ns INTEGER NOT NULL, connect_ns INTEGER NOT NULL, headers_ns INTEGER NOT NULL,"
             "  first_event_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL,"
             "  finish_reason TEXT NOT NULL, model TEXT NOT NULL, fingerprint TEXT NOT NULL,"
             "  prompt_tokens INTEGER NOT NULL, cached_tokens INTEGER NOT NULL,"
             "  completion_tokens INTEGER NOT NULL, reasoning_tokens INTEGER NOT NULL,"
             "  sampled_temperature REAL, sampled_seed INTEGER NOT NULL,"
             "  queue_ms REAL, prompt_ms REAL, decode_ms REAL,"
             "  answer TEXT NOT NULL, reasoning TEXT NOT NULL, token_ids BLOB,"
             "  expert_layers INTEGER NOT NULL, experts INTEGER NOT NULL, experts_used INTEGER NOT NULL,"
             "  expert_tokens INTEGER NOT NULL,"
             "  " OF_SUBJECT ", " OF_SERVER ") STRICT"},
    {"event", "CREATE TABLE event ("
              "  " OF_TEST ","
              "  i INTEGER NOT NULL, t_ns INTEGER NOT NULL, n_bytes INTEGER NOT NULL, n_tokens INTEGER NOT NULL,"
              "  is_reasoning INTEGER NOT NULL,"
              "  PRIMARY KEY (test_id, i)"
              ") STRICT, WITHOUT ROWID"},
    {"test_check", "CREATE TABLE test_check ("
                   "  " OF_TEST ","
                   "  i INTEGER NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, is_technical INTEGER NOT NULL,"
                   "  weight REAL NOT NULL, outcome TEXT NOT NULL, detail TEXT NOT NULL,"
                   "  PRIMARY KEY (test_id, i)"
                   ") STRICT, WITHOUT ROWID"},
    {"expert", "CREATE TABLE expert ("
               "  " OF_TEST ","
               "  layer INTEGER NOT NULL, counts BLOB NOT NULL,"
               "  PRIMARY KEY (test_id, layer)"
               ") STRICT, WITHOUT ROWID"},
    {"sample", SAMPLE_TABLE(SAMPLE_FIGURES)},
    // A test is measured once; each session warms up anew.
    {"test_once", "CREATE UNIQUE INDEX test_once ON test(run_id, subject, mode, variant, test_index, repeat)"
                  " WHERE phase = 'measure'"},
    {"test_by_run", "CREATE INDEX test_by_run ON test(run_id)"},
    {"placement_by_run", "CREATE INDEX placement_by_run ON placement(run_id)"},
    {"fact_by_run", "CREATE INDEX fact_by_run ON fact(run_id)"},
    {"sample_by_run", "CREATE INDEX sample_by_run ON sample(run_id, t_ms)"},
    // A score that was not given is NULL.
    {"review", "CREATE TABLE review ("
               "  " OF_TEST ","
               "  reviewer TEXT NOT NULL," REVIEW_SCORES(SCORE_COLUMN)
                   REVIEW_FLAGS(FLAG_COLUMN) "  note TEXT NOT NULL, unix_ms INTEGER NOT NULL,"
                                             "  PRIMARY KEY (test_id, reviewer)"
                                             ") STRICT, WITHOUT ROWID"},
    {"stage", "CREATE TABLE stage ("
              "  " OF_RUN ","
              "  position INTEGER NOT NULL,"
              "  subject INTEGER NOT NULL, suite TEXT NOT NULL, name TEXT NOT NULL, work TEXT NOT NULL,"
              "  parameters TEXT NOT NULL, n_planned INTEGER NOT NULL, planned_s REAL NOT NULL,"
              "  start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL, spent_ms INTEGER NOT NULL,"
              "  ending TEXT NOT NULL, reason TEXT NOT NULL,"
              "  PRIMARY KEY (run_id, position), " OF_SUBJECT ") STRICT, WITHOUT ROWID"},
    // The GPUs one by one, where there are several; `sample` has their sums.
    {"gpu_sample", "CREATE TABLE gpu_sample ("
                   "  " OF_RUN ","
                   "  t_ms INTEGER NOT NULL, server INTEGER, gpu INTEGER NOT NULL," GPU_FIGURES(
                       SAMPLE_COLUMN) "  " OF_SERVER ") STRICT"},
    {"gpu_sample_by_run", "CREATE INDEX gpu_sample_by_run ON gpu_sample(run_id, t_ms)"},
    // Of tests that belong to a stage.
    {"staged", "CREATE TABLE staged ("
               "  test_id INTEGER PRIMARY KEY REFERENCES test(id) ON DELETE CASCADE,"
               "  stage INTEGER NOT NULL, session INTEGER NOT NULL, turn INTEGER NOT NULL, item TEXT NOT NULL"
               ") STRICT"},
};

static const schema_object SCHEMA_1[] = {
    {"run", "CREATE TABLE run ("
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
            ") STRICT"},
    {"test", "CREATE TABLE test ("
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
             ") STRICT"},
    {"event", "CREATE TABLE event ("
              "  test_id INTEGER NOT NULL REFERENCES test(id) ON DELETE CASCADE,"
              "  i INTEGER NOT NULL, t_ns INTEGER NOT NULL, n_bytes INTEGER NOT NULL, is_reasoning INTEGER NOT NULL,"
              "  PRIMARY KEY (test_id, i)"
              ") STRICT, WITHOUT ROWID"},
    {"sample", "CREATE TABLE sample ("
               "  run_id INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,"
               "  t_ms INTEGER NOT NULL, test_index INTEGER NOT NULL,"
               "  private_bytes INTEGER NOT NULL, rss_bytes INTEGER NOT NULL, peak_rss_bytes INTEGER NOT NULL"
               ") STRICT"},
    {"sample_by_run", "CREATE INDEX sample_by_run ON sample(run_id, t_ms)"},
};

enum { N_OBJECTS = sizeof NEWEST / sizeof *NEWEST, N_OBJECTS_1 = sizeof SCHEMA_1 / sizeof *SCHEMA_1 };

/* Objects of NEWEST that a schema has; of those of schema 1 none is the same. */
static const size_t N_OF_SCHEMA[STORE_SCHEMA_VERSION + 1] = {[2] = N_OBJECTS - 5, [3] = N_OBJECTS - 4, [4] = N_OBJECTS};

/* The table of samples, and its index. */
static bool is_of_samples(const schema_object *o)
{
    return strncmp(o->name, SAMPLE_2.name, strlen(SAMPLE_2.name)) == 0;
}

sw_code schema_create(result_store *store, int version, sw_err *err)
{
    char pragmas[96];
    sqlite3_snprintf(sizeof pragmas, pragmas, "PRAGMA application_id = %d; PRAGMA user_version = %d;",
                     (int)STORE_APPLICATION_ID, (int)STORE_SCHEMA_VERSION);
    sw_code code = SW_OK;
    for (size_t i = 0; code == SW_OK && i < N_OBJECTS; i++) {
        if (i >= N_OF_SCHEMA[version] || (version == 2 && is_of_samples(&NEWEST[i])))
            code = store_exec(store, NEWEST[i].sql, "create its tables", err);
    }
    return code == SW_OK ? store_exec(store, pragmas, "mark it", err) : code;
}

/* Reads a pragma, or a query, whose value is one number; 0 if it has no row. */
static sw_code read_number(result_store *store, const char *sql, int64_t *out, sw_err *err)
{
    sqlite3_stmt *statement;
    sw_code code = store_prepare(store, sql, &statement, err);
    if (code != SW_OK)
        return code;
    const int step = sqlite3_step(statement);
    *out = step == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    if (step != SQLITE_ROW && step != SQLITE_DONE)
        code = store_fail(store, "read it", err);
    sqlite3_finalize(statement);
    return code;
}

/* Appends what the one row and column of a query about `name` holds; nothing if it has no row. */
static sw_code read_text(result_store *store, const char *sql, const char *name, buf *out, sw_err *err)
{
    sqlite3_stmt *statement;
    sw_code code = store_prepare(store, sql, &statement, err);
    if (code != SW_OK)
        return code;
    store_bind(statement, "s", name);
    const int step = sqlite3_step(statement);
    const char *const text = step == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    buf_puts(out, text != NULL ? text : "");
    if (step != SQLITE_ROW && step != SQLITE_DONE)
        code = store_fail(store, "read its tables", err);
    sqlite3_finalize(statement);
    return code;
}

/* Returns true if the statement makes a table, and not an index. */
static bool is_table(const schema_object *o)
{
    return strncmp(o->sql, "CREATE TABLE", strlen("CREATE TABLE")) == 0;
}

/* The object is as spillway makes it, and the pages of a table are sound: each used once, with the types it says. */
static sw_code check_object(result_store *store, const schema_object *o, int version, sw_err *err)
{
    buf found;
    buf_init(&found, FOUND_BYTES_MAX);
    sw_code code =
        read_text(store, "SELECT sql FROM sqlite_schema WHERE name = ? AND rootpage > 0", o->name, &found, err);
    if (code == SW_OK && strcmp(buf_str(&found), o->sql) != 0)
        code = sw_fail(err, SW_EFORMAT, "%s is damaged: its '%s' is not that of schema %d; use a copy of the file",
                       store->path, o->name, version);
    buf_clear(&found);
    if (code == SW_OK && is_table(o))
        code = read_text(store, "SELECT * FROM pragma_quick_check(?)", o->name, &found, err);
    if (code == SW_OK && is_table(o) && strcmp(buf_str(&found), "ok") != 0)
        code = sw_fail(err, SW_EFORMAT,
                       "%s is damaged: %.200s; use a copy of the file, or save what can be read: "
                       "sqlite3 FILE .recover",
                       store->path, buf_str(&found));
    buf_free(&found);
    return code;
}

static sw_code check_objects(result_store *store, const schema_object *objects, size_t n, int version, sw_err *err)
{
    sw_code code = SW_OK;
    for (size_t i = 0; code == SW_OK && i < n; i++) {
        const bool is_older = version == 2 && strcmp(objects[i].name, SAMPLE_2.name) == 0;
        code = check_object(store, is_older ? &SAMPLE_2 : &objects[i], version, err);
    }
    return code;
}

sw_code schema_check(result_store *store, int *version_out, sw_err *err)
{
    int64_t application = 0, version = 0, has_objects = 0;
    *version_out = 0;
    sw_code code = read_number(store, "PRAGMA application_id", &application, err);
    if (code == SW_OK)
        code = read_number(store, "PRAGMA user_version", &version, err);
    if (code == SW_OK)
        code = read_number(store, "SELECT 1 FROM sqlite_schema LIMIT 1", &has_objects, err);
    if (code != SW_OK || (has_objects == 0 && application == 0))
        return code;
    if (application != STORE_APPLICATION_ID)
        return sw_fail(err, SW_EFORMAT, "%s is a database, but not one of spillway results; name another file",
                       store->path);
    if (version < 1 || version > STORE_SCHEMA_VERSION)
        return sw_fail(err, SW_EUNSUPPORTED,
                       "%s has schema %" PRId64 ", this spillway reads schemas 1 to %d; use the spillway that made it",
                       store->path, version, (int)STORE_SCHEMA_VERSION);
    *version_out = (int)version;
    return version == 1 ? check_objects(store, SCHEMA_1, N_OBJECTS_1, 1, err)
                        : check_objects(store, NEWEST, N_OF_SCHEMA[version], (int)version, err);
}
