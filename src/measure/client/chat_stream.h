/* chat_stream.h - makes one answer of the events of a chat completion stream.
 *
 * It knows the JSON of OpenAI-compatible servers and their habits (errors as object, string or nothing; reasoning under
 * two names), and nothing of sockets: whoever has bytes hands them in with the time at which they arrived.
 */
#ifndef CLIENT_CHAT_STREAM_H
#define CLIENT_CHAT_STREAM_H

#include "base/buf.h"
#include "results/record.h"

typedef struct chat_stream {
    buf text, reasoning, error, finish_reason, model, fingerprint;
    arrival *arrivals;
    size_t n_arrivals, cap;
    int64_t prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens; // -1: not told
    int64_t first_event_ns, done_ns;                                           // -1: not yet
    bool has_failed;
    test_status failure;
} chat_stream;

void chat_stream_init(chat_stream *stream);
void chat_stream_free(chat_stream *stream);
/* Forgets the last answer. */
void chat_stream_reset(chat_stream *stream);

/* The payload of one event.  t_ns: since t0. */
void chat_stream_event(chat_stream *stream, const char *data, size_t n, int64_t t_ns);

/* Ends the answer with a failure from outside, unless it has failed or finished already. */
void chat_stream_fail(chat_stream *stream, test_status status, const char *fmt, ...) SW_PRINTF(3, 4);

/* The same for a response with an HTTP error status and this body: the server's own words, when it has some. */
void chat_stream_fail_http(chat_stream *stream, long http_status, const char *body, size_t n);

/* The answer once the body has ended at t_ns; views into the stream.  connect_ns, headers_ns and http_status are left
 * to the caller. */
answer_record chat_stream_finish(chat_stream *stream, int64_t t_ns);

#endif
