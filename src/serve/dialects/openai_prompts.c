/* openai_prompts.c - counts first, because the arrays of prompts and of tokens are allocated once. */
#include "dialects/openai_prompts.h"

#include "base/alloc.h"
#include "base/limits.h"

static const char WANTED[] = "a string, an array of strings, an array of tokens or an array of such arrays";

static bool is_tokens(const json_t *value)
{
    return json_is_array(value) && json_is_integer(json_array_get(value, 0));
}

/* Returns true if the value is one prompt, not a list of them. */
static bool is_single(const json_t *value)
{
    return json_is_string(value) || is_tokens(value);
}

bool openai_tokens_read(json_reader *r, const json_place *at, const json_t *value, int32_t *ids)
{
    static const json_field ID = {.type = FIELD_INT, .max = LIMIT_VOCAB_TOKENS - 1};
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_place place = {at, NULL, i};
        int id;
        if (!json_read_value(r, &ID, &place, json_array_get(value, i), &id))
            return false;
        ids[i] = id;
    }
    return true;
}

/* Reads one prompt, whose tokens go to `ids`. */
static bool read_prompt(generation_request *g, json_reader *r, const json_place *at, const json_t *value, int32_t **ids)
{
    generation_prompt *const p = &g->prompts[g->n_prompts++];
    if (json_is_string(value)) {
        p->text = json_string_value(value);
        return true;
    }
    if (!is_tokens(value))
        return json_fail_type(r, at, WANTED);
    int32_t *const own = *ids;
    *p = (generation_prompt){.tokens = own, .n_tokens = json_array_size(value)};
    *ids += p->n_tokens;
    return openai_tokens_read(r, at, value, own);
}

static size_t n_tokens_of(const json_t *value)
{
    if (is_tokens(value))
        return json_array_size(value);
    size_t n = 0;
    for (size_t i = 0; !json_is_string(value) && i < json_array_size(value); i++)
        n += json_array_size(json_array_get(value, i));
    return n;
}

bool openai_prompts_read(generation_request *g, json_reader *r, const char *name, const json_t *value)
{
    const json_place at = {NULL, name, 0};
    if (value == NULL || json_is_null(value))
        return json_fail_missing(r, &at);
    if (!json_is_string(value) && !json_is_array(value))
        return json_fail_type(r, &at, WANTED);
    const size_t n = is_single(value) ? 1 : json_array_size(value);
    const size_t n_max = LIMIT_REQUEST_ANSWERS / (size_t)g->n_choices;
    if (n == 0 || n > n_max)
        return json_fail(r, &at, JSON_FAULT_RANGE, "%s must hold 1 to %zu prompts, got %zu", name, n_max, n);
    g->prompt_name = name;
    g->prompts = mem_calloc(n, sizeof *g->prompts);
    g->tokens = mem_calloc(n_tokens_of(value) + 1, sizeof *g->tokens); // + 1: none is no failure
    if (g->prompts == NULL || g->tokens == NULL)
        return json_fail_memory(r);
    int32_t *ids = g->tokens;
    if (is_single(value))
        return read_prompt(g, r, &at, value, &ids);
    for (size_t i = 0; i < n; i++) {
        const json_place place = {&at, NULL, i};
        if (!read_prompt(g, r, &place, json_array_get(value, i), &ids))
            return false;
    }
    return true;
}
