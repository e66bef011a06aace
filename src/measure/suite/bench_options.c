#include "suite/bench_options.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

char *bench_options_to_json(const bench_options *o)
{
    json_t *const serve = o->serve != NULL ? json_array() : json_null();
    if (o->serve != NULL) {
        json_array_append_new(serve, json_string(o->serve));
        for (size_t i = 0; i < o->n_serve_options; i++)
            json_array_append_new(serve, json_string(o->serve_options[i]));
    }
    json_t *const all = json_pack("{s:s*, s:o, s:s*, s:f, s:i}", "url", o->url, "serve", serve, "model", o->model,
                                  "pause_s", o->pause_s, "repeat", o->n_repeats);
    char *const text = all != NULL ? json_dumps(all, JSON_COMPACT) : NULL;
    char *const copy = text != NULL ? mem_strdup(text) : NULL;
    free(text);
    json_decref(all);
    return copy;
}

static const char *copy_string(const json_t *string, arena *keep)
{
    return json_is_string(string) ? arena_copy(keep, json_string_value(string), json_string_length(string)) : NULL;
}

/* ["MODEL", "option", ...]; false when it is not that. */
static bool complete_serve(bench_options *o, const json_t *serve, arena *keep)
{
    const size_t n = json_array_size(serve);
    if (n == 0)
        return json_is_null(serve);
    const char **const options = arena_alloc(keep, n * sizeof *options);
    o->serve = copy_string(json_array_get(serve, 0), keep);
    for (size_t i = 1; i < n && options != NULL; i++) {
        options[i - 1] = copy_string(json_array_get(serve, i), keep);
        if (options[i - 1] == NULL)
            return false;
    }
    o->serve_options = options;
    o->n_serve_options = n - 1;
    return o->serve != NULL && options != NULL;
}

sw_code bench_options_complete(bench_options *o, const char *json, arena *keep, sw_err *err)
{
    json_t *const all = json_loads(json, 0, NULL);
    bool ok = json_is_object(all);
    const int64_t n_repeats = json_integer_value(json_object_get(all, "repeat"));
    ok = ok && n_repeats >= 1 && n_repeats <= BENCH_REPEATS_MAX;
    if (ok && o->url == NULL && o->serve == NULL) {
        o->url = copy_string(json_object_get(all, "url"), keep);
        if (o->url == NULL)
            ok = complete_serve(o, json_object_get(all, "serve"), keep) && o->serve != NULL;
    }
    if (ok && o->model == NULL)
        o->model = copy_string(json_object_get(all, "model"), keep);
    if (ok && o->pause_s < 0)
        o->pause_s = json_number_value(json_object_get(all, "pause_s"));
    if (ok)
        o->n_repeats = (int)n_repeats; // part of the plan: resuming cannot change it
    json_decref(all);
    return ok ? SW_OK : sw_fail(err, SW_EFORMAT, "the options of the stored run are damaged; start a new run");
}
