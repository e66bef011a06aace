/* ollama_reply.c - lines and documents, member by member.
 *
 * A chat has its texts in `message`, a completion in `response`; the rest is the same.  A request that only loaded the
 * model is answered with a last line alone.  Durations are whole nanoseconds.
 */
#include "dialects/ollama_reply.h"

#include "dialects/openai_figures.h"
#include "json/json_out.h"

/* ---- what both have --------------------------------------------------------------------------------------------- */

/* The texts of a line or document. */
typedef struct piece {
    const char *content, *thinking;
    size_t n_content, n_thinking; // bytes; no thinking: the member is left out
} piece;

static const piece EMPTY = {.content = ""};

static piece piece_of(const sw_event *event)
{
    return event->kind == SW_TEXT_REASONING
               ? (piece){.content = "", .thinking = event->text, .n_thinking = event->n_bytes}
               : (piece){.content = event->text, .n_content = event->n_bytes};
}

static piece piece_of_answer(const generation_head *head, const whole_answer *answer)
{
    if (answer->n == 0)
        return EMPTY;
    const buf *const content = answer->choices[0].content, *const reasoning = answer->choices[0].reasoning;
    piece p = {.content = buf_str(content), .n_content = content->size};
    if (!head->hides_reasoning) {
        p.thinking = buf_str(reasoning);
        p.n_thinking = reasoning->size;
    }
    return p;
}

static json_t *head_json(const generation_head *head)
{
    return json_pack("{s:s, s:o}", "model", head->model, "created_at", json_timestamp(head->created));
}

static json_t *chat_json(const generation_head *head, const piece *p)
{
    json_t *document = head_json(head);
    json_t *message = json_pack("{s:s, s:s%}", "role", "assistant", "content", p->content, p->n_content);
    if (p->n_thinking > 0)
        json_put(&message, "thinking", json_stringn(p->thinking, p->n_thinking));
    json_put(&document, "message", message);
    return document;
}

static json_t *generate_json(const generation_head *head, const piece *p)
{
    json_t *document = head_json(head);
    json_put(&document, "response", json_stringn(p->content, p->n_content));
    if (p->n_thinking > 0)
        json_put(&document, "thinking", json_stringn(p->thinking, p->n_thinking));
    return document;
}

/* ---- the end ---------------------------------------------------------------------------------------------------- */

json_t *ollama_nanoseconds(double ms)
{
    return json_integer(ms > 0 && ms < 1e12 ? (json_int_t)(ms * 1e6) : 0);
}

static const char *done_reason(const generation_head *head, const sw_event *done)
{
    if (head->n_answers > 0)
        return openai_finish_name(done->finish);
    return head->unloads ? "unload" : "load";
}

/* Adds what the last line and a document have. */
static json_t *ended(json_t *document, const generation_head *head, const sw_event *done)
{
    const sw_timings *const t = &done->timings;
    json_put(&document, "done", json_true());
    json_put(&document, "done_reason", json_string(done_reason(head, done)));
    json_put(&document, "total_duration", ollama_nanoseconds(head->ttft_ms + t->predict_ms));
    json_put(&document, "load_duration", ollama_nanoseconds(head->load_ms));
    json_put(&document, "prompt_eval_count", json_integer(done->n_prompt));
    json_put(&document, "prompt_eval_duration", ollama_nanoseconds(t->prompt_ms));
    json_put(&document, "eval_count", json_integer(done->n_predicted));
    json_put(&document, "eval_duration", ollama_nanoseconds(t->predict_ms));
    dialect_put_experts(&document, head);
    return document;
}

void ollama_chat_write_answer(buf *out, const generation_head *head, const whole_answer *answer)
{
    const piece p = piece_of_answer(head, answer);
    json_write(out, ended(chat_json(head, &p), head, &answer->total));
}

void ollama_generate_write_answer(buf *out, const generation_head *head, const whole_answer *answer)
{
    const piece p = piece_of_answer(head, answer);
    json_t *document = ended(generate_json(head, &p), head, &answer->total);
    json_put(&document, "usage", openai_usage_json(&answer->total));
    openai_put_figures(&document, head, /*choice=*/0, &answer->total);
    json_write(out, document);
}

/* ---- streams ---------------------------------------------------------------------------------------------------- */

void ollama_begin(dialect_stream *s, size_t choice)
{
    (void)s, (void)choice; // the first line is the first text
}

void ollama_progress(dialect_stream *s, size_t choice, const sw_event *event, double time_ms)
{
    (void)s, (void)choice, (void)event, (void)time_ms; // this family has no such line
}

/* Writes a line of a document that is not the last one. */
static void emit_text(dialect_stream *s, const sw_event *event,
                      json_t *(*write)(const generation_head *head, const piece *p))
{
    if (event->n_bytes == 0 || (event->kind == SW_TEXT_REASONING && s->head->hides_reasoning))
        return;
    const piece p = piece_of(event);
    json_t *line = write(s->head, &p);
    json_put(&line, "done", json_false());
    dialect_emit(s->sink, NULL, line);
}

void ollama_chat_text(dialect_stream *s, size_t choice, const sw_event *event)
{
    (void)choice;
    emit_text(s, event, chat_json);
}

void ollama_generate_text(dialect_stream *s, size_t choice, const sw_event *event)
{
    (void)choice;
    emit_text(s, event, generate_json);
}

void ollama_chat_end_choice(dialect_stream *s, size_t choice, const sw_event *event)
{
    (void)choice;
    dialect_emit(s->sink, NULL, ended(chat_json(s->head, &EMPTY), s->head, event));
}

void ollama_generate_end_choice(dialect_stream *s, size_t choice, const sw_event *event)
{
    (void)choice;
    dialect_emit(s->sink, NULL, ended(generate_json(s->head, &EMPTY), s->head, event));
}

void ollama_chat_end(dialect_stream *s, const sw_event *total)
{
    if (s->head->n_answers == 0)
        ollama_chat_end_choice(s, 0, total);
}

void ollama_generate_end(dialect_stream *s, const sw_event *total)
{
    if (s->head->n_answers == 0)
        ollama_generate_end_choice(s, 0, total);
}

/* ---- errors ----------------------------------------------------------------------------------------------------- */

static json_t *error_json(const api_error *error)
{
    return json_pack("{s:s}", "error", error->message);
}

void ollama_fail(dialect_stream *s, const api_error *error)
{
    dialect_emit(s->sink, NULL, error_json(error));
}

void ollama_write_error(buf *out, const api_error *error)
{
    json_write(out, error_json(error));
}
