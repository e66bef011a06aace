/* openai_chat_reply.c - documents and chunks, member by member.
 *
 * Clients rely on more than the specification says: some fail if a chunk has no `choices`, some if it has an empty list
 * that they did not ask for.  So the members of each chunk are part of the interface, and tests compare whole chunks.
 * reasoning_content, seed and timings are additions to OpenAI's members.
 */
#include "dialects/openai_chat_reply.h"

#include "dialects/openai_figures.h"
#include "dialects/openai_logprobs.h"
#include "dialects/openai_stream.h"
#include "json/json_out.h"

/* ---- documents and chunks --------------------------------------------------------------------------------------- */

static json_t *head_json(const generation_head *head, const char *object, json_t *choices)
{
    return json_pack("{s:s, s:s, s:I, s:s, s:s, s:o}", "id", head->id, "object", object, "created",
                     (json_int_t)head->created, "model", head->model, "system_fingerprint", head->fingerprint,
                     "choices", choices);
}

static json_t *message_json(const whole_choice *choice)
{
    json_t *message = json_pack("{s:s, s:s%, s:n}", "role", "assistant", "content", buf_str(choice->content),
                                choice->content->size, "refusal");
    if (choice->reasoning->size > 0)
        json_put(&message, "reasoning_content", json_stringn(buf_str(choice->reasoning), choice->reasoning->size));
    return message;
}

static json_t *choice_json(const whole_choice *choice, size_t index)
{
    return json_pack("{s:i, s:o, s:o, s:s}", "index", (int)index, "message", message_json(choice), "logprobs",
                     choice->logprobs != NULL ? openai_logprobs_json(choice->logprobs) : json_null(), "finish_reason",
                     openai_finish_name(choice->done->finish));
}

void openai_chat_write_answer(buf *out, const generation_head *head, const whole_answer *answer)
{
    json_t *choices = json_array();
    for (size_t i = 0; i < answer->n; i++)
        json_push(&choices, choice_json(&answer->choices[i], i));
    json_t *document = head_json(head, "chat.completion", choices);
    json_put(&document, "usage", openai_usage_json(&answer->total));
    openai_put_figures(&document, head, /*choice=*/0, &answer->total);
    json_write(out, document);
}

/* A chunk with one choice, which takes `delta` and `logprobs` over; `finish` may be NULL. */
static json_t *chunk_with_logprobs(const generation_head *head, size_t choice, json_t *delta, json_t *logprobs,
                                   const char *finish)
{
    json_t *chunk = head_json(head, "chat.completion.chunk",
                              json_pack("[{s:i, s:o, s:o, s:s?}]", "index", (int)choice, "delta", delta, "logprobs",
                                        logprobs, "finish_reason", finish));
    if (head->include_usage)
        json_put(&chunk, "usage", json_null());
    return chunk;
}

static json_t *chunk_json(const generation_head *head, size_t choice, json_t *delta, const char *finish)
{
    return chunk_with_logprobs(head, choice, delta, json_null(), finish);
}

void openai_chat_begin(dialect_stream *s, size_t choice)
{
    json_t *const delta = json_pack("{s:s, s:s}", "role", "assistant", "content", "");
    dialect_emit(s->sink, NULL, chunk_json(s->head, choice, delta, NULL));
}

void openai_chat_text(dialect_stream *s, size_t choice, const sw_event *event)
{
    const char *const member = event->kind == SW_TEXT_REASONING ? "reasoning_content" : "content";
    json_t *const logprobs = event->logprobs != NULL ? openai_logprobs_of_token(event->logprobs) : json_null();
    json_t *const delta = json_pack("{s:s%}", member, event->text, event->n_bytes);
    dialect_emit(s->sink, NULL, chunk_with_logprobs(s->head, choice, delta, logprobs, NULL));
}

void openai_chat_progress(dialect_stream *s, size_t choice, const sw_event *event, double time_ms)
{
    json_t *chunk = chunk_json(s->head, choice, json_object(), NULL);
    json_put(&chunk, "prompt_progress", openai_progress_json(event, time_ms));
    dialect_emit(s->sink, NULL, chunk);
}

void openai_chat_end_choice(dialect_stream *s, size_t choice, const sw_event *event)
{
    json_t *finish = chunk_json(s->head, choice, json_object(), openai_finish_name(event->finish));
    if (!s->head->include_usage)
        openai_put_figures(&finish, s->head, choice, event);
    dialect_emit(s->sink, NULL, finish);
}

void openai_chat_end(dialect_stream *s, const sw_event *total)
{
    openai_stream_end(s, head_json(s->head, "chat.completion.chunk", json_array()), total);
}
