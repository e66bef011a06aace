/* llama_completion_request.c - prompts and sampling as everywhere, the rest by llama-server's names.
 *
 * Prompts are written by programs that frame a chat themselves, so texts of control tokens in them are those tokens.
 */
#include "dialects/llama_completion_request.h"

#include "base/limits.h"
#include "dialects/foreign_fields.h"
#include "dialects/generation_fields.h"
#include "dialects/openai_prompts.h"

/* Of the members that limit the answer the last one in the table counts. */
// clang-format off
#define AT(member) offsetof(generation_request, member)
static const json_field FIELDS[] = {
    {.name = "model",           .type = FIELD_TEXT, .offset = AT(model)},
    {.name = "prompt",          .type = FIELD_CUSTOM, .take = generation_take_later},
    {.name = "stream",          .type = FIELD_BOOL, .offset = AT(stream)},
    {.name = "max_tokens",      .type = FIELD_CUSTOM, .take = take_max_tokens, .min = 0, .max = LIMIT_CTX_TOKENS},
    {.name = "n_predict",       .type = FIELD_CUSTOM, .take = take_max_tokens, .min = 0, .max = LIMIT_CTX_TOKENS},
    {.name = "n",               .type = FIELD_INT, .offset = AT(n_choices), .min = 1, .max = LIMIT_CHOICES},
    {.name = "n_cmpl",          .type = FIELD_INT, .offset = AT(n_choices), .min = 1, .max = LIMIT_CHOICES},
    {.name = "n_probs",         .type = FIELD_INT, .offset = AT(core.n_top_logprobs), .max = SW_TOP_LOGPROBS_MAX},
    {.name = "return_progress", .type = FIELD_BOOL, .offset = AT(return_progress)},
    {.name = "experts",         .type = FIELD_BOOL, .offset = AT(core.count_experts)},
};
#undef AT
// clang-format on
static const json_table TABLE = {.fields = FIELDS, .n = sizeof FIELDS / sizeof *FIELDS, .null_is_absent = true};

/* ---- prompts that llama-server knows and this server does not ------------------------------------------------------
 */

static bool is_mixed(const json_t *value)
{
    bool has_text = false, has_token = false;
    for (size_t i = 0; i < json_array_size(value); i++) {
        has_text |= json_is_string(json_array_get(value, i));
        has_token |= json_is_integer(json_array_get(value, i));
    }
    return has_text && has_token;
}

static bool check_prompt(json_reader *r, const json_place *at, const json_t *value)
{
    if (is_mixed(value))
        return json_fail(r, at, JSON_FAULT_UNSUPPORTED_VALUE,
                         "texts and tokens in one prompt are not supported; POST /tokenize makes tokens of a text");
    if (json_is_object(value))
        return json_fail(r, at, JSON_FAULT_UNSUPPORTED_VALUE,
                         "a prompt as an object, which may hold images, is not supported; use a string");
    return true;
}

static bool check_prompts(json_reader *r, const json_t *value)
{
    const json_place at = {NULL, "prompt", 0};
    bool ok = check_prompt(r, &at, value);
    for (size_t i = 0; ok && i < json_array_size(value); i++) {
        const json_place place = {&at, NULL, i};
        ok = check_prompt(r, &place, json_array_get(value, i));
    }
    return ok;
}

/* ---- the body --------------------------------------------------------------------------------------------------- */

static bool read_body(generation_request *g, json_reader *r)
{
    const json_table *const tables[] = {&TABLE, &GENERATION_FIELDS, NULL};
    const json_t *const prompt = json_object_get(g->document, "prompt");
    if (!json_read_object(r, NULL, g->document, &TABLE, g) ||
        !json_read_object(r, NULL, g->document, &GENERATION_FIELDS, g) || !foreign_fields_read(g, r, tables) ||
        !check_prompts(r, prompt) || !openai_prompts_read(g, r, "prompt", prompt))
        return false;
    g->core.logprobs = g->core.n_top_logprobs > 0;
    g->core.parse_special = true;
    return true;
}

bool llama_completion_parse(generation_request *out, const char *body, size_t n, uint64_t random, api_error *error)
{
    json_reader r;
    const bool is_read = generation_begin(out, &r, body, n, random) && read_body(out, &r);
    return generation_end(out, &r, is_read, error);
}
