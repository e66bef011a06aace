/* experts_live.h - GET /v1/experts/stream: which experts were chosen, as it happens. */
#ifndef SERVER_EXPERTS_LIVE_H
#define SERVER_EXPERTS_LIVE_H

#include "server/server_state.h"

/* Network thread, at every tick: sends what is due.  Costs nothing while there is no stream. */
void experts_live_tick(server *s);

#endif
