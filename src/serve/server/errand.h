/* errand.h - a request that is answered with one document and needs no job of an engine.
 *
 * Its body is read and its answer is made on the intake's thread, with a handle of the model that the body names:
 * counting tokens, showing a prompt, encoding a text.  So none of this holds up the network thread.
 */
#ifndef SERVER_ERRAND_H
#define SERVER_ERRAND_H

#include "server/server_state.h"

typedef struct errand errand;

typedef struct errand_kind {
    const dialect *family; // whose form errors have
    /* Reads body[0..n) into e->request and e->data, like dialect.parse; NULL: the family's own parse.  Returns false
     * with e->error set. */
    bool (*read)(errand *e, const char *body, size_t n);
    /* Appends the answer to e->answer, or sets e->error. */
    void (*work)(errand *e, const model_handle *handle);
    size_t data_bytes; // of errand.data, zero at the beginning
} errand_kind;

struct errand {
    inbox_member member; // first: the owner of `ready`
    server *server;
    const errand_kind *kind;
    intake_place place;
    event_queue ready;        // never has events: it is opened when the intake is done
    atomic_bool is_abandoned; // for the intake: the connection is closed
    const char *endpoint;     // the path of its route, for metrics
    char *body;
    size_t n_body;

    /* Of the intake, until it is done. */
    generation_request request; // `model` and `document` in any case
    void *data;
    buf answer;
    char ignored[DIALECT_IGNORED_BYTES]; // for the header Spillway-Ignored
    api_error error;

    http_conn *conn; // network thread; NULL: closed
};

/* Takes over the request of `c`, in a route's handle: answers it with an error, or owns the connection from now on. */
void errand_begin(server *s, http_conn *c, const errand_kind *kind);

#endif
