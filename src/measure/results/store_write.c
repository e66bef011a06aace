/* store_write.c - adds runs and tests.  A test is written whole or not at all. */
#include "results/store.h"
#include "results/store_db.h"

/* Steps and finalizes a statement that is used once. */
static sw_code finish_statement(result_store *store, sqlite3_stmt *statement, const char *doing, sw_err *err)
{
    const sw_code code = store_step(store, statement, doing, err);
    sqlite3_finalize(statement);
    return code;
}

/* *id_out is the number by which the run is found again. */
sw_code store_add_run(result_store *store, const run_info *info, int64_t *id_out, sw_err *err)
{
    sqlite3_stmt *s;
    sw_code code = store_prepare(
        store,
        "INSERT INTO run (started_unix_ms, version, url, model, protocol_name, protocol_hash, protocol_json,"
        " options_json, command, cpu, os, n_cores, memory_bytes, n_planned)"
        " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        &s, err);
    if (code != SW_OK)
        return code;
    store_bind(s, "issssssssssiii", info->started_unix_ms, info->version, info->url, info->model, info->protocol_name,
               info->protocol_hash, info->protocol_json, info->options_json, info->command, info->cpu, info->os,
               (int64_t)info->n_cores, (int64_t)info->memory_bytes, (int64_t)info->n_planned);
    code = finish_statement(store, s, "store the run", err);
    *id_out = sqlite3_last_insert_rowid(store->db);
    return code;
}

sw_code store_reopen_run(result_store *store, int64_t id, sw_err *err)
{
    sqlite3_stmt *s;
    const sw_code code =
        store_prepare(store, "UPDATE run SET status = 'running', finished_unix_ms = 0 WHERE id = ?", &s, err);
    if (code != SW_OK)
        return code;
    store_bind(s, "i", id);
    return finish_statement(store, s, "continue the run", err);
}

sw_code store_finish_run(result_store *store, int64_t id, const char *status, const char *reasons,
                         const char *fingerprint, int64_t unix_ms, sw_err *err)
{
    (void)reasons, (void)fingerprint;
    sqlite3_stmt *s;
    const sw_code code = store_prepare(store, "UPDATE run SET status = ?, finished_unix_ms = ? WHERE id = ?", &s, err);
    if (code != SW_OK)
        return code;
    store_bind(s, "sii", status, unix_ms, id);
    return finish_statement(store, s, "finish the run", err);
}

/* One row; sqlite3_last_insert_rowid is then the test's id. */
static sw_code insert_test(result_store *store, int64_t run_id, const test_record *t, sw_err *err)
{
    sqlite3_stmt *s;
    const sw_code code = store_prepare(
        store,
        "INSERT INTO test (run_id, phase, test_index, repeat, start_ms, name, grp, prompt, kind, max_tokens,"
        " temperature, seed, status, error, http_status, connect_ns, headers_ns, first_event_ns, end_ns,"
        " finish_reason, model, fingerprint, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens,"
        " answer, reasoning) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        &s, err);
    if (code != SW_OK)
        return code;
    const test_plan *const p = &t->plan;
    const answer_record *const a = &t->answer;
    store_bind(s, "isiiissssidissiiiiisssiiiiss", run_id, t->is_warmup ? "warmup" : "measure", (int64_t)t->index,
               (int64_t)t->repeat, t->start_ms, p->name, p->group, p->prompt, text_form_name(p->form),
               (int64_t)p->max_tokens, p->temperature, p->seed, test_status_name(a->status), a->error,
               (int64_t)a->http_status, a->connect_ns, a->headers_ns, a->first_event_ns, a->end_ns, a->finish_reason,
               a->model, a->fingerprint, a->prompt_tokens, a->cached_tokens, a->completion_tokens, a->reasoning_tokens,
               a->text, a->reasoning);
    return finish_statement(store, s, "store the test", err);
}

/* One row per content event; the statement is prepared once, because an answer may have thousands. */
static sw_code insert_arrivals(result_store *store, int64_t test_id, const answer_record *a, sw_err *err)
{
    sqlite3_stmt *s;
    sw_code code =
        store_prepare(store, "INSERT INTO event (test_id, i, t_ns, n_bytes, is_reasoning) VALUES (?,?,?,?,?)", &s, err);
    for (size_t i = 0; code == SW_OK && i < a->n_arrivals; i++) {
        const arrival *const e = &a->arrivals[i];
        store_bind(s, "iiiii", test_id, (int64_t)i, e->t_ns, (int64_t)e->n_bytes, (int64_t)e->is_reasoning);
        code = store_step(store, s, "store the times of tokens", err);
    }
    sqlite3_finalize(s);
    return code;
}

/* The samples since the last test was stored; the pause between belongs to them. */
static sw_code insert_samples(result_store *store, int64_t run_id, const resource_sample *samples, size_t n,
                              sw_err *err)
{
    sqlite3_stmt *s;
    sw_code code = store_prepare(store,
                                 "INSERT INTO sample (run_id, t_ms, test_index, private_bytes, rss_bytes,"
                                 " peak_rss_bytes) VALUES (?,?,?,?,?,?)",
                                 &s, err);
    for (size_t i = 0; code == SW_OK && i < n; i++) {
        const resource_sample *const m = &samples[i];
        store_bind(s, "iiiiii", run_id, m->t_ms, (int64_t)m->test_index, (int64_t)m->values.v[SAMPLE_PRIVATE],
                   (int64_t)m->values.v[SAMPLE_RSS], (int64_t)m->values.v[SAMPLE_PEAK_RSS]);
        code = store_step(store, s, "store memory samples", err);
    }
    sqlite3_finalize(s);
    return code;
}

/* BEGIN IMMEDIATE takes the write lock at once, so that a busy store is waited for here and not in the middle. */
sw_code store_add_test(result_store *store, int64_t run_id, const test_record *test, const resource_sample *samples,
                       size_t n_samples, sw_err *err)
{
    sw_code code = store_exec(store, "BEGIN IMMEDIATE", "begin to store a test", err);
    if (code != SW_OK)
        return code;
    code = insert_test(store, run_id, test, err);
    if (code == SW_OK)
        code = insert_arrivals(store, sqlite3_last_insert_rowid(store->db), &test->answer, err);
    if (code == SW_OK)
        code = insert_samples(store, run_id, samples, n_samples, err);
    if (code == SW_OK)
        code = store_exec(store, "COMMIT", "commit the test", err);
    if (code != SW_OK)
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return code;
}

sw_code store_put_subject(result_store *store, int64_t run_id, int subject, const subject_record *record, sw_err *err)
{
    (void)store, (void)run_id, (void)subject, (void)record, (void)err;
    return SW_OK;
}

sw_code store_add_server(result_store *store, int64_t run_id, const server_record *server, int *position_out,
                         sw_err *err)
{
    (void)store, (void)run_id, (void)server, (void)err;
    *position_out = -1;
    return SW_OK;
}

sw_code store_add_placement(result_store *store, int64_t run_id, const placement_row *rows, size_t n, sw_err *err)
{
    (void)store, (void)run_id, (void)rows, (void)n, (void)err;
    return SW_OK;
}

sw_code store_add_facts(result_store *store, int64_t run_id, const fact_record *facts, size_t n, sw_err *err)
{
    (void)store, (void)run_id, (void)facts, (void)n, (void)err;
    return SW_OK;
}
