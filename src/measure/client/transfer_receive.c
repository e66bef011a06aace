/* transfer_receive.c - what curl calls on the thread of the loop; every time is taken before anything is parsed. */
#include "client/ollama_stream.h"
#include "client/raw_stream.h"
#include "client/transfer_parts.h"

enum { EXCERPT_BYTES = 256 }; // of an event stream, kept for an error message

/* The connection is open and the request is about to be written: t0. */
static int on_connected(void *ud, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
    (void)remote_ip, (void)local_ip, (void)remote_port;
    chat_transfer *const t = ud;
    if (transfer_is_ws(t))
        transfer_ws_connected(t, local_port);
    t->t0_ns = clock_now_ns(t->clock);
    t->is_connected = true;
    return CURL_PREREQFUNC_OK;
}

/* Called for every header line; the empty line ends the headers.  An interim response (100) has headers of its own, so
 * the last empty line before the body counts; trailers after the body have one too. */
static size_t on_header(char *line, size_t size, size_t n, void *ud)
{
    chat_transfer *const t = ud;
    (void)line;
    if (n * size > 2 || t->has_body)
        return n * size;
    t->headers_ns = transfer_since_t0(t, clock_now_ns(t->clock));
    const long status = transfer_status(t);
    if (transfer_is_ws(t) && (status / 100 != 1 || status == 101))
        transfer_ws_headers(t);
    return n * size;
}

/* White space and a byte order mark at the start decide nothing. */
static body_form form_of(const chat_transfer *t, const char *bytes, size_t n)
{
    if (transfer_status(t) != 200 || transfer_is_ws(t))
        return BODY_DOCUMENT;
    size_t i = 0;
    while (i < n && bytes[i] != '\0' && strchr(" \t\r\n\xef\xbb\xbf", bytes[i]) != NULL)
        i++;
    if (i == n)
        return BODY_UNKNOWN;
    return bytes[i] != '\0' && strchr("{[<\"", bytes[i]) != NULL ? BODY_DOCUMENT : BODY_EVENTS;
}

static void on_event(void *ud, const char *name, const char *data, size_t n)
{
    chat_transfer *const t = ud;
    if (t->o.route == ROUTE_SHIMMY_SSE)
        raw_stream_event(&t->stream, data, n, t->bytes_ns);
    else
        chat_stream_event(&t->stream, name, data, n, t->bytes_ns);
}

/* Keeps the first bytes, for an error message. */
static void keep_excerpt(chat_transfer *t, const char *bytes, size_t n)
{
    if (t->body.size < EXCERPT_BYTES)
        buf_append(&t->body, bytes, n < EXCERPT_BYTES ? n : EXCERPT_BYTES);
}

/* Whole lines of Ollama's stream; what is left of the last one is kept.  Returns false to end the transfer. */
static bool take_lines(chat_transfer *t, const char *bytes, size_t n)
{
    size_t start = 0;
    const char *newline;
    buf_append(&t->body, bytes, n);
    if (t->body.failed != SW_OK) {
        chat_stream_fail(&t->stream, TEST_BAD_STREAM, "the server sent a line of more than %d bytes",
                         TRANSFER_BODY_BYTES_MAX);
        return false;
    }
    while ((newline = memchr(t->body.data + start, '\n', t->body.size - start)) != NULL) {
        const size_t end = (size_t)(newline - t->body.data);
        if (end > start)
            ollama_stream_line(&t->stream, t->body.data + start, end - start, t->bytes_ns);
        start = end + 1;
    }
    buf_consume(&t->body, start);
    return true;
}

static size_t on_bytes(char *bytes, size_t size, size_t n, void *ud)
{
    chat_transfer *const t = ud;
    if (!t->has_time) // before anything else is done with them
        t->bytes_ns = transfer_since_t0(t, clock_now_ns(t->clock));
    t->has_time = true;
    t->has_body = true;
    if (transfer_is_ws(t) && transfer_status(t) == 101)
        return transfer_ws_take(t, bytes, n * size) ? n * size : 0;
    if (t->o.route == ROUTE_OLLAMA && transfer_status(t) == 200 && !t->o.is_whole)
        return take_lines(t, bytes, n * size) ? n * size : 0;
    if (t->form == BODY_UNKNOWN)
        t->form = form_of(t, bytes, n * size);
    if (t->form != BODY_EVENTS || t->o.is_whole) {
        buf_append(&t->body, bytes, n * size);
        return t->body.failed == SW_OK ? n * size : 0;
    }
    keep_excerpt(t, bytes, n * size);
    sw_err err = {0};
    if (sse_feed(&t->sse, bytes, n * size, &err) != SW_OK) {
        chat_stream_fail(&t->stream, TEST_BAD_STREAM, "%s", err.msg);
        return 0; // ends the transfer
    }
    return n * size;
}

void transfer_begin_turn(chat_transfer *t)
{
    t->has_time = false;
}

void transfer_set_callbacks(chat_transfer *t)
{
    // transfer_may_go_on watches the time, by the transfer's clock; curl's own bound (300 s) must not come before it.
    curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT, 24 * 3600L);
    curl_easy_setopt(t->easy, CURLOPT_PREREQFUNCTION, on_connected);
    curl_easy_setopt(t->easy, CURLOPT_PREREQDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
    curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->curl_error);
}

void transfer_begin_receiving(chat_transfer *t)
{
    chat_stream_reset(&t->stream);
    sse_free(&t->sse);
    sse_init(&t->sse, on_event, t);
    buf_clear(&t->body);
    t->form = BODY_UNKNOWN;
    t->has_body = t->has_time = t->is_connected = t->has_headers = t->has_asked = false;
    t->headers_ns = -1;
    t->curl_error[0] = '\0';
    t->start_ns = clock_now_ns(t->clock);
}
