/* bench_options.c - the stored options of a run, written as JSON and read back by a table. */
#include "suite/bench_options.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "json/json_fields.h"
#include "json/json_out.h"

static const json_choice ROUTES[] = {{"openai", ROUTE_OPENAI},
                                     {"shimmy-sse", ROUTE_SHIMMY_SSE},
                                     {"shimmy-ws", ROUTE_SHIMMY_WS},
                                     {"ollama", ROUTE_OLLAMA},
                                     {NULL, 0}};

int bench_route_from_name(const char *name)
{
    for (const json_choice *c = ROUTES; c->name != NULL; c++) {
        if (strcmp(name, c->name) == 0)
            return c->value;
    }
    return -1;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static json_t *texts_json(const char *const *texts, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_push(&list, json_string(texts[i]));
    return list;
}

/* The settings that flags replaced, by their names. */
static json_t *settings_json(const bench_settings *settings)
{
    json_t *object = json_object();
    for (int i = 0; i < N_SETTINGS; i++) {
        if (!isnan(settings->v[i]))
            json_put(&object, SETTING_ROWS[i].name, json_real(settings->v[i]));
    }
    return object;
}

static json_t *sweep_json(const bench_sweep *sweep)
{
    json_t *list = json_array();
    for (size_t i = 0; i < sweep->n; i++)
        json_push(&list, json_real(sweep->values[i]));
    return list;
}

static json_t *limits_json(const transfer_limits *l)
{
    return json_pack("{s:f, s:f, s:f, s:f}", "connect_s", l->connect_s, "first_token_s", l->first_token_s, "idle_s",
                     l->idle_s, "test_s", l->deadline_s);
}

char *bench_options_to_json(const bench_options *o)
{
    buf text;
    buf_init(&text, LIMIT_PROTOCOL_BYTES);
    json_write(&text,
               json_pack("{s:s*, s:o, s:b, s:o, s:o, s:o, s:s, s:b, s:o}", "url", o->url, "models",
                         texts_json(o->models, o->n_models), "plain", o->is_plain, "serve_options",
                         texts_json(o->serve_options, o->n_serve_options), "settings", settings_json(&o->settings),
                         "sweep", sweep_json(&o->sweep), "route", ROUTES[o->route].name, "without_code",
                         o->is_without_code, "limits", limits_json(&o->limits)));
    char *const json = buf_take(&text); // NULL if it failed
    buf_free(&text);
    return json;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* A member with a list of texts. */
static bool take_texts(json_reader *r, const json_place *at, const json_t *value, const char *const **out,
                       size_t *n_out)
{
    static const json_field TEXT = {.type = FIELD_TEXT};
    if (!json_is_array(value))
        return json_fail_type(r, at, "a list of texts");
    const size_t n = json_array_size(value);
    const char **const texts = arena_alloc(r->keep, (n + 1) * sizeof *texts);
    if (texts == NULL)
        return json_fail_memory(r);
    for (size_t i = 0; i < n; i++) {
        const json_place place = {at, NULL, i};
        if (!json_read_value(r, &TEXT, &place, json_array_get(value, i), &texts[i]))
            return false;
    }
    *out = texts;
    *n_out = n;
    return true;
}

static bool take_models(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    bench_options *const o = target;
    return take_texts(r, at, value, &o->models, &o->n_models);
}

static bool take_serve_options(json_reader *r, const json_field *f, const json_place *at, const json_t *value,
                               void *target)
{
    (void)f;
    bench_options *const o = target;
    return take_texts(r, at, value, &o->serve_options, &o->n_serve_options);
}

/* An unknown setting is a run of another spillway: it is refused, for the tests would not be alike. */
static bool take_settings(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    bench_options *const o = target;
    json_field rows[N_SETTINGS];
    for (int i = 0; i < N_SETTINGS; i++)
        rows[i] = (json_field){.name = SETTING_ROWS[i].name,
                               .type = FIELD_DOUBLE,
                               .offset = (size_t)i * sizeof(double),
                               .min = SETTING_ROWS[i].min,
                               .max = SETTING_ROWS[i].max};
    const json_table table = {.fields = rows, .n = N_SETTINGS, .refuse_unknown = true};
    return json_read_object(r, at, value, &table, o->settings.v);
}

static bool take_sweep(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    static const json_field NUMBER = {.type = FIELD_DOUBLE, .min = 0, .max = 2};
    bench_sweep *const sweep = &((bench_options *)target)->sweep;
    if (!json_is_array(value) || json_array_size(value) > SWEEP_VALUES_MAX)
        return json_fail_type(r, at, "a list of at most 16 numbers");
    sweep->n = json_array_size(value);
    for (size_t i = 0; i < sweep->n; i++) {
        const json_place place = {at, NULL, i};
        if (!json_read_value(r, &NUMBER, &place, json_array_get(value, i), &sweep->values[i]))
            return false;
    }
    return true;
}

static bool take_limits(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
// clang-format off
#define SECONDS(text, member) {.name = text, .type = FIELD_DOUBLE, .offset = offsetof(transfer_limits, member), .min = 0, .max = 1e7}
    static const json_field ROWS[] = {
        SECONDS("connect_s", connect_s), SECONDS("first_token_s", first_token_s),
        SECONDS("idle_s", idle_s), SECONDS("test_s", deadline_s),
    };
#undef SECONDS
    // clang-format on
    static const json_table TABLE = {.fields = ROWS, .n = sizeof ROWS / sizeof *ROWS};
    return json_read_object(r, at, value, &TABLE, &((bench_options *)target)->limits);
}

/* The variables of the two flags: json_field stores a bool, a choice an int. */
typedef struct stored_options {
    bench_options o;
    int route;
} stored_options;

// clang-format off
#define AT(member) offsetof(stored_options, member)
static const json_field FIELDS[] = {
    {.name = "url", .type = FIELD_TEXT, .offset = AT(o.url)},
    {.name = "models", .type = FIELD_CUSTOM, .take = take_models, .is_required = true},
    {.name = "plain", .type = FIELD_BOOL, .offset = AT(o.is_plain)},
    {.name = "serve_options", .type = FIELD_CUSTOM, .take = take_serve_options},
    {.name = "settings", .type = FIELD_CUSTOM, .take = take_settings, .is_required = true},
    {.name = "sweep", .type = FIELD_CUSTOM, .take = take_sweep},
    {.name = "route", .type = FIELD_CHOICE, .offset = AT(route), .choices = ROUTES},
    {.name = "without_code", .type = FIELD_BOOL, .offset = AT(o.is_without_code)},
    {.name = "limits", .type = FIELD_CUSTOM, .take = take_limits},
};
#undef AT
// clang-format on
static const json_table TABLE = {.fields = FIELDS, .n = sizeof FIELDS / sizeof *FIELDS, .null_is_absent = true};

static bool read_options(json_reader *r, const json_t *root, stored_options *stored)
{
    return json_read_object(r, NULL, root, &TABLE, stored) && (stored->o.url != NULL || stored->o.n_models > 0);
}

sw_code bench_options_complete(bench_options *o, const char *json, arena *keep, sw_err *err)
{
    json_reader r = {.document = "the options", .keep = keep};
    stored_options stored = {.o = *o};
    stored.o.url = NULL;
    stored.o.settings = settings_none();
    json_t *const root =
        json_load_text(&r, json, strlen(json), &(json_load_options){LIMIT_PROTOCOL_BYTES, .refuse_repeated = true});
    const bool ok = root != NULL && read_options(&r, root, &stored);
    json_decref(root);
    if (r.fault.kind == JSON_FAULT_MEMORY)
        return sw_fail(err, SW_ENOMEM, "%s", r.fault.message);
    if (!ok)
        return sw_fail(err, SW_EFORMAT, "the options of the stored run are damaged%s%s; start a new run",
                       r.fault.message[0] != '\0' ? ": " : "", r.fault.message);
    if (stored.o.url == NULL && (o->url != NULL || o->server_pid != 0 || o->api_key != NULL))
        return sw_fail(err, SW_EINVAL,
                       "the run started its own servers: --url, --server-pid and --api-key cannot be given");
    if (o->url != NULL)
        stored.o.url = o->url;
    if (!isnan(o->settings.v[SETTING_TIME_BUDGET]))
        stored.o.settings.v[SETTING_TIME_BUDGET] = o->settings.v[SETTING_TIME_BUDGET];
    stored.o.route = (transfer_route)stored.route;
    *o = stored.o;
    return SW_OK;
}
