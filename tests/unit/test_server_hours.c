/* Eight hours of a server in seconds: its clock is the test's, its sockets are real.
 *
 * Every minute a chat comes on a connection that stays open and another one is streamed on a connection of its own.
 * Time passes only when the test says so, and the stub engine's pace (one token in ten seconds) is of the same time. So
 * what takes minutes elsewhere is exact here: idle connections end, silent streams get comments, heads that do not
 * arrive are refused, and after eight hours as many bytes are allocated as after one.
 */
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "support/server_fixture.h"

enum {
    HOURS = 8,
    MINUTES_PER_HOUR = 60,
    PING_S = 5,
    IDLE_S = 75,         // as server.c
    HEAD_S = 10,         // as server.c
    TOKENS_PER_CHAT = 2, // each takes ten seconds
};

/* ---- memory: how many bytes are allocated now ------------------------------------------------------------------- */

static _Atomic long live_bytes;

static void *counting_resize(void *ud, void *p, size_t size)
{
    (void)ud;
    const long before = p != NULL ? (long)malloc_usable_size(p) : 0;
    if (size == 0) {
        free(p);
        atomic_fetch_sub(&live_bytes, before);
        return NULL;
    }
    void *const q = realloc(p, size);
    if (q != NULL)
        atomic_fetch_add(&live_bytes, (long)malloc_usable_size(q) - before);
    return q;
}

/* ---- time: passes when the test says so; the engine's thread sleeps until then ---------------------------------- */

static fake_clock hands;
static pthread_mutex_t time_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t time_passed = PTHREAD_COND_INITIALIZER;
static sw_clock test_clock;
static uint64_t wakes_ns; // when the thread that sleeps wakes; 0: none does

static void wait_for_time(void *ud, uint64_t ns)
{
    (void)ud;
    pthread_mutex_lock(&time_lock);
    wakes_ns = clock_now_ns(&hands.clock) + ns;
    while (clock_now_ns(&hands.clock) < wakes_ns)
        pthread_cond_wait(&time_passed, &time_lock);
    wakes_ns = 0;
    pthread_mutex_unlock(&time_lock);
}

/* Waits, by the machine's clock, until the engine's thread sleeps. */
static void until_asleep(void)
{
    for (bool sleeps = false; !sleeps; usleep(100)) {
        pthread_mutex_lock(&time_lock);
        sleeps = wakes_ns > clock_now_ns(&hands.clock);
        pthread_mutex_unlock(&time_lock);
    }
}

/* Lets time pass until the engine's thread wakes, if it sleeps. */
static void advance_to_wake(void)
{
    pthread_mutex_lock(&time_lock);
    const uint64_t now = clock_now_ns(&hands.clock);
    if (wakes_ns > now)
        fake_clock_advance(&hands, wakes_ns - now);
    pthread_cond_broadcast(&time_passed);
    pthread_mutex_unlock(&time_lock);
}

static void advance_s(double seconds)
{
    pthread_mutex_lock(&time_lock);
    fake_clock_advance(&hands, (uint64_t)(seconds * 1e9));
    pthread_cond_broadcast(&time_passed);
    pthread_mutex_unlock(&time_lock);
}

static double now_s(void)
{
    return (double)clock_now_ns(&hands.clock) / 1e9;
}

static void advance_to_s(double seconds)
{
    if (now_s() > seconds)
        fail_msg("it is %.1f s already, later than %.1f s", now_s(), seconds);
    advance_s(seconds - now_s());
}

static uint64_t same_number(void *ud)
{
    (void)ud;
    return 0x0123456789abcdefu;
}

/* ---- what happens in a minute
 * ---------------------------------------------------------------------------------------- */

#define CHAT(more)                                                                                                     \
    "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"ignore_eos\":true,\"max_tokens\":2" more "}"

/* Lets the engine work until `mark` has arrived. */
static void await_with_time(int fd, buf *in, const char *mark)
{
    for (int i = 0; i < 20000 && strstr(buf_str(in), mark) == NULL; i++) { // milliseconds of the machine
        advance_to_wake();
        if (server_fixture_receive(fd, in, 1) == 0)
            break;
    }
    if (strstr(buf_str(in), mark) == NULL)
        fail_msg("'%s' has not come: %s", mark, buf_str(in));
}

/* Receives until `mark` comes after the first `begin` bytes; time stands still. */
static void await_after(int fd, buf *in, size_t begin, const char *mark)
{
    while (strstr(buf_str(in) + begin, mark) == NULL) {
        if (server_fixture_receive(fd, in, 20000) <= 0)
            fail_msg("'%s' has not come: %s", mark, buf_str(in));
    }
}

static void send_chat(int fd, const char *body)
{
    char request[1024];
    snprintf(request, sizeof request,
             "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n\r\n%s", strlen(body),
             body);
    server_fixture_send(fd, request);
}

/* A chat on a connection that stays open; the answer's message must be the same every time. */
static void chat(int fd, char *message, size_t size)
{
    buf in;
    buf_init(&in, 1 << 20);
    send_chat(fd, CHAT(""));
    await_with_time(fd, &in, "\"backend\":\"stub\"}}");
    assert_non_null(strstr(buf_str(&in), "\"id\":\"chatcmpl-0123456789abcdef\""));
    assert_non_null(strstr(buf_str(&in), "\"completion_tokens\":2"));
    const char *const begin = strstr(buf_str(&in), "\"message\":"), *const end = strstr(buf_str(&in), ",\"logprobs\"");
    assert_true(begin != NULL && end > begin && (size_t)(end - begin) < size);
    if (message[0] == '\0')
        memcpy(message, begin, (size_t)(end - begin));
    assert_memory_equal(message, begin, (size_t)(end - begin));
    buf_free(&in);
}

/* A streamed chat: each silence before a token is long enough for one comment, and gets it. */
static void stream(const server_fixture *f)
{
    const int fd = server_fixture_connect(f);
    buf in;
    buf_init(&in, 1 << 20);
    send_chat(fd, CHAT(",\"stream\":true"));
    server_fixture_await(fd, &in, "\"role\":\"assistant\"");
    for (int i = 0; i < TOKENS_PER_CHAT; i++) {
        const size_t begin = in.size;
        until_asleep();
        advance_s(PING_S); // of ten seconds: no token can come yet
        await_after(fd, &in, begin, ": keep-alive\n\n");
        advance_to_wake();
        await_after(fd, &in, begin, "\"delta\":{\"content\"");
    }
    server_fixture_await(fd, &in, "data: [DONE]\n\n");
    close(fd);
    buf_free(&in);
}

/* ---- what happens in an hour
 * ----------------------------------------------------------------------------------------- */

/* A head of which the end does not come. */
static void send_half_a_head(const server_fixture *f)
{
    const int fd = server_fixture_connect(f);
    buf in;
    buf_init(&in, 1 << 20);
    server_fixture_send(fd, "GET /health HTTP/1.1\r\nHost: local");
    assert_int_equal(server_fixture_receive(fd, &in, 20), -1);
    advance_s(HEAD_S);
    server_fixture_await(fd, &in, "HTTP/1.1 408 ");
    server_fixture_await(fd, &in, "\"code\":\"request_timeout\"");
    close(fd);
    buf_free(&in);
}

/* A connection that has had an answer and is kept for more. */
static int open_idle(const server_fixture *f)
{
    const int fd = server_fixture_connect(f);
    buf in;
    buf_init(&in, 1 << 20);
    server_fixture_send(fd, "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
    server_fixture_await(fd, &in, "{\"status\":\"ok\"}");
    buf_free(&in);
    return fd;
}

static long number_after(const buf *text, const char *key)
{
    const char *const at = strstr(buf_str(text), key);
    if (at == NULL)
        fail_msg("no %s in %s", key, buf_str(text));
    return strtol(at + strlen(key), NULL, 10);
}

/* A client that closes its connection in the middle of a stream.  Lets the engine work until its slot is free. */
static void leave_a_stream(const server_fixture *f)
{
    const int fd = server_fixture_connect(f);
    buf in;
    buf_init(&in, 1 << 20);
    send_chat(fd, CHAT(",\"stream\":true"));
    server_fixture_await(fd, &in, "\"role\":\"assistant\"");
    close(fd);
    buf_free(&in);
    for (long n_running = 1; n_running > 0;) { // its step goes on, and the slot is free after it
        advance_to_wake();
        buf health = server_fixture_ask(f, "GET", "/health", "");
        n_running = number_after(&health, "\"slots_processing\":");
        buf_free(&health);
    }
}

static void check_health(const server_fixture *f, int hours)
{
    char timestamp[40];
    buf health = server_fixture_ask(f, "GET", "/health", "");
    const long n_chats = 2L * hours * MINUTES_PER_HOUR;
    snprintf(timestamp, sizeof timestamp, "2026-01-01T%02d:00:00Z", hours);
    assert_non_null(strstr(buf_str(&health), timestamp));
    assert_int_equal(number_after(&health, "\"uptime_seconds\":"), hours * 3600L);
    assert_int_equal(number_after(&health, "\"completed\":"), n_chats);
    assert_int_equal(number_after(&health, "\"failed\":"), 0);
    assert_int_equal(number_after(&health, "\"abandoned\":"), hours);
    assert_int_equal(number_after(&health, "\"generated\":"), n_chats * TOKENS_PER_CHAT);
    assert_int_equal(number_after(&health, "\"slots_processing\":"), 0);
    buf_free(&health);
}

/* Bytes that are allocated once everything that was closed is freed too. */
static long settled_bytes(long expected)
{
    for (int i = 0; i < 2000 && atomic_load(&live_bytes) != expected; i++)
        usleep(1000);
    return atomic_load(&live_bytes);
}

static void test_eight_hours_leave_the_server_as_it_was(void **state)
{
    (void)state;
    const sw_entropy entropy = {same_number, NULL};
    char message[300] = "";
    long bytes_after_first = 0;
    server_fixture f;
    fake_clock_init(&hands);
    test_clock = hands.clock;
    test_clock.sleep_ns = wait_for_time;
    server_fixture_start(&f, (server_options){.model = "stub:",
                                              .ping_interval_s = PING_S,
                                              .body_timeout_s = 60,
                                              .slow_client_timeout_s = 30,
                                              .tick_ms = 1,
                                              .engine = {.stub_tokens_per_s = 0.1},
                                              .clock = &test_clock,
                                              .entropy = &entropy});
    server_fixture_until_ready(&f);
    const int kept = server_fixture_connect(&f);
    for (int hour = 0; hour < HOURS; hour++) {
        int idle = -1;
        for (int minute = 0; minute < MINUTES_PER_HOUR; minute++) {
            const double begin_s = hour * 3600.0 + minute * 60.0;
            if (minute == 10)
                idle = open_idle(&f);
            if (minute == 12) // unused for longer than IDLE_S
                assert_true(server_fixture_is_closed(idle));
            chat(kept, message, sizeof message);
            if (minute == 20)
                leave_a_stream(&f);
            if (minute == 30)
                send_half_a_head(&f);
            stream(&f);
            advance_to_s(begin_s + 60);
        }
        close(idle);
        check_health(&f, hour + 1);
        const long bytes = settled_bytes(bytes_after_first);
        if (hour == 0)
            bytes_after_first = bytes;
        assert_int_equal(bytes, bytes_after_first);
    }
    close(kept);
    server_fixture_stop(&f);
}

int main(void)
{
    static const mem_allocator COUNTING = {counting_resize, NULL};
    mem_set_allocator(&COUNTING);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_eight_hours_leave_the_server_as_it_was)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
