/* WebSockets through real sockets: handshakes, messages both ways, Pings, slow readers, and every way to end. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "support/faults.h"
#include "support/http_fixture.h"
#include "support/ws_cases.h"
#include "support/ws_script.h"

#define UPGRADE                 "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
#define KEY                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define V13                     "Sec-WebSocket-Version: 13\r\n"
#define GET_WS(target, headers) "GET " target " HTTP/1.1\r\nHost: localhost\r\n" headers "\r\n"

enum { BYTES_MAX = 1 << 26, PATIENCE_MS = 30000, CUT_BYTES_MAX = 4096 };

static const char HANDSHAKE[] = GET_WS("/ws", UPGRADE KEY V13);

static fixture f;

static int set_up(void **state)
{
    (void)state;
    fixture_init(&f);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_end(&f);
    return 0;
}

static bool has(const buf *answer, const char *text)
{
    return strstr(buf_str(answer), text) != NULL;
}

/* ---- a client ---------------------------------------------------------------------------------------------------- */

/* Opens a WebSocket. */
static void ws_open(raw_client *c, int receive_bytes)
{
    buf answer = {0};
    raw_open(c, &f, receive_bytes);
    raw_puts(c, HANDSHAKE);
    assert_int_equal(raw_answer(c, &answer, /*is_head=*/true), 101);
    buf_free(&answer);
}

static void ws_send(const raw_client *c, const char *script)
{
    buf bytes;
    buf_init(&bytes, BYTES_MAX);
    ws_script_write(&bytes, script, /*is_client=*/true);
    raw_send(c, bytes.data, bytes.size);
    buf_free(&bytes);
}

/* Sends and receives at the same time until the connection is closed. */
static void exchange(raw_client *c, const char *data, size_t n, size_t piece)
{
    static char in[65536];
    bool is_open = true;
    for (size_t at = 0; is_open;) {
        struct pollfd p = {.fd = c->fd, .events = (short)(at < n ? POLLIN | POLLOUT : POLLIN)};
        if (poll(&p, 1, PATIENCE_MS) != 1)
            fail_msg("nothing came after %zu of %zu bytes", at, n);
        if ((p.revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
            const ssize_t got = recv(c->fd, in, sizeof in, MSG_DONTWAIT);
            is_open = got > 0 || (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK));
            buf_append(&c->in, in, got > 0 ? (size_t)got : 0);
        } else {
            const ssize_t sent = send(c->fd, data + at, n - at < piece ? n - at : piece, MSG_NOSIGNAL | MSG_DONTWAIT);
            at = sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK ? n : at + (sent > 0 ? (size_t)sent : 0);
        }
    }
}

/* Cuts the reason off the Close at the end. */
static void forget_reason(buf *frames)
{
    for (size_t at = 0; at + 2 <= frames->size;) {
        const unsigned char *const head = (const unsigned char *)frames->data + at;
        const size_t n = head[1] < 126 ? 2 + (size_t)head[1]
                         : head[1] < 127
                             ? 4 + ((size_t)head[2] << 8 | head[3])
                             : 10 + ((size_t)head[6] << 24 | (size_t)head[7] << 16 | (size_t)head[8] << 8 | head[9]);
        if (head[0] == 0x88 && head[1] > 2) {
            frames->data[at + 1] = 2;
            frames->size = at + 4;
            return;
        }
        at += n;
    }
}

/* Returns true if `c` has received what the script says, and nothing else. */
static bool has_received(raw_client *c, const char *script)
{
    buf expected;
    buf_init(&expected, BYTES_MAX);
    ws_script_write(&expected, script, /*is_client=*/false);
    forget_reason(&c->in);
    const bool is_same = c->in.size == expected.size && memcmp(buf_str(&c->in), buf_str(&expected), expected.size) == 0;
    buf_free(&expected);
    return is_same;
}

/* Waits for the frames of a script to arrive, and takes them. */
static void expect(raw_client *c, const char *script)
{
    buf expected;
    buf_init(&expected, BYTES_MAX);
    ws_script_write(&expected, script, /*is_client=*/false);
    while (c->in.size < expected.size) {
        char in[4096];
        const size_t n_missing = expected.size - c->in.size;
        const ssize_t got = recv(c->fd, in, n_missing < sizeof in ? n_missing : sizeof in, 0);
        if (got <= 0)
            fail_msg("'%.80s': %zu of %zu bytes came", script, c->in.size, expected.size);
        buf_append(&c->in, in, (size_t)got);
    }
    if (memcmp(c->in.data, expected.data, expected.size) != 0)
        fail_msg("not '%.80s'", script);
    buf_consume(&c->in, expected.size);
    buf_free(&expected);
}

/* Everything up to the end of the connection is what the script says. */
static void expect_end(raw_client *c, const char *script)
{
    raw_rest(c);
    if (!has_received(c, script))
        fail_msg("not '%s' but %zu bytes", script, c->in.size);
}

/* ---- frames ------------------------------------------------------------------------------------------------------ */

static void run_case(const ws_case *test, bool is_cut)
{
    raw_client c;
    buf bytes;
    buf_init(&bytes, BYTES_MAX);
    if (is_cut) {
        ws_open(&c, 0);
    } else { // frames right after the request
        raw_open(&c, &f, 0);
        buf_puts(&bytes, HANDSHAKE);
    }
    setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)); // so that bytes travel alone
    ws_script_write(&bytes, test->send, /*is_client=*/true);
    exchange(&c, bytes.data, bytes.size, is_cut ? 1 : bytes.size);
    const char *const end = is_cut ? NULL : strstr(buf_str(&c.in), "\r\n\r\n");
    if (end != NULL)
        buf_consume(&c.in, (size_t)(end + 4 - c.in.data));
    if (!has_received(&c, test->expect))
        fail_msg("%s%s: '%.80s' was not answered by '%.80s'", test->name, is_cut ? ", byte by byte" : "", test->send,
                 test->expect);
    buf_free(&bytes);
    raw_close(&c);
}

static void check_case(void *ud, const ws_case *c)
{
    (void)ud;
    run_case(c, /*is_cut=*/false);
    if (strlen(c->send) < CUT_BYTES_MAX && strchr(c->send, '*') == NULL)
        run_case(c, /*is_cut=*/true);
}

static void test_answers_every_case(void **state)
{
    (void)state;
    fixture_start(&f);
    assert_true(ws_cases_each(check_case, NULL) >= 300);
    fixture_wait_connections(&f, 0, 0);
}

/* ---- handshakes -------------------------------------------------------------------------------------------------- */

static int ask(const char *request, buf *out)
{
    raw_client c;
    raw_open(&c, &f, 0);
    raw_puts(&c, request);
    const int status = raw_answer(&c, out, /*is_head=*/false);
    raw_close(&c);
    return status;
}

/* A handshake that must succeed; its head is in `out`. */
static void shake(const char *request, buf *out)
{
    raw_client c;
    raw_open(&c, &f, 0);
    raw_puts(&c, request);
    assert_int_equal(raw_answer(&c, out, /*is_head=*/true), 101);
    ws_send(&c, "T'hi' C1000");
    expect_end(&c, "T'hi' C1000");
    raw_close(&c);
}

static void test_shakes_hands(void **state)
{
    (void)state;
    buf head = {0};
    fixture_start(&f);
    shake(HANDSHAKE, &head); // key and answer of RFC 6455, section 1.3
    assert_true(has(&head, "HTTP/1.1 101 Switching Protocols\r\n") && has(&head, "\r\nupgrade: websocket\r\n"));
    assert_true(has(&head, "\r\nconnection: Upgrade\r\n") && !has(&head, "close"));
    assert_true(has(&head, "\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    assert_true(has(&head, "\r\nx-request-id: ") && !has(&head, "sec-websocket-protocol"));
    assert_false(has(&head, "content-length") || has(&head, "transfer-encoding") || has(&head, "extensions"));
    shake(GET_WS("/ws", "connection: UPGRADE\r\nupgrade: h2c, WebSocket\r\n" KEY V13
                        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"),
          &head);
    assert_false(has(&head, "extensions"));
    shake(GET_WS("/ws", UPGRADE KEY V13 "Connection: close\r\n"), &head);
    assert_false(has(&head, "close"));
    buf_free(&head);
}

static void test_chooses_a_subprotocol_that_it_knows(void **state)
{
    (void)state;
    buf head = {0};
    fixture_start(&f);
    shake(GET_WS("/ws", UPGRADE KEY V13 "Sec-WebSocket-Protocol: x, echo.v1\r\n"), &head);
    assert_true(has(&head, "\r\nsec-websocket-protocol: echo.v1\r\n"));
    shake(GET_WS("/ws", UPGRADE KEY V13 "Sec-WebSocket-Protocol: echo.v1\r\nSec-WebSocket-Protocol: echo.v2\r\n"),
          &head);
    assert_true(has(&head, "\r\nsec-websocket-protocol: echo.v2\r\n"));
    shake(GET_WS("/ws", UPGRADE KEY V13 "Sec-WebSocket-Protocol: echo, echo.v11, ECHO.V1,\r\n"), &head);
    assert_false(has(&head, "sec-websocket-protocol"));
    buf_free(&head);
}

static void test_refuses_handshakes_that_are_none(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *request, *word;
    } BAD[] = {
        {426, GET_WS("/ws", ""), "Upgrade: websocket"},
        {426, GET_WS("/ws", "Connection: Upgrade\r\n" KEY V13), "Upgrade: websocket"},
        {426, GET_WS("/ws", "Upgrade: websocket\r\n" KEY V13), "Connection: Upgrade"},
        {426, GET_WS("/ws", "Connection: Upgrade\r\nUpgrade: websockets\r\n" KEY V13), "Upgrade: websocket"},
        {426, "GET /ws HTTP/1.0\r\n" UPGRADE KEY V13 "\r\n", "HTTP/1.1"},
        {426, GET_WS("/ws", UPGRADE KEY), "13"},
        {426, GET_WS("/ws", UPGRADE KEY "Sec-WebSocket-Version: 8\r\n"), "'8'"},
        {426, GET_WS("/ws", UPGRADE KEY "Sec-WebSocket-Version: 13, 8\r\n"), "13"},
        {400, GET_WS("/ws", UPGRADE V13), "Sec-WebSocket-Key"},
        {400, GET_WS("/ws", UPGRADE V13 KEY KEY), "Sec-WebSocket-Key"},
        {400, GET_WS("/ws", UPGRADE V13 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\r\n"), "Sec-WebSocket-Key"},
        {400, GET_WS("/ws", UPGRADE V13 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZTE=\r\n"), "Sec-WebSocket-Key"},
        {400, GET_WS("/ws", UPGRADE V13 "Sec-WebSocket-Key: dGhlIHNhbXBs!SBub25jZQ==\r\n"), "Sec-WebSocket-Key"},
        {403, GET_WS("/ws", UPGRADE KEY V13 "Origin: https://evil.test\r\n"), "evil.test"},
        {403, "GET /ws HTTP/1.1\r\nHost: evil.test\r\n" UPGRADE KEY V13 "\r\n", "loopback"},
        {405, "POST /ws HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n" UPGRADE KEY V13 "\r\n", "use GET"},
    };
    buf answer = {0};
    fixture_start(&f);
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        const int status = ask(BAD[i].request, &answer);
        if (status != BAD[i].status || !has(&answer, BAD[i].word))
            fail_msg("%s\n%d\n%s", BAD[i].request, status, buf_str(&answer));
        assert_int_equal(has(&answer, "\r\nsec-websocket-version: 13\r\n"), status == 426);
        assert_int_equal(has(&answer, "\r\nupgrade: websocket\r\n"), status == 426);
    }
    assert_int_equal(f.counts.n_owners, 0);
    buf_free(&answer);
}

static void test_answers_requests_after_a_refused_handshake(void **state)
{
    (void)state;
    raw_client c;
    buf answer = {0};
    fixture_start(&f);
    raw_open(&c, &f, 0);
    raw_puts(&c, GET_WS("/ws", ""));
    assert_int_equal(raw_answer(&c, &answer, false), 426);
    raw_puts(&c, "HEAD /ws HTTP/1.1\r\nHost: localhost\r\n" UPGRADE KEY V13 "\r\n");
    assert_int_equal(raw_answer(&c, &answer, true), 426);
    raw_puts(&c, "GET /health HTTP/1.1\r\nHost: localhost\r\n" UPGRADE KEY V13 "\r\n"); // no WebSocket there
    assert_int_equal(raw_answer(&c, &answer, false), 200);
    raw_puts(&c, HANDSHAKE);
    assert_int_equal(raw_answer(&c, &answer, true), 101);
    ws_send(&c, "T'a'");
    expect(&c, "T'a'");
    buf_free(&answer);
    raw_close(&c);
}

static void test_takes_the_key_from_a_header_or_from_the_query_and_shows_it_nowhere(void **state)
{
    (void)state;
    buf answer = {0};
    f.options.api_key = "open sesame&=";
    fixture_start(&f);
    assert_int_equal(ask(HANDSHAKE, &answer), 401);
    assert_int_equal(ask(GET_WS("/ws?api_key=wrong", UPGRADE KEY V13), &answer), 401);
    assert_int_equal(ask(GET_WS("/ws?api_key=", UPGRADE KEY V13), &answer), 401);
    assert_int_equal(ask(GET_WS("/ws?api_key=open%20sesame%26%3", UPGRADE KEY V13), &answer), 401);
    assert_int_equal(ask(GET_WS("/ws?xapi_key=open%20sesame%26%3d", UPGRADE KEY V13), &answer), 401);
    assert_int_equal(ask(GET_WS("/list/a?api_key=open%20sesame%26%3d", ""), &answer), 401); // for WebSockets only
    const int n_done = 6;
    fixture_wait(&f, &f.counts.n_done, n_done);
    shake(GET_WS("/ws", UPGRADE KEY V13 "Authorization: Bearer open sesame&=\r\n"), &answer);
    shake(GET_WS("/ws", UPGRADE KEY V13 "x-api-key: open sesame&=\r\n"), &answer);
    fixture_wait(&f, &f.counts.n_done, n_done + 2);
    shake(GET_WS("/ws?a=b&api_key=open%20sesame%26%3d&c=d", UPGRADE KEY V13), &answer);
    fixture_wait(&f, &f.counts.n_done, n_done + 3);
    assert_string_equal(f.counts.query, "a=b&api_key=*******************&c=d");
    assert_int_equal(f.counts.status, 101);
    buf_free(&answer);
}

static void test_lets_pages_of_allowed_origins_connect(void **state)
{
    (void)state;
    buf answer = {0};
    f.options.allow_origin = "https://chat.example";
    fixture_start(&f);
    shake(GET_WS("/ws", UPGRADE KEY V13 "Origin: http://localhost:3000\r\n"), &answer);
    shake(GET_WS("/ws", UPGRADE KEY V13 "Origin: https://chat.example\r\n"), &answer);
    assert_int_equal(ask(GET_WS("/ws", UPGRADE KEY V13 "Origin: null\r\n"), &answer), 403);
    buf_free(&answer);
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

static void test_closes_when_its_owner_says_so(void **state)
{
    (void)state;
    raw_client c;
    fixture_start(&f);
    ws_open(&c, 0);
    ws_send(&c, "T'close'");
    expect(&c, "T'last' C1000'done'");
    ws_send(&c, "T'late' P C1000"); // only the Close counts
    expect_end(&c, "");
    raw_close(&c);
    fixture_wait_connections(&f, 0, 0);
    assert_int_equal(f.counts.n_gone, 0);
    assert_int_equal(f.counts.n_messages, 1);
    fixture_wait(&f, &f.counts.n_done, 1);
    assert_int_equal(f.counts.status, 101);
}

static void test_sends_as_much_of_a_reason_as_a_close_holds(void **state)
{
    (void)state;
    raw_client c;
    fixture_start(&f);
    ws_open(&c, 0);
    ws_send(&c, "T'close '*120<e282ac>");
    expect(&c, "C1013*120<e282ac>");
    raw_close(&c);
    ws_open(&c, 0);
    ws_send(&c, "T'close '*121<e282ac>");
    expect(&c, "C1013*121"); // no part of a character
    raw_close(&c);
}

static void test_waits_two_seconds_for_the_answer_to_a_close(void **state)
{
    (void)state;
    raw_client c;
    fixture_start(&f);
    ws_open(&c, 0);
    ws_send(&c, "T'close'");
    expect(&c, "T'last' C1000'done'");
    (void)fixture_stats(&f); // a turn of the loop: the time has begun
    fixture_advance(&f, 1.9);
    fixture_wait_connections(&f, 1, 0);
    fixture_advance(&f, 0.2);
    fixture_wait_connections(&f, 0, 0);
    expect_end(&c, "");
    raw_close(&c);
}

static void test_drops_without_a_close(void **state)
{
    (void)state;
    raw_client c;
    fixture_start(&f);
    ws_open(&c, 0);
    ws_send(&c, "T'a' T'drop' T'b'");
    raw_rest(&c);
    raw_close(&c);
    fixture_wait_connections(&f, 0, 0);
    assert_int_equal(f.counts.n_messages, 2);
    assert_int_equal(f.counts.n_gone, 0);
}

static void test_tells_its_owner_when_the_client_ends(void **state)
{
    (void)state;
    static const char *const LAST[] = {"C1000", "C", "!T'a'", "t'a'", "~5T'a'", "T'endless' C1001"};
    const struct linger reset = {.l_onoff = 1};
    raw_client c;
    int n_gone = 0;
    fixture_start(&f);
    for (size_t i = 0; i < sizeof LAST / sizeof LAST[0]; i++) {
        ws_open(&c, 4096);
        ws_send(&c, LAST[i]);
        raw_close(&c);
        fixture_wait(&f, &f.counts.n_gone, ++n_gone);
    }
    ws_open(&c, 0); // half-closed
    shutdown(c.fd, SHUT_WR);
    fixture_wait(&f, &f.counts.n_gone, ++n_gone);
    expect_end(&c, "");
    raw_close(&c);
    ws_open(&c, 0); // reset
    setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    raw_close(&c);
    fixture_wait(&f, &f.counts.n_gone, ++n_gone);
    fixture_wait_connections(&f, 0, 0);
    fixture_wait(&f, &f.counts.n_done, n_gone);
    assert_int_equal(f.counts.n_gone, n_gone);
}

static void test_ends_with_1001_when_the_server_stops(void **state)
{
    (void)state;
    raw_client quiet, amid, flooded;
    fixture_start(&f);
    ws_open(&quiet, 0);
    ws_open(&amid, 0);
    ws_open(&flooded, 4096);
    ws_send(&amid, "t'a'");
    ws_send(&flooded, "T'endless'");
    fixture_wait(&f, &f.counts.n_messages, 1);
    http_stop(f.server);
    fixture_wait(&f, &f.counts.n_stopped, 3);
    expect(&quiet, "C1001'the server is shutting down'");
    expect(&amid, "C1001'the server is shutting down'");
    raw_close(&flooded);
    fixture_join(&f); // without waiting for the clients' Closes
    assert_int_equal(f.counts.n_gone, 0);
    raw_close(&quiet);
    raw_close(&amid);
}

/* ---- time -------------------------------------------------------------------------------------------------------- */

static void test_pings_and_drops_a_client_that_does_not_answer_twice(void **state)
{
    (void)state;
    raw_client c;
    fixture_start(&f);
    ws_open(&c, 0);
    for (int i = 0; i < 5; i++) { // answers, so it stays
        fixture_advance(&f, 20.1);
        expect(&c, "P");
        ws_send(&c, i % 2 == 0 ? "O T'a'" : "O'?' T'a'");
        expect(&c, "T'a'");
    }
    fixture_advance(&f, 20.1);
    expect(&c, "P");
    ws_send(&c, "T'a'"); // a message is no Pong
    expect(&c, "T'a'");
    fixture_advance(&f, 20.1);
    expect(&c, "P");
    fixture_wait_connections(&f, 1, 0);
    fixture_advance(&f, 20.1);
    fixture_wait(&f, &f.counts.n_gone, 1);
    expect_end(&c, "");
    raw_close(&c);
}

static void test_stays_open_for_hours_without_pings_when_told_so(void **state)
{
    (void)state;
    raw_client c;
    f.options.ws_ping_interval_s = 0;
    fixture_start(&f);
    ws_open(&c, 0);
    fixture_advance(&f, 36000);
    (void)fixture_stats(&f);
    (void)fixture_stats(&f);
    ws_send(&c, "T'a'");
    expect(&c, "T'a'");
    raw_close(&c);
}

static void test_gives_a_message_the_time_of_a_body(void **state)
{
    (void)state;
    static const char *const BEGUN[] = {"t'a'", "~1T'a'", "x81"};
    raw_client c;
    f.options.ws_ping_interval_s = 0;
    fixture_start(&f);
    for (size_t i = 0; i < sizeof BEGUN / sizeof BEGUN[0]; i++) {
        ws_open(&c, 0);
        fixture_advance(&f, 100);
        ws_send(&c, "T'a'");
        expect(&c, "T'a'");
        ws_send(&c, BEGUN[i]);
        ws_send(&c, i == 0 ? "P" : "x");
        if (i == 0)
            expect(&c, "O"); // does not begin the time again
        else
            (void)fixture_stats(&f);
        fixture_advance(&f, 59);
        fixture_wait_connections(&f, 1, 0);
        fixture_advance(&f, 1.5);
        expect_end(&c, "C1008");
        raw_close(&c);
    }
}

/* ---- clients that do not read ------------------------------------------------------------------------------------ */

static void test_holds_little_for_a_client_that_does_not_read_and_drops_it(void **state)
{
    (void)state;
    raw_client c;
    fixture_start(&f);
    ws_open(&c, 4096);
    ws_send(&c, "T'endless'");
    for (int i = 1; i <= 3; i++) { // as long as it reads, it may be slow
        for (size_t n = 0; n < 8 * (size_t)LIMIT_HTTP_SEND_QUEUE_BYTES;) {
            char piece[16384];
            const ssize_t got = recv(c.fd, piece, sizeof piece, 0);
            assert_true(got > 0);
            n += (size_t)got;
        }
        fixture_wait(&f, &f.counts.n_pumped, i);
        fixture_advance(&f, 20); // no Ping is missed by a client that still has to read what came before
    }
    assert_int_equal(f.counts.n_gone, 0);
    for (int i = 0; i < 1000 && f.counts.n_gone == 0; i++) {
        fixture_advance(&f, 29);
        (void)fixture_stats(&f);
    }
    fixture_wait(&f, &f.counts.n_gone, 1);
    assert_int_equal(fixture_stats(&f).out_bytes, 0);
    assert_true(f.n_waiting_max <= LIMIT_HTTP_SEND_QUEUE_BYTES);
    raw_close(&c);
}

/* Sends a script again and again, without reading, until the server is full and takes no more of it. */
static size_t send_until_full(raw_client *c, const char *script)
{
    buf bytes;
    size_t n_sent = 0;
    buf_init(&bytes, BYTES_MAX);
    for (int i = 0; i < 500; i++)
        ws_script_write(&bytes, script, /*is_client=*/true);
    for (bool is_full = false; !is_full;) {
        const size_t at = n_sent % bytes.size;
        const ssize_t n = send(c->fd, bytes.data + at, bytes.size - at, MSG_NOSIGNAL | MSG_DONTWAIT);
        n_sent += n > 0 ? (size_t)n : 0;
        assert_true(n_sent < (size_t)1 << 28);
        is_full = n < 0 && fixture_stats(&f).out_bytes >= LIMIT_HTTP_SEND_QUEUE_BYTES;
    }
    buf_free(&bytes);
    return n_sent;
}

static void test_does_not_read_a_client_that_does_not_read_its_answers(void **state)
{
    (void)state;
    raw_client c;
    fixture_start(&f);
    ws_open(&c, 4096);
    const size_t n_sent = send_until_full(&c, "T*1000");
    // Nothing is lost: every whole message is answered when it reads.
    const size_t n_whole = n_sent / 1008;
    for (size_t i = 0; i < n_whole; i++)
        expect(&c, "T*1000");
    raw_close(&c);
    fixture_wait(&f, &f.counts.n_gone, 1);
    assert_int_equal(f.counts.n_messages, (int)n_whole);
    assert_true(f.n_waiting_max <= LIMIT_HTTP_SEND_QUEUE_BYTES + 2000); // one message was answered beyond, and no other
}

static void test_owes_one_pong_at_most(void **state)
{
    (void)state;
    raw_client c;
    fixture_start(&f);
    ws_open(&c, 4096);
    ws_send(&c, "T'endless'");
    fixture_wait(&f, &f.counts.n_messages, 1);
    for (int i = 0; i < 2000; i++)
        ws_send(&c, "P*120 P*120 P*120 P*120"); // all of them are read
    ws_send(&c, "P'the last one' T'a'");
    fixture_wait(&f, &f.counts.n_messages, 2);
    assert_true(fixture_stats(&f).out_bytes <= LIMIT_HTTP_SEND_QUEUE_BYTES);
    assert_true(raw_until(&c, "the last one"));
    size_t n_pongs = 0;
    for (size_t i = 0; i < c.in.size; i++)
        n_pongs += c.in.data[i] == '*';
    n_pongs /= 120;
    assert_true(n_pongs < 2000); // of 8000, while there was room
    raw_close(&c);
}

static void test_lives_through_any_allocation_that_fails(void **state)
{
    (void)state;
    int n_failed = 0;
    buf bytes;
    buf_init(&bytes, BYTES_MAX);
    buf_puts(&bytes, HANDSHAKE);
    ws_script_write(&bytes, "T'a' t*9000 K*9000 P'b' C1000", /*is_client=*/true);
    for (long i = 0;; i++) {
        sw_err err = {0};
        char in[65536];
        long n_live;
        fixture one;
        raw_client c = {.fd = -1};
        fixture_init(&one);
        faults_alloc_begin(i);
        if (http_open(&one.server, &one.options, &err) == SW_OK) {
            size_t n = 0;
            ssize_t got;
            fixture_run(&one);
            raw_open(&c, &one, 0);
            raw_send(&c, bytes.data, bytes.size);
            while (n < sizeof in && (got = recv(c.fd, in + n, sizeof in - n, 0)) > 0)
                n += (size_t)got;
            n_failed += n < 18000;
            close(c.fd);
            fixture_end(&one);
        } else {
            assert_int_equal(err.code, SW_ENOMEM);
        }
        const long n_allocs = faults_alloc_end(&n_live);
        if (n_live != 0)
            fail_msg("allocation %ld: %ld blocks were not freed", i, n_live);
        if (i > n_allocs)
            break;
    }
    assert_true(n_failed > 0);
    buf_free(&bytes);
    fixture_start(&f); // for tear_down
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_answers_every_case),
        TEST(test_shakes_hands),
        TEST(test_chooses_a_subprotocol_that_it_knows),
        TEST(test_refuses_handshakes_that_are_none),
        TEST(test_answers_requests_after_a_refused_handshake),
        TEST(test_takes_the_key_from_a_header_or_from_the_query_and_shows_it_nowhere),
        TEST(test_lets_pages_of_allowed_origins_connect),
        TEST(test_closes_when_its_owner_says_so),
        TEST(test_sends_as_much_of_a_reason_as_a_close_holds),
        TEST(test_waits_two_seconds_for_the_answer_to_a_close),
        TEST(test_drops_without_a_close),
        TEST(test_tells_its_owner_when_the_client_ends),
        TEST(test_ends_with_1001_when_the_server_stops),
        TEST(test_pings_and_drops_a_client_that_does_not_answer_twice),
        TEST(test_stays_open_for_hours_without_pings_when_told_so),
        TEST(test_gives_a_message_the_time_of_a_body),
        TEST(test_holds_little_for_a_client_that_does_not_read_and_drops_it),
        TEST(test_does_not_read_a_client_that_does_not_read_its_answers),
        TEST(test_owes_one_pong_at_most),
        TEST(test_lives_through_any_allocation_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
