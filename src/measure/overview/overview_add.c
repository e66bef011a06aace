/* overview_add.c - one run more. */
#include <string.h>

#include "base/alloc.h"
#include "figures/run_status.h"
#include "overview/overview_entry.h"

sw_code overview_no_memory(sw_err *err)
{
    return sw_fail(err, SW_ENOMEM, "out of memory for the figures of several runs");
}

const char *overview_keep(overview *o, const char *text)
{
    return arena_copy(o->keep, text, strlen(text));
}

static sw_code add_run(overview *o, const run_record *record, const char *name, sw_err *err)
{
    const run_info *const info = &record->info;
    if (o->n_runs == LIMIT_OVERVIEW_RUNS)
        return sw_fail(err, SW_ELIMIT, "a page has at most %d runs; name fewer", LIMIT_OVERVIEW_RUNS);
    if (!mem_grow(&o->runs, &o->cap_runs, o->n_runs + 1, sizeof *o->runs))
        return overview_no_memory(err);
    const int status = run_status_from_name(info->status);
    const overview_run run = {
        .name = overview_keep(o, name),
        .status = overview_keep(o, info->status),
        .reasons = overview_keep(o, info->reasons),
        .fingerprint = overview_keep(o, info->fingerprint),
        .version = overview_keep(o, info->version),
        .command = overview_keep(o, info->command),
        .started_unix_ms = info->started_unix_ms,
        .is_ranked = status >= 0 && status != RUN_INVALID && status != RUN_ABORTED && !run_is_emulated(record),
        .is_emulated = run_is_emulated(record),
        .first_entry = o->n_entries,
    };
    if (run.name == NULL || run.status == NULL || run.reasons == NULL || run.fingerprint == NULL ||
        run.version == NULL || run.command == NULL)
        return overview_no_memory(err);
    o->runs[o->n_runs++] = run;
    return SW_OK;
}

sw_code overview_add(overview *o, const run_analysis *a, const char *name, sw_err *err)
{
    sw_code code = add_run(o, a->run, name, err);
    if (code != SW_OK)
        return code;
    criteria_list criteria;
    review_figures reviews = {0};
    code = criteria_of(a, &criteria, err);
    if (code == SW_OK)
        code = review_figures_of(a, &reviews, err);
    for (size_t i = 0; code == SW_OK && i < a->n_subjects; i++)
        code = overview_add_entry(o, a, &criteria, &reviews, i, err);
    criteria_free(&criteria);
    review_figures_free(&reviews);
    o->runs[o->n_runs - 1].n_entries = o->n_entries - o->runs[o->n_runs - 1].first_entry;
    return code;
}

sw_code overview_lose(overview *o, const char *name, const char *why, sw_err *err)
{
    const overview_lost lost = {overview_keep(o, name), overview_keep(o, why)};
    if (lost.name == NULL || lost.why == NULL || !mem_grow(&o->lost, &o->cap_lost, o->n_lost + 1, sizeof *o->lost))
        return overview_no_memory(err);
    o->lost[o->n_lost++] = lost;
    return SW_OK;
}
