/* trend_runs.c - lists all runs first, and loads one at a time. */
#include "cmd/trend_runs.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/escape.h"
#include "cmd/loaded_run.h"
#include "compare/alike_runs.h"
#include "figures/run_status.h"
#include "results/store.h"
#include "share/shared_run.h"

enum { NAME_BYTES_MAX = 1 << 20 };

/* A run that may be added. */
typedef struct candidate {
    run_name name;
    int64_t started_unix_ms;
} candidate;

typedef struct candidates {
    candidate *items;
    size_t n, cap;
    bool has_shared;
    run_trend *trend; // where those that are none are named
} candidates;

static int by_start(const void *a, const void *b)
{
    const int64_t x = ((const candidate *)a)->started_unix_ms, y = ((const candidate *)b)->started_unix_ms;
    return (x > y) - (x < y);
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

static sw_code leave_out(run_trend *t, const run_name *name, int64_t started_unix_ms, bool is_unlike, const char *why,
                         sw_err *err)
{
    buf text;
    buf_init(&text, NAME_BYTES_MAX);
    loaded_run_put_name(&text, name);
    const sw_code code = run_trend_leave_out(t, buf_str(&text), started_unix_ms, is_unlike, why, err);
    buf_free(&text);
    return code;
}

/* Only valid runs of real devices are candidates. */
static sw_code list_run(candidates *list, candidate c, const char *status, bool is_emulated, sw_err *err)
{
    const int known = run_status_from_name(status);
    if (is_emulated)
        return leave_out(list->trend, &c.name, c.started_unix_ms, /*is_unlike=*/false,
                         "of an emulated GPU, whose figures say nothing of speed", err);
    if (known < 0 || known == RUN_INVALID || known == RUN_ABORTED)
        return leave_out(list->trend, &c.name, c.started_unix_ms, /*is_unlike=*/false,
                         known < 0 ? "not finished" : run_status_name((run_status)known), err);
    if (!mem_grow(&list->items, &list->cap, list->n + 1, sizeof *list->items))
        return sw_fail(err, SW_ENOMEM, "out of memory listing runs");
    list->items[list->n++] = c;
    return SW_OK;
}

static sw_code list_store(const run_name *name, candidates *list, sw_err *err)
{
    result_store *store;
    run_list runs;
    sw_code code = store_open(&store, name->store, /*read_only=*/true, err);
    if (code != SW_OK)
        return code;
    code = store_list_runs(store, &runs, err);
    for (size_t i = 0; code == SW_OK && i < runs.n; i++) {
        const run_entry *const e = &runs.entries[i];
        if (name->id == 0 || name->id == e->id)
            code =
                list_run(list, (candidate){{name->store, e->id}, e->started_unix_ms}, e->status, e->is_emulated, err);
    }
    run_list_free(&runs);
    store_close(store);
    return code;
}

static sw_code list_shared(const run_name *name, candidates *list, sw_err *err)
{
    share_file *file;
    sw_code code = share_load(&file, name->store, err);
    if (code != SW_OK)
        return code;
    const candidate c = {*name, shared_run_began(file)};
    list->has_shared = true;
    if (c.started_unix_ms == 0)
        code = sw_fail(err, SW_EFORMAT, "%.200s: '%.40s' is no time; a trend needs to know when a run began",
                       name->store, file->began);
    else
        code = list_run(list, c, file->status, file->hardware.is_emulated, err);
    share_free(file);
    return code;
}

/* ---- runs -------------------------------------------------------------------------------------------------------- */

static sw_code load(const candidates *list, const candidate *c, loaded_run *out, sw_err *err)
{
    const sw_code code = loaded_run_of(out, &c->name, err);
    return code == SW_OK && list->has_shared ? loaded_run_share(out, err) : code;
}

/* Why the run is unlike the latest; "" if it is not. */
static sw_code put_unlike(buf *out, const candidates *list, const run_record *run, const run_record *latest,
                          const char *knob, sw_err *err)
{
    run_differences differences;
    bool is_hidden = false;
    if (strcmp(run_kind_name(run), run_kind_name(latest)) != 0) {
        buf_printf(out, "kind: a %s, and the latest is a %s", run_kind_name(run), run_kind_name(latest));
        return SW_OK;
    }
    sw_code code = alike_runs(run, latest, knob, &differences, err);
    if (code == SW_OK && differences.n == 0 && list->has_shared)
        code = differ_unseen(run, latest, knob, &is_hidden, err);
    if (is_hidden)
        buf_puts(out, "fingerprint: something that a shared file does not hold");
    else if (code == SW_OK && differences.n > 0)
        buf_printf(out, "%s: %s, and the latest has %s", differences.items[0].part, differences.items[0].a,
                   differences.items[0].b);
    run_differences_free(&differences);
    return code;
}

/* `before`: the run that was added before, or empty. */
static sw_code add(run_trend *out, const loaded_run *run, const loaded_run *before, sw_err *err)
{
    run_differences differences = {0};
    sw_code code = SW_OK;
    if (before->run != NULL)
        code = changes_of_runs(before->run, run->run, &differences, err);
    if (code == SW_OK)
        code = run_trend_add(out, &run->analysis, run->name, &differences, err);
    run_differences_free(&differences);
    return code;
}

/* A run that is added becomes *before. */
static sw_code add_if_alike(candidates *list, const candidate *c, const run_record *latest, const char *knob,
                            loaded_run *before, sw_err *err)
{
    loaded_run run;
    buf why;
    buf_init(&why, NAME_BYTES_MAX);
    sw_code code = load(list, c, &run, err);
    if (code == SW_OK)
        code = put_unlike(&why, list, run.run, latest, knob, err);
    if (code == SW_OK && why.size > 0)
        code = leave_out(list->trend, &c->name, c->started_unix_ms, /*is_unlike=*/true, buf_str(&why), err);
    else if (code == SW_OK && (code = add(list->trend, &run, before, err)) == SW_OK) {
        const loaded_run swap = *before;
        *before = run;
        run = swap;
    }
    loaded_run_free(&run);
    buf_free(&why);
    return code;
}

static sw_code add_all(candidates *list, const char *knob, sw_err *err)
{
    loaded_run latest, before = {0};
    if (list->n == 0)
        return SW_OK;
    qsort(list->items, list->n, sizeof *list->items, by_start);
    sw_code code = load(list, &list->items[list->n - 1], &latest, err);
    for (size_t i = 0; code == SW_OK && i < list->n; i++)
        code = add_if_alike(list, &list->items[i], latest.run, knob, &before, err);
    loaded_run_free(&before);
    loaded_run_free(&latest);
    return code;
}

sw_code trend_runs_load(run_trend *out, const char *const *texts, size_t n, const char *knob, sw_err *err)
{
    run_names names;
    candidates list = {.trend = out};
    sw_code code = run_trend_init(out, err);
    if (code != SW_OK)
        return code;
    code = run_names_find(texts, n, &names, err);
    for (size_t i = 0; code == SW_OK && i < names.n; i++)
        code = share_is_file(names.items[i].store) ? list_shared(&names.items[i], &list, err)
                                                   : list_store(&names.items[i], &list, err);
    if (code == SW_OK)
        code = add_all(&list, knob, err);
    mem_free(list.items);
    run_names_free(&names);
    return code;
}
