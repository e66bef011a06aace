/* address_args.c - three options to one text. */
#include "cmd/address_args.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

sw_code address_args_text(const address_args *a, char *out, size_t size, sw_err *err)
{
    const char *const host = a->host != NULL ? a->host : ADDRESS_ARGS_DEFAULT_HOST;
    const long port = a->port >= 0 ? a->port : ADDRESS_ARGS_DEFAULT_PORT;
    const bool is_v6 = strchr(host, ':') != NULL && host[0] != '[';
    if (a->bind != NULL && (a->host != NULL || a->port >= 0))
        return sw_fail(err, SW_EINVAL, "--bind has address and port: give it, or --host and --port, not both");
    const int n = a->bind != NULL ? snprintf(out, size, "%s", a->bind)
                                  : snprintf(out, size, "%s%s%s:%ld", is_v6 ? "[" : "", host, is_v6 ? "]" : "", port);
    if (n < 0 || (size_t)n >= size)
        return sw_fail(err, SW_EINVAL, "the address to listen on has more than %zu bytes", size - 1);
    return SW_OK;
}
