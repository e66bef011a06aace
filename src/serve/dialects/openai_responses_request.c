/* openai_responses_request.c - the members of a request for a response other than sampling and input, and those that
 * the response repeats. */
#include "dialects/openai_responses_request.h"

#include <string.h>

#include "base/limits.h"
#include "dialects/foreign_fields.h"
#include "dialects/generation_fields.h"
#include "dialects/openai_chat_fields.h"
#include "dialects/openai_responses_input.h"
#include "json/json_out.h"

/* ---- objects ---------------------------------------------------------------------------------------------------- */

static bool take_reasoning(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    static const json_field FIELDS[] = {{.name = "effort", .type = FIELD_CUSTOM, .take = openai_take_effort}};
    static const json_table TABLE = {.fields = FIELDS, .n = 1, .null_is_absent = true};
    generation_request *const g = target;
    if (!json_read_object(r, at, value, &TABLE, g))
        return false;
    if (g->effort_name != NULL)
        g->effort_name = "reasoning.effort";
    generation_ignore_unknown(g, f->name, value, &TABLE); // a summary: the reasoning is there itself
    return true;
}

static bool take_text(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    static const json_field FIELDS[] = {{.name = "format", .type = FIELD_CUSTOM, .take = openai_take_format}};
    static const json_table TABLE = {.fields = FIELDS, .n = 1, .null_is_absent = true};
    if (!json_read_object(r, at, value, &TABLE, target))
        return false;
    generation_ignore_unknown(target, f->name, value, &TABLE);
    return true;
}

/* It is repeated up to three times in a stream, so its size is limited. */
static bool take_metadata(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f, (void)target;
    size_t n_bytes = 0;
    const char *name;
    json_t *text;
    if (!json_is_object(value))
        return json_fail_type(r, at, "an object");
    json_object_foreach((json_t *)value, name, text)
    {
        const json_place place = {at, name, 0};
        if (!json_is_string(text))
            return json_fail_type(r, &place, "a string");
        n_bytes += strlen(name) + json_string_length(text);
    }
    return n_bytes <= LIMIT_METADATA_BYTES ||
           json_fail(r, at, JSON_FAULT_SIZE, "the names and values of metadata may have %d bytes together, got %zu",
                     LIMIT_METADATA_BYTES, n_bytes);
}

/* ---- lists and words -------------------------------------------------------------------------------------------- */

/* A server's own tools are refused by their type, functions as in chats. */
static bool take_tools(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    const bool must_not_be_called = ((const generation_request *)target)->has_no_tool_choice;
    for (size_t i = 0; i < json_array_size(value) && !must_not_be_called; i++) {
        const json_place place = {at, NULL, i};
        const char *const type = json_string_value(json_object_get(json_array_get(value, i), "type"));
        if (type != NULL && strcmp(type, "function") != 0)
            return json_fail(r, &place, JSON_FAULT_UNSUPPORTED_VALUE,
                             "the tool '%.40s' is not supported: this server has no tools of its own", type);
    }
    return openai_take_tools(r, f, at, value, target);
}

/* What may be added to a response. */
static bool take_include(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    if (!json_is_array(value))
        return json_fail_type(r, at, "an array of strings");
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_place place = {at, NULL, i};
        const char *const what = json_string_value(json_array_get(value, i));
        if (what == NULL)
            return json_fail_type(r, &place, "a string");
        if (strcmp(what, "message.output_text.logprobs") == 0)
            return json_fail(r, &place, JSON_FAULT_UNSUPPORTED_VALUE,
                             "'%s' is not supported by this build; /v1/chat/completions has logprobs", what);
        generation_ignore(target, f->name); // of tools that are not there, or encrypted and of no use
    }
    return true;
}

/* A prompt that is too long is always refused. */
static bool take_truncation(json_reader *r, const json_field *f, const json_place *at, const json_t *value,
                            void *target)
{
    static const json_choice WORDS[] = {{"auto", true}, {"disabled", false}, {NULL, 0}};
    static const json_field WORD = {.type = FIELD_CHOICE, .choices = WORDS};
    int is_wanted;
    if (!json_read_value(r, &WORD, at, value, &is_wanted))
        return false;
    if (is_wanted)
        generation_ignore(target, f->name);
    return true;
}

/* What only a server that stores something can do. */
static bool take_stored(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)value, (void)target;
    return json_fail(r, at, JSON_FAULT_UNSUPPORTED,
                     "%s is not supported: this server stores nothing; send the whole conversation in input", f->name);
}

/* ---- the body --------------------------------------------------------------------------------------------------- */

/* `tools` is after the member that it needs. */
// clang-format off
#define AT(member) offsetof(generation_request, member)
static const json_field FIELDS[] = {
    {.name = "instructions",         .type = FIELD_CUSTOM, .take = generation_take_later},
    {.name = "input",                .type = FIELD_CUSTOM, .take = generation_take_later},
    {.name = "model",                .type = FIELD_TEXT, .offset = AT(model)},
    {.name = "stream",               .type = FIELD_BOOL, .offset = AT(stream)},
    {.name = "max_output_tokens",    .type = FIELD_CUSTOM, .take = take_max_tokens, .min = 1, .max = LIMIT_CTX_TOKENS},
    {.name = "reasoning",            .type = FIELD_CUSTOM, .take = take_reasoning},
    {.name = "text",                 .type = FIELD_CUSTOM, .take = take_text},
    {.name = "metadata",             .type = FIELD_CUSTOM, .take = take_metadata},
    {.name = "tool_choice",          .type = FIELD_CUSTOM, .take = openai_take_tool_choice},
    {.name = "tools",                .type = FIELD_CUSTOM, .take = take_tools},
    {.name = "parallel_tool_calls",  .type = FIELD_CUSTOM, .take = take_inert_bool},
    {.name = "include",              .type = FIELD_CUSTOM, .take = take_include},
    {.name = "truncation",           .type = FIELD_CUSTOM, .take = take_truncation},
    {.name = "background",           .type = FIELD_CUSTOM, .take = take_neutral_false},
    {.name = "top_logprobs",         .type = FIELD_CUSTOM, .take = take_neutral_number, .max = SW_TOP_LOGPROBS_MAX},
    {.name = "previous_response_id", .type = FIELD_CUSTOM, .take = take_stored},
    {.name = "conversation",         .type = FIELD_CUSTOM, .take = take_stored},
    {.name = "prompt",               .type = FIELD_CUSTOM, .take = take_stored},
    {.name = "experts",              .type = FIELD_BOOL, .offset = AT(core.count_experts)},
};
#undef AT
// clang-format on

static const json_table TABLE = {.fields = FIELDS, .n = sizeof FIELDS / sizeof *FIELDS, .null_is_absent = true};

/* The member `name` of `object`, unless it is absent or null; else `otherwise`, which is taken over. */
static json_t *given(const json_t *object, const char *name, json_t *otherwise)
{
    json_t *const value = json_object_get(object, name);
    if (value == NULL || json_is_null(value))
        return otherwise;
    json_decref(otherwise);
    return json_incref(value);
}

static bool note_repeated(generation_request *g, json_reader *r)
{
    const json_t *const d = g->document;
    const sw_sampling *const s = &g->core.sampling;
    g->repeated = json_pack("{s:o, s:o, s:o, s:o, s:{s:o, s:n}, s:o, s:o, s:o}", //
                            "instructions", given(d, "instructions", json_null()), "max_output_tokens",
                            g->core.max_tokens > 0 ? json_integer(g->core.max_tokens) : json_null(), "metadata",
                            given(d, "metadata", json_object()), "parallel_tool_calls",
                            given(d, "parallel_tool_calls", json_true()), "reasoning", "effort",
                            given(json_object_get(d, "reasoning"), "effort", json_null()), "summary",    //
                            "temperature", given(d, "temperature", json_number((double)s->temperature)), //
                            "tool_choice", given(d, "tool_choice", json_string("auto")),                 //
                            "top_p", given(d, "top_p", json_number((double)s->top_p)));
    return g->repeated != NULL || json_fail_memory(r);
}

static bool read_body(generation_request *g, json_reader *r)
{
    static const json_table *const TABLES[] = {&TABLE, &GENERATION_FIELDS, NULL};
    return json_read_object(r, NULL, g->document, &TABLE, g) &&
           json_read_object(r, NULL, g->document, &GENERATION_FIELDS, g) && foreign_fields_read(g, r, TABLES) &&
           openai_responses_input_read(g, r) && note_repeated(g, r);
}

bool openai_responses_parse(generation_request *out, const char *body, size_t n, uint64_t random, api_error *error)
{
    json_reader r;
    const bool is_read = generation_begin(out, &r, body, n, random) && read_body(out, &r);
    return generation_end(out, &r, is_read, error);
}
