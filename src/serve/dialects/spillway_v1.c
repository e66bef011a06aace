/* spillway_v1.c - requests as in a chat completion, or a prompt; answers as messages that name their request. */
#include "dialects/spillway_v1.h"

#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "dialects/foreign_fields.h"
#include "dialects/generate_prompt.h"
#include "dialects/generation_fields.h"
#include "dialects/openai_figures.h"
#include "json/json_out.h"

/* ---- the first look --------------------------------------------------------------------------------------------- */

/* A string of the text, without its quotes. */
typedef struct span {
    const char *s; // NULL: there is none
    size_t n;
} span;

static const char *skip_blanks(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
        p++;
    return p;
}

/* Reads the string at *p and moves *p after it: to `end` if its quote is not closed, and nowhere if there is none. */
static span read_span(const char **p, const char *end)
{
    const char *const begin = *p;
    if (begin == end || *begin != '"')
        return (span){0};
    const char *close = begin + 1;
    while (close < end && *close != '"')
        close += *close == '\\' ? 2 : 1;
    *p = close < end ? close + 1 : end;
    return close < end ? (span){begin + 1, (size_t)(close - begin) - 1} : (span){0};
}

/* Returns what is after the value at p: at a comma or bracket of the same level, or `end`. */
static const char *skip_value(const char *p, const char *end)
{
    size_t depth = 0;
    while (p < end && (depth > 0 || (*p != ',' && *p != '}'))) {
        if (*p == '"') {
            (void)read_span(&p, end);
            continue;
        }
        depth += *p == '[' || *p == '{';
        depth -= (*p == ']' || *p == '}') && depth > 0;
        p++;
    }
    return p;
}

static bool is_span(span s, const char *text)
{
    return s.s != NULL && s.n == strlen(text) && memcmp(s.s, text, s.n) == 0;
}

/* The strings of these members of the outermost object. */
static void find_members(const char *p, const char *end, span *type, span *id)
{
    p = skip_blanks(p, end);
    if (p == end || *p != '{')
        return;
    do {
        p = skip_blanks(p + 1, end);
        const span name = read_span(&p, end);
        p = skip_blanks(p, end);
        if (name.s == NULL || p == end || *p != ':')
            return;
        p = skip_blanks(p + 1, end);
        const char *const value = p;
        const span string = read_span(&p, end);
        if (is_span(name, "type"))
            *type = string;
        if (is_span(name, "id"))
            *id = string;
        p = skip_value(value, end);
    } while (p < end && *p == ',');
}

/* Escapes are not decoded here, so an id has none. */
static bool is_id(span id)
{
    if (id.s == NULL || id.n == 0 || id.n >= DIALECT_CLIENT_ID_BYTES || !utf8_valid(id.s, id.n))
        return false;
    for (size_t i = 0; i < id.n; i++) {
        if ((unsigned char)id.s[i] < ' ' || id.s[i] == '\\')
            return false;
    }
    return true;
}

static v1_message refuse(api_error *error, api_situation what, const char *param, const char *message)
{
    api_fail(error, what, param, "%s", message);
    return V1_REFUSED;
}

v1_message spillway_v1_look(const char *text, size_t n, char id[DIALECT_CLIENT_ID_BYTES], api_error *error)
{
    span type = {0}, name = {0};
    find_members(text, text + n, &type, &name);
    const bool has_id = is_id(name);
    if (has_id)
        memcpy(id, name.s, name.n);
    id[has_id ? name.n : 0] = '\0';
    if (!has_id)
        return refuse(error, API_INVALID_VALUE, "id",
                      "id must be a string of 1 to 127 bytes without backslashes and control characters");
    if (is_span(type, "cancel"))
        return V1_CANCEL;
    return is_span(type, "generate") ? V1_GENERATE
                                     : refuse(error, API_INVALID_VALUE, "type", "type must be generate or cancel");
}

/* ---- requests --------------------------------------------------------------------------------------------------- */

// clang-format off
#define AT(member) offsetof(generation_request, member)
static const json_field FIELDS[] = {
    {.name = "type",            .type = FIELD_CUSTOM, .take = generation_take_later},
    {.name = "id",              .type = FIELD_CUSTOM, .take = generation_take_later},
    {.name = "model",           .type = FIELD_TEXT, .offset = AT(model)},
    {.name = "prompt",          .type = FIELD_CUSTOM, .take = generation_take_later},
    {.name = "messages",        .type = FIELD_CUSTOM, .take = generation_take_later},
    {.name = "system",          .type = FIELD_CUSTOM, .take = generation_take_later},
    {.name = "max_tokens",      .type = FIELD_CUSTOM, .take = take_max_tokens, .min = 1, .max = LIMIT_CTX_TOKENS},
    {.name = "return_progress", .type = FIELD_BOOL, .offset = AT(return_progress)},
    {.name = "experts",         .type = FIELD_BOOL, .offset = AT(core.count_experts)},
};
#undef AT
// clang-format on
static const json_table TABLE = {.fields = FIELDS, .n = sizeof FIELDS / sizeof *FIELDS, .null_is_absent = true};

static bool read_body(generation_request *g, json_reader *r)
{
    static const json_table *const TABLES[] = {&TABLE, &GENERATION_FIELDS, NULL};
    static const json_place PROMPT = {NULL, "messages", 0};
    g->stream = true;
    g->return_progress = true;
    if (!json_read_object(r, NULL, g->document, &TABLE, g) ||
        !json_read_object(r, NULL, g->document, &GENERATION_FIELDS, g) || !foreign_fields_read(g, r, TABLES) ||
        !generate_prompt_read(g, r, /*is_raw=*/false))
        return false;
    return !g->loads_only || json_fail_missing(r, &PROMPT);
}

static bool parse(generation_request *out, const char *body, size_t n, uint64_t random, api_error *error)
{
    json_reader r;
    const bool is_read = generation_begin(out, &r, body, n, random) && read_body(out, &r);
    return generation_end(out, &r, is_read, error);
}

/* ---- messages --------------------------------------------------------------------------------------------------- */

typedef struct v1_state {
    int n_tokens; // messages with text so far
} v1_state;

static json_t *message_json(const dialect_stream *s, const char *type)
{
    return json_pack("{s:s, s:s}", "type", type, "id", s->head->client_id);
}

static void accepted(dialect_stream *s, int n_waiting)
{
    json_t *message = message_json(s, "accepted");
    json_put(&message, "request_id", json_string(s->head->request_id));
    json_put(&message, "model", json_string(s->head->model));
    json_put(&message, "queue_position", json_integer(n_waiting));
    if (s->head->ignored[0] != '\0')
        json_put(&message, "ignored", json_string(s->head->ignored));
    dialect_emit(s->sink, NULL, message);
}

static void begin(dialect_stream *s, size_t choice)
{
    (void)s, (void)choice; // it was accepted before
}

static void progress(dialect_stream *s, size_t choice, const sw_event *event, double time_ms)
{
    (void)choice;
    json_t *message = message_json(s, "progress");
    json_put(&message, "total", json_integer(event->n_prompt));
    json_put(&message, "cache", json_integer(event->n_cached));
    json_put(&message, "processed", json_integer(event->n_prompt_done));
    json_put(&message, "time_ms", json_number(time_ms));
    dialect_emit(s->sink, NULL, message);
}

static void text(dialect_stream *s, size_t choice, const sw_event *event)
{
    (void)choice;
    json_t *message = message_json(s, "token");
    json_put(&message, "index", json_integer(((v1_state *)s->state)->n_tokens++));
    json_put(&message, "n", json_integer(event->n_tokens));
    json_put(&message, "text", json_stringn(event->text, event->n_bytes));
    json_put(&message, "kind", json_string(event->kind == SW_TEXT_REASONING ? "reasoning" : "content"));
    json_put(&message, "t_ms", json_number(s->time_ms));
    dialect_emit(s->sink, NULL, message);
}

static void end_choice(dialect_stream *s, size_t choice, const sw_event *event)
{
    (void)s, (void)choice, (void)event; // there is one answer, and `end` says the same
}

static void end(dialect_stream *s, const sw_event *total)
{
    json_t *message = message_json(s, "done");
    json_put(&message, "finish_reason",
             json_string(total->finish == SW_FINISH_CANCELED ? "cancelled" : openai_finish_name(total->finish)));
    json_put(&message, "usage", openai_usage_json(total));
    openai_put_figures(&message, s->head, /*choice=*/0, total);
    dialect_emit(s->sink, NULL, message);
}

/* {"error":...} becomes {"type":"error","id":...,"error":...}. */
void spillway_v1_wrap_error(buf *out, const char *id, const buf *written)
{
    json_t *const name = id[0] != '\0' ? json_string(id) : json_null();
    json_write(out, json_pack("{s:s, s:o}", "type", "error", "id", name));
    if (written->failed != SW_OK)
        out->failed = written->failed;
    if (out->failed != SW_OK)
        return;
    out->data[out->size - 1] = ','; // in place of the bracket that closes
    buf_append(out, written->data + 1, written->size - 1);
}

void spillway_v1_write_error(buf *out, const char *id, const api_error *error)
{
    buf written;
    buf_init(&written, SW_ERR_MSG_BYTES * 8); // JSON escapes a byte with six at most
    api_error_write(&written, error);
    spillway_v1_wrap_error(out, id, &written);
    buf_free(&written);
}

static void fail(dialect_stream *s, const api_error *error)
{
    buf message;
    buf_init(&message, SW_ERR_MSG_BYTES * 8);
    spillway_v1_write_error(&message, s->head->client_id, error);
    dialect_emit_text(s->sink, NULL, &message);
}

const dialect SPILLWAY_V1 = {
    .name = "spillway.v1",
    .id_prefix = "ws-",
    .framing = DIALECT_SSE,
    .content_type = "application/json; charset=utf-8",
    .parse = parse,
    .accepted = accepted,
    .begin = begin,
    .progress = progress,
    .text = text,
    .end_choice = end_choice,
    .end = end,
    .fail = fail,
    .state_bytes = sizeof(v1_state),
    .write_error = api_error_write,
};
