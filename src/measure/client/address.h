/* address.h - the address of a server as people write it, in the form that requests use. */
#ifndef CLIENT_ADDRESS_H
#define CLIENT_ADDRESS_H

#include "spillway/error.h"

/* *base_out becomes the URL with its scheme (http:// if `url` has none) and without a trailing "/", "/v1" and
 * "/v1/chat/completions"; free it with mem_free.  *local_port_out is the server's port if it is on this machine, else
 * 0. Errors: SW_EINVAL, SW_ENOMEM. */
SW_NODISCARD sw_code address_read(const char *url, char **base_out, int *local_port_out, sw_err *err);

#endif
