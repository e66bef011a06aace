/* shimmy.c - bodies, and answers as pieces of text. */
#include "dialects/shimmy.h"

#include "base/limits.h"
#include "dialects/foreign_fields.h"
#include "dialects/generate_prompt.h"
#include "dialects/generation_fields.h"
#include "dialects/ollama.h"
#include "dialects/ollama_reply.h"
#include "dialects/ollama_request.h"
#include "dialects/openai_stream.h"
#include "json/json_out.h"

/* ---- bodies ----------------------------------------------------------------------------------------------------- */

// clang-format off
#define AT(member) offsetof(generation_request, member)
static const json_field FIELDS[] = {
    {.name = "model",      .type = FIELD_TEXT, .offset = AT(model)},
    {.name = "stream",     .type = FIELD_BOOL, .offset = AT(stream)},
    {.name = "max_tokens", .type = FIELD_CUSTOM, .take = take_max_tokens, .min = 1, .max = LIMIT_CTX_TOKENS},
    {.name = "prompt",     .type = FIELD_CUSTOM, .take = generation_take_later},
    {.name = "messages",   .type = FIELD_CUSTOM, .take = generation_take_later},
    {.name = "system",     .type = FIELD_CUSTOM, .take = generation_take_later},
};
#undef AT
// clang-format on
static const json_table TABLE = {.fields = FIELDS, .n = sizeof FIELDS / sizeof *FIELDS, .null_is_absent = true};

static bool read_body(generation_request *g, json_reader *r)
{
    static const json_table *const TABLES[] = {&TABLE, &GENERATION_FIELDS, NULL};
    const json_place prompt = {NULL, "prompt", 0};
    g->stream = true;
    if (!json_read_object(r, NULL, g->document, &TABLE, g) ||
        !json_read_object(r, NULL, g->document, &GENERATION_FIELDS, g) || !foreign_fields_read(g, r, TABLES) ||
        !generate_prompt_read(g, r, /*is_raw=*/false))
        return false;
    return !g->loads_only || json_fail(r, &prompt, JSON_FAULT_MISSING, "prompt or messages is required");
}

static bool parse(generation_request *out, const char *body, size_t n, uint64_t random, api_error *error)
{
    json_reader r;
    const bool is_read = generation_begin(out, &r, body, n, random) && read_body(out, &r);
    return generation_end(out, &r, is_read, error);
}

static bool parse_message(generation_request *out, const char *body, size_t n, uint64_t random, api_error *error)
{
    const bool is_read = parse(out, body, n, random, error);
    if (is_read && !out->stream)
        generation_ignore(out, "stream");
    if (is_read)
        out->stream = true;
    return is_read;
}

static bool parse_either(generation_request *out, const char *body, size_t n, uint64_t random, api_error *error)
{
    json_reader r;
    const bool is_loaded = generation_begin(out, &r, body, n, random);
    const dialect *const family = is_loaded && ollama_is_generate(out->document) ? &OLLAMA_GENERATE : NULL;
    const bool is_read = is_loaded && (family != NULL ? ollama_generate_read(out, &r) : read_body(out, &r));
    const bool ok = generation_end(out, &r, is_read, error);
    out->family = family;
    return ok;
}

/* ---- answers ---------------------------------------------------------------------------------------------------- */

static void write_text(dialect_stream *s, size_t choice, const sw_event *event)
{
    (void)choice;
    if (event->kind == SW_TEXT_CONTENT && event->n_bytes > 0)
        s->sink->emit(s->sink, NULL, event->text, event->n_bytes);
}

static void end_choice(dialect_stream *s, size_t choice, const sw_event *event)
{
    (void)s, (void)choice, (void)event; // a piece of text cannot say why an answer ended
}

static void end(dialect_stream *s, const sw_event *total)
{
    openai_stream_end(s, NULL, total);
}

/* No [DONE] follows, so that a client can see that the answer is incomplete. */
static void write_failure(dialect_stream *s, const api_error *error)
{
    buf line;
    buf_init(&line, 2 * sizeof error->message);
    buf_printf(&line, "[ERROR] %s", error->message);
    dialect_emit_text(s->sink, NULL, &line);
}

static void write_message_error(buf *out, const api_error *error)
{
    json_write(out, json_pack("{s:s}", "error", error->message));
}

static void fail_message(dialect_stream *s, const api_error *error)
{
    dialect_emit(s->sink, NULL, json_pack("{s:s}", "error", error->message));
}

static void end_messages(dialect_stream *s, const sw_event *total)
{
    (void)total;
    dialect_emit(s->sink, NULL, json_pack("{s:b}", "done", 1));
}

/* What went wrong behind the interface is a bad gateway for this family's clients. */
static int status(const api_error *error)
{
    return api_status(error) == 500 ? 502 : api_status(error);
}

/* ---- rows ------------------------------------------------------------------------------------------------------- */

#define ROW(read)                                                                                                      \
    {                                                                                                                  \
        .name = "shimmy", .id_prefix = "gen-", .framing = DIALECT_SSE,                                                 \
        .content_type = "application/json; charset=utf-8", .parse = (read), .begin = ollama_begin,                     \
        .progress = ollama_progress, .text = write_text, .end_choice = end_choice, .end = end, .fail = write_failure,  \
        .write_answer = ollama_generate_write_answer, .status = status, .write_error = api_error_write,                \
    }

const dialect SHIMMY = ROW(parse);
const dialect SHIMMY_OR_OLLAMA = ROW(parse_either);

const dialect SHIMMY_WS = {
    .name = "shimmy-ws",
    .id_prefix = "gen-",
    .framing = DIALECT_SSE,
    .content_type = "application/json; charset=utf-8",
    .parse = parse_message,
    .begin = ollama_begin,
    .progress = ollama_progress,
    .text = write_text,
    .end_choice = end_choice,
    .end = end_messages,
    .fail = fail_message,
    .write_error = write_message_error,
};
