/* ollama_stream.c - a line becomes the chunk that an OpenAI-compatible server would send. */
#include "client/ollama_stream.h"

#include "client/event_json.h"
#include "client/server_error.h"

enum { EXCERPT_BYTES = 200 };

/* Puts a borrowed value; what the line lacks is left out. */
static int put(json_t *object, const char *name, json_t *value)
{
    return value != NULL ? json_object_set(object, name, value) : 0;
}

/* Puts a duration in nanoseconds as milliseconds. */
static int put_ms(json_t *object, const char *name, const json_t *ns)
{
    return json_is_number(ns) ? json_object_set_new(object, name, json_real(json_number_value(ns) / 1e6)) : 0;
}

/* New reference; NULL when memory is short. */
static json_t *chunk_of(const json_t *line)
{
    json_t *const chunk = json_pack("{s:[{s:{}}], s:{}, s:{}}", "choices", "delta", "usage", "timings");
    json_t *const choice = json_array_get(json_object_get(chunk, "choices"), 0);
    json_t *const usage = json_object_get(chunk, "usage"), *const timings = json_object_get(chunk, "timings");
    int failed = put(chunk, "model", json_object_get(line, "model"));
    failed |= put(choice, "delta", json_object_get(line, "message"));
    failed |= put(choice, "finish_reason", json_object_get(line, "done_reason"));
    failed |= put(usage, "prompt_tokens", json_object_get(line, "prompt_eval_count"));
    failed |= put(usage, "completion_tokens", json_object_get(line, "eval_count"));
    failed |= put_ms(timings, "prompt_ms", json_object_get(line, "prompt_eval_duration"));
    failed |= put_ms(timings, "predicted_ms", json_object_get(line, "eval_duration"));
    if (chunk != NULL && failed == 0)
        return chunk;
    json_decref(chunk);
    return NULL;
}

void ollama_stream_line(chat_stream *s, const char *text, size_t n, int64_t t_ns)
{
    json_error_t why;
    json_t *const line = event_json_load(text, n, &why);
    json_t *const chunk = json_is_object(line) ? chunk_of(line) : NULL;
    if ((line == NULL && event_json_is_no_memory(&why)) || (json_is_object(line) && chunk == NULL))
        chat_stream_fail(s, TEST_INCOMPLETE, "out of memory reading a line of %zu bytes", n);
    else if (server_error_is(line) && json_object_get(line, "message") == NULL)
        chat_stream_fail_event(s, line, text, n);
    else if (chunk == NULL || json_object_get(line, "done") == NULL)
        chat_stream_fail(s, TEST_BAD_STREAM, "the line after %zu pieces of text is not one of Ollama's: %.*s",
                         s->n_arrivals, (int)(n < EXCERPT_BYTES ? n : EXCERPT_BYTES), text);
    else
        chat_stream_chunk(s, chunk, t_ns);
    if (json_is_true(json_object_get(line, "done")))
        chat_stream_end(s, t_ns);
    json_decref(chunk);
    json_decref(line);
}
