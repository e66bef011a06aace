/* openai_responses_reply.c - items, responses and events, member by member; the `type` of every event repeats its name.
 * seed, timings and experts are additions to OpenAI's members. */
#include "dialects/openai_responses_reply.h"

#include <string.h>

#include "base/limits.h"
#include "dialects/openai_figures.h"
#include "json/json_out.h"

/* `object` with the members of `more` after its own; both are taken over.  NULL: memory ran out. */
static json_t *joined(json_t *object, json_t *more)
{
    if (json_object_update(object, more) != 0) {
        json_decref(object);
        object = NULL;
    }
    json_decref(more);
    return object;
}

/* ---- items ------------------------------------------------------------------------------------------------------ */

static const char COMPLETED[] = "completed", INCOMPLETE[] = "incomplete", IN_PROGRESS[] = "in_progress";

static const struct {
    const char *id_prefix;
    const char *delta, *done; // events
} KINDS[] = {
    [SW_TEXT_CONTENT] = {"msg_", "response.output_text.delta", "response.output_text.done"},
    [SW_TEXT_REASONING] = {"rs_", "response.reasoning_text.delta", "response.reasoning_text.done"},
};

/* How an answer ended that ended so: as a whole, and its last item. */
static const char *status_of(const sw_event *done)
{
    return done->finish == SW_FINISH_LENGTH ? INCOMPLETE : COMPLETED;
}

/* The id of item number `index`: that of the response with another prefix. */
static json_t *item_id(const generation_head *head, sw_text_kind kind, size_t index)
{
    const char *const end = strrchr(head->id, '_');
    return json_sprintf("%s%s_%zu", KINDS[kind].id_prefix, end != NULL ? end + 1 : head->id, index);
}

/* Takes `text` over. */
static json_t *part_json(sw_text_kind kind, json_t *text)
{
    if (kind == SW_TEXT_REASONING)
        return json_pack("{s:s, s:o}", "type", "reasoning_text", "text", text);
    return json_pack("{s:s, s:o, s:[], s:[]}", "type", "output_text", "text", text, "annotations", "logprobs");
}

/* Takes `content`, an array of parts, over. */
static json_t *item_json(const generation_head *head, sw_text_kind kind, size_t index, const char *status,
                         json_t *content)
{
    json_t *const id = item_id(head, kind, index);
    if (kind == SW_TEXT_REASONING)
        return json_pack("{s:o, s:s, s:s, s:[], s:o}", "id", id, "type", "reasoning", "status", status, "summary",
                         "content", content);
    return json_pack("{s:o, s:s, s:s, s:s, s:o}", "id", id, "type", "message", "status", status, "role", "assistant",
                     "content", content);
}

/* An item that is complete, or was cut.  NULL: memory ran out. */
static json_t *ended_item(const generation_head *head, sw_text_kind kind, size_t index, const char *status,
                          const buf *text)
{
    json_t *const string = text->failed == SW_OK ? json_stringn(buf_str(text), text->size) : NULL;
    return item_json(head, kind, index, status, json_pack("[o]", part_json(kind, string)));
}

/* ---- responses -------------------------------------------------------------------------------------------------- */

/* Takes `output` over. */
static json_t *response_json(const generation_head *head, const char *status, json_t *output)
{
    json_t *const own = json_pack(
        "{s:s, s:s, s:I, s:s, s:b, s:n, s:n, s:s, s:o, s:n, s:b, s:{s:{s:s}}, s:[], s:i, s:s, s:n}", "id", head->id,
        "object", "response", "created_at", (json_int_t)head->created, "status", status, "background", false, "error",
        "incomplete_details", "model", head->model, "output", output, "previous_response_id", "store", false, "text",
        "format", "type", "text", "tools", "top_logprobs", 0, "truncation", "disabled", "usage");
    return head->repeated != NULL ? joined(own, json_incref(head->repeated)) : own;
}

static json_t *usage_json(const sw_event *total)
{
    return json_pack("{s:i, s:{s:i}, s:i, s:{s:i}, s:i}", "input_tokens", total->n_prompt, "input_tokens_details",
                     "cached_tokens", total->n_cached, "output_tokens", total->n_predicted, "output_tokens_details",
                     "reasoning_tokens", total->n_reasoning, "total_tokens", total->n_prompt + total->n_predicted);
}

/* The response at its end.  Takes `output` over. */
static json_t *ended_json(const generation_head *head, json_t *output, const sw_event *total)
{
    json_t *document = response_json(head, status_of(total), output);
    if (total->finish == SW_FINISH_LENGTH)
        json_put(&document, "incomplete_details", json_pack("{s:s}", "reason", "max_output_tokens"));
    json_put(&document, "usage", usage_json(total));
    openai_put_figures(&document, head, /*choice=*/0, total);
    return document;
}

void openai_responses_write_answer(buf *out, const generation_head *head, const whole_answer *answer)
{
    const whole_choice *const choice = &answer->choices[0];
    const bool has_reasoning = choice->reasoning->size > 0;
    const bool has_message = choice->content->size > 0 || !has_reasoning;
    const char *const status = status_of(choice->done);
    json_t *output = json_array();
    if (has_reasoning)
        json_push(&output, ended_item(head, SW_TEXT_REASONING, 0, has_message ? COMPLETED : status, choice->reasoning));
    if (has_message)
        json_push(&output, ended_item(head, SW_TEXT_CONTENT, has_reasoning, status, choice->content));
    json_write(out, ended_json(head, output, &answer->total));
}

/* ---- events ----------------------------------------------------------------------------------------------------- */

/* Takes `members` over. */
static void emit(dialect_stream *s, const char *type, json_t *members)
{
    openai_responses_state *const state = s->state;
    json_t *const event = json_pack("{s:s, s:i}", "type", type, "sequence_number", state->n_events++);
    dialect_emit(s->sink, type, joined(event, members));
}

static void emit_response(dialect_stream *s, const char *type, json_t *response)
{
    emit(s, type, json_pack("{s:o}", "response", response));
}

void openai_responses_begin(dialect_stream *s, size_t choice)
{
    (void)choice;
    emit_response(s, "response.created", response_json(s->head, IN_PROGRESS, json_array()));
    emit_response(s, "response.in_progress", response_json(s->head, IN_PROGRESS, json_array()));
}

/* This family has no event for it, so its requests cannot ask for it. */
void openai_responses_progress(dialect_stream *s, size_t choice, const sw_event *event, double time_ms)
{
    (void)s, (void)choice, (void)event, (void)time_ms;
}

static size_t open_index(const dialect_stream *s)
{
    return json_array_size(((const openai_responses_state *)s->state)->output);
}

/* An event about the part of the open item.  Takes `members` over. */
static void emit_of_part(dialect_stream *s, const char *type, json_t *members)
{
    const openai_responses_state *const state = s->state;
    const size_t index = open_index(s);
    json_t *const place = json_pack("{s:o, s:I, s:i}", "item_id", item_id(s->head, state->kind, index), "output_index",
                                    (json_int_t)index, "content_index", 0);
    emit(s, type, joined(place, members));
}

/* A text, with the list that belongs to those of messages.  Takes `text` over. */
static void emit_text(dialect_stream *s, const char *type, const char *member, json_t *text)
{
    json_t *members = json_pack("{s:o}", member, text);
    if (((const openai_responses_state *)s->state)->kind == SW_TEXT_CONTENT)
        json_put(&members, "logprobs", json_array());
    emit_of_part(s, type, members);
}

/* Takes `item`, the open one, over. */
static void emit_item(dialect_stream *s, const char *type, json_t *item)
{
    emit(s, type, json_pack("{s:I, s:o}", "output_index", (json_int_t)open_index(s), "item", item));
}

/* Ends the item that is open, if one is. */
static void close_item(dialect_stream *s, const char *status)
{
    openai_responses_state *const state = s->state;
    if (!state->is_open)
        return;
    json_t *const item = ended_item(s->head, state->kind, open_index(s), status, &state->text);
    json_t *const part = json_array_get(json_object_get(item, "content"), 0);
    emit_text(s, KINDS[state->kind].done, "text", json_incref(json_object_get(part, "text")));
    emit_of_part(s, "response.content_part.done", json_pack("{s:O}", "part", part));
    emit_item(s, "response.output_item.done", json_incref(item));
    if (state->output == NULL)
        state->output = json_array();
    json_push(&state->output, item);
    state->is_open = false;
    if (state->output == NULL)
        s->sink->failed = true;
}

/* Makes an item of this kind the open one. */
static void open_item(dialect_stream *s, sw_text_kind kind)
{
    openai_responses_state *const state = s->state;
    if (state->is_open && state->kind == kind)
        return;
    close_item(s, COMPLETED);
    buf_free(&state->text);
    buf_init(&state->text, LIMIT_ANSWER_BYTES);
    state->is_open = true;
    state->kind = kind;
    emit_item(s, "response.output_item.added", item_json(s->head, kind, open_index(s), IN_PROGRESS, json_array()));
    emit_of_part(s, "response.content_part.added", json_pack("{s:o}", "part", part_json(kind, json_string(""))));
}

void openai_responses_text(dialect_stream *s, size_t choice, const sw_event *event)
{
    (void)choice;
    openai_responses_state *const state = s->state;
    if (event->n_bytes == 0)
        return;
    open_item(s, event->kind);
    buf_append(&state->text, event->text, event->n_bytes);
    emit_text(s, KINDS[event->kind].delta, "delta", json_stringn(event->text, event->n_bytes));
}

void openai_responses_end_choice(dialect_stream *s, size_t choice, const sw_event *event)
{
    (void)choice;
    const openai_responses_state *const state = s->state;
    if (!state->is_open && state->output == NULL)
        open_item(s, SW_TEXT_CONTENT);
    close_item(s, status_of(event));
}

/* The complete items. */
static json_t *output_json(const openai_responses_state *state)
{
    return state->output != NULL ? json_incref(state->output) : json_array();
}

void openai_responses_end(dialect_stream *s, const sw_event *total)
{
    emit_response(s, total->finish == SW_FINISH_LENGTH ? "response.incomplete" : "response.completed",
                  ended_json(s->head, output_json(s->state), total));
}

/* Some clients look at one of these events, some at the other. */
void openai_responses_fail(dialect_stream *s, const api_error *error)
{
    const char *const code = api_status(error) == 429 ? "rate_limit_exceeded" : "server_error"; // OpenAI's names
    json_t *response = response_json(s->head, "failed", output_json(s->state));
    json_put(&response, "error", json_pack("{s:s, s:s}", "code", code, "message", error->message));
    emit_response(s, "response.failed", response);
    emit(s, "error",
         json_pack("{s:s, s:s, s:s?}", "code", api_code(error), "message", error->message, "param",
                   error->param[0] != '\0' ? error->param : NULL));
}

void openai_responses_free_state(void *state)
{
    openai_responses_state *const own = state;
    buf_free(&own->text);
    json_decref(own->output);
}
