/* ollama_routes.h - whose requests /api/generate takes. */
#ifndef SERVER_OLLAMA_ROUTES_H
#define SERVER_OLLAMA_ROUTES_H

#include "server/server_state.h"

/* The family that reads the body of a request to /api/generate, by --api-generate and the header Accept. */
const dialect *generate_family(const server *s, const http_conn *c);

#endif
