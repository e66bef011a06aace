/* scripted_server.h - a server on a real socket that says exactly what a test tells it to.
 *
 * The benchmark's client must bear what other people's servers do: bytes cut anywhere, odd statuses, connections that
 * break.  Every connection has a thread of its own, so that any number (up to SCRIPTED_CONNECTIONS_MAX) are served at
 * the same time.  It reads one request (headers and body), keeps it, sends the script, piece by piece, with the pieces
 * in packets of their own, or calls the test's own function in its place, and ends the connection.
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

enum { SCRIPTED_CONNECTIONS_MAX = 128, SCRIPTED_REQUEST_BYTES = 16384 };

typedef struct scripted_server scripted_server;

typedef struct scripted_connection {
    scripted_server *server;
    pthread_t thread;
    int fd;
} scripted_connection;

struct scripted_server {
    const char *script; // whole response, headers included
    size_t n_script;
    size_t piece;    // bytes per packet; 0: all at once
    bool stays_open; // after the script, until the client closes the connection
    // In place of the script, on the connection's thread; `request` is NUL-terminated.
    void (*answer)(scripted_server *server, int fd, const char *request);
    void *ud; // of `answer`
    char url[64];
    char request[SCRIPTED_REQUEST_BYTES]; // the last one, NUL-terminated; read it after scripted_server_stop
    int listen_fd;
    pthread_t thread;
    pthread_mutex_t mutex; // guards `request` and:
    int n_read;            // requests read so far
    scripted_connection connections[SCRIPTED_CONNECTIONS_MAX];
    int n_connections; // written by `thread` alone
};

/* False once the client has closed the connection. */
static inline bool scripted_server_send(int fd, const char *bytes, size_t n)
{
    return send(fd, bytes, n, MSG_NOSIGNAL) == (ssize_t)n;
}

/* Returns when the client has closed the connection. */
static inline void scripted_server_wait_for_end(int fd)
{
    char c;
    while (recv(fd, &c, 1, 0) > 0) {
    }
}

/* Reads one request: the headers, and as much body as they announce. */
static inline void scripted_server_read(int fd, char request[SCRIPTED_REQUEST_BYTES])
{
    size_t n = 0, wanted = SCRIPTED_REQUEST_BYTES - 1;
    request[0] = '\0';
    while (n < wanted) {
        const ssize_t got = recv(fd, request + n, wanted - n, 0);
        if (got <= 0)
            break;
        n += (size_t)got;
        request[n] = '\0';
        const char *const end = strstr(request, "\r\n\r\n");
        const char *const length = strstr(request, "Content-Length: ");
        if (end != NULL)
            wanted = (size_t)(end + 4 - request) + (length != NULL ? strtoul(length + 16, NULL, 10) : 0);
    }
}

static inline void scripted_server_say(const scripted_server *s, int fd)
{
    const size_t step = s->piece > 0 ? s->piece : s->n_script + 1;
    for (size_t i = 0; i < s->n_script; i += step) {
        if (!scripted_server_send(fd, s->script + i, s->n_script - i < step ? s->n_script - i : step))
            break;
    }
    if (s->stays_open)
        scripted_server_wait_for_end(fd);
}

static inline void *scripted_server_connection(void *arg)
{
    const scripted_connection *const c = arg;
    scripted_server *const s = c->server;
    char request[SCRIPTED_REQUEST_BYTES];
    scripted_server_read(c->fd, request);
    pthread_mutex_lock(&s->mutex);
    memcpy(s->request, request, sizeof request);
    s->n_read++;
    pthread_mutex_unlock(&s->mutex);
    if (s->answer != NULL)
        s->answer(s, c->fd, request);
    else
        scripted_server_say(s, c->fd);
    shutdown(c->fd, SHUT_RDWR); // closed when the server stops, so that the number is not used twice
    return NULL;
}

static inline void *scripted_server_run(void *arg)
{
    scripted_server *const s = arg;
    for (int fd; (fd = accept(s->listen_fd, NULL, NULL)) >= 0;) {
        const int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (s->n_connections == SCRIPTED_CONNECTIONS_MAX) {
            close(fd);
            continue;
        }
        scripted_connection *const c = &s->connections[s->n_connections];
        *c = (scripted_connection){.server = s, .fd = fd};
        if (pthread_create(&c->thread, NULL, scripted_server_connection, c) == 0)
            s->n_connections++;
        else
            close(fd);
    }
    return NULL;
}

/* False when there is no socket to be had. */
static inline bool scripted_server_start(scripted_server *s)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof address;
    s->listen_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (s->listen_fd < 0 || bind(s->listen_fd, (struct sockaddr *)&address, n) != 0 || listen(s->listen_fd, 128) != 0 ||
        getsockname(s->listen_fd, (struct sockaddr *)&address, &n) != 0)
        return false;
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%d", ntohs(address.sin_port));
    s->n_connections = 0;
    s->n_read = 0;
    return pthread_mutex_init(&s->mutex, NULL) == 0 && pthread_create(&s->thread, NULL, scripted_server_run, s) == 0;
}

/* Ends the connections that are left, too. */
static inline void scripted_server_stop(scripted_server *s)
{
    shutdown(s->listen_fd, SHUT_RDWR); // wakes accept
    pthread_join(s->thread, NULL);
    for (int i = 0; i < s->n_connections; i++) {
        shutdown(s->connections[i].fd, SHUT_RDWR);
        pthread_join(s->connections[i].thread, NULL);
        close(s->connections[i].fd);
    }
    close(s->listen_fd);
    pthread_mutex_destroy(&s->mutex);
}

#endif
