/* dialect.h - the requests and answers of one API family.
 *
 * A family is a row of functions: one turns a body into a generation_request or an api_error, the others turn the
 * engine's events into the bytes of an answer, whole or streamed.  Everything here is pure: no thread, no socket, no
 * clock and no random numbers.  Times and random bits come in as values, so each family can be fuzzed and its output
 * compared byte for byte.
 */
#ifndef DIALECTS_DIALECT_H
#define DIALECTS_DIALECT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "dialects/api_error.h"
#include "spillway.h"

/* ---- requests --------------------------------------------------------------------------------------------------- */

enum { DIALECT_IGNORED_BYTES = 512, DIALECT_CLIENT_ID_BYTES = 128 };

typedef struct dialect dialect;

/* Text to go on with, or ids of tokens. */
typedef struct generation_prompt {
    const char *text; // NULL: tokens
    const int32_t *tokens;
    size_t n_tokens;
} generation_prompt;

/* A request for answers as every family can express it: n_choices answers to the chat in `core`, or to each of the
 * prompts.  Answer number i belongs to prompt i / n_choices; the answers to one prompt have seeds that follow each
 * other. */
typedef struct generation_request {
    const char *model;     // NULL: not named
    const dialect *family; // of the answer, or of the error if the body is refused; NULL: the one that read the body
    sw_request core;       // on_event and ud are left empty; sampling.seed is drawn if the client gave none
    generation_prompt *prompts; // (n_prompts), owned; NULL: a chat
    size_t n_prompts;
    const char *prompt_name; // the member that the prompt is from, for errors; NULL: messages
    int n_choices;           // 1 .. LIMIT_CHOICES
    bool echo;               // answers begin with their prompts
    const char *effort_name; // the member that gave a reasoning effort; NULL: none did
    bool is_base64;          // embeddings as the bytes of floats
    bool has_no_tool_choice; // tools must not be called
    bool stream;
    bool include_usage;     // token counts in a chunk of their own
    bool usage_per_token;   // ... and in each chunk those so far
    bool timings_per_token; // each chunk has timings
    bool has_keep_alive;    // the model is unloaded after keep_alive_s without a request; else the server's
    double keep_alive_s;    // 0: after this one; negative: never
    bool return_progress;   // chunks while the prompt is evaluated
    bool hides_reasoning;   // the answer has only the content
    bool loads_only;        // the model is loaded, and nothing generated: no answers
    char ignored[DIALECT_IGNORED_BYTES]; // names of members without effect, separated by ", "; see generation_ignore
    json_t *repeated;                    // owned; members that the answer has from the request; NULL: none
    /* Owned: what the pointers above point into. */
    json_t *document;
    sw_message *messages;
    char **texts; // (n_texts) contents that were joined from parts
    size_t n_texts;
    const char **stops;
    sw_logit_bias *biases;
    int32_t *tokens; // of all prompts
} generation_request;

/* How many answers the request wants: 1 .. LIMIT_REQUEST_ANSWERS, or 0 if it only loads the model. */
size_t generation_n_answers(const generation_request *request);

/* Frees what the request owns and empties it. */
void generation_request_free(generation_request *request);

/* ---- answers ---------------------------------------------------------------------------------------------------- */

/* What is the same in every part of one answer. */
typedef struct generation_head {
    char id[40];                             // "chatcmpl-..."
    const char *fingerprint;                 // "sw-0.1.0-3f9a1c2e"
    int64_t created;                         // seconds since 1970
    const char *model;                       // id in the catalog
    const char *backend;                     // "cpu"
    char client_id[DIALECT_CLIENT_ID_BYTES]; // the client's own name for the request, or ""
    const char *request_id;                  // of the HTTP request
    const char *ignored;                     // see generation_request
    int n_choices;                           // see generation_request
    size_t n_answers;                        // see generation_n_answers
    bool is_base64;                          // see generation_request
    uint64_t seed;                           // of the first answer
    const char *const *stop;                 // (n_stop) of the request; sw_event.stop_index is an index of it
    size_t n_stop;
    bool hides_reasoning;   // see generation_request
    bool unloads;           // the model is not kept after this request
    int n_prompt, n_cached; // tokens of the prompt of the answer that begins
    sw_sampling sampling;   // in effect; without biases
    double load_ms;         // spent loading the model for this request
    double ttft_ms;         // at an end: from the arrival of the request to its first token, loading included
    bool include_usage, usage_per_token, timings_per_token; // see generation_request
    json_t *repeated;                                       // borrowed; see generation_request
    json_t *experts; // borrowed; at the end of all answers the experts that they used; NULL: not asked for
} generation_head;

/* The log-probabilities of a whole answer, one token after another. */
typedef struct logprob_source {
    /* Fills *out with the next token, whose texts are valid until the next call.  Returns false at the end. */
    bool (*next)(void *ud, sw_logprobs *out);
    void *ud;
} logprob_source;

/* One answer that is sent in one piece.  Texts are valid UTF-8. */
typedef struct whole_choice {
    const buf *content;
    const buf *reasoning;           // may be empty
    const logprob_source *logprobs; // NULL: not asked for
    const float *embedding;         // (n_embd), if it was asked for
    size_t n_embd;
    const int32_t *token_ids; // (done->n_predicted); NULL: not asked for
    const sw_event *done;     // the SW_EVENT_DONE that ended it
} whole_choice;

typedef struct whole_answer {
    const whole_choice *choices; // (n)
    size_t n;
    sw_event total; // see dialect_total
} whole_answer;

/* Adds up how n answers ended: tokens of answers, and of prompts once for n_choices answers; of times the longest.  One
 * answer is its own total, and that of none is empty. */
sw_event dialect_total(const sw_event *const *done, size_t n, int n_choices);

/* Puts `experts` into an answer or its last event, if head->experts is known. */
void dialect_put_experts(json_t **document, const generation_head *head);

/* Receives the events of a stream. */
typedef struct event_sink {
    /* One event: its name (NULL: none) and its payload, which is one line. */
    void (*emit)(struct event_sink *sink, const char *name, const char *payload, size_t n);
    bool failed; // memory ran out and an event is missing: the stream must not go on
} event_sink;

/* Writes `value` (taken over; NULL: memory ran out) as one event. */
void dialect_emit(event_sink *sink, const char *name, json_t *value);
/* The same with a text, whose content is freed; one that has failed makes the sink fail. */
void dialect_emit_text(event_sink *sink, const char *name, buf *payload);

/* One stream on its way. */
typedef struct dialect_stream {
    event_sink *sink;
    const generation_head *head;
    void *state;              // (dialect.state_bytes), zero at the beginning
    double time_ms;           // from the arrival of the request to this call
    const int32_t *token_ids; // at end_choice: as of whole_choice
} dialect_stream;

/* How events of a stream are separated. */
typedef enum dialect_framing {
    DIALECT_SSE,    // server-sent events
    DIALECT_NDJSON, // one JSON document per line
} dialect_framing;

/* ---- families --------------------------------------------------------------------------------------------------- */

struct dialect {
    const char *name;
    const char *id_prefix; // of generation_head.id
    dialect_framing framing;
    const char *content_type; // of whole answers and errors

    /* Reads a body of n bytes.  `random`: 64 bits for the seed, if the request has none.  Returns false with *error
     * filled and *out empty, but for `family`, if the body is refused. */
    bool (*parse)(generation_request *out, const char *body, size_t n, uint64_t random, api_error *error);

    /* The parts of a stream.  For each answer, by its number: begin, then text and progress, then end_choice; after
     * the last of them end.  Or fail, at any time.  `event` is the engine's event of that type; a PROMPT_TOKEN is text
     * too, without bytes.  time_ms: since the answer was accepted. */
    void (*accepted)(dialect_stream *s, int n_waiting); // before all others, with n_waiting jobs before it; or NULL
    void (*begin)(dialect_stream *s, size_t choice);
    void (*progress)(dialect_stream *s, size_t choice, const sw_event *event, double time_ms);
    void (*text)(dialect_stream *s, size_t choice, const sw_event *event);
    void (*end_choice)(dialect_stream *s, size_t choice, const sw_event *event);
    void (*end)(dialect_stream *s, const sw_event *total);
    void (*fail)(dialect_stream *s, const api_error *error);
    size_t state_bytes;              // of dialect_stream.state; 0: none
    void (*free_state)(void *state); // or NULL

    /* An answer that is not streamed (NULL: every answer is), and an error in place of an answer; status NULL:
     * api_status. */
    void (*write_answer)(buf *out, const generation_head *head, const whole_answer *answer);
    int (*status)(const api_error *error);
    void (*write_error)(buf *out, const api_error *error);
};

#endif
