/* trend_runs.c - lists all runs first, and loads one at a time. */
#include "cmd/trend_runs.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "cmd/run_names.h"
#include "compare/alike_runs.h"
#include "figures/run_status.h"
#include "results/store.h"

enum { NAME_BYTES_MAX = 1 << 20 };

/* A run that may be added. */
typedef struct candidate {
    run_name name;
    int64_t started_unix_ms;
} candidate;

typedef struct candidates {
    candidate *items;
    size_t n, cap;
} candidates;

static int by_start(const void *a, const void *b)
{
    const int64_t x = ((const candidate *)a)->started_unix_ms, y = ((const candidate *)b)->started_unix_ms;
    return (x > y) - (x < y);
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

static sw_code list_store(const run_name *name, candidates *list, size_t *n_invalid, sw_err *err)
{
    result_store *store;
    run_list runs;
    sw_code code = store_open(&store, name->store, /*read_only=*/true, err);
    if (code != SW_OK)
        return code;
    code = store_list_runs(store, &runs, err);
    for (size_t i = 0; code == SW_OK && i < runs.n; i++) {
        const run_entry *const e = &runs.entries[i];
        const int status = run_status_from_name(e->status);
        const bool is_valid = status >= 0 && status != RUN_INVALID && status != RUN_ABORTED;
        if (name->id != 0 && name->id != e->id)
            continue;
        *n_invalid += !is_valid;
        if (is_valid && !mem_grow(&list->items, &list->cap, list->n + 1, sizeof *list->items))
            code = sw_fail(err, SW_ENOMEM, "out of memory listing runs");
        else if (is_valid)
            list->items[list->n++] = (candidate){{name->store, e->id}, e->started_unix_ms};
    }
    run_list_free(&runs);
    store_close(store);
    return code;
}

/* ---- runs -------------------------------------------------------------------------------------------------------- */

static sw_code load(const run_name *name, run_record **out, sw_err *err)
{
    result_store *store;
    sw_code code = store_open(&store, name->store, /*read_only=*/true, err);
    if (code != SW_OK)
        return code;
    code = store_load_run(store, name->id, out, err);
    store_close(store);
    return code;
}

static sw_code add(trend_runs *out, const run_record *run, const run_name *name, sw_err *err)
{
    run_analysis analysis;
    buf text;
    buf_init(&text, NAME_BYTES_MAX);
    run_name_put(&text, name->store, name->id);
    sw_code code = run_analysis_of(run, &analysis, err);
    if (code == SW_OK)
        code = run_trend_add(&out->trend, &analysis, buf_str(&text), err);
    run_analysis_free(&analysis);
    buf_free(&text);
    return code;
}

/* The latest difference that was seen is as good an example as any. */
static sw_code note_unlike(trend_runs *out, const run_difference *d, sw_err *err)
{
    buf text;
    buf_init(&text, NAME_BYTES_MAX);
    buf_printf(&text, "%s: %s, and the latest has %s", d->part, d->a, d->b);
    mem_free(out->unlike);
    out->unlike = buf_take(&text);
    out->n_unlike++;
    return out->unlike != NULL ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory comparing runs");
}

static sw_code add_if_alike(trend_runs *out, const candidate *c, const run_record *latest, const char *knob,
                            sw_err *err)
{
    run_record *run;
    run_differences differences;
    sw_code code = load(&c->name, &run, err);
    if (code != SW_OK)
        return code;
    code = alike_runs(run, latest, knob, &differences, err);
    if (code == SW_OK && differences.n == 0)
        code = add(out, run, &c->name, err);
    else if (code == SW_OK)
        code = note_unlike(out, &differences.items[0], err);
    run_differences_free(&differences);
    run_record_free(run);
    return code;
}

static sw_code add_all(trend_runs *out, candidates *list, const char *knob, sw_err *err)
{
    run_record *latest;
    if (list->n == 0)
        return SW_OK;
    qsort(list->items, list->n, sizeof *list->items, by_start);
    sw_code code = load(&list->items[list->n - 1].name, &latest, err);
    if (code != SW_OK)
        return code;
    for (size_t i = 0; code == SW_OK && i < list->n; i++)
        code = add_if_alike(out, &list->items[i], latest, knob, err);
    run_record_free(latest);
    return code;
}

sw_code trend_runs_load(trend_runs *out, const char *const *texts, size_t n, const char *knob, sw_err *err)
{
    run_names names;
    candidates list = {0};
    *out = (trend_runs){0};
    sw_code code = run_trend_init(&out->trend, err);
    if (code != SW_OK)
        return code;
    code = run_names_find(texts, n, &names, err);
    for (size_t i = 0; code == SW_OK && i < names.n; i++)
        code = list_store(&names.items[i], &list, &out->n_invalid, err);
    if (code == SW_OK)
        code = add_all(out, &list, knob, err);
    mem_free(list.items);
    run_names_free(&names);
    return code;
}

void trend_runs_free(trend_runs *runs)
{
    run_trend_free(&runs->trend);
    mem_free(runs->unlike);
    *runs = (trend_runs){0};
}
