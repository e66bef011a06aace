/* routes.h - what the URLs of the table do; each handler answers or keeps the connection waiting. */
#ifndef SERVER_ROUTES_H
#define SERVER_ROUTES_H

#include "server/internal.h"

void chat_route(conn *c, const char *rest);
void models_route(conn *c, const char *rest);
void model_route(conn *c, const char *rest);
void experts_route(conn *c, const char *rest);
void health_route(conn *c, const char *rest);
void live_route(conn *c, const char *rest);
void ready_route(conn *c, const char *rest);

#endif
