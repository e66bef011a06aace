/* store_migrate.c - the steps from schemas 1 to 3 to schema 4.
 *
 * What schema 1 did not know stays unknown: nothing is made up.  A run of it had one model, one way of asking, and one
 * server; one that was resumed had several processes of that server, as many as warm-ups, and which of them answered a
 * test is not known.  Schema 2 lacks the table of reviews, which no run of it has, and the PCIe link in samples; schema
 * 3 the stages, which benchmarks do not have, and samples of each GPU.
 */
#include "results/store_migrate.h"

#include "results/store_schema.h"

/* The server of a row of `table`: the only one, or not known. */
#define SERVER_OF(table) "CASE WHEN (SELECT n_sessions FROM run WHERE id = " table ".run_id) = 1 THEN 0 END"

static const char BEFORE[] = "ALTER TABLE run RENAME TO run_1;"
                             "ALTER TABLE test RENAME TO test_1;"
                             "ALTER TABLE event RENAME TO event_1;"
                             "ALTER TABLE sample RENAME TO sample_1;"
                             "DROP INDEX sample_by_run;";

static const char COPY[] =
    "INSERT INTO run SELECT id, started_unix_ms, finished_unix_ms, status, '', '', version, url, model,"
    " protocol_name, protocol_hash, protocol_json, options_json, command, cpu, os, n_cores, memory_bytes,"
    " max(1, (SELECT count(*) FROM test_1 WHERE run_id = run_1.id AND phase = 'warmup')), n_planned FROM run_1;"
    "INSERT INTO subject SELECT id, 0, model, '', '', '', '', 0, 0, 0, 0, 0, 0, 0, 0 FROM run_1;"
    "INSERT INTO server SELECT id, 0, 0, 'given', 0, url, '', '', 0 FROM run_1;"
    "INSERT INTO fact SELECT id, 0, 0, 'load_cold_ms', load_ms, '', 'schema 1; page cache not known' FROM run_1"
    " WHERE load_ms IS NOT NULL;"
    "INSERT INTO test SELECT id, run_id, 0, " SERVER_OF(
        "test_1") ", 'stream', '', phase, test_index, repeat,"
                  " start_ms, name, grp, prompt, kind, max_tokens, temperature, seed, '', status, error, http_status, "
                  "0, connect_ns,"
                  " headers_ns, first_event_ns, end_ns, finish_reason, model, fingerprint, prompt_tokens, "
                  "cached_tokens,"
                  " completion_tokens, reasoning_tokens, NULL, -1, NULL, NULL, NULL, answer, reasoning, NULL, 0, 0, 0, "
                  "0 FROM test_1;"
                  "INSERT INTO event SELECT test_id, i, t_ns, n_bytes, 0, is_reasoning FROM event_1;"
                  "INSERT INTO sample (run_id, t_ms, server, test_index, private_bytes, rss_bytes, peak_rss_bytes)"
                  " SELECT run_id, t_ms, " SERVER_OF(
                      "sample_1") ", test_index, private_bytes, rss_bytes, peak_rss_bytes"
                                  " FROM sample_1;";

static const char AFTER[] = "DROP TABLE event_1; DROP TABLE sample_1; DROP TABLE test_1; DROP TABLE run_1;";

static sw_code migrate_1(result_store *store, sw_err *err)
{
    static const char DOING[] = "bring it from schema 1 to 4";
    sw_code code = store_exec(store, BEFORE, DOING, err);
    if (code == SW_OK)
        code = schema_create(store, 1, err);
    if (code == SW_OK)
        code = store_exec(store, COPY, DOING, err);
    if (code == SW_OK)
        code = store_exec(store, AFTER, DOING, err);
    return code;
}

#define SAMPLE_COLUMN_2(name, text, unit, meaning) ", " text
#define COLUMNS_2                                  "run_id, t_ms, server, test_index" SAMPLE_FIGURES_2(SAMPLE_COLUMN_2)

static sw_code migrate_2(result_store *store, sw_err *err)
{
    static const char DOING[] = "bring it from schema 2 to 4";
    sw_code code = store_exec(store, "ALTER TABLE sample RENAME TO sample_2; DROP INDEX sample_by_run;", DOING, err);
    if (code == SW_OK)
        code = schema_create(store, 2, err);
    if (code == SW_OK)
        code = store_exec(store, "INSERT INTO sample (" COLUMNS_2 ") SELECT " COLUMNS_2 " FROM sample_2", DOING, err);
    return code == SW_OK ? store_exec(store, "DROP TABLE sample_2", DOING, err) : code;
}

sw_code store_migrate(result_store *store, int version, sw_err *err)
{
    return version == 1   ? migrate_1(store, err)
           : version == 2 ? migrate_2(store, err)
                          : schema_create(store, version, err);
}
