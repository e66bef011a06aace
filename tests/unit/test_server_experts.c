/* What a server says of its experts, over real sockets: counts, reset, single requests, the live stream and the trace.
 * The clock is the test's, so that a second passes when the test says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/clock.h"
#include "base/limits.h"
#include "support/server_fixture.h"

enum { TRACE_ROWS = 1000, LAYERS = 4, EXPERTS = 16, USED = 4 };

static server_fixture fixture;
static fake_clock hands;

/* ---- requests --------------------------------------------------------------------------------------------------- */

/* The body of an answer with this status; it may be chunked, if no chunk divides a line. */
static char *body_of(const char *method, const char *path, const char *body, int status)
{
    buf answer = server_fixture_ask(&fixture, method, path, body);
    if (server_fixture_status(&answer) != status)
        fail_msg("%s %s: not %d: %s", method, path, status, buf_str(&answer));
    const char *const at = strstr(buf_str(&answer), "\r\n\r\n");
    assert_non_null(at);
    char *const copy = strdup(at + 4);
    buf_free(&answer);
    return copy;
}

static json_t *ask_json(const char *method, const char *path, const char *body, int status)
{
    char *const text = body_of(method, path, body, status);
    json_error_t error;
    json_t *const document = json_loads(text, 0, &error);
    if (document == NULL)
        fail_msg("%s: %s", error.text, text);
    free(text);
    return document;
}

static json_t *get(const char *path)
{
    return ask_json("GET", path, "", 200);
}

/* Fails unless the error has this status, code and text. */
static void refuses(const char *method, const char *path, int status, const char *code, const char *text)
{
    json_t *const document = ask_json(method, path, "", status);
    const json_t *const error = json_object_get(document, "error");
    if (strcmp(json_string_value(json_object_get(error, "code")), code) != 0 ||
        strstr(json_string_value(json_object_get(error, "message")), text) == NULL)
        fail_msg("%s %s: %s", method, path, json_dumps(error, 0));
    json_decref(document);
}

#define CHAT(words, more)                                                                                              \
    "{\"messages\":[{\"role\":\"user\",\"content\":\"" words "\"}],\"max_tokens\":6,\"ignore_eos\":true" more "}"

/* A chat of its own prompt; returns how many of its tokens were evaluated: all but those from the cache, and the last.
 */
static json_int_t chat(const char *body, json_t **answer_out)
{
    json_t *const answer = ask_json("POST", "/v1/chat/completions", body, 200);
    const json_t *const timings = json_object_get(answer, "timings");
    const json_int_t n = json_integer_value(json_object_get(timings, "prompt_n")) +
                         json_integer_value(json_object_get(timings, "predicted_n")) - 1;
    if (answer_out != NULL)
        *answer_out = answer;
    else
        json_decref(answer);
    return n;
}

static json_int_t integer_of(const json_t *object, const char *name)
{
    const json_t *const value = json_object_get(object, name);
    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

/* Adds the counts of every layer to sums[LAYERS][EXPERTS], and checks that each layer's add up to n_tokens * USED. */
static void add_counts(const json_t *document, json_int_t sums[LAYERS][EXPERTS])
{
    const json_t *const layers = json_object_get(document, "layers");
    const json_int_t n_tokens = integer_of(document, "n_tokens");
    assert_int_equal(json_array_size(layers), LAYERS);
    for (size_t l = 0; l < LAYERS; l++) {
        const json_t *const layer = json_array_get(layers, l), *const counts = json_object_get(layer, "counts");
        json_int_t sum = 0;
        assert_int_equal(integer_of(layer, "layer"), l);
        assert_int_equal(json_array_size(counts), EXPERTS);
        for (size_t e = 0; e < EXPERTS; e++) {
            sums[l][e] += json_integer_value(json_array_get(counts, e));
            sum += json_integer_value(json_array_get(counts, e));
        }
        assert_int_equal(sum, n_tokens * USED);
    }
}

/* ---- counts ----------------------------------------------------------------------------------------------------- */

static json_int_t n_tokens_since(const char *path)
{
    json_int_t sums[LAYERS][EXPERTS] = {{0}};
    json_t *const document = get(path);
    const json_int_t n = integer_of(document, "n_tokens");
    add_counts(document, sums);
    json_decref(document);
    return n;
}

static void test_counts_begin_anew_and_those_since_the_start_go_on(void **state)
{
    (void)state;
    const json_int_t before = n_tokens_since("/v1/experts?since=start");
    const json_int_t n = chat(CHAT("begin anew", ""), NULL);
    assert_int_equal(n_tokens_since("/v1/experts?since=start"), before + n);
    json_t *const marked = ask_json("DELETE", "/v1/experts", "", 200);
    assert_string_equal(json_string_value(json_object_get(marked, "model")), "demo-gpt-oss");
    json_decref(marked);
    assert_int_equal(n_tokens_since("/v1/experts"), 0);
    assert_int_equal(n_tokens_since("/v1/experts?since=mark"), 0);
    assert_int_equal(n_tokens_since("/v1/experts?since=start&model=demo-gpt-oss"), before + n);
    const json_int_t more = chat(CHAT("and go on", ""), NULL);
    assert_int_equal(n_tokens_since("/v1/experts?model=demo%2Dgpt-oss.gguf"), more);
}

static void expect_between(const json_t *object, const char *name, double low, double high)
{
    const double value = json_number_value(json_object_get(object, name));
    if (!(value >= low && value <= high))
        fail_msg("%s is %g, not between %g and %g", name, value, low, high);
}

static void test_layers_have_figures_and_pairs(void **state)
{
    (void)state;
    json_decref(ask_json("DELETE", "/v1/experts?model=demo-gpt-oss", "", 200));
    json_t *empty = get("/v1/experts?pairs=3");
    const json_t *layer = json_array_get(json_object_get(empty, "layers"), 0);
    assert_true(json_is_null(json_object_get(layer, "entropy_ratio")));
    assert_true(json_is_null(json_object_get(json_object_get(empty, "mean"), "switching")));
    assert_int_equal(json_array_size(json_object_get(layer, "pairs")), 0);
    json_decref(empty);

    const json_int_t n = chat(CHAT("figures of every layer", ""), NULL);
    json_t *const document = get("/v1/experts?pairs=3");
    assert_int_equal(integer_of(document, "n_tokens"), n);
    assert_int_equal(integer_of(document, "n_expert"), EXPERTS);
    assert_int_equal(integer_of(document, "n_expert_used"), USED);
    expect_between(document, "expected_coverage", 0.99, 1);
    expect_between(json_object_get(document, "mean"), "effective_experts", USED, EXPERTS);
    for (size_t l = 0; l < LAYERS; l++) {
        layer = json_array_get(json_object_get(document, "layers"), l);
        expect_between(layer, "coverage", 0.25, 1);
        expect_between(layer, "entropy_ratio", 0.4, 1);
        expect_between(layer, "top_share", 0.25, 1);
        expect_between(layer, "hot_50", 2, 8);
        expect_between(layer, "hot_95", 4, 16);
        expect_between(layer, "gini", 0, 1);
        expect_between(layer, "max_mean", 1, EXPERTS / USED);
        expect_between(layer, "switching", 0, 1);
        const json_t *const pairs = json_object_get(layer, "pairs");
        assert_int_equal(json_array_size(pairs), 3);
        const json_int_t first = integer_of(json_array_get(pairs, 0), "count");
        assert_true(first >= integer_of(json_array_get(pairs, 2), "count") && first <= n);
        expect_between(json_array_get(pairs, 0), "lift", 0.5, 1000);
    }
    json_decref(document);
    json_t *const without = get("/v1/experts?pairs=0");
    assert_null(json_object_get(json_array_get(json_object_get(without, "layers"), 0), "pairs"));
    json_decref(without);
}

static void test_wrong_queries_are_refused_by_name(void **state)
{
    (void)state;
    refuses("GET", "/v1/experts?sinze=mark", 400, "unsupported_parameter", "model, request, since, pairs");
    refuses("GET", "/v1/experts?since=yesterday", 400, "invalid_value", "'mark' or 'start'");
    refuses("GET", "/v1/experts?pairs=101", 400, "invalid_value", "0 to 100");
    refuses("GET", "/v1/experts?pairs=", 400, "invalid_value", "0 to 100");
    refuses("GET", "/v1/experts?pairs=1&pairs=2", 400, "invalid_value", "twice");
    refuses("GET", "/v1/experts?pairs=%zz", 400, "invalid_value", "percent escape");
    refuses("GET", "/v1/experts?model=other", 404, "model_not_found", "demo-gpt-oss");
    refuses("GET", "/v1/experts?model=demo-phimoe", 503, "no_model", "'demo-phimoe' is not loaded");
    refuses("DELETE", "/v1/experts?since=start", 400, "unsupported_parameter", "since");
    refuses("GET", "/v1/experts/stream?pairs=1", 400, "unsupported_parameter", "pairs");
    refuses("GET", "/v1/experts/trace?format=xml", 400, "invalid_value", "'jsonl' or 'csv'");
    refuses("GET", "/v1/experts/trace?from=-1", 400, "invalid_value", "whole number");
    refuses("GET", "/v1/experts/trace?request=latest", 400, "invalid_value", "16 hexadecimal digits");
}

/* ---- single requests -------------------------------------------------------------------------------------------- */

static void test_an_answer_has_the_experts_of_its_request(void **state)
{
    (void)state;
    json_int_t sums[LAYERS][EXPERTS] = {{0}}, all[LAYERS][EXPERTS] = {{0}};
    json_t *answer, *plain;
    char path[128];
    json_decref(ask_json("DELETE", "/v1/experts", "", 200));
    const json_int_t n = chat(CHAT("two answers", ",\"experts\":true"), &answer);
    const json_t *const used = json_object_get(answer, "experts");
    assert_int_equal(integer_of(json_object_get(used, "generated"), "n_tokens"), 5);
    add_counts(json_object_get(used, "prompt"), sums);
    add_counts(json_object_get(used, "generated"), sums);
    json_t *const engine = get("/v1/experts");
    assert_int_equal(integer_of(engine, "n_tokens"), n);
    add_counts(engine, all);
    assert_memory_equal(sums, all, sizeof sums);

    const char *const id = json_string_value(json_object_get(answer, "id"));
    assert_string_equal(json_string_value(json_object_get(used, "request")), id + strlen("chatcmpl-"));
    snprintf(path, sizeof path, "/v1/experts?request=%s", id);
    json_t *const kept = get(path);
    assert_true(json_equal(kept, used));
    snprintf(path, sizeof path, "/v1/experts?pairs=1&request=%s", id);
    refuses("GET", path, 400, "invalid_value", "no other parameter");

    chat(CHAT("two answers", ""), &plain); // one that did not ask for it
    assert_null(json_object_get(plain, "experts"));
    snprintf(path, sizeof path, "/v1/experts?request=%s", json_string_value(json_object_get(plain, "id")));
    refuses("GET", path, 404, "request_not_found", "64 requests");
    json_decref(answer);
    json_decref(engine);
    json_decref(kept);
    json_decref(plain);
}

static void test_several_answers_to_one_request_are_added_up(void **state)
{
    (void)state;
    json_t *answer;
    const json_int_t n = chat(CHAT("added up", ",\"experts\":true,\"n\":3"), &answer);
    const json_t *const used = json_object_get(answer, "experts");
    assert_int_equal(integer_of(json_object_get(used, "generated"), "n_tokens"), 3 * 5);
    assert_true(integer_of(json_object_get(used, "prompt"), "n_tokens") > 0 && n > 0);
    json_decref(answer);
}

/* Fails unless a stream has `experts` once, in the line with `mark`. */
static void expect_in_stream(const char *path, const char *body, const char *mark)
{
    char *const stream = body_of("POST", path, body, 200);
    const char *const first = strstr(stream, "\"experts\":{"), *last = strstr(stream, mark);
    if (first == NULL || last == NULL || strstr(first + 1, "\"experts\":{") != NULL)
        fail_msg("%s: no 'experts' or '%s', or several: %s", path, mark, stream);
    while (last > stream && *last != '\n')
        last--;
    if (first < last || (size_t)(first - last) > strcspn(last + 1, "\n"))
        fail_msg("%s: 'experts' is not in the line with '%s': %s", path, mark, stream);
    free(stream);
}

static void test_every_family_has_them_in_answers_and_streams(void **state)
{
    (void)state;
#define TURN "\"messages\":[{\"role\":\"user\",\"content\":\"families\"}],\"experts\":true"
    static const struct {
        const char *path, *members, *mark;
    } FAMILIES[] = {
        {"/v1/chat/completions", TURN ",\"max_tokens\":3", "\"finish_reason\":\"length\""},
        {"/v1/completions", "\"prompt\":\"families\",\"experts\":true,\"max_tokens\":3",
         "\"finish_reason\":\"length\""},
        {"/api/chat", TURN ",\"options\":{\"num_predict\":3}", "\"done\":true"},
        {"/api/generate", "\"prompt\":\"families\",\"experts\":true,\"options\":{\"num_predict\":3}", "\"done\":true"},
        {"/v1/messages", TURN ",\"max_tokens\":3,\"model\":\"demo-gpt-oss\"", "\"stop_reason\":\"max_tokens\""},
    };
#undef TURN
    for (size_t i = 0; i < sizeof FAMILIES / sizeof FAMILIES[0]; i++) {
        char body[512];
        snprintf(body, sizeof body, "{%s,\"ignore_eos\":true,\"stream\":false}", FAMILIES[i].members);
        json_t *const answer = ask_json("POST", FAMILIES[i].path, body, 200);
        const json_t *const used = json_object_get(answer, "experts");
        if (used == NULL)
            fail_msg("%s: %s", FAMILIES[i].path, json_dumps(answer, 0));
        assert_int_equal(integer_of(json_object_get(used, "generated"), "n_tokens"), 2);
        json_decref(answer);
        snprintf(body, sizeof body, "{%s,\"ignore_eos\":true,\"stream\":true}", FAMILIES[i].members);
        expect_in_stream(FAMILIES[i].path, body, FAMILIES[i].mark);
    }
}

static void test_the_last_64_requests_are_kept(void **state)
{
    (void)state;
    char first[128] = "", second[128] = "";
    for (int i = 0; i <= LIMIT_EXPERT_REQUESTS; i++) {
        json_t *answer;
        chat("{\"messages\":[{\"role\":\"user\",\"content\":\"kept\"}],\"max_tokens\":1,\"experts\":true}", &answer);
        char *const path = i == 0 ? first : second;
        if (i < 2)
            snprintf(path, sizeof first, "/v1/experts?request=%s", json_string_value(json_object_get(answer, "id")));
        json_decref(answer);
        if (i == LIMIT_EXPERT_REQUESTS - 1)
            json_decref(get(first));
    }
    refuses("GET", first, 404, "request_not_found", "64");
    json_decref(get(second));
}

/* ---- the stream ------------------------------------------------------------------------------------------------- */

static int open_stream(void)
{
    const int fd = server_fixture_connect(&fixture);
    server_fixture_send(fd, "GET /v1/experts/stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return fd;
}

/* The event with this sequence number, once it has come. */
static json_t *await_event(int fd, buf *in, int sequence)
{
    char mark[32];
    snprintf(mark, sizeof mark, "\"sequence\":%d,", sequence);
    server_fixture_await(fd, in, mark);
    const char *begin = strstr(buf_str(in), mark);
    const size_t at = (size_t)(begin - buf_str(in));
    while (strstr(buf_str(in) + at, "\n\n") == NULL)
        assert_true(server_fixture_receive(fd, in, 20000) > 0);
    for (begin = buf_str(in) + at; strncmp(begin, "data: ", 6) != 0;)
        begin--;
    json_t *const event = json_loads(begin + 6, JSON_DISABLE_EOF_CHECK, NULL);
    assert_non_null(event);
    return event;
}

static void pass_seconds(double s)
{
    fake_clock_advance(&hands, (uint64_t)(s * 1e9));
}

static void test_deltas_add_up_to_the_counts_whatever_is_reset(void **state)
{
    (void)state;
    json_int_t sums[LAYERS][EXPERTS] = {{0}}, all[LAYERS][EXPERTS] = {{0}};
    buf in;
    buf_init(&in, 1 << 22);
    const int fd = open_stream();
    json_t *event = await_event(fd, &in, 0);
    assert_string_equal(json_string_value(json_object_get(event, "object")), "experts.start");
    assert_string_equal(json_string_value(json_object_get(event, "model")), "demo-gpt-oss");
    add_counts(event, sums);
    json_decref(event);
    json_int_t n_wanted = 0, n_sent = 0;
    int sequence = 1;
    for (int i = 0; i < 3; i++) {
        static const char *const CHATS[] = {CHAT("one delta", ""), CHAT("another", ""), CHAT("the last", "")};
        n_wanted += chat(CHATS[i], NULL);
        if (i == 1)
            json_decref(ask_json("DELETE", "/v1/experts", "", 200));
        while (n_sent < n_wanted) { // one delta, or two if a second passed during the chat
            pass_seconds(1.5);
            event = await_event(fd, &in, sequence++);
            assert_string_equal(json_string_value(json_object_get(event, "object")), "experts.delta");
            assert_true(integer_of(event, "n_tokens") > 0);
            n_sent += integer_of(event, "n_tokens");
            add_counts(event, sums);
            json_decref(event);
        }
        pass_seconds(10); // nothing is chosen meanwhile, and no event comes: the next one has the next number
    }
    assert_int_equal(n_sent, n_wanted);
    event = get("/v1/experts?since=start");
    add_counts(event, all);
    json_decref(event);
    assert_memory_equal(sums, all, sizeof sums);
    close(fd);
    buf_free(&in);
}

/* A stream that has begun.  Those that were closed count until the server has seen it. */
static int open_stream_at_last(buf *in)
{
    for (;;) {
        const int fd = open_stream();
        buf_clear(in);
        server_fixture_await(fd, in, "\r\n\r\n");
        if (server_fixture_status(in) == 200)
            return fd;
        assert_int_equal(server_fixture_status(in), 429);
        close(fd);
    }
}

static void test_streams_have_a_limit_and_a_closed_one_makes_room(void **state)
{
    (void)state;
    int fds[LIMIT_EXPERT_STREAMS];
    buf in;
    buf_init(&in, 1 << 22);
    for (int i = 0; i < LIMIT_EXPERT_STREAMS; i++)
        fds[i] = open_stream_at_last(&in);
    refuses("GET", "/v1/experts/stream", 429, "queue_full", "16 streams");
    close(fds[0]);
    fds[0] = open_stream_at_last(&in);
    for (int i = 0; i < LIMIT_EXPERT_STREAMS; i++)
        close(fds[i]);
    buf_free(&in);
}

static void test_a_head_request_ends_at_once(void **state)
{
    (void)state;
    char *const stream = body_of("HEAD", "/v1/experts/stream", "", 200);
    assert_string_equal(stream, "");
    free(stream);
    char *const trace = body_of("HEAD", "/v1/experts/trace", "", 200);
    assert_string_equal(trace, "");
    free(trace);
}

/* ---- the trace -------------------------------------------------------------------------------------------------- */

static uint64_t header_of(const buf *answer, const char *name)
{
    const char *const at = strstr(buf_str(answer), name);
    if (at == NULL)
        fail_msg("no %s: %s", name, buf_str(answer));
    return strtoull(at + strlen(name), NULL, 10);
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
        n++;
    return n;
}

static buf trace(const char *query)
{
    char path[256];
    snprintf(path, sizeof path, "/v1/experts/trace%s", query);
    buf answer = server_fixture_ask(&fixture, "GET", path, "");
    assert_int_equal(server_fixture_status(&answer), 200);
    return answer;
}

static void test_a_trace_has_a_row_for_each_token_and_layer(void **state)
{
    (void)state;
    json_t *answer;
    char query[128];
    buf rows = trace("?limit=0");
    assert_int_equal(count(buf_str(&rows), "\"layer\""), 0);
    buf_free(&rows);
    rows = trace("");
    const uint64_t before = header_of(&rows, "spillway-trace-next: ");
    buf_free(&rows);
    const json_int_t n = chat(CHAT("a row for each", ""), &answer);
    const char *const id = json_string_value(json_object_get(answer, "id"));

    snprintf(query, sizeof query, "?request=%s", id);
    rows = trace(query);
    assert_non_null(strstr(buf_str(&rows), "content-type: application/x-ndjson"));
    assert_int_equal(count(buf_str(&rows), "\"layer\":"), n * LAYERS);
    assert_int_equal(count(buf_str(&rows), "\"layer\":3,"), n);
    assert_int_equal(count(buf_str(&rows), id + strlen("chatcmpl-")), n * LAYERS);
    assert_int_equal(header_of(&rows, "spillway-trace-next: "), before + (uint64_t)n * LAYERS);
    const char *const line = strstr(buf_str(&rows), "{\"request\"");
    json_t *const row = json_loads(line, JSON_DISABLE_EOF_CHECK, NULL);
    assert_int_equal(json_array_size(json_object_get(row, "experts")), USED);
    assert_int_equal(json_array_size(json_object_get(row, "weights")), USED);
    double sum = 0;
    for (size_t i = 0; i < USED; i++)
        sum += json_number_value(json_array_get(json_object_get(row, "weights"), i));
    assert_true(sum > 0.999 && sum < 1.001);
    json_decref(row);
    buf_free(&rows);

    snprintf(query, sizeof query, "?format=csv&from=%llu&limit=8", (unsigned long long)before);
    rows = trace(query);
    assert_non_null(strstr(buf_str(&rows), "content-type: text/csv; charset=utf-8"));
    assert_non_null(strstr(buf_str(&rows), "\nrequest,sequence,position,layer,experts,weights\n"));
    assert_int_equal(count(buf_str(&rows), id + strlen("chatcmpl-")), 8);
    assert_int_equal(header_of(&rows, "spillway-trace-next: "), before + 8);
    assert_int_equal(header_of(&rows, "spillway-trace-lost: "), 0);
    buf_free(&rows);
    json_decref(answer);
}

static void test_rows_that_were_overwritten_are_counted(void **state)
{
    (void)state;
    buf rows = trace("?limit=0");
    uint64_t end = header_of(&rows, "spillway-trace-next: ");
    buf_free(&rows);
    for (uint64_t begin = end; end < begin + TRACE_ROWS;) {
        (void)chat(CHAT("one more token is one more row", ",\"cache_prompt\":true"), NULL);
        rows = trace("?from=999999999");
        assert_int_equal(count(buf_str(&rows), "\"layer\""), 0);
        buf_free(&rows);
        rows = trace("");
        end = header_of(&rows, "spillway-trace-next: ");
        buf_free(&rows);
    }
    rows = trace("?from=0");
    assert_int_equal(count(buf_str(&rows), "\"layer\":"), TRACE_ROWS);
    assert_int_equal(header_of(&rows, "spillway-trace-lost: "), end - TRACE_ROWS);
    buf_free(&rows);
}

/* ---- other servers ---------------------------------------------------------------------------------------------- */

static void test_a_server_without_a_trace_or_experts_says_so(void **state)
{
    (void)state;
    const server_fixture first = fixture;
    server_fixture_start(
        &fixture, (server_options){
                      .model = "stub:", .body_timeout_s = 60, .slow_client_timeout_s = 30, .engine.expert_trace = 100});
    server_fixture_until_ready(&fixture);
    refuses("GET", "/v1/experts/trace", 501, "not_supported", "--expert-trace");
    json_t *answer, *const document = get("/v1/experts?pairs=5");
    assert_int_equal(json_array_size(json_object_get(document, "layers")), 0);
    json_decref(document);
    (void)chat(CHAT("no experts", ",\"experts\":true"), &answer);
    const json_t *const used = json_object_get(json_object_get(answer, "experts"), "prompt");
    assert_int_equal(json_array_size(json_object_get(used, "layers")), 0);
    assert_true(json_is_null(json_object_get(used, "expected_coverage")));
    json_decref(answer);
    const int fd = open_stream(); // a stream that is open does not keep the server
    buf in;
    buf_init(&in, 1 << 16);
    json_decref(await_event(fd, &in, 0));
    server_fixture_stop(&fixture);
    server_fixture_await(fd, &in, "\r\n0\r\n\r\n");
    assert_true(server_fixture_is_closed(fd));
    close(fd);
    buf_free(&in);
    fixture = first;
}

static void test_a_model_that_is_loaded_again_begins_its_stream_anew(void **state)
{
    (void)state;
    const server_fixture first = fixture;
    buf in;
    buf_init(&in, 1 << 22);
    server_fixture_start(&fixture, (server_options){.model = "demo-gpt-oss",
                                                    .model_dirs = SPILLWAY_SOURCE_DIR "/models",
                                                    .n_models_max = 1,
                                                    .body_timeout_s = 60,
                                                    .slow_client_timeout_s = 1000,
                                                    .tick_ms = 5,
                                                    .clock = &hands.clock,
                                                    .engine.n_threads = 2});
    server_fixture_until_ready(&fixture);
    (void)chat(CHAT("once", ""), NULL);
    const int fd = open_stream();
    json_decref(await_event(fd, &in, 0));
    pass_seconds(1.5);
    (void)chat(CHAT("the other model", ",\"model\":\"demo-phimoe\""), NULL);
    refuses("GET", "/v1/experts?model=demo-gpt-oss", 503, "no_model", "not loaded");
    const json_int_t n = chat(CHAT("and again", ",\"model\":\"demo-gpt-oss\""), NULL);
    json_int_t n_sent = 0;
    for (int sequence = 1; n_sent < n; sequence++) {
        pass_seconds(1.5);
        json_t *const event = await_event(fd, &in, sequence);
        assert_string_equal(json_string_value(json_object_get(event, "object")),
                            sequence == 1 ? "experts.start" : "experts.delta");
        n_sent += integer_of(event, "n_tokens");
        json_decref(event);
    }
    assert_int_equal(n_sent, n);
    close(fd);
    server_fixture_stop(&fixture);
    buf_free(&in);
    fixture = first;
}

static int start(void **state)
{
    (void)state;
    fake_clock_init(&hands);
    server_fixture_start(&fixture, (server_options){.model = "demo-gpt-oss",
                                                    .model_dirs = SPILLWAY_SOURCE_DIR "/models",
                                                    .body_timeout_s = 60,
                                                    .slow_client_timeout_s = 1000,
                                                    .tick_ms = 5,
                                                    .clock = &hands.clock,
                                                    .engine = {.n_threads = 2, .expert_trace = TRACE_ROWS}});
    server_fixture_until_ready(&fixture);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    server_fixture_stop(&fixture);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_begin_anew_and_those_since_the_start_go_on),
        cmocka_unit_test(test_layers_have_figures_and_pairs),
        cmocka_unit_test(test_wrong_queries_are_refused_by_name),
        cmocka_unit_test(test_an_answer_has_the_experts_of_its_request),
        cmocka_unit_test(test_several_answers_to_one_request_are_added_up),
        cmocka_unit_test(test_every_family_has_them_in_answers_and_streams),
        cmocka_unit_test(test_the_last_64_requests_are_kept),
        cmocka_unit_test(test_a_head_request_ends_at_once),
        cmocka_unit_test(test_deltas_add_up_to_the_counts_whatever_is_reset),
        cmocka_unit_test(test_streams_have_a_limit_and_a_closed_one_makes_room),
        cmocka_unit_test(test_a_trace_has_a_row_for_each_token_and_layer),
        cmocka_unit_test(test_rows_that_were_overwritten_are_counted),
        cmocka_unit_test(test_a_server_without_a_trace_or_experts_says_so),
        cmocka_unit_test(test_a_model_that_is_loaded_again_begins_its_stream_anew),
    };
    return cmocka_run_group_tests_name("experts of a server", tests, start, stop);
}
