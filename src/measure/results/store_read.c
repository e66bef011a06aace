/* store_read.c - loads a run with its tests, arrival times and memory samples.  The run owns all of it. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/utf8.h"
#include "results/store.h"
#include "results/store_db.h"

/* The columns of a result row, read from left to right. */
typedef struct row {
    sqlite3_stmt *statement; // stepped to a row
    arena *keep;             // of the run: copies of texts
    int column;              // the next one
    bool out_of_memory;      // a copy failed; checked once per row or list
    bool is_damaged;         // something else was where the schema has a text; likewise
} row;

/* The error of a row or list that was read, if any. */
static sw_code check_row(const result_store *store, const row *r, sw_err *err)
{
    if (r->out_of_memory)
        return sw_fail(err, SW_ENOMEM, "out of memory loading a run");
    if (r->is_damaged)
        return sw_fail(err, SW_EFORMAT, "%s is damaged: a column of texts holds something else", store->path);
    return SW_OK;
}

static int64_t next_int(row *r)
{
    return sqlite3_column_int64(r->statement, r->column++);
}

/* NULL is NAN, the figure that does not exist. */
static double next_double(row *r)
{
    const bool is_null = sqlite3_column_type(r->statement, r->column) == SQLITE_NULL;
    const double value = sqlite3_column_double(r->statement, r->column++);
    return is_null ? NAN : value;
}

/* Copies into the run's arena, since SQLite's text is valid only until the next step; never NULL.  n_out may be NULL.
 */
static const char *next_text(row *r, size_t *n_out)
{
    r->is_damaged |= sqlite3_column_type(r->statement, r->column) != SQLITE_TEXT;
    const char *const text = (const char *)sqlite3_column_text(r->statement, r->column);
    const size_t n = (size_t)sqlite3_column_bytes(r->statement, r->column);
    r->column++;
    char *const copy = text != NULL ? arena_copy(r->keep, text, n) : NULL;
    if (copy != NULL)
        utf8_replace_invalid(copy, n); // texts of a record are valid UTF-8, whatever bytes a damaged file has
    r->out_of_memory |= copy == NULL && !r->is_damaged;
    if (n_out != NULL)
        *n_out = copy != NULL ? n : 0;
    return copy != NULL ? copy : "";
}

static const char *next_string(row *r)
{
    return next_text(r, NULL);
}

/* The run with that id, or the latest for 0. */
static sw_code load_info(result_store *store, int64_t id, run_record *run, sw_err *err)
{
    row r = {.keep = run->keep};
    sw_code code = store_prepare(
        store,
        "SELECT id, started_unix_ms, finished_unix_ms, status, version, url, model, protocol_name, protocol_hash,"
        " protocol_json, options_json, command, cpu, os, n_cores, memory_bytes, n_planned FROM run"
        " WHERE id = ?1 OR ?1 = 0 ORDER BY id DESC LIMIT 1",
        &r.statement, err);
    if (code != SW_OK)
        return code;
    store_bind(r.statement, "i", id);
    const int step = sqlite3_step(r.statement);
    if (step == SQLITE_ROW) {
        run_info *const i = &run->info;
        i->id = next_int(&r);
        i->reasons = i->fingerprint = "";
        i->n_sessions = 1;
        i->started_unix_ms = next_int(&r);
        i->finished_unix_ms = next_int(&r);
        const char **const strings[] = {
            &i->status,       &i->version, &i->url, &i->model, &i->protocol_name, &i->protocol_hash, &i->protocol_json,
            &i->options_json, &i->command, &i->cpu, &i->os};
        for (size_t k = 0; k < sizeof strings / sizeof strings[0]; k++)
            *strings[k] = next_string(&r);
        i->n_cores = (int)next_int(&r);
        i->memory_bytes = (uint64_t)next_int(&r);
        i->n_planned = (int)next_int(&r);
        code = check_row(store, &r, err);
    } else if (step == SQLITE_DONE && id == 0) {
        code = sw_fail(err, SW_ENOTFOUND, "%s has no run yet", store->path);
    } else if (step == SQLITE_DONE) {
        code = sw_fail(err, SW_ENOTFOUND, "%s has no run %" PRId64, store->path, id);
    } else {
        code = store_fail(store, "read the run", err);
    }
    sqlite3_finalize(r.statement);
    return code;
}

/* Fills a test from its row; the order of the columns is that of the SELECT in load_tests. */
static void read_test(row *r, test_record *t)
{
    test_plan *const p = &t->plan;
    answer_record *const a = &t->answer;
    t->is_warmup = strcmp(next_string(r), "warmup") == 0;
    t->index = (int)next_int(r);
    t->repeat = (int)next_int(r);
    t->start_ms = next_int(r);
    p->name = next_string(r);
    p->group = next_string(r);
    p->prompt = next_string(r);
    const int form = text_form_from_name(next_string(r));
    p->form = form < 0 ? FORM_PROSE : (text_form)form;
    p->expected = "";
    p->max_tokens = (int)next_int(r);
    p->temperature = next_double(r);
    p->seed = next_int(r);
    a->status = test_status_from_name(next_string(r));
    a->error = next_string(r);
    a->http_status = (int)next_int(r);
    int64_t *const numbers[] = {&a->connect_ns, &a->headers_ns, &a->first_event_ns, &a->end_ns};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        *numbers[i] = next_int(r);
    a->finish_reason = next_string(r);
    a->model = next_string(r);
    a->fingerprint = next_string(r);
    int64_t *const usage[] = {&a->prompt_tokens, &a->cached_tokens, &a->completion_tokens, &a->reasoning_tokens};
    for (size_t i = 0; i < sizeof usage / sizeof usage[0]; i++)
        *usage[i] = next_int(r);
    a->text = next_text(r, &a->n_text);
    a->reasoning = next_text(r, &a->n_reasoning);
}

/* Fills answer->arrivals of the test with row id test_id. */
static sw_code load_arrivals(result_store *store, run_record *run, int64_t test_id, answer_record *answer, sw_err *err)
{
    sqlite3_stmt *s;
    sw_code code =
        store_prepare(store, "SELECT t_ns, n_bytes, is_reasoning FROM event WHERE test_id = ? ORDER BY i", &s, err);
    if (code != SW_OK)
        return code;
    store_bind(s, "i", test_id);
    arrival *items = NULL;
    size_t n = 0, cap = 0;
    int step;
    while ((step = sqlite3_step(s)) == SQLITE_ROW && mem_grow(&items, &cap, n + 1, sizeof *items)) {
        items[n++] = (arrival){.t_ns = sqlite3_column_int64(s, 0),
                               .n_bytes = (uint32_t)sqlite3_column_int64(s, 1),
                               .is_reasoning = sqlite3_column_int(s, 2) != 0};
    }
    arrival *const kept = arena_alloc(run->keep, n * sizeof *kept);
    if (step == SQLITE_ROW || kept == NULL)
        code = sw_fail(err, SW_ENOMEM, "out of memory loading a run");
    else if (step != SQLITE_DONE)
        code = store_fail(store, "read the times of tokens", err);
    if (code == SW_OK && n > 0)
        memcpy(kept, items, n * sizeof *kept);
    answer->arrivals = kept;
    answer->n_arrivals = code == SW_OK ? n : 0;
    mem_free(items);
    sqlite3_finalize(s);
    return code;
}

/* All tests of the run with their arrivals, in the order in which they were stored. */
static sw_code load_tests(result_store *store, run_record *run, sw_err *err)
{
    row r = {.keep = run->keep};
    sw_code code = store_prepare(
        store,
        "SELECT id, phase, test_index, repeat, start_ms, name, grp, prompt, kind, max_tokens, temperature, seed,"
        " status, error, http_status, connect_ns, headers_ns, first_event_ns, end_ns, finish_reason, model,"
        " fingerprint, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, answer, reasoning"
        " FROM test WHERE run_id = ? ORDER BY id",
        &r.statement, err);
    if (code != SW_OK)
        return code;
    store_bind(r.statement, "i", run->info.id);
    size_t cap = 0;
    int step = SQLITE_ROW;
    while (code == SW_OK && (step = sqlite3_step(r.statement)) == SQLITE_ROW) {
        if (!mem_grow(&run->tests, &cap, run->n_tests + 1, sizeof *run->tests)) {
            r.out_of_memory = true;
            break;
        }
        test_record *const t = &run->tests[run->n_tests++];
        *t = (test_record){.server = -1, .variant = ""};
        r.column = 0;
        const int64_t test_id = next_int(&r);
        read_test(&r, t);
        code = load_arrivals(store, run, test_id, &t->answer, err);
    }
    if (code == SW_OK)
        code = check_row(store, &r, err);
    if (code == SW_OK && step != SQLITE_DONE)
        code = store_fail(store, "read the tests", err);
    sqlite3_finalize(r.statement);
    return code;
}

/* Samples of all sessions, by time. */
static sw_code load_samples(result_store *store, run_record *run, sw_err *err)
{
    sqlite3_stmt *s;
    sw_code code = store_prepare(store,
                                 "SELECT t_ms, private_bytes, rss_bytes, peak_rss_bytes, test_index FROM sample"
                                 " WHERE run_id = ? ORDER BY t_ms",
                                 &s, err);
    if (code != SW_OK)
        return code;
    store_bind(s, "i", run->info.id);
    size_t cap = 0;
    int step;
    while ((step = sqlite3_step(s)) == SQLITE_ROW &&
           mem_grow(&run->samples, &cap, run->n_samples + 1, sizeof *run->samples)) {
        resource_sample *const m = &run->samples[run->n_samples++];
        *m = (resource_sample){
            .t_ms = sqlite3_column_int64(s, 0),
            .server = -1,
            .test_index = sqlite3_column_int(s, 4),
            .values = sample_values_none(),
        };
        m->values.v[SAMPLE_PRIVATE] = (double)sqlite3_column_int64(s, 1);
        m->values.v[SAMPLE_RSS] = (double)sqlite3_column_int64(s, 2);
        m->values.v[SAMPLE_PEAK_RSS] = (double)sqlite3_column_int64(s, 3);
    }
    if (step == SQLITE_ROW)
        code = sw_fail(err, SW_ENOMEM, "out of memory loading a run");
    else if (step != SQLITE_DONE)
        code = store_fail(store, "read memory samples", err);
    sqlite3_finalize(s);
    return code;
}

/* On failure everything that was loaded is freed: a run is whole or not there. */
sw_code store_load_run(result_store *store, int64_t id, run_record **out, sw_err *err)
{
    *out = NULL;
    run_record *const run = mem_calloc(1, sizeof *run);
    if (run == NULL || (run->keep = arena_create()) == NULL) {
        run_record_free(run);
        return sw_fail(err, SW_ENOMEM, "out of memory loading a run");
    }
    run->subjects = mem_calloc(1, sizeof *run->subjects);
    run->n_subjects = run->subjects != NULL;
    sw_code code = load_info(store, id, run, err);
    if (code == SW_OK && run->n_subjects == 1)
        run->subjects[0].name = run->info.model;
    if (code == SW_OK)
        code = load_tests(store, run, err);
    if (code == SW_OK)
        code = load_samples(store, run, err);
    if (code != SW_OK) {
        run_record_free(run);
        return code;
    }
    *out = run;
    return SW_OK;
}

void run_record_free(run_record *run)
{
    if (run == NULL)
        return;
    mem_free(run->subjects);
    mem_free(run->tests);
    mem_free(run->samples);
    arena_free(run->keep);
    mem_free(run);
}
