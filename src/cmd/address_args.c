/* address_args.c - three options to an address and a port. */
#include "cmd/address_args.h"

#include <stdlib.h>
#include <string.h>

enum { PORT_MAX = 65535 };

/* Reads ":PORT" to the end of the text; an empty text is the default port.  Returns false if it is neither. */
static bool read_port(const char *text, int *out)
{
    char *end;
    *out = ADDRESS_ARGS_DEFAULT_PORT;
    if (text[0] == '\0')
        return true;
    if (text[0] != ':' || text[1] < '0' || text[1] > '9')
        return false;
    const long port = strtol(text + 1, &end, 10);
    *out = (int)port;
    return *end == '\0' && port <= PORT_MAX;
}

/* Copies host[0..n), or 127.0.0.1 for "localhost".  Errors: SW_EINVAL, it is empty or does not fit. */
static sw_code put_host(const char *host, size_t n, char *out, size_t size, sw_err *err)
{
    if (n == strlen("localhost") && strncmp(host, "localhost", n) == 0) {
        host = ADDRESS_ARGS_DEFAULT_HOST;
        n = strlen(host);
    }
    if (n == 0 || n >= size)
        return sw_fail(err, SW_EINVAL, "the address to listen on has %zu bytes; 1 to %zu are possible", n, size - 1);
    memcpy(out, host, n);
    out[n] = '\0';
    return SW_OK;
}

/* Length of the address at the start of `text`, without its brackets; *rest_out is what follows.  Without brackets, an
 * IPv6 address has no port: it would end in one anyway. */
static size_t address_length(const char **text, const char **rest_out)
{
    const char *const colon = strchr(*text, ':');
    size_t n = strlen(*text);
    if ((*text)[0] == '[' && strchr(*text, ']') != NULL) {
        n = strcspn(++*text, "]");
        *rest_out = *text + n + 1;
        return n;
    }
    if (colon != NULL && strchr(colon + 1, ':') == NULL)
        n = (size_t)(colon - *text);
    *rest_out = *text + n;
    return n;
}

sw_code address_args_resolve(const address_args *a, char *host, size_t size, int *port_out, sw_err *err)
{
    const char *text = a->bind != NULL ? a->bind : a->host != NULL ? a->host : ADDRESS_ARGS_DEFAULT_HOST, *rest;
    const char *const given = text;
    if (a->bind != NULL && (a->host != NULL || a->port >= 0))
        return sw_fail(err, SW_EINVAL, "--bind has address and port: give it, or --host and --port, not both");
    const bool is_auto = a->bind != NULL && strcmp(a->bind, "auto") == 0;
    if (is_auto)
        text = ADDRESS_ARGS_DEFAULT_HOST;
    const size_t n = address_length(&text, &rest);
    if (n == 0 || !read_port(rest, port_out) || (a->bind == NULL && rest[0] == ':'))
        return sw_fail(err, SW_EINVAL, "%s, not '%.200s'",
                       a->bind != NULL ? "--bind takes ADDR, ADDR:PORT or auto" : "--host takes an address alone",
                       given);
    if (is_auto || a->port >= 0)
        *port_out = is_auto ? -1 : (int)a->port;
    return put_host(text, n, host, size, err);
}
