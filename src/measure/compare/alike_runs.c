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

sw_code alike_runs(const run_record *a, const run_record *b, const char *knob, run_differences *out, sw_err *err)
{
    const sw_code code = run_alike(a, b, knob, out, err);
    if (knob == NULL || strcmp(knob, "version") != 0 || !is_served_by_spillway(a) || !is_served_by_spillway(b))
        return code;
    size_t n = 0;
    for (size_t i = 0; i < out->n; i++) {
        if (strcmp(out->items[i].part, "server") != 0)
            out->items[n++] = out->items[i];
    }
    out->n = n;
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
