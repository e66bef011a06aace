/* http_client.c - who sends a request, as a number: address and key.
 *
 * An IPv6 client can take any address of its network, so only the network's half counts.  FNV-1a (Fowler, Noll, Vo)
 * mixes them.  Two clients with one number share what one would have, which is rare and does no harm.
 */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "http/http_conn.h"

enum { NETWORK_BYTES = 8 };

static const uint64_t FNV_BASIS = 0xcbf29ce484222325u, FNV_PRIME = 0x100000001b3u;

static uint64_t mix(uint64_t h, const void *data, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h = (h ^ ((const unsigned char *)data)[i]) * FNV_PRIME;
    return h;
}

uint64_t http_address_of(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } peer;
    socklen_t n = sizeof peer;
    if (getpeername(fd, &peer.any, &n) != 0)
        return FNV_BASIS;
    if (peer.any.sa_family == AF_INET)
        return mix(FNV_BASIS, &peer.v4.sin_addr, sizeof peer.v4.sin_addr);
    if (peer.any.sa_family != AF_INET6)
        return FNV_BASIS;
    if (IN6_IS_ADDR_V4MAPPED(&peer.v6.sin6_addr))
        return mix(FNV_BASIS, peer.v6.sin6_addr.s6_addr + 12, 4);
    return mix(FNV_BASIS, &peer.v6.sin6_addr, NETWORK_BYTES);
}

uint64_t http_client_of(const http_conn *c)
{
    const char *key = http_header(c, "authorization");
    if (key == NULL)
        key = http_header(c, "x-api-key");
    return key != NULL && c->server->options.api_key != NULL ? mix(c->address, key, strlen(key)) : c->address;
}
