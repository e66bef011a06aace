/* generation_fields.c - tables and functions for the members that families share. */
#include "dialects/generation_fields.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "dialects/logit_bias.h"

enum { DISCARDED_SEED_BITS = 11 }; // leaves 53: the seed is reported, and JavaScript keeps no more of an integer

bool generation_begin(generation_request *out, json_reader *r, const char *body, size_t n, uint64_t random)
{
    const json_load_options options = {
        .bytes_max = LIMIT_HTTP_BODY_BYTES, .refuse_repeated = true, .replace_nul = true};
    *r = (json_reader){.document = "the body"};
    *out = (generation_request){.core.sampling = sw_sampling_default(), .n_choices = 1};
    out->core.sampling.seed = random >> DISCARDED_SEED_BITS;
    out->document = json_load_text(r, body, n, &options);
    return out->document != NULL;
}

/* Returns true if `name` is an element of the list. */
static bool is_listed(const char *list, const char *name)
{
    const size_t n = strlen(name);
    for (const char *p = list; *p != '\0'; p += strspn(p, ", ")) {
        const size_t length = strcspn(p, ",");
        if (length == n && memcmp(p, name, n) == 0)
            return true;
        p += length;
    }
    return false;
}

void generation_ignore(generation_request *g, const char *name)
{
    enum { NAME_BYTES = 64, REST_BYTES = sizeof ", ..." };
    char safe[NAME_BYTES];
    const size_t n = strlen(g->ignored);
    if (n >= 3 && strcmp(g->ignored + n - 3, "...") == 0)
        return; // full
    snprintf(safe, sizeof safe, "%s", name);
    for (char *p = safe; *p != '\0'; p++) {
        if (*p <= ' ' || *p > '~' || *p == ',')
            *p = '?';
    }
    const bool has_room = n + strlen(", ") + strlen(safe) + REST_BYTES <= sizeof g->ignored;
    const char *const entry = has_room ? safe : "...";
    if (!is_listed(g->ignored, entry))
        snprintf(g->ignored + n, sizeof g->ignored - n, "%s%s", n > 0 ? ", " : "", entry);
}

void generation_ignore_unknown(generation_request *g, const char *where, const json_t *object, const json_table *table)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value)
    {
        char path[96];
        snprintf(path, sizeof path, "%s.%s", where, name);
        if (!json_is_null(value) && !json_table_has(table, name))
            generation_ignore(g, path);
    }
}

void generation_fail(api_error *error, const json_fault *fault)
{
    static const api_situation SITUATIONS[] = {
        [JSON_FAULT_SYNTAX] = API_INVALID_JSON,
        [JSON_FAULT_DEPTH] = API_INVALID_JSON,
        [JSON_FAULT_SIZE] = API_INVALID_VALUE,
        [JSON_FAULT_TYPE] = API_INVALID_TYPE,
        [JSON_FAULT_RANGE] = API_INVALID_VALUE,
        [JSON_FAULT_MISSING] = API_MISSING_PARAMETER,
        [JSON_FAULT_UNKNOWN] = API_INVALID_VALUE,
        [JSON_FAULT_UNSUPPORTED] = API_UNSUPPORTED_PARAMETER,
        [JSON_FAULT_UNSUPPORTED_VALUE] = API_UNSUPPORTED_VALUE,
        [JSON_FAULT_MEMORY] = API_OUT_OF_MEMORY,
    };
    api_fail(error, SITUATIONS[fault->kind], fault->path[0] != '\0' ? fault->path : NULL, "%s%s",
             fault->kind == JSON_FAULT_SYNTAX ? "the body is not JSON: " : "", fault->message);
}

bool generation_end(generation_request *g, const json_reader *r, bool is_read, api_error *error)
{
    sw_sampling *const s = &g->core.sampling;
    if (is_read && s->top_p <= 0) {
        s->top_p = 1; // in the engine 0 switches the filter off
        s->temperature = 0;
    }
    if (is_read)
        return true;
    generation_fail(error, &r->fault);
    generation_request_free(g);
    return false;
}

/* ---- members that several families read ------------------------------------------------------------------------- */

bool take_max_tokens(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    generation_request *const g = target;
    const json_field number = {
        .type = FIELD_INT, .offset = offsetof(generation_request, core.max_tokens), .min = f->min, .max = f->max};
    const bool is_unlimited = json_is_integer(value) && json_integer_value(value) == -1;
    if (!is_unlimited && !json_read_value(r, &number, at, value, target))
        return false;
    if (is_unlimited)
        g->core.max_tokens = 0;
    g->core.prompt_only = !is_unlimited && g->core.max_tokens == 0;
    return true;
}

/* False: the prompt is evaluated from its start, as benchmarks want it. */
static bool take_cache_prompt(json_reader *r, const json_field *f, const json_place *at, const json_t *value,
                              void *target)
{
    (void)f;
    if (!json_is_boolean(value))
        return json_fail_type(r, at, "true or false");
    ((generation_request *)target)->core.fresh_prompt = json_is_false(value);
    return true;
}

/* ---- neutral values --------------------------------------------------------------------------------------------- */

bool fail_unsupported(json_reader *r, const json_place *at)
{
    char path[96];
    json_place_write(at, path, sizeof path);
    return json_fail(r, at, JSON_FAULT_UNSUPPORTED, "%s is not supported by this build", path);
}

bool take_neutral_number(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)target;
    if (!json_is_number(value))
        return json_fail_type(r, at, "a number");
    if (!json_check_range(r, f, at, json_number_value(value)))
        return false;
    return json_number_value(value) == f->min || fail_unsupported(r, at);
}

bool take_neutral_false(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f, (void)target;
    if (!json_is_boolean(value))
        return json_fail_type(r, at, "true or false");
    return json_is_false(value) || fail_unsupported(r, at);
}

bool take_neutral_empty(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f, (void)target;
    if (!json_is_array(value) && !json_is_object(value))
        return json_fail_type(r, at, "an array or an object");
    return json_array_size(value) + json_object_size(value) == 0 || fail_unsupported(r, at);
}

bool take_inert_bool(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f, (void)target;
    return json_is_boolean(value) || json_fail_type(r, at, "true or false");
}

bool take_inert(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)r, (void)f, (void)at, (void)value, (void)target;
    return true;
}

bool generation_take_later(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)r, (void)f, (void)at, (void)value, (void)target;
    return true;
}

/* ---- sampling --------------------------------------------------------------------------------------------------- */

/* -1 leaves the seed that was drawn. */
static bool take_seed(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    if (!json_is_integer(value))
        return json_fail_type(r, at, "a whole number");
    if (json_integer_value(value) != -1)
        ((generation_request *)target)->core.sampling.seed = (uint64_t)json_integer_value(value);
    return true;
}

/* vLLM's: as repeat_penalty, over the whole prompt and answer. */
static bool take_repetition_penalty(json_reader *r, const json_field *f, const json_place *at, const json_t *value,
                                    void *target)
{
    sw_sampling *const s = &((generation_request *)target)->core.sampling;
    const json_field number = {.type = FIELD_FLOAT, .max = f->max, .is_above_min = true};
    if (!json_read_value(r, &number, at, value, &s->repeat_penalty))
        return false;
    s->repeat_last_n = -1;
    return true;
}

static bool add_stop(json_reader *r, const json_place *at, const json_t *value, generation_request *g)
{
    if (!json_is_string(value))
        return json_fail_type(r, at, "a string or an array of strings");
    const size_t n = json_string_length(value);
    if (n == 0 || n > LIMIT_STOP_STRING_BYTES)
        return json_fail(r, at, JSON_FAULT_RANGE, "a stop string must have 1 to %d bytes, got %zu",
                         LIMIT_STOP_STRING_BYTES, n);
    g->stops[g->core.n_stop++] = json_string_value(value);
    return true;
}

bool generation_take_stop(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    generation_request *const g = target;
    const size_t n = json_is_array(value) ? json_array_size(value) : 1;
    if (g->stops != NULL)
        return json_fail(r, at, JSON_FAULT_RANGE, "stop strings are given twice; leave %s out", f->name);
    if (n > LIMIT_STOP_STRINGS)
        return json_fail(r, at, JSON_FAULT_SIZE, "%s may hold %d strings at most, got %zu", f->name, LIMIT_STOP_STRINGS,
                         n);
    g->stops = mem_calloc(n, sizeof *g->stops);
    if (g->stops == NULL)
        return json_fail_memory(r);
    g->core.stop = g->stops;
    if (!json_is_array(value))
        return add_stop(r, at, value, g);
    for (size_t i = 0; i < n; i++) {
        if (!add_stop(r, at, json_array_get(value, i), g))
            return false;
    }
    return true;
}

// clang-format off
#define AT(member) offsetof(generation_request, core.member)
/* is_above_min: 0 would switch a filter off in the engine; a client does that by leaving the member out.  top_p 0 is
 * greedy, see generation_end.  repetition_penalty is before the two members that count more. */
static const json_field FIELDS[] = {
    {.name = "temperature",       .type = FIELD_FLOAT, .offset = AT(sampling.temperature), .max = 2},
    {.name = "top_p",             .type = FIELD_FLOAT, .offset = AT(sampling.top_p), .max = 1},
    {.name = "top_k",             .type = FIELD_INT, .offset = AT(sampling.top_k), .max = LIMIT_VOCAB_TOKENS},
    {.name = "min_p",             .type = FIELD_FLOAT, .offset = AT(sampling.min_p), .max = 1},
    {.name = "typical_p",         .type = FIELD_FLOAT, .offset = AT(sampling.typical_p), .max = 1, .is_above_min = true},
    {.name = "presence_penalty",  .type = FIELD_FLOAT, .offset = AT(sampling.presence_penalty), .min = -2, .max = 2},
    {.name = "frequency_penalty", .type = FIELD_FLOAT, .offset = AT(sampling.frequency_penalty), .min = -2, .max = 2},
    {.name = "repetition_penalty", .type = FIELD_CUSTOM, .take = take_repetition_penalty, .max = 1e6},
    {.name = "repeat_penalty",    .type = FIELD_FLOAT, .offset = AT(sampling.repeat_penalty), .max = 1e6, .is_above_min = true},
    {.name = "repeat_last_n",     .type = FIELD_INT, .offset = AT(sampling.repeat_last_n), .min = -1, .max = LIMIT_CTX_TOKENS},
    {.name = "seed",              .type = FIELD_CUSTOM, .take = take_seed},
    {.name = "stop",              .type = FIELD_CUSTOM, .take = generation_take_stop},
    {.name = "logit_bias",        .type = FIELD_CUSTOM, .take = logit_bias_take, .min = -100, .max = 100},
    {.name = "ignore_eos",        .type = FIELD_BOOL, .offset = AT(ignore_eos)},
    {.name = "cache_prompt",      .type = FIELD_CUSTOM, .take = take_cache_prompt},
    {.name = "id_slot",           .type = FIELD_CUSTOM, .take = take_neutral_number, .min = -1, .max = 1e6},
};
#undef AT
// clang-format on

const json_table GENERATION_FIELDS = {.fields = FIELDS, .n = sizeof FIELDS / sizeof *FIELDS, .null_is_absent = true};
