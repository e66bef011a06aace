/* openai_chat_request.c - the members of a chat completion request other than sampling and messages. */
#include "dialects/openai_chat_request.h"

#include <string.h>

#include "base/limits.h"
#include "dialects/generation_fields.h"
#include "dialects/openai_messages.h"
#include "dialects/openai_request.h"

/* ---- members that are honoured ---------------------------------------------------------------------------------- */

static bool take_effort(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    // DEFAULT marks levels that OpenAI has and no model here can do.
    static const json_choice EFFORTS[] = {{"none", SW_EFFORT_DEFAULT}, {"minimal", SW_EFFORT_DEFAULT},
                                          {"low", SW_EFFORT_LOW},      {"medium", SW_EFFORT_MEDIUM},
                                          {"high", SW_EFFORT_HIGH},    {NULL, 0}};
    static const json_field EFFORT = {.type = FIELD_CHOICE, .choices = EFFORTS};
    generation_request *const g = target;
    int effort;
    if (!json_read_value(r, &EFFORT, at, value, &effort))
        return false;
    if (effort == SW_EFFORT_DEFAULT)
        return json_fail(r, at, JSON_FAULT_UNSUPPORTED_VALUE,
                         "reasoning_effort '%s' is not supported; use low, medium or high", json_string_value(value));
    g->core.effort = (sw_effort)effort;
    g->effort_name = f->name;
    return true;
}

static bool take_top_logprobs(json_reader *r, const json_field *f, const json_place *at, const json_t *value,
                              void *target)
{
    generation_request *const g = target;
    const json_field number = {
        .type = FIELD_INT, .offset = offsetof(generation_request, core.n_top_logprobs), .min = f->min, .max = f->max};
    if (!json_read_value(r, &number, at, value, target))
        return false;
    return g->core.n_top_logprobs == 0 || g->core.logprobs || // the table reads `logprobs` before
           json_fail(r, at, JSON_FAULT_RANGE, "top_logprobs is only valid with \"logprobs\": true");
}

/* ---- members of which only the neutral value passes ------------------------------------------------------------- */

static bool take_tool_choice(json_reader *r, const json_field *f, const json_place *at, const json_t *value,
                             void *target)
{
    (void)f;
    const char *const choice = json_string_value(value);
    if (choice == NULL && !json_is_object(value))
        return json_fail_type(r, at, "a string or an object");
    if (choice != NULL && strcmp(choice, "none") == 0)
        ((generation_request *)target)->has_no_tool_choice = true;
    else if (choice == NULL || strcmp(choice, "auto") != 0) // without tools "auto" means the same as "none"
        return fail_unsupported(r, at);
    return true;
}

/* Tools that must not be called are not shown to the model either; the client is told. */
static bool take_tools(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    generation_request *const g = target;
    if (!g->has_no_tool_choice || !json_is_array(value) || json_array_size(value) == 0)
        return take_neutral_empty(r, f, at, value, target);
    generation_ignore(g, f->name);
    return true;
}

static bool take_response_format(json_reader *r, const json_field *f, const json_place *at, const json_t *value,
                                 void *target)
{
    (void)f, (void)target;
    if (!json_is_object(value))
        return json_fail_type(r, at, "an object");
    const json_place type_place = {at, "type", 0};
    const char *const type = json_string_value(json_object_get(value, "type"));
    if (type == NULL)
        return json_fail_missing(r, &type_place);
    return strcmp(type, "text") == 0 ||
           json_fail(r, at, JSON_FAULT_UNSUPPORTED_VALUE,
                     "response_format '%.40s' is not supported by this build; only 'text' is", type);
}

/* ---- the body --------------------------------------------------------------------------------------------------- */

/* The order matters: top_logprobs and tools are after the members that they need. */
// clang-format off
#define AT(member) offsetof(generation_request, member)
static const json_field FIELDS[] = {
    {.name = "reasoning_effort",      .type = FIELD_CUSTOM, .take = take_effort},
    {.name = "logprobs",              .type = FIELD_BOOL, .offset = AT(core.logprobs)},
    {.name = "top_logprobs",          .type = FIELD_CUSTOM, .take = take_top_logprobs, .max = SW_TOP_LOGPROBS_MAX},
    {.name = "response_format",       .type = FIELD_CUSTOM, .take = take_response_format},
    {.name = "tool_choice",           .type = FIELD_CUSTOM, .take = take_tool_choice},
    {.name = "function_call",         .type = FIELD_CUSTOM, .take = take_tool_choice},
    {.name = "tools",                 .type = FIELD_CUSTOM, .take = take_tools},
    {.name = "functions",             .type = FIELD_CUSTOM, .take = take_tools},
    {.name = "parallel_tool_calls",   .type = FIELD_CUSTOM, .take = take_inert_bool},
    {.name = "chat_template_kwargs",  .type = FIELD_CUSTOM, .take = take_neutral_empty},
};
#undef AT
// clang-format on

static const json_table TABLE = {.fields = FIELDS, .n = sizeof FIELDS / sizeof *FIELDS, .null_is_absent = true};

static bool read_body(generation_request *g, json_reader *r)
{
    return openai_request_read(g, r, &TABLE, "messages") &&
           openai_messages_read(g, r, json_object_get(g->document, "messages"));
}

bool openai_chat_parse(generation_request *out, const char *body, size_t n, uint64_t random, api_error *error)
{
    json_reader r;
    const bool is_read = generation_begin(out, &r, body, n, random) && read_body(out, &r);
    return generation_end(out, &r, is_read, error);
}
