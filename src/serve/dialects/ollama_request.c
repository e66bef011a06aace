/* ollama_request.c - the members of Ollama's bodies other than options, prompt and messages. */
#include "dialects/ollama_request.h"

#include "base/limits.h"
#include "dialects/foreign_fields.h"
#include "dialects/generate_prompt.h"
#include "dialects/generation_fields.h"
#include "dialects/ollama_options.h"
#include "dialects/openai_messages.h"

/* ---- members that are honoured ---------------------------------------------------------------------------------- */

static bool take_think(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    static const json_choice EFFORTS[] = {
        {"low", SW_EFFORT_LOW}, {"medium", SW_EFFORT_MEDIUM}, {"high", SW_EFFORT_HIGH}, {NULL, 0}};
    static const json_field EFFORT = {.type = FIELD_CHOICE, .choices = EFFORTS};
    generation_request *const g = target;
    int effort;
    g->hides_reasoning = json_is_false(value);
    if (json_is_boolean(value))
        return true;
    if (!json_is_string(value))
        return json_fail_type(r, at, "true, false, \"low\", \"medium\" or \"high\"");
    if (!json_read_value(r, &EFFORT, at, value, &effort))
        return false;
    g->core.effort = (sw_effort)effort;
    g->effort_name = f->name;
    return true;
}

static bool take_raw(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f, (void)target; // generate_prompt_read looks at it
    return json_is_boolean(value) || json_fail_type(r, at, "true or false");
}

static bool take_tools(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f, (void)target;
    if (!json_is_array(value))
        return json_fail_type(r, at, "an array");
    return json_array_size(value) == 0 ||
           json_fail(r, at, JSON_FAULT_UNSUPPORTED, "tools is not supported by this build; leave it out");
}

/* ---- bodies ----------------------------------------------------------------------------------------------------- */

// clang-format off
#define AT(member) offsetof(generation_request, member)
static const json_field FIELDS[] = {
    {.name = "model",        .type = FIELD_TEXT, .offset = AT(model)},
    {.name = "stream",       .type = FIELD_BOOL, .offset = AT(stream)},
    {.name = "max_tokens",   .type = FIELD_CUSTOM, .take = take_max_tokens, .min = 1, .max = LIMIT_CTX_TOKENS},
    {.name = "messages",     .type = FIELD_CUSTOM, .take = generation_take_later},
    {.name = "keep_alive",   .type = FIELD_CUSTOM, .take = ollama_take_keep_alive},
    {.name = "think",        .type = FIELD_CUSTOM, .take = take_think},
    {.name = "tools",        .type = FIELD_CUSTOM, .take = take_tools},
    {.name = "logprobs",     .type = FIELD_CUSTOM, .take = take_neutral_false},
    {.name = "top_logprobs", .type = FIELD_CUSTOM, .take = take_neutral_number, .max = SW_TOP_LOGPROBS_MAX},
    {.name = "experts",      .type = FIELD_BOOL, .offset = AT(core.count_experts)},
    {.name = "options",      .type = FIELD_CUSTOM, .take = ollama_take_options},
};
/* Of completions, in addition. */
static const json_field GENERATE_FIELDS[] = {
    {.name = "prompt",       .type = FIELD_CUSTOM, .take = generation_take_later},
    {.name = "system",       .type = FIELD_CUSTOM, .take = generation_take_later},
    {.name = "raw",          .type = FIELD_CUSTOM, .take = take_raw},
};
#undef AT
// clang-format on
static const json_table TABLE = {.fields = FIELDS, .n = sizeof FIELDS / sizeof *FIELDS, .null_is_absent = true};
static const json_table GENERATE_TABLE = {
    .fields = GENERATE_FIELDS, .n = sizeof GENERATE_FIELDS / sizeof *GENERATE_FIELDS, .null_is_absent = true};

/* Reads the members that a chat and a completion share; `more` NULL: there are no others.  Options are last, because
 * they count more than the same members of the body. */
static bool read_members(generation_request *g, json_reader *r, const json_table *more)
{
    const json_table *const tables[] = {&TABLE, &GENERATION_FIELDS, more, NULL};
    g->stream = true;
    return json_read_object(r, NULL, g->document, &GENERATION_FIELDS, g) &&
           json_read_object(r, NULL, g->document, &TABLE, g) &&
           (more == NULL || json_read_object(r, NULL, g->document, more, g)) && foreign_fields_read(g, r, tables);
}

static bool read_chat(generation_request *g, json_reader *r)
{
    const json_t *const messages = json_object_get(g->document, "messages");
    if (!read_members(g, r, NULL))
        return false;
    g->loads_only =
        messages == NULL || json_is_null(messages) || (json_is_array(messages) && json_array_size(messages) == 0);
    return g->loads_only || openai_messages_read(g, r, messages);
}

bool ollama_chat_parse(generation_request *out, const char *body, size_t n, uint64_t random, api_error *error)
{
    json_reader r;
    const bool is_read = generation_begin(out, &r, body, n, random) && read_chat(out, &r);
    return generation_end(out, &r, is_read, error);
}

bool ollama_generate_read(generation_request *g, json_reader *r)
{
    const bool is_raw = json_is_true(json_object_get(g->document, "raw"));
    return read_members(g, r, &GENERATE_TABLE) && generate_prompt_read(g, r, is_raw);
}

bool ollama_generate_parse(generation_request *out, const char *body, size_t n, uint64_t random, api_error *error)
{
    json_reader r;
    const bool is_read = generation_begin(out, &r, body, n, random) && ollama_generate_read(out, &r);
    return generation_end(out, &r, is_read, error);
}

bool ollama_is_generate(const json_t *body)
{
    static const char *const MEMBERS[] = {"options",  "keep_alive", "raw",    "format", "context",
                                          "template", "suffix",     "images", "think"};
    for (size_t i = 0; i < sizeof MEMBERS / sizeof *MEMBERS; i++) {
        if (json_object_get(body, MEMBERS[i]) != NULL)
            return true;
    }
    return false;
}
