/* chat_stream.c - reads the JSON of each event and keeps its text with its arrival time.
 *
 * Invariant: text and reasoning are valid UTF-8 without NUL, and arrivals are in the order of the events.  Answers,
 * events and error messages are bounded by limits.h and the sizes below.
 */
#include "client/chat_stream.h"

#include <jansson.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "client/delta.h"
#include "client/event_json.h"
#include "client/raw_text.h"
#include "client/server_error.h"

/* An answer of more than ARRIVALS_PER_TOKEN * max_tokens + ARRIVALS_MORE pieces of text ignores max_tokens.  Tokens
 * that are split over two events, and servers that count a few tokens otherwise, stay below. */
enum { ARRIVALS_PER_TOKEN = 2, ARRIVALS_MORE = 4 };
enum { NAME_BYTES_MAX = 1024, ERROR_BYTES_MAX = 8192 };

// Every buffer is born with its limit, so that no server can make the client grow without bound.
void chat_stream_init(chat_stream *s)
{
    *s = (chat_stream){0};
    buf_init(&s->text, LIMIT_ANSWER_BYTES);
    buf_init(&s->reasoning, LIMIT_ANSWER_BYTES);
    buf_init(&s->error, ERROR_BYTES_MAX);
    buf_init(&s->finish_reason, NAME_BYTES_MAX);
    buf_init(&s->model, NAME_BYTES_MAX);
    buf_init(&s->fingerprint, NAME_BYTES_MAX);
    answer_facts_init(&s->facts);
    chat_stream_reset(s);
}

void chat_stream_free(chat_stream *s)
{
    buf *const bufs[] = {&s->text, &s->reasoning, &s->error, &s->finish_reason, &s->model, &s->fingerprint};
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
        buf_free(bufs[i]);
    answer_facts_free(&s->facts);
    mem_free(s->arrivals);
    s->arrivals = NULL;
    s->cap = 0;
}

void chat_stream_reset(chat_stream *s)
{
    buf *const bufs[] = {&s->text, &s->reasoning, &s->error, &s->finish_reason, &s->model, &s->fingerprint};
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
        buf_clear(bufs[i]);
    answer_facts_free(&s->facts);
    s->n_arrivals = s->n_late = 0;
    s->tells_counts = false;
    s->n_placed = 0;
    s->first_event_ns = s->done_ns = -1;
    s->has_failed = false;
}

/* Every chunk repeats the names; the first is kept. */
static void take_name(buf *out, const json_t *string)
{
    if (out->size == 0)
        delta_put_string(out, string);
}

/* Tokens of the piece of text that has come: those sampled since the piece before it.  A server that does not tell with
 * the first text does not tell with each: a count that it sends at the end is that of the whole answer. */
static uint32_t take_tokens(chat_stream *s)
{
    const int64_t n_sampled = answer_facts_n_sampled(&s->facts);
    if (s->n_arrivals == 0)
        s->tells_counts = n_sampled > 0;
    if (!s->tells_counts || n_sampled <= s->n_placed)
        return 0;
    const int64_t n = n_sampled - s->n_placed;
    s->n_placed = n_sampled;
    return (uint32_t)n;
}

/* A piece without a token of its own, in the same read as the one before it, is a part of that: servers split a token
 * whose text ends the reasoning. */
static bool is_part_of_last(const chat_stream *s, uint32_t n_tokens, int64_t t_ns)
{
    return s->tells_counts && n_tokens == 0 && s->n_arrivals > 0 && s->arrivals[s->n_arrivals - 1].t_ns == t_ns;
}

static void put_arrival(chat_stream *s, int64_t t_ns, size_t n_bytes, bool is_reasoning)
{
    const uint32_t n_tokens = take_tokens(s);
    if (is_part_of_last(s, n_tokens, t_ns)) {
        arrival *const last = &s->arrivals[s->n_arrivals - 1];
        last->n_bytes += (uint32_t)n_bytes;
        last->is_reasoning &= is_reasoning;
    } else {
        s->arrivals[s->n_arrivals++] =
            (arrival){.t_ns = t_ns, .n_bytes = (uint32_t)n_bytes, .n_tokens = n_tokens, .is_reasoning = is_reasoning};
    }
}

/* Keeps the time of a piece of text that was appended. */
static void add_arrival(chat_stream *s, int64_t t_ns, size_t n_bytes, bool is_reasoning)
{
    const sw_code code = s->text.failed != SW_OK ? s->text.failed : s->reasoning.failed;
    if (code == SW_ELIMIT)
        chat_stream_fail(s, TEST_BAD_STREAM, "the answer has more than %d bytes", LIMIT_ANSWER_BYTES);
    else if (code != SW_OK || !mem_grow(&s->arrivals, &s->cap, s->n_arrivals + 1, sizeof *s->arrivals))
        chat_stream_fail(s, TEST_INCOMPLETE, "out of memory keeping the answer");
    else if (n_bytes > 0)
        put_arrival(s, t_ns, n_bytes, is_reasoning);
    const size_t n_max = (size_t)s->max_tokens * ARRIVALS_PER_TOKEN + ARRIVALS_MORE;
    if (s->max_tokens > 0 && s->n_arrivals > n_max)
        chat_stream_fail(s, TEST_BAD_STREAM,
                         "the server ignores max_tokens: more than %zu pieces of text for %d tokens", n_max,
                         s->max_tokens);
}

/* Appends the text of one event.  An event without text (a role, a finish reason) is not an arrival: figures count
 * content events.  The size of an arrival is in bytes of UTF-8, reasoning included. */
static void take_delta(chat_stream *s, const json_t *delta, int64_t t_ns)
{
    const size_t n_text = s->text.size, n_reasoning = s->reasoning.size;
    delta_put(delta, &s->text, &s->reasoning);
    const size_t n_new_text = s->text.size - n_text;
    add_arrival(s, t_ns, n_new_text + s->reasoning.size - n_reasoning, n_new_text == 0);
}

/* The whole answer of /api/generate: shimmy writes the text alone, Ollama and spillway much more. */
static void take_response(chat_stream *s, const json_t *root, int64_t t_ns)
{
    const size_t n_text = s->text.size;
    take_name(&s->model, json_object_get(root, "model"));
    take_name(&s->finish_reason, json_object_get(root, "done_reason"));
    answer_facts_take(&s->facts, root);
    delta_put_string(&s->text, json_object_get(root, "response"));
    add_arrival(s, t_ns, s->text.size - n_text, false);
}

/* A chunk of the answer, or all of it: `member` is what holds the text of the choice. */
static void take_chunk(chat_stream *s, const json_t *root, const char *member, int64_t t_ns)
{
    const json_t *const choice = json_array_get(json_object_get(root, "choices"), 0);
    take_name(&s->model, json_object_get(root, "model"));
    take_name(&s->fingerprint, json_object_get(root, "system_fingerprint"));
    take_name(&s->finish_reason, json_object_get(choice, "finish_reason"));
    answer_facts_take(&s->facts, root);
    if (s->finish_reason.failed == SW_ENOMEM) // without it the answer would seem to be cut
        chat_stream_fail(s, TEST_INCOMPLETE, "out of memory keeping the answer");
    take_delta(s, json_object_get(choice, member), t_ns);
}

static bool is_white(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Counts text that comes after the end; it is no part of the answer. */
static void take_late(chat_stream *s, const json_t *root)
{
    buf text;
    buf_init(&text, LIMIT_ANSWER_BYTES);
    delta_put(json_object_get(json_array_get(json_object_get(root, "choices"), 0), "delta"), &text, &text);
    s->n_late += text.size > 0;
    buf_free(&text);
}

void chat_stream_end(chat_stream *s, int64_t t_ns)
{
    if (s->first_event_ns < 0)
        s->first_event_ns = t_ns;
    if (s->done_ns < 0)
        s->done_ns = t_ns;
}

void chat_stream_text(chat_stream *s, const char *data, size_t n, int64_t t_ns)
{
    if (s->has_failed || s->done_ns >= 0) {
        s->n_late += !s->has_failed && n > 0;
        return;
    }
    if (s->first_event_ns < 0)
        s->first_event_ns = t_ns;
    const size_t n_before = s->text.size;
    raw_text_put(&s->text, data, n);
    add_arrival(s, t_ns, s->text.size - n_before, false);
}

void chat_stream_chunk(chat_stream *s, const json_t *chunk, int64_t t_ns)
{
    if (s->has_failed)
        return;
    if (s->first_event_ns < 0)
        s->first_event_ns = t_ns;
    if (s->done_ns >= 0)
        take_late(s, chunk);
    else
        take_chunk(s, chunk, "delta", t_ns);
}

/* An event without data is a keep-alive, as a comment is. */
void chat_stream_event(chat_stream *s, const char *name, const char *data, size_t n, int64_t t_ns)
{
    for (; n > 0 && is_white(*data); data++)
        n--;
    while (n > 0 && is_white(data[n - 1]))
        n--;
    const bool is_error = strcmp(name, "error") == 0;
    if (s->has_failed || (n == 0 && !is_error))
        return;
    if (s->first_event_ns < 0)
        s->first_event_ns = t_ns;
    if (n == 6 && memcmp(data, "[DONE]", 6) == 0) {
        chat_stream_end(s, t_ns);
        return;
    }
    json_error_t where;
    json_t *const root = event_json_load(data, n, &where);
    if (s->done_ns >= 0)
        take_late(s, root);
    else if (is_error || server_error_is(root))
        chat_stream_fail_event(s, root, data, n);
    else if (root == NULL && event_json_is_no_memory(&where))
        chat_stream_fail(s, TEST_INCOMPLETE, "out of memory reading an event of %zu bytes", n);
    else if (!json_is_object(root))
        chat_stream_fail(s, TEST_BAD_STREAM, "the event after %zu pieces of text is not a JSON object: %s",
                         s->n_arrivals, root == NULL ? where.text : "it is another JSON value");
    else
        take_chunk(s, root, "delta", t_ns);
    json_decref(root);
}

void chat_stream_document(chat_stream *s, const char *body, size_t n, int64_t t_ns)
{
    json_error_t why;
    json_t *const root = event_json_load(body, n, &why);
    if (root == NULL && event_json_is_no_memory(&why)) {
        chat_stream_fail(s, TEST_INCOMPLETE, "out of memory reading an answer of %zu bytes", n);
    } else if (server_error_is(root) || !(json_is_array(json_object_get(root, "choices")) ||
                                          json_is_string(json_object_get(root, "response")))) {
        chat_stream_fail_document(s, 200, body, n);
    } else if (!s->has_failed) {
        if (json_is_array(json_object_get(root, "choices")))
            take_chunk(s, root, "message", t_ns);
        else
            take_response(s, root, t_ns);
        chat_stream_end(s, t_ns);
    }
    json_decref(root);
}

/* The finish reasons of a whole answer; others ("content_filter", "error") mean that it was cut short. */
static bool is_good_finish(const char *reason)
{
    return strcmp(reason, "stop") == 0 || strcmp(reason, "length") == 0 || strcmp(reason, "tool_calls") == 0;
}

/* How the answer ended, with the reason in s->error unless it is a success.  A stream without a finish reason is
 * incomplete even if it ended with [DONE]: some servers send that after an error. */
static test_status conclude(chat_stream *s)
{
    const char *const reason = buf_str(&s->finish_reason);
    if (s->has_failed)
        return s->failure;
    if (s->n_late > 0) {
        buf_printf(&s->error, "the server sent %zu more pieces of text after [DONE]; they are not in the answer",
                   s->n_late);
        return TEST_BAD_STREAM;
    }
    if (s->has_no_reasons ? s->done_ns < 0 : reason[0] == '\0') {
        buf_printf(&s->error, "the stream ended without %s", s->has_no_reasons ? "its end mark" : "a finish_reason");
        return TEST_INCOMPLETE;
    }
    if (reason[0] != '\0' && !is_good_finish(reason)) {
        buf_printf(&s->error, "the server stopped for reason '%s'", reason);
        return TEST_INCOMPLETE;
    }
    if (s->n_arrivals == 0)
        buf_puts(&s->error, "the answer is empty");
    return s->n_arrivals == 0 ? TEST_SILENT_EMPTY : TEST_COMPLETED;
}

answer_record chat_stream_finish(chat_stream *s, int64_t t_ns)
{
    if (!s->has_failed)
        buf_clear(&s->error); // of an earlier call
    answer_record answer = {
        .status = conclude(s),
        .connect_ns = -1,
        .headers_ns = -1,
        .first_event_ns = s->first_event_ns,
        .end_ns = s->done_ns >= 0 ? s->done_ns : t_ns,
        .finish_reason = buf_str(&s->finish_reason),
        .model = buf_str(&s->model),
        .fingerprint = buf_str(&s->fingerprint),
        .text = buf_str(&s->text),
        .n_text = s->text.size,
        .reasoning = buf_str(&s->reasoning),
        .n_reasoning = s->reasoning.size,
        .arrivals = s->arrivals,
        .n_arrivals = s->n_arrivals,
    };
    answer.error = buf_str(&s->error);
    answer_facts_put(&s->facts, &answer);
    return answer;
}
