/* openai_embedding.c - texts to vectors: numbers in JSON, or the bytes of floats in base64. */
#include "dialects/openai_embedding.h"

#include <nettle/base64.h>
#include <string.h>

#include "base/alloc.h"
#include "dialects/generation_fields.h"
#include "dialects/openai_prompts.h"
#include "json/json_out.h"

/* ---- requests --------------------------------------------------------------------------------------------------- */

static const json_choice ENCODINGS[] = {{"float", false}, {"base64", true}, {NULL, 0}};

static bool take_encoding(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    static const json_field ENCODING = {.type = FIELD_CHOICE, .choices = ENCODINGS};
    int is_base64;
    if (!json_read_value(r, &ENCODING, at, value, &is_base64))
        return false;
    ((generation_request *)target)->is_base64 = is_base64;
    return true;
}

bool embedding_take_dimensions(json_reader *r, const json_field *f, const json_place *at, const json_t *value,
                               void *target)
{
    (void)f, (void)value, (void)target;
    return json_fail(r, at, JSON_FAULT_UNSUPPORTED,
                     "dimensions is not supported: a vector has the width of the model; leave it out");
}

#define AT(member) offsetof(generation_request, member)
static const json_field FIELDS[] = {
    {.name = "model", .type = FIELD_TEXT, .offset = AT(model)},
    {.name = "encoding_format", .type = FIELD_CUSTOM, .take = take_encoding},
    {.name = "dimensions", .type = FIELD_CUSTOM, .take = embedding_take_dimensions},
    {.name = "user", .type = FIELD_CUSTOM, .take = take_inert},
};
#undef AT

static const json_table TABLE = {.fields = FIELDS, .n = sizeof FIELDS / sizeof *FIELDS, .null_is_absent = true};

static bool read_body(generation_request *g, json_reader *r)
{
    const char *name;
    json_t *value;
    json_object_foreach(g->document, name, value)
    {
        if (!json_table_has(&TABLE, name) && strcmp(name, "input") != 0 && !json_is_null(value))
            generation_ignore(g, name);
    }
    g->core.embed = true;
    return json_read_object(r, NULL, g->document, &TABLE, g) &&
           openai_prompts_read(g, r, "input", json_object_get(g->document, "input"));
}

static bool parse(generation_request *out, const char *body, size_t n, uint64_t random, api_error *error)
{
    json_reader r;
    const bool is_read = generation_begin(out, &r, body, n, random) && read_body(out, &r);
    return generation_end(out, &r, is_read, error);
}

/* ---- answers ---------------------------------------------------------------------------------------------------- */

json_t *embedding_numbers_json(const float *x, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_push(&list, json_real((double)x[i]));
    return list;
}

/* Little endian, as every machine that this program runs on. */
static json_t *base64_json(const float *x, size_t n)
{
    const size_t n_bytes = n * sizeof *x, n_chars = BASE64_ENCODE_RAW_LENGTH(n_bytes);
    char *const text = mem_alloc(n_chars + 1);
    if (text == NULL)
        return NULL;
    base64_encode_raw(text, n_bytes, (const uint8_t *)x);
    json_t *const value = json_stringn(text, n_chars);
    mem_free(text);
    return value;
}

static void write_answer(buf *out, const generation_head *head, const whole_answer *answer)
{
    json_t *data = json_array();
    for (size_t i = 0; i < answer->n; i++) {
        const whole_choice *const c = &answer->choices[i];
        json_t *const vector =
            head->is_base64 ? base64_json(c->embedding, c->n_embd) : embedding_numbers_json(c->embedding, c->n_embd);
        json_push(&data, json_pack("{s:s, s:i, s:o}", "object", "embedding", "index", (int)i, "embedding", vector));
    }
    json_write(out,
               json_pack("{s:s, s:o, s:s, s:{s:i, s:i}}", "object", "list", "data", data, "model", head->model, "usage",
                         "prompt_tokens", answer->total.n_prompt, "total_tokens", answer->total.n_prompt));
}

/* No body asks for a stream, so there are no events. */
const dialect OPENAI_EMBEDDING = {
    .name = "openai-embedding",
    .id_prefix = "embd-",
    .framing = DIALECT_SSE,
    .content_type = "application/json; charset=utf-8",
    .prompt_member = "input",
    .parse = parse,
    .write_answer = write_answer,
    .write_error = api_error_write,
};
