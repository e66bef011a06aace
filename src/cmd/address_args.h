/* address_args.h - the address that a server listens on: --bind, or --host and --port as llama-server has them. */
#ifndef CMD_ADDRESS_ARGS_H
#define CMD_ADDRESS_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "spillway/error.h"

#define ADDRESS_ARGS_DEFAULT_HOST "127.0.0.1"
enum { ADDRESS_ARGS_DEFAULT_PORT = 11435 };

typedef struct address_args {
    const char *bind, *host; // NULL: not given
    long port;               // -1: not given
} address_args;

/* Rows for an array of arg_row; `a` is an address_args, which begins as {.port = -1}. */
// clang-format off
#define ADDRESS_ARG_ROWS(a) \
    {"bind", NULL, ARG_STRING, &(a).bind, 0, 0, "ADDR[:PORT]", "address to listen on, and port if it is not 11435; port 0: any free port; auto: 127.0.0.1 and the next free port from 11435 (default: 127.0.0.1:11435)"}, \
    {"host", NULL, ARG_STRING, &(a).host, 0, 0, "ADDR", "the address alone, in place of --bind (default: 127.0.0.1)"}, \
    {"port", NULL, ARG_INT, &(a).port, 0, 65535, "PORT", "the port alone, in place of --bind (default: 11435)"}
// clang-format on

/* Writes the address, without brackets, to host[0..size), and its port to *port_out; -1 is --bind auto.  Errors:
 * SW_EINVAL (--bind together with the others, or a text that is no address). */
SW_NODISCARD sw_code address_args_resolve(const address_args *args, char *host, size_t size, int *port_out,
                                          sw_err *err);

#endif
