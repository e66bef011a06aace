/* store_write_tests.c - adds tests, stages and samples.  A test is written whole or not at all. */
#include "results/store.h"

#include <inttypes.h>

#include "base/buf.h"
#include "results/store_insert.h"
#include "results/store_schema.h"

/* ---- the parts of a test ---------------------------------------------------------------------------------------- */

/* Little-endian, as all numbers in blobs. */
static void put_u32(buf *out, uint64_t value)
{
    const uint32_t v = value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
    const uint8_t bytes[] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};
    buf_append(out, bytes, sizeof bytes);
}

/* One row; sqlite3_last_insert_rowid is then the test's id. */
static sw_code insert_row(result_store *store, int64_t run_id, const test_record *t, const buf *token_ids, sw_err *err)
{
    sqlite3_stmt *s;
    sw_code code =
        store_prepare(store,
                      "INSERT INTO test (run_id, " TEST_COLUMNS ") VALUES (?,"
                      "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                      &s, err);
    if (code != SW_OK)
        return code;
    const test_plan *const p = &t->plan;
    const answer_record *const a = &t->answer;
    const expert_counts *const e = &a->experts;
    store_bind(s, "inpsssnnissssndisssniiiiisssiiiididddttbnnni", run_id, t->subject, t->server,
               test_mode_name(t->mode), t->variant, t->is_warmup ? "warmup" : "measure", t->index, t->repeat,
               t->start_ms, p->name, p->group, p->prompt, text_form_name(p->form), p->max_tokens, p->temperature,
               p->seed, p->expected, test_status_name(a->status), a->error, a->http_status, a->scheduled_ns,
               a->connect_ns, a->headers_ns, a->first_event_ns, a->end_ns, a->finish_reason, a->model, a->fingerprint,
               a->prompt_tokens, a->cached_tokens, a->completion_tokens, a->reasoning_tokens, a->temperature, a->seed,
               a->queue_ms, a->prompt_ms, a->decode_ms, a->text, a->n_text, a->reasoning, a->n_reasoning,
               t->answer.token_ids != NULL ? buf_str(token_ids) : NULL, token_ids->size, e->n_layers, e->n_experts,
               e->n_used, e->n_tokens);
    return store_finish(store, s, "store the test", err);
}

/* One row per content event; the statement is prepared once, because an answer may have thousands. */
static sw_code insert_events(result_store *store, int64_t test_id, const answer_record *a, sw_err *err)
{
    sqlite3_stmt *s;
    sw_code code =
        store_prepare(store, "INSERT INTO event (test_id, i, " EVENT_COLUMNS ") VALUES (?,?,?,?,?,?)", &s, err);
    for (size_t i = 0; code == SW_OK && i < a->n_arrivals; i++) {
        const arrival *const e = &a->arrivals[i];
        store_bind(s, "iuiuun", test_id, (uint64_t)i, e->t_ns, (uint64_t)e->n_bytes, (uint64_t)e->n_tokens,
                   (int)e->is_reasoning);
        code = store_step(store, s, "store the times of tokens", err);
    }
    sqlite3_finalize(s);
    return code;
}

static sw_code insert_checks(result_store *store, int64_t test_id, const test_record *t, sw_err *err)
{
    sqlite3_stmt *s;
    sw_code code = store_prepare(
        store, "INSERT INTO test_check (test_id, i, " CHECK_COLUMNS ") VALUES (?,?,?,?,?,?,?,?)", &s, err);
    for (size_t i = 0; code == SW_OK && i < t->n_checks; i++) {
        const check_record *const c = &t->checks[i];
        store_bind(s, "iussndss", test_id, (uint64_t)i, c->name, c->kind, (int)c->is_technical, c->weight,
                   check_outcome_name(c->outcome), c->detail);
        code = store_step(store, s, "store the checks of a test", err);
    }
    sqlite3_finalize(s);
    return code;
}

/* One row per layer: a test has hundreds to thousands of counts, and a blob of them takes half of what rows take. */
static sw_code insert_experts(result_store *store, int64_t test_id, const expert_counts *e, sw_err *err)
{
    if (e->counts == NULL)
        return SW_OK;
    sqlite3_stmt *s;
    buf layer;
    buf_init(&layer, SIZE_MAX);
    sw_code code = store_prepare(store, "INSERT INTO expert (test_id, layer, counts) VALUES (?,?,?)", &s, err);
    for (int l = 0; code == SW_OK && l < e->n_layers; l++) {
        buf_clear(&layer);
        for (int k = 0; k < e->n_experts; k++)
            put_u32(&layer, e->counts[(size_t)l * (size_t)e->n_experts + (size_t)k]);
        store_bind(s, "inb", test_id, l, buf_str(&layer), layer.size);
        code = layer.failed == SW_OK ? store_step(store, s, "store the experts of a test", err)
                                     : sw_fail(err, layer.failed, "out of memory storing the experts of a test");
    }
    buf_free(&layer);
    sqlite3_finalize(s);
    return code;
}

/* The place of a test in its stage. */
static sw_code insert_staged(result_store *store, int64_t test_id, const test_record *t, sw_err *err)
{
    if (t->stage < 0)
        return SW_OK;
    sqlite3_stmt *s;
    const sw_code code =
        store_prepare(store, "INSERT INTO staged (test_id, " STAGED_COLUMNS ") VALUES (?,?,?,?,?)", &s, err);
    if (code != SW_OK)
        return code;
    store_bind(s, "innns", test_id, t->stage, t->session, t->turn, t->item);
    return store_finish(store, s, "store the place of a test", err);
}

sw_code store_insert_test(result_store *store, int64_t run_id, const test_record *test, sw_err *err)
{
    const answer_record *const a = &test->answer;
    buf ids;
    buf_init(&ids, SIZE_MAX);
    for (size_t i = 0; a->token_ids != NULL && i < a->n_token_ids; i++)
        put_u32(&ids, (uint32_t)a->token_ids[i]);
    sw_code code = ids.failed == SW_OK ? insert_row(store, run_id, test, &ids, err)
                                       : sw_fail(err, ids.failed, "out of memory storing the tokens of a test");
    buf_free(&ids);
    const int64_t test_id = sqlite3_last_insert_rowid(store->db);
    if (code == SW_OK)
        code = insert_events(store, test_id, a, err);
    if (code == SW_OK)
        code = insert_checks(store, test_id, test, err);
    if (code == SW_OK)
        code = insert_staged(store, test_id, test, err);
    return code == SW_OK ? insert_experts(store, test_id, &a->experts, err) : code;
}

/* ---- samples ---------------------------------------------------------------------------------------------------- */

#define SAMPLE_PARAMETER(name, text, unit, meaning) ",?"

enum { N_FIXED = 4 }; // columns before the figures

/* One row: what is bound already, then the figures.  NAN becomes NULL. */
static sw_code insert_figures(result_store *store, sqlite3_stmt *s, const double *figures, int n, const char *doing,
                              sw_err *err)
{
    for (int k = 0; k < n; k++)
        sqlite3_bind_double(s, N_FIXED + 1 + k, figures[k]);
    return store_step(store, s, doing, err);
}

static sw_code prepare_gpu_rows(result_store *store, sqlite3_stmt **s, sw_err *err)
{
    return store_prepare(store,
                         "INSERT INTO gpu_sample (run_id, " GPU_SAMPLE_COLUMNS ")"
                         " VALUES (?,?,?,?" GPU_FIGURES(SAMPLE_PARAMETER) ")",
                         s, err);
}

static sw_code insert_gpu_row(result_store *store, sqlite3_stmt *s, int64_t run_id, const gpu_sample *m, sw_err *err)
{
    store_bind(s, "iipn", run_id, m->t_ms, m->server, m->gpu);
    return insert_figures(store, s, m->values.v, N_GPU_FIGURES, "store samples of GPUs", err);
}

sw_code store_insert_gpu_samples(result_store *store, int64_t run_id, const gpu_sample *samples, size_t n, sw_err *err)
{
    sqlite3_stmt *s;
    sw_code code = prepare_gpu_rows(store, &s, err);
    for (size_t i = 0; code == SW_OK && i < n; i++)
        code = insert_gpu_row(store, s, run_id, &samples[i], err);
    sqlite3_finalize(s);
    return code;
}

/* The GPUs of samples that have several. */
static sw_code insert_gpus(result_store *store, int64_t run_id, const resource_sample *samples, size_t n, sw_err *err)
{
    sqlite3_stmt *s = NULL;
    sw_code code = SW_OK;
    for (size_t i = 0; i < n; i++) {
        const resource_sample *const m = &samples[i];
        if (s == NULL && code == SW_OK && m->n_gpus > 0)
            code = prepare_gpu_rows(store, &s, err);
        for (size_t k = 0; code == SW_OK && k < m->n_gpus && k < RUN_GPUS_MAX; k++) {
            const gpu_sample row = {.t_ms = m->t_ms, .server = m->server, .gpu = (int)k, .values = m->gpus[k]};
            code = insert_gpu_row(store, s, run_id, &row, err);
        }
    }
    sqlite3_finalize(s);
    return code;
}

sw_code store_insert_samples(result_store *store, int64_t run_id, const resource_sample *samples, size_t n, sw_err *err)
{
    sqlite3_stmt *s;
    sw_code code = store_prepare(store,
                                 "INSERT INTO sample (run_id, " SAMPLE_COLUMNS ")"
                                 " VALUES (?,?,?,?" SAMPLE_FIGURES(SAMPLE_PARAMETER) ")",
                                 &s, err);
    for (size_t i = 0; code == SW_OK && i < n; i++) {
        const resource_sample *const m = &samples[i];
        store_bind(s, "iipn", run_id, m->t_ms, m->server, m->test_index);
        code = insert_figures(store, s, m->values.v, N_SAMPLE_FIGURES, "store samples", err);
    }
    sqlite3_finalize(s);
    return code == SW_OK ? insert_gpus(store, run_id, samples, n, err) : code;
}

sw_code store_add_test(result_store *store, int64_t run_id, const test_record *test, const resource_sample *samples,
                       size_t n_samples, sw_err *err)
{
    static const char DOING[] = "store a test";
    sw_code code = store_begin(store, DOING, err);
    if (code != SW_OK)
        return code;
    code = store_insert_test(store, run_id, test, err);
    if (code == SW_OK)
        code = store_insert_samples(store, run_id, samples, n_samples, err);
    return store_end(store, code, DOING, err);
}

/* ---- stages ------------------------------------------------------------------------------------------------------ */

/* Positions have no gaps, which the condition keeps. */
sw_code store_insert_stage(result_store *store, int64_t run_id, int position, const stage_record *g, sw_err *err)
{
    sqlite3_stmt *s;
    sw_code code = store_prepare(store,
                                 "INSERT INTO stage (run_id, position, " STAGE_COLUMNS ")"
                                 " SELECT ?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14"
                                 " WHERE ?2 BETWEEN 0 AND (SELECT count(*) FROM stage WHERE run_id = ?1)"
                                 " ON CONFLICT DO UPDATE SET (" STAGE_COLUMNS ")"
                                 " = (?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14)",
                                 &s, err);
    if (code != SW_OK)
        return code;
    store_bind(s, "innssssndiiiss", run_id, position, g->subject, g->suite, g->name, g->work, g->parameters,
               g->n_planned, g->planned_s, g->start_ms, g->end_ms, g->spent_ms, stage_ending_name(g->ending),
               g->reason);
    code = store_finish(store, s, "store the stage", err);
    if (code == SW_OK && sqlite3_changes(store->db) == 0)
        return sw_fail(err, SW_EINVAL, "%s: stage %d of run %" PRId64 " cannot be stored before those before it",
                       store->path, position, run_id);
    return code;
}

sw_code store_put_stage(result_store *store, int64_t run_id, int position, const stage_record *stage,
                        const resource_sample *samples, size_t n_samples, sw_err *err)
{
    static const char DOING[] = "store a stage";
    sw_code code = store_begin(store, DOING, err);
    if (code != SW_OK)
        return code;
    code = store_insert_stage(store, run_id, position, stage, err);
    if (code == SW_OK)
        code = store_insert_samples(store, run_id, samples, n_samples, err);
    return store_end(store, code, DOING, err);
}
