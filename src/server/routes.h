/* routes.h - what the URLs of the table do; each handler answers or keeps the connection waiting. */
#ifndef SW_SERVER_ROUTES_H
#define SW_SERVER_ROUTES_H

#include "server/internal.h"

void sw__chat_route(sw_conn *c, const char *rest);
void sw__models_route(sw_conn *c, const char *rest);
void sw__model_route(sw_conn *c, const char *rest);
void sw__experts_route(sw_conn *c, const char *rest);
void sw__health_route(sw_conn *c, const char *rest);
void sw__live_route(sw_conn *c, const char *rest);
void sw__ready_route(sw_conn *c, const char *rest);

#endif
