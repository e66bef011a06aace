/* anthropic_request.c - the members of a request for a message other than sampling, system and messages. */
#include "dialects/anthropic_request.h"

#include <string.h>

#include "base/limits.h"
#include "dialects/anthropic_messages.h"
#include "dialects/foreign_fields.h"
#include "dialects/generation_fields.h"

/* ---- thinking and effort ---------------------------------------------------------------------------------------- */

/* No chat format here has a budget; the whole answer is bounded by max_tokens. */
static bool take_budget(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    generation_ignore(target, "thinking.budget_tokens");
    return json_is_integer(value) || json_fail_type(r, at, "a whole number");
}

static bool take_thinking_type(json_reader *r, const json_field *f, const json_place *at, const json_t *value,
                               void *target)
{
    (void)f;
    static const json_choice TYPES[] = {{"enabled", false}, {"adaptive", false}, {"disabled", true}, {NULL, 0}};
    static const json_field TYPE = {.type = FIELD_CHOICE, .choices = TYPES};
    int hides;
    if (!json_read_value(r, &TYPE, at, value, &hides))
        return false;
    ((generation_request *)target)->hides_reasoning = hides;
    return true;
}

static bool take_thinking(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    static const json_field FIELDS[] = {
        {.name = "type", .type = FIELD_CUSTOM, .take = take_thinking_type, .is_required = true},
        {.name = "budget_tokens", .type = FIELD_CUSTOM, .take = take_budget},
    };
    static const json_table TABLE = {.fields = FIELDS, .n = 2, .null_is_absent = true};
    if (!json_read_object(r, at, value, &TABLE, target))
        return false;
    generation_ignore_unknown(target, f->name, value, &TABLE);
    return true;
}

static bool take_effort(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    static const json_choice EFFORTS[] = {{"low", SW_EFFORT_LOW},   {"medium", SW_EFFORT_MEDIUM},
                                          {"high", SW_EFFORT_HIGH}, {"xhigh", SW_EFFORT_HIGH},
                                          {"max", SW_EFFORT_HIGH},  {NULL, 0}};
    static const json_field EFFORT = {.type = FIELD_CHOICE, .choices = EFFORTS};
    generation_request *const g = target;
    int effort;
    if (!json_read_value(r, &EFFORT, at, value, &effort))
        return false;
    g->core.effort = (sw_effort)effort;
    g->effort_name = "output_config.effort";
    return true;
}

static bool take_output_config(json_reader *r, const json_field *f, const json_place *at, const json_t *value,
                               void *target)
{
    static const json_field FIELDS[] = {
        {.name = "effort", .type = FIELD_CUSTOM, .take = take_effort},
        {.name = "format", .type = FIELD_CUSTOM, .take = take_neutral_empty},
    };
    static const json_table TABLE = {.fields = FIELDS, .n = 2, .null_is_absent = true};
    if (!json_read_object(r, at, value, &TABLE, target))
        return false;
    generation_ignore_unknown(target, f->name, value, &TABLE);
    return true;
}

/* ---- tools ------------------------------------------------------------------------------------------------------ */

static bool take_tool_choice_type(json_reader *r, const json_field *f, const json_place *at, const json_t *value,
                                  void *target)
{
    (void)f;
    const char *const type = json_string_value(value);
    if (type == NULL)
        return json_fail_type(r, at, "a string");
    if (strcmp(type, "none") == 0)
        ((generation_request *)target)->has_no_tool_choice = true;
    else if (strcmp(type, "auto") != 0) // without tools "auto" means the same as "none"
        return json_fail(r, at, JSON_FAULT_UNSUPPORTED_VALUE,
                         "tool_choice '%.40s' is not supported by this build; use auto or none", type);
    return true;
}

static bool take_tool_choice(json_reader *r, const json_field *f, const json_place *at, const json_t *value,
                             void *target)
{
    (void)f;
    static const json_field FIELDS[] = {
        {.name = "type", .type = FIELD_CUSTOM, .take = take_tool_choice_type, .is_required = true},
    };
    static const json_table TABLE = {.fields = FIELDS, .n = 1, .null_is_absent = true};
    return json_read_object(r, at, value, &TABLE, target);
}

/* Tools that must not be called are not shown to the model either; the client is told. */
static bool take_tools(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    generation_request *const g = target;
    if (!json_is_array(value))
        return json_fail_type(r, at, "an array");
    if (json_array_size(value) > 0 && !g->has_no_tool_choice)
        return json_fail(r, at, JSON_FAULT_UNSUPPORTED,
                         "tools is not supported by this build; leave it out, or send \"tool_choice\":{\"type\":"
                         "\"none\"} to have it ignored");
    if (json_array_size(value) > 0)
        generation_ignore(g, f->name);
    return true;
}

/* ---- the body --------------------------------------------------------------------------------------------------- */

/* `tools` is after the member that it needs. */
// clang-format off
#define AT(member) offsetof(generation_request, member)
static const json_field FIELDS[] = {
    {.name = "system",         .type = FIELD_CUSTOM, .take = generation_take_later},
    {.name = "messages",       .type = FIELD_CUSTOM, .take = generation_take_later},
    {.name = "model",          .type = FIELD_TEXT, .offset = AT(model)},
    {.name = "stream",         .type = FIELD_BOOL, .offset = AT(stream)},
    {.name = "max_tokens",     .type = FIELD_INT, .offset = AT(core.max_tokens), .min = 1, .max = LIMIT_CTX_TOKENS},
    {.name = "stop_sequences", .type = FIELD_CUSTOM, .take = generation_take_stop},
    {.name = "thinking",       .type = FIELD_CUSTOM, .take = take_thinking},
    {.name = "output_config",  .type = FIELD_CUSTOM, .take = take_output_config},
    {.name = "experts",        .type = FIELD_BOOL, .offset = AT(core.count_experts)},
    {.name = "tool_choice",    .type = FIELD_CUSTOM, .take = take_tool_choice},
    {.name = "tools",          .type = FIELD_CUSTOM, .take = take_tools},
};
#undef AT
// clang-format on

static const json_table TABLE = {.fields = FIELDS, .n = sizeof FIELDS / sizeof *FIELDS, .null_is_absent = true};

static bool read_body(generation_request *g, json_reader *r)
{
    static const json_table *const TABLES[] = {&TABLE, &GENERATION_FIELDS, NULL};
    g->hides_reasoning = true;
    return json_read_object(r, NULL, g->document, &TABLE, g) &&
           json_read_object(r, NULL, g->document, &GENERATION_FIELDS, g) && foreign_fields_read(g, r, TABLES) &&
           anthropic_messages_read(g, r);
}

/* What a request for an answer has beyond one whose tokens are counted. */
static bool check_answerable(const generation_request *g, json_reader *r)
{
    const json_place max_tokens = {NULL, "max_tokens", 0}, messages = {NULL, "messages", 0};
    if (g->core.max_tokens == 0)
        return json_fail_missing(r, &max_tokens);
    return g->core.messages[g->core.n_messages - 1].role != SW_ROLE_ASSISTANT ||
           json_fail(r, &messages, JSON_FAULT_UNSUPPORTED_VALUE,
                     "the last message is the assistant's; this build cannot continue an answer that is begun, so end "
                     "messages with one of the user");
}

static bool parse(generation_request *out, const char *body, size_t n, uint64_t random, bool is_count, api_error *error)
{
    json_reader r;
    const bool is_read =
        generation_begin(out, &r, body, n, random) && read_body(out, &r) && (is_count || check_answerable(out, &r));
    return generation_end(out, &r, is_read, error);
}

bool anthropic_parse(generation_request *out, const char *body, size_t n, uint64_t random, api_error *error)
{
    return parse(out, body, n, random, /*is_count=*/false, error);
}

bool anthropic_count_parse(generation_request *out, const char *body, size_t n, api_error *error)
{
    return parse(out, body, n, /*random=*/0, /*is_count=*/true, error);
}
