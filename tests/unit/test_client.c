/* The benchmark's client against servers that behave, misbehave and break off, over real sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/buf.h"
#include "support/client_fixture.h"
#include "unit/scripted_server.h"

#define HEADERS(status, type) "HTTP/1.1 " status "\r\nContent-Type: " type "\r\nConnection: close\r\n\r\n"
#define STREAM_HEADERS        HEADERS("200 OK", "text/event-stream")
#define CONTENT(text)         "data: {\"choices\":[{\"delta\":{\"content\":\"" text "\"}}]}\n\n"
#define FINISH                "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
#define GOOD                  CONTENT("\u65e5\u672c") CONTENT(" \U0001f600") FINISH "data: [DONE]\n\n"

static const test_plan PLAN = {
    .name = "n", .group = "g", .prompt = "say \"hi\"\n", .max_tokens = 7, .temperature = 0.5, .seed = 42};

/* Asks a server with this script; the client stays open for a look at the answer. */
static client_fixture ask(scripted_server *server, const transfer_options *options, answer_record *answer)
{
    if (server->n_script == 0)
        server->n_script = strlen(server->script);
    assert_true(scripted_server_start(server));
    client_fixture c = client_fixture_open(server->url, NULL);
    *answer = client_fixture_ask(&c, &PLAN, options != NULL ? *options : (transfer_options){0});
    return c;
}

static void assert_outcome(scripted_server server, const transfer_options *options, test_status status,
                           const char *error)
{
    answer_record a;
    client_fixture c = ask(&server, options, &a);
    assert_string_equal(test_status_name(a.status), test_status_name(status));
    if (strstr(a.error, error) == NULL)
        fail_msg("'%s' does not say '%s'", a.error, error);
    client_fixture_close(&c);
    scripted_server_stop(&server);
}

static void test_an_answer_is_the_same_however_it_is_cut(void **state)
{
    (void)state;
    static const char SCRIPT[] = STREAM_HEADERS GOOD;
    static const size_t PIECES[] = {0, 1, 2, 3, 7, 64};
    for (size_t i = 0; i < sizeof PIECES / sizeof PIECES[0]; i++) {
        scripted_server server = {.script = SCRIPT, .piece = PIECES[i]};
        answer_record a;
        client_fixture c = ask(&server, NULL, &a);
        assert_int_equal(a.status, TEST_COMPLETED);
        assert_string_equal(a.text, "\u65e5\u672c \U0001f600");
        assert_int_equal(a.n_arrivals, 2);
        assert_int_equal(a.http_status, 200);
        client_fixture_close(&c);
        scripted_server_stop(&server);
    }
}

static void test_times_are_in_order(void **state)
{
    (void)state;
    scripted_server server = {.script = STREAM_HEADERS ": ping\n\n" GOOD};
    answer_record a;
    client_fixture c = ask(&server, NULL, &a);
    assert_true(a.connect_ns >= 0);
    assert_true(0 <= a.headers_ns && a.headers_ns <= a.first_event_ns);
    assert_true(a.first_event_ns <= a.arrivals[0].t_ns && a.arrivals[0].t_ns <= a.arrivals[1].t_ns);
    assert_true(a.arrivals[1].t_ns <= a.end_ns);
    client_fixture_close(&c);
    scripted_server_stop(&server);
}

/* libcurl hands over every chunk of HTTP's chunked encoding by itself; the microseconds between them are its own. */
static void test_chunks_of_one_packet_have_one_arrival_time(void **state)
{
    (void)state;
    enum { N_CHUNKS = 18 }; // as many as max_tokens allows
    static const char EVENT[] = CONTENT("a");
    buf script;
    buf_init(&script, 65536);
    buf_puts(&script, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < N_CHUNKS; i++)
        buf_printf(&script, "%zx\r\n%s\r\n", sizeof EVENT - 1, EVENT);
    buf_printf(&script, "%zx\r\n%s\r\n0\r\n\r\n", sizeof FINISH - 1, FINISH);
    scripted_server server = {.script = buf_str(&script)};
    answer_record a;
    client_fixture c = ask(&server, NULL, &a);
    assert_int_equal(a.status, TEST_COMPLETED);
    assert_int_equal(a.n_arrivals, N_CHUNKS);
    for (size_t i = 1; i < a.n_arrivals; i++)
        assert_true(a.arrivals[i].t_ns == a.arrivals[0].t_ns);
    client_fixture_close(&c);
    scripted_server_stop(&server);
    buf_free(&script);
}

static void test_the_request_says_what_the_plan_says(void **state)
{
    (void)state;
    scripted_server server = {.script = STREAM_HEADERS GOOD};
    server.n_script = strlen(server.script);
    assert_true(scripted_server_start(&server));
    client_fixture c = client_fixture_open(server.url, "secret");
    client_fixture_ask(&c, &PLAN, (transfer_options){0});
    client_fixture_close(&c);
    scripted_server_stop(&server);
    assert_true(strncmp(server.request, "POST /v1/chat/completions HTTP/1.1\r\n", 36) == 0);
    assert_non_null(strstr(server.request, "\r\nAuthorization: Bearer secret\r\n"));
    json_t *const body = json_loads(strstr(server.request, "\r\n\r\n") + 4, 0, NULL);
    json_t *const wanted =
        json_loads("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"say \\\"hi\\\"\\n\"}],"
                   "\"max_tokens\":7,\"temperature\":0.5,\"seed\":42,\"stream\":true,"
                   "\"stream_options\":{\"include_usage\":true}}",
                   0, NULL);
    assert_true(json_equal(body, wanted));
    json_decref(body);
    json_decref(wanted);
}

/* The body of the last request, to be released. */
static json_t *body_of(const scripted_server *server)
{
    json_t *const body = json_loads(strstr(server->request, "\r\n\r\n") + 4, 0, NULL);
    assert_non_null(body);
    return body;
}

#define WHOLE                                                                                                          \
    HEADERS("200 OK", "application/json")                                                                              \
    "{\"choices\":[{\"message\":{\"content\":\"a "                                                                     \
    "b\"},\"finish_reason\":\"stop\"}],\"usage\":{\"completion_tokens\":2}}"

static void test_a_whole_answer_is_one_document(void **state)
{
    (void)state;
    scripted_server server = {.script = WHOLE, .piece = 5};
    answer_record a;
    client_fixture c = ask(&server, &(transfer_options){.is_whole = true, .wants_token_counts = true}, &a);
    assert_int_equal(a.status, TEST_COMPLETED);
    assert_string_equal(a.text, "a b");
    assert_true(a.n_arrivals == 1 && a.arrivals[0].n_tokens == 2 && a.completion_tokens == 2);
    assert_true(a.arrivals[0].t_ns >= a.headers_ns && a.end_ns == a.arrivals[0].t_ns);
    client_fixture_close(&c);
    scripted_server_stop(&server);
    json_t *const body = body_of(&server);
    assert_true(json_is_false(json_object_get(body, "stream")));
    assert_null(json_object_get(body, "stream_options"));
    json_decref(body);
}

static void test_whole_answers_that_fail(void **state)
{
    (void)state;
    const transfer_options whole = {.is_whole = true, .limits.deadline_s = 0.3};
    assert_outcome((scripted_server){.script = STREAM_HEADERS GOOD}, &whole, TEST_BAD_STREAM,
                   "instead of one document");
    assert_outcome((scripted_server){.script = HEADERS("200 OK", "text/html") "<h1>x"}, &whole, TEST_BAD_STREAM,
                   "instead of a chat completion: <h1>x");
    assert_outcome((scripted_server){.script = HEADERS("503 Busy", "text/html") "{\"error\":\"no slot\"}"}, &whole,
                   TEST_HTTP_ERROR, "HTTP 503: no slot");
    assert_outcome((scripted_server){.script = HEADERS("200 OK", "application/json") "{\"cho"}, &whole, TEST_BAD_STREAM,
                   "{\"cho");
    assert_outcome((scripted_server){.script = "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}"}, &whole,
                   TEST_INCOMPLETE, "connection broke");
    assert_outcome((scripted_server){.script = HEADERS("200 OK", "application/json") "{", .stays_open = true}, &whole,
                   TEST_TIMEOUT, "not finished within 0.3 s");
}

static void test_options_become_fields(void **state)
{
    (void)state;
    scripted_server server = {.script = STREAM_HEADERS GOOD};
    answer_record a;
    client_fixture c = ask(&server, &(transfer_options){.wants_experts = true, .wants_token_counts = true}, &a);
    client_fixture_close(&c);
    scripted_server_stop(&server);
    json_t *const body = body_of(&server);
    assert_true(json_is_true(json_object_get(body, "experts")));
    assert_true(json_is_true(json_object_get(body, "return_token_ids")));
    assert_true(json_is_true(json_object_get(body, "timings_per_token")));
    assert_true(json_is_true(json_object_get(json_object_get(body, "stream_options"), "continuous_usage_stats")));
    json_decref(body);
}

/* An old server: it knows no field of others, and names the first one that it finds. */
static void refuse_by_name(scripted_server *server, int fd, const char *request)
{
    (void)server;
    static const char *const UNKNOWN[] = {"continuous_usage_stats", "timings_per_token", "stream_options"};
    char answer[512] = STREAM_HEADERS GOOD;
    for (size_t i = sizeof UNKNOWN / sizeof UNKNOWN[0]; i-- > 0;) {
        if (strstr(request, UNKNOWN[i]) != NULL)
            snprintf(answer, sizeof answer, HEADERS("422 Unprocessable", "application/json") "{\"detail\":\"%s%s\"}",
                     i == 0 ? "stream_options." : "", UNKNOWN[i]);
    }
    scripted_server_send(fd, answer, strlen(answer));
}

static void test_a_field_that_is_refused_by_name_is_left_out_from_then_on(void **state)
{
    (void)state;
    scripted_server server = {.script = "", .answer = refuse_by_name};
    answer_record a;
    const transfer_options options = {.wants_token_counts = true};
    client_fixture c = ask(&server, &options, &a);
    assert_int_equal(a.status, TEST_COMPLETED);
    assert_int_equal(a.http_status, 200);
    assert_int_equal(server.n_read, 4); // three refusals
    a = client_fixture_ask(&c, &PLAN, options);
    assert_int_equal(a.status, TEST_COMPLETED);
    client_fixture_close(&c);
    scripted_server_stop(&server);
    assert_int_equal(server.n_read, 5);
}

static void refuse_all(scripted_server *server, int fd, const char *request)
{
    (void)server, (void)request;
    static const char ANSWER[] = HEADERS("400 Bad", "application/json") "{\"error\":\"stream_options and messages\"}";
    scripted_server_send(fd, ANSWER, sizeof ANSWER - 1);
}

static void test_a_server_that_refuses_everything_is_asked_twice(void **state)
{
    (void)state;
    scripted_server server = {.script = "", .answer = refuse_all};
    answer_record a;
    client_fixture c = ask(&server, NULL, &a);
    assert_int_equal(a.status, TEST_HTTP_ERROR);
    assert_string_equal(a.error, "HTTP 400: stream_options and messages");
    client_fixture_close(&c);
    scripted_server_stop(&server);
    assert_int_equal(server.n_read, 2);
}

/* Two refusals that quote the request, then a good answer. */
static void refuse_twice(scripted_server *server, int fd, const char *request)
{
    pthread_mutex_lock(&server->mutex);
    const bool is_good = server->n_read > 2;
    pthread_mutex_unlock(&server->mutex);
    if (is_good)
        scripted_server_send(fd, STREAM_HEADERS GOOD, sizeof STREAM_HEADERS GOOD - 1);
    else
        refuse_all(server, fd, request);
}

static void test_a_refusal_for_another_reason_drops_nothing_later(void **state)
{
    (void)state;
    scripted_server server = {.script = "", .answer = refuse_twice};
    answer_record a;
    client_fixture c = ask(&server, NULL, &a);
    assert_int_equal(a.status, TEST_HTTP_ERROR);
    a = client_fixture_ask(&c, &PLAN, (transfer_options){0});
    assert_int_equal(a.status, TEST_COMPLETED);
    client_fixture_close(&c);
    scripted_server_stop(&server);
    assert_int_equal(server.n_read, 3);
    assert_non_null(strstr(server.request, "stream_options"));
}

/* The content of the first message, to be freed with free. */
static char *prompt_of(const scripted_server *server)
{
    json_t *const body = body_of(server);
    const json_t *const message = json_array_get(json_object_get(body, "messages"), 0);
    char *const prompt = strdup(json_string_value(json_object_get(message, "content")));
    json_decref(body);
    return prompt;
}

static void test_a_prefix_is_avoided_by_a_line_before_the_prompt(void **state)
{
    (void)state;
    scripted_server server = {.script = STREAM_HEADERS GOOD};
    answer_record a;
    const transfer_options options = {.avoids_prefix = true};
    client_fixture c = ask(&server, &options, &a);
    char *const first = prompt_of(&server);
    client_fixture_ask(&c, &PLAN, options);
    char *const second = prompt_of(&server);
    client_fixture_close(&c);
    scripted_server_stop(&server);
    assert_int_equal(first[0], (int)'[');
    assert_string_equal(strchr(first, '\n'), "\nsay \"hi\"\n");
    assert_string_not_equal(first, second);
    free(first);
    free(second);
}

static void test_llama_server_is_told_not_to_use_its_cache(void **state)
{
    (void)state;
    scripted_server server = {.script = "HTTP/1.1 200 OK\r\nServer: llama.cpp\r\nContent-Length: 2\r\n\r\n{}"};
    server.n_script = strlen(server.script);
    assert_true(scripted_server_start(&server));
    client_fixture c = client_fixture_open(server.url, NULL);
    assert_true(target_is_healthy(c.target));
    client_fixture_ask(&c, &PLAN, (transfer_options){.avoids_prefix = true});
    client_fixture_close(&c);
    scripted_server_stop(&server);
    json_t *const body = body_of(&server);
    assert_true(json_is_false(json_object_get(body, "cache_prompt")));
    json_decref(body);
    char *const prompt = prompt_of(&server);
    assert_string_equal(prompt, PLAN.prompt);
    free(prompt);
}

static void test_errors_before_the_stream(void **state)
{
    (void)state;
    assert_outcome(
        (scripted_server){
            .script = HEADERS("404 Not Found", "application/json") "{\"error\":{\"message\":\"no such model\"}}"},
        NULL, TEST_HTTP_ERROR, "HTTP 404: no such model");
    assert_outcome((scripted_server){.script = HEADERS("502 Bad Gateway", "text/plain")}, NULL, TEST_HTTP_ERROR,
                   "HTTP 502 with an empty body");
    assert_outcome((scripted_server){.script = HEADERS("200 OK", "application/json") "{\"choices\":[]}"}, NULL,
                   TEST_BAD_STREAM, "one JSON document");
    assert_outcome((scripted_server){.script = ""}, NULL, TEST_INCOMPLETE, "connection broke");
}

static void test_streams_that_break(void **state)
{
    (void)state;
    assert_outcome((scripted_server){.script = STREAM_HEADERS CONTENT("a")}, NULL, TEST_INCOMPLETE, "finish_reason");
    assert_outcome((scripted_server){.script = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                                               "Content-Length: 1000\r\n\r\n" CONTENT("a")},
                   NULL, TEST_INCOMPLETE, "connection broke");
    assert_outcome(
        (scripted_server){.script = STREAM_HEADERS CONTENT("a") "data: {\"error\":{\"message\":\"boom\"}}\n\n"}, NULL,
        TEST_SERVER_ERROR, "boom");
    assert_outcome((scripted_server){.script = STREAM_HEADERS "data: {\n\n"}, NULL, TEST_BAD_STREAM, "not a JSON");
    assert_outcome((scripted_server){.script = STREAM_HEADERS FINISH "data: [DONE]\n\n"}, NULL, TEST_SILENT_EMPTY,
                   "empty");
}

static void test_silence_is_bounded(void **state)
{
    (void)state;
    assert_outcome((scripted_server){.script = STREAM_HEADERS, .stays_open = true},
                   &(transfer_options){.limits.first_token_s = 0.3}, TEST_TIMEOUT, "no token within 0.3 s");
    assert_outcome((scripted_server){.script = STREAM_HEADERS CONTENT("a"), .stays_open = true},
                   &(transfer_options){.limits.idle_s = 0.3}, TEST_TIMEOUT, "no token for 0.3 s");
}

/* Text comes often enough for the other limits. */
static void say_for_ever(scripted_server *server, int fd, const char *request)
{
    (void)server, (void)request;
    bool ok = scripted_server_send(fd, STREAM_HEADERS, strlen(STREAM_HEADERS));
    while (ok) {
        usleep(50000);
        ok = scripted_server_send(fd, ": ping\n\n", 8);
    }
}

static void test_a_test_has_a_limit_of_its_own(void **state)
{
    (void)state;
    assert_outcome((scripted_server){.script = "", .answer = say_for_ever},
                   &(transfer_options){.limits.deadline_s = 0.3}, TEST_TIMEOUT, "not finished within 0.3 s");
}

static void test_a_document_is_known_by_its_first_character(void **state)
{
    (void)state;
    assert_outcome((scripted_server){.script = HEADERS("200 OK", "application/json") "\r\n\n" GOOD}, NULL,
                   TEST_COMPLETED, "");
    assert_outcome((scripted_server){.script = HEADERS("200 OK", "application/json") "\xef\xbb\xbf" GOOD, .piece = 1},
                   NULL, TEST_COMPLETED, "");
    assert_outcome((scripted_server){.script = STREAM_HEADERS " {\"error\":\"no slot\"}"}, NULL, TEST_SERVER_ERROR,
                   "no slot");
    assert_outcome((scripted_server){.script = HEADERS("200 OK", "text/html") "<h1>Login</h1>"}, NULL, TEST_BAD_STREAM,
                   "<h1>Login</h1>");
    assert_outcome((scripted_server){.script = HEADERS("200 OK", "text/plain") "Internal error\n"}, NULL,
                   TEST_INCOMPLETE, "begins: Internal error");
    assert_outcome((scripted_server){.script = STREAM_HEADERS "event: error\ndata: out of memory\n\n"}, NULL,
                   TEST_SERVER_ERROR, "out of memory");
}

static void test_a_connection_left_open_after_done_is_no_failure(void **state)
{
    (void)state;
    assert_outcome((scripted_server){.script = STREAM_HEADERS GOOD, .stays_open = true}, NULL, TEST_COMPLETED, "");
}

static void test_cancel_ends_the_wait(void **state)
{
    (void)state;
    const atomic_bool cancel = true;
    assert_outcome((scripted_server){.script = STREAM_HEADERS, .stays_open = true},
                   &(transfer_options){.cancel = &cancel}, TEST_CANCELED, "");
}

static void test_nobody_listens(void **state)
{
    (void)state;
    scripted_server server = {.script = ""};
    assert_true(scripted_server_start(&server));
    scripted_server_stop(&server);
    client_fixture c = client_fixture_open(server.url, NULL);
    const answer_record a = client_fixture_ask(&c, &PLAN, (transfer_options){0});
    assert_int_equal(a.status, TEST_CONNECT_FAILED);
    assert_int_equal(a.connect_ns, -1);
    assert_false(target_is_healthy(c.target));
    model_list models;
    sw_err err = {0};
    assert_int_equal(target_list_models(c.target, &models, &err), SW_EIO);
    assert_non_null(strstr(err.msg, "no server answers"));
    model_list_free(&models);
    client_fixture_close(&c);
}

/* `wanted` is the first model, or part of the message. */
static void assert_model(const char *script, sw_code code, const char *wanted)
{
    scripted_server server = {.script = script, .n_script = strlen(script)};
    assert_true(scripted_server_start(&server));
    client_fixture c = client_fixture_open(server.url, NULL);
    model_list models;
    sw_err err = {0};
    assert_int_equal(target_list_models(c.target, &models, &err), code);
    const char *const said = code == SW_OK ? models.ids[0] : err.msg;
    if (strstr(said, wanted) == NULL)
        fail_msg("'%s' does not say '%s'", said, wanted);
    assert_true(code != SW_OK || (model_list_has(&models, "org/a") && !model_list_has(&models, "a")));
    model_list_free(&models);
    client_fixture_close(&c);
    scripted_server_stop(&server);
}

static void test_the_models_of_a_server_are_listed(void **state)
{
    (void)state;
    assert_model(HEADERS("200 OK", "application/json") "{\"data\":[{\"id\":\"org/a\"},{\"id\":\"b\"}]}", SW_OK,
                 "org/a");
    assert_model(HEADERS("200 OK", "application/json") "{\"data\":[]}", SW_ENOTFOUND, "lists no model");
    assert_model(HEADERS("200 OK", "text/html") "<html>", SW_ENOTFOUND, "lists no model");
    assert_model(HEADERS("401 Unauthorized", "application/json") "{}", SW_EIO, "--api-key");
}

/* `wanted` is the member "a" of the document, or part of the message. */
static void assert_document(const char *script, sw_code code, const char *wanted, const char *software)
{
    scripted_server server = {.script = script, .n_script = strlen(script)};
    assert_true(scripted_server_start(&server));
    client_fixture c = client_fixture_open(server.url, NULL);
    json_t *document;
    sw_err err = {0};
    assert_int_equal(target_get_json(c.target, "/props", &document, &err), code);
    const char *const said = code == SW_OK ? json_string_value(json_object_get(document, "a")) : err.msg;
    if (strstr(said, wanted) == NULL)
        fail_msg("'%s' does not say '%s'", said, wanted);
    assert_string_equal(target_software(c.target), software);
    assert_true((document != NULL) == (code == SW_OK));
    json_decref(document);
    client_fixture_close(&c);
    scripted_server_stop(&server);
    assert_true(strncmp(server.request, "GET /props HTTP/1.1\r\n", 21) == 0);
}

static void test_a_document_of_a_server_is_fetched(void **state)
{
    (void)state;
    assert_document("HTTP/1.1 200 OK\r\nsERVER: \t spillway/0.1 \r\nServer-Timing: x\r\n\r\n{\"a\":\"b\"}", SW_OK, "b",
                    "spillway/0.1");
    assert_document(HEADERS("200 OK", "text/plain") "{\"a\":\"\xff\"}", SW_OK, "\uFFFD", "");
    assert_document(HEADERS("404 Not Found", "text/plain") "x", SW_ENOTFOUND, "/props answers HTTP 404", "");
    assert_document(HEADERS("501 Not Implemented", "text/plain") "x", SW_ENOTFOUND, "HTTP 501", "");
    assert_document(HEADERS("500 Internal Server Error", "text/plain") "x", SW_EINVAL, "HTTP 500", "");
    assert_document(HEADERS("200 OK", "text/html") "<p>", SW_EFORMAT, "no JSON document", "");
    assert_document("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", SW_EIO, "no server answers", "");
}

static void test_a_huge_document_is_refused(void **state)
{
    (void)state;
    enum { N = 1024 * 1024 + 1 };
    buf script;
    buf_init(&script, N + 1000);
    buf_puts(&script, HEADERS("200 OK", "application/json"));
    for (int i = 0; i < N; i++)
        buf_putc(&script, ' ');
    assert_document(buf_str(&script), SW_EFORMAT, "more than 1048576 bytes", "");
    buf_free(&script);
}

static sw_code open_url(const char *url, const char *key)
{
    chat_target *target;
    const sw_code code = target_open(&target, url, key, NULL);
    target_close(target);
    return code;
}

static void test_addresses_and_keys_are_checked(void **state)
{
    (void)state;
    assert_int_equal(open_url("http://127.0.0.1:1/v1/", NULL), SW_OK);
    assert_int_equal(open_url("https://host.example", "key"), SW_OK);
    assert_int_equal(open_url("mailto:somebody", NULL), SW_EINVAL);
    assert_int_equal(open_url("file:///etc/passwd", NULL), SW_EINVAL);
    assert_int_equal(open_url("http://", NULL), SW_EINVAL);
    assert_int_equal(open_url("http://h", "two\r\nlines"), SW_EINVAL);
}

static void assert_base(const char *url, const char *wanted)
{
    chat_target *target;
    assert_int_equal(target_open(&target, url, NULL, NULL), SW_OK);
    assert_string_equal(target_base(target), wanted);
    target_close(target);
}

static void test_an_address_may_lack_its_scheme(void **state)
{
    (void)state;
    assert_base("localhost:11435", "http://localhost:11435");
    assert_base("127.0.0.1:11435/v1", "http://127.0.0.1:11435");
    assert_base("[::1]:8080", "http://[::1]:8080");
    assert_base("server", "http://server");
    assert_base("https://h/base/v1/", "https://h/base");
    assert_base("h:1/v1/chat/completions", "http://h:1");
}

/* Answers `*ud` connections in plain HTTP, whatever they say. */
static void *answer_plainly(void *arg)
{
    static const char ANSWER[] = HEADERS("400 Bad Request", "text/plain");
    const int listen_fd = *(const int *)arg;
    for (int fd; (fd = accept(listen_fd, NULL, NULL)) >= 0;) {
        char bytes[4096];
        if (recv(fd, bytes, sizeof bytes, 0) > 0)
            scripted_server_send(fd, ANSWER, sizeof ANSWER - 1);
        close(fd);
    }
    return NULL;
}

/* A server without TLS that is asked with https://. */
static void test_a_tls_failure_is_called_one(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof address;
    int listen_fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listen_fd, (struct sockaddr *)&address, n), 0);
    assert_int_equal(listen(listen_fd, 8), 0);
    assert_int_equal(getsockname(listen_fd, (struct sockaddr *)&address, &n), 0);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, answer_plainly, &listen_fd), 0);
    scripted_server server;
    snprintf(server.url, sizeof server.url, "https://127.0.0.1:%d", ntohs(address.sin_port));
    client_fixture c = client_fixture_open(server.url, NULL);
    model_list models;
    sw_err err = {0};
    assert_int_equal(target_list_models(c.target, &models, &err), SW_EIO);
    assert_non_null(strstr(err.msg, "TLS failed at https://127.0.0.1:"));
    const answer_record a = client_fixture_ask(&c, &PLAN, (transfer_options){0});
    assert_int_equal(a.status, TEST_CONNECT_FAILED);
    assert_non_null(strstr(a.error, "TLS failed at https://127.0.0.1:"));
    client_fixture_close(&c);
    shutdown(listen_fd, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(listen_fd);
}

static int loopback_port(const char *url)
{
    chat_target *target;
    assert_int_equal(target_open(&target, url, NULL, NULL), SW_OK);
    const int port = target_loopback_port(target);
    target_close(target);
    return port;
}

static void test_only_this_machine_is_loopback(void **state)
{
    (void)state;
    assert_int_equal(loopback_port("http://127.0.0.1:8080/v1"), 8080);
    assert_int_equal(loopback_port("http://localhost"), 80);
    assert_int_equal(loopback_port("https://[::1]"), 443);
    assert_int_equal(loopback_port("http://127.evil.example:80"), 0);
    assert_int_equal(loopback_port("http://192.168.0.1:80"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_answer_is_the_same_however_it_is_cut),
        cmocka_unit_test(test_times_are_in_order),
        cmocka_unit_test(test_chunks_of_one_packet_have_one_arrival_time),
        cmocka_unit_test(test_the_request_says_what_the_plan_says),
        cmocka_unit_test(test_a_whole_answer_is_one_document),
        cmocka_unit_test(test_whole_answers_that_fail),
        cmocka_unit_test(test_options_become_fields),
        cmocka_unit_test(test_a_field_that_is_refused_by_name_is_left_out_from_then_on),
        cmocka_unit_test(test_a_server_that_refuses_everything_is_asked_twice),
        cmocka_unit_test(test_a_refusal_for_another_reason_drops_nothing_later),
        cmocka_unit_test(test_a_prefix_is_avoided_by_a_line_before_the_prompt),
        cmocka_unit_test(test_llama_server_is_told_not_to_use_its_cache),
        cmocka_unit_test(test_errors_before_the_stream),
        cmocka_unit_test(test_streams_that_break),
        cmocka_unit_test(test_silence_is_bounded),
        cmocka_unit_test(test_a_connection_left_open_after_done_is_no_failure),
        cmocka_unit_test(test_cancel_ends_the_wait),
        cmocka_unit_test(test_nobody_listens),
        cmocka_unit_test(test_the_models_of_a_server_are_listed),
        cmocka_unit_test(test_a_document_of_a_server_is_fetched),
        cmocka_unit_test(test_a_huge_document_is_refused),
        cmocka_unit_test(test_addresses_and_keys_are_checked),
        cmocka_unit_test(test_an_address_may_lack_its_scheme),
        cmocka_unit_test(test_a_tls_failure_is_called_one),
        cmocka_unit_test(test_a_test_has_a_limit_of_its_own),
        cmocka_unit_test(test_a_document_is_known_by_its_first_character),
        cmocka_unit_test(test_only_this_machine_is_loopback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
