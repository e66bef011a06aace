/* known_server.c - a thread that accepts, and one per connection that sleeps until the next write is due.
 *
 * Deadlines are absolute times of the system's clock, so that a write that is late delays no other.
 */
#include "cmd/known_server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"

enum { CONNECTIONS_MAX = 256, REQUEST_BYTES_MAX = 16384, WRITE_BYTES_MAX = 65536, URL_BYTES = 64 };

typedef struct connection {
    const known_server *server;
    pthread_t thread;
    int fd;
} connection;

struct known_server {
    known_schedule *schedules;
    size_t n_schedules;
    int listen_fd;
    pthread_t thread;
    atomic_bool must_stop;
    connection connections[CONNECTIONS_MAX]; // of the accepting thread, until it has ended
    size_t n_connections;
    char url[URL_BYTES];
};

/* ---- one answer ------------------------------------------------------------------------------------------------- */

static double ms_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return 1e3 * (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e6;
}

/* False if the server is stopping.  *at_ms becomes the time at which the sleep ended, unless it is kept. */
static bool sleep_until(const known_server *s, const struct timespec *start, double *at_ms, bool is_kept)
{
    const int64_t ns = start->tv_nsec + (int64_t)(*at_ms * 1e6);
    const struct timespec when = {.tv_sec = start->tv_sec + ns / 1000000000, .tv_nsec = ns % 1000000000};
    while (!atomic_load(&s->must_stop) && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL) == EINTR) {
    }
    if (!is_kept)
        *at_ms = ms_since(start);
    return !atomic_load(&s->must_stop);
}

static bool send_all(int fd, buf *bytes)
{
    const bool ok =
        bytes->failed == SW_OK && send(fd, buf_str(bytes), bytes->size, MSG_NOSIGNAL) == (ssize_t)bytes->size;
    buf_clear(bytes);
    return ok;
}

/* The events of one write; *n_sampled counts the tokens of the answer. */
static void put_write(buf *out, const known_write *w, int *n_sampled)
{
    for (int i = 0; i < w->n_events; i++) {
        *n_sampled += i == 0 ? w->n_tokens : 1;
        buf_printf(out,
                   "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word%d \"},\"finish_reason\":null}],"
                   "\"timings\":{\"predicted_n\":%d}}\n\n",
                   *n_sampled, *n_sampled);
    }
}

static void put_end(buf *out, int n_sampled)
{
    buf_printf(out,
               "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
               "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":%d}}\n\ndata: [DONE]\n\n",
               n_sampled);
}

static void say(const known_server *s, int fd, known_schedule *schedule)
{
    const bool is_kept = schedule->keeps_plan;
    struct timespec start;
    buf out;
    int n_sampled = 0;
    clock_gettime(CLOCK_MONOTONIC, &start);
    buf_init(&out, WRITE_BYTES_MAX);
    buf_puts(&out, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n");
    bool ok = send_all(fd, &out) && sleep_until(s, &start, &schedule->role_ms, is_kept);
    buf_puts(&out, "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n");
    ok = ok && send_all(fd, &out);
    for (size_t i = 0; i < schedule->n_writes && ok; i++) {
        put_write(&out, &schedule->writes[i], &n_sampled);
        ok = sleep_until(s, &start, &schedule->writes[i].at_ms, is_kept) && send_all(fd, &out);
    }
    put_end(&out, n_sampled);
    if (ok && sleep_until(s, &start, &schedule->done_ms, is_kept))
        send_all(fd, &out);
    buf_free(&out);
}

/* ---- connections ------------------------------------------------------------------------------------------------ */

/* Reads the headers and as much body as they announce; the request is NUL-terminated. */
static void read_request(int fd, char request[REQUEST_BYTES_MAX])
{
    size_t n = 0, wanted = REQUEST_BYTES_MAX - 1;
    request[0] = '\0';
    while (n < wanted) {
        const ssize_t got = recv(fd, request + n, wanted - n, 0);
        if (got <= 0)
            return;
        n += (size_t)got;
        request[n] = '\0';
        const char *const end = strstr(request, "\r\n\r\n");
        const char *const length = strstr(request, "Content-Length: ");
        if (end == NULL)
            continue;
        const size_t n_all = (size_t)(end + 4 - request) + (length != NULL ? strtoul(length + 16, NULL, 10) : 0);
        wanted = n_all < REQUEST_BYTES_MAX - 1 ? n_all : REQUEST_BYTES_MAX - 1;
    }
}

static void *serve_connection(void *arg)
{
    const connection *const c = arg;
    char request[REQUEST_BYTES_MAX], name[80];
    read_request(c->fd, request);
    for (size_t i = 0; i < c->server->n_schedules; i++) {
        snprintf(name, sizeof name, "\"model\":\"%s\"", c->server->schedules[i].model);
        if (strstr(request, name) != NULL)
            say(c->server, c->fd, &c->server->schedules[i]);
    }
    shutdown(c->fd, SHUT_RDWR); // closed when the server stops, so that the number is not used twice
    return NULL;
}

static void *accept_connections(void *arg)
{
    known_server *const s = arg;
    for (int fd; (fd = accept(s->listen_fd, NULL, NULL)) >= 0;) {
        const int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        connection *const c = &s->connections[s->n_connections];
        *c = (connection){.server = s, .fd = fd};
        if (pthread_create(&c->thread, NULL, serve_connection, c) != 0) {
            close(fd);
            continue;
        }
        if (++s->n_connections == CONNECTIONS_MAX)
            break;
    }
    return NULL;
}

/* ---- life ------------------------------------------------------------------------------------------------------- */

static bool listen_on_loopback(known_server *s)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof address;
    s->listen_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (s->listen_fd < 0 || bind(s->listen_fd, (struct sockaddr *)&address, n) != 0 || listen(s->listen_fd, 64) != 0 ||
        getsockname(s->listen_fd, (struct sockaddr *)&address, &n) != 0)
        return false;
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%d", ntohs(address.sin_port));
    return true;
}

sw_code known_server_start(known_server **out, known_schedule *schedules, size_t n, sw_err *err)
{
    *out = NULL;
    known_server *const s = mem_calloc(1, sizeof *s);
    if (s == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for a server");
    s->schedules = schedules;
    s->n_schedules = n;
    atomic_init(&s->must_stop, false);
    if (!listen_on_loopback(s) || pthread_create(&s->thread, NULL, accept_connections, s) != 0) {
        const sw_code code = sw_fail(err, SW_EIO, "no server can listen on 127.0.0.1: %s", strerror(errno));
        if (s->listen_fd >= 0)
            close(s->listen_fd);
        mem_free(s);
        return code;
    }
    *out = s;
    return SW_OK;
}

void known_server_stop(known_server *s)
{
    if (s == NULL)
        return;
    atomic_store(&s->must_stop, true);
    shutdown(s->listen_fd, SHUT_RDWR); // wakes accept
    pthread_join(s->thread, NULL);
    for (size_t i = 0; i < s->n_connections; i++) {
        pthread_join(s->connections[i].thread, NULL);
        close(s->connections[i].fd);
    }
    close(s->listen_fd);
    mem_free(s);
}

const char *known_server_url(const known_server *s)
{
    return s->url;
}
