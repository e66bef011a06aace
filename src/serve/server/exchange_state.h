/* exchange_state.h - one exchange, as the network thread and the intake's thread see it.
 *
 * The network thread owns an exchange, except while it is at the intake: from intake_put until `ready` is in the inbox.
 * An exchange with many answers goes to the intake again each time that the jobs of one wave are over.
 */
#ifndef SERVER_EXCHANGE_STATE_H
#define SERVER_EXCHANGE_STATE_H

#include "server/outlet.h"
#include "server/server_state.h"

typedef struct exchange exchange;

/* One answer of an exchange: a job of the engine, its events, and what is kept of them. */
typedef struct exchange_choice {
    inbox_member member; // first: the owner of `events`
    exchange *x;
    sw_job *job;
    event_queue events;

    /* Network thread only. */
    buf taken;           // from the queue
    event_reader reader; // of `taken`
    bool has_begun;      // its first event was sent
    bool is_over;
    uint64_t accepted_ns;
    sw_event done;
    buf content, reasoning, logprobs, embedding; // of an answer that is not streamed
    buf token_ids;                               // int32_t, if they were asked for; once it is over
} exchange_choice;

struct exchange {
    inbox_member member; // first: the owner of `ready`
    server *server;
    const dialect *family;
    uint64_t client; // a number for address and key
    const char *endpoint;
    metrics_transport transport; // of a stream; else METRICS_JSON
    bool is_websocket;
    intake_place place;
    event_queue ready;        // never has events: it is opened when the intake returns the exchange
    atomic_bool is_abandoned; // `out` is gone; for the intake
    uint64_t arrived_ns;      // when the request had arrived

    /* Set by the intake before it returns the exchange. */
    char *body;
    size_t n_body;
    generation_request request; // until its last job is submitted
    bool is_stream, wants_progress, wants_logprobs, wants_experts, wants_token_ids;
    generation_head head;
    char request_id[DIALECT_CLIENT_ID_BYTES];
    char ignored[DIALECT_IGNORED_BYTES]; // for the header Spillway-Ignored
    api_error error;                     // what != API_OK: refused
    const char **stops;                  // of `head`: pointers, and the strings after them
    model_handle *handle;
    exchange_choice *choices; // (n_choices)
    size_t n_choices, n_submitted;

    /* Network thread only. */
    outlet out; // without ops: the answer is complete, or nobody waits for it
    bool is_at_intake;
    bool is_cancelled; // by the client, which waits for the end
    bool has_begun;    // the intake's first result was looked at
    size_t n_open;     // choices that may be taken from the inbox
    size_t n_over;     // choices
    dialect_stream stream;
    request_experts experts; // of the jobs that are over; its tag and model are the intake's
};

/* What the intake does with an exchange, see exchange_intake.c: at first, and for each later wave of jobs. */
extern const intake_steps EXCHANGE_STEPS, EXCHANGE_WAVE_STEPS;

/* How many jobs of an exchange are submitted together: as many as are decoded together in most servers, and more, so
 * that none of these waits. */
enum { EXCHANGE_WAVE_JOBS = 32 };

/* exchange_answer.c: passes events on to x's outlet.  Functions return false if the exchange ended, and is
 * destroyed. */

/* Takes what is in the choice's queue once, as far as there is room. */
bool exchange_look_at(exchange_choice *choice);
/* All answers are over: ends the exchange. */
void exchange_end(exchange *x);
/* Ends the exchange with an error, before or after the answer began. */
void exchange_fail(exchange *x, const api_error *error);

/* exchange_metrics.c: counts in the server's metrics.  Each request is counted once: refused, failed, left or answered.
 */

void exchange_count_failed(exchange *x, const api_error *error);
/* The client left. */
void exchange_count_left(exchange *x);
void exchange_count_answered(exchange *x, const sw_event *total);
/* A stream begins, with x->transport; it ends with one of those above. */
void exchange_count_stream(exchange *x);
/* The times between the tokens that came until now. */
void exchange_count_gaps(exchange_choice *choice);

/* Says that the request was accepted, in families that do.  Returns false if the exchange ended instead. */
bool exchange_announce(exchange *x);

/* exchange.c */

/* Parts x from its outlet, which has been ended.  x may be destroyed. */
void exchange_detach(exchange *x);
/* Lets the intake submit the next wave of jobs.  Returns false if the exchange ended instead. */
bool exchange_next_wave(exchange *x);

#endif
