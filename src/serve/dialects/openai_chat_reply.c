/* openai_chat_reply.c - documents and chunks, member by member.
 *
 * Clients rely on more than the specification says: some fail if a chunk has no `choices`, some if it has an empty list
 * that they did not ask for.  So the members of each chunk are part of the interface, and tests compare whole chunks.
 * reasoning_content, seed, sampling and timings are additions to OpenAI's members.
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
    json_t *value = json_pack("{s:i, s:o, s:o, s:s}", "index", (int)index, "message", message_json(choice), "logprobs",
                              choice->logprobs != NULL ? openai_logprobs_json(choice->logprobs) : json_null(),
                              "finish_reason", openai_finish_name(choice->done->finish));
    openai_put_token_ids(&value, choice->token_ids, choice->done);
    return value;
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

/* A choice of a chunk, which takes `delta` and `logprobs` over; `finish` may be NULL. */
static json_t *delta_json(size_t index, json_t *delta, json_t *logprobs, const char *finish)
{
    return json_pack("{s:i, s:o, s:o, s:s?}", "index", (int)index, "delta", delta, "logprobs", logprobs,
                     "finish_reason", finish);
}

/* A chunk with one choice, which is taken over.  `event`: how far the answer is. */
static json_t *chunk_json(const generation_head *head, json_t *choice, const sw_event *event)
{
    json_t *chunk = head_json(head, "chat.completion.chunk", json_pack("[o]", choice));
    openai_put_so_far(&chunk, head, event);
    return chunk;
}

void openai_chat_begin(dialect_stream *s, size_t choice)
{
    json_t *const delta = json_pack("{s:s, s:s}", "role", "assistant", "content", "");
    const sw_event nothing_yet = {.n_prompt = s->head->n_prompt, .n_cached = s->head->n_cached};
    dialect_emit(s->sink, NULL, chunk_json(s->head, delta_json(choice, delta, json_null(), NULL), &nothing_yet));
}

void openai_chat_text(dialect_stream *s, size_t choice, const sw_event *event)
{
    const char *const member = event->kind == SW_TEXT_REASONING ? "reasoning_content" : "content";
    json_t *const logprobs = event->logprobs != NULL ? openai_logprobs_of_token(event->logprobs) : json_null();
    json_t *const delta = json_pack("{s:s%}", member, event->text, event->n_bytes);
    dialect_emit(s->sink, NULL, chunk_json(s->head, delta_json(choice, delta, logprobs, NULL), event));
}

void openai_chat_progress(dialect_stream *s, size_t choice, const sw_event *event, double time_ms)
{
    json_t *chunk = chunk_json(s->head, delta_json(choice, json_object(), json_null(), NULL), event);
    json_put(&chunk, "prompt_progress", openai_progress_json(event, time_ms));
    dialect_emit(s->sink, NULL, chunk);
}

void openai_chat_end_choice(dialect_stream *s, size_t choice, const sw_event *event)
{
    json_t *last = delta_json(choice, json_object(), json_null(), openai_finish_name(event->finish));
    openai_put_token_ids(&last, s->token_ids, event);
    json_t *finish = chunk_json(s->head, last, event);
    if (!s->head->include_usage)
        openai_put_figures(&finish, s->head, choice, event);
    dialect_emit(s->sink, NULL, finish);
}

void openai_chat_end(dialect_stream *s, const sw_event *total)
{
    openai_stream_end(s, head_json(s->head, "chat.completion.chunk", json_array()), total);
}
