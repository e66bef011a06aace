/* http_listen.c - sockets before there is a connection; plain POSIX, so that errors keep their names. */
#include "http/http_listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BACKLOG = 511,
    OTHER_FILES = 64, // models, logs and what the loop needs, beside connections
};

typedef struct any_address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } sa;
    socklen_t size;
} any_address;

/* Returns false if the text is neither an IPv4 nor an IPv6 address, nor "localhost". */
static bool parse_address(const char *text, any_address *out)
{
    *out = (any_address){0};
    if (strcmp(text, "localhost") == 0)
        text = "127.0.0.1";
    if (inet_pton(AF_INET, text, &out->sa.v4.sin_addr) == 1) {
        out->sa.v4.sin_family = AF_INET;
        out->size = sizeof out->sa.v4;
        return true;
    }
    out->sa.v6.sin6_family = AF_INET6;
    out->size = sizeof out->sa.v6;
    return inet_pton(AF_INET6, text, &out->sa.v6.sin6_addr) == 1;
}

static void set_port(any_address *a, int port)
{
    if (a->sa.any.sa_family == AF_INET)
        a->sa.v4.sin_port = htons((uint16_t)port);
    else
        a->sa.v6.sin6_port = htons((uint16_t)port);
}

static int bound_port(int fd)
{
    any_address a = {.size = sizeof a.sa};
    if (getsockname(fd, &a.sa.any, &a.size) != 0)
        return 0;
    return ntohs(a.sa.any.sa_family == AF_INET ? a.sa.v4.sin_port : a.sa.v6.sin6_port);
}

/* A listening socket, or -1 with errno. */
static int listen_at(const any_address *a)
{
    const int one = 1;
    const int fd = socket(a->sa.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    // Connections of a server that has just ended must not block its port.
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 && bind(fd, &a->sa.any, a->size) == 0 &&
        listen(fd, BACKLOG) == 0)
        return fd;
    const int why = errno;
    close(fd);
    errno = why;
    return -1;
}

sw_code http_listen_open(const char *address, int port, int *fd_out, int *port_out, sw_err *err)
{
    any_address a;
    if (!parse_address(address, &a))
        return sw_fail(err, SW_EINVAL, "server: cannot listen on '%s': it is not an IP address", address);
    const int first = port < 0 ? HTTP_PORT_FIRST : port, last = port < 0 ? HTTP_PORT_LAST + 1 : port;
    for (int p = first; p <= last; p++) {
        set_port(&a, p > HTTP_PORT_LAST && port < 0 ? 0 : p); // after the last, any free one
        *fd_out = listen_at(&a);
        if (*fd_out >= 0) {
            *port_out = bound_port(*fd_out);
            return SW_OK;
        }
        if (errno != EADDRINUSE)
            return sw_fail(err, SW_EIO, "server: cannot listen on %s port %d: %s", address, p, strerror(errno));
    }
    if (port < 0)
        return sw_fail(err, SW_EIO, "server: no port is free on %s", address);
    return sw_fail(err, SW_EIO,
                   "server: cannot listen on %s port %d: %s; --bind names another address and port, and "
                   "--bind auto takes the next free port",
                   address, port, strerror(EADDRINUSE));
}

int http_listen_raise_limit(int n_connections)
{
    struct rlimit limit;
    const rlim_t wanted = (rlim_t)n_connections + OTHER_FILES;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return n_connections;
    if (limit.rlim_cur < wanted) {
        const rlim_t before = limit.rlim_cur;
        limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
            limit.rlim_cur = before;
    }
    const rlim_t others = limit.rlim_cur < 2 * OTHER_FILES ? limit.rlim_cur / 2 : OTHER_FILES;
    const rlim_t n_free = limit.rlim_cur - others;
    return n_free < (rlim_t)n_connections ? (int)n_free : n_connections;
}
