/* chat_stream.h - assembles one answer from the events of a stream, or from the one document of an answer without one.
 *
 * It knows the JSON of OpenAI-compatible servers and how they differ (errors in many shapes; reasoning under three
 * names; text as a string or as a list of parts).  It knows nothing of sockets and clocks: the caller passes each event
 * with its arrival time.
 */
#ifndef CLIENT_CHAT_STREAM_H
#define CLIENT_CHAT_STREAM_H

#include "base/buf.h"
#include "client/answer_facts.h"
#include "results/record.h"

typedef struct chat_stream {
    buf text, reasoning, error, finish_reason, model, fingerprint;
    arrival *arrivals;
    size_t n_arrivals, cap;
    answer_facts facts;
    bool tells_counts;               // each chunk says how many tokens the answer has so far
    int64_t n_placed;                // of them, those that belong to an arrival
    size_t n_late;                   // pieces of text after [DONE]
    int64_t first_event_ns, done_ns; // -1: not yet
    int max_tokens;                  // that the answer may have, set after init; 0: no bound
    bool has_no_reasons;             // the protocol has no finish reasons: the end is enough; set after init
    bool is_whole;                   // one document is wanted and no stream, set after init
    bool has_failed;
    test_status failure;
} chat_stream;

void chat_stream_init(chat_stream *stream);
void chat_stream_free(chat_stream *stream);
/* Clears the answer; its memory is kept for the next one. */
void chat_stream_reset(chat_stream *stream);

/* One event: its name and its payload.  t_ns: since t0. */
void chat_stream_event(chat_stream *stream, const char *name, const char *data, size_t n, int64_t t_ns);

/* One chunk of the stream as its document; after the end its text is only counted. */
void chat_stream_chunk(chat_stream *stream, const json_t *chunk, int64_t t_ns);
/* A piece of text that is no JSON, any bytes. */
void chat_stream_text(chat_stream *stream, const char *data, size_t n, int64_t t_ns);
/* The end of the answer; the first one counts. */
void chat_stream_end(chat_stream *stream, int64_t t_ns);

/* The whole answer as one document (stream: false), or an error document with status 200.  Its text is one arrival. */
void chat_stream_document(chat_stream *stream, const char *body, size_t n, int64_t t_ns);

/* Ends the answer with a failure of the transport, unless it has failed or finished already. */
void chat_stream_fail(chat_stream *stream, test_status status, const char *fmt, ...) SW_PRINTF(3, 4);

/* The same for a response that is one document: an error status, or status 200 where an event stream was wanted.  The
 * message is the server's own if the body has one. */
void chat_stream_fail_document(chat_stream *stream, long http_status, const char *body, size_t n);

/* The same for a stream without a single event: quotes its first bytes, if there are any. */
void chat_stream_fail_no_event(chat_stream *stream, const char *body, size_t n);

/* The same for an event that is an error, by its name or by what it says; root: its document, or NULL. */
void chat_stream_fail_event(chat_stream *stream, const json_t *root, const char *data, size_t n);

/* The answer after the body has ended at t_ns: views into the stream.  The caller fills connect_ns, headers_ns and
 * http_status. */
answer_record chat_stream_finish(chat_stream *stream, int64_t t_ns);

#endif
