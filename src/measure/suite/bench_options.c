/* bench_options.c - the stored options of a run, written as JSON and read back by a table. */
#include "suite/bench_options.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "json/json_fields.h"
#include "json/json_out.h"

/* ["MODEL", "option", ...], or null without a server of our own. */
static json_t *serve_json(const bench_options *o)
{
    if (o->serve == NULL)
        return json_null();
    json_t *serve = json_array();
    json_push(&serve, json_string(o->serve));
    for (size_t i = 0; i < o->n_serve_options; i++)
        json_push(&serve, json_string(o->serve_options[i]));
    return serve;
}

char *bench_options_to_json(const bench_options *o)
{
    buf text;
    buf_init(&text, LIMIT_PROTOCOL_BYTES);
    json_write(&text, json_pack("{s:s*, s:o, s:s*, s:f, s:i}", "url", o->url, "serve", serve_json(o), "model", o->model,
                                "pause_s", o->pause_s, "repeat", o->n_repeats));
    char *const json = buf_take(&text); // NULL if it failed
    buf_free(&text);
    return json;
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

typedef struct stored_options {
    const char *url, *model;
    const char **serve; // (n_serve): the model, then its options
    size_t n_serve;
    double pause_s;
    int n_repeats;
} stored_options;

static bool take_serve(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    static const json_field TEXT = {.type = FIELD_TEXT};
    stored_options *const o = target;
    const size_t n = json_array_size(value);
    if (n == 0)
        return json_fail_type(r, at, "a list of texts");
    o->serve = arena_alloc(r->keep, n * sizeof *o->serve);
    if (o->serve == NULL)
        return json_fail_memory(r);
    o->n_serve = n;
    for (size_t i = 0; i < n; i++) {
        const json_place place = {at, NULL, i};
        if (!json_read_value(r, &TEXT, &place, json_array_get(value, i), &o->serve[i]))
            return false;
    }
    return true;
}

// clang-format off
#define AT(member) offsetof(stored_options, member)
static const json_field FIELDS[] = {
    {.name = "url", .type = FIELD_TEXT, .offset = AT(url)},
    {.name = "serve", .type = FIELD_CUSTOM, .take = take_serve},
    {.name = "model", .type = FIELD_TEXT, .offset = AT(model)},
    {.name = "pause_s", .type = FIELD_DOUBLE, .offset = AT(pause_s), .min = 0, .max = 1e9},
    {.name = "repeat", .type = FIELD_INT, .offset = AT(n_repeats), .min = 1, .max = BENCH_REPEATS_MAX, .is_required = true},
};
#undef AT
// clang-format on
static const json_table TABLE = {.fields = FIELDS, .n = sizeof FIELDS / sizeof *FIELDS, .null_is_absent = true};

/* Where to send the requests: what the command line says, or all that the stored run says of it. */
static bool complete_target(bench_options *o, const stored_options *stored)
{
    if (o->url != NULL || o->serve != NULL)
        return true;
    o->url = stored->url;
    if (o->url == NULL && stored->n_serve > 0) {
        o->serve = stored->serve[0];
        o->serve_options = stored->serve + 1;
        o->n_serve_options = stored->n_serve - 1;
    }
    return o->url != NULL || o->serve != NULL;
}

sw_code bench_options_complete(bench_options *o, const char *json, arena *keep, sw_err *err)
{
    json_reader r = {.document = "the options", .keep = keep};
    stored_options stored = {0};
    json_t *const root =
        json_load_text(&r, json, strlen(json), &(json_load_options){LIMIT_PROTOCOL_BYTES, .refuse_repeated = true});
    const bool ok = root != NULL && json_read_object(&r, NULL, root, &TABLE, &stored) && complete_target(o, &stored);
    json_decref(root);
    if (r.fault.kind == JSON_FAULT_MEMORY)
        return sw_fail(err, SW_ENOMEM, "%s", r.fault.message);
    if (!ok)
        return sw_fail(err, SW_EFORMAT, "the options of the stored run are damaged%s%s; start a new run",
                       r.fault.message[0] != '\0' ? ": " : "", r.fault.message);
    if (o->model == NULL)
        o->model = stored.model;
    if (o->pause_s < 0)
        o->pause_s = stored.pause_s;
    o->n_repeats = stored.n_repeats; // part of the plan: resuming cannot change it
    return SW_OK;
}
