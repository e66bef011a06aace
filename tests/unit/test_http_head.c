/* Heads and bodies as bytes: what is read, what is refused, and that the verdict depends on the bytes alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/limits.h"
#include "http/guard.h"
#include "http/http_body.h"
#include "http/http_head.h"
#include "http/http_problem.h"
#include "support/faults.h"
#include "support/http_files.h"

enum { HEAD_MAX = 16384, BODY_MAX = 16777216, MORE = 0, DONE = 200 };

/* What became of a request: a status, and in `seen` all that was read of it. */
typedef struct outcome {
    int status; // MORE, DONE, or of the refusal
    size_t n_used;
    buf seen;
} outcome;

typedef struct reader {
    http_head head;
    http_body body;
    bool has_head;
} reader;

static void note_head(const http_head *h, buf *out)
{
    buf_printf(out, "%s|%s|%s|%s|%d%d%d%d%d|%llu", h->method, h->path, h->query, h->authority, h->is_http10,
               h->wants_keep_alive, h->wants_continue, h->is_chunked, h->has_length, (unsigned long long)h->length);
    for (size_t i = 0; i < h->n_fields; i++)
        buf_printf(out, "|%s=%s", h->text.data + h->fields[i].name, h->text.data + h->fields[i].value);
    buf_puts(out, "|");
}

static int refusal(const http_problem *p)
{
    assert_true(p->kind != HTTP_OK && p->status >= 400 && p->message[0] != '\0');
    return p->status;
}

/* Feeds one piece; returns false after an end. */
static bool feed(reader *r, outcome *o, const char *data, size_t n)
{
    http_problem p = {0};
    size_t n_used = 0;
    if (!r->has_head) {
        const http_head_state state = http_head_feed(&r->head, data, n, &n_used, &p);
        o->n_used += n_used;
        assert_true(state != HTTP_HEAD_MORE || n_used == n);
        if (state == HTTP_HEAD_REFUSED)
            o->status = refusal(&p);
        if (state != HTTP_HEAD_DONE)
            return state == HTTP_HEAD_MORE;
        note_head(&r->head, &o->seen);
        r->has_head = true;
        if (r->head.is_chunked)
            http_body_init_chunked(&r->body, BODY_MAX);
        else
            http_body_init_length(&r->body, r->head.length);
        data += n_used;
        n -= n_used;
    }
    const http_body_state state = http_body_feed(&r->body, data, n, &n_used, &o->seen, &p);
    o->n_used += n_used;
    if (state == HTTP_BODY_REFUSED)
        o->status = refusal(&p);
    else if (state == HTTP_BODY_DONE)
        o->status = DONE;
    return state == HTTP_BODY_MORE;
}

/* Reads a request in three pieces. */
static outcome read_cut(const char *data, size_t n, size_t first, size_t second)
{
    const size_t ends[] = {first, second, n};
    outcome o = {0};
    reader r = {0};
    http_head_init(&r.head, HEAD_MAX);
    buf_init(&o.seen, 1 << 20);
    size_t at = 0;
    bool goes_on = true;
    for (int i = 0; i < 3 && goes_on; i++) {
        goes_on = feed(&r, &o, data + at, ends[i] - at);
        at = ends[i];
    }
    assert_int_equal(o.seen.failed, SW_OK);
    http_head_free(&r.head);
    return o;
}

static outcome read_whole(const char *data, size_t n)
{
    return read_cut(data, n, n, n);
}

static void check_cut(const char *name, const char *data, size_t n, const outcome *whole, size_t first, size_t second)
{
    outcome o = read_cut(data, n, first, second);
    // A refused piece may say that more of it was used, never of what was accepted.
    if (o.status != whole->status || (o.status <= DONE && o.n_used != whole->n_used) ||
        strcmp(buf_str(&o.seen), buf_str(&whole->seen)) != 0)
        fail_msg("%s cut at %zu and %zu: %d instead of %d\n%s\n%s", name, first, second, o.status, whole->status,
                 buf_str(&o.seen), buf_str(&whole->seen));
    buf_free(&o.seen);
}

/* One and two cuts, everywhere. */
static void check_everywhere(const char *name, const char *data, size_t n, int status)
{
    outcome whole = read_whole(data, n);
    if (whole.status != status)
        fail_msg("%s: %d instead of %d", name, whole.status, status);
    for (size_t first = 0; first <= n; first++) {
        for (size_t second = first; second <= n; second++)
            check_cut(name, data, n, &whole, first, second);
    }
    buf_free(&whole.seen);
}

static void check_file(void *ud, const http_file *file)
{
    (void)ud;
    // Host, Origin, routes and lengths are judged later.
    const bool is_refused = file->status == 400 || strstr(file->name, "chunk-too-long") != NULL;
    const bool has_body = file->status != 413 || is_refused;
    check_everywhere(file->name, file->bytes, file->n, is_refused ? file->status : has_body ? DONE : MORE);
}

static void test_gives_every_file_one_verdict_however_it_is_cut(void **state)
{
    (void)state;
    assert_true(http_files_each(check_file, NULL) > 60);
}

static void check_seen(const char *request, const char *expected)
{
    outcome o = read_whole(request, strlen(request));
    assert_int_equal(o.status, DONE);
    assert_string_equal(buf_str(&o.seen), expected);
    buf_free(&o.seen);
}

static void test_reads_what_a_head_says(void **state)
{
    (void)state;
    check_seen("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET|/||a|01000|0|host=a|");
    check_seen("GET /a//b/?c=%20&d HTTP/1.1\r\nHOST:\t a:1 \t\r\nX-Y:\r\n\r\n",
               "GET|/a//b|c=%20&d|a:1|01000|0|host=a:1|x-y=|");
    check_seen("GET /%2Fa%c3%A4+%25 HTTP/1.1\r\nHost: a\r\n\r\n", "GET|//a\xc3\xa4+%||a|01000|0|host=a|");
    check_seen("GET /x? HTTP/1.0\r\n\r\n", "GET|/x|||10000|0|");
    check_seen("GET /x HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET|/x|||11000|0|connection=Keep-Alive|");
    check_seen("GET http://B:80?q HTTP/1.1\r\nHost: a\r\n\r\n", "GET|/|q|B:80|01000|0|host=a|");
    check_seen("PUT /x HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\nExpect: 100-Continue\r\nContent-Length: 03\r\n"
               "\r\nabc",
               "PUT|/x||a|00101|3|host=a|connection=x, Close|expect=100-Continue|content-length=03|abc");
    check_seen(
        "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nab\r\nA\r\n0123456789\r\n0\r\n\r\n",
        "POST|/x||a|01010|0|host=a|transfer-encoding=Chunked|ab0123456789");
}

static void test_joins_values_of_one_name(void **state)
{
    (void)state;
    static const char REQUEST[] = "GET / HTTP/1.1\r\nA: 1\r\nHost: a\r\nB: host\r\na: 2\r\nB: a\r\nA: \r\n\r\n";
    http_head h;
    http_problem p;
    size_t n_used;
    http_head_init(&h, HEAD_MAX);
    assert_int_equal(http_head_feed(&h, REQUEST, sizeof REQUEST - 1, &n_used, &p), HTTP_HEAD_DONE);
    assert_string_equal(http_head_value(&h, "a"), "1, 2, ");
    assert_string_equal(http_head_value(&h, "b"), "host, a");
    assert_string_equal(http_head_value(&h, "host"), "a");
    assert_null(http_head_value(&h, "c"));
    http_head_free(&h);
}

static void test_bounds_the_bytes_and_lines_of_a_head(void **state)
{
    (void)state;
    static const char BEGIN[] = "GET / HTTP/1.1\r\nHost: a\r\nX: ", END[] = "\r\n\r\n";
    const size_t n_rest = sizeof BEGIN - 1 + sizeof END - 1;
    for (int more = 0; more <= 1; more++) {
        buf b;
        buf_init(&b, 2 * HEAD_MAX);
        buf_puts(&b, BEGIN);
        for (size_t i = n_rest; i < HEAD_MAX + (size_t)more; i++)
            buf_putc(&b, 'x');
        buf_puts(&b, END);
        outcome whole = read_whole(b.data, b.size);
        assert_int_equal(whole.status, more == 0 ? DONE : 431);
        for (size_t cut = 0; cut <= b.size; cut += 97)
            check_cut("a large head", b.data, b.size, &whole, cut, b.size);
        buf_free(&whole.seen);
        buf_free(&b);
    }
    for (int n = LIMIT_HTTP_HEADER_LINES; n <= LIMIT_HTTP_HEADER_LINES + 1; n++) {
        buf b;
        buf_init(&b, HEAD_MAX);
        buf_puts(&b, "GET / HTTP/1.1\r\nHost: a\r\n");
        for (int i = 1; i < n; i++)
            buf_puts(&b, "A: b\r\n");
        buf_puts(&b, "\r\n");
        outcome o = read_whole(b.data, b.size);
        assert_int_equal(o.status, n == LIMIT_HTTP_HEADER_LINES ? DONE : 431);
        buf_free(&o.seen);
        buf_free(&b);
    }
}

/* Sends `begin`, then n times 'x', then `end`. */
static int status_of_repeated(const char *begin, size_t n, const char *end)
{
    buf b;
    buf_init(&b, 1 << 20);
    buf_puts(&b, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    buf_puts(&b, begin);
    for (size_t i = 0; i < n; i++)
        buf_putc(&b, 'x');
    buf_puts(&b, end);
    outcome o = read_whole(b.data, b.size);
    const int status = o.status;
    buf_free(&o.seen);
    buf_free(&b);
    return status;
}

static void test_bounds_what_surrounds_chunks(void **state)
{
    (void)state;
    assert_int_equal(status_of_repeated("1;", LIMIT_HTTP_CHUNK_BYTES, "\r\na\r\n0\r\n\r\n"), DONE);
    assert_int_equal(status_of_repeated("1;", LIMIT_HTTP_CHUNK_BYTES + 1, "\r\na\r\n0\r\n\r\n"), 431);
    assert_int_equal(status_of_repeated("0\r\n", LIMIT_HTTP_CHUNK_BYTES - 1, ":\r\n\r\n"), DONE);
    assert_int_equal(status_of_repeated("0\r\n", LIMIT_HTTP_CHUNK_BYTES, ":\r\n\r\n"), 431);
}

static void test_reads_many_small_chunks(void **state)
{
    (void)state;
    enum { N = 20000 };
    buf b;
    buf_init(&b, 1 << 20);
    buf_puts(&b, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < N; i++)
        buf_puts(&b, "1\r\nx\r\n");
    buf_puts(&b, "0\r\n\r\n");
    outcome o = read_whole(b.data, b.size);
    assert_int_equal(o.status, DONE);
    assert_int_equal(strspn(strrchr(buf_str(&o.seen), '|') + 1, "x"), N);
    buf_free(&o.seen);
    buf_free(&b);
}

static void test_leaves_the_bytes_of_the_next_request(void **state)
{
    (void)state;
    static const char TWO[] = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nxGET / HTTP/1.1\r\n";
    outcome o = read_whole(TWO, sizeof TWO - 1);
    assert_int_equal(o.status, DONE);
    assert_string_equal(TWO + o.n_used, "GET / HTTP/1.1\r\n");
    buf_free(&o.seen);
}

static void test_messages_hold_no_bytes_of_a_terminal(void **state)
{
    (void)state;
    static const char BAD[] = "GET / HTTP/1.1\r\nab\x9b\xe2\x80\xae\r\n\r\n";
    http_head h;
    http_problem p;
    size_t n_used;
    http_head_init(&h, HEAD_MAX);
    assert_int_equal(http_head_feed(&h, BAD, sizeof BAD - 1, &n_used, &p), HTTP_HEAD_REFUSED);
    assert_non_null(strstr(p.message, "'ab?"
                                      "?"
                                      "?"
                                      "?'"));
    http_head_free(&h);
}

static void test_answers_500_when_memory_is_short(void **state)
{
    (void)state;
    static const char REQUEST[] = "GET http://b/ HTTP/1.1\r\nHost: a\r\nA: 1\r\nA: 2\r\n\r\n";
    int status = 0, n_refused = 0;
    for (long i = 0; status != DONE; i++) {
        http_head h;
        http_problem p = {0};
        size_t n_used;
        long n_live;
        http_head_init(&h, HEAD_MAX);
        faults_alloc_begin(i);
        status = http_head_feed(&h, REQUEST, sizeof REQUEST - 1, &n_used, &p) == HTTP_HEAD_DONE ? DONE : p.status;
        http_head_free(&h);
        faults_alloc_end(&n_live);
        assert_int_equal(n_live, 0);
        assert_true(status == DONE || status == 500);
        n_refused += status == 500;
    }
    assert_true(n_refused > 1);
}

static void test_allows_listed_origins_only(void **state)
{
    (void)state;
    static const char LIST[] = "https://chat.example, vscode-webview://*,app://obsidian.md,tauri://localhost";
    static const char *const YES[] = {"https://chat.example", "vscode-webview://1a2b", "app://obsidian.md",
                                      "tauri://localhost"};
    static const char *const NO[] = {"",
                                     "null",
                                     "*",
                                     "https://chat.example.evil.test",
                                     "https://chat.example:8443",
                                     "http://chat.example",
                                     "vscode-webview://",
                                     "xvscode-webview://a",
                                     "app://obsidian",
                                     "app://obsidian.mdx",
                                     "https://chat.example, app://obsidian.md"};
    for (size_t i = 0; i < sizeof YES / sizeof YES[0]; i++)
        assert_true(guard_is_listed_origin(LIST, YES[i]));
    for (size_t i = 0; i < sizeof NO / sizeof NO[0]; i++) {
        if (guard_is_listed_origin(LIST, NO[i]))
            fail_msg("'%s' is not listed", NO[i]);
    }
    assert_false(guard_is_listed_origin("", "app://a"));
    assert_false(guard_is_listed_origin("*", "app://a"));
    assert_false(guard_is_listed_origin("://*", "://a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gives_every_file_one_verdict_however_it_is_cut),
        cmocka_unit_test(test_reads_what_a_head_says),
        cmocka_unit_test(test_joins_values_of_one_name),
        cmocka_unit_test(test_bounds_the_bytes_and_lines_of_a_head),
        cmocka_unit_test(test_bounds_what_surrounds_chunks),
        cmocka_unit_test(test_reads_many_small_chunks),
        cmocka_unit_test(test_leaves_the_bytes_of_the_next_request),
        cmocka_unit_test(test_messages_hold_no_bytes_of_a_terminal),
        cmocka_unit_test(test_answers_500_when_memory_is_short),
        cmocka_unit_test(test_allows_listed_origins_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
