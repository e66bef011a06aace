/* llama_tokens.c - tokens are written one by one, because a document of millions of them would take far more memory
 * than their text. */
#include "dialects/llama_tokens.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "dialects/generation_fields.h"
#include "dialects/openai_prompts.h"
#include "json/json_out.h"

/* ---- bodies ----------------------------------------------------------------------------------------------------- */

// clang-format off
#define AT(member) offsetof(llama_tokens_request, member)
static const json_field TOKENIZE_FIELDS[] = {
    {.name = "model",         .type = FIELD_TEXT, .offset = AT(model)},
    {.name = "content",       .type = FIELD_TEXT, .offset = AT(content), .is_required = true},
    {.name = "add_special",   .type = FIELD_BOOL, .offset = AT(options.add_special)},
    {.name = "parse_special", .type = FIELD_BOOL, .offset = AT(options.parse_special)},
    {.name = "with_pieces",   .type = FIELD_BOOL, .offset = AT(with_pieces)},
};
static const json_field DETOKENIZE_FIELDS[] = {
    {.name = "model",         .type = FIELD_TEXT, .offset = AT(model)},
    {.name = "tokens",        .type = FIELD_CUSTOM, .take = generation_take_later, .is_required = true},
};
#undef AT
// clang-format on
static const json_table TOKENIZE_TABLE = {
    .fields = TOKENIZE_FIELDS, .n = sizeof TOKENIZE_FIELDS / sizeof *TOKENIZE_FIELDS, .null_is_absent = true};
static const json_table DETOKENIZE_TABLE = {
    .fields = DETOKENIZE_FIELDS, .n = sizeof DETOKENIZE_FIELDS / sizeof *DETOKENIZE_FIELDS, .null_is_absent = true};

static bool read_members(json_reader *r, llama_tokens_request *out, generation_request *owner, const json_table *table)
{
    const char *name;
    json_t *value;
    json_object_foreach(owner->document, name, value)
    {
        if (!json_is_null(value) && !json_table_has(table, name))
            generation_ignore(owner, name);
    }
    if (!json_read_object(r, NULL, owner->document, table, out))
        return false;
    owner->model = out->model;
    return true;
}

static bool read_tokens(json_reader *r, llama_tokens_request *out, generation_request *owner)
{
    const json_place at = {NULL, "tokens", 0};
    const json_t *const tokens = json_object_get(owner->document, "tokens");
    if (!json_is_array(tokens))
        return json_fail_type(r, &at, "an array of tokens");
    out->n_tokens = json_array_size(tokens);
    out->tokens = owner->tokens = mem_calloc(out->n_tokens + 1, sizeof *owner->tokens); // + 1: none is no failure
    return owner->tokens != NULL ? openai_tokens_read(r, &at, tokens, owner->tokens) : json_fail_memory(r);
}

bool llama_tokenize_parse(llama_tokens_request *out, generation_request *owner, const char *body, size_t n,
                          api_error *error)
{
    json_reader r;
    *out = (llama_tokens_request){.options.parse_special = true};
    const bool is_read =
        generation_begin(owner, &r, body, n, /*random=*/0) && read_members(&r, out, owner, &TOKENIZE_TABLE);
    return generation_end(owner, &r, is_read, error);
}

bool llama_detokenize_parse(llama_tokens_request *out, generation_request *owner, const char *body, size_t n,
                            api_error *error)
{
    json_reader r;
    *out = (llama_tokens_request){0};
    const bool is_read = generation_begin(owner, &r, body, n, /*random=*/0) &&
                         read_members(&r, out, owner, &DETOKENIZE_TABLE) && read_tokens(&r, out, owner);
    return generation_end(owner, &r, is_read, error);
}

/* ---- answers ---------------------------------------------------------------------------------------------------- */

static json_t *piece_json(const sw_tokenizer *tokenizer, int32_t id)
{
    size_t n;
    const char *const piece = sw_tokenizer_piece(tokenizer, id, &n);
    if (utf8_valid(piece, n))
        return json_stringn(piece, n);
    json_t *bytes = json_array();
    for (size_t i = 0; i < n; i++)
        json_push(&bytes, json_integer((unsigned char)piece[i]));
    return bytes;
}

void llama_tokens_write(buf *out, const sw_tokenizer *tokenizer, const int32_t *ids, size_t n, bool with_pieces)
{
    buf_puts(out, "{\"tokens\":[");
    for (size_t i = 0; i < n && out->failed == SW_OK; i++) {
        if (i > 0)
            buf_puts(out, ",");
        if (with_pieces)
            json_write(out, json_pack("{s:i, s:o}", "id", ids[i], "piece", piece_json(tokenizer, ids[i])));
        else
            buf_printf(out, "%d", ids[i]);
    }
    buf_puts(out, "]}");
}

static bool check_ids(const llama_tokens_request *request, int n_vocab, api_error *error)
{
    for (size_t i = 0; i < request->n_tokens; i++) {
        if (request->tokens[i] < n_vocab)
            continue;
        char name[40];
        snprintf(name, sizeof name, "tokens[%zu]", i);
        return api_fail(error, API_INVALID_VALUE, name, "%s is %d, but the tokens of this model are 0 to %d", name,
                        request->tokens[i], n_vocab - 1);
    }
    return true;
}

bool llama_text_write(buf *out, const sw_tokenizer *tokenizer, const llama_tokens_request *request, api_error *error)
{
    char *text;
    size_t n;
    sw_err err = {0};
    if (!check_ids(request, sw_tokenizer_n_vocab(tokenizer), error))
        return false;
    if (sw_tokenizer_decode(tokenizer, request->tokens, request->n_tokens, /*render_special=*/true, &text, &n, &err) !=
        SW_OK)
        return api_fail(error, err.code == SW_ELIMIT ? API_INVALID_VALUE : API_OUT_OF_MEMORY, "tokens", "%s", err.msg);
    utf8_replace_invalid(text, n);
    json_write(out, json_pack("{s:s%}", "content", text, n));
    sw_text_free(text);
    return true;
}
