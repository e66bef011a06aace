/* store_write.c - adds runs, models, servers and what is known about them. */
#include <inttypes.h>

#include "results/store.h"
#include "results/store_insert.h"
#include "results/store_schema.h"

sw_code store_insert_run(result_store *store, const run_info *info, int64_t *id_out, sw_err *err)
{
    sqlite3_stmt *s;
    sw_code code = store_prepare(store,
                                 "INSERT INTO run (" RUN_COLUMNS ")"
                                 " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                                 &s, err);
    if (code != SW_OK)
        return code;
    store_bind(s, "iisssssssssssssnunn", info->started_unix_ms, info->finished_unix_ms, info->status, info->reasons,
               info->fingerprint, info->version, info->url, info->model, info->protocol_name, info->protocol_hash,
               info->protocol_json, info->options_json, info->command, info->cpu, info->os, info->n_cores,
               info->memory_bytes, info->n_sessions, info->n_planned);
    code = store_finish(store, s, "store the run", err);
    *id_out = code == SW_OK ? sqlite3_last_insert_rowid(store->db) : 0;
    return code;
}

/* A run has the model of its info from the beginning; more is told of it later. */
sw_code store_add_run(result_store *store, const run_info *info, int64_t *id_out, sw_err *err)
{
    run_info begun = *info;
    begun.status = "running";
    begun.n_sessions = 1;
    begun.finished_unix_ms = 0;
    const subject_record subject = {.name = info->model};
    int64_t id;
    *id_out = 0;
    sw_code code = store_begin(store, "begin to store the run", err);
    if (code != SW_OK)
        return code;
    code = store_insert_run(store, &begun, &id, err);
    if (code == SW_OK)
        code = store_put_subject(store, id, 0, &subject, err);
    code = store_end(store, code, "store the run", err);
    if (code == SW_OK)
        *id_out = id;
    return code;
}

/* Runs an UPDATE of one run, which must be there. */
static sw_code update_run(result_store *store, sqlite3_stmt *statement, int64_t id, const char *doing, sw_err *err)
{
    const sw_code code = store_finish(store, statement, doing, err);
    if (code == SW_OK && sqlite3_changes(store->db) == 0)
        return sw_fail(err, SW_ENOTFOUND, "%s has no run %" PRId64 " any more", store->path, id);
    return code;
}

sw_code store_reopen_run(result_store *store, int64_t id, sw_err *err)
{
    sqlite3_stmt *s;
    const sw_code code = store_prepare(store,
                                       "UPDATE run SET status = 'running', reasons = '', finished_unix_ms = 0,"
                                       " n_sessions = n_sessions + 1 WHERE id = ?",
                                       &s, err);
    if (code != SW_OK)
        return code;
    store_bind(s, "i", id);
    return update_run(store, s, id, "continue the run", err);
}

sw_code store_finish_run(result_store *store, int64_t id, const char *status, const char *reasons,
                         const char *fingerprint, int64_t unix_ms, sw_err *err)
{
    sqlite3_stmt *s;
    const sw_code code = store_prepare(
        store, "UPDATE run SET status = ?, reasons = ?, fingerprint = ?, finished_unix_ms = ? WHERE id = ?", &s, err);
    if (code != SW_OK)
        return code;
    store_bind(s, "sssii", status, reasons, fingerprint, unix_ms, id);
    return update_run(store, s, id, "finish the run", err);
}

/* ---- models and servers ----------------------------------------------------------------------------------------- */

/* Positions have no gaps, which the condition keeps. */
sw_code store_put_subject(result_store *store, int64_t run_id, int subject, const subject_record *record, sw_err *err)
{
    sqlite3_stmt *s;
    sw_code code = store_prepare(store,
                                 "INSERT INTO subject (run_id, position, " SUBJECT_COLUMNS ")"
                                 " SELECT ?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15"
                                 " WHERE ?2 BETWEEN 0 AND (SELECT count(*) FROM subject WHERE run_id = ?1)"
                                 " ON CONFLICT DO UPDATE SET (" SUBJECT_COLUMNS ")"
                                 " = (?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15)",
                                 &s, err);
    if (code != SW_OK)
        return code;
    store_bind(s, "insssssuuunnnnn", run_id, subject, record->name, record->family, record->file_name,
               record->file_hash, record->quantization, record->file_bytes, record->n_parameters,
               record->n_active_parameters, record->n_layers, record->n_experts, record->n_experts_used,
               record->n_experts_shared, record->n_ctx_train);
    code = store_finish(store, s, "store the model", err);
    if (code == SW_OK && sqlite3_changes(store->db) == 0)
        return sw_fail(err, SW_EINVAL, "%s: model %d of run %" PRId64 " cannot be stored before those before it",
                       store->path, subject, run_id);
    return code;
}

sw_code store_add_server(result_store *store, int64_t run_id, const server_record *server, int *position_out,
                         sw_err *err)
{
    *position_out = -1;
    sqlite3_stmt *s;
    sw_code code = store_prepare(store,
                                 "INSERT INTO server (run_id, position, " SERVER_COLUMNS ")"
                                 " SELECT ?1, (SELECT count(*) FROM server WHERE run_id = ?1), ?2,?3,?4,?5,?6,?7,?8"
                                 " RETURNING position",
                                 &s, err);
    if (code != SW_OK)
        return code;
    store_bind(s, "insnsssi", run_id, server->subject, server_side_name(server->side), server->session, server->url,
               server->software, server->command, server->started_ms);
    int step = sqlite3_step(s);
    const int position = step == SQLITE_ROW ? sqlite3_column_int(s, 0) : -1;
    if (step == SQLITE_ROW)
        step = sqlite3_step(s);
    if (step == SQLITE_DONE)
        *position_out = position;
    else
        code = store_fail(store, "store the server", err);
    sqlite3_finalize(s);
    return code;
}

/* ---- placement and facts ---------------------------------------------------------------------------------------- */

sw_code store_insert_placement(result_store *store, int64_t run_id, const placement_row *rows, size_t n, sw_err *err)
{
    sqlite3_stmt *s;
    sw_code code =
        store_prepare(store, "INSERT INTO placement (run_id, " PLACEMENT_COLUMNS ") VALUES (?,?,?,?,?,?,?)", &s, err);
    for (size_t i = 0; code == SW_OK && i < n; i++) {
        const placement_row *const p = &rows[i];
        store_bind(s, "inssuss", run_id, p->server, p->tier, p->tensor_class, p->bytes, p->requested, p->source);
        code = store_step(store, s, "store the placement", err);
    }
    sqlite3_finalize(s);
    return code;
}

sw_code store_add_placement(result_store *store, int64_t run_id, const placement_row *rows, size_t n, sw_err *err)
{
    static const char DOING[] = "store the placement";
    const sw_code code = store_begin(store, DOING, err);
    return code != SW_OK ? code : store_end(store, store_insert_placement(store, run_id, rows, n, err), DOING, err);
}

sw_code store_insert_facts(result_store *store, int64_t run_id, const fact_record *facts, size_t n, sw_err *err)
{
    sqlite3_stmt *s;
    sw_code code = store_prepare(store, "INSERT INTO fact (run_id, " FACT_COLUMNS ") VALUES (?,?,?,?,?,?,?)", &s, err);
    for (size_t i = 0; code == SW_OK && i < n; i++) {
        const fact_record *const f = &facts[i];
        store_bind(s, "ippsdss", run_id, f->subject, f->server, FACT_IDS[f->name].name, f->number, f->text, f->source);
        code = store_step(store, s, "store the facts", err);
    }
    sqlite3_finalize(s);
    return code;
}

sw_code store_add_facts(result_store *store, int64_t run_id, const fact_record *facts, size_t n, sw_err *err)
{
    static const char DOING[] = "store the facts";
    const sw_code code = store_begin(store, DOING, err);
    return code != SW_OK ? code : store_end(store, store_insert_facts(store, run_id, facts, n, err), DOING, err);
}
