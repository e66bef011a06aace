/* http_accept.c - new connections, and room for them.
 *
 * The listening socket is watched by a poll handle and accepted from here, not by uv_listen: at the bound the
 * connection that has been idle for longest makes room, and without descriptors the socket is left alone until one is
 * free.  uv_listen would accept the waiting connections and close them.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/http_conn.h"

enum {
    ACCEPT_AT_ONCE = 16, // then connections have their turn
    AWAY_MAX = 16,       // connections beyond the bound that are told so; further ones are closed
};

/* The connection that makes room: the one idle for longest, or one that is only waiting for the client to close. */
static http_conn *oldest_idle(const http_server *s)
{
    http_conn *oldest = NULL;
    for (http_conn *c = s->first; c != NULL; c = c->next) {
        if (c->phase == HTTP_PHASE_LINGER && !c->is_away)
            return c;
        if (c->phase == HTTP_PHASE_IDLE && (oldest == NULL || c->idle_since_ns <= oldest->idle_since_ns))
            oldest = c;
    }
    return oldest;
}

static void on_acceptable(uv_poll_t *listener, int status, int events);

void http_watch_listener(http_server *s)
{
    s->is_paused = false;
    if (s->has_listener && uv_poll_start(&s->listener, UV_READABLE, on_acceptable) != 0)
        s->is_paused = true; // the tick tries again
}

/* Every connection is busy. */
static void refuse_connection(http_server *s, int fd)
{
    s->stats.n_refused++;
    if (s->n_away < AWAY_MAX)
        http_conn_turn_away(s, fd);
    else
        close(fd);
}

/* Returns false if others should have their turn before the next one. */
static bool take_connection(http_server *s, int fd)
{
    s->stats.n_accepted++;
    http_start_tick(s);
    if (s->stats.n_connections < s->n_connections_max) {
        http_conn_open(s, fd);
        return true;
    }
    http_conn *const idle = oldest_idle(s);
    if (idle == NULL) {
        refuse_connection(s, fd);
        return true;
    }
    http_conn_close(idle);
    http_conn_open(s, fd);
    return false; // what was just accepted must be read before it can be the oldest
}

/* Returns true if a connection waits: accept fails for want of a descriptor whether or not there is one. */
static bool is_awaited(const http_server *s)
{
    struct pollfd listener = {.fd = s->listen_fd, .events = POLLIN};
    return poll(&listener, 1, 0) > 0;
}

/* Nothing could be accepted, and trying again at once would not help. */
static void on_accept_failed(http_server *s, bool is_first)
{
    if (!is_first || !is_awaited(s))
        return; // what was just accepted must be read before it can be the oldest
    http_conn *const idle = oldest_idle(s);
    if (idle != NULL)
        http_conn_close(idle); // its descriptor is what the next one needs
    uv_poll_stop(&s->listener);
    s->is_paused = true;
    http_start_tick(s);
}

static void on_acceptable(uv_poll_t *listener, int status, int events)
{
    http_server *const s = listener->data;
    (void)events;
    if (status != 0)
        on_accept_failed(s, /*is_first=*/true);
    for (int i = 0; status == 0 && i < ACCEPT_AT_ONCE; i++) {
        const int fd = accept(s->listen_fd, NULL, NULL);
        if (fd >= 0) {
            (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
            if (!take_connection(s, fd))
                return;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            on_accept_failed(s, i == 0);
            return;
        }
    }
}

void http_stop_listening(http_server *s)
{
    if (!s->has_listener)
        return;
    s->has_listener = s->is_paused = false;
    uv_close((uv_handle_t *)&s->listener, NULL);
    close(s->listen_fd);
}
