/* openai_chat_request.c - the members of a chat completion request other than sampling and messages. */
#include "dialects/openai_chat_request.h"

#include "dialects/generation_fields.h"
#include "dialects/openai_chat_fields.h"
#include "dialects/openai_messages.h"
#include "dialects/openai_request.h"

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

/* ---- the body --------------------------------------------------------------------------------------------------- */

/* The order matters: top_logprobs and tools are after the members that they need. */
// clang-format off
#define AT(member) offsetof(generation_request, member)
static const json_field FIELDS[] = {
    {.name = "reasoning_effort",      .type = FIELD_CUSTOM, .take = openai_take_effort},
    {.name = "logprobs",              .type = FIELD_BOOL, .offset = AT(core.logprobs)},
    {.name = "top_logprobs",          .type = FIELD_CUSTOM, .take = take_top_logprobs, .max = SW_TOP_LOGPROBS_MAX},
    {.name = "response_format",       .type = FIELD_CUSTOM, .take = openai_take_format},
    {.name = "tool_choice",           .type = FIELD_CUSTOM, .take = openai_take_tool_choice},
    {.name = "function_call",         .type = FIELD_CUSTOM, .take = openai_take_tool_choice},
    {.name = "tools",                 .type = FIELD_CUSTOM, .take = openai_take_tools},
    {.name = "functions",             .type = FIELD_CUSTOM, .take = openai_take_tools},
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
