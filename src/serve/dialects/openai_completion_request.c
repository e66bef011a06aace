/* openai_completion_request.c - prompts instead of messages, and the older form of log-probabilities. */
#include "dialects/openai_completion_request.h"

#include "base/limits.h"
#include "dialects/generation_fields.h"
#include "dialects/openai_prompts.h"
#include "dialects/openai_request.h"

/* How many alternatives: a number, not a flag as in chats; false and true count as absent and 0. */
static bool take_logprobs(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    generation_request *const g = target;
    const json_field number = {
        .type = FIELD_INT, .offset = offsetof(generation_request, core.n_top_logprobs), .max = f->max};
    if (json_is_false(value))
        return true;
    if (!json_is_true(value) && !json_read_value(r, &number, at, value, target))
        return false;
    g->core.logprobs = true;
    return true;
}

/* More answers than are returned, of which the best are chosen. */
static bool take_best_of(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    int best_of;
    const json_field number = {.type = FIELD_INT, .min = f->min, .max = f->max};
    if (!json_read_value(r, &number, at, value, &best_of))
        return false;
    return best_of <= ((generation_request *)target)->n_choices || // the table reads `n` before
           json_fail(r, at, JSON_FAULT_UNSUPPORTED_VALUE,
                     "best_of above n is not supported by this build; ask for that many answers with n");
}

/* Text after the answer: models with tokens for it are not among those that this build runs. */
static bool take_suffix(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f, (void)target;
    if (!json_is_string(value))
        return json_fail_type(r, at, "a string");
    return json_string_length(value) == 0 ||
           json_fail(r, at, JSON_FAULT_UNSUPPORTED,
                     "suffix is not supported: the model has no tokens for filling in; leave it out");
}

/* With an echo the limit may be 0: then only the prompt is looked at. */
// clang-format off
#define AT(member) offsetof(generation_request, member)
static const json_field FIELDS[] = {
    {.name = "n",          .type = FIELD_INT, .offset = AT(n_choices), .min = 1, .max = LIMIT_CHOICES},
    {.name = "best_of",    .type = FIELD_CUSTOM, .take = take_best_of, .min = 1, .max = 1e6},
    {.name = "echo",       .type = FIELD_BOOL, .offset = AT(echo)},
    {.name = "suffix",     .type = FIELD_CUSTOM, .take = take_suffix},
    {.name = "logprobs",   .type = FIELD_CUSTOM, .take = take_logprobs, .max = SW_TOP_LOGPROBS_MAX},
    {.name = "n_predict",  .type = FIELD_CUSTOM, .take = take_max_tokens, .min = 0, .max = LIMIT_CTX_TOKENS},
    {.name = "max_tokens", .type = FIELD_CUSTOM, .take = take_max_tokens, .min = 0, .max = LIMIT_CTX_TOKENS},
};
#undef AT
// clang-format on

static const json_table TABLE = {.fields = FIELDS, .n = sizeof FIELDS / sizeof *FIELDS, .null_is_absent = true};

static bool read_body(generation_request *g, json_reader *r)
{
    static const json_place MAX_TOKENS = {NULL, "max_tokens", 0};
    if (!openai_request_read(g, r, &TABLE, "prompt") ||
        !openai_prompts_read(g, r, "prompt", json_object_get(g->document, "prompt")))
        return false;
    g->core.prompt_logprobs = g->echo && g->core.logprobs;
    return !g->core.prompt_only || g->echo ||
           json_fail(r, &MAX_TOKENS, JSON_FAULT_RANGE, "max_tokens may be 0 only with \"echo\": true");
}

bool openai_completion_parse(generation_request *out, const char *body, size_t n, uint64_t random, api_error *error)
{
    json_reader r;
    const bool is_read = generation_begin(out, &r, body, n, random) && read_body(out, &r);
    return generation_end(out, &r, is_read, error);
}
