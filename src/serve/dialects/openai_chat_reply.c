/* openai_chat_reply.c - documents and chunks, member by member.
 *
 * Clients rely on more than the specification says: some fail if a chunk has no `choices`, some if it has an empty list
 * that they did not ask for.  So the members of each chunk are part of the interface, and tests compare whole chunks.
 * reasoning_content, seed and timings are additions to OpenAI's members.
 */
#include "dialects/openai_chat_reply.h"

#include "dialects/openai_logprobs.h"
#include "json/json_out.h"

static const char DONE[] = "[DONE]";

/* ---- figures ---------------------------------------------------------------------------------------------------- */

static const char *finish_name(sw_finish finish)
{
    return finish == SW_FINISH_LENGTH ? "length" : "stop";
}

static json_t *usage_json(const sw_event *done)
{
    return json_pack("{s:i, s:i, s:i, s:{s:i}, s:{s:i}}", "prompt_tokens", done->n_prompt, "completion_tokens",
                     done->n_predicted, "total_tokens", done->n_prompt + done->n_predicted, "prompt_tokens_details",
                     "cached_tokens", done->n_cached, "completion_tokens_details", "reasoning_tokens",
                     done->n_reasoning);
}

static double ratio(double a, double b)
{
    return b > 0 ? a / b : 0;
}

static json_t *timings_json(const generation_head *head, const sw_event *done)
{
    const sw_timings *const t = &done->timings;
    const int n_evaluated = done->n_prompt - done->n_cached;
    return json_pack("{s:i, s:i, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:s}", //
                     "cache_n", done->n_cached,                                           //
                     "prompt_n", n_evaluated,                                             //
                     "prompt_ms", json_number(t->prompt_ms),                              //
                     "prompt_per_token_ms", json_number(ratio(t->prompt_ms, n_evaluated)), "prompt_per_second",
                     json_number(ratio(1000.0 * n_evaluated, t->prompt_ms)), "predicted_n", done->n_predicted, //
                     "predicted_ms", json_number(t->predict_ms), "predicted_per_token_ms",
                     json_number(ratio(t->predict_ms, done->n_predicted)), "predicted_per_second",
                     json_number(ratio(1000.0 * done->n_predicted, t->predict_ms)), "queue_ms",
                     json_number(t->queue_ms), "load_ms", json_number(head->load_ms), "ttft_ms",
                     json_number(head->ttft_ms), "backend", head->backend);
}

/* The members that an answer has once, beside usage. */
static void put_figures(json_t **document, const generation_head *head, const sw_event *done)
{
    json_put(document, "seed", json_integer((json_int_t)head->seed));
    json_put(document, "timings", timings_json(head, done));
}

/* ---- documents and chunks --------------------------------------------------------------------------------------- */

static json_t *head_json(const generation_head *head, const char *object, json_t *choices)
{
    return json_pack("{s:s, s:s, s:I, s:s, s:s, s:o}", "id", head->id, "object", object, "created",
                     (json_int_t)head->created, "model", head->model, "system_fingerprint", head->fingerprint,
                     "choices", choices);
}

static json_t *message_json(const whole_answer *answer)
{
    json_t *message = json_pack("{s:s, s:s%, s:n}", "role", "assistant", "content", buf_str(answer->content),
                                answer->content->size, "refusal");
    if (answer->reasoning->size > 0)
        json_put(&message, "reasoning_content", json_stringn(buf_str(answer->reasoning), answer->reasoning->size));
    return message;
}

void openai_chat_write_answer(buf *out, const generation_head *head, const whole_answer *answer)
{
    json_t *document =
        head_json(head, "chat.completion",
                  json_pack("[{s:i, s:o, s:o, s:s}]", "index", 0, "message", message_json(answer), "logprobs",
                            answer->logprobs != NULL ? openai_logprobs_json(answer->logprobs) : json_null(),
                            "finish_reason", finish_name(answer->done->finish)));
    json_put(&document, "usage", usage_json(answer->done));
    put_figures(&document, head, answer->done);
    json_write(out, document);
}

/* A chunk with one choice, which takes `delta` and `logprobs` over; `finish` may be NULL. */
static json_t *chunk_with_logprobs(const generation_head *head, json_t *delta, json_t *logprobs, const char *finish)
{
    json_t *chunk = head_json(head, "chat.completion.chunk",
                              json_pack("[{s:i, s:o, s:o, s:s?}]", "index", 0, "delta", delta, "logprobs", logprobs,
                                        "finish_reason", finish));
    if (head->include_usage)
        json_put(&chunk, "usage", json_null());
    return chunk;
}

static json_t *chunk_json(const generation_head *head, json_t *delta, const char *finish)
{
    return chunk_with_logprobs(head, delta, json_null(), finish);
}

void openai_chat_begin(event_sink *sink, const generation_head *head)
{
    dialect_emit(sink, NULL, chunk_json(head, json_pack("{s:s, s:s}", "role", "assistant", "content", ""), NULL));
}

void openai_chat_text(event_sink *sink, const generation_head *head, const sw_event *event)
{
    const char *const member = event->kind == SW_TEXT_REASONING ? "reasoning_content" : "content";
    json_t *const logprobs = event->logprobs != NULL ? openai_logprobs_of_token(event->logprobs) : json_null();
    json_t *const delta = json_pack("{s:s%}", member, event->text, event->n_bytes);
    dialect_emit(sink, NULL, chunk_with_logprobs(head, delta, logprobs, NULL));
}

void openai_chat_progress(event_sink *sink, const generation_head *head, const sw_event *event, double time_ms)
{
    json_t *chunk = chunk_json(head, json_object(), NULL);
    json_put(&chunk, "prompt_progress",
             json_pack("{s:i, s:i, s:i, s:o}", "total", event->n_prompt, "cache", event->n_cached, "processed",
                       event->n_prompt_done, "time_ms", json_number(time_ms)));
    dialect_emit(sink, NULL, chunk);
}

void openai_chat_end(event_sink *sink, const generation_head *head, const sw_event *event)
{
    json_t *finish = chunk_json(head, json_object(), finish_name(event->finish));
    if (!head->include_usage)
        put_figures(&finish, head, event);
    dialect_emit(sink, NULL, finish);
    if (head->include_usage) {
        json_t *usage = head_json(head, "chat.completion.chunk", json_array());
        json_put(&usage, "usage", usage_json(event));
        put_figures(&usage, head, event);
        dialect_emit(sink, NULL, usage);
    }
    if (!sink->failed) // [DONE] says that nothing is missing
        sink->emit(sink, NULL, DONE, sizeof DONE - 1);
}

void openai_chat_fail(event_sink *sink, const api_error *error)
{
    buf payload;
    buf_init(&payload, SW_ERR_MSG_BYTES * 8);
    api_error_write(&payload, error);
    if (payload.failed != SW_OK)
        sink->failed = true;
    else
        sink->emit(sink, NULL, payload.data, payload.size);
    buf_free(&payload);
}
