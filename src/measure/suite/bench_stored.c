/* bench_stored.c - a session that continues a stored run: its protocol, models and settings, and what is missing. */
#include <string.h>

#include "suite/bench_state.h"

/* Takes protocol and options from the stored run, so that all its tests are alike. */
static sw_code adopt_run(bench_session *b, const run_info *info, sw_err *err)
{
    sw_code code = bench_options_complete(&b->o, info->options_json, b->keep, err);
    if (code == SW_OK)
        code = protocol_parse(&b->protocol, info->protocol_json, strlen(info->protocol_json),
                              "the stored run's protocol", NULL, err);
    if (code != SW_OK)
        return code;
    b->run_id = info->id;
    b->started_unix_ms = info->started_unix_ms;
    b->pool_options.dir = b->dir;
    b->pool_options.store = b->store;
    b->pool_options.run_id = b->run_id;
    b->pool_options.session = info->n_sessions;
    return bench_apply_settings(b, err);
}

/* A file that changed since is another model, whatever its name. */
static sw_code check_subjects(const bench_session *b, const run_record *stored, sw_err *err)
{
    if (stored->n_subjects != b->subjects.n)
        return sw_fail(err, SW_EINVAL, "the run in %s has %zu models, there are %zu now", b->dir, stored->n_subjects,
                       b->subjects.n);
    for (size_t i = 0; i < b->subjects.n; i++) {
        const subject_record *const now = &b->subjects.items[i].record, *const then = &stored->subjects[i];
        const bool is_told = now->file_hash[0] != '\0' && then->file_hash[0] != '\0';
        if (is_told && strcmp(now->file_hash, then->file_hash) != 0)
            return sw_fail(err, SW_EINVAL, "the run in %s is of model '%.100s', whose file has changed since: %s",
                           b->dir, then->name, b->o.models[i]);
    }
    return SW_OK;
}

/* What the store has and this session must not do again. */
static sw_code adopt_results(bench_session *b, const run_record *stored, sw_err *err)
{
    const fact_record *const skipped = run_fact(stored, -1, -1, FACT_REFERENCE_SKIPPED);
    b->has_reference = (b->protocol->settings.modes & 1u << MODE_REFERENCE) != 0 && skipped == NULL;
    for (size_t i = 0; i < stored->n_tests; i++)
        b->n_warmups += stored->tests[i].is_warmup;
    sw_code code = check_subjects(b, stored, err);
    if (code == SW_OK)
        code = bench_make_schedule(b, stored, err);
    return code == SW_OK ? bench_open_hosts(b, NULL, err) : code;
}

/* A server may have another address now; servers of our own are started when a step needs them. */
sw_code bench_open_stored(bench_session *b, sw_err *err)
{
    b->dir = b->o.dir;
    run_record *stored = NULL;
    sw_code code = bench_open_store(b, err);
    if (code == SW_OK)
        code = store_load_run(b->store, 0, &stored, err);
    if (code != SW_OK)
        return code;
    code = adopt_run(b, &stored->info, err);
    if (code == SW_OK)
        code = bench_find_models(b, err);
    if (code == SW_OK)
        code = adopt_results(b, stored, err);
    run_record_free(stored);
    return code == SW_OK ? store_reopen_run(b->store, b->run_id, err) : code;
}
