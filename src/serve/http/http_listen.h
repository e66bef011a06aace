/* http_listen.h - the listening socket: address, port, and how many descriptors there may be. */
#ifndef HTTP_LISTEN_H
#define HTTP_LISTEN_H

#include "spillway/error.h"

enum {
    HTTP_PORT_FIRST = 11435, // of the ports that are tried for port -1
    HTTP_PORT_LAST = 11535,
};

/* A bound, listening, non-blocking socket; the caller closes *fd_out.  port: see http_options. */
SW_NODISCARD sw_code http_listen_open(const char *address, int port, int *fd_out, int *port_out, sw_err *err);

/* Raises the limit of open files as far as n connections need it, and returns how many of them it allows. */
int http_listen_raise_limit(int n_connections);

#endif
