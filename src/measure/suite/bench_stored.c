/* bench_stored.c - a session that continues a stored run: its protocol, models and settings, and what is missing. */
#include <string.h>

#include "suite/bench_state.h"

/* Takes protocol and options from the stored run, so that all its tests are alike. */
static sw_code adopt_run(bench_session *b, const run_info *info, sw_err *err)
{
    sw_code code = bench_options_complete(&b->o, info->options_json, b->keep, err);
    if (code == SW_OK && b->task != NULL)
        code = b->task->adopt(b->task->ud, &b->protocol, info->protocol_json, err);
    else if (code == SW_OK)
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
    if (stored->n_subjects != b->subjects.n && stored->n_tests > 0)
        return sw_fail(err, SW_EINVAL, "the run in %s has %zu models, there are %zu now", b->dir, stored->n_subjects,
                       b->subjects.n);
    for (size_t i = 0; i < b->subjects.n && i < stored->n_subjects; i++) {
        const subject_record *const now = &b->subjects.items[i].record, *const then = &stored->subjects[i];
        const bool is_told = now->file_hash[0] != '\0' && then->file_hash[0] != '\0';
        if (is_told && strcmp(now->file_hash, then->file_hash) != 0)
            return sw_fail(err, SW_EINVAL, "the run in %s is of model '%.100s', whose file has changed since: %s",
                           b->dir, then->name, b->o.models[i]);
    }
    return SW_OK;
}

/* The wall clock has seconds and can be set: no test of this session begins before one of an earlier session ended. */
static int64_t origin_ms(const bench_session *b, const run_record *stored)
{
    int64_t origin = b->opened_unix_ms - b->started_unix_ms;
    for (size_t i = 0; i < stored->n_tests; i++) {
        const test_record *const t = &stored->tests[i];
        const int64_t end_ms = t->start_ms + (t->answer.end_ns > 0 ? t->answer.end_ns / 1000000 : 0) + 1;
        origin = origin > end_ms ? origin : end_ms;
    }
    for (size_t i = 0; i < stored->n_samples; i++)
        origin = origin > stored->samples[i].t_ms ? origin : stored->samples[i].t_ms + 1;
    return origin;
}

/* Plans the run as it was planned: with a reference if its number of tests has one. */
static sw_code plan_again(bench_session *b, const run_record *stored, sw_err *err)
{
    b->has_reference = true;
    sw_code code = bench_make_schedule(b, stored, err);
    b->has_reference = (int)b->schedule.n == stored->info.n_planned;
    if (code == SW_OK && !b->has_reference)
        code = bench_make_schedule(b, stored, err);
    return code;
}

/* What the store has and this session must not do again. */
static sw_code adopt_results(bench_session *b, const run_record *stored, sw_err *err)
{
    b->origin_ms = origin_ms(b, stored);
    for (size_t i = 0; i < stored->n_tests; i++)
        b->n_warmups += stored->tests[i].is_warmup;
    sw_code code = check_subjects(b, stored, err);
    if (code == SW_OK)
        code = plan_again(b, stored, err);
    return code == SW_OK ? bench_open_hosts(b, NULL, err) : code;
}

/* A run may have been killed before its models were stored. */
static sw_code complete_description(bench_session *b, size_t n_stored, sw_err *err)
{
    const fact_record *machine;
    size_t n;
    const char *skipped;
    if (n_stored == b->subjects.n)
        return SW_OK;
    sw_code code = bench_choose_reference(b, b->has_reference, &skipped, err);
    if (code == SW_OK)
        code = bench_machine_facts(b, &machine, &n, err);
    return code == SW_OK ? bench_describe(b, machine, n, skipped, err) : code;
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
    const size_t n_subjects = stored->n_subjects;
    run_record_free(stored);
    if (code == SW_OK)
        code = store_reopen_run(b->store, b->run_id, err);
    return code == SW_OK ? complete_description(b, n_subjects, err) : code;
}
