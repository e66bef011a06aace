#include "client/client.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/limits.h"
#include "client/chat_stream.h"
#include "client/sse.h"

enum {
    POLL_MS = 100,
    QUICK_TIMEOUT_MS = 5000,     // of health and model list requests
    DONE_GRACE_S = 2,            // for the connection to end in good order after [DONE]
    BODY_BYTES_MAX = 1024 * 1024 // of documents that are no event stream
};

struct bench_client {
    client_options o;
    char *base; // URL without trailing "/" and "/v1"
    char *key_header;
    int loopback_port; // 0: the server is not on this machine
    client_tick_fn on_tick;
    void *tick_ud;
    CURL *easy;
    CURLM *multi;
    struct curl_slist *headers;
    // The answer under way:
    sse_reader sse;
    chat_stream stream;
    buf body;             // when the response is no event stream
    uint64_t start_ns;    // before connecting
    uint64_t t0_ns;       // first byte of the request about to be written; 0: not connected yet
    int64_t headers_ns;   // since t0
    int64_t event_ns;     // of the bytes being parsed, since t0
    bool is_event_stream; // known once the headers are complete
};

static void init_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* An address or name that never leaves this machine ("127.evil.example" is a name, and does). */
static bool is_loopback(const char *host)
{
    return strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
           (strncmp(host, "127.", 4) == 0 && host[strspn(host, "0123456789.")] == '\0');
}

/* Checks the URL and stores its canonical form in c->base. */
static sw_code take_url(bench_client *c, sw_err *err)
{
    CURLU *const u = curl_url();
    char *scheme = NULL;
    char *host = NULL;
    char *port = NULL;
    sw_code code = SW_OK;
    if (u == NULL || curl_url_set(u, CURLUPART_URL, c->o.url, 0) != CURLUE_OK ||
        curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
        curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK ||
        (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)) {
        code = sw_fail(err, SW_EINVAL, "'%s' is no server address; write it like http://127.0.0.1:11435", c->o.url);
    } else {
        size_t n = strlen(c->o.url);
        while (n > 0 && c->o.url[n - 1] == '/')
            n--;
        if (n >= 3 && strncmp(c->o.url + n - 3, "/v1", 3) == 0)
            n -= 3;
        c->base = mem_strndup(c->o.url, n);
        if (c->base == NULL)
            code = sw_fail(err, SW_ENOMEM, "out of memory");
        if (is_loopback(host)) {
            c->loopback_port = (int)strtol(port, NULL, 10);
            curl_easy_setopt(c->easy, CURLOPT_PROXY, ""); // a proxy of the environment cannot reach this machine
        }
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(u);
    return code;
}

static sw_code take_key(bench_client *c, sw_err *err)
{
    if (c->o.api_key == NULL)
        return SW_OK;
    for (const char *p = c->o.api_key; *p != '\0'; p++) {
        if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7f)
            return sw_fail(err, SW_EINVAL, "the API key holds a character that no HTTP header can carry");
    }
    buf header;
    buf_init(&header, LIMIT_HTTP_HEADER_BYTES);
    buf_printf(&header, "Authorization: Bearer %s", c->o.api_key);
    c->key_header = buf_take(&header);
    return c->key_header != NULL ? SW_OK : sw_fail(err, SW_EINVAL, "the API key is too long");
}

static int64_t since_t0(const bench_client *c, uint64_t now_ns)
{
    return (int64_t)(now_ns - (c->t0_ns != 0 ? c->t0_ns : c->start_ns));
}

/* Called by curl when the connection stands and the request is about to be written: t0. */
static int on_connected(void *ud, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
    (void)remote_ip, (void)local_ip, (void)remote_port, (void)local_port;
    bench_client *const c = ud;
    c->t0_ns = clock_now_ns(c->o.clock);
    return CURL_PREREQFUNC_OK;
}

static size_t on_header(char *line, size_t size, size_t n, void *ud)
{
    bench_client *const c = ud;
    (void)line;
    const bool is_last = n * size <= 2; // the empty line; trailers after the body have one too
    if (is_last && !c->is_event_stream) {
        long status = 0;
        char *type = NULL;
        curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(c->easy, CURLINFO_CONTENT_TYPE, &type);
        c->headers_ns = since_t0(c, clock_now_ns(c->o.clock));
        c->is_event_stream = status == 200 && (type == NULL || strncasecmp(type, "application/json", 16) != 0);
    }
    return n * size;
}

static void on_event(void *ud, const char *data, size_t n)
{
    bench_client *const c = ud;
    chat_stream_event(&c->stream, data, n, c->event_ns);
}

static size_t on_bytes(char *bytes, size_t size, size_t n, void *ud)
{
    bench_client *const c = ud;
    c->event_ns = since_t0(c, clock_now_ns(c->o.clock)); // before anything else is done with them
    if (!c->is_event_stream) {
        buf_append(&c->body, bytes, n * size);
        return c->body.failed == SW_OK ? n * size : 0;
    }
    sw_err err = {0};
    if (sse_feed(&c->sse, bytes, n * size, &err) != SW_OK) {
        chat_stream_fail(&c->stream, TEST_BAD_STREAM, "%s", err.msg);
        return 0; // ends the transfer
    }
    return n * size;
}

sw_code client_open(bench_client **out, const client_options *options, sw_err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init_curl);
    *out = NULL;
    bench_client *const c = mem_calloc(1, sizeof *c);
    if (c == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory");
    c->o = *options;
    sse_init(&c->sse, on_event, c);
    chat_stream_init(&c->stream);
    buf_init(&c->body, BODY_BYTES_MAX);
    c->easy = curl_easy_init();
    c->multi = curl_multi_init();
    sw_code code = SW_OK;
    if (c->easy == NULL || c->multi == NULL)
        code = sw_fail(err, SW_ENOMEM, "out of memory");
    if (code == SW_OK)
        code = take_url(c, err);
    if (code == SW_OK)
        code = take_key(c, err);
    if (code != SW_OK) {
        client_close(c);
        return code;
    }
    curl_easy_setopt(c->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(c->easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(c->easy, CURLOPT_USERAGENT, "spillway-bench");
    curl_easy_setopt(c->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(c->o.connect_timeout_s * 1000));
    curl_easy_setopt(c->easy, CURLOPT_PREREQFUNCTION, on_connected);
    curl_easy_setopt(c->easy, CURLOPT_PREREQDATA, c);
    curl_easy_setopt(c->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c->easy, CURLOPT_HEADERDATA, c);
    curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
    *out = c;
    return SW_OK;
}

void client_close(bench_client *c)
{
    if (c == NULL)
        return;
    curl_easy_cleanup(c->easy);
    curl_multi_cleanup(c->multi);
    curl_slist_free_all(c->headers);
    sse_free(&c->sse);
    chat_stream_free(&c->stream);
    buf_free(&c->body);
    mem_free(c->base);
    mem_free(c->key_header);
    mem_free(c);
}

/* Readies the handle for GET (json NULL) or POST of `path`. */
static sw_code prepare(bench_client *c, const char *path, const char *json, sw_err *err)
{
    char url[4096];
    const int n = snprintf(url, sizeof url, "%s%s", c->base, path);
    if (n < 0 || (size_t)n >= sizeof url)
        return sw_fail(err, SW_EINVAL, "the server's address is too long");
    curl_slist_free_all(c->headers);
    c->headers = curl_slist_append(NULL, json != NULL ? "Content-Type: application/json" : "Accept: */*");
    struct curl_slist *list = c->headers != NULL ? curl_slist_append(c->headers, "Expect:") : NULL;
    if (list != NULL && c->key_header != NULL)
        list = curl_slist_append(list, c->key_header);
    if (list == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory");
    curl_easy_setopt(c->easy, CURLOPT_URL, url);
    curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->headers);
    if (json != NULL)
        curl_easy_setopt(c->easy, CURLOPT_COPYPOSTFIELDS, json);
    else
        curl_easy_setopt(c->easy, CURLOPT_HTTPGET, 1L);
    sse_free(&c->sse);
    sse_init(&c->sse, on_event, c);
    chat_stream_reset(&c->stream);
    buf_clear(&c->body);
    c->t0_ns = 0;
    c->headers_ns = -1;
    c->is_event_stream = false;
    c->start_ns = clock_now_ns(c->o.clock);
    return SW_OK;
}

int client_loopback_port(const bench_client *c)
{
    return c->loopback_port;
}

void client_set_tick(bench_client *c, client_tick_fn on_tick, void *ud)
{
    c->on_tick = on_tick;
    c->tick_ud = ud;
}

static bool is_canceled(const bench_client *c)
{
    return c->o.cancel != NULL && atomic_load_explicit(c->o.cancel, memory_order_relaxed);
}

/* Fetches a small document; false when that takes too long or its status is not 200.  The document is in c->body. */
static bool get(bench_client *c, const char *path)
{
    sw_err err = {0};
    if (prepare(c, path, NULL, &err) != SW_OK)
        return false;
    long status = 0;
    curl_easy_setopt(c->easy, CURLOPT_TIMEOUT_MS, (long)QUICK_TIMEOUT_MS);
    const CURLcode done = curl_easy_perform(c->easy);
    curl_easy_setopt(c->easy, CURLOPT_TIMEOUT_MS, 0L);
    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    return done == CURLE_OK && status == 200;
}

bool client_is_healthy(bench_client *c)
{
    if (get(c, "/health"))
        return true;
    long status = 0;
    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    return status == 404 && get(c, "/v1/models");
}

sw_code client_find_model(bench_client *c, char **model_out, sw_err *err)
{
    *model_out = NULL;
    if (!get(c, "/v1/models")) {
        long status = 0;
        curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
        if (status == 0)
            return sw_fail(err, SW_EIO, "no server answers at %s; is it running?", c->base);
        return sw_fail(err, SW_EIO, "%s/v1/models answers HTTP %ld; name the model with --model%s", c->base, status,
                       status == 401 ? " and the key with --api-key" : "");
    }
    json_t *const root = json_loadb(buf_str(&c->body), c->body.size, 0, NULL);
    const char *const id = json_string_value(json_object_get(json_array_get(json_object_get(root, "data"), 0), "id"));
    sw_code code = SW_OK;
    if (id == NULL)
        code = sw_fail(err, SW_ENOTFOUND, "%s/v1/models lists no model; name one with --model", c->base);
    else if ((*model_out = mem_strdup(id)) == NULL)
        code = sw_fail(err, SW_ENOMEM, "out of memory");
    json_decref(root);
    return code;
}

static char *request_json(const char *model, const test_plan *plan)
{
    json_t *const request =
        json_pack("{s:s, s:[{s:s, s:s}], s:i, s:f, s:I, s:b, s:{s:b}}", "model", model, "messages", "role", "user",
                  "content", plan->prompt, "max_tokens", plan->max_tokens, "temperature", plan->temperature, "seed",
                  (json_int_t)plan->seed, "stream", 1, "stream_options", "include_usage", 1);
    char *const text = json_dumps(request, JSON_COMPACT);
    json_decref(request);
    return text;
}

/* Fails the stream when a bound is passed; true to go on waiting. */
static bool within_bounds(bench_client *c)
{
    const uint64_t now_ns = clock_now_ns(c->o.clock);
    const chat_stream *const s = &c->stream;
    const double now_s = (double)since_t0(c, now_ns) / 1e9;
    const double newest_s = s->n_arrivals > 0 ? (double)s->arrivals[s->n_arrivals - 1].t_ns / 1e9 : 0;
    if (is_canceled(c))
        chat_stream_fail(&c->stream, TEST_CANCELED, "canceled");
    else if (s->done_ns >= 0)
        return now_s - (double)s->done_ns / 1e9 < DONE_GRACE_S;
    else if (c->t0_ns != 0 && s->n_arrivals == 0 && now_s > c->o.first_token_timeout_s)
        chat_stream_fail(&c->stream, TEST_TIMEOUT, "no token within %g s", c->o.first_token_timeout_s);
    else if (s->n_arrivals > 0 && now_s - newest_s > c->o.idle_timeout_s)
        chat_stream_fail(&c->stream, TEST_TIMEOUT, "no token for %g s in the middle of the answer",
                         c->o.idle_timeout_s);
    return !s->has_failed;
}

/* Runs the prepared transfer to its end or to a bound; returns curl's verdict, CURLE_OK when we broke it off. */
static CURLcode transfer(bench_client *c)
{
    CURLcode verdict = CURLE_OK;
    int n_running = 1;
    curl_multi_add_handle(c->multi, c->easy);
    uint64_t next_tick_ns = 0;
    while (curl_multi_perform(c->multi, &n_running) == CURLM_OK && n_running > 0 && within_bounds(c)) {
        const uint64_t now_ns = clock_now_ns(c->o.clock);
        if (c->on_tick != NULL && now_ns >= next_tick_ns) {
            c->on_tick(c->tick_ud, c->stream.n_arrivals, (double)since_t0(c, now_ns) / 1e9);
            next_tick_ns = now_ns + (uint64_t)POLL_MS * 1000000u;
        }
        curl_multi_poll(c->multi, NULL, 0, POLL_MS, NULL);
    }
    int n_left;
    const CURLMsg *message;
    while ((message = curl_multi_info_read(c->multi, &n_left)) != NULL) {
        if (message->msg == CURLMSG_DONE)
            verdict = message->data.result;
    }
    curl_multi_remove_handle(c->multi, c->easy);
    return verdict;
}

/* Turns what curl and HTTP say into the stream's failure, if there is one. */
static void judge(bench_client *c, CURLcode verdict, long http_status)
{
    if (verdict == CURLE_OPERATION_TIMEDOUT && c->t0_ns == 0)
        chat_stream_fail(&c->stream, TEST_TIMEOUT, "no connection to %s within %g s", c->base, c->o.connect_timeout_s);
    else if (verdict != CURLE_OK && c->t0_ns == 0)
        chat_stream_fail(&c->stream, TEST_CONNECT_FAILED, "%s: %s", c->base, curl_easy_strerror(verdict));
    else if (http_status != 200 && http_status != 0)
        chat_stream_fail_http(&c->stream, http_status, buf_str(&c->body), c->body.size);
    else if (http_status == 200 && !c->is_event_stream)
        chat_stream_fail(&c->stream, TEST_BAD_STREAM,
                         "the server answered with one JSON document where an event stream was asked for");
    else if (verdict != CURLE_OK)
        chat_stream_fail(&c->stream, TEST_INCOMPLETE, "the connection broke: %s", curl_easy_strerror(verdict));
}

sw_code client_ask(bench_client *c, const char *model, const test_plan *plan, answer_record *answer_out, sw_err *err)
{
    char *const json = request_json(model, plan);
    if (json == NULL)
        return sw_fail(err, SW_ENOMEM, "the request for '%s' cannot be written as JSON", plan->name);
    const sw_code code = prepare(c, "/v1/chat/completions", json, err);
    free(json);
    if (code != SW_OK)
        return code;
    const CURLcode verdict = transfer(c);
    long http_status = 0;
    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &http_status);
    judge(c, verdict, http_status);
    *answer_out = chat_stream_finish(&c->stream, since_t0(c, clock_now_ns(c->o.clock)));
    answer_out->http_status = (int)http_status;
    answer_out->headers_ns = c->headers_ns;
    answer_out->connect_ns = c->t0_ns != 0 ? (int64_t)(c->t0_ns - c->start_ns) : -1;
    return SW_OK;
}
