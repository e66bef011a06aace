/* store_list.c - the runs of a store as a list, and removing one. */
#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "results/store.h"
#include "results/store_row.h"

static const char LIST[] =
    "SELECT id, started_unix_ms, finished_unix_ms, status, fingerprint, version, url, model, protocol_name, command,"
    " (SELECT count(*) FROM subject WHERE run_id = run.id), n_sessions, n_planned,"
    " (SELECT count(*) FROM test WHERE run_id = run.id AND phase = 'measure'),"
    " (SELECT count(*) FROM test WHERE run_id = run.id AND phase = 'measure' AND status = 'completed'),"
    " EXISTS (SELECT 1 FROM fact WHERE run_id = run.id AND name = 'device_emulated' AND text = 'yes'),"
    " EXISTS (SELECT 1 FROM stage WHERE run_id = run.id)"
    " FROM run WHERE ?1 = 0 ORDER BY id";

static void read_entry(row *r, run_entry *e)
{
    e->id = row_integer(r, INT64_MIN, INT64_MAX);
    e->started_unix_ms = row_integer(r, 0, ROW_NUMBER_MAX);
    e->finished_unix_ms = row_integer(r, 0, ROW_NUMBER_MAX);
    const char **const strings[] = {&e->status, &e->fingerprint,   &e->version, &e->url,
                                    &e->model,  &e->protocol_name, &e->command};
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++)
        *strings[i] = row_string(r);
    int *const numbers[] = {&e->n_models, &e->n_sessions, &e->n_planned, &e->n_measured, &e->n_completed};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        *numbers[i] = row_int(r, 0);
    e->is_emulated = row_int(r, 0) != 0;
    e->is_stress = row_int(r, 0) != 0;
}

sw_code store_list_runs(result_store *store, run_list *out, sw_err *err)
{
    *out = (run_list){.keep = arena_create()};
    if (out->keep == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory listing the runs of %s", store->path);
    row r = row_begin(store, LIST, 0, out->keep, "list the runs", err);
    size_t cap = 0;
    while (row_next(&r)) {
        if (!mem_grow(&out->entries, &cap, out->n + 1, sizeof *out->entries)) {
            row_out_of_memory(&r);
            break;
        }
        read_entry(&r, &out->entries[out->n++]);
    }
    return row_end(&r);
}

void run_list_free(run_list *list)
{
    mem_free(list->entries);
    arena_free(list->keep);
    *list = (run_list){0};
}

/* What belongs to the run goes with it by the foreign keys.  The file is made smaller if there is storage to do so: a
 * store is often tidied because there is none, and what stays free inside it is used by the next run. */
sw_code store_delete_run(result_store *store, int64_t id, sw_err *err)
{
    sqlite3_stmt *s;
    sw_code code = store_prepare(store, "DELETE FROM run WHERE id = ?", &s, err);
    if (code != SW_OK)
        return code;
    store_bind(s, "i", id);
    code = store_finish(store, s, "delete the run", err);
    if (code == SW_OK && sqlite3_changes(store->db) == 0)
        return sw_fail(err, SW_ENOTFOUND, "%s has no run %" PRId64 "; `spillway runs list` shows which it has",
                       store->path, id);
    if (code == SW_OK)
        sqlite3_exec(store->db, "VACUUM", NULL, NULL, NULL);
    return code;
}
