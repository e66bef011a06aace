/* exchange_state.h - one exchange, as the network thread and the intake's thread see it.
 *
 * The network thread owns an exchange, except from intake_put until event_queue_open_to_reader: in between the intake's
 * thread owns it.
 */
#ifndef SERVER_EXCHANGE_STATE_H
#define SERVER_EXCHANGE_STATE_H

#include "server/server_state.h"

typedef struct exchange {
    server *server;
    const dialect *family;
    uint64_t client; // a number for address and key
    http_conn *conn; // network thread only; NULL: the answer is complete, or the connection is closed
    intake_place place;
    event_queue events;
    atomic_bool is_abandoned; // `conn` is NULL; for the intake

    /* Set by the intake before the event queue is opened. */
    char *body;
    size_t n_body;
    generation_request request; // until it is submitted
    bool is_stream, wants_progress, wants_logprobs;
    generation_head head;
    char ignored[DIALECT_IGNORED_BYTES]; // for the header Spillway-Ignored
    api_error error;                     // what != API_OK: refused
    model_handle *handle;
    sw_job *job;

    /* Network thread only. */
    uint64_t arrived_ns; // when the request had arrived
    buf taken;           // from the queue
    event_reader reader; // of `taken`
    bool has_begun;      // the intake's result was looked at
    bool has_role;       // the first event of the stream was sent
    uint64_t accepted_ns;
    buf content, reasoning, logprobs; // of an answer that is not streamed
} exchange;

/* What the intake does with an exchange, see exchange_intake.c. */
extern const intake_steps EXCHANGE_STEPS;

#endif
