/* chat_reply.h - a chat completion as JSON: one document, or one chunk per event.
 *
 * Pure: figures and texts in, bytes out.  Framing (SSE, HTTP chunks) is not known here.
 */
#ifndef SERVER_CHAT_REPLY_H
#define SERVER_CHAT_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "spillway.h"

/* What is equal in every chunk of one answer. */
typedef struct chat_head {
    char id[40];          // "chatcmpl-..."
    char fingerprint[40]; // "sw-0.1.0-3f9a1c2e"
    int64_t created;      // seconds since 1970
    const char *model;    // id in the catalog
    const char *backend;  // "cpu"
    uint64_t seed;
    double load_ms; // spent loading the model for this request
    bool include_usage;
} chat_head;

/* How an answer ended; from SW_EVENT_DONE. */
typedef struct chat_end {
    sw_finish finish;
    int n_prompt, n_cached, n_predicted, n_reasoning; // n_cached of the n_prompt tokens were not evaluated again
    sw_timings timings;
} chat_end;

/* Names build, weights and placement: the same string means that the same request gives the same answer. */
void chat_fingerprint(char *out, size_t size, const sw_model_info *info, const sw_engine_state *state,
                      const sw_engine_options *options);

/* The whole answer.  Texts are UTF-8; `reasoning` may be empty; `logprobs` are packed, see chat_logprobs.h, and NULL if
 * they were not asked for. */
void chat_document(buf *out, const chat_head *head, const buf *content, const buf *reasoning, const buf *logprobs,
                   const chat_end *end);

/* How far the prompt is: n_done of n_prompt tokens, n_cached of them from an earlier request. */
typedef struct chat_progress {
    int n_prompt, n_cached, n_done;
    double time_ms; // since the request came
} chat_progress;

/* A piece of an answer's text; n_logprobs bytes of packed log-probabilities belong to it, or 0. */
typedef struct chat_piece {
    sw_text_kind kind;
    const char *text;
    size_t n_bytes;
    const char *logprobs;
    size_t n_logprobs;
} chat_piece;

/* Chunks of a stream, in this order: role, then text and progress, then finish, then usage if it was asked for. */
void chat_chunk_role(buf *out, const chat_head *head);
void chat_chunk_text(buf *out, const chat_head *head, const chat_piece *piece);
void chat_chunk_progress(buf *out, const chat_head *head, const chat_progress *progress);
void chat_chunk_finish(buf *out, const chat_head *head, const chat_end *end);
void chat_chunk_usage(buf *out, const chat_head *head, const chat_end *end);

#endif
