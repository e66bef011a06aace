/* http_server.c - the loop: how it begins, what happens in each turn, and how it ends.
 *
 * Everything runs on the thread in http_run; http_wake and http_stop only send a signal to it.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "http/guard.h"
#include "http/http_conn.h"
#include "http/http_listen.h"

enum {
    TICK_MS = 100,
};

/* ---- memory of libuv -------------------------------------------------------------------------------------------- */

/* libuv ends the process when its table of descriptors cannot grow.  make_table lets it grow while the server opens;
 * a second try is for the one allocation that fails alone. */
static void *uv_resize(void *p, size_t size)
{
    void *const q = mem_realloc(p, size);
    return q != NULL || size == 0 ? q : mem_realloc(p, size);
}

static void replace_allocator(void)
{
    uv_replace_allocator(mem_alloc, uv_resize, mem_calloc, mem_free);
}

static void forget_probe(uv_handle_t *probe)
{
    mem_free(probe);
}

/* Makes libuv's table hold every descriptor that connections may get, by watching a copy of `fd` with a high number. */
static sw_code make_table(http_server *s)
{
    const int fd = fcntl(s->listen_fd, F_DUPFD_CLOEXEC, s->n_connections_max + 64);
    uv_poll_t *const probe = mem_calloc(1, sizeof *probe);
    if (fd < 0 || probe == NULL || uv_poll_init(&s->loop, probe, fd) != 0) {
        mem_free(probe);
        if (fd >= 0)
            close(fd);
        return probe == NULL ? SW_ENOMEM : SW_OK; // no such number: the table grows when it must
    }
    (void)uv_poll_start(probe, UV_READABLE, NULL);
    uv_close((uv_handle_t *)probe, forget_probe);
    close(fd);
    return SW_OK;
}

/* ---- turns of the loop ------------------------------------------------------------------------------------------ */

static bool is_drained(const http_server *s)
{
    for (const http_conn *c = s->first; c != NULL; c = c->next) {
        if (c->phase == HTTP_PHASE_WORKING || c->phase == HTTP_PHASE_WEBSOCKET || c->phase == HTTP_PHASE_SENDING)
            return false;
    }
    return true;
}

static void on_no_wait(uv_idle_t *idle)
{
    (void)idle;
}

static void before_poll(uv_prepare_t *handle)
{
    http_server *const s = handle->data;
    http_flush_ready(s);
    if (s->n_ready > 0)
        uv_idle_start(&s->no_wait, on_no_wait);
    else
        uv_idle_stop(&s->no_wait);
    if (s->is_stopping && (is_drained(s) || http_now(s) >= s->stop_deadline_ns))
        uv_stop(&s->loop);
}

static void on_tick(uv_timer_t *timer)
{
    http_server *const s = timer->data;
    const uint64_t now_ns = http_now(s);
    for (http_conn *c = s->first; c != NULL; c = c->next) // closed ones stay in the list until the loop goes on
        http_conn_tick(c, now_ns);
    if (s->options.on_tick != NULL)
        s->options.on_tick(s->options.ud);
    if (s->is_paused)
        http_watch_listener(s);
    else if (s->first == NULL && !s->is_stopping)
        uv_timer_stop(timer);
}

void http_start_tick(http_server *s)
{
    const int ms = s->options.tick_ms > 0 ? s->options.tick_ms : TICK_MS;
    if (!uv_is_active((const uv_handle_t *)&s->tick))
        uv_timer_start(&s->tick, on_tick, (uint64_t)ms, (uint64_t)ms);
}

static void on_wake(uv_async_t *async)
{
    http_server *const s = async->data;
    if (s->options.on_wake != NULL)
        s->options.on_wake(s->options.ud);
}

static void stop_conn(http_conn *c)
{
    switch (c->phase) {
    case HTTP_PHASE_IDLE: http_conn_close(c); break;
    case HTTP_PHASE_HEAD:
    case HTTP_PHASE_BODY: http_conn_refuse(c, HTTP_STOPPING, "the server is shutting down"); break;
    case HTTP_PHASE_WORKING:
    case HTTP_PHASE_WEBSOCKET:
        if (c->responder != NULL)
            c->responder->stop(c->owner);
        break;
    case HTTP_PHASE_SENDING:
    case HTTP_PHASE_LINGER:
    case HTTP_PHASE_CLOSING: break;
    }
}

static void on_stop(uv_async_t *async)
{
    http_server *const s = async->data;
    if (s->is_stopping)
        return;
    s->is_stopping = true;
    s->stop_deadline_ns = http_now(s) + http_seconds_ns(HTTP_DRAIN_S);
    http_stop_listening(s);
    http_start_tick(s); // so that the deadline is seen
    for (http_conn *c = s->first; c != NULL; c = c->next)
        stop_conn(c);
}

/* ---- life ------------------------------------------------------------------------------------------------------- */

/* Writing to a closed socket must be an error of the write, not the end of the process. */
static void ignore_sigpipe(void)
{
    struct sigaction action;
    if (sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_DFL)
        signal(SIGPIPE, SIG_IGN);
}

static sw_code open_handles(http_server *s)
{
    if (uv_async_init(&s->loop, &s->wake, on_wake) != 0 || uv_async_init(&s->loop, &s->stop, on_stop) != 0 ||
        uv_poll_init(&s->loop, &s->listener, s->listen_fd) != 0)
        return SW_ENOMEM;
    s->has_listener = true;
    uv_timer_init(&s->loop, &s->tick);
    uv_prepare_init(&s->loop, &s->before_poll);
    uv_idle_init(&s->loop, &s->no_wait);
    s->wake.data = s->stop.data = s->listener.data = s->tick.data = s->before_poll.data = s->no_wait.data = s;
    uv_prepare_start(&s->before_poll, before_poll);
    http_watch_listener(s);
    return make_table(s);
}

sw_code http_open(http_server **out, const http_options *options, sw_err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    int fd, port;
    *out = NULL;
    const sw_code code = http_listen_open(options->address, options->port, &fd, &port, err);
    if (code != SW_OK)
        return code;
    pthread_once(&once, replace_allocator);
    http_server *const s = mem_calloc(1, sizeof *s);
    if (s == NULL || uv_loop_init(&s->loop) != 0) {
        mem_free(s);
        close(fd);
        return sw_fail(err, SW_ENOMEM, "server: not enough memory or descriptors for the event loop");
    }
    s->options = *options;
    s->clock = clock_or_system(options->clock);
    s->is_loopback = guard_is_loopback_authority(options->address) || strcmp(options->address, "::1") == 0;
    s->listen_fd = fd;
    s->port = port;
    s->n_connections_max = http_listen_raise_limit(options->n_connections_max);
    ignore_sigpipe();
    if (open_handles(s) != SW_OK) {
        if (!s->has_listener)
            close(fd);
        http_close(s);
        return sw_fail(err, SW_ENOMEM, "server: not enough memory or descriptors for the event loop");
    }
    *out = s;
    return SW_OK;
}

int http_port(const http_server *s)
{
    return s->port;
}

void http_run(http_server *s)
{
    uv_run(&s->loop, UV_RUN_DEFAULT);
    http_stop_listening(s);
}

void http_wake(http_server *s)
{
    uv_async_send(&s->wake);
}

void http_stop(http_server *s)
{
    uv_async_send(&s->stop);
}

http_stats http_get_stats(const http_server *s)
{
    http_stats stats = s->stats;
    stats.n_idle = 0;
    stats.out_bytes = 0;
    for (const http_conn *c = s->first; c != NULL; c = c->next) {
        stats.n_idle += c->phase == HTTP_PHASE_IDLE;
        stats.out_bytes += c->phase == HTTP_PHASE_CLOSING ? 0 : http_conn_waiting(c);
    }
    return stats;
}

static void close_handle(uv_handle_t *handle, void *ud)
{
    (void)ud;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void http_close(http_server *s)
{
    if (s == NULL)
        return;
    http_stop_listening(s);
    for (http_conn *c = s->first; c != NULL; c = c->next)
        http_conn_lose(c);
    uv_walk(&s->loop, close_handle, NULL); // all that were opened, whichever those are
    uv_run(&s->loop, UV_RUN_DEFAULT);
    uv_loop_close(&s->loop);
    mem_free(s);
}
