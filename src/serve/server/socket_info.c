/* A file of its own: the kernel's header, which alone declares the counter, cannot stand beside the C library's. */
#include "server/socket_info.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum { ESTABLISHED = 1 }; // of tcpi_state

static bool bytes_received(int fd, uint64_t *out)
{
    struct tcp_info info;
    socklen_t n = sizeof info;
    const size_t needed = offsetof(struct tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n) != 0 || n < needed || info.tcpi_state != ESTABLISHED)
        return false;
    *out = info.tcpi_bytes_received;
    return true;
}

bool socket_bytes_read(int fd, uint64_t *out)
{
    uint64_t before, after;
    int n_unread;
    do { // until no bytes arrive between the two questions
        if (!bytes_received(fd, &before) || ioctl(fd, FIONREAD, &n_unread) != 0 || !bytes_received(fd, &after))
            return false;
    } while (before != after);
    *out = after - (uint64_t)n_unread;
    return true;
}
