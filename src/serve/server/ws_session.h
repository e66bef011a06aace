/* ws_session.h - a WebSocket on which requests for answers come in: GET /ws/generate. */
#ifndef SERVER_WS_SESSION_H
#define SERVER_WS_SESSION_H

#include "server/server_state.h"

/* Takes over the connection of `c`, in a route's handle: answers it with an error, or owns it from now on. */
void ws_session_begin(server *s, http_conn *c);

#endif
