/* scripted_server.h - a server on a real socket that says exactly what a test tells it to.
 *
 * The benchmark's client must bear what other people's servers do: bytes cut anywhere, odd statuses, connections that
 * break.  Each accepted connection is sent one script, piece by piece, with the pieces in packets of their own;
 * requests are read (headers and body) and kept.
 */
#ifndef SCRIPTED_SERVER_H
#define SCRIPTED_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct scripted_server {
    const char *script; // whole response, headers included
    size_t n_script;
    size_t piece;    // bytes per packet; 0: all at once
    bool stays_open; // after the script, until the client goes away
    char url[64];
    char request[16384]; // the last one, NUL-terminated
    int listen_fd;
    pthread_t thread;
} scripted_server;

/* Reads one request: the headers, and as much body as they announce. */
static inline void scripted_server_read(scripted_server *s, int fd)
{
    size_t n = 0, wanted = sizeof s->request - 1;
    while (n < wanted) {
        const ssize_t got = recv(fd, s->request + n, wanted - n, 0);
        if (got <= 0)
            break;
        n += (size_t)got;
        s->request[n] = '\0';
        const char *const end = strstr(s->request, "\r\n\r\n");
        const char *const length = strstr(s->request, "Content-Length: ");
        if (end != NULL)
            wanted = (size_t)(end + 4 - s->request) + (length != NULL ? strtoul(length + 16, NULL, 10) : 0);
    }
}

static inline void *scripted_server_run(void *arg)
{
    scripted_server *const s = arg;
    for (int fd; (fd = accept(s->listen_fd, NULL, NULL)) >= 0; close(fd)) {
        const int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        scripted_server_read(s, fd);
        const size_t step = s->piece > 0 ? s->piece : s->n_script + 1;
        for (size_t i = 0; i < s->n_script; i += step) {
            const size_t n = s->n_script - i < step ? s->n_script - i : step;
            if (send(fd, s->script + i, n, MSG_NOSIGNAL) < 0)
                break;
        }
        char c;
        while (s->stays_open && recv(fd, &c, 1, 0) > 0) {
        }
    }
    return NULL;
}

/* False when there is no socket to be had. */
static inline bool scripted_server_start(scripted_server *s)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof address;
    s->listen_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (s->listen_fd < 0 || bind(s->listen_fd, (struct sockaddr *)&address, n) != 0 || listen(s->listen_fd, 8) != 0 ||
        getsockname(s->listen_fd, (struct sockaddr *)&address, &n) != 0)
        return false;
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%d", ntohs(address.sin_port));
    return pthread_create(&s->thread, NULL, scripted_server_run, s) == 0;
}

static inline void scripted_server_stop(scripted_server *s)
{
    shutdown(s->listen_fd, SHUT_RDWR); // wakes accept
    pthread_join(s->thread, NULL);
    close(s->listen_fd);
}

#endif
