/* Connections over time: closed ones, slow ones, too many of them, and the end of the server. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/http_listen.h"
#include "support/http_fixture.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: localhost\r\n\r\n"
#define SLOW_BODY "POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"

enum { ROOM = 1 << 18, N_CONNECTIONS = 16 };

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

/* ---- closed connections ------------------------------------------------------------------------------------------ */

static void test_sees_a_closed_connection_in_every_phase(void **state)
{
    (void)state;
    static const char *const BEGINNINGS[] = {"", "G", "GET / HTTP/1.1\r\n", SLOW_BODY, SLOW_BODY "hell"};
    raw_client c;
    fixture_start(&f);
    for (size_t i = 0; i < sizeof BEGINNINGS / sizeof BEGINNINGS[0]; i++) {
        raw_open(&c, &f, 0);
        raw_puts(&c, BEGINNINGS[i]);
        fixture_wait_connections(&f, 1, i == 0);
        raw_close(&c);
        fixture_wait_connections(&f, 0, 0);
    }
    assert_int_equal(f.counts.n_gone, 0);
    static const char *const OWNED[] = {GET("/slow"), GET("/silent"), GET("/endless"), GET("/slow") GET("/health")};
    for (int i = 0; i < 4; i++) {
        raw_open(&c, &f, 4096);
        raw_puts(&c, OWNED[i]);
        fixture_wait(&f, &f.counts.n_owners, i + 1);
        raw_close(&c);
        fixture_wait(&f, &f.counts.n_gone, i + 1);
        fixture_wait_connections(&f, 0, 0);
    }
}

static void test_reports_status_0_when_the_connection_ends_before_an_answer(void **state)
{
    (void)state;
    raw_client c;
    fixture_start(&f);
    raw_open(&c, &f, 0);
    raw_puts(&c, GET("/slow"));
    fixture_wait(&f, &f.counts.n_owners, 1);
    raw_close(&c);
    fixture_wait(&f, &f.counts.n_done, 1);
    assert_int_equal(f.counts.status, 0);
    assert_string_equal(f.counts.path, "/slow");
}

static void test_answers_a_client_that_has_ended_its_own_side(void **state)
{
    (void)state;
    raw_client c;
    buf answer = {0};
    fixture_start(&f);
    raw_open(&c, &f, 0);
    raw_puts(&c, GET("/health") "GET /health HTTP/1.0\r\n\r\n");
    shutdown(c.fd, SHUT_WR);
    assert_int_equal(raw_answer(&c, &answer, false), 200);
    assert_int_equal(raw_answer(&c, &answer, false), 200);
    raw_rest(&c);
    buf_free(&answer);
    raw_close(&c);
    raw_open(&c, &f, 0);
    raw_puts(&c, GET("/slow"));
    shutdown(c.fd, SHUT_WR); // indistinguishable from a closed connection: the work ends
    fixture_wait(&f, &f.counts.n_gone, 1);
    raw_close(&c);
}

static void test_drops_a_connection_without_calling_gone(void **state)
{
    (void)state;
    raw_client c;
    fixture_start(&f);
    raw_open(&c, &f, 0);
    raw_puts(&c, GET("/silent"));
    assert_true(raw_until(&c, "keep-alive"));
    fixture_drop(&f);
    raw_rest(&c);
    assert_false(has(&c.in, "\r\n0\r\n"));
    raw_close(&c);
    fixture_wait_connections(&f, 0, 0);
    assert_int_equal(f.counts.n_gone, 0);
}

/* ---- deadlines --------------------------------------------------------------------------------------------------- */

static void test_closes_idle_connections(void **state)
{
    (void)state;
    raw_client fresh, used;
    buf answer = {0};
    fixture_start(&f);
    raw_open(&fresh, &f, 0);
    fixture_wait_connections(&f, 1, 1);
    fixture_advance(&f, 40);
    raw_open(&used, &f, 0);
    raw_puts(&used, GET("/health"));
    assert_int_equal(raw_answer(&used, &answer, false), 200);
    fixture_wait_connections(&f, 2, 2);
    fixture_advance(&f, 36);
    raw_rest(&fresh);
    assert_int_equal(fresh.in.size, 0);
    fixture_wait_connections(&f, 1, 1);
    fixture_advance(&f, 40);
    raw_rest(&used);
    assert_int_equal(used.in.size, 0);
    buf_free(&answer);
    raw_close(&fresh);
    raw_close(&used);
}

static void test_answers_408_when_a_head_or_a_body_does_not_arrive(void **state)
{
    (void)state;
    raw_client c;
    buf answer = {0};
    fixture_start(&f);
    raw_open(&c, &f, 0);
    raw_puts(&c, "GET /health HTTP/1.1\r\nHost: localhost\r\n");
    fixture_wait_connections(&f, 1, 0);
    fixture_advance(&f, 9.9);
    fixture_wait_connections(&f, 1, 0);
    fixture_advance(&f, 0.2);
    assert_int_equal(raw_answer(&c, &answer, false), 408);
    assert_true(has(&answer, "head") && has(&answer, "10 s"));
    raw_rest(&c);
    raw_close(&c);
    raw_open(&c, &f, 0);
    raw_puts(&c, SLOW_BODY);
    assert_int_equal(raw_answer(&c, &answer, false), 100);
    raw_puts(&c, "hell");
    fixture_advance(&f, 60.1);
    assert_int_equal(raw_answer(&c, &answer, false), 408);
    assert_true(has(&answer, "body") && has(&answer, "60 s"));
    raw_rest(&c);
    raw_close(&c);
    buf_free(&answer);
}

static void test_closes_a_refused_connection_that_the_client_keeps_open(void **state)
{
    (void)state;
    raw_client c;
    fixture_start(&f);
    raw_open(&c, &f, 0);
    raw_puts(&c, "junk\r\n");
    raw_rest(&c); // the answer and the end of the server's side
    assert_true(has(&c.in, "HTTP/1.1 400"));
    fixture_wait_connections(&f, 1, 0);
    fixture_advance(&f, 2.1);
    fixture_wait_connections(&f, 0, 0);
    raw_close(&c);
}

static void test_sends_comments_on_a_silent_event_stream(void **state)
{
    (void)state;
    raw_client c, lines;
    fixture_start(&f);
    raw_open(&c, &f, 0);
    raw_open(&lines, &f, 0);
    raw_puts(&c, GET("/silent"));
    raw_puts(&lines, GET("/lines"));
    assert_true(raw_until(&c, ": keep-alive\n\n"));
    assert_true(raw_until(&lines, "{\"a\":1}"));
    for (int i = 0; i < 3; i++) {
        buf_clear(&c.in);
        fixture_advance(&f, 15.1);
        assert_true(raw_until(&c, "e\r\n: keep-alive\n\n\r\n"));
    }
    fixture_answer(&f);
    assert_true(raw_until(&lines, "\r\n0\r\n\r\n"));
    assert_false(has(&lines.in, "keep-alive"));
    raw_close(&c);
    raw_close(&lines);
}

static void test_sends_no_comments_when_told_so(void **state)
{
    (void)state;
    raw_client c;
    f.options.ping_interval_s = 0;
    fixture_start(&f);
    raw_open(&c, &f, 0);
    raw_puts(&c, GET("/silent"));
    assert_true(raw_until(&c, "\r\n\r\n"));
    fixture_advance(&f, 3600);
    (void)fixture_stats(&f);
    fixture_answer(&f);
    assert_true(raw_until(&c, "\r\n0\r\n\r\n"));
    assert_false(has(&c.in, "keep-alive"));
    raw_close(&c);
}

static void test_holds_little_for_a_client_that_does_not_read_and_drops_it(void **state)
{
    (void)state;
    raw_client c;
    fixture_start(&f);
    raw_open(&c, &f, 4096);
    raw_puts(&c, GET("/endless"));
    for (int i = 1; i <= 3; i++) { // as long as it reads, it may be slow
        for (size_t n = 0; n < 8 * (size_t)ROOM;) {
            char piece[16384];
            const ssize_t got = recv(c.fd, piece, sizeof piece, 0);
            assert_true(got > 0);
            n += (size_t)got;
        }
        fixture_wait(&f, &f.counts.n_pumped, i);
        fixture_advance(&f, 20);
    }
    const http_stats full = fixture_stats(&f);
    assert_true(full.out_bytes <= ROOM + 2000 && f.n_waiting_max <= ROOM + 2000);
    assert_int_equal(f.counts.n_gone, 0);
    // Its socket may still take some bytes; then nothing moves but the time.
    for (int i = 0; i < 1000 && f.counts.n_gone == 0; i++) {
        fixture_advance(&f, 29);
        (void)fixture_stats(&f);
    }
    fixture_wait(&f, &f.counts.n_gone, 1);
    assert_int_equal(fixture_stats(&f).out_bytes, 0);
    raw_close(&c);
}

static void test_drops_a_client_that_does_not_read_a_whole_answer(void **state)
{
    (void)state;
    enum { N = 8 << 20 };
    static char body[N];
    raw_client c;
    fixture_start(&f);
    raw_open(&c, &f, 4096);
    raw_puts(&c, "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8388608\r\n\r\n");
    memset(body, 'x', sizeof body);
    raw_send(&c, body, sizeof body);
    while (fixture_stats(&f).out_bytes == 0) {
    }
    for (int i = 0; i < 1000 && fixture_stats(&f).n_connections > 0; i++)
        fixture_advance(&f, 29);
    fixture_wait_connections(&f, 0, 0);
    raw_close(&c);
}

/* ---- too many ---------------------------------------------------------------------------------------------------- */

static void test_idle_connections_make_room_for_new_ones(void **state)
{
    (void)state;
    raw_client held[3 * N_CONNECTIONS], busy;
    buf answer = {0};
    fixture_start(&f);
    raw_open(&busy, &f, 0);
    raw_puts(&busy, GET("/slow"));
    fixture_wait(&f, &f.counts.n_owners, 1);
    for (int i = 0; i < 3 * N_CONNECTIONS; i++) {
        raw_open(&held[i], &f, 0);
        if (i % 2 == 0) { // used ones and fresh ones
            raw_puts(&held[i], GET("/health"));
            assert_int_equal(raw_answer(&held[i], &answer, false), 200);
        }
        fixture_wait_connections(&f, i + 2 < N_CONNECTIONS ? i + 2 : N_CONNECTIONS,
                                 i + 1 < N_CONNECTIONS - 1 ? i + 1 : N_CONNECTIONS - 1);
        fixture_advance(&f, 0.001);
    }
    raw_rest(&held[0]); // the oldest went
    raw_puts(&held[3 * N_CONNECTIONS - 1], GET("/health"));
    assert_int_equal(raw_answer(&held[3 * N_CONNECTIONS - 1], &answer, false), 200);
    fixture_answer(&f);
    assert_int_equal(raw_answer(&busy, &answer, false), 200);
    for (int i = 0; i < 3 * N_CONNECTIONS; i++)
        raw_close(&held[i]);
    buf_free(&answer);
    raw_close(&busy);
}

static void test_refuses_connections_when_all_are_busy(void **state)
{
    (void)state;
    raw_client held[N_CONNECTIONS], other;
    buf answer = {0};
    fixture_start(&f);
    for (int i = 0; i < N_CONNECTIONS; i++) {
        raw_open(&held[i], &f, 0);
        raw_puts(&held[i], GET("/slow"));
    }
    fixture_wait(&f, &f.counts.n_owners, N_CONNECTIONS);
    raw_open(&other, &f, 0);
    raw_puts(&other, GET("/health"));
    assert_int_equal(raw_answer(&other, &answer, false), 503);
    raw_rest(&other);
    raw_close(&other);
    assert_int_equal(f.counts.n_gone, 0);
    fixture_answer(&f);
    for (int i = 0; i < N_CONNECTIONS; i++) {
        assert_int_equal(raw_answer(&held[i], &answer, false), 200);
        raw_close(&held[i]);
    }
    raw_open(&other, &f, 0);
    raw_puts(&other, GET("/health"));
    assert_int_equal(raw_answer(&other, &answer, false), 200);
    raw_close(&other);
    buf_free(&answer);
}

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void test_waits_without_work_while_there_are_no_descriptors(void **state)
{
    (void)state;
    enum { FILES_MAX = 64 };
    const struct timespec while_s = {.tv_nsec = 500000000};
    struct rlimit before, few;
    int taken[FILES_MAX], n_taken = 0;
    raw_client c;
    buf answer = {0};
    f.options.tick_ms = 20;
    fixture_start(&f);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = FILES_MAX;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    for (int fd; n_taken < FILES_MAX && (fd = dup(STDERR_FILENO)) >= 0;)
        taken[n_taken++] = fd;
    assert_in_range(n_taken, 2, FILES_MAX - 1);
    close(taken[--n_taken]); // for the client; the server finds none
    raw_open(&c, &f, 0);
    raw_puts(&c, GET("/health"));
    const double start_s = cpu_s();
    nanosleep(&while_s, NULL);
    const double used_s = cpu_s() - start_s;
    close(taken[--n_taken]);
    assert_int_equal(raw_answer(&c, &answer, false), 200); // it waited for a descriptor, and got one
    while (n_taken > 0)
        close(taken[--n_taken]);
    setrlimit(RLIMIT_NOFILE, &before);
    assert_true(used_s < 0.1);
    buf_free(&answer);
    raw_close(&c);
}

/* In a process of its own, since a lowered limit cannot be raised again. */
static int connections_with_files(rlim_t files_soft, rlim_t files_hard, int n_wanted)
{
    int status = 0;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit limit = {.rlim_cur = files_soft, .rlim_max = files_hard};
        _exit(setrlimit(RLIMIT_NOFILE, &limit) == 0 ? http_listen_raise_limit(n_wanted) : 255);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_allows_fewer_connections_when_files_are_few(void **state)
{
    (void)state;
    fixture_start(&f);                                         // for tear_down
    assert_int_equal(connections_with_files(64, 64, 200), 32); // the other half is for models and logs
    assert_int_equal(connections_with_files(200, 200, 200), 136);
    assert_int_equal(connections_with_files(64, 300, 200), 200); // raised
    assert_int_equal(connections_with_files(300, 300, 5), 5);
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

static void test_stops_streams_with_their_owners_last_word(void **state)
{
    (void)state;
    raw_client stream, slow, idle, half;
    buf answer = {0};
    fixture_start(&f);
    raw_open(&stream, &f, 0);
    raw_open(&slow, &f, 0);
    raw_open(&idle, &f, 0);
    raw_open(&half, &f, 0);
    raw_puts(&stream, GET("/silent"));
    raw_puts(&slow, GET("/slow"));
    raw_puts(&half, "GET /health HTTP/1.1\r\n");
    fixture_wait(&f, &f.counts.n_owners, 2);
    fixture_wait_connections(&f, 4, 1);
    http_stop(f.server);
    fixture_wait(&f, &f.counts.n_stopped, 2);
    assert_int_equal(raw_answer(&stream, &answer, false), 200);
    assert_true(has(&answer, "\r\n13\r\ndata: {\"error\":1}\n\n\r\n0\r\n\r\n"));
    assert_int_equal(raw_answer(&slow, &answer, false), 503);
    assert_int_equal(raw_answer(&half, &answer, false), 503);
    assert_true(has(&answer, "\r\nretry-after: 5\r\n") && has(&answer, "\r\nconnection: close\r\n"));
    assert_int_equal(raw_answer(&idle, &answer, false), 0);
    fixture_join(&f);
    assert_int_equal(f.counts.n_gone, 0);
    buf_free(&answer);
    raw_close(&stream);
    raw_close(&slow);
    raw_close(&idle);
    raw_close(&half);
}

static void test_gives_up_on_last_answers_after_a_while(void **state)
{
    (void)state;
    raw_client c;
    fixture_start(&f);
    raw_open(&c, &f, 4096);
    raw_puts(&c, GET("/endless"));
    fixture_wait(&f, &f.counts.n_owners, 1);
    http_stop(f.server);
    fixture_wait(&f, &f.counts.n_stopped, 1);
    fixture_advance(&f, 2.1);
    fixture_join(&f);
    raw_close(&c);
}

static http_server *signalled;

static void on_signal(int number)
{
    (void)number;
    http_stop(signalled);
}

static void test_stops_from_a_signal_handler_even_before_it_runs(void **state)
{
    (void)state;
    sw_err err = {0};
    assert_int_equal(http_open(&f.server, &f.options, &err), SW_OK);
    signalled = f.server;
    signal(SIGUSR1, on_signal);
    raise(SIGUSR1);
    signal(SIGUSR1, SIG_DFL);
    http_run(f.server);
    http_close(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_sees_a_closed_connection_in_every_phase),
        TEST(test_reports_status_0_when_the_connection_ends_before_an_answer),
        TEST(test_answers_a_client_that_has_ended_its_own_side),
        TEST(test_drops_a_connection_without_calling_gone),
        TEST(test_closes_idle_connections),
        TEST(test_answers_408_when_a_head_or_a_body_does_not_arrive),
        TEST(test_closes_a_refused_connection_that_the_client_keeps_open),
        TEST(test_sends_comments_on_a_silent_event_stream),
        TEST(test_sends_no_comments_when_told_so),
        TEST(test_holds_little_for_a_client_that_does_not_read_and_drops_it),
        TEST(test_drops_a_client_that_does_not_read_a_whole_answer),
        TEST(test_idle_connections_make_room_for_new_ones),
        TEST(test_refuses_connections_when_all_are_busy),
        TEST(test_waits_without_work_while_there_are_no_descriptors),
        TEST(test_allows_fewer_connections_when_files_are_few),
        TEST(test_stops_streams_with_their_owners_last_word),
        TEST(test_gives_up_on_last_answers_after_a_while),
        TEST(test_stops_from_a_signal_handler_even_before_it_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
