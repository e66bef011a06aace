/* ollama_embed.c - texts to vectors as Ollama has them; there is no stream. */
#include "dialects/foreign_fields.h"
#include "dialects/generation_fields.h"
#include "dialects/ollama.h"
#include "dialects/ollama_options.h"
#include "dialects/ollama_reply.h"
#include "dialects/openai_embedding.h"
#include "dialects/openai_prompts.h"
#include "json/json_out.h"

/* ---- requests --------------------------------------------------------------------------------------------------- */

#define AT(member) offsetof(generation_request, member)
static const json_field FIELDS[] = {
    {.name = "model", .type = FIELD_TEXT, .offset = AT(model)},
    {.name = "input", .type = FIELD_CUSTOM, .take = generation_take_later},
    {.name = "dimensions", .type = FIELD_CUSTOM, .take = embedding_take_dimensions},
    {.name = "keep_alive", .type = FIELD_CUSTOM, .take = ollama_take_keep_alive},
    {.name = "options", .type = FIELD_CUSTOM, .take = ollama_take_options},
};
#undef AT
static const json_table TABLE = {.fields = FIELDS, .n = sizeof FIELDS / sizeof *FIELDS, .null_is_absent = true};

static bool read_body(generation_request *g, json_reader *r)
{
    static const json_table *const TABLES[] = {&TABLE, NULL};
    const json_t *const input = json_object_get(g->document, "input");
    if (!json_read_object(r, NULL, g->document, &TABLE, g) || !foreign_fields_read(g, r, TABLES))
        return false;
    g->core.max_tokens = 0; // of options; nothing is generated
    g->core.embed = true;
    g->loads_only = input == NULL || json_is_null(input) || (json_is_string(input) && json_string_length(input) == 0) ||
                    (json_is_array(input) && json_array_size(input) == 0);
    return g->loads_only || openai_prompts_read(g, r, "input", input);
}

static bool parse(generation_request *out, const char *body, size_t n, uint64_t random, api_error *error)
{
    json_reader r;
    const bool is_read = generation_begin(out, &r, body, n, random) && read_body(out, &r);
    return generation_end(out, &r, is_read, error);
}

/* ---- answers ---------------------------------------------------------------------------------------------------- */

static void write_answer(buf *out, const generation_head *head, const whole_answer *answer)
{
    json_t *vectors = json_array();
    for (size_t i = 0; i < answer->n; i++)
        json_push(&vectors, embedding_numbers_json(answer->choices[i].embedding, answer->choices[i].n_embd));
    json_write(out, json_pack("{s:s, s:o, s:o, s:o, s:i}", "model", head->model, "embeddings", vectors,
                              "total_duration", ollama_nanoseconds(head->ttft_ms), "load_duration",
                              ollama_nanoseconds(head->load_ms), "prompt_eval_count", answer->total.n_prompt));
}

const dialect OLLAMA_EMBED = {
    .name = "ollama-embed",
    .id_prefix = "embd-",
    .framing = DIALECT_NDJSON,
    .content_type = "application/json; charset=utf-8",
    .parse = parse,
    .write_answer = write_answer,
    .write_error = ollama_write_error,
};
