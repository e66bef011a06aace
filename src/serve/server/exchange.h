/* exchange.h - one request for answers, from its route to its last byte. */
#ifndef SERVER_EXCHANGE_H
#define SERVER_EXCHANGE_H

#include "server/outlet.h"
#include "server/server_state.h"

typedef struct exchange exchange;

/* Takes over the request of `c`, in a route's handle: answers it with an error, or owns the connection from now on. */
void exchange_begin(server *s, http_conn *c, const dialect *family);

/* ---- requests that do not come as HTTP bodies ------------------------------------------------------------------- */

typedef struct exchange_origin {
    outlet out;
    const dialect *family;
    uint64_t client;        // see http_client_of
    const char *request_id; // is copied
    const char *client_id;  // the client's own name for the request, is copied; NULL: it has none
    const char *endpoint;   // the path of its route, for metrics; static; NULL: none
    bool is_websocket;      // for metrics
    char *body;             // (n_body), NUL-terminated, taken over; NULL: memory ran out
    size_t n_body;
} exchange_origin;

/* Begins an exchange; or writes an error to the outlet and returns NULL.  Until the outlet's last call (reply, end or
 * drop), the caller passes on what happens to it with the functions below. */
exchange *exchange_open(server *s, const exchange_origin *from);
/* There is room again.  The exchange may end meanwhile. */
void exchange_pump(exchange *x);
/* The outlet is gone, or the client cancelled: no function of it is called any more.  The exchange ends. */
void exchange_gone(exchange *x);
/* The client wants no more of it: the answer ends early, as one that was cancelled.  Returns false if the request was
 * not accepted yet: the exchange has ended then, and nothing was written. */
bool exchange_cancel(exchange *x);
/* The server is ending. */
void exchange_stop(exchange *x);

/* ---- the inbox -------------------------------------------------------------------------------------------------- */

/* Network thread: goes on with what is in the inbox.  Returns true if there may be more; the caller calls again after
 * sockets have had their turn. */
bool exchange_take_events(server *s);

#endif
