/* store_read.c - loads a run with all that belongs to it.  The run owns all of it. */
#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "results/store.h"
#include "results/store_load.h"
#include "results/store_row.h"
#include "results/store_schema.h"

/* ---- the run itself --------------------------------------------------------------------------------------------- */

/* The order is that of RUN_COLUMNS. */
static void read_info(row *r, run_info *i)
{
    i->started_unix_ms = row_integer(r, 0, ROW_NUMBER_MAX);
    i->finished_unix_ms = row_integer(r, 0, ROW_NUMBER_MAX);
    const char **const strings[] = {
        &i->status,        &i->reasons,       &i->fingerprint,  &i->version, &i->url, &i->model, &i->protocol_name,
        &i->protocol_hash, &i->protocol_json, &i->options_json, &i->command, &i->cpu, &i->os};
    for (size_t k = 0; k < sizeof strings / sizeof strings[0]; k++)
        *strings[k] = row_string(r);
    i->n_cores = row_int(r, 0);
    i->memory_bytes = row_count(r);
    i->n_sessions = row_int(r, 1);
    i->n_planned = row_int(r, 0);
}

/* The run with that id, or the latest for 0. */
static sw_code load_info(result_store *store, int64_t id, run_record *run, sw_err *err)
{
    row r = row_begin(store, "SELECT id, " RUN_COLUMNS " FROM run WHERE id = ?1 OR ?1 = 0 ORDER BY id DESC LIMIT 1", id,
                      run->keep, "read the run", err);
    const bool is_there = row_next(&r);
    if (is_there) {
        run->info.id = row_integer(&r, INT64_MIN, INT64_MAX);
        read_info(&r, &run->info);
    }
    const sw_code code = row_end(&r);
    if (code != SW_OK || is_there)
        return code;
    if (id == 0)
        return sw_fail(err, SW_ENOTFOUND, "%s has no run yet", store->path);
    return sw_fail(err, SW_ENOTFOUND, "%s has no run %" PRId64 "; `spillway runs list` shows which it has", store->path,
                   id);
}

/* ---- lists ------------------------------------------------------------------------------------------------------ */

/* Appends a zeroed element to a list of the run; NULL ends the query. */
static void *append(row *r, void *items_ptr, size_t *n, size_t *cap, size_t size)
{
    if (!mem_grow(items_ptr, cap, *n + 1, size)) {
        row_out_of_memory(r);
        return NULL;
    }
    return memset(*(char **)items_ptr + size * (*n)++, 0, size);
}

static sw_code load_subjects(result_store *store, run_record *run, sw_err *err)
{
    row r = row_begin(store, "SELECT position, " SUBJECT_COLUMNS " FROM subject WHERE run_id = ? ORDER BY position",
                      run->info.id, run->keep, "read the models", err);
    size_t cap = 0;
    for (subject_record *s; row_next(&r) && (s = append(&r, &run->subjects, &run->n_subjects, &cap, sizeof *s));) {
        if (row_integer(&r, -1, INT32_MAX) != (int64_t)run->n_subjects - 1)
            row_damaged(&r, "a model of a run is missing");
        const char **const strings[] = {&s->name, &s->family, &s->file_name, &s->file_hash, &s->quantization};
        for (size_t k = 0; k < sizeof strings / sizeof strings[0]; k++)
            *strings[k] = row_string(&r);
        uint64_t *const counts[] = {&s->file_bytes, &s->n_parameters, &s->n_active_parameters};
        for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++)
            *counts[k] = row_count(&r);
        int *const numbers[] = {&s->n_layers, &s->n_experts, &s->n_experts_used, &s->n_experts_shared, &s->n_ctx_train};
        for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++)
            *numbers[k] = row_int(&r, 0);
    }
    return row_end(&r);
}

static sw_code load_servers(result_store *store, run_record *run, sw_err *err)
{
    row r = row_begin(store, "SELECT position, " SERVER_COLUMNS " FROM server WHERE run_id = ? ORDER BY position",
                      run->info.id, run->keep, "read the servers", err);
    size_t cap = 0;
    for (server_record *s; row_next(&r) && (s = append(&r, &run->servers, &run->n_servers, &cap, sizeof *s));) {
        if (row_integer(&r, -1, INT32_MAX) != (int64_t)run->n_servers - 1)
            row_damaged(&r, "a server of a run is missing");
        s->subject = row_position(&r, run->n_subjects);
        if (s->subject < 0)
            row_damaged(&r, "a server has no model");
        s->side = server_side_from_name(row_string(&r));
        s->session = row_int(&r, 0);
        s->url = row_string(&r);
        s->software = row_string(&r);
        s->command = row_string(&r);
        s->started_ms = row_integer(&r, 0, ROW_NUMBER_MAX);
    }
    return row_end(&r);
}

static sw_code load_placement(result_store *store, run_record *run, sw_err *err)
{
    row r = row_begin(store, "SELECT " PLACEMENT_COLUMNS " FROM placement WHERE run_id = ? ORDER BY rowid",
                      run->info.id, run->keep, "read the placement", err);
    size_t cap = 0;
    for (placement_row *p; row_next(&r) && (p = append(&r, &run->placement, &run->n_placement, &cap, sizeof *p));) {
        p->server = row_position(&r, run->n_servers);
        if (p->server < 0)
            row_damaged(&r, "a placement has no server");
        p->tier = row_string(&r);
        p->tensor_class = row_string(&r);
        p->bytes = row_count(&r);
        p->requested = row_string(&r);
        p->source = row_string(&r);
    }
    return row_end(&r);
}

/* A fact that a newer spillway knows and this one does not is left out. */
static sw_code load_facts(result_store *store, run_record *run, sw_err *err)
{
    row r = row_begin(store, "SELECT " FACT_COLUMNS " FROM fact WHERE run_id = ? ORDER BY rowid", run->info.id,
                      run->keep, "read the facts", err);
    size_t cap = 0;
    for (fact_record *f; row_next(&r) && (f = append(&r, &run->facts, &run->n_facts, &cap, sizeof *f));) {
        f->subject = row_position(&r, run->n_subjects);
        f->server = row_position(&r, run->n_servers);
        const int name = fact_from_name(row_string(&r));
        f->name = name < 0 ? 0 : (fact_name)name;
        f->number = row_double(&r);
        f->text = row_string(&r);
        f->source = row_string(&r);
        run->n_facts -= name < 0;
    }
    return row_end(&r);
}

static sw_code load_stages(result_store *store, run_record *run, sw_err *err)
{
    row r = row_begin(store, "SELECT position, " STAGE_COLUMNS " FROM stage WHERE run_id = ? ORDER BY position",
                      run->info.id, run->keep, "read the stages", err);
    size_t cap = 0;
    for (stage_record *g; row_next(&r) && (g = append(&r, &run->stages, &run->n_stages, &cap, sizeof *g));) {
        if (row_integer(&r, -1, INT32_MAX) != (int64_t)run->n_stages - 1)
            row_damaged(&r, "a stage of a run is missing");
        g->subject = row_position(&r, run->n_subjects);
        if (g->subject < 0)
            row_damaged(&r, "a stage has no model");
        const char **const strings[] = {&g->suite, &g->name, &g->work, &g->parameters};
        for (size_t k = 0; k < sizeof strings / sizeof strings[0]; k++)
            *strings[k] = row_string(&r);
        g->n_planned = row_int(&r, 0);
        const double planned_s = row_double(&r);
        g->planned_s = planned_s >= 0 ? planned_s : 0;
        g->start_ms = row_integer(&r, -1, ROW_NUMBER_MAX);
        g->end_ms = row_integer(&r, -1, ROW_NUMBER_MAX);
        g->spent_ms = row_integer(&r, 0, ROW_NUMBER_MAX);
        g->ending = stage_ending_from_name(row_string(&r));
        g->reason = row_string(&r);
    }
    return row_end(&r);
}

/* Samples of all sessions, by time. */
static sw_code load_samples(result_store *store, run_record *run, sw_err *err)
{
    row r = row_begin(store, "SELECT " SAMPLE_COLUMNS " FROM sample WHERE run_id = ? ORDER BY t_ms", run->info.id,
                      run->keep, "read the samples", err);
    size_t cap = 0;
    for (resource_sample *m; row_next(&r) && (m = append(&r, &run->samples, &run->n_samples, &cap, sizeof *m));) {
        m->t_ms = row_integer(&r, 0, ROW_NUMBER_MAX);
        m->server = row_position(&r, run->n_servers);
        m->test_index = row_int(&r, -1);
        for (int i = 0; i < N_SAMPLE_FIGURES; i++)
            m->values.v[i] = row_double(&r);
    }
    return row_end(&r);
}

static sw_code load_gpu_samples(result_store *store, run_record *run, sw_err *err)
{
    row r = row_begin(store, "SELECT " GPU_SAMPLE_COLUMNS " FROM gpu_sample WHERE run_id = ? ORDER BY t_ms",
                      run->info.id, run->keep, "read the samples of GPUs", err);
    size_t cap = 0;
    for (gpu_sample *m; row_next(&r) && (m = append(&r, &run->gpu_samples, &run->n_gpu_samples, &cap, sizeof *m));) {
        m->t_ms = row_integer(&r, 0, ROW_NUMBER_MAX);
        m->server = row_position(&r, run->n_servers);
        m->gpu = row_int(&r, 0);
        if (m->gpu >= RUN_GPUS_MAX)
            row_damaged(&r, "a GPU has a number that is too high");
        for (int i = 0; i < N_GPU_FIGURES; i++)
            m->values.v[i] = row_double(&r);
    }
    return row_end(&r);
}

/* ---- all of it -------------------------------------------------------------------------------------------------- */

static sw_code load_parts(result_store *store, int64_t id, run_record *run, sw_err *err)
{
    sw_code code = load_info(store, id, run, err);
    if (code == SW_OK)
        code = load_subjects(store, run, err);
    if (code == SW_OK && run->n_subjects == 0)
        code = sw_fail(err, SW_EFORMAT, "%s is damaged: run %" PRId64 " has no model; use a copy of the file",
                       store->path, run->info.id);
    if (code == SW_OK)
        code = load_servers(store, run, err);
    if (code == SW_OK)
        code = load_placement(store, run, err);
    if (code == SW_OK)
        code = load_facts(store, run, err);
    if (code == SW_OK)
        code = load_stages(store, run, err);
    if (code == SW_OK)
        code = store_load_tests(store, run, err);
    if (code == SW_OK)
        code = store_load_reviews(store, run, err);
    if (code == SW_OK)
        code = load_samples(store, run, err);
    return code == SW_OK ? load_gpu_samples(store, run, err) : code;
}

/* In one transaction: another program may add tests meanwhile.  On failure everything that was loaded is freed: a run
 * is whole or not there. */
sw_code store_load_run(result_store *store, int64_t id, run_record **out, sw_err *err)
{
    *out = NULL;
    run_record *const run = mem_calloc(1, sizeof *run);
    if (run == NULL || (run->keep = arena_create()) == NULL) {
        run_record_free(run);
        return sw_fail(err, SW_ENOMEM, "out of memory loading a run");
    }
    sw_code code = store_exec(store, "BEGIN", "read a run", err);
    if (code == SW_OK)
        code = store_end(store, load_parts(store, id, run, err), "read a run", err);
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
    mem_free(run->servers);
    mem_free(run->placement);
    mem_free(run->facts);
    mem_free(run->stages);
    mem_free(run->tests);
    mem_free(run->reviews);
    mem_free(run->samples);
    mem_free(run->gpu_samples);
    arena_free(run->keep);
    mem_free(run);
}
