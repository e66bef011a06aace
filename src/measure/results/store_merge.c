/* store_merge.c - copies a run from one store to another: loaded as a report would, so that nothing unchecked passes.
 */
#include "results/store.h"
#include "results/store_insert.h"

/* The run of `store` that is the same execution, or 0. */
static sw_code find_same(result_store *store, const run_info *info, int64_t *id_out, sw_err *err)
{
    sqlite3_stmt *s;
    sw_code code = store_prepare(
        store, "SELECT id FROM run WHERE started_unix_ms = ? AND fingerprint = ? AND command = ? LIMIT 1", &s, err);
    if (code != SW_OK)
        return code;
    store_bind(s, "iss", info->started_unix_ms, info->fingerprint, info->command);
    const int step = sqlite3_step(s);
    *id_out = step == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    if (step != SQLITE_ROW && step != SQLITE_DONE)
        code = store_fail(store, "look for a run", err);
    sqlite3_finalize(s);
    return code;
}

/* Positions are those of the lists, which are written in their order. */
static sw_code insert_all(result_store *into, const run_record *run, int64_t *id_out, sw_err *err)
{
    sw_code code = store_insert_run(into, &run->info, id_out, err);
    for (size_t i = 0; code == SW_OK && i < run->n_subjects; i++)
        code = store_put_subject(into, *id_out, (int)i, &run->subjects[i], err);
    for (size_t i = 0; code == SW_OK && i < run->n_servers; i++) {
        int position;
        code = store_add_server(into, *id_out, &run->servers[i], &position, err);
    }
    if (code == SW_OK)
        code = store_insert_placement(into, *id_out, run->placement, run->n_placement, err);
    if (code == SW_OK)
        code = store_insert_facts(into, *id_out, run->facts, run->n_facts, err);
    for (size_t i = 0; code == SW_OK && i < run->n_stages; i++)
        code = store_insert_stage(into, *id_out, (int)i, &run->stages[i], err);
    for (size_t i = 0; code == SW_OK && i < run->n_tests; i++)
        code = store_insert_test(into, *id_out, &run->tests[i], err);
    if (code == SW_OK)
        code = store_insert_reviews(into, *id_out, run, run->reviews, run->n_reviews, err);
    if (code == SW_OK)
        code = store_insert_samples(into, *id_out, run->samples, run->n_samples, err);
    return code == SW_OK ? store_insert_gpu_samples(into, *id_out, run->gpu_samples, run->n_gpu_samples, err) : code;
}

sw_code store_merge_run(result_store *into, result_store *from, int64_t id, int64_t *id_out, bool *was_there_out,
                        sw_err *err)
{
    static const char DOING[] = "add a run of another store";
    *id_out = 0;
    *was_there_out = false;
    run_record *run;
    sw_code code = store_load_run(from, id, &run, err);
    if (code == SW_OK)
        code = find_same(into, &run->info, id_out, err);
    *was_there_out = code == SW_OK && *id_out != 0;
    if (code == SW_OK && !*was_there_out && (code = store_begin(into, DOING, err)) == SW_OK)
        code = store_end(into, insert_all(into, run, id_out, err), DOING, err);
    run_record_free(run);
    return code;
}
