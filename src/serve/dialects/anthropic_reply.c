/* anthropic_reply.c - blocks and events, member by member; the `type` of every event repeats its name. */
#include "dialects/anthropic_reply.h"

#include "json/json_out.h"

/* ---- messages --------------------------------------------------------------------------------------------------- */

/* Tokens that came from the cache are not counted as input, but by themselves. */
static json_t *usage_json(int n_prompt, int n_cached, int n_predicted)
{
    return json_pack("{s:i, s:i, s:i, s:i}", "input_tokens", n_prompt - n_cached, "cache_creation_input_tokens", 0,
                     "cache_read_input_tokens", n_cached, "output_tokens", n_predicted);
}

/* Which of the request's stop strings ended the answer; NULL: none. */
static const char *stop_sequence(const generation_head *head, const sw_event *done)
{
    const bool has_matched =
        done->finish == SW_FINISH_STOP && done->stop_index >= 0 && (size_t)done->stop_index < head->n_stop;
    return has_matched ? head->stop[done->stop_index] : NULL;
}

static const char *stop_reason(const generation_head *head, const sw_event *done)
{
    if (done->finish == SW_FINISH_LENGTH)
        return "max_tokens";
    return stop_sequence(head, done) != NULL ? "stop_sequence" : "end_turn";
}

/* `content` and `usage` are taken over; done NULL: the message has only begun. */
static json_t *message_json(const generation_head *head, json_t *content, const sw_event *done, json_t *usage)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:s?, s:s?, s:o}", "id", head->id, "type", "message", "role",
                     "assistant", "model", head->model, "content", content, "stop_reason",
                     done != NULL ? stop_reason(head, done) : NULL, "stop_sequence",
                     done != NULL ? stop_sequence(head, done) : NULL, "usage", usage);
}

static json_t *block_json(sw_text_kind kind, const char *text, size_t n)
{
    if (kind == SW_TEXT_REASONING)
        return json_pack("{s:s, s:s%, s:s}", "type", "thinking", "thinking", text, n, "signature", "");
    return json_pack("{s:s, s:s%}", "type", "text", "text", text, n);
}

void anthropic_write_answer(buf *out, const generation_head *head, const whole_answer *answer)
{
    const whole_choice *const choice = &answer->choices[0];
    const bool has_reasoning = choice->reasoning->size > 0 && !head->hides_reasoning;
    const sw_event *const total = &answer->total;
    json_t *content = json_array();
    if (has_reasoning)
        json_push(&content, block_json(SW_TEXT_REASONING, buf_str(choice->reasoning), choice->reasoning->size));
    if (choice->content->size > 0 || !has_reasoning)
        json_push(&content, block_json(SW_TEXT_CONTENT, buf_str(choice->content), choice->content->size));
    json_t *message =
        message_json(head, content, choice->done, usage_json(total->n_prompt, total->n_cached, total->n_predicted));
    dialect_put_experts(&message, head);
    json_write(out, message);
}

/* ---- events ----------------------------------------------------------------------------------------------------- */

void anthropic_begin(dialect_stream *s, size_t choice)
{
    (void)choice;
    json_t *const usage = usage_json(s->head->n_prompt, s->head->n_cached, 0);
    dialect_emit(
        s->sink, "message_start",
        json_pack("{s:s, s:o}", "type", "message_start", "message", message_json(s->head, json_array(), NULL, usage)));
}

static void emit_ping(dialect_stream *s)
{
    dialect_emit(s->sink, "ping", json_pack("{s:s}", "type", "ping"));
}

void anthropic_progress(dialect_stream *s, size_t choice, const sw_event *event, double time_ms)
{
    (void)choice, (void)event, (void)time_ms;
    emit_ping(s);
}

static void emit_delta(dialect_stream *s, json_t *delta)
{
    const anthropic_state *const state = s->state;
    dialect_emit(
        s->sink, "content_block_delta",
        json_pack("{s:s, s:i, s:o}", "type", "content_block_delta", "index", state->n_blocks - 1, "delta", delta));
}

/* Ends the block that is open, if one is. */
static void close_block(dialect_stream *s)
{
    anthropic_state *const state = s->state;
    if (!state->is_open)
        return;
    if (state->kind == SW_TEXT_REASONING)
        emit_delta(s, json_pack("{s:s, s:s}", "type", "signature_delta", "signature", ""));
    dialect_emit(s->sink, "content_block_stop",
                 json_pack("{s:s, s:i}", "type", "content_block_stop", "index", state->n_blocks - 1));
    state->is_open = false;
}

/* Makes a block of this kind the open one. */
static void open_block(dialect_stream *s, sw_text_kind kind)
{
    anthropic_state *const state = s->state;
    if (state->is_open && state->kind == kind)
        return;
    close_block(s);
    dialect_emit(s->sink, "content_block_start",
                 json_pack("{s:s, s:i, s:o}", "type", "content_block_start", "index", state->n_blocks, "content_block",
                           block_json(kind, "", 0)));
    if (state->n_blocks++ == 0)
        emit_ping(s);
    state->is_open = true;
    state->kind = kind;
}

void anthropic_text(dialect_stream *s, size_t choice, const sw_event *event)
{
    (void)choice;
    const bool is_reasoning = event->kind == SW_TEXT_REASONING;
    if (event->n_bytes == 0 || (is_reasoning && s->head->hides_reasoning))
        return;
    open_block(s, event->kind);
    emit_delta(s, json_pack("{s:s, s:s%}", "type", is_reasoning ? "thinking_delta" : "text_delta",
                            is_reasoning ? "thinking" : "text", event->text, event->n_bytes));
}

void anthropic_end_choice(dialect_stream *s, size_t choice, const sw_event *event)
{
    (void)choice;
    const anthropic_state *const state = s->state;
    if (state->n_blocks == 0)
        open_block(s, SW_TEXT_CONTENT);
    close_block(s);
    json_t *delta = json_pack("{s:s, s:{s:s, s:s?}, s:{s:i}}", "type", "message_delta", "delta", "stop_reason",
                              stop_reason(s->head, event), "stop_sequence", stop_sequence(s->head, event), "usage",
                              "output_tokens", event->n_predicted);
    dialect_put_experts(&delta, s->head);
    dialect_emit(s->sink, "message_delta", delta);
}

void anthropic_end(dialect_stream *s, const sw_event *total)
{
    (void)total;
    dialect_emit(s->sink, "message_stop", json_pack("{s:s}", "type", "message_stop"));
}

/* ---- errors ----------------------------------------------------------------------------------------------------- */

static const char *error_type(int status)
{
    switch (status) {
    case 401: return "authentication_error";
    case 403: return "permission_error";
    case 404: return "not_found_error";
    case 413: return "request_too_large";
    case 429: return "rate_limit_error";
    case 503: return "overloaded_error";
    default: return status < 500 ? "invalid_request_error" : "api_error";
    }
}

/* Agents shorten their history when they read that the prompt is too long. */
static json_t *error_json(const api_error *error)
{
    json_t *const message = error->what == API_CONTEXT_LENGTH ? json_sprintf("prompt is too long: %s", error->message)
                                                              : json_string(error->message);
    return json_pack("{s:s, s:{s:s, s:o}}", "type", "error", "error", "type", error_type(api_status(error)), "message",
                     message);
}

void anthropic_fail(dialect_stream *s, const api_error *error)
{
    dialect_emit(s->sink, "error", error_json(error));
}

void anthropic_write_error(buf *out, const api_error *error)
{
    json_write(out, error_json(error));
}
