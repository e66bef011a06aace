/* openai_request.c - the members, and what becomes of those that no table has. */
#include "dialects/openai_request.h"

#include "base/limits.h"
#include "dialects/foreign_fields.h"
#include "dialects/generation_fields.h"

static bool take_stream_options(json_reader *r, const json_field *f, const json_place *at, const json_t *value,
                                void *target)
{
    (void)f;
    static const json_field OPTIONS[] = {
        {.name = "include_usage", .type = FIELD_BOOL, .offset = offsetof(generation_request, include_usage)},
        {.name = "continuous_usage_stats",
         .type = FIELD_BOOL,
         .offset = offsetof(generation_request, usage_per_token)}};
    static const json_table TABLE = {.fields = OPTIONS, .n = sizeof OPTIONS / sizeof *OPTIONS, .null_is_absent = true};
    if (json_is_object(value) && !((generation_request *)target)->stream) // the table reads `stream` before
        return json_fail(r, at, JSON_FAULT_RANGE, "stream_options is only valid with \"stream\": true");
    generation_ignore_unknown(target, at->name, value, &TABLE);
    return json_read_object(r, at, value, &TABLE, target);
}

/* The order matters: of the members that limit the answer, the last one that is given counts; stream_options is after
 * the member that it needs. */
// clang-format off
#define AT(member) offsetof(generation_request, member)
static const json_field FIELDS[] = {
    {.name = "model",                 .type = FIELD_TEXT, .offset = AT(model)},
    {.name = "stream",                .type = FIELD_BOOL, .offset = AT(stream)},
    {.name = "stream_options",        .type = FIELD_CUSTOM, .take = take_stream_options},
    {.name = "n_predict",             .type = FIELD_CUSTOM, .take = take_max_tokens, .min = 1, .max = LIMIT_CTX_TOKENS},
    {.name = "max_tokens",            .type = FIELD_CUSTOM, .take = take_max_tokens, .min = 1, .max = LIMIT_CTX_TOKENS},
    {.name = "max_completion_tokens", .type = FIELD_CUSTOM, .take = take_max_tokens, .min = 1, .max = LIMIT_CTX_TOKENS},
    {.name = "return_progress",       .type = FIELD_BOOL, .offset = AT(return_progress)},
    {.name = "timings_per_token",     .type = FIELD_BOOL, .offset = AT(timings_per_token)},
    {.name = "return_token_ids",      .type = FIELD_BOOL, .offset = AT(core.keep_tokens)},
    {.name = "experts",               .type = FIELD_BOOL, .offset = AT(core.count_experts)},
    {.name = "n",                     .type = FIELD_INT, .offset = AT(n_choices), .min = 1, .max = LIMIT_CHOICES},
};
#undef AT
// clang-format on

static const json_table TABLE = {.fields = FIELDS, .n = sizeof FIELDS / sizeof *FIELDS, .null_is_absent = true};

/* A row of `own` replaces the one of the same name here. */
static bool read_shared(generation_request *g, json_reader *r, const json_table *own)
{
    for (size_t i = 0; i < TABLE.n; i++) {
        const json_table row = {.fields = &FIELDS[i], .n = 1, .null_is_absent = true};
        if (!json_table_has(own, FIELDS[i].name) && !json_read_object(r, NULL, g->document, &row, g))
            return false;
    }
    return json_read_object(r, NULL, g->document, &GENERATION_FIELDS, g);
}

/* What no table has. */
static bool read_others(generation_request *g, json_reader *r, const json_table *own, const char *content)
{
    const json_field row = {.name = content};
    const json_table rest = {.fields = &row, .n = 1};
    return foreign_fields_read(g, r, (const json_table *const[]){own, &TABLE, &GENERATION_FIELDS, &rest, NULL});
}

bool openai_request_read(generation_request *g, json_reader *r, const json_table *own, const char *content)
{
    return json_read_object(r, NULL, g->document, own, g) && read_shared(g, r, own) && read_others(g, r, own, content);
}
