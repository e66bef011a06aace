/* exchange.h - one request for an answer, from its route to its last byte. */
#ifndef SERVER_EXCHANGE_H
#define SERVER_EXCHANGE_H

#include "server/server_state.h"

/* Takes the request of `c`, in a route's handle: answers it with an error, or from now on owns the connection. */
void exchange_begin(server *s, http_conn *c, const dialect *family);

/* Network thread: looks at the exchanges in the inbox.  Returns true if more may be there: the caller comes back after
 * sockets have had their turn. */
bool exchange_take_events(server *s);

#endif
