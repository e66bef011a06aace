/* http_fixture.c - see http_fixture.h; owners live on the loop's thread, counts are under the lock. */
#include "support/http_fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "support/ws_script.h"

enum { PATIENCE_S = 30, EVENT_BYTES = 1000 };

struct fixture_owner {
    fixture *f;
    http_conn *c;
    fixture_owner *next;
    bool is_stream, is_endless, is_ws;
};

static void count(fixture *f, int *counter)
{
    pthread_mutex_lock(&f->lock);
    ++*counter;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

/* ---- owners ------------------------------------------------------------------------------------------------------ */

static void forget(fixture_owner *o)
{
    fixture_owner **at = &o->f->owners;
    while (*at != o)
        at = &(*at)->next;
    *at = o->next;
    free(o);
}

static void fill(fixture_owner *o)
{
    char payload[EVENT_BYTES];
    memset(payload, 'x', sizeof payload);
    while (http_stream_has_room(o->c))
        o->is_ws ? http_ws_send_text(o->c, payload, sizeof payload)
                 : http_stream_event(o->c, NULL, payload, sizeof payload);
    const size_t n_waiting = http_get_stats(o->f->server).out_bytes;
    o->f->n_waiting_max = n_waiting > o->f->n_waiting_max ? n_waiting : o->f->n_waiting_max;
}

static void answer(fixture_owner *o)
{
    if (o->is_ws) {
        http_ws_send_text(o->c, "last", 4);
        http_ws_close(o->c, HTTP_WS_DONE, "done");
    } else if (o->is_stream) {
        http_stream_event(o->c, "last", "{}", 2);
        http_stream_end(o->c, false);
    } else {
        buf b;
        buf_init(&b, 64);
        buf_puts(&b, "late");
        http_reply(o->c, 200, "text/plain", (const http_field[]){{"x-more", "1"}, {NULL, NULL}}, &b);
    }
    forget(o);
}

static void on_pump(void *owner)
{
    fixture_owner *const o = owner;
    count(o->f, &o->f->counts.n_pumped);
    if (o->is_endless)
        fill(o);
}

static void on_gone(void *owner)
{
    fixture_owner *const o = owner;
    fixture *const f = o->f;
    forget(o);
    count(f, &f->counts.n_gone);
}

static void on_stop(void *owner)
{
    fixture_owner *const o = owner;
    fixture *const f = o->f;
    if (o->is_ws) {
        http_ws_close(o->c, HTTP_WS_GOING_AWAY, "the server is shutting down");
    } else if (o->is_stream) {
        http_stream_event(o->c, NULL, "{\"error\":1}", 11);
        http_stream_end(o->c, true);
    } else {
        http_reply_status(o->c, 503);
    }
    forget(o);
    count(f, &f->counts.n_stopped);
}

/* Answers a text with itself, and bytes with their number and sum; some texts are done instead. */
static void on_message(void *owner, const char *data, size_t n, bool is_text)
{
    fixture_owner *const o = owner;
    fixture *const f = o->f;
    char bytes[64];
    ws_script_sum(bytes, data, n);
    assert_true(data[n] == '\0');
    if (is_text && strcmp(data, "endless") == 0) {
        o->is_endless = true;
        fill(o);
    } else if (is_text && strcmp(data, "close") == 0) {
        answer(o);
    } else if (is_text && strncmp(data, "close ", 6) == 0) {
        http_ws_close(o->c, HTTP_WS_TRY_LATER, data + 6);
        forget(o);
    } else if (is_text && strcmp(data, "drop") == 0) {
        http_drop(o->c);
        forget(o);
    } else {
        http_ws_send_text(o->c, is_text ? data : bytes, is_text ? n : strlen(bytes));
        const size_t n_waiting = http_get_stats(f->server).out_bytes;
        f->n_waiting_max = n_waiting > f->n_waiting_max ? n_waiting : f->n_waiting_max;
    }
    count(f, &f->counts.n_messages);
}

static const http_ws_owner WS_OWNER = {{on_pump, on_gone, on_stop}, on_message};

static fixture_owner *create_owner(fixture *f, http_conn *c)
{
    fixture_owner *const o = calloc(1, sizeof *o);
    *o = (fixture_owner){.f = f, .c = c, .next = f->owners};
    f->owners = o;
    return o;
}

static fixture_owner *own(fixture *f, http_conn *c)
{
    fixture_owner *const o = create_owner(f, c);
    http_hand_over(c, &WS_OWNER.responder, o);
    return o;
}

/* ---- routes ------------------------------------------------------------------------------------------------------ */

static void health_route(http_conn *c, void *ud)
{
    buf b;
    (void)ud;
    buf_init(&b, 64);
    buf_puts(&b, "{\"ok\":true}");
    http_reply(c, 200, "application/json", NULL, &b);
}

static void list_route(http_conn *c, void *ud)
{
    const http_request *const r = http_request_of(c);
    const char *const many = http_header(c, "X-Many");
    buf b;
    (void)ud;
    buf_init(&b, 65536);
    buf_printf(&b, "%s %s %s %s", r->path, r->rest, r->query, many != NULL ? many : "-");
    http_reply(c, 200, "text/plain", NULL, &b);
}

static void echo_route(http_conn *c, void *ud)
{
    size_t n;
    buf b;
    (void)ud;
    char *const body = http_take_body(c, &n);
    buf_init(&b, 1 << 25);
    if (body != NULL)
        buf_append(&b, body, n);
    else
        b.failed = SW_ENOMEM;
    mem_free(body);
    http_reply(c, 200, "text/plain", NULL, &b);
}

static void slow_route(http_conn *c, void *ud)
{
    fixture *const f = ud;
    own(f, c);
    count(f, &f->counts.n_owners);
}

static void endless_route(http_conn *c, void *ud)
{
    fixture *const f = ud;
    fixture_owner *const o = own(f, c);
    o->is_stream = o->is_endless = true;
    http_stream_begin(c, HTTP_SSE, NULL);
    fill(o);
    count(f, &f->counts.n_owners);
}

static void silent_route(http_conn *c, void *ud)
{
    fixture *const f = ud;
    own(f, c)->is_stream = true;
    http_stream_begin(c, HTTP_SSE, (const http_field[]){{"spillway-ignored", "a, b"}, {"x-bad", "a\r\nb: c"}, {0}});
    count(f, &f->counts.n_owners);
}

static void lines_route(http_conn *c, void *ud)
{
    fixture *const f = ud;
    own(f, c)->is_stream = true;
    http_stream_begin(c, HTTP_NDJSON, NULL);
    http_stream_event(c, "name", "{\"a\":1}", 7);
    count(f, &f->counts.n_owners);
}

static void pieces_route(http_conn *c, void *ud)
{
    static const char *const PIECES[] = {"one", " works:\n", "", "\n", "a\r\nb\rc\n\nd", "\r", "\n\r", "\r\n\r\n"};
    fixture_owner *const o = own(ud, c);
    http_stream_begin(c, HTTP_SSE, NULL);
    for (size_t i = 0; i < sizeof PIECES / sizeof PIECES[0]; i++)
        http_stream_event(c, i == 4 ? "named" : NULL, PIECES[i], strlen(PIECES[i]));
    http_stream_end(c, false);
    forget(o);
}

static void mute_route(http_conn *c, void *ud)
{
    (void)c;
    (void)ud;
}

static void ws_route(http_conn *c, void *ud)
{
    static const char *const KNOWN[] = {"echo.v2", "echo.v1", NULL};
    fixture *const f = ud;
    if (!http_ws_check(c))
        return;
    fixture_owner *const o = create_owner(f, c);
    o->is_ws = true;
    http_ws_accept(c, http_ws_subprotocol(c, KNOWN), &WS_OWNER, o);
    count(f, &f->counts.n_owners);
}

static void on_wake(void *ud)
{
    fixture *const f = ud;
    pthread_mutex_lock(&f->lock);
    const bool wants_answers = f->wants_answers, wants_drop = f->wants_drop;
    f->wants_answers = f->wants_drop = false;
    pthread_mutex_unlock(&f->lock);
    while (wants_answers && f->owners != NULL)
        answer(f->owners);
    while (wants_drop && f->owners != NULL) {
        http_drop(f->owners->c);
        forget(f->owners);
    }
    pthread_mutex_lock(&f->lock);
    f->stats = http_get_stats(f->server);
    pthread_mutex_unlock(&f->lock);
    count(f, &f->counts.n_woken);
}

static void on_done(void *ud, const http_conn *c, int status)
{
    fixture *const f = ud;
    pthread_mutex_lock(&f->lock);
    f->counts.status = status;
    snprintf(f->counts.path, sizeof f->counts.path, "%s", http_request_of(c)->path);
    snprintf(f->counts.query, sizeof f->counts.query, "%s", http_request_of(c)->query);
    pthread_mutex_unlock(&f->lock);
    count(f, &f->counts.n_done);
}

static void write_problem(void *ud, const http_conn *c, const http_problem *problem, buf *out,
                          const char **content_type)
{
    (void)ud;
    *content_type = "application/json";
    buf_printf(out, "{\"error\":%d,\"path\":\"%s\",\"message\":\"%s\"}", problem->status, http_request_of(c)->path,
               problem->message);
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

void fixture_init(fixture *f)
{
    static const http_route ROUTES[] = {
        {"GET", "/health", true, 0, health_route},
        {"GET", "/list/", false, 0, list_route},
        {"GET", "/echo", false, 0, health_route},
        {"POST", "/echo", false, 0, echo_route},
        {"POST", "/v1/chat/completions", false, 0, echo_route},
        {"GET", "/v1/models", true, 0, health_route},
        {"POST", "/small", false, 16, echo_route},
        {"GET", "/slow", false, 0, slow_route},
        {"GET", "/endless", false, 0, endless_route},
        {"GET", "/silent", false, 0, silent_route},
        {"GET", "/lines", false, 0, lines_route},
        {"GET", "/pieces", false, 0, pieces_route},
        {"GET", "/mute", false, 0, mute_route},
        {"GET", "/ws", false, 0, ws_route},
    };
    memset(f, 0, sizeof *f);
    fake_clock_init(&f->clock);
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->changed, NULL);
    f->options = (http_options){.address = "127.0.0.1",
                                .header_bytes_max = 16384,
                                .body_bytes_max = 16777216,
                                .n_connections_max = 16,
                                .head_timeout_s = 10,
                                .body_timeout_s = 60,
                                .idle_timeout_s = 75,
                                .slow_client_timeout_s = 30,
                                .ping_interval_s = 15,
                                .ws_ping_interval_s = 20,
                                .tick_ms = 2,
                                .clock = &f->clock.clock,
                                .routes = ROUTES,
                                .n_routes = sizeof ROUTES / sizeof ROUTES[0],
                                .write_problem = write_problem,
                                .on_wake = on_wake,
                                .on_done = on_done,
                                .ud = f};
}

static void *run(void *ud)
{
    http_run(((fixture *)ud)->server);
    return NULL;
}

void fixture_start(fixture *f)
{
    sw_err err = {0};
    if (http_open(&f->server, &f->options, &err) != SW_OK)
        fail_msg("%s", err.msg);
    fixture_run(f);
}

void fixture_run(fixture *f)
{
    assert_int_equal(pthread_create(&f->thread, NULL, run, f), 0);
}

void fixture_join(fixture *f)
{
    if (f->thread != 0)
        pthread_join(f->thread, NULL);
    f->thread = 0;
}

void fixture_end(fixture *f)
{
    http_stop(f->server);
    fixture_join(f);
    http_close(f->server);
    assert_null(f->owners); // everyone has heard
    pthread_mutex_destroy(&f->lock);
    pthread_cond_destroy(&f->changed);
}

void fixture_advance(fixture *f, double seconds)
{
    fake_clock_advance(&f->clock, (uint64_t)(seconds * 1e9));
}

void fixture_wait(fixture *f, const int *counter, int n)
{
    struct timespec end;
    int status = 0;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += PATIENCE_S;
    pthread_mutex_lock(&f->lock);
    while (*counter < n && status == 0)
        status = pthread_cond_timedwait(&f->changed, &f->lock, &end);
    const int reached = *counter;
    pthread_mutex_unlock(&f->lock);
    if (reached < n)
        fail_msg("waited %d s for %d, got %d", PATIENCE_S, n, reached);
}

static void wake(fixture *f, bool *wish)
{
    pthread_mutex_lock(&f->lock);
    const int n = f->counts.n_woken;
    if (wish != NULL)
        *wish = true;
    pthread_mutex_unlock(&f->lock);
    http_wake(f->server);
    fixture_wait(f, &f->counts.n_woken, n + 1);
}

void fixture_answer(fixture *f)
{
    wake(f, &f->wants_answers);
}

void fixture_drop(fixture *f)
{
    wake(f, &f->wants_drop);
}

http_stats fixture_stats(fixture *f)
{
    wake(f, NULL);
    pthread_mutex_lock(&f->lock);
    const http_stats stats = f->stats;
    pthread_mutex_unlock(&f->lock);
    return stats;
}

void fixture_wait_connections(fixture *f, int n_connections, int n_idle)
{
    http_stats stats = {0};
    const time_t end = time(NULL) + PATIENCE_S;
    do {
        stats = fixture_stats(f); // a turn of the loop
        if (stats.n_connections == n_connections && stats.n_idle == n_idle)
            return;
    } while (time(NULL) < end);
    fail_msg("%d connections, %d of them idle, instead of %d and %d", stats.n_connections, stats.n_idle, n_connections,
             n_idle);
}

/* ---- a client ---------------------------------------------------------------------------------------------------- */

void raw_open(raw_client *c, const fixture *f, int receive_bytes)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)http_port(f->server))};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    buf_init(&c->in, 1 << 26);
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(c->fd >= 0);
    if (receive_bytes > 0)
        setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(c->fd, (const struct sockaddr *)&a, sizeof a), 0);
}

void raw_close(raw_client *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
    buf_free(&c->in);
}

/* A server that refuses closes early: what does not arrive any more is no error here. */
void raw_send(const raw_client *c, const char *bytes, size_t n)
{
    while (n > 0) {
        const ssize_t sent = send(c->fd, bytes, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        bytes += sent;
        n -= (size_t)sent;
    }
}

void raw_puts(const raw_client *c, const char *text)
{
    raw_send(c, text, strlen(text));
}

/* Returns false at the end of the connection. */
static bool receive(raw_client *c)
{
    char piece[65536];
    const ssize_t n = recv(c->fd, piece, sizeof piece, 0);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        fail_msg("nothing came for %d s after '%.200s'", PATIENCE_S, buf_str(&c->in));
    if (n <= 0)
        return false;
    buf_append(&c->in, piece, (size_t)n);
    assert_int_equal(c->in.failed, SW_OK);
    return true;
}

bool raw_until(raw_client *c, const char *text)
{
    while (strstr(buf_str(&c->in), text) == NULL) {
        if (!receive(c))
            return false;
    }
    return true;
}

void raw_rest(raw_client *c)
{
    while (receive(c)) {
    }
}

/* The size of the answer at the beginning of `in`; 0 if it has not arrived. */
static size_t answer_size(const buf *in, bool is_head)
{
    const char *const end = strstr(buf_str(in), "\r\n\r\n");
    if (end == NULL)
        return 0;
    const size_t n_head = (size_t)(end + 4 - in->data);
    const char *const length = strstr(in->data, "\r\ncontent-length: ");
    if (is_head || strncmp(in->data + 9, "100", 3) == 0)
        return n_head;
    if (length != NULL && length < end) {
        const size_t n = n_head + (size_t)strtoull(length + 18, NULL, 10);
        return in->size >= n ? n : 0;
    }
    const char *const last = strstr(end, "\r\n0\r\n\r\n");
    return last != NULL ? (size_t)(last + 7 - in->data) : 0;
}

int raw_answer(raw_client *c, buf *out, bool is_head)
{
    size_t n;
    while ((n = answer_size(&c->in, is_head)) == 0) {
        if (!receive(c))
            return 0;
    }
    buf_free(out);
    buf_init(out, 1 << 26);
    buf_append(out, c->in.data, n);
    buf_consume(&c->in, n);
    return atoi(out->data + 9);
}
