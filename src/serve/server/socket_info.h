/* socket_info.h - what the kernel knows about a connection. */
#ifndef SERVER_SOCKET_INFO_H
#define SERVER_SOCKET_INFO_H

#include <stdbool.h>
#include <stdint.h>

/* How many bytes this process has read from the TCP socket so far.  False when that is not known, or no longer since
 * the peer has closed its side. */
bool socket_bytes_read(int fd, uint64_t *out);

#endif
