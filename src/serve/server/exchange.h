/* exchange.h - one request for an answer, from its route to its last byte. */
#ifndef SERVER_EXCHANGE_H
#define SERVER_EXCHANGE_H

#include "server/server_state.h"

/* Takes over the request of `c`, in a route's handle: answers it with an error, or owns the connection from now on. */
void exchange_begin(server *s, http_conn *c, const dialect *family);

/* Network thread: goes on with the exchanges in the inbox.  Returns true if there may be more; the caller calls again
 * after sockets have had their turn. */
bool exchange_take_events(server *s);

#endif
