/* alike_runs.c - drops the difference that follows from another one. */
#include "compare/alike_runs.h"

#include <string.h>

bool is_served_by_spillway(const run_record *run)
{
    for (size_t i = 0; i < run->n_servers; i++) {
        if (strncmp(run->servers[i].software, "spillway ", 9) != 0)
            return false;
    }
    return run->n_servers > 0;
}

const char *run_kind_name(const run_record *run)
{
    return run->n_stages > 0 ? "stress run" : "benchmark";
}

/* spillway's servers have its version in their names. */
static void drop_server(const run_record *a, const run_record *b, run_differences *d)
{
    size_t n = 0;
    for (size_t i = 0; i < d->n; i++) {
        if (strcmp(d->items[i].part, "server") != 0 || !is_served_by_spillway(a) || !is_served_by_spillway(b))
            d->items[n++] = d->items[i];
    }
    d->n = n;
}

sw_code alike_runs(const run_record *a, const run_record *b, const char *knob, run_differences *out, sw_err *err)
{
    const sw_code code = run_alike(a, b, knob, out, err);
    if (knob != NULL && strcmp(knob, "version") == 0)
        drop_server(a, b, out);
    return code;
}

sw_code changes_of_runs(const run_record *a, const run_record *b, run_differences *out, sw_err *err)
{
    const sw_code code = run_alike(a, b, NULL, out, err);
    if (strcmp(a->info.version, b->info.version) != 0)
        drop_server(a, b, out);
    return code;
}

// A fingerprint is of everything: a knob that differs explains why two are not equal.
sw_code differ_unseen(const run_record *a, const run_record *b, const char *knob, bool *out, sw_err *err)
{
    run_differences all;
    const sw_code code = run_alike(a, b, NULL, &all, err);
    const bool may_be_knob = knob != NULL && !run_part_is_shared(knob);
    *out = code == SW_OK && all.n == 0 && !may_be_knob && strcmp(a->info.fingerprint, b->info.fingerprint) != 0;
    run_differences_free(&all);
    return code;
}
