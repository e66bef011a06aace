/* chat_stream.c - reads the JSON of each event and keeps its text with its arrival time.
 *
 * Invariant: text and reasoning are valid UTF-8 without NUL, and arrivals are in the order of the events.  Answers,
 * events and error messages are bounded by limits.h and the sizes below.
 */
#include "client/chat_stream.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/escape.h"
#include "base/limits.h"
#include "base/utf8.h"

enum { NAME_BYTES_MAX = 1024, MESSAGE_BYTES_MAX = 512, ERROR_BYTES_MAX = 8192, BODY_EXCERPT_BYTES = 200 };

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
    chat_stream_reset(s);
}

void chat_stream_free(chat_stream *s)
{
    buf *const bufs[] = {&s->text, &s->reasoning, &s->error, &s->finish_reason, &s->model, &s->fingerprint};
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
        buf_free(bufs[i]);
    mem_free(s->arrivals);
    s->arrivals = NULL;
    s->cap = 0;
}

void chat_stream_reset(chat_stream *s)
{
    buf *const bufs[] = {&s->text, &s->reasoning, &s->error, &s->finish_reason, &s->model, &s->fingerprint};
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
        buf_clear(bufs[i]);
    s->n_arrivals = 0;
    s->prompt_tokens = s->cached_tokens = s->completion_tokens = s->reasoning_tokens = -1;
    s->first_event_ns = s->done_ns = -1;
    s->has_failed = false;
}

/* The first failure is kept: what follows it (a closed connection) is usually its consequence. */
void chat_stream_fail(chat_stream *s, test_status status, const char *fmt, ...)
{
    if (s->has_failed || s->done_ns >= 0)
        return;
    char message[MESSAGE_BYTES_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    s->has_failed = true;
    s->failure = status;
    // Parsers quote the bytes that they reject, which need not be UTF-8.
    escape_terminal(&s->error, message, utf8_complete_prefix(message, strlen(message)));
}

/* The message of an error document in any of its usual shapes: {"error": {"message": ".."}}, {"error": ".."},
 * {"message": ".."} or {"detail": ".."}.  NULL if there is none. */
static const char *error_message(const json_t *root)
{
    const json_t *const error = json_object_get(root, "error");
    const json_t *const places[] = {json_object_get(error, "message"), error, json_object_get(root, "message"),
                                    json_object_get(root, "detail")};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (json_string_length(places[i]) > 0)
            return json_string_value(places[i]);
    }
    return NULL;
}

void chat_stream_fail_http(chat_stream *s, long http_status, const char *body, size_t n)
{
    json_t *const root = json_loadb(body, n, 0, NULL);
    const char *const message = error_message(root);
    if (message != NULL) {
        chat_stream_fail(s, TEST_HTTP_ERROR, "HTTP %ld: %s", http_status, message);
    } else if (n == 0) {
        chat_stream_fail(s, TEST_HTTP_ERROR, "HTTP %ld with an empty body", http_status);
    } else {
        buf excerpt; // escaped: the body may be binary
        buf_init(&excerpt, ERROR_BYTES_MAX);
        escape_terminal(&excerpt, body, n < BODY_EXCERPT_BYTES ? n : BODY_EXCERPT_BYTES);
        chat_stream_fail(s, TEST_HTTP_ERROR, "HTTP %ld: %s", http_status, buf_str(&excerpt));
        buf_free(&excerpt);
    }
    json_decref(root);
}

/* Appends a JSON string.  A NUL is legal JSON, but would end the text early for every reader of a C string: it becomes
 * U+FFFD. */
static void append_string(buf *out, const json_t *string)
{
    const char *p = json_string_value(string);
    size_t n = json_string_length(string);
    while (n > 0) {
        const char *const nul = memchr(p, '\0', n);
        const size_t n_piece = nul != NULL ? (size_t)(nul - p) : n;
        buf_append(out, p, n_piece);
        if (nul == NULL)
            break;
        buf_puts(out, "\xef\xbf\xbd");
        p += n_piece + 1;
        n -= n_piece + 1;
    }
}

/* Every chunk repeats the names; the first is kept. */
static void take_name(buf *out, const json_t *string)
{
    if (out->size == 0)
        append_string(out, string);
}

/* Sets *out if `number` is a count; anything else (null, a negative number, a text) leaves -1, "not sent". */
static void take_count(int64_t *out, const json_t *number)
{
    if (json_is_integer(number) && json_integer_value(number) >= 0)
        *out = json_integer_value(number);
}

/* The usage object, which most servers send once, in a chunk of its own at the end.  Members that are missing stay -1.
 */
static void take_usage(chat_stream *s, const json_t *usage)
{
    take_count(&s->prompt_tokens, json_object_get(usage, "prompt_tokens"));
    take_count(&s->completion_tokens, json_object_get(usage, "completion_tokens"));
    take_count(&s->cached_tokens, json_object_get(json_object_get(usage, "prompt_tokens_details"), "cached_tokens"));
    take_count(&s->reasoning_tokens,
               json_object_get(json_object_get(usage, "completion_tokens_details"), "reasoning_tokens"));
}

/* Appends the text of one event.  An event without text (a role, a finish reason) is not an arrival: figures count
 * content events.  The size of an arrival is in bytes of UTF-8, reasoning included. */
static void take_delta(chat_stream *s, const json_t *delta, int64_t t_ns)
{
    const json_t *const content = json_object_get(delta, "content");
    const json_t *reasoning = json_object_get(delta, "reasoning_content");
    if (reasoning == NULL)
        reasoning = json_object_get(delta, "reasoning"); // the name in newer servers
    const size_t n_bytes = json_string_length(content) + json_string_length(reasoning);
    if (n_bytes == 0)
        return;
    append_string(&s->reasoning, reasoning);
    append_string(&s->text, content);
    const sw_code code = s->text.failed != SW_OK ? s->text.failed : s->reasoning.failed;
    if (code == SW_ELIMIT)
        chat_stream_fail(s, TEST_BAD_STREAM, "the answer has more than %d bytes", LIMIT_ANSWER_BYTES);
    else if (code != SW_OK || !mem_grow(&s->arrivals, &s->cap, s->n_arrivals + 1, sizeof *s->arrivals))
        chat_stream_fail(s, TEST_INCOMPLETE, "out of memory keeping the answer");
    else
        s->arrivals[s->n_arrivals++] = (arrival){t_ns, (uint32_t)n_bytes, json_string_length(content) == 0};
}

void chat_stream_event(chat_stream *s, const char *data, size_t n, int64_t t_ns)
{
    if (s->has_failed || s->done_ns >= 0)
        return;
    if (s->first_event_ns < 0)
        s->first_event_ns = t_ns;
    if (n == 6 && memcmp(data, "[DONE]", 6) == 0) {
        s->done_ns = t_ns;
        return;
    }
    json_error_t where;
    json_t *const root = json_loadb(data, n, JSON_ALLOW_NUL, &where);
    if (!json_is_object(root)) {
        chat_stream_fail(s, TEST_BAD_STREAM, "the event after %zu pieces of text is not a JSON object: %s",
                         s->n_arrivals, root == NULL ? where.text : "it is another JSON value");
    } else if (json_object_get(root, "error") != NULL && !json_is_null(json_object_get(root, "error"))) {
        const char *const message = error_message(root);
        chat_stream_fail(s, TEST_SERVER_ERROR, "%s",
                         message != NULL ? message : "the server sent an error without a message");
    } else {
        const json_t *const choice = json_array_get(json_object_get(root, "choices"), 0);
        take_name(&s->model, json_object_get(root, "model"));
        take_name(&s->fingerprint, json_object_get(root, "system_fingerprint"));
        take_name(&s->finish_reason, json_object_get(choice, "finish_reason"));
        take_usage(s, json_object_get(root, "usage"));
        take_delta(s, json_object_get(choice, "delta"), t_ns);
    }
    json_decref(root);
}

/* The finish reasons of a whole answer; others ("content_filter", "error") mean that it was cut short. */
static bool is_good_finish(const char *reason)
{
    return strcmp(reason, "stop") == 0 || strcmp(reason, "length") == 0 || strcmp(reason, "tool_calls") == 0;
}

/* A stream without a finish reason is incomplete even if it ended with [DONE]: some servers send that after an error.
 */
answer_record chat_stream_finish(chat_stream *s, int64_t t_ns)
{
    const char *const reason = buf_str(&s->finish_reason);
    test_status status = TEST_COMPLETED;
    if (s->has_failed) {
        status = s->failure;
    } else if (s->finish_reason.size == 0) {
        status = TEST_INCOMPLETE;
        buf_puts(&s->error, "the stream ended without a finish_reason");
    } else if (!is_good_finish(reason)) {
        status = TEST_INCOMPLETE;
        buf_printf(&s->error, "the server stopped for reason '%s'", reason);
    } else if (s->n_arrivals == 0) {
        status = TEST_SILENT_EMPTY;
        buf_puts(&s->error, "the answer is empty");
    }
    return (answer_record){
        .status = status,
        .error = buf_str(&s->error),
        .connect_ns = -1,
        .headers_ns = -1,
        .first_event_ns = s->first_event_ns,
        .end_ns = s->done_ns >= 0 ? s->done_ns : t_ns,
        .finish_reason = reason,
        .model = buf_str(&s->model),
        .fingerprint = buf_str(&s->fingerprint),
        .prompt_tokens = s->prompt_tokens,
        .cached_tokens = s->cached_tokens,
        .completion_tokens = s->completion_tokens,
        .reasoning_tokens = s->reasoning_tokens,
        .text = buf_str(&s->text),
        .n_text = s->text.size,
        .reasoning = buf_str(&s->reasoning),
        .n_reasoning = s->reasoning.size,
        .arrivals = s->arrivals,
        .n_arrivals = s->n_arrivals,
    };
}
