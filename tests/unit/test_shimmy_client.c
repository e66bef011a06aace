/* The benchmark's client over shimmy's two streams: spillway's own server on all three routes, and servers that break.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/ws_frames.h"
#include "client/ws_dialog.h"
#include "support/client_fixture.h"
#include "support/server_fixture.h"
#include "unit/scripted_server.h"

#define STREAM   "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
#define UPGRADED "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"

static const test_plan PLAN = {.name = "n", .group = "g", .prompt = "say \"hi\"\n", .max_tokens = 7, .seed = 1};

static void assert_outcome(scripted_server s, transfer_options options, test_status status, const char *error,
                           const char *text)
{
    if (s.script != NULL && s.n_script == 0)
        s.n_script = strlen(s.script);
    assert_true(scripted_server_start(&s));
    client_fixture client = client_fixture_open(s.url, NULL);
    const answer_record a = client_fixture_ask(&client, &PLAN, options);
    if (strcmp(test_status_name(a.status), test_status_name(status)) != 0 || strstr(a.error, error) == NULL)
        fail_msg("%s: '%s' is not %s: '%s'", test_status_name(a.status), a.error, test_status_name(status), error);
    assert_string_equal(a.text, text);
    client_fixture_close(&client);
    scripted_server_stop(&s);
}

/* ---- spillway's own server -------------------------------------------------------------------------------------- */

static void test_every_route_gives_the_same_answer(void **state)
{
    (void)state;
    static const transfer_options ROUTES[] = {{.route = ROUTE_OPENAI},
                                              {.route = ROUTE_OPENAI, .is_whole = true},
                                              {.route = ROUTE_SHIMMY_SSE},
                                              {.route = ROUTE_SHIMMY_SSE, .is_whole = true},
                                              {.route = ROUTE_SHIMMY_WS},
                                              {.route = ROUTE_OLLAMA},
                                              {.route = ROUTE_OLLAMA, .is_whole = true}};
    server_fixture f;
    char first[4096] = "", url[64];
    server_fixture_start(
        &f, (server_options){
                .model = "stub:", .any_model_name = true, .body_timeout_s = 60, .slow_client_timeout_s = 1000});
    server_fixture_until_ready(&f);
    snprintf(url, sizeof url, "http://127.0.0.1:%d", server_port(f.server));
    for (size_t i = 0; i < sizeof ROUTES / sizeof ROUTES[0]; i++) {
        client_fixture client = client_fixture_open(url, NULL);
        const answer_record a = client_fixture_ask(&client, &PLAN, ROUTES[i]);
        if (a.status != TEST_COMPLETED)
            fail_msg("route %zu: %s: %s", i, test_status_name(a.status), a.error);
        if (i == 0)
            snprintf(first, sizeof first, "%s", a.text);
        assert_string_equal(a.text, first);
        assert_int_equal(a.n_arrivals, ROUTES[i].is_whole ? 1 : PLAN.max_tokens);
        assert_true(a.connect_ns >= 0 && a.arrivals[0].t_ns >= 0 && a.end_ns >= a.arrivals[a.n_arrivals - 1].t_ns);
        assert_int_equal(a.headers_ns >= 0, ROUTES[i].route != ROUTE_SHIMMY_WS);
        client_fixture_close(&client);
    }
    assert_true(first[0] != '\0');
    server_fixture_stop(&f);
}

static void test_a_websocket_has_no_whole_answers(void **state)
{
    (void)state;
    chat_target *target;
    chat_transfer *transfer;
    assert_int_equal(target_open(&target, "localhost:1", NULL, NULL), SW_OK);
    const transfer_options o = {
        .target = target, .model = "m", .plan = &PLAN, .route = ROUTE_SHIMMY_WS, .is_whole = true};
    assert_int_equal(transfer_create(&transfer, &o, clock_system(), NULL), SW_EINVAL);
    target_close(target);
}

/* ---- events of raw text ----------------------------------------------------------------------------------------- */

static void test_raw_events_keep_spaces_and_lines(void **state)
{
    (void)state;
    const transfer_options sse = {.route = ROUTE_SHIMMY_SSE};
    for (size_t piece = 0; piece < 3; piece++)
        assert_outcome((scripted_server){.script = STREAM "data: Binary\n\ndata:  search\n\ndata: works:\ndata: \n\n"
                                                          "data: {\"a\":\n\ndata: [DONE]\n\n",
                                         .piece = piece},
                       sse, TEST_COMPLETED, "", "Binary searchworks:\n{\"a\":");
    assert_outcome((scripted_server){.script = STREAM "data: a\xff\xfe z\n\ndata: [DONE]\n\n"}, sse, TEST_COMPLETED, "",
                   "a\uFFFD\uFFFD z");
}

static void test_raw_streams_that_break(void **state)
{
    (void)state;
    const transfer_options sse = {.route = ROUTE_SHIMMY_SSE};
    assert_outcome((scripted_server){.script = STREAM "data: a\n\ndata: [ERROR] no memory\n\ndata: [DONE]\n\n"}, sse,
                   TEST_SERVER_ERROR, "no memory", "a");
    assert_outcome((scripted_server){.script = STREAM "data: a\n\n"}, sse, TEST_INCOMPLETE, "end mark", "a");
    assert_outcome((scripted_server){.script = STREAM "data: a\n\n", .stays_open = true},
                   (transfer_options){.route = ROUTE_SHIMMY_SSE, .limits.idle_s = 0.2}, TEST_TIMEOUT,
                   "no token for 0.2 s", "a");
    assert_outcome((scripted_server){.script = STREAM "data: [DONE]\n\n"}, sse, TEST_SILENT_EMPTY, "empty", "");
    assert_outcome((scripted_server){.script = STREAM "data: a\n\ndata: [DONE]\n\ndata: b\n\n"}, sse, TEST_BAD_STREAM,
                   "after [DONE]", "a");
    assert_outcome((scripted_server){.script = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"}, sse,
                   TEST_HTTP_ERROR, "HTTP 404 with an empty body", "");
}

/* ---- Ollama's lines --------------------------------------------------------------------------------------------- */

#define LINES      "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nConnection: close\r\n\r\n"
#define LINE(text) "{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\"content\":\"" text "\"},\"done\":false}\n"
#define LAST(reason)                                                                                                   \
    "{\"model\":\"m\",\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"" reason "\"," FIGURES "}\n"
#define FIGURES "\"prompt_eval_count\":7,\"prompt_eval_duration\":2500000,\"eval_count\":2,\"eval_duration\":8000000"

static void test_lines_of_ollama_are_an_answer(void **state)
{
    (void)state;
    scripted_server s = {.script = LINES LINE("a") "{\"message\":{\"thinking\":\"hm\"},\"done\":false}\n\n" LINE(" b")
                             LAST("length"),
                         .piece = 5};
    s.n_script = strlen(s.script);
    assert_true(scripted_server_start(&s));
    client_fixture client = client_fixture_open(s.url, NULL);
    const answer_record a = client_fixture_ask(&client, &PLAN, (transfer_options){.route = ROUTE_OLLAMA});
    assert_int_equal(a.status, TEST_COMPLETED);
    assert_string_equal(a.text, "a b");
    assert_string_equal(a.reasoning, "hm");
    assert_string_equal(a.finish_reason, "length");
    assert_string_equal(a.model, "m");
    assert_true(a.n_arrivals == 3 && a.prompt_tokens == 7 && a.completion_tokens == 2);
    assert_true(a.prompt_ms == 2.5 && a.decode_ms == 8);
    client_fixture_close(&client);
    scripted_server_stop(&s);
    assert_non_null(strstr(s.request, "POST /api/chat HTTP/1.1\r\n"));
    assert_non_null(strstr(s.request, "\"num_predict\":7"));
}

static void test_lines_that_break(void **state)
{
    (void)state;
    const transfer_options lines = {.route = ROUTE_OLLAMA}, whole = {.route = ROUTE_OLLAMA, .is_whole = true};
    assert_outcome((scripted_server){.script = LINES LINE("a")}, lines, TEST_INCOMPLETE, "finish_reason", "a");
    assert_outcome((scripted_server){.script = LINES LINE("a") "{\"error\":\"no memory\"}\n"}, lines, TEST_SERVER_ERROR,
                   "no memory", "a");
    assert_outcome((scripted_server){.script = LINES LINE("a") "[1]\n"}, lines, TEST_BAD_STREAM,
                   "not one of Ollama's: [1]", "a");
    assert_outcome((scripted_server){.script = LINES LINE("a") LAST("stop") LINE("late")}, lines, TEST_BAD_STREAM,
                   "after", "a");
    assert_outcome((scripted_server){.script = LINES LINE("a") "{\"done\":true,\"done_reason\":\"stop\"}"}, lines,
                   TEST_COMPLETED, "", "a");
    assert_outcome((scripted_server){.script = LINES LAST("stop")}, whole, TEST_SILENT_EMPTY, "empty", "");
    assert_outcome((scripted_server){.script = LINES "{\"choices\":[]}"}, whole, TEST_BAD_STREAM, "not one of Ollama's",
                   "");
    assert_outcome(
        (scripted_server){.script = "HTTP/1.1 404 Not Found\r\nContent-Length: 20\r\n\r\n{\"error\":\"no model\"}"},
        lines, TEST_HTTP_ERROR, "HTTP 404: no model", "");
}

/* ---- WebSockets ------------------------------------------------------------------------------------------------- */

/* What a server of frames says, after the client's question has come. */
typedef struct ws_script {
    const char *const *messages; // ended by NULL; those that begin with '!' are bytes as they are
    bool waits;                  // at the end, until the client closes the connection
    char question[4096];         // that came
} ws_script;

/* Reads frames until one of this kind has come. */
static void await_frame(int fd, ws_frames *f, ws_found wanted)
{
    char byte;
    size_t n_used;
    while (recv(fd, &byte, 1, 0) == 1) {
        if (ws_frames_feed(f, &byte, 1, &n_used) == wanted)
            return;
    }
}

static void say_frames(scripted_server *s, int fd, const char *request)
{
    ws_script *const script = s->ud;
    ws_frames frames;
    ws_frames_init(&frames);
    assert_non_null(strstr(request, "\r\nSec-WebSocket-Version: 13\r\n"));
    assert_null(strstr(request, "Transfer-Encoding"));
    scripted_server_send(fd, UPGRADED, sizeof UPGRADED - 1);
    await_frame(fd, &frames, WS_TEXT);
    snprintf(script->question, sizeof script->question, "%s", buf_str(&frames.message));
    for (size_t i = 0; script->messages[i] != NULL; i++) {
        const char *const m = script->messages[i];
        uint8_t head[WS_HEAD_BYTES_MAX];
        if (m[0] == '!') {
            scripted_server_send(fd, m + 1, strlen(m + 1));
            if (m[1] == (char)0x89) // a Ping
                await_frame(fd, &frames, WS_PONG);
            continue;
        }
        scripted_server_send(fd, (const char *)head, ws_frames_write_head(head, WS_OP_TEXT, strlen(m)));
        scripted_server_send(fd, m, strlen(m));
    }
    if (script->waits)
        scripted_server_wait_for_end(fd);
    ws_frames_free(&frames);
}

static void assert_ws(const char *const *messages, bool waits, test_status status, const char *error, const char *text)
{
    ws_script script = {.messages = messages, .waits = waits};
    assert_outcome((scripted_server){.answer = say_frames, .ud = &script},
                   (transfer_options){.route = ROUTE_SHIMMY_WS, .limits.idle_s = status == TEST_TIMEOUT ? 0.3 : 60},
                   status, error, text);
    assert_non_null(strstr(script.question, "\"prompt\":\"say \\\"hi\\\"\\n\""));
}

static void test_messages_are_pieces_of_text(void **state)
{
    (void)state;
    assert_ws((const char *const[]){"a", " b\n", "{\"done\":1}", "{\"done\":true}", NULL}, true, TEST_COMPLETED, "",
              "a b\n{\"done\":1}");
    assert_ws((const char *const[]){"a", "!\x89\x02hi", "b", "{\"done\":true}", "!\x88\x02\x03\xe8", NULL}, true,
              TEST_COMPLETED, "", "ab");
}

static void test_websockets_that_break(void **state)
{
    (void)state;
    assert_ws((const char *const[]){"a", "{\"error\":\"no memory\"}", NULL}, true, TEST_SERVER_ERROR, "no memory", "a");
    assert_ws((const char *const[]){"a", NULL}, false, TEST_INCOMPLETE, "connection broke", "a");
    assert_ws((const char *const[]){"a", "!\x88\x02\x03\xe8", NULL}, true, TEST_INCOMPLETE, "closed the WebSocket",
              "a");
    assert_ws((const char *const[]){"a", NULL}, true, TEST_TIMEOUT, "no token for 0.3 s", "a");
    assert_ws((const char *const[]){"a", "!\x81\x81", NULL}, true, TEST_BAD_STREAM, "a frame is masked", "a");
    assert_ws((const char *const[]){"!\xff\xff", NULL}, true, TEST_BAD_STREAM, "reserved bit", "");
    assert_ws((const char *const[]){"{\"done\":true}", NULL}, true, TEST_SILENT_EMPTY, "empty", "");
}

static void ignore(void *ud, const char *data, size_t n)
{
    (void)ud, (void)data, (void)n;
}

/* A server that sends Pings and reads nothing. */
static void test_answers_to_pings_are_bounded(void **state)
{
    (void)state;
    static const char PING[] = "\x89\x04ping";
    ws_dialog d;
    sw_err err = {0};
    sw_code code;
    size_t n = 0;
    ws_dialog_init(&d);
    assert_int_equal(ws_dialog_begin(&d, "{}", NULL), SW_OK);
    do {
        code = ws_dialog_feed(&d, PING, sizeof PING - 1, ignore, NULL, &err);
        n++;
    } while (code == SW_OK && n < 1000000);
    assert_int_equal(code, SW_ELIMIT);
    assert_non_null(strstr(err.msg, "Pings"));
    assert_true(n > 1000);
    ws_dialog_free(&d);
}

static void test_servers_without_websockets(void **state)
{
    (void)state;
    const transfer_options ws = {.route = ROUTE_SHIMMY_WS};
    assert_outcome((scripted_server){.script = "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nNot Found"}, ws,
                   TEST_HTTP_ERROR, "HTTP 404: Not Found", "");
    assert_outcome((scripted_server){.script = STREAM "data: a\n\ndata: [DONE]\n\n"}, ws, TEST_BAD_STREAM,
                   "instead of an event stream", "");
    assert_outcome((scripted_server){.script = ""}, ws, TEST_INCOMPLETE, "connection broke", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_route_gives_the_same_answer),
        cmocka_unit_test(test_a_websocket_has_no_whole_answers),
        cmocka_unit_test(test_raw_events_keep_spaces_and_lines),
        cmocka_unit_test(test_raw_streams_that_break),
        cmocka_unit_test(test_lines_of_ollama_are_an_answer),
        cmocka_unit_test(test_lines_that_break),
        cmocka_unit_test(test_messages_are_pieces_of_text),
        cmocka_unit_test(test_websockets_that_break),
        cmocka_unit_test(test_servers_without_websockets),
        cmocka_unit_test(test_answers_to_pings_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
