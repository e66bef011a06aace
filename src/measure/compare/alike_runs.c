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
