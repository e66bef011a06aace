/* store_schema.h - the tables of a result store, once, for the writing and the reading side.
 *
 * A later version adds its changes as a further step and raises the number; it never edits what stands here.
 */
#ifndef RESULTS_STORE_SCHEMA_H
#define RESULTS_STORE_SCHEMA_H

enum {
    STORE_APPLICATION_ID = 0x73706c77, // "splw" at byte 68 of the file
    STORE_VERSION = 1,
};

static const char STORE_SCHEMA[] =
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

#endif
