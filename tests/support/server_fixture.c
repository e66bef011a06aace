#include "support/server_fixture.h"

#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { FIXTURE_DEADLINE_MS = 20000 }; // of the machine's clock, for anything that must happen; a hang is a failure

static void *server_fixture_main(void *ud)
{
    server_fixture *const f = ud;
    f->code = server_serve(f->server, &f->err);
    return NULL;
}

void server_fixture_start(server_fixture *f, server_options options)
{
    options.address = "127.0.0.1";
    options.port = 0;
    options.quiet = true;
    *f = (server_fixture){0};
    if (server_open(&f->server, &options, &f->err) != SW_OK)
        fail_msg("%s", f->err.msg);
    assert_int_equal(pthread_create(&f->thread, NULL, server_fixture_main, f), 0);
}

void server_fixture_stop(server_fixture *f)
{
    server_stop(f->server);
    pthread_join(f->thread, NULL);
    server_close(f->server);
    if (f->code != SW_OK)
        fail_msg("%s", f->err.msg);
}

/* ---- the client ----------------------------------------------------------------------------------------------------
 */

int server_fixture_connect(const server_fixture *f)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)server_port(f->server)),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

void server_fixture_send(int fd, const char *bytes)
{
    const size_t n = strlen(bytes);
    assert_int_equal(send(fd, bytes, n, MSG_NOSIGNAL), (ssize_t)n);
}

int server_fixture_receive(int fd, buf *in, int ms)
{
    char bytes[16384];
    struct pollfd p = {.fd = fd, .events = POLLIN};
    if (poll(&p, 1, ms) <= 0)
        return -1;
    const ssize_t n = recv(fd, bytes, sizeof bytes, 0);
    if (n <= 0)
        return 0;
    buf_append(in, bytes, (size_t)n);
    return (int)n;
}

void server_fixture_await(int fd, buf *in, const char *mark)
{
    while (strstr(buf_str(in), mark) == NULL) {
        if (server_fixture_receive(fd, in, FIXTURE_DEADLINE_MS) <= 0)
            fail_msg("'%s' has not come: %s", mark, buf_str(in));
    }
}

bool server_fixture_is_closed(int fd)
{
    buf rest;
    int n;
    buf_init(&rest, 1 << 20);
    while ((n = server_fixture_receive(fd, &rest, FIXTURE_DEADLINE_MS)) > 0)
        ;
    buf_free(&rest);
    return n == 0;
}

buf server_fixture_ask(const server_fixture *f, const char *method, const char *path, const char *body)
{
    buf request, in;
    buf_init(&request, 1 << 20);
    buf_init(&in, 1 << 24);
    buf_printf(&request, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n", method, path);
    if (body[0] != '\0')
        buf_printf(&request, "Content-Length: %zu\r\n", strlen(body));
    buf_printf(&request, "\r\n%s", body);
    const int fd = server_fixture_connect(f);
    server_fixture_send(fd, buf_str(&request));
    int n;
    while ((n = server_fixture_receive(fd, &in, FIXTURE_DEADLINE_MS)) > 0)
        ;
    assert_int_equal(n, 0);
    close(fd);
    buf_free(&request);
    return in;
}

int server_fixture_status(const buf *answer)
{
    return answer->size > 12 ? atoi(answer->data + 9) : 0;
}

void server_fixture_until_ready(const server_fixture *f)
{
    for (int i = 0; i < FIXTURE_DEADLINE_MS; i++) {
        buf answer = server_fixture_ask(f, "GET", "/health/ready", "");
        const int status = server_fixture_status(&answer);
        buf_free(&answer);
        if (status == 200)
            return;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    fail_msg("the server does not become ready");
}
