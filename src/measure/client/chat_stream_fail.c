/* chat_stream_fail.c - how an answer fails: the first failure is kept, with the server's own reason where it has one.
 */
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/utf8.h"
#include "client/chat_stream.h"
#include "client/event_json.h"
#include "client/server_error.h"

enum { MESSAGE_BYTES_MAX = 512, REASON_BYTES_MAX = 8192, BODY_EXCERPT_BYTES = 200 };

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

/* Appends the first bytes of a body; escaped, because it may be binary. */
static void put_excerpt(buf *out, const char *body, size_t n)
{
    escape_terminal(out, body, n < BODY_EXCERPT_BYTES ? n : BODY_EXCERPT_BYTES);
}

/* What the server gave as its reason; an excerpt of the document if that has none. */
static void put_reason(buf *out, const json_t *root, const char *body, size_t n)
{
    server_error_put(out, root);
    if (out->size == 0 && !json_is_object(root))
        put_excerpt(out, body, n);
}

/* The document, or the object in a text around it: some servers send an error status with one event of a stream. */
static json_t *load_document(const char *body, size_t n)
{
    json_error_t why;
    json_t *const root = event_json_load(body, n, &why);
    const char *const brace = root == NULL ? memchr(body, '{', n) : NULL;
    if (brace == NULL)
        return root;
    size_t n_object = n - (size_t)(brace - body);
    while (brace[n_object - 1] != '}' && n_object > 1)
        n_object--;
    return event_json_load(brace, n_object, &why);
}

void chat_stream_fail_document(chat_stream *s, long http_status, const char *body, size_t n)
{
    json_t *const root = load_document(body, n);
    buf reason;
    buf_init(&reason, REASON_BYTES_MAX);
    put_reason(&reason, root, body, n);
    if (http_status == 200 && server_error_is(root))
        chat_stream_fail(s, TEST_SERVER_ERROR, "%s",
                         reason.size > 0 ? buf_str(&reason) : "the server sent an error without a message");
    else if (http_status == 200)
        chat_stream_fail(s, TEST_BAD_STREAM, "the server answered with one %s instead of %s%s%s",
                         root != NULL ? "JSON document" : "document",
                         s->is_whole ? "a chat completion" : "an event stream", root == NULL ? ": " : "",
                         root == NULL ? buf_str(&reason) : "");
    else if (n == 0)
        chat_stream_fail(s, TEST_HTTP_ERROR, "HTTP %ld with an empty body", http_status);
    else {
        if (reason.size == 0)
            put_excerpt(&reason, body, n);
        chat_stream_fail(s, TEST_HTTP_ERROR, "HTTP %ld: %s", http_status, buf_str(&reason));
    }
    buf_free(&reason);
    json_decref(root);
}

void chat_stream_fail_no_event(chat_stream *s, const char *body, size_t n)
{
    if (s->first_event_ns >= 0 || n == 0)
        return;
    buf excerpt;
    buf_init(&excerpt, REASON_BYTES_MAX);
    put_excerpt(&excerpt, body, n);
    chat_stream_fail(s, TEST_INCOMPLETE, "the stream ended without an event; it begins: %s", buf_str(&excerpt));
    buf_free(&excerpt);
}

void chat_stream_fail_event(chat_stream *s, const json_t *root, const char *data, size_t n)
{
    buf reason;
    buf_init(&reason, REASON_BYTES_MAX);
    put_reason(&reason, root, data, n);
    chat_stream_fail(s, TEST_SERVER_ERROR, "%s",
                     reason.size > 0 ? buf_str(&reason) : "the server sent an error without a message");
    buf_free(&reason);
}
