/* Requests and answers through real sockets: what each request gets, and what the connection is good for afterwards. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/http_listen.h"
#include "support/faults.h"
#include "support/http_files.h"
#include "support/http_fixture.h"

#define GET(path, headers) "GET " path " HTTP/1.1\r\nHost: localhost\r\n" headers "\r\n"
#define POST(path, headers, n, body)                                                                                   \
    "POST " path " HTTP/1.1\r\nHost: localhost\r\n" headers "Content-Length: " n "\r\n\r\n" body

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

/* One request on a connection of its own; the answer is in `out`. */
static int ask(const char *request, buf *out)
{
    raw_client c;
    raw_open(&c, &f, 0);
    raw_puts(&c, request);
    const int status = raw_answer(&c, out, false);
    raw_close(&c);
    return status;
}

static bool has(const buf *answer, const char *text)
{
    return strstr(buf_str(answer), text) != NULL;
}

/* Sends a file in pieces, and wants one answer with its status. */
static void send_file(const http_file *file, size_t piece)
{
    raw_client c;
    buf answer = {0};
    raw_open(&c, &f, 0);
    for (size_t at = 0; at < file->n; at += piece)
        raw_send(&c, file->bytes + at, file->n - at < piece ? file->n - at : piece);
    const int status = raw_answer(&c, &answer, false);
    if (status != file->status)
        fail_msg("%s in pieces of %zu: %d\n%s", file->name, piece, status, buf_str(&answer));
    shutdown(c.fd, SHUT_WR);
    raw_rest(&c);
    if (c.in.size > 0)
        fail_msg("%s: a second answer: %s", file->name, c.in.data);
    buf_free(&answer);
    raw_close(&c);
}

static void check_file(void *ud, const http_file *file)
{
    (void)ud;
    send_file(file, file->n);
    send_file(file, 1);
    send_file(file, file->n / 2 + 1);
}

static void test_gives_every_file_one_answer_with_its_status(void **state)
{
    (void)state;
    fixture_start(&f);
    http_files_each(check_file, NULL);
}

static void test_serves_several_requests_on_one_connection(void **state)
{
    (void)state;
    raw_client c;
    buf answer = {0};
    fixture_start(&f);
    raw_open(&c, &f, 0);
    for (int i = 0; i < 3; i++) {
        raw_puts(&c, GET("/health", ""));
        assert_int_equal(raw_answer(&c, &answer, false), 200);
        assert_false(has(&answer, "connection:"));
        raw_puts(&c, POST("/echo", "", "5", "hello"));
        assert_int_equal(raw_answer(&c, &answer, false), 200);
        assert_true(has(&answer, "\r\ncontent-length: 5\r\n\r\nhello"));
    }
    raw_puts(&c, GET("/health", "Connection: close\r\n"));
    assert_int_equal(raw_answer(&c, &answer, false), 200);
    assert_true(has(&answer, "\r\nconnection: close\r\n"));
    raw_rest(&c);
    assert_int_equal(c.in.size, 0);
    buf_free(&answer);
    raw_close(&c);
}

static void test_answers_pipelined_requests_in_order(void **state)
{
    (void)state;
    static const char TWO[] = POST("/echo", "", "1", "a") GET("/list/b", "");
    raw_client c;
    buf answer = {0};
    fixture_start(&f);
    raw_open(&c, &f, 0);
    raw_puts(&c, GET("/slow", ""));
    raw_puts(&c, TWO);
    fixture_wait(&f, &f.counts.n_owners, 1);
    fixture_answer(&f);
    assert_int_equal(raw_answer(&c, &answer, false), 200);
    assert_true(has(&answer, "\r\nx-more: 1\r\n") && has(&answer, "late"));
    assert_int_equal(raw_answer(&c, &answer, false), 200);
    assert_true(has(&answer, "\r\n\r\na"));
    assert_int_equal(raw_answer(&c, &answer, false), 200);
    assert_true(has(&answer, "/list/b b"));
    raw_puts(&c, GET("/health", ""));
    assert_int_equal(raw_answer(&c, &answer, false), 200);
    buf_free(&answer);
    raw_close(&c);
}

/* Reads one answer and compares its status and a word of it. */
static void expect_answer(raw_client *c, int status, const char *word)
{
    buf answer = {0};
    const int got = raw_answer(c, &answer, false);
    if (got != status || !has(&answer, word))
        fail_msg("%d instead of %d with '%s': %s", got, status, word, buf_str(&answer));
    buf_free(&answer);
}

static void test_answers_pipelined_requests_in_order_when_some_are_refused(void **state)
{
    (void)state;
    static const char MANY[] =
        GET("/nowhere/1", "") POST("/nowhere/2", "", "5", "GET /") POST("/health", "", "1", "x")    //
        POST("/small", "", "16", "0123456789abcdef") GET("/lines", "Origin: https://evil.test\r\n") //
        POST("/echo", "Expect: 100-continue\r\n", "5", "hello") GET("/pieces", "")                  //
        POST("/echo", "", "1", "z") "broken\r\n" GET("/health", "");
    raw_client c;
    fixture_start(&f);
    raw_open(&c, &f, 0);
    raw_puts(&c, GET("/slow", ""));
    raw_puts(&c, MANY);
    fixture_wait(&f, &f.counts.n_owners, 1);
    fixture_answer(&f);
    expect_answer(&c, 200, "late");
    expect_answer(&c, 404, "/nowhere/1");
    expect_answer(&c, 404, "/nowhere/2");
    expect_answer(&c, 405, "/health");
    expect_answer(&c, 200, "\r\n\r\n0123456789abcdef");
    expect_answer(&c, 403, "evil.test");
    expect_answer(&c, 200, "\r\n\r\nhello"); // the body was there, so nothing has to continue
    expect_answer(&c, 200, "event: named");
    expect_answer(&c, 200, "\r\n\r\nz");
    expect_answer(&c, 400, "");
    raw_rest(&c); // what follows cannot be read as a request
    assert_int_equal(c.in.size, 0);
    raw_close(&c);
}

static void test_lets_a_body_come_when_its_request_has_its_turn(void **state)
{
    (void)state;
    raw_client c;
    fixture_start(&f);
    raw_open(&c, &f, 0);
    raw_puts(&c, GET("/slow", ""));
    raw_puts(&c, POST("/echo", "Expect: 100-continue\r\n", "5", ""));
    fixture_wait(&f, &f.counts.n_owners, 1);
    fixture_answer(&f);
    expect_answer(&c, 200, "late");
    expect_answer(&c, 100, "Continue");
    raw_puts(&c, "hello" GET("/health", ""));
    expect_answer(&c, 200, "\r\n\r\nhello");
    expect_answer(&c, 200, "ok");
    static const char *const REFUSED[] = {
        POST("/small", "Expect: 100-continue\r\n", "17", ""),
        POST("/health", "Expect: 100-continue\r\n", "1", ""),
        POST("/echo", "Expect: 100-continue\r\nOrigin: https://evil.test\r\n", "1", ""),
    };
    static const int STATUSES[] = {413, 405, 403};
    for (size_t i = 0; i < sizeof REFUSED / sizeof REFUSED[0]; i++) {
        raw_puts(&c, REFUSED[i]); // the body does not come, so the connection cannot go on
        expect_answer(&c, STATUSES[i], "\r\nconnection: close\r\n");
        raw_rest(&c);
        assert_int_equal(c.in.size, 0);
        raw_close(&c);
        raw_open(&c, &f, 0);
    }
    raw_close(&c);
}

static void test_keeps_few_bytes_of_later_requests(void **state)
{
    (void)state;
    enum { N_EARLY = 65536 };
    static char early[N_EARLY];
    raw_client c;
    buf answer = {0};
    memset(early, 'x', sizeof early);
    fixture_start(&f);
    raw_open(&c, &f, 0);
    raw_puts(&c, GET("/slow", ""));
    fixture_wait(&f, &f.counts.n_owners, 1);
    raw_send(&c, early, sizeof early);
    raw_send(&c, early, sizeof early);
    fixture_answer(&f);
    assert_int_equal(raw_answer(&c, &answer, false), 200);
    raw_rest(&c); // the connection ends, and no byte of x was answered
    assert_true(c.in.size == 0 || strncmp(c.in.data, "HTTP/1.1 400", 12) == 0);
    buf_free(&answer);
    raw_close(&c);
}

static void test_answers_head_without_a_body(void **state)
{
    (void)state;
    raw_client c;
    buf answer = {0};
    fixture_start(&f);
    raw_open(&c, &f, 0);
    raw_puts(&c, "HEAD /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_int_equal(raw_answer(&c, &answer, true), 200);
    assert_true(has(&answer, "\r\ncontent-length: 11\r\n"));
    raw_puts(&c, "HEAD /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert_int_equal(raw_answer(&c, &answer, true), 404);
    raw_rest(&c);
    assert_int_equal(c.in.size, 0);
    buf_free(&answer);
    raw_close(&c);
}

static void test_names_the_methods_of_a_path(void **state)
{
    (void)state;
    buf answer = {0};
    fixture_start(&f);
    assert_int_equal(ask(POST("/health", "", "0", ""), &answer), 405);
    assert_true(has(&answer, "\r\nallow: GET, HEAD, OPTIONS\r\n") && has(&answer, "\"path\":\"/health\""));
    assert_int_equal(ask(GET("/small", ""), &answer), 405);
    assert_true(has(&answer, "\r\nallow: POST, OPTIONS\r\n"));
    assert_int_equal(ask("PUT /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", &answer), 405);
    assert_true(has(&answer, "\r\nallow: GET, HEAD, POST, OPTIONS\r\n"));
    assert_int_equal(ask(GET("/list/", ""), &answer), 404);
    assert_int_equal(ask(GET("/list/a%20b/c/?d=e", "X-Many: 1\r\nx-many: 2\r\n"), &answer), 200);
    assert_true(has(&answer, "\r\n\r\n/list/a b/c a b/c d=e 1, 2"));
    buf_free(&answer);
}

static void test_returns_request_ids(void **state)
{
    (void)state;
    buf answer = {0};
    fixture_start(&f);
    ask(GET("/health", "X-Request-Id: mine-1\r\n"), &answer);
    assert_true(has(&answer, "\r\nx-request-id: mine-1\r\n"));
    ask(GET("/health", "X-Request-Id: not visible\r\n"), &answer);
    assert_true(has(&answer, "\r\nx-request-id: req-"));
    ask("junk\r\n", &answer);
    assert_true(has(&answer, "\r\nx-request-id: req-") && has(&answer, "\r\nx-content-type-options: nosniff\r\n"));
    buf_free(&answer);
}

static void test_asks_for_the_key(void **state)
{
    (void)state;
    buf answer = {0};
    f.options.api_key = "sesame";
    fixture_start(&f);
    assert_int_equal(ask(GET("/health", ""), &answer), 200);
    assert_int_equal(ask(GET("/list/a", ""), &answer), 401);
    assert_true(has(&answer, "\r\nwww-authenticate: Bearer\r\n"));
    assert_int_equal(ask(GET("/list/a", "Authorization: Bearer open\r\n"), &answer), 401);
    assert_int_equal(ask(GET("/list/a", "Authorization: Basic sesame\r\n"), &answer), 401);
    assert_int_equal(ask(GET("/list/a", "Authorization: bearer sesame\r\n"), &answer), 200);
    assert_int_equal(ask(GET("/list/a", "x-api-key: sesame\r\n"), &answer), 200);
    assert_int_equal(ask("OPTIONS /list/a HTTP/1.1\r\nHost: localhost\r\n\r\n", &answer), 200);
    buf_free(&answer);
}

static void test_answers_pages_of_allowed_origins_only(void **state)
{
    (void)state;
    buf answer = {0};
    f.options.allow_origin = "https://chat.example,vscode-webview://*";
    fixture_start(&f);
    assert_int_equal(ask(GET("/health", "Origin: http://localhost:3000\r\n"), &answer), 200);
    assert_true(has(&answer, "\r\naccess-control-allow-origin: http://localhost:3000\r\n"));
    assert_true(has(&answer, "\r\naccess-control-expose-headers: X-Request-Id, Spillway-Ignored\r\n"));
    assert_true(has(&answer, "\r\nvary: Origin\r\n") && !has(&answer, "access-control-allow-methods"));
    assert_int_equal(ask(GET("/health", "Origin: vscode-webview://1f2e\r\n"), &answer), 200);
    assert_int_equal(ask(GET("/health", "Origin: https://chat.example\r\n"), &answer), 200);
    assert_int_equal(ask(GET("/health", "Origin: https://evil.test\r\n"), &answer), 403);
    assert_true(has(&answer, "'https://evil.test'") && has(&answer, "--allow-origin"));
    assert_false(has(&answer, "access-control"));
    assert_int_equal(ask(GET("/health", "Origin: null\r\n"), &answer), 403);
    assert_int_equal(ask("OPTIONS /x HTTP/1.1\r\nHost: localhost\r\nOrigin: http://[::1]\r\n"
                         "Access-Control-Request-Headers: content-type, x-stainless-os\r\n\r\n",
                         &answer),
                     200);
    assert_true(has(&answer, "\r\naccess-control-allow-methods: GET, POST, DELETE, OPTIONS\r\n"));
    assert_true(has(&answer, "\r\naccess-control-allow-headers: content-type, x-stainless-os\r\n"));
    assert_true(has(&answer, "\r\naccess-control-max-age: 86400\r\n"));
    buf_free(&answer);
}

static void test_lets_any_page_call_when_told_so(void **state)
{
    (void)state;
    buf answer = {0};
    f.options.cors_any = true;
    fixture_start(&f);
    assert_int_equal(ask(GET("/health", "Origin: https://evil.test\r\n"), &answer), 200);
    assert_true(has(&answer, "\r\naccess-control-allow-origin: *\r\n"));
    buf_free(&answer);
}

static void test_lets_a_waiting_client_send_its_body_or_refuses_at_once(void **state)
{
    (void)state;
    raw_client c;
    buf answer = {0};
    fixture_start(&f);
    raw_open(&c, &f, 0);
    raw_puts(&c, POST("/echo", "Expect: 100-continue\r\n", "5", ""));
    assert_int_equal(raw_answer(&c, &answer, false), 100);
    raw_puts(&c, "hello");
    assert_int_equal(raw_answer(&c, &answer, false), 200);
    raw_puts(&c, POST("/nowhere", "Expect: 100-continue\r\n", "5", ""));
    assert_int_equal(raw_answer(&c, &answer, false), 404);
    raw_rest(&c);
    buf_free(&answer);
    raw_close(&c);
}

static void test_reads_the_body_of_a_refused_request_and_goes_on(void **state)
{
    (void)state;
    raw_client c;
    buf answer = {0};
    fixture_start(&f);
    raw_open(&c, &f, 0);
    raw_puts(&c, POST("/nowhere", "", "5", "GET /"));
    assert_int_equal(raw_answer(&c, &answer, false), 404);
    raw_puts(&c, POST("/echo", "Origin: https://evil.test\r\n", "5", "GET /"));
    assert_int_equal(raw_answer(&c, &answer, false), 403);
    raw_puts(&c, GET("/health", ""));
    assert_int_equal(raw_answer(&c, &answer, false), 200);
    buf_free(&answer);
    raw_close(&c);
}

static void test_bounds_bodies_by_the_server_and_by_the_route(void **state)
{
    (void)state;
    enum { LIMIT = 1 << 20 };
    static char body[4 * LIMIT];
    raw_client c;
    buf answer = {0};
    f.options.body_bytes_max = LIMIT;
    memset(body, 'x', sizeof body);
    fixture_start(&f);
    raw_open(&c, &f, 0);
    raw_puts(&c, POST("/echo", "", "1048576", ""));
    raw_send(&c, body, LIMIT);
    assert_int_equal(raw_answer(&c, &answer, false), 200);
    raw_puts(&c, POST("/small", "", "16", "0123456789abcdef"));
    assert_int_equal(raw_answer(&c, &answer, false), 200);
    raw_puts(&c, POST("/small", "", "17", ""));
    assert_int_equal(raw_answer(&c, &answer, false), 413);
    raw_close(&c);
    raw_open(&c, &f, 0);
    raw_puts(&c, POST("/echo", "", "4194304", "")); // read while it is still sent
    raw_send(&c, body, sizeof body);
    assert_int_equal(raw_answer(&c, &answer, false), 413);
    shutdown(c.fd, SHUT_WR);
    raw_rest(&c);
    buf_free(&answer);
    raw_close(&c);
}

static void test_serves_http_1_0(void **state)
{
    (void)state;
    raw_client c;
    buf answer = {0};
    fixture_start(&f);
    raw_open(&c, &f, 0);
    raw_puts(&c, "GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert_int_equal(raw_answer(&c, &answer, false), 200);
    assert_true(has(&answer, "HTTP/1.0 200 OK\r\n") && has(&answer, "\r\nconnection: keep-alive\r\n"));
    raw_puts(&c, "GET /silent HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    fixture_wait(&f, &f.counts.n_owners, 1);
    fixture_answer(&f);
    raw_rest(&c); // the end of the connection ends the stream
    assert_true(has(&c.in, "\r\nconnection: close\r\n") && !has(&c.in, "transfer-encoding"));
    assert_true(has(&c.in, "\r\n\r\n: keep-alive\n\nevent: last\ndata: {}\n\n"));
    buf_free(&answer);
    raw_close(&c);
}

static void test_frames_events(void **state)
{
    (void)state;
    raw_client c;
    buf answer = {0};
    fixture_start(&f);
    raw_open(&c, &f, 0);
    raw_puts(&c, GET("/silent", ""));
    assert_true(raw_until(&c, "keep-alive"));
    fixture_answer(&f);
    assert_int_equal(raw_answer(&c, &answer, false), 200);
    assert_true(has(&answer, "\r\ncontent-type: text/event-stream; charset=utf-8\r\n"));
    assert_true(has(&answer, "\r\ncache-control: no-cache\r\n") && has(&answer, "\r\nx-accel-buffering: no\r\n"));
    assert_true(has(&answer, "\r\nspillway-ignored: a, b\r\n") && !has(&answer, "x-bad"));
    assert_true(has(&answer, "\r\n\r\ne\r\n: keep-alive\n\n\r\n16\r\nevent: last\ndata: {}\n\n\r\n0\r\n\r\n"));
    raw_puts(&c, GET("/lines", ""));
    assert_true(raw_until(&c, "{\"a\":1}"));
    fixture_answer(&f);
    assert_int_equal(raw_answer(&c, &answer, false), 200);
    assert_true(has(&answer, "\r\ncontent-type: application/x-ndjson\r\n"));
    assert_true(has(&answer, "\r\n\r\n8\r\n{\"a\":1}\n\r\n3\r\n{}\n\r\n0\r\n\r\n"));
    buf_free(&answer);
    raw_close(&c);
}

static void test_sends_every_line_of_an_event_as_a_line_of_data(void **state)
{
    (void)state;
    static const char *const EVENTS[] = {
        "data: one\n\n",
        "data:  works:\ndata: \n\n",
        "data: \n\n",
        "data: \ndata: \n\n",
        "event: named\ndata: a\ndata: b\ndata: c\ndata: \ndata: d\n\n",
        "data: \ndata: \n\n",
        "data: \ndata: \ndata: \n\n",
        "data: \ndata: \ndata: \n\n",
    };
    raw_client c;
    buf answer = {0}, expected;
    buf_init(&expected, 4096);
    for (size_t i = 0; i < sizeof EVENTS / sizeof EVENTS[0]; i++)
        buf_printf(&expected, "%zx\r\n%s\r\n", strlen(EVENTS[i]), EVENTS[i]);
    buf_puts(&expected, "0\r\n\r\n");
    f.options.ping_interval_s = 0;
    fixture_start(&f);
    raw_open(&c, &f, 0);
    raw_puts(&c, GET("/pieces", ""));
    assert_int_equal(raw_answer(&c, &answer, false), 200);
    assert_string_equal(strstr(buf_str(&answer), "\r\n\r\n") + 4, buf_str(&expected));
    buf_free(&answer);
    buf_free(&expected);
    raw_close(&c);
}

static void test_delivers_answers_larger_than_all_buffers(void **state)
{
    (void)state;
    enum { N = 12 << 20 };
    char *const body = malloc(N + 1);
    raw_client c;
    buf answer = {0};
    assert_non_null(body);
    for (size_t i = 0; i < N; i++)
        body[i] = (char)('a' + i % 23);
    body[N] = '\0';
    fixture_start(&f);
    raw_open(&c, &f, 4096);
    raw_puts(&c, POST("/echo", "", "12582912", ""));
    raw_send(&c, body, N);
    raw_puts(&c, GET("/health", ""));
    assert_int_equal(raw_answer(&c, &answer, false), 200);
    assert_string_equal(strstr(buf_str(&answer), "\r\n\r\n") + 4, body);
    assert_int_equal(raw_answer(&c, &answer, false), 200);
    free(body);
    buf_free(&answer);
    raw_close(&c);
}

static void test_closes_when_a_route_does_nothing(void **state)
{
    (void)state;
    buf answer = {0};
    fixture_start(&f);
    assert_int_equal(ask(GET("/mute", ""), &answer), 0);
    assert_int_equal(ask(GET("/health", ""), &answer), 200);
    buf_free(&answer);
}

static void test_reports_every_answer_once(void **state)
{
    (void)state;
    buf answer = {0};
    fixture_start(&f);
    ask(GET("/list/a", ""), &answer);
    fixture_wait(&f, &f.counts.n_done, 1);
    assert_string_equal(f.counts.path, "/list/a");
    assert_int_equal(f.counts.status, 200);
    ask("junk\r\n", &answer);
    fixture_wait(&f, &f.counts.n_done, 2);
    assert_string_equal(f.counts.path, "");
    assert_int_equal(f.counts.status, 400);
    const http_stats stats = fixture_stats(&f);
    assert_true(stats.n_accepted == 2 && stats.n_requests == 2 && stats.n_refused == 1);
    assert_int_equal(f.counts.n_done, 2);
    buf_free(&answer);
}

static void test_takes_any_port_if_those_of_its_range_are_taken(void **state)
{
    (void)state;
    enum { N_RANGE = HTTP_PORT_LAST - HTTP_PORT_FIRST + 1 };
    int fds[N_RANGE + 1], n = 0, port = HTTP_PORT_FIRST;
    sw_err err = {0};
    while (n <= N_RANGE && port >= HTTP_PORT_FIRST && port <= HTTP_PORT_LAST) {
        assert_int_equal(http_listen_open("127.0.0.1", -1, &fds[n], &port, &err), SW_OK);
        n++;
    }
    assert_false(port >= HTTP_PORT_FIRST && port <= HTTP_PORT_LAST);
    while (n > 0)
        close(fds[--n]);
}

static void test_finds_a_port_or_says_why_not(void **state)
{
    (void)state;
    http_server *other = NULL;
    sw_err err = {0};
    f.options.port = -1;
    fixture_start(&f);
    assert_in_range(http_port(f.server), 11435, 11535);
    assert_int_equal(http_open(&other, &f.options, &err), SW_OK); // the next one
    assert_true(http_port(other) > http_port(f.server));
    http_close(other);
    f.options.port = http_port(f.server);
    assert_int_equal(http_open(&other, &f.options, &err), SW_EIO);
    assert_null(other);
    assert_non_null(strstr(err.msg, "--bind"));
    sw_err_clear(&err);
    f.options.address = "example";
    assert_int_equal(http_open(&other, &f.options, &err), SW_EINVAL);
    sw_err_clear(&err);
    f.options.address = "203.0.113.1"; // of no machine
    assert_int_equal(http_open(&other, &f.options, &err), SW_EIO);
}

/* A client without any allocation: the status of the last answer until the connection ends, 0 if there was none. */
static int ask_plainly(int port, const char *request)
{
    const struct timeval patience = {.tv_sec = 30};
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    char answer[4096];
    size_t n = 0;
    ssize_t got = 0;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (const struct sockaddr *)&a, sizeof a), 0);
    (void)!send(fd, request, strlen(request), MSG_NOSIGNAL);
    while (n < sizeof answer - 1 && (got = recv(fd, answer + n, sizeof answer - 1 - n, 0)) > 0)
        n += (size_t)got;
    close(fd);
    answer[n] = '\0';
    return n > 12 ? atoi(answer + 9) : 0;
}

static void test_lives_through_any_allocation_that_fails(void **state)
{
    (void)state;
    static const char REQUEST[] = "POST /echo HTTP/1.1\r\nHost: localhost\r\nA: 1\r\nA: 2\r\nConnection: close\r\n"
                                  "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    int n_closed = 0, n_500 = 0;
    for (long i = 0;; i++) {
        sw_err err = {0};
        long n_live;
        fixture one;
        fixture_init(&one);
        faults_alloc_begin(i);
        if (http_open(&one.server, &one.options, &err) == SW_OK) {
            fixture_run(&one);
            int n_failed = 0;
            for (int request = 0; request < 3; request++) {
                const int status = ask_plainly(http_port(one.server), REQUEST);
                assert_true(status == 200 || status == 500 || status == 0);
                n_500 += status == 500;
                n_closed += status == 0;
                n_failed += status != 200;
            }
            assert_true(n_failed <= 1);
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
    assert_true(n_500 > 0 && n_closed > 0);
    fixture_start(&f); // for tear_down
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_gives_every_file_one_answer_with_its_status),
        TEST(test_serves_several_requests_on_one_connection),
        TEST(test_answers_pipelined_requests_in_order),
        TEST(test_answers_pipelined_requests_in_order_when_some_are_refused),
        TEST(test_lets_a_body_come_when_its_request_has_its_turn),
        TEST(test_keeps_few_bytes_of_later_requests),
        TEST(test_answers_head_without_a_body),
        TEST(test_names_the_methods_of_a_path),
        TEST(test_returns_request_ids),
        TEST(test_asks_for_the_key),
        TEST(test_answers_pages_of_allowed_origins_only),
        TEST(test_lets_any_page_call_when_told_so),
        TEST(test_lets_a_waiting_client_send_its_body_or_refuses_at_once),
        TEST(test_reads_the_body_of_a_refused_request_and_goes_on),
        TEST(test_bounds_bodies_by_the_server_and_by_the_route),
        TEST(test_serves_http_1_0),
        TEST(test_frames_events),
        TEST(test_sends_every_line_of_an_event_as_a_line_of_data),
        TEST(test_delivers_answers_larger_than_all_buffers),
        TEST(test_closes_when_a_route_does_nothing),
        TEST(test_reports_every_answer_once),
        cmocka_unit_test(test_takes_any_port_if_those_of_its_range_are_taken),
        TEST(test_finds_a_port_or_says_why_not),
        TEST(test_lives_through_any_allocation_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
